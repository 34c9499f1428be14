"""How published figures come about."""
