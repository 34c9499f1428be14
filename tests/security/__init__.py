"""What people must not see, do or break."""
