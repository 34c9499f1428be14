"""`data/*`: what SQL answers is described, equals the marts, and tells what a limit left out."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from api.data.schemas import (
    FactorEtfPrices,
    PortfolioComplete,
    PortfolioDataQuality,
    PositionsDetails,
    PricesHistorical,
    PricesQuotes,
)
from tests.support.http import Api
from tests.support.reading import PORTFOLIOS, UNKNOWN, Reader, Request, answer_of, bare, requests

ALL_PARTS = {f"include_{part}": "true" for part in ("timeseries", "attrib")}
COMPLETE = "/api/v1/data/portfolio/{}/complete"
HISTORY = "/api/v1/data/prices/historical/{}"


@pytest.mark.parametrize("user", PORTFOLIOS)
def test_answers_are_as_described(api: Api, user: str) -> None:
    own = PORTFOLIOS[user]
    described: list[tuple[str, type[BaseModel], dict[str, str]]] = [
        (COMPLETE.format(own), PortfolioComplete, ALL_PARTS),
        (COMPLETE.format(own), PortfolioComplete, {"include_positions": "false", "include_cash": "false"}),
        (f"/api/v1/data/portfolio/{own}/data-quality", PortfolioDataQuality, {}),
        ("/api/v1/data/positions/details", PositionsDetails, {"include_closed": "true"}),
        (HISTORY.format(own), PricesHistorical, {"lookback_days": "5"}),
        (HISTORY.format(own), PricesHistorical, {"lookback_days": "5", "date_format": "unix"}),
        ("/api/v1/data/prices/quotes", PricesQuotes, {"symbols": "SPY,AAPL,NONE"}),
        ("/api/v1/data/factors/etf-prices", FactorEtfPrices, {"lookback_days": "5"}),
    ]
    for path, model, query in described:
        for as_of in (None, "2026-02-10", "2025-01-02"):
            answer = api.get(path, user, params={**query, "as_of": as_of})
            assert answer.status_code == 200, answer.text
            model.model_validate_json(answer.content)


def test_a_complete_portfolio_is_that_of_the_marts(api: Api, reader: Reader) -> None:
    for request, choose in requests("complete", 40, named=True):
        parts = {
            f"include_{name}": choose.choice([True, False])
            for name in ("positions", "holdings", "cash", "timeseries", "attrib")
        }
        days = choose.choice([1, 10, 90, 180, 181, 1000])
        data = answer_of(api, request, COMPLETE, **parts, lookback_days=days)
        if data is None:
            continue
        lots = reader.rows(
            request,
            "select position_id as id, symbol, position_type, quantity, entry_date, entry_price, market_value,"
            " mark as last_price, price_source, cost_basis, unrealized_pnl, weight, underlying_symbol, strike_price,"
            " expiration_date, sector, tags, coalesce(actual_90 = 90, false) as has_complete_history"
            " from marts.positions left join marts.data_coverage using (symbol)"
            " where portfolio_id = %(portfolio)s and not is_expired"
            " order by notional_exposure desc, symbol, position_id",
        )
        series = reader.rows(
            request,
            "select session_date as date, nav, cash, gross_exposure, net_exposure, daily_pnl, total_pnl, daily_return,"
            " is_backfilled from marts.portfolio_daily_snapshots where portfolio_id = %(portfolio)s"
            " and session_no > %(session)s - 180 order by session_no",
        )
        given = (
            series[-min(days, 180) :]
            if days < 180 and series and data["portfolio"]["total_value"] is not None
            else series
        )
        now = series[-1] if data["portfolio"]["total_value"] is not None else None
        assert data["positions"] == (lots if parts["include_positions"] else None)
        assert data["holdings"] == (lots if parts["include_holdings"] else None)
        assert data["timeseries"] == (given if parts["include_timeseries"] else None)
        assert data["portfolio"]["cash_balance"] == (now["cash"] if now and parts["include_cash"] else None)
        assert data["portfolio"]["position_count"] == len(lots)
        if now:
            assert data["portfolio"]["total_value"] == now["nav"]
            assert close(data["positions_summary"]["total_market_value"], now["nav"] - now["cash"])
        counts = data["positions_summary"]
        assert counts["long_count"] + counts["short_count"] + counts["option_count"] == len(lots)
        complete = sum(lot["has_complete_history"] for lot in lots)
        assert bare(data["data_quality"], "complete_data_positions", "partial_data_positions") == {
            "complete_data_positions": complete,
            "partial_data_positions": len(lots) - complete,
        }
        meta = data["meta"]
        assert meta["requested"] == {"as_of": request.as_of, **parts, "lookback_days": days}
        assert meta["applied"] == {"as_of": meta["as_of"], **parts, "lookback_days": min(days, 180)}
        assert meta["limits"] == {"max_positions": 2000, "max_days": 180, "max_symbols": 5}
        assert meta["truncated"] == (parts["include_timeseries"] and days > 180)
        shown = len(lots) if parts["include_positions"] or parts["include_holdings"] else 0
        assert meta["rows_returned"] == shown + (len(given) if parts["include_timeseries"] else 0)
        if parts["include_attrib"] and now:
            assert data["attribution"]["total_pl"] == now["daily_pnl"]
            assert close(sum(group["pnl"] for group in data["attribution"]["by_type"]), now["daily_pnl"])
        else:
            assert data["attribution"] is None or not data["attribution"]["by_type"]


def close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def test_as_of_has_another_name(api: Api) -> None:
    path = COMPLETE.format(PORTFOLIOS["demo_user_1"])
    one, other = api.get(path, params={"as_of": "2026-05-04"}), api.get(path, params={"as_of_date": "2026-05-04"})
    assert one.content == other.content and one.json()["meta"]["as_of"] == "2026-05-04"
    both = api.get(path, params={"as_of": "2026-05-05", "as_of_date": "2026-05-04"})
    assert both.content == one.content


def test_data_quality_is_that_of_the_marts(api: Api, reader: Reader) -> None:
    for request, _ in requests("quality", 40, named=True):
        data = answer_of(api, request, "/api/v1/data/portfolio/{}/data-quality")
        if data is None:
            continue
        lots = reader.rows(
            request,
            "select p.symbol, coalesce(actual_90, 0) as days,"
            " (select count(daily_return) from marts.security_daily_prices s"
            " where s.symbol = coalesce(p.underlying_symbol, p.symbol) and s.session_no > %(session)s - 60) as returns"
            " from marts.positions p left join marts.data_coverage c on p.symbol = c.symbol"
            " where portfolio_id = %(portfolio)s and not is_expired",
        )
        days = {lot["symbol"]: lot["days"] for lot in lots}
        kinds = [
            ("complete" if lot["days"] == 90 else "partial" if lot["days"] >= 20 else "insufficient") for lot in lots
        ]
        assert {k: v for k, v in data["summary"].items() if k != "data_coverage_percent"} == {
            "total_positions": len(lots),
            "complete_data": kinds.count("complete"),
            "partial_data": kinds.count("partial"),
            "insufficient_data": kinds.count("insufficient"),
        }
        assert data["summary"]["data_coverage_percent"] == data["data_quality"]["coverage_pct"]
        found = data["position_data_quality"]
        assert found["complete_history"] == sorted(symbol for symbol, count in days.items() if count == 90)
        assert found["partial_history"] == [
            {"symbol": symbol, "days_available": count, "days_missing": 90 - count}
            for symbol, count in sorted(days.items())
            if 20 <= count < 90
        ]
        assert [bare(row, "symbol", "days_available") for row in found["insufficient_data"]] == [
            {"symbol": symbol, "days_available": count} for symbol, count in sorted(days.items()) if count < 20
        ]
        assert all(row["reason"] for row in found["insufficient_data"])
        eligible = sum(lot["returns"] >= 20 for lot in lots)
        for name, needed in (("correlation_matrix", 2), ("factor_regression", 1), ("volatility_analysis", 1)):
            assert bare(
                data["calculation_feasibility"][name], "feasible", "positions_eligible", "positions_excluded"
            ) == {
                "feasible": eligible >= needed,
                "positions_eligible": eligible,
                "positions_excluded": len(lots) - eligible,
            }


def test_gaps_are_told(api: Api) -> None:
    missing = api.get(f"/api/v1/data/portfolio/{PORTFOLIOS['demo_individual']}/data-quality", "demo_individual").json()
    symbols = [row["symbol"] for row in missing["position_data_quality"]["insufficient_data"]]
    assert symbols and missing["calculation_feasibility"]["factor_regression"]["positions_excluded"] > 0


DETAILS = (
    "select position_id as id, portfolio_id, symbol, position_type, quantity, entry_date, entry_price, cost_basis,"
    " mark as current_price, price_source, market_value, unrealized_pnl, unrealized_pnl / abs(cost_basis) as"
    " unrealized_pnl_percent, realized_pnl, not is_open as is_closed, exit_date, exit_price, exited_quantity,"
    " underlying_symbol, strike_price, expiration_date, tags, status, reason from marts.positions"
    " where portfolio_id = %(portfolio)s"
    " order by symbol, entry_date, position_id"
)


def test_details_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    path = "/api/v1/data/positions/details"
    for request, choose in requests("details", 40):
        closed, by_id = choose.choice([True, False]), choose.random() < 0.4
        lots = reader.rows(request, DETAILS) if request.found else []
        chosen = choose.sample(lots, min(len(lots), 3)) if by_id else []
        query: dict[str, Any] = {"include_closed": closed}
        if chosen:
            query["position_ids"] = ",".join(lot["id"] for lot in chosen)
        data = answer_of(api, request, path, **query)
        if data is None:
            continue
        if chosen:
            lots = [lot for lot in lots if lot in chosen]
        elif not closed:
            lots = [lot for lot in lots if not lot["is_closed"]]
        assert data["positions"] == lots
        assert data["summary"]["total_positions"] == len(lots) and data["truncated"] is False
        for name, column in (
            ("total_cost_basis", "cost_basis"),
            ("total_market_value", "market_value"),
            ("total_unrealized_pnl", "unrealized_pnl"),
            ("total_realized_pnl", "realized_pnl"),
        ):
            values = [lot[column] for lot in lots]
            if None in values:
                assert data["summary"][name] is None
            else:
                assert close(data["summary"][name], sum(values))


def test_anothers_lot_is_as_one_that_does_not_exist(api: Api) -> None:
    path = "/api/v1/data/positions/details"
    mine = api.get(path).json()["positions"][0]["id"]
    theirs = api.get(path, "demo_user_2").json()["positions"][0]["id"]
    for wrong in (theirs, UNKNOWN):
        answers = [api.get(path, params={"position_ids": ids}) for ids in (wrong, f"{mine},{wrong}")]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert (
        api.get(path, "demo_admin", params={"position_ids": f"{mine},{theirs}"}).json()["summary"]["total_positions"]
        == 2
    )
    other = {"position_ids": mine, "portfolio_id": PORTFOLIOS["demo_user_2"]}
    assert api.get(path, "demo_admin", params=other).status_code == 404
    assert api.get(path, params={"position_ids": ""}).status_code == 422


def test_prices_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    for request, choose in requests("prices", 40, named=True):
        days, most = choose.choice([1, 5, 60, 300]), choose.choice([1, 5, 100])
        etfs, kind = choose.choice([True, False]), choose.choice(["iso", "unix"])
        query = {"lookback_days": days, "max_symbols": most, "include_factor_etfs": etfs, "date_format": kind}
        data = answer_of(api, request, HISTORY, **query)
        if data is None:
            continue
        held = reader.rows(
            request,
            "select s.symbol from marts.positions cross join unnest(array[symbol, underlying_symbol]) as s (symbol)"
            " where portfolio_id = %(portfolio)s and not is_expired and s.symbol is not null"
            " group by 1 order by sum(notional_exposure) desc, 1",
        )
        symbols = {row["symbol"] for row in held[:most]}
        if etfs:
            symbols |= {"SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV"}
        bars = reader.rows(
            request,
            "select symbol, session_date, open, high, low, close, volume, split_adjusted_close as adjusted_close"
            " from marts.security_daily_prices where symbol = any(%(given)s)"
            f" and session_no > %(session)s - {min(days, 252)} order by session_no",
            *symbols,
        )
        expected: dict[str, Any] = {}
        for bar in bars:
            columns = expected.setdefault(bar.pop("symbol"), {"dates": []})
            day = bar.pop("session_date")
            columns["dates"].append(day if kind == "iso" else seconds(day))
            for name, value in bar.items():
                columns.setdefault(name, []).append(value)
        assert data["symbols"] == expected
        metadata = data["metadata"]
        assert metadata["requested"] == query
        assert metadata["applied"] == query | {"lookback_days": min(days, 252)}
        assert metadata["rows_returned"] == len(bars)
        assert metadata["truncated"] == (days > 252 or len(held) > most)
        assert set(metadata["symbols_without_prices"]) == symbols - set(expected)


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def test_quotes_are_the_newest_closes(api: Api, reader: Reader) -> None:
    known = [
        row["symbol"]
        for row in reader.rows(Request("demo_user_1", None, None), "select symbol from marts.data_coverage order by 1")
    ]
    for request, choose in requests("quotes", 40):
        wanted = [*choose.sample(known, 4), "NONE"]
        choose.shuffle(wanted)
        answer = api.get(
            "/api/v1/data/prices/quotes", request.user, params=request.moment | {"symbols": ",".join(wanted)}
        )
        data = answer.json()
        rows = reader.rows(
            request,
            "select distinct on (symbol) symbol, close, volume, high, low, session_date, daily_return,"
            " session_no < %(session)s as is_stale from marts.security_daily_prices where symbol = any(%(given)s)"
            " order by symbol, session_no desc",
            *wanted,
        )
        found = {row["symbol"]: row for row in rows}
        assert [quote["symbol"] for quote in data["quotes"]] == [symbol for symbol in wanted if symbol in found]
        assert data["unknown_symbols"] == [symbol for symbol in wanted if symbol not in found]
        for quote in data["quotes"]:
            row = found[quote["symbol"]]
            assert (quote["last_price"], quote["volume"], quote["day_high"], quote["day_low"]) == (
                row["close"],
                row["volume"],
                row["high"],
                row["low"],
            )
            assert (quote["session_date"], quote["is_stale"]) == (row["session_date"], row["is_stale"])
            assert quote["day_change_percent"] == row["daily_return"]
            assert (quote["bid"], quote["ask"]) == (None, None)
            if row["daily_return"] is None:
                assert quote["day_change"] is None
            else:
                assert close(quote["day_change"], quote["last_price"] * (1 - 1 / (1 + row["daily_return"])))


def test_symbols_are_taken_in_any_spelling(api: Api) -> None:
    answer = api.get("/api/v1/data/prices/quotes", params={"symbols": "brk.b,O:QQQ280121C00500000,BRK-B, spy"}).json()
    assert [quote["symbol"] for quote in answer["quotes"]] == ["BRK-B", "QQQ280121C00500000", "SPY"]
    timestamp = datetime.fromisoformat(answer["quotes"][0]["timestamp"])
    assert timestamp == datetime(2026, 6, 30, 20, tzinfo=UTC)


def test_etf_prices_are_those_of_the_mart(api: Api, reader: Reader) -> None:
    for request, choose in requests("etfs", 20):
        days = choose.choice([1, 5, 60, 300])
        answer = api.get(
            "/api/v1/data/factors/etf-prices", request.user, params=request.moment | {"lookback_days": days}
        )
        data = answer.json()
        factors = reader.rows(
            request,
            "select factor_name, etf_symbol from reference.factors where etf_symbol is not null order by factor_no",
        )
        assert list(data["factors"]) == [factor["factor_name"] for factor in factors]
        for factor in factors:
            bars = reader.rows(
                request,
                "select session_date, split_adjusted_close, daily_return from marts.security_daily_prices"
                f" where symbol = (%(given)s::text[])[1] and session_no > %(session)s - {min(days, 252)}"
                " order by session_no",
                factor["etf_symbol"],
            )
            assert data["factors"][factor["factor_name"]] == {
                "etf_symbol": factor["etf_symbol"],
                "dates": [bar["session_date"] for bar in bars],
                "prices": [bar["split_adjusted_close"] for bar in bars],
                "returns": [bar["daily_return"] for bar in bars],
            }
        assert data["factor_model"]["truncated"] == (days > 252)


def test_wrong_parameters_are_named(api: Api) -> None:
    own = PORTFOLIOS["demo_user_1"]
    for path, field in (
        (f"portfolio/{own}/complete?as_of_date=2026-02-30", "query.as_of_date"),
        (f"portfolio/{own}/complete?lookback_days=0", "query.lookback_days"),
        (f"prices/historical/{own}?date_format=julian", "query.date_format"),
        (f"prices/historical/{own}?max_symbols=101", "query.max_symbols"),
        ("prices/quotes", "query.symbols"),
        ("prices/quotes?symbols=,", "query.symbols"),
        ("positions/details?position_ids=1", "query.position_ids.0"),
        ("portfolio/mine/data-quality", "path.portfolio_id"),
    ):
        answer = api.get(f"/api/v1/data/{path}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
