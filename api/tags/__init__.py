"""Tags, and which positions carry them."""
