"""Risk figures: Greeks, factors, metrics."""
