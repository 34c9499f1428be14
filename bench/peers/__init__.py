"""The contenders: good scripts that read prices from PostgreSQL and write the same figures back to it."""
