import pytest
from tests.faults.test_provider_faults import *
def show(r):
    print({k:v for k,v in r.as_json().items() if v and k not in('datasets',)})
def test_a(vendor, home):
    path = f"/v2/aggs/grouped/locale/us/market/stocks/{DAYS[-2]}"
    _, yesterday = Vendor(vendor.world, LAST).answer(path, {"adjusted": "false"})
    for st in (None, LAST):
        with vendor.fault(Fault(faults.replayed(yesterday["results"], st), path=GROUPED)):
            show(home.load(vendor))
        print(unnamed_gaps(home,home.load(vendor),truth(vendor)))
def test_b(vendor, home):
    with vendor.fault(Fault(faults.not_authorized, path="^/v2/aggs/grouped")):
        show(home.load(vendor)); print(len(truth(vendor))-len(home.bars())); show(home.load(vendor));print(len(truth(vendor))-len(home.bars()))
def test_c(vendor, home):
    vendor.world.restate("BBB", DAYS[-3], None, LAST)
    show(home.load(vendor)); print(home.quarantined())
def test_d(vendor,new_home):
    phantom = {"execution_date": DAYS[40].isoformat(), "split_from": 1, "split_to": 10, "ticker": "BBB"}
    with vendor.fault(Fault(faults.extra_records(phantom), path="^/v3/reference/splits")):
        show(new_home.load(vendor))
    print([q for q in new_home.quarantined()][:5])
def test_e(vendor,new_home):
    apply_split(vendor.world, "BBB", SPLIT_DAY, 20)
    show(new_home.load(vendor))
    print(collections.Counter(q[2] for q in new_home.quarantined()), len([k for k in new_home.bars() if k[0]=='BBB']))
def test_f(vendor,new_home):
    with vendor.fault(Fault(faults.without_results, path=BACKFILL)):
        show(new_home.load(vendor)); 
    print(len([k for k in new_home.bars() if k[0]=='AAA']))
    show(new_home.load(vendor)); print(len([k for k in new_home.bars() if k[0]=='AAA']))
    vendor.through=NEXT
    show(new_home.load(vendor)); print(len([k for k in new_home.bars() if k[0]=='AAA']))
def test_g(new_home):
    with VendorServer(market(), LAST, page_size=40) as vendor:
        with vendor.fault(Fault(faults.dropped_page, path=BACKFILL)):
            show(new_home.load(vendor))
        print(len([k for k in new_home.bars() if k[0]=='AAA']), len(new_home.quarantined()))
        show(new_home.load(vendor)); print(len([k for k in new_home.bars() if k[0]=='AAA']))
import collections
