"""Treasury par yields."""
