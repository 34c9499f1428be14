"""Sector names of our own from the kind of security and the SIC code that a provider gives. Pure.

SIC is a list of 1987: what became of a company since is not in it. Where it misleads for well-known companies, their
sector is named here.
"""

_ETF_TYPES = frozenset({"ETF", "ETN", "ETV", "ETS"})
_FUND_TYPES = frozenset({"FUND", "MF", "OEF"})

# (first code, last code, sector): the narrow ranges come before the wide ones that hold them
_RANGES = (
    (100, 999, "Consumer Staples"),
    (1000, 1099, "Materials"),
    (1200, 1399, "Energy"),
    (1400, 1499, "Materials"),
    (1531, 1531, "Consumer Discretionary"),
    (1500, 1799, "Industrials"),
    (2000, 2199, "Consumer Staples"),
    (2200, 2399, "Consumer Discretionary"),
    (2400, 2499, "Materials"),
    (2500, 2519, "Consumer Discretionary"),
    (2520, 2599, "Industrials"),
    (2600, 2699, "Materials"),
    (2700, 2741, "Communication Services"),
    (2750, 2799, "Industrials"),
    (2833, 2836, "Healthcare"),
    (2840, 2844, "Consumer Staples"),
    (2800, 2899, "Materials"),
    (2900, 2999, "Energy"),
    (3000, 3019, "Consumer Discretionary"),
    (3021, 3021, "Consumer Discretionary"),
    (3100, 3199, "Consumer Discretionary"),
    (3020, 3099, "Materials"),
    (3200, 3399, "Materials"),
    (3411, 3412, "Materials"),
    (3400, 3499, "Industrials"),
    (3570, 3579, "Technology"),
    (3500, 3599, "Industrials"),
    (3630, 3639, "Consumer Discretionary"),
    (3651, 3652, "Consumer Discretionary"),
    (3660, 3679, "Technology"),
    (3600, 3699, "Industrials"),
    (3711, 3716, "Consumer Discretionary"),
    (3751, 3751, "Consumer Discretionary"),
    (3700, 3799, "Industrials"),
    (3825, 3827, "Technology"),
    (3841, 3851, "Healthcare"),
    (3800, 3829, "Technology"),
    (3860, 3873, "Consumer Discretionary"),
    (3911, 3999, "Consumer Discretionary"),
    (4000, 4799, "Industrials"),
    (4800, 4899, "Communication Services"),
    (4950, 4959, "Industrials"),
    (4900, 4999, "Utilities"),
    (5047, 5047, "Healthcare"),
    (5122, 5122, "Healthcare"),
    (5045, 5045, "Technology"),
    (5065, 5065, "Technology"),
    (5140, 5159, "Consumer Staples"),
    (5171, 5172, "Energy"),
    (5000, 5199, "Industrials"),
    (5331, 5331, "Consumer Staples"),
    (5400, 5499, "Consumer Staples"),
    (5912, 5912, "Healthcare"),
    (5200, 5999, "Consumer Discretionary"),
    (6324, 6324, "Healthcare"),
    (6500, 6599, "Real Estate"),
    (6798, 6798, "Real Estate"),
    (6000, 6799, "Financial Services"),
    (7000, 7099, "Consumer Discretionary"),
    (7310, 7319, "Communication Services"),
    (7370, 7379, "Technology"),
    (7300, 7399, "Industrials"),
    (7200, 7299, "Consumer Discretionary"),
    (7500, 7699, "Consumer Discretionary"),
    (7800, 7849, "Communication Services"),
    (7900, 7999, "Consumer Discretionary"),
    (8000, 8099, "Healthcare"),
    (8200, 8299, "Consumer Discretionary"),
    (8731, 8734, "Healthcare"),
    (8100, 8999, "Industrials"),
)

# SIC calls Google and Meta computer services, Visa business services, Amazon a mail-order house
_KNOWN = {
    "ABNB": "Consumer Discretionary",
    "AXP": "Financial Services",
    "BKNG": "Consumer Discretionary",
    "DIS": "Communication Services",
    "EA": "Communication Services",
    "EBAY": "Consumer Discretionary",
    "EXPE": "Consumer Discretionary",
    "FB": "Communication Services",
    "FIS": "Financial Services",
    "FISV": "Financial Services",
    "GOOG": "Communication Services",
    "GOOGL": "Communication Services",
    "GPN": "Financial Services",
    "MA": "Financial Services",
    "META": "Communication Services",
    "MTCH": "Communication Services",
    "NFLX": "Communication Services",
    "PINS": "Communication Services",
    "PYPL": "Financial Services",
    "ROKU": "Communication Services",
    "SNAP": "Communication Services",
    "SPGI": "Financial Services",
    "SQ": "Financial Services",
    "TTWO": "Communication Services",
    "V": "Financial Services",
    "XYZ": "Financial Services",
}


def sector_of(symbol: str, ticker_type: str | None, sic_code: str | None) -> str | None:
    """The sector of a security; None where neither its type nor its SIC code says."""
    if ticker_type in _ETF_TYPES:
        return "ETF"
    if ticker_type in _FUND_TYPES:
        return "Mutual Fund"
    if ticker_type == "INDEX":
        return "Index"
    if symbol in _KNOWN:
        return _KNOWN[symbol]
    if sic_code is None or not sic_code.strip().isdigit():
        return None
    code = int(sic_code)
    for first, last, sector in _RANGES:
        if first <= code <= last:
            return sector
    return None


def industry_of(ticker_type: str | None, sic_description: str | None) -> str | None:
    """The industry as a title ("Electronic Computers"); of funds their type."""
    if ticker_type in _ETF_TYPES:
        return "ETF"
    if ticker_type in _FUND_TYPES:
        return "Mutual Fund"
    if not sic_description or not sic_description.strip():
        return None
    small = {"and", "of", "for", "the", "or", "in", "to", "by", "on", "with", "nec"}
    words = sic_description.lower().split()
    return " ".join(w if w in small and i else w.capitalize() for i, w in enumerate(words))
