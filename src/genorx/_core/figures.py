"""Axes of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def own_axes(ax: Axes | None) -> Axes:
    """Return the axes given, else those of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # heavy: a figure of its own, shown by the notebook

    made: Axes = plt.subplots(layout="constrained")[1]
    return made
