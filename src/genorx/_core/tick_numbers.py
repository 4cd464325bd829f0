"""Numbers beside an axis written as in tables; imports matplotlib, so it is imported where a figure is drawn."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import ScalarFormatter

#: End of an axis from which its numbers have five digits and separators; below it may show calendar years.
_LONG = 10_000.0


class _Separated(ScalarFormatter):
    """Numbers in matplotlib's format, with separators of thousands on an axis with long numbers."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        if self.axis is None or max(map(abs, self.axis.get_view_interval())) < _LONG:
            return str(super().__call__(x, pos))
        return f"{x:,.10g}".replace("-", "\N{MINUS SIGN}")


def separate_thousands(axis: Axis) -> None:
    """Add separators of thousands to an axis with matplotlib's own numbers."""
    plain = axis.get_major_formatter()
    if type(plain) is ScalarFormatter and axis.get_scale() == "linear":
        separated = _Separated(useOffset=plain.get_useOffset())
        separated.set_scientific(False)
        axis.set_major_formatter(separated)
