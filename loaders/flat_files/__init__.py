"""Daily bars, corporate actions and yields from CSV files."""
