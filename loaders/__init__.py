"""The outside world into the schema `raw`: one folder a source."""
