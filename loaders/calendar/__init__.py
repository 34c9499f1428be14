"""The sessions of the exchange: a library's XNYS calendar plus our own overrides."""
