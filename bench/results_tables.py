"""The tables that every contender leaves behind, and where the project has the same rows."""

from dataclasses import dataclass

from bench.pg_binary import TEXTS

FACTOR_COUNT = 7


@dataclass(frozen=True)
class ResultTable:
    """A table of figures. `columns`: name → type of bench.pg_binary; `source`: the project's relation with the same."""

    name: str
    source: str
    key: tuple[str, ...]
    columns: dict[str, str]

    @property
    def ddl(self) -> str:
        """The statement that makes it, without its key."""
        types = dict.fromkeys(TEXTS, "text")
        columns = ", ".join(
            f"{name} {types.get(type_, type_)}{' not null' if name in self.key else ''}"
            for name, type_ in self.columns.items()
        )
        return f"create table result.{self.name} ({columns})"


_PANEL_FIGURES = {
    name: type_
    for k in range(1, FACTOR_COUNT + 1)
    for name, type_ in {
        f"n_obs_{k}": "int2",
        f"beta_{k}": "float8",
        f"r_squared_{k}": "float8",
        f"std_error_{k}": "float8",
    }.items()
}

TABLES = (
    ResultTable(
        "security_panel",
        "(select * from published.security_panel_even union all select * from published.security_panel_odd)",
        ("symbol_id", "session_no"),
        {
            "symbol_id": "int4",
            "session_no": "int4",
            "session_date": "date",
            "has_bar": "bool",
            "daily_return": "float8",
            "n_obs": "int2",
            "volatility_60d_annualized": "float8",
            "max_drawdown_90d": "float8",
            "drawdown_n_obs": "int2",
            **_PANEL_FIGURES,
        },
    ),
    ResultTable(
        "security_daily_prices",
        "published.security_daily_prices",
        ("symbol_id", "session_no"),
        {
            "symbol_id": "int4",
            "session_no": "int4",
            "session_date": "date",
            "open": "float8",
            "high": "float8",
            "low": "float8",
            "close": "float8",
            "volume": "float8",
            "split_adjusted_close": "float8",
            "daily_return": "float8",
            "total_return": "float8",
        },
    ),
    ResultTable(
        "factor_covariances",
        "published.factor_covariances",
        ("session_no", "factor_no_a", "factor_no_b"),
        {
            "session_no": "int4",
            "factor_no_a": "int4",
            "factor_no_b": "int4",
            "covariance": "float8",
            "correlation": "float8",
            "ewma_covariance": "float8",
            "n_obs": "int4",
        },
    ),
    ResultTable(
        "position_daily_values",
        "published.position_daily_values",
        ("portfolio_id", "session_no", "position_id"),
        {
            "portfolio_id": "uuid",
            "session_no": "int4",
            "position_id": "uuid",
            "session_date": "date",
            "symbol_id": "int4",
            "quantity": "float8",
            "entry_price": "float8",
            "mark": "float8",
            "price_source": "label",
            "market_value": "float8",
            "daily_pnl": "float8",
            "unrealized_pnl": "float8",
        },
    ),
    ResultTable(
        "portfolio_daily_views",
        "published.portfolio_daily_views",
        ("portfolio_id", "view_name", "session_no"),
        {
            "portfolio_id": "uuid",
            "view_name": "label",
            "session_no": "int4",
            "session_date": "date",
            "nav": "float8",
            "market_value": "float8",
            "long_exposure": "float8",
            "short_exposure": "float8",
            "unrealized_pnl": "float8",
            "daily_pnl": "float8",
            "mtd_pnl": "float8",
            "ytd_pnl": "float8",
            "daily_return": "float8",
            "position_count": "int4",
        },
    ),
    ResultTable(
        "portfolio_factor_exposures",
        "published.portfolio_factor_exposures",
        ("portfolio_id", "view_name", "session_no", "factor_no"),
        {
            "portfolio_id": "uuid",
            "view_name": "label",
            "session_no": "int4",
            "factor_no": "int4",
            "exposure": "float8",
            "exposure_dollars": "float8",
            "coverage": "float8",
            "n_obs": "int4",
        },
    ),
    ResultTable(
        "portfolio_daily_risk",
        "published.portfolio_daily_risk",
        ("portfolio_id", "view_name", "session_no"),
        {
            "portfolio_id": "uuid",
            "view_name": "label",
            "session_no": "int4",
            "beta": "float8",
            "volatility_60d_annualized": "float8",
            "realized_volatility_60d": "float8",
            "sharpe_ratio": "float8",
            "max_drawdown_90d": "float8",
            "peak_date": "date",
            "trough_date": "date",
            "recovery_date": "date",
            "var_95_1d": "float8",
            "var_95_1d_pct": "float8",
            "coverage": "float8",
            "n_obs": "int4",
            "realized_n_obs": "int4",
            "drawdown_n_obs": "int4",
        },
    ),
)

# those that no book is needed for
SECURITY_TABLES = ("security_panel", "security_daily_prices", "factor_covariances")


def table(name: str) -> ResultTable:
    """The table of that name."""
    return next(one for one in TABLES if one.name == name)
