"""Reported short interest."""
