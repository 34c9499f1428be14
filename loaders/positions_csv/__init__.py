"""Positions files: both seed formats and the exports of four brokers, to app.positions."""
