"""The formats that can be read; the order is that of recognition, the most particular first."""

from loaders.positions_csv.formats import fidelity, interactive_brokers, robinhood, schwab, seed
from loaders.positions_csv.formats.format import Format

FORMATS: tuple[Format, ...] = (
    *interactive_brokers.FORMATS,
    *fidelity.FORMATS,
    *schwab.FORMATS,
    *robinhood.FORMATS,
    *seed.FORMATS,
)

__all__ = ["FORMATS", "Format"]
