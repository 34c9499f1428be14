"""The database: the server, connections to it, and its migrations."""
