"""The fixed numbers and names of the contract."""

from __future__ import annotations

BENCHMARK = "SPY"
# in the order of the contract; Short Interest has its own rule and no ETF
FACTOR_ETFS: dict[str, str] = {
    "Market Beta": "SPY",
    "Momentum": "MTUM",
    "Value": "VTV",
    "Growth": "VUG",
    "Quality": "QUAL",
    "Size": "IWM",
    "Low Volatility": "SPLV",
}
SHORT_INTEREST = "Short Interest"
# what scenarios move beside them: two ETFs, and the daily change of a yield in percentage points
MACRO_ETFS: dict[str, str] = {"Oil": "USO", "DAX": "EWG"}
INTEREST_RATE = "Interest Rate"
INTEREST_RATE_TENOR = 120

RETURN_WINDOW = 60
DRAWDOWN_WINDOW = 90
COVERAGE_WINDOW = 90
MIN_OBSERVATIONS = 20
MIN_PARTICIPATION = 57
STALE_SESSIONS = 4
VOLUME_WINDOW = 20
SESSIONS_PER_YEAR = 252
RETENTION_DAYS = 365
EWMA_LAMBDA = 0.94
Z_95 = 1.6448536269514722
Z_CLIP = 3.0
OPTION_MULTIPLIER = 100

LONG_TYPES = ("LONG", "LC", "LP")
SHORT_TYPES = ("SHORT", "SC", "SP")
OPTION_TYPES = ("LC", "LP", "SC", "SP")
VIEWS: dict[str, tuple[str, ...]] = {
    "portfolio": LONG_TYPES + SHORT_TYPES,
    "longs": LONG_TYPES,
    "shorts": SHORT_TYPES,
}

# delta, gamma, theta, vega a contract-share, already signed for the side of the position
MOCK_GREEKS: dict[str, tuple[float, float, float, float]] = {
    "LC": (0.6, 0.02, -0.5, 0.3),
    "SC": (-0.4, -0.02, 0.5, -0.3),
    "LP": (-0.4, 0.02, -0.5, 0.3),
    "SP": (0.3, -0.02, 0.5, -0.3),
}
GREEKS = ("delta", "gamma", "theta", "vega", "rho")
# below, a symbol is a finding; beyond, a return is
MINIMUM_COVERAGE = 0.95
SUSPICIOUS_RETURN = 0.5
