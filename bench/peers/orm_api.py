"""The same routes as the usual template has them: FastAPI, SQLAlchemy's ORM, pydantic; `python -m bench.peers.orm_api`.

It reads the same marts as the same role with row security, answers the same JSON (bench/api.py compares), and does in
Python what the project does in SQL. Environment: DATABASE_URL, JWT_SECRET, PORT.
"""

import datetime as dt
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from psycopg import conninfo
from sqlalchemy import Column, ForeignKey, Table, Uuid, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.pool import AsyncAdaptedQueuePool

from api.portfolio.schemas import Portfolio as PortfolioAnswer
from api.positions.schemas import PositionList
from api.risk.schemas import FactorExposure as FactorAnswer
from api.risk.schemas import RiskMetrics
from api.schemas import Envelope
from api.tokens import ALGORITHM, AUDIENCE, ISSUER

_TYPES = ("LONG", "SHORT", "LC", "LP", "SC", "SP")
_COLORS = {"success": "#10B981", "warning": "#F59E0B", "danger": "#EF4444", "info": "#3B82F6"}


class Base(DeclarativeBase):
    """The mapped classes are views of the marts and tables of accounts."""


class _Mart:
    __table_args__ = {"schema": "marts"}


class Portfolio(_Mart, Base):
    """One row per portfolio."""

    __tablename__ = "portfolios"
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    currency: Mapped[str]
    equity_balance: Mapped[float]
    equity_source: Mapped[str]


class Snapshot(_Mart, Base):
    """One row per portfolio and session."""

    __tablename__ = "portfolio_daily_snapshots"
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    session_no: Mapped[int] = mapped_column(primary_key=True)
    nav: Mapped[float]
    cash: Mapped[float]
    long_exposure: Mapped[float]
    short_exposure: Mapped[float]
    gross_exposure: Mapped[float]
    net_exposure: Mapped[float]
    delta_long_exposure: Mapped[float]
    delta_short_exposure: Mapped[float]
    delta_gross_exposure: Mapped[float]
    delta_net_exposure: Mapped[float]
    long_exposure_pct_nav: Mapped[float | None]
    short_exposure_pct_nav: Mapped[float | None]
    gross_exposure_pct_nav: Mapped[float | None]
    net_exposure_pct_nav: Mapped[float | None]
    daily_pnl: Mapped[float]
    mtd_pnl: Mapped[float]
    ytd_pnl: Mapped[float]
    total_pnl: Mapped[float]
    cumulative_flows: Mapped[float]
    unrealized_pnl: Mapped[float]
    realized_pnl: Mapped[float]
    position_count: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]


class Risk(_Mart, Base):
    """One row per portfolio, view and session."""

    __tablename__ = "portfolio_daily_risk"
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    view: Mapped[str] = mapped_column(primary_key=True)
    session_no: Mapped[int] = mapped_column(primary_key=True)
    beta: Mapped[float | None]
    volatility_60d_annualized: Mapped[float | None]
    realized_volatility_60d: Mapped[float | None]
    sharpe_ratio: Mapped[float | None]
    risk_free_rate: Mapped[float | None]
    max_drawdown_90d: Mapped[float | None]
    peak_date: Mapped[dt.date | None]
    trough_date: Mapped[dt.date | None]
    recovery_date: Mapped[dt.date | None]
    var_95_1d: Mapped[float | None]
    var_95_1d_pct: Mapped[float | None]
    coverage: Mapped[float | None]
    n_obs: Mapped[int | None]
    realized_n_obs: Mapped[int | None]
    drawdown_n_obs: Mapped[int | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    beta_status: Mapped[str]
    beta_reason: Mapped[str | None]
    realized_status: Mapped[str]
    realized_reason: Mapped[str | None]
    drawdown_status: Mapped[str]
    drawdown_reason: Mapped[str | None]


class FactorExposure(_Mart, Base):
    """One row per portfolio, view, session and factor."""

    __tablename__ = "portfolio_factor_exposures"
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    view: Mapped[str] = mapped_column(primary_key=True)
    session_no: Mapped[int] = mapped_column(primary_key=True)
    factor_name: Mapped[str] = mapped_column(primary_key=True)
    etf_symbol: Mapped[str | None]
    display_order: Mapped[int]
    exposure: Mapped[float | None]
    exposure_dollars: Mapped[float | None]
    coverage: Mapped[float | None]
    n_obs: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]


class Correlation(_Mart, Base):
    """One row per portfolio and view."""

    __tablename__ = "portfolio_correlations"
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    view: Mapped[str] = mapped_column(primary_key=True)
    average_correlation: Mapped[float | None]
    n_pairs: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]


class Coverage(_Mart, Base):
    """One row per symbol."""

    __tablename__ = "data_coverage"
    symbol: Mapped[str] = mapped_column(primary_key=True)
    coverage_90: Mapped[float | None]


class Contribution(_Mart, Base):
    """One row per lot and view that it belongs to."""

    __tablename__ = "position_risk_contributions"
    position_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    view: Mapped[str] = mapped_column(primary_key=True)
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    component_var_95_1d: Mapped[float | None]


class Beta(_Mart, Base):
    """One row per symbol, factor and session."""

    __tablename__ = "security_daily_betas"
    symbol: Mapped[str] = mapped_column(primary_key=True)
    factor_name: Mapped[str] = mapped_column(primary_key=True)
    session_no: Mapped[int] = mapped_column(primary_key=True)
    beta_60d: Mapped[float | None]


_position_tags = Table(
    "position_tags",
    Base.metadata,
    Column("position_id", Uuid, ForeignKey("marts.positions.position_id"), primary_key=True),
    Column("tag_id", Uuid, ForeignKey("app.tags.tag_id"), primary_key=True),
    schema="app",
)


class Tag(Base):
    """One row per tag of a user."""

    __tablename__ = "tags"
    __table_args__ = {"schema": "app"}
    tag_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str]
    color: Mapped[str]


class Position(_Mart, Base):
    """One row per lot."""

    __tablename__ = "positions"
    position_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    portfolio_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    symbol: Mapped[str]
    name: Mapped[str | None]
    position_type: Mapped[str]
    quantity: Mapped[float]
    entry_price: Mapped[float]
    entry_date: Mapped[dt.date]
    mark: Mapped[float | None]
    price_source: Mapped[str | None]
    is_stale: Mapped[bool | None]
    market_value: Mapped[float | None]
    notional_exposure: Mapped[float | None]
    delta_adjusted_exposure: Mapped[float | None]
    weight: Mapped[float | None]
    cost_basis: Mapped[float]
    unrealized_pnl: Mapped[float | None]
    realized_pnl: Mapped[float | None]
    daily_pnl: Mapped[float | None]
    underlying_symbol: Mapped[str | None]
    strike_price: Mapped[float | None]
    expiration_date: Mapped[dt.date | None]
    is_closed: Mapped[bool]
    exit_date: Mapped[dt.date | None]
    exit_price: Mapped[float | None]
    exited_quantity: Mapped[float | None]
    is_expired: Mapped[bool]
    delta: Mapped[float | None]
    gamma: Mapped[float | None]
    theta: Mapped[float | None]
    vega: Mapped[float | None]
    greeks_source: Mapped[str | None]
    sector: Mapped[str | None]
    industry: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str | None]
    tags: Mapped[list[Tag]] = relationship(secondary=_position_tags, order_by=func.lower(Tag.name))


class Factor(Base):
    """One row per factor."""

    __tablename__ = "factors"
    __table_args__ = {"schema": "reference"}
    factor_no: Mapped[int] = mapped_column(primary_key=True)
    factor_name: Mapped[str]
    etf_symbol: Mapped[str | None]
    calculation_method: Mapped[str]


def _visual(
    value: float | None, display: str | None, limit: float | None, target: list[float] | None = None
) -> dict[str, Any]:
    if value is None or limit is None:
        status = "info"
    elif abs(value) > limit:
        status = "danger"
    else:
        status = "warning" if abs(value) > 0.8 * limit else "success"
    return {
        "value": value,
        "display": display,
        "percentage": None if value is None else min(100.0, 100 * abs(value) / (limit or 1)),
        "status": status,
        "color": _COLORS[status],
        "target_range": target,
        "limit": limit,
    }


async def _moment(session: AsyncSession) -> Any:
    query = "select v.*, run.market_date as newest, run.published_at from ops.visible_run() as v"
    return (await session.execute(text(query + " cross join lateral api.run_facts(v.run_id) as run"))).one()


async def _portfolio_id(session: AsyncSession, user: uuid.UUID) -> uuid.UUID:
    query = "select portfolio_id from app.portfolios where user_id = :user order by created_at, portfolio_id limit 1"
    found = (await session.execute(text(query), {"user": user})).scalar_one_or_none()
    if found is None:
        raise HTTPException(404)
    return uuid.UUID(str(found))


async def _held(session: AsyncSession, portfolio_id: uuid.UUID, *, with_tags: bool = False) -> list[Position]:
    query = select(Position).where(Position.portfolio_id == portfolio_id, Position.is_expired.is_(False))
    if with_tags:
        query = query.options(selectinload(Position.tags))
    return list((await session.scalars(query)).all())


async def _meta(session: AsyncSession, moment: Any, held: list[Position]) -> dict[str, Any]:
    symbols = {p.symbol for p in held} | {p.underlying_symbol for p in held if p.underlying_symbol}
    shares = (await session.scalars(select(Coverage.coverage_90).where(Coverage.symbol.in_(symbols)))).all()
    known = [share for share in shares if share is not None]
    coverage = sum(known) / len(known) if known else None
    partial = any(p.status != "ok" for p in held) or (coverage is not None and coverage < 1)
    return {
        "as_of": moment.market_date,
        "market_date": moment.newest,
        "run_id": moment.run_id,
        "known_at": None,
        "published_at": moment.published_at,
        "timestamp": moment.published_at,
        "is_simulated": moment.is_simulated,
        "data_quality": {
            "coverage_pct": coverage,
            "stale_symbols": sorted({p.symbol for p in held if p.price_source in ("stale", "last_known")}),
            "missing_symbols": sorted({p.symbol for p in held if p.price_source == "entry"}),
            "status": "partial" if partial else "ok",
        },
        "schema_version": "1.0",
    }


def _envelope(data: Any, meta: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": data, "meta": meta, "errors": []}


def _total(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)


def create_app() -> FastAPI:
    """The application, from the environment."""
    given = conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    given["options"] = "-c role=sigmasight_api -c timezone=UTC"
    engine = create_async_engine(
        "postgresql+psycopg://", connect_args=given, poolclass=AsyncAdaptedQueuePool, pool_size=4, max_overflow=0
    )
    sessions = async_sessionmaker(engine)
    app = FastAPI()

    def caller(request: Request) -> uuid.UUID:
        try:
            claims = jwt.decode(
                request.headers.get("authorization", "")[7:],
                os.environ["JWT_SECRET"],
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
            )
        except jwt.PyJWTError:
            raise HTTPException(401) from None
        return uuid.UUID(claims["sub"])

    Caller = Annotated[uuid.UUID, Depends(caller)]

    async def transaction(user: Caller) -> AsyncIterator[AsyncSession]:
        async with sessions() as session, session.begin():
            await session.execute(text("select set_config('sigmasight.user_id', :user, true)"), {"user": str(user)})
            yield session

    Session = Annotated[AsyncSession, Depends(transaction)]

    @app.get("/api/v1/portfolio", response_model=Envelope[PortfolioAnswer])
    async def portfolio(user: Caller, session: Session) -> Any:
        moment = await _moment(session)
        portfolio_id = await _portfolio_id(session, user)
        account = (await session.scalars(select(Portfolio).where(Portfolio.portfolio_id == portfolio_id))).one()
        where = (Snapshot.portfolio_id == portfolio_id, Snapshot.session_no == moment.market_session_no)
        shot = (await session.scalars(select(Snapshot).where(*where))).one()
        held = await _held(session, portfolio_id)
        meta = await _meta(session, moment, held)
        by_type = dict.fromkeys(_TYPES, 0)
        for position in held:
            by_type[position.position_type] += 1

        def exposure(value: float, share: float | None, limit: float, target: list[float] | None = None) -> Any:
            display = None if share is None else f"{100 * share:,.1f} %"
            return {"value": value, "pct_nav": share, "visual": _visual(share, display, limit, target)}

        return _envelope(
            {
                "portfolio_id": portfolio_id,
                "name": account.name,
                "currency": account.currency,
                "as_of": moment.market_date,
                "total_value": shot.nav,
                "net_asset_value": shot.nav,
                "cash_balance": shot.cash,
                "equity_balance": account.equity_balance,
                "equity_source": account.equity_source,
                "leverage": shot.gross_exposure_pct_nav,
                "net_contributions": shot.cumulative_flows,
                "total_pl": shot.total_pnl,
                "total_pl_percent": shot.total_pnl / (account.equity_balance + shot.cumulative_flows),
                "pnl": {
                    "daily": shot.daily_pnl,
                    "mtd": shot.mtd_pnl,
                    "ytd": shot.ytd_pnl,
                    "total": shot.total_pnl,
                    "unrealized": shot.unrealized_pnl,
                    "realized": shot.realized_pnl,
                },
                "exposures": {
                    "long": exposure(shot.long_exposure, shot.long_exposure_pct_nav, 1),
                    "short": exposure(shot.short_exposure, shot.short_exposure_pct_nav, 1),
                    "gross": exposure(shot.gross_exposure, shot.gross_exposure_pct_nav, 2),
                    "net": exposure(shot.net_exposure, shot.net_exposure_pct_nav, 0.6, [-0.2, 0.6]),
                },
                "exposure_calculations": {
                    kind: {
                        f"{name}_exposure": getattr(shot, f"{prefix}{name}_exposure")
                        for name in ("long", "short", "gross", "net")
                    }
                    for kind, prefix in (("notional", ""), ("delta", "delta_"))
                },
                "positions_by_type": by_type,
                "position_count": shot.position_count,
                "data_quality": meta["data_quality"],
                "status": shot.status,
                "reason": shot.reason,
                "last_updated": meta["published_at"],
            },
            meta,
        )

    @app.get("/api/v1/positions", response_model=Envelope[PositionList])
    async def positions(user: Caller, session: Session, limit: int = 2000) -> Any:
        moment = await _moment(session)
        portfolio_id = await _portfolio_id(session, user)
        held = await _held(session, portfolio_id, with_tags=True)
        meta = await _meta(session, moment, held)
        symbols = {p.underlying_symbol or p.symbol for p in held}
        where = (
            Beta.symbol.in_(symbols),
            Beta.factor_name == "Market Beta",
            Beta.session_no == moment.market_session_no,
        )
        betas = defaultdict(
            lambda: None, (await session.execute(select(Beta.symbol, Beta.beta_60d).where(*where))).all()
        )
        mine = (Contribution.portfolio_id == portfolio_id, Contribution.view == "portfolio")
        added = defaultdict(
            lambda: None,
            (
                await session.execute(select(Contribution.position_id, Contribution.component_var_95_1d).where(*mine))
            ).all(),
        )
        held.sort(key=lambda p: (p.symbol, p.position_id))

        def document(p: Position) -> dict[str, Any]:
            pnl = None if p.unrealized_pnl is None or p.realized_pnl is None else p.unrealized_pnl + p.realized_pnl
            expiry = p.expiration_date
            return {
                "id": p.position_id,
                "ticker": p.symbol,
                "symbol": p.symbol,
                "name": p.name,
                "type": p.position_type,
                "position_type": p.position_type,
                "quantity": p.quantity,
                "entry_price": p.entry_price,
                "entry_date": p.entry_date,
                "price": p.mark,
                "price_date": moment.market_date if p.price_source == "close" else None,
                "price_source": p.price_source,
                "is_stale": p.is_stale,
                "value": p.market_value,
                "market_value": p.market_value,
                "notional_exposure": p.notional_exposure,
                "delta_adjusted_exposure": p.delta_adjusted_exposure,
                "weight": p.weight,
                "cost_basis": p.cost_basis,
                "pnl": pnl,
                "pnl_percent": None if pnl is None else pnl / abs(p.cost_basis),
                "daily_pnl": p.daily_pnl,
                "unrealized_pnl": p.unrealized_pnl,
                "realized_pnl": p.realized_pnl,
                "tags": [
                    {
                        "id": tag.tag_id,
                        "name": tag.name,
                        "color": tag.color,
                        "type": "STRATEGY" if tag.name.lower().startswith("#strategy:") else "REGULAR",
                    }
                    for tag in p.tags
                ],
                "underlying_symbol": p.underlying_symbol,
                "strike_price": p.strike_price,
                "expiration_date": expiry,
                "days_to_expiry": None if expiry is None else (expiry - moment.market_date).days,
                "is_expired": p.is_expired,
                "is_closed": p.is_closed,
                "exit_date": p.exit_date,
                "exit_price": p.exit_price,
                "exited_quantity": p.exited_quantity,
                "greeks": {"delta": p.delta, "gamma": p.gamma, "theta": p.theta, "vega": p.vega},
                "greeks_source": p.greeks_source,
                "risk_metrics": {
                    "beta": betas[p.underlying_symbol or p.symbol],
                    "risk_contribution": added[p.position_id],
                },
                "sector": p.sector,
                "industry": p.industry,
                "status": p.status,
                "reason": p.reason,
            }

        summary = {
            "total_positions": len(held),
            "gross_exposure": _total(p.notional_exposure for p in held),
            "net_exposure": _total(p.market_value for p in held),
            "market_value": _total(p.market_value for p in held),
            "delta_adjusted_exposure": _total(p.delta_adjusted_exposure for p in held),
            "unrealized_pnl": _total(p.unrealized_pnl for p in held),
            "daily_pnl": _total(p.daily_pnl for p in held),
            "greeks": {name: _total(getattr(p, name) for p in held) for name in ("delta", "gamma", "theta", "vega")},
        }
        return _envelope(
            {
                "portfolio_id": portfolio_id,
                "positions": [document(p) for p in held[:limit]],
                "summary": summary,
                "page": {"limit": limit, "next": None},
                "status": "ok",
                "reason": None,
            },
            meta,
        )

    @app.get("/api/v1/risk/metrics", response_model=Envelope[RiskMetrics])
    async def risk_metrics(user: Caller, session: Session) -> Any:
        moment = await _moment(session)
        portfolio_id = await _portfolio_id(session, user)
        where = (
            Risk.portfolio_id == portfolio_id,
            Risk.view == "portfolio",
            Risk.session_no == moment.market_session_no,
        )
        risk = (await session.scalars(select(Risk).where(*where))).one()
        beta_n_obs = (
            await session.execute(
                select(FactorExposure.n_obs).where(
                    FactorExposure.portfolio_id == portfolio_id,
                    FactorExposure.view == "portfolio",
                    FactorExposure.session_no == moment.market_session_no,
                    FactorExposure.factor_name == "Market Beta",
                )
            )
        ).scalar_one()
        correlation = await session.get_one(Correlation, (portfolio_id, "portfolio"))
        meta = await _meta(session, moment, await _held(session, portfolio_id))
        n_obs, realized_n_obs = risk.n_obs or 0, risk.realized_n_obs or 0
        realized = {"status": risk.realized_status, "reason": risk.realized_reason}
        held = {"window": 60, "n_obs": n_obs, "status": risk.status, "reason": risk.reason}
        return _envelope(
            {
                "as_of": moment.market_date,
                "portfolio_id": portfolio_id,
                "view": "portfolio",
                "beta": {
                    "value": risk.beta,
                    "window": 60,
                    "n_obs": beta_n_obs,
                    "status": risk.beta_status,
                    "reason": risk.beta_reason,
                },
                "annualized_volatility": {"value": risk.volatility_60d_annualized, **held},
                "realized_volatility": {
                    "value": risk.realized_volatility_60d,
                    "window": 60,
                    "n_obs": realized_n_obs,
                    **realized,
                },
                "sharpe_ratio": {
                    "value": risk.sharpe_ratio,
                    "risk_free_rate": risk.risk_free_rate,
                    "window": 60,
                    "n_obs": realized_n_obs,
                    **realized,
                },
                "max_drawdown": {
                    "value": risk.max_drawdown_90d,
                    "window": 90,
                    "n_obs": risk.drawdown_n_obs or 0,
                    "peak_date": risk.peak_date,
                    "trough_date": risk.trough_date,
                    "recovery_date": risk.recovery_date,
                    "status": risk.drawdown_status,
                    "reason": risk.drawdown_reason,
                },
                "var_1d": {
                    "value": None if risk.var_95_1d is None else -risk.var_95_1d,
                    "confidence": 0.95,
                    "method": "parametric",
                    "pct_nav": None if risk.var_95_1d_pct is None else -risk.var_95_1d_pct,
                    **held,
                },
                "position_correlation": {
                    "value": correlation.average_correlation,
                    "n_pairs": correlation.n_pairs,
                    "status": correlation.status,
                    "reason": correlation.reason,
                },
                "coverage": risk.coverage,
                "status": "ok",
                "reason": None,
            },
            meta,
        )

    @app.get("/api/v1/risk/factors", response_model=Envelope[list[FactorAnswer]])
    async def risk_factors(user: Caller, session: Session) -> Any:
        moment = await _moment(session)
        portfolio_id = await _portfolio_id(session, user)
        factors = (await session.scalars(select(Factor).order_by(Factor.factor_no))).all()
        where = (
            FactorExposure.portfolio_id == portfolio_id,
            FactorExposure.view == "portfolio",
            FactorExposure.session_no == moment.market_session_no,
        )
        found = {row.factor_name: row for row in (await session.scalars(select(FactorExposure).where(*where))).all()}
        held = await _held(session, portfolio_id)
        meta = await _meta(session, moment, held)
        answer = []
        for factor in factors:
            row = found[factor.factor_name]
            display = None if row.exposure is None else f"{row.exposure:,.2f}"
            answer.append(
                {
                    "factor_name": factor.factor_name,
                    "etf_ticker": factor.etf_symbol,
                    "exposure": row.exposure,
                    "exposure_dollar": row.exposure_dollars,
                    "n_positions": len(held),
                    "n_obs_min": row.n_obs,
                    "coverage": row.coverage,
                    "calculation_method": factor.calculation_method,
                    "status": row.status,
                    "reason": row.reason,
                    "display_order": factor.factor_no,
                    "exposure_visual": _visual(row.exposure, display, 1, [-1.0, 1.0]),
                }
            )
        return _envelope(answer, meta)

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
    )
