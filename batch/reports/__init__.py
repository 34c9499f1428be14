"""Reports of a portfolio: the database computes them (`api.report`), here they are laid out as files."""
