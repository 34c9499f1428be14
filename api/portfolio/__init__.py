"""The portfolio as a whole."""
