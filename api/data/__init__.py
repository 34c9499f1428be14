"""Positions, prices and their quality, as the names of the data routes have them."""
