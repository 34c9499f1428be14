"""The figures of securities with polars: one long frame, rolling sums over each symbol, on both cores. No books."""

import polars as pl

from bench.peers.pandas_script import covariances
from bench.peers.transport import MINIMUM_OBSERVATIONS, Inputs, timed, types_of
from bench.pg_binary import Columns

_WINDOW, _DRAWDOWN = 60, 90
# a frame of 90 returns has 91 levels
_BLOCK = _DRAWDOWN + 1
_FACTORS = range(1, 8)


def _rolling_sum(name: str, window: int = _WINDOW) -> pl.Expr:
    return pl.col(name).rolling_sum(window, min_samples=1).over("symbol_id")


def _returns(data: Inputs) -> pl.LazyFrame:
    """One row per symbol and session since its first bar, in that order: its return, and whether it has a bar."""
    sessions = pl.LazyFrame(
        {"session_date": data.sessions["session_date"], "session_no": data.sessions["session_no"]}
    ).with_row_index("t")
    bars = pl.LazyFrame({name: data.bars[name] for name in ("symbol_id", "session_date", "close")})
    splits = pl.LazyFrame(
        {
            "symbol_id": data.splits["symbol_id"],
            "session_date": data.splits["execution_date"],
            "ratio": data.splits["ratio"],
        }
    )
    grid = (
        bars.group_by("symbol_id")
        .agg(pl.col("session_date").min().alias("first_date"))
        .sort("symbol_id")
        .join(sessions, how="cross", maintain_order="left_right")
        .filter(pl.col("session_date") >= pl.col("first_date"))
        .drop("first_date")
    )
    ratios = splits.group_by("symbol_id", "session_date").agg(pl.col("ratio").product())
    key = ["symbol_id", "session_date"]
    return (
        grid.join(bars, on=key, how="left", maintain_order="left")
        .join(ratios, on=key, how="left", maintain_order="left")
        .with_columns(
            has_bar=pl.col("close").is_not_null(),
            daily_return=pl.col("close") * pl.col("ratio").fill_null(1.0) / pl.col("close").shift(1).over("symbol_id")
            - 1,
        )
    )


def _factors(returns: pl.DataFrame, etfs: list[int]) -> pl.DataFrame:
    """One row per session: x1 … x7."""
    return (
        returns.lazy()
        .filter(pl.col("symbol_id").is_in(etfs))
        .group_by("t")
        .agg(
            pl.col("daily_return").filter(pl.col("symbol_id") == etf).first().alias(f"x{k}")
            for k, etf in enumerate(etfs, 1)
        )
        .sort("t")
        .collect()
    )


def _panel(returns: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    y = pl.col("daily_return")
    n, syy = pl.col("n"), pl.col("syy")
    enough = n >= MINIMUM_OBSERVATIONS
    products = (
        returns.lazy()
        .join(factors.lazy(), on="t", how="left", maintain_order="left")
        .with_columns(pl.when(y.is_not_null()).then(pl.col(f"x{k}")).alias(f"x{k}") for k in _FACTORS)
        .with_columns(
            (y * y).alias("yy"),
            y.is_not_null().cast(pl.Float64).alias("is_present"),
            *((pl.col(f"x{k}") * pl.col(f"x{k}")).alias(f"xx{k}") for k in _FACTORS),
            *((pl.col(f"x{k}") * y).alias(f"xy{k}") for k in _FACTORS),
        )
        .with_columns(
            _rolling_sum("is_present").alias("n"),
            _rolling_sum("is_present", _DRAWDOWN).alias("drawdown_n"),
            _rolling_sum("daily_return").alias("sum_y"),
            _rolling_sum("yy"),
            *(_rolling_sum(f"{kind}{k}") for kind in ("x", "xx", "xy") for k in _FACTORS),
        )
        .with_columns((pl.col("yy") - pl.col("sum_y") ** 2 / n).clip(lower_bound=0).alias("syy"))
        .with_columns(
            expression
            for k in _FACTORS
            for expression in (
                (pl.col(f"xx{k}") - pl.col(f"x{k}") ** 2 / n).clip(lower_bound=0).alias(f"xx{k}"),
                (pl.col(f"xy{k}") - pl.col(f"x{k}") * pl.col("sum_y") / n).alias(f"xy{k}"),
            )
        )
        .with_columns(pl.when(enough).then(pl.col(f"xy{k}") / pl.col(f"xx{k}")).alias(f"beta_{k}") for k in _FACTORS)
    )
    fall = pl.when(pl.col("drawdown_n") >= MINIMUM_OBSERVATIONS).then(pl.col("worst"))
    return (
        products.with_columns(_drawdowns(returns)["worst"])
        .select(
            "symbol_id",
            "session_no",
            "session_date",
            "has_bar",
            "daily_return",
            n.cast(pl.Int16).alias("n_obs"),
            pl.when(enough).then((syy / (n - 1) * 252).sqrt()).alias("volatility_60d_annualized"),
            fall.alias("max_drawdown_90d"),
            pl.col("drawdown_n").cast(pl.Int16).alias("drawdown_n_obs"),
            *(
                expression
                for k in _FACTORS
                for beta, xx, xy in [(pl.col(f"beta_{k}"), pl.col(f"xx{k}"), pl.col(f"xy{k}"))]
                for expression in (
                    n.cast(pl.Int16).alias(f"n_obs_{k}"),
                    beta,
                    (beta * xy / syy).clip(upper_bound=1).alias(f"r_squared_{k}"),
                    ((syy - beta * xy).clip(lower_bound=0) / (n - 2) / xx).sqrt().alias(f"std_error_{k}"),
                )
            ),
        )
        .collect()
    )


def _drawdowns(returns: pl.DataFrame) -> pl.DataFrame:
    """The worst fall within 90 returns: a frame is the end of one block of 91 levels and the beginning of the next."""
    block = ["symbol_id", "block"]
    level = pl.col("level")
    levels = returns.select(
        "symbol_id",
        block=pl.int_range(pl.len()).over("symbol_id") // _BLOCK,
        level=(1 + pl.col("daily_return").fill_null(0.0)).cum_prod().over("symbol_id"),
    )
    parts = (
        levels.lazy()
        .with_columns(
            lowest=level.cum_min().over(block),
            highest_on=level.cum_max(reverse=True).over(block),
            highest=level.cum_max().over(block),
            lowest_on=level.cum_min(reverse=True).over(block),
        )
        .with_columns(
            fall=(1 - level / pl.col("highest")).cum_max().over(block),
            fall_on=(1 - pl.col("lowest_on") / level).cum_max(reverse=True).over(block),
        )
        # what the block before leaves of the frame; nothing where the frame fills a block
        .with_columns(
            before_block=pl.col("block").shift(_DRAWDOWN).over("symbol_id"),
            before_fall=pl.col("fall_on").shift(_DRAWDOWN).over("symbol_id"),
            before_highest=pl.col("highest_on").shift(_DRAWDOWN).over("symbol_id"),
            # a frame that begins with the history takes the whole first block
            first_fall=pl.col("fall_on").first().over("symbol_id"),
            first_highest=pl.col("highest_on").first().over("symbol_id"),
        )
    )
    before_fall = pl.coalesce("before_fall", "first_fall")
    before_highest = pl.coalesce("before_highest", "first_highest")
    return parts.select(
        worst=-pl.when(pl.coalesce("before_block", pl.lit(0)) == pl.col("block"))
        .then(pl.col("fall"))
        .otherwise(pl.max_horizontal("fall", before_fall, 1 - pl.col("lowest") / before_highest))
    ).collect()


def _prices(data: Inputs, returns: pl.DataFrame) -> pl.DataFrame:
    key = ["symbol_id", "session_date"]
    bars = pl.LazyFrame(dict(data.bars))
    cash = (
        pl.LazyFrame(
            {
                "symbol_id": data.dividends["symbol_id"],
                "session_date": data.dividends["ex_date"],
                "cash": data.dividends["cash"],
            }
        )
        .group_by(key)
        .agg(pl.col("cash").sum())
    )
    daily_return = pl.col("daily_return")
    return (
        returns.lazy()
        # the product of the ratios after the session
        .with_columns(
            later=pl.col("ratio").fill_null(1.0).cum_prod(reverse=True).shift(-1, fill_value=1.0).over("symbol_id")
        )
        .drop("close")
        .join(bars, on=key, how="inner", maintain_order="left")
        .join(cash, on=key, how="left", maintain_order="left")
        .select(
            "symbol_id",
            "session_no",
            "session_date",
            *("open", "high", "low", "close", "volume"),
            (pl.col("close") / pl.col("later")).alias("split_adjusted_close"),
            daily_return,
            (daily_return + pl.col("cash").fill_null(0.0) * (1 + daily_return) / pl.col("close")).alias("total_return"),
        )
        .collect()
    )


def compute(data: Inputs) -> dict[str, Columns]:
    """The result tables of securities."""
    returns = _returns(data).collect()
    factors = _factors(returns, data.etfs)
    first_no = int(data.sessions["session_no"][0])
    wide = factors.select(f"x{k}" for k in _FACTORS).to_numpy()
    return {
        "security_panel": _columns("security_panel", _panel(returns, factors)),
        "security_daily_prices": _columns("security_daily_prices", _prices(data, returns)),
        "factor_covariances": covariances(wide, max(0, data.floor_session_no - first_no), first_no),
    }


def _columns(name: str, frame: pl.DataFrame) -> Columns:
    """As arrays, null as NaN."""
    return {
        column: frame[column].to_numpy().astype("M8[D]") if kind == "date" else frame[column].to_numpy()
        for column, kind in types_of(name).items()
    }


def run(url: str) -> dict[str, float]:
    """Read, compute and write; seconds of each."""
    return timed(url, compute)
