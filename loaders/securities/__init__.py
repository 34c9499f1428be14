"""Symbols: what they are, how the provider spells them, their sector and industry."""
