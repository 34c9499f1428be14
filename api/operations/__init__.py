"""Whether the service lives and can serve, its figures for Prometheus, and its documentation."""
