"""How lots are closed, and what is paid in and out."""
