"""The contract a second time, in numpy and pandas: what every mart must hold, worked out without any SQL of ours."""

from .compute import compute
from .facts import Facts

__all__ = ["Facts", "compute"]
