"""Daily bars, corporate actions, yields and short interest from the Polygon (Massive) REST service."""
