"""SigmaSight: portfolio risk analytics on plain PostgreSQL."""
