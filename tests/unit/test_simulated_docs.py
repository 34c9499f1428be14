"""What docs/simulated_market.md says about the simulated market is so."""

from collections import Counter

from loaders.simulated import events
from loaders.simulated.weekdays import EPOCH
from sigmasight.settings import ROOT
from tests.support.simulated import SEED, market

TEXT = (ROOT / "docs" / "simulated_market.md").read_text(encoding="utf-8")


def test_every_split_and_halt_is_listed() -> None:
    for split in events.SPLITS:
        assert f"{split.symbol} {split.split_to}:{split.split_from} {split.execution_date}" in TEXT
    for symbol, first, last in events.HALTS:
        assert f"{symbol} {first} to {last}" in TEXT
    for symbol, share in events.THIN.items():
        assert f"{symbol} " in TEXT
        assert f"{share:.0%}".replace("%", " %") in TEXT


def test_delistings_and_counts() -> None:
    named = market().directory.named
    for security in named:
        if security.delisted_on is not None:
            assert f"{security.symbol} {security.delisted_on}" in TEXT
    counts = Counter(security.is_stock for security in named)
    assert f"{len(named)} named securities" in TEXT
    assert f"{counts[True]} stocks with SIC codes, {counts[False]} funds and notes" in TEXT
    assert all(security.sic_code for security in named if security.is_stock)
    assert f"default {SEED}" in TEXT
    assert f"first day is {EPOCH}" in TEXT
