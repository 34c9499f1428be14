import datetime as dt
import sys

from pydantic import SecretStr

from db.connection import connect
from loaders.market_data import load_market_data
from loaders.securities.load import ensure_securities, track
from sigmasight.settings import Settings
from tests.vendor.server import VendorServer
from tests.vendor.world import world_2018_2020


def test_smoke(fresh_database_url, shared_dir):
    from sigmasight.progress import PlainProgress
    world = world_2018_2020(shared_dir / "data")
    with VendorServer(world, dt.date(2020,11,10)) as s, connect(fresh_database_url) as conn:
        settings = Settings(polygon_api_key=SecretStr(s.key), polygon_base_url=s.base_url, polygon_requests_per_minute=0)
        syms = ["AAPL","TSLA","MSFT","ZM","PTON","TWX","ANDV","BRK-B","FXNAX","VIX","AAPL250815P00200000","QQQ250815C00420000", "ABNB"]
        ensure_securities(conn, syms); track(conn, syms); conn.commit()
        r = load_market_data(conn, settings, progress=PlainProgress(sys.stdout))
        print(r)
        for d in r.datasets.items(): print(d)
        with s.counted() as asked:
            r = load_market_data(conn, settings)
        print("SECOND", r.requests, r.problems, [a.path for a in asked])
        for day in (11,12,13,16,17):
            s.through = dt.date(2020,11,day)
            with s.counted() as asked:
                r = load_market_data(conn, settings)
            print(day, r.market_date, r.requests, r.rows_new, r.rows_restated, r.rows_quarantined, r.gaps, r.problems, r.deferred)
            for a in asked: print("    ", a.path, a.params)
        print(conn.execute("select subject, record_date, reason_code, reason from raw.quarantine").fetchall())
        print(conn.execute("select symbol, support, support_reason, sector, industry from raw.securities").fetchall())
