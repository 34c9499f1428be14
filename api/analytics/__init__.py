"""Overview, performance, attribution, and the risk routes under their other names."""
