"""The lots of a portfolio."""
