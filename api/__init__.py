"""The HTTP API: one folder a subject; a route calls one SQL function and passes its JSON through."""
