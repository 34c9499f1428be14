import datetime as dt
import sys
import time

from db.connection import connect
from loaders.market_data import load_market_data
from loaders.polygon.load import reparse
from loaders.securities.load import track
from sigmasight.progress import PlainProgress
from sigmasight.settings import Settings


def snap(conn, t, cols):
    return conn.execute(f"select {cols} from raw.{t} where superseded_by_load is null order by 1,2").fetchall()

def test_sim(fresh_database_url):
    with connect(fresh_database_url) as conn:
        settings = Settings(market_data_provider="simulated")
        syms = ["AAPL", "TSLA", "MSFT", "ZM", "PTON", "NVDA", "GE", "AMZN", "GOOGL", "META", "JPM", "JNJ", "V", "UNH", "HD", "XOM", "F", "C", "ROKU", "SHOP", "NFLX", "PG", "BRK-B", "FXNAX", "VIX", "AMD", "QQQ", "GLD", "VNQ", "VTI", "BND", "DJP"]+["AAPL250815P00200000","QQQ250815C00420000","AAPL270115C00200000","SPY270115P00500000"]
        track(conn, syms); conn.commit()
        t=time.time()
        r = load_market_data(conn, settings, progress=PlainProgress(sys.stdout), as_of=dt.date(2026,11,18))
        print(time.time()-t, r.requests, r.bytes, r.problems, r.gaps, r.unavailable, r.unsupported, r.deferred)
        for d in r.datasets.items(): print(d)
        t=time.time()
        r = load_market_data(conn, settings)
        print(time.time()-t, r.requests, r.rows_new, r.gaps, r.problems, r.market_date)
        for d in r.datasets.items(): print(d)
        t=time.time()
        r = load_market_data(conn, settings)
        print(time.time()-t, r.requests)
        print(conn.execute("select subject, record_date, reason_code, reason, released_by_load from raw.quarantine").fetchall()[:30])
        tabs={"bars":"symbol_id, session_date, open,high,low,close,volume,vwap,transactions,payload_id","splits":"symbol_id,execution_date,split_from,split_to,payload_id","dividends":"symbol_id,ex_date,dividend_type,dividend_no,cash_amount,pay_date,payload_id","treasury_yields":"yield_date,tenor_months,yield_percent,payload_id","short_interest":"symbol_id,settlement_date,short_interest_shares,payload_id"}
        a={t:snap(conn,t,c) for t,c in tabs.items()}
        conn.commit()
        t=time.time(); r=reparse(conn, source="simulated"); print("reparse", time.time()-t, r.rows_new, r.rows_restated, r.rows_quarantined)
        conn.execute("truncate raw.bars, raw.splits, raw.dividends, raw.treasury_yields, raw.short_interest, raw.quarantine"); conn.commit()
        t=time.time(); r=reparse(conn, source="simulated"); print("reparse", time.time()-t, r.rows_new, r.rows_restated, r.rows_quarantined)
        b={t:snap(conn,t,c) for t,c in tabs.items()}
        for k in a: print(k, len(a[k]), a[k]==b[k])
        d=[(x,y) for x,y in zip(a["bars"],b["bars"]) if x!=y]
        print(len(d), d[:3])
