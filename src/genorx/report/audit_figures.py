"""Figures of a claims audit: amounts by rule, and providers' rates against those of their peers.

Each takes ``ax=None`` and returns the ``Axes``; flagged providers differ by marker, not by colour alone.
Source: Spiegelhalter DJ 2005, Stat Med 24:1185 (funnel plots).
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from genorx._core.figures import own_axes, tidy
from genorx.audit.peers import WEIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BANDS = ((0.95, "#c9ced6", "95 % of providers like the peers"), (0.998, "#e4e7eb", "99.8 % of them"))
_NAME = 22  # characters per line of a rule's name
_PLAIN, _FLAGGED = "#4b5563", "#9b2c2c"


def plot_amounts(
    by_rule: Mapping[str, Mapping[str, Any]],
    *,
    titles: Mapping[str, str] = MappingProxyType({}),
    ax: Axes | None = None,
) -> Axes:
    """Draw the amount of each rule as a bar with its number of lines; return the Axes.

    Parameters
    ----------
    by_rule : mapping of str to mapping
        ``lines`` and ``amount`` by rule.
    titles : mapping of str to str, optional
        What each rule looks for, written after its number.
    ax : Axes, optional
    """
    ax = own_axes(ax)
    rules = sorted(by_rule, reverse=True)
    amounts = [float(by_rule[rule]["amount"]) for rule in rules]
    ax.barh(rules, amounts, color=_PLAIN, height=0.65)
    names = [f"{rule} {titles.get(rule, '')}".rstrip() for rule in rules]
    ax.set_yticks(range(len(rules)), labels=["\n".join(wrap(name, _NAME)) for name in names])
    for at, (rule, amount) in enumerate(zip(rules, amounts, strict=True)):
        lines = int(by_rule[rule]["lines"])
        ax.annotate(
            f"{lines:,} line{'' if lines == 1 else 's'}", (amount, at), (4, 0), textcoords="offset points", va="center"
        )
    ax.set_xlim(0, max(amounts, default=1.0) * 1.2 or 1.0)
    ax.xaxis.set_major_formatter(lambda amount, _: f"{amount:,.0f}")
    ax.set_xlabel("Amount (currency of the claims)")
    return tidy(ax, grid=False)


def plot_provider_funnel(providers: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot providers' rates by number of opportunities, with the bands of their peers; return the Axes.

    Parameters
    ----------
    providers : DataFrame
        The rows of one rule of ``Auditor.providers``, at least one.
    ax : Axes, optional
    """
    from matplotlib.ticker import MaxNLocator

    ax = own_axes(ax)
    n, rate = providers["n"].to_numpy(dtype=float), providers["rate"].to_numpy(dtype=float)
    peers = float((providers["expected"] / providers["n"]).iloc[0])
    at = np.unique(np.linspace(n.min(), n.max(), 200).astype(int))
    for level, colour, label in reversed(_BANDS):  # the narrow band lies on the wide one
        low, high = (
            stats.betabinom.ppf(p, at, WEIGHT * peers, WEIGHT * (1.0 - peers)) / at
            for p in ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
        )
        ax.fill_between(at, low, high, color=colour, label=label, linewidth=0)
    ax.axhline(peers, color="#6b7280", linewidth=0.8, linestyle="--", label="peers")
    flagged = (providers["flagged"] == 1).to_numpy()
    ax.plot(n[~flagged], rate[~flagged], "o", color=_PLAIN, markersize=4, label="provider")
    ax.plot(n[flagged], rate[flagged], "D", color=_FLAGGED, markersize=6, label="flagged")
    for number, at_flag in enumerate(sorted(np.flatnonzero(flagged), key=lambda place: n[place])):
        side, away = ("left", 6) if number % 2 else ("right", -6)  # neighbours are named on different sides
        where = (n[at_flag], rate[at_flag])
        name = str(providers["npi"].iloc[at_flag])
        ax.annotate(name, where, (away, 6), textcoords="offset points", ha=side)
    ax.set_ylim(-0.03, 1.1)
    ax.set_yticks(np.arange(0.0, 1.01, 0.2))
    ax.set_xlim(0, n.max() * 1.06)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Opportunities: lines or patients that could have a finding")
    ax.set_ylabel("Share with a finding")
    handles, labels = ax.get_legend_handles_labels()
    order = [1, 0, *range(2, len(handles))]  # the label of the wide band refers to that of the narrow one
    ax.legend(
        [handles[each] for each in order],
        [labels[each] for each in order],
        frameon=False,
        fontsize="medium",
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=2,
    )
    return tidy(ax, grid=False)
