"""A local HTTP server that answers as the market-data vendor does, over any set of facts, with faults on demand."""
