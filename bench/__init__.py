"""Benchmarks: the product against good scripts and against the floor that writing alone sets. See README.md."""
