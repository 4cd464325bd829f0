"""Axes of figures: creation, plain style, and labels that stay within the figure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

#: Largest share of a side of the figure for a label; measured text sizes are not exact.
_FITS = 0.97
#: Candidate ticks of a ratio axis, of which a set with few ticks is used.
_RATIOS = (
    (0.01, 0.1, 1.0, 10.0, 100.0),
    (0.01, 0.05, 0.2, 1.0, 5.0, 20.0, 100.0),
    (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0),
    (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.4),
)
_FEWEST = 3
_ONE_COLUMN = 6
_NAME = 30  # characters per line of a legend
#: Curves, and characters of a name, up to which a legend stands among the curves.
_INSIDE, _SHORT_NAME = 4, 34


def own_axes(ax: Axes | None) -> Axes:
    """Return the given axes, or the axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # heavy: for a new figure, shown by the notebook

    made: Axes = plt.subplots(layout="constrained")[1]
    return made


def tidy(ax: Axes, *, keep_left: bool = True, grid: bool = True) -> Axes:
    """Remove spines and ticks that carry no information, and write long numbers as in tables; return the axes."""
    from genorx._core.tick_numbers import separate_thousands  # heavy: matplotlib

    ax.spines[["top", "right"]].set_visible(False)
    if grid:
        ax.grid(axis="both" if keep_left else "x", color="#e4e7eb", linewidth=0.6)
    ax.set_axisbelow(True)
    for axis in (ax.xaxis, ax.yaxis):
        separate_thousands(axis)
    if not keep_left:
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    return ax


def legend_above(
    ax: Axes,
    *,
    side: Literal["left", "right"] = "left",
    entries: tuple[Sequence[Any], Sequence[str]] | None = None,
) -> None:
    """Place the legend above the axes; many short names go in two columns, long names on several lines.

    ``entries`` are handles and names, by default those of the axes.

    A legend that is wider than the axes would leave them no room.  Where long names of rows have narrowed them, one
    that ends with the axes at the right has the room above these names.
    """
    handles, labels = entries or ax.get_legend_handles_labels()
    legend = ax.legend(
        handles,
        [_on_lines(label) for label in labels],
        frameon=False,
        fontsize="medium",
        loc="lower left" if side == "left" else "lower right",
        bbox_to_anchor=(0.0 if side == "left" else 1.0, 1.0),
        ncols=_columns(labels),
        borderaxespad=0.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def fits_inside(names: Collection[str]) -> bool:
    """Whether a legend is small enough to stand among curves."""
    return len(names) <= _INSIDE and max(map(len, names), default=0) <= _SHORT_NAME


def legend_lines(names: Collection[str]) -> int:
    """Return how many lines of text a legend above the axes takes."""
    return -(-sum(_on_lines(name).count("\n") + 1 for name in names) // _columns(names))


def _columns(names: Collection[str]) -> int:
    """Return the number of columns of a legend; two of long names would be wider than the figure."""
    return 2 if len(names) > _ONE_COLUMN and max(map(len, names)) <= _NAME // 2 else 1


def _on_lines(name: str) -> str:
    """Return a legend name on at most three lines; a leading space keeps an underscore from hiding a name."""
    lines = wrap(name, _NAME, max_lines=3, placeholder=" …", break_on_hyphens=False)
    return " " * name.startswith(" ") + "\n".join(lines)


def ratio_axis(ax: Axes, which: Literal["x", "y"], low: float, high: float) -> None:
    """Give an axis of ratios a logarithmic scale from ``low`` to ``high``, with ticks at ratios."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    (ax.set_xlim if which == "x" else ax.set_ylim)(low, high)
    inside = [[each for each in row if low <= each <= high] for row in _RATIOS]
    ticks = next((row for row in inside if len(row) >= _FEWEST), inside[-1])
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def break_labels(figure: Figure) -> None:
    """Wrap a label that is longer than its side of the figure anew; call it before the layout."""
    for _, label, across in _labels(figure):
        low, high = _ends(label, across=across)
        has = _side(figure, across=across) * _FITS
        if high - low > has:
            lines = label.get_text().split("\n")
            longest = max(1, int(max(map(len, lines)) * has / (high - low)))
            label.set_text("\n".join(wrap(" ".join(lines), longest, break_on_hyphens=False)))


def keep_labels_inside(figure: Figure) -> None:
    """Move a label that extends beyond the figure back into it; call it after the layout.

    Axes whose last number would be cut at the right, as beside long names of rows, are narrowed.
    """
    for ax in figure.axes:
        _narrow(ax, figure)
    for ax, label, across in _labels(figure):
        low, high = _ends(label, across=across)
        away = max(0.0, -low) - max(0.0, high - _side(figure, across=across))
        x, y = label.get_position()
        if across:
            label.set_x(x + away / ax.bbox.width)
        else:
            label.set_y(y + away / ax.bbox.height)


def _narrow(ax: Axes, figure: Figure) -> None:
    ends = ax.xaxis.get_tightbbox(for_layout_only=True)
    over = 0.0 if ends is None else (ends.x1 - figure.bbox.width) / figure.bbox.width
    if over > 0.0:
        place = ax.get_position()
        ax.set_position((place.x0, place.y0, place.width - over, place.height))


def _labels(figure: Figure) -> list[tuple[Axes, Text, bool]]:
    """Return the axes, the title or label of an axis, and whether it runs horizontally."""
    found = [
        (ax, label, across)
        for ax in figure.axes
        for label, across in ((ax.xaxis.label, True), (ax.yaxis.label, False), (ax.title, True))
    ]
    return [each for each in found if each[1].get_text() and each[1].get_visible()]


def _ends(label: Text, *, across: bool) -> tuple[float, float]:
    """Return the start and end of a label along its side of the figure, in pixels."""
    box = label.get_window_extent()
    return (float(box.x0), float(box.x1)) if across else (float(box.y0), float(box.y1))


def _side(figure: Figure, *, across: bool) -> float:
    return float(figure.bbox.width if across else figure.bbox.height)
