"""Stacked area plots: causes, states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


def fill_stack(
    ax: Axes,
    at: NDArray[np.float64],
    edges: NDArray[np.float64],
    names: Sequence[str],
    fills: Sequence[tuple[str, str]],
) -> None:
    """Fill the areas between ``edges`` (n_parts + 1, n_times), each with its colour and hatch."""
    for place, name in enumerate(names):
        fill, hatch = fills[place % len(fills)]
        ax.fill_between(
            at,
            edges[place],
            edges[place + 1],
            facecolor=fill,
            hatch=hatch,
            edgecolor="#1f2933",
            linewidth=0.6,
            label=name,
        )


def stack_legend(ax: Axes) -> None:
    """Place the legend beside the areas, the uppermost first."""
    handles, labels = ax.get_legend_handles_labels()
    legend = ax.legend(
        handles[::-1], labels[::-1], frameon=False, fontsize="medium", loc="center left", bbox_to_anchor=(1.0, 0.5)
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
