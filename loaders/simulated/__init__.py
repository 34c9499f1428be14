"""A seeded market that answers in the vendor's own format, for work without a key."""
