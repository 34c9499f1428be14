"""Accounts: who can log in, and what they own."""
