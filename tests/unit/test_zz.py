from tests.faults.market import *
from tests.vendor.synthetic import apply_split
def test_x(fresh_database_url):
    h=Home(fresh_database_url); h.open_book()
    with VendorServer(market(), LAST) as v:
        apply_split(v.world,"BBB",SPLIT_DAY,20)
        b=v.world.bars["BBB"]; print([(d,b[d].close) for d in DAYS[57:64]])
        r=h.load(v); print(r.gaps, r.problems)
        print(h.rows("select session_date, close, b.load_id, detail from raw.bars b join raw.securities using(symbol_id) join ops.loads using(load_id) where symbol='BBB' and session_date>=%s order by 1 limit 5", DAYS[58]))
        print(h.quarantined()[:3])
        print(h.rows("select symbol, ticker_since from raw.securities where ticker_since is not null"))
