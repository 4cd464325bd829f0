"""Figures of states: stacked state probabilities under each strategy, and the transition diagram.

Sources: Gerstung M et al. 2017, Nat Genet 49:332, figure 3 (stacked states); Putter H et al. 2007, Stat Med 26:2389
(diagrams with counts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from genorx._core.figures import own_axes
from genorx.errors import SupportError, UsageError, shown
from genorx.report.figures import label_of, one_answer, option_label, time_axis
from genorx.report.stacks import fill_stack, stack_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from genorx.ranking.answer.answer import PatientAnswer
    from genorx.ranking.ranking import Ranking

#: Fill and hatch of states alive, then of those that are not: they differ in lightness and pattern, not by hue alone.
_ALIVE = (("#d7e6f3", ""), ("#5b9bc9", ""), ("#e3b587", "////"), ("#9fc48f", ".."), ("#cbb6d6", "\\\\\\\\"))
_GONE = (("#4b5563", ""), ("#8b93a0", "xx"), ("#c3c8cf", "++"))
_DARK = "#1f2933"
_PANEL = (2.6, 2.6)  # inches of a strategy's panel


def states_of(answer: PatientAnswer, outcome: str) -> tuple[str, ...]:
    """Return the states of a multistate outcome with probabilities; none for another outcome."""
    prefix = f"{outcome}:"
    found = [each for option in answer.options for each in option.estimates if each.measure == "state"]
    names = [each.outcome.removeprefix(prefix) for each in found if each.outcome.startswith(prefix)]
    return tuple(dict.fromkeys(names))


def plot_states(
    ranking: Ranking, *, patient_id: str | None = None, outcome: str | None = None, figure: Figure | None = None
) -> Figure:
    """Draw one patient's states stacked over time, one panel per strategy; return the Figure.

    Parameters
    ----------
    ranking : Ranking
    patient_id : str, optional
        May be absent where the ranking holds one patient.
    outcome : str, optional
        A multistate outcome; the primary one when absent.
    figure : Figure, optional
        To draw on; a new one when absent.

    Raises
    ------
    SupportError
        If no strategy has probabilities of states, as for a ranking without curves.
    """
    answer, name = one_answer(ranking, patient_id), outcome or ranking.primary
    states = states_of(answer, name)
    curves = {
        option.option: [curve for state in states for curve in option.curves if curve.outcome == f"{name}:{state}"]
        for option in answer.options
    }
    curves = {option: found for option, found in curves.items() if found}
    if not curves:
        raise SupportError(f"no strategy of patient {shown(answer.patient_id)} has curves of states of {shown(name)!r}")
    if figure is None:
        import matplotlib.pyplot as plt  # heavy: a figure of its own, shown by the notebook

        figure = plt.figure(figsize=(_PANEL[0] * len(curves) + 1.4, _PANEL[1]), layout="constrained")
    panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    gone = set() if ranking.course is None else set(states) - set(ranking.course.alive)
    for ax, (option, found) in zip(panels, curves.items(), strict=True):
        probabilities = np.stack([curve.estimate for curve in found])
        stack_states(found[0].times, probabilities, states, gone=gone, unit=found[0].unit, ax=ax)
        ax.set_title(label_of(option_label(ranking, option)), fontsize="medium", parse_math=False)
        if ax is not panels[0]:
            ax.set_ylabel("")
        if ax is not panels[-1]:
            ax.get_legend().remove()
    return figure


def stack_states(
    times: ArrayLike,
    probability: ArrayLike,
    states: Sequence[str],
    *,
    gone: Sequence[str] | set[str] = (),
    unit: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw stacked state probabilities over time, the first at the bottom; return the Axes.

    Parameters
    ----------
    times : array-like of shape (n_times,)
    probability : array-like of shape (n_states, n_times)
        Sums to 1 over the states, as ``survival.state_occupation`` gives it.
    states : sequence of str
    gone : collection of str
        States that do not count as alive; they are stacked on top and darker.
    unit : str
        Unit of time.

    Examples
    --------
    >>> probability = [[1, 0.6, 0.4], [0, 0.3, 0.3], [0, 0.1, 0.3]]
    >>> axes = stack_states([0, 12, 24], probability, ["well", "relapse", "dead"], gone=["dead"], unit="months")
    >>> axes.get_xlabel()
    'Time (months)'
    """
    at, parts = np.asarray(times, dtype=float), np.asarray(probability, dtype=float)
    if parts.shape != (len(states), at.size):
        raise UsageError(f"probability has shape {parts.shape}, {(len(states), at.size)} is needed", code="shape")
    order = sorted(range(len(states)), key=lambda place: (states[place] in gone, place))
    alive, dead = iter(_cycled(_ALIVE, len(states))), iter(_cycled(_GONE, len(states)))
    fills = [next(dead if states[place] in gone else alive) for place in order]
    ax = own_axes(ax)
    edges = np.vstack([np.zeros(at.size), np.cumsum(parts[order], axis=0)])
    fill_stack(ax, at, edges, [label_of(states[place]) for place in order], fills)
    stack_legend(ax)
    ax.set_ylim(0.0, 1.0)
    ax.set_ylabel("Probability")
    time_axis(ax, unit)
    ax.set_xlim(at.min(), at.max())
    return ax


def plot_state_diagram(transitions: pd.DataFrame, *, start: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw states as boxes and transitions as arrows, with numbers at risk and of events; return the Axes.

    Parameters
    ----------
    transitions : DataFrame
        ``from``, ``to``, ``events``, ``at_risk``, as ``Course.counts`` gives it.
    start : str, optional
        State in which everybody begins; the one that nothing leads to when absent.
    """
    ax = own_axes(ax)
    places = _places(transitions, start)
    entered = _entered(transitions)
    for state, (x, y) in places.items():
        count = f"\n{entered[state]:,}" if state in entered else ""
        ax.text(
            x,
            y,
            f"{label_of(state)}{count}",
            ha="center",
            va="center",
            fontsize="medium",
            color=_DARK,
            parse_math=False,
            bbox={"boxstyle": "round,pad=0.5", "facecolor": "#eef3f8", "edgecolor": "#6b7280"},
            zorder=3,
        )
    for row in transitions.to_dict(orient="records"):
        first, last = (_End(str(row[end]), *places[row[end]]) for end in ("from", "to"))
        _arrow(ax, first, last, f"{row['events']:,} of {row['at_risk']:,}")
    xs, ys = zip(*places.values(), strict=True)
    ax.set_xlim(min(xs) - 0.5, max(xs) + 0.5)
    ax.set_ylim(min(ys) - 0.35, max(ys) + 0.35)
    ax.set_axis_off()
    return ax


def _cycled(fills: Sequence[tuple[str, str]], size: int) -> list[tuple[str, str]]:
    return [fills[place % len(fills)] for place in range(size)]


def _places(transitions: pd.DataFrame, start: str | None) -> dict[str, tuple[float, float]]:
    """Return the position of each state: transient states in a row, absorbing ones below."""
    pairs = list(zip(transitions["from"], transitions["to"], strict=True))
    states = list(dict.fromkeys([name for pair in pairs for name in pair]))
    first = start or next(state for state in states if all(target != state for _, target in pairs))
    depth = {first: 0}
    for _ in states:
        for origin, target in pairs:
            if origin in depth:
                depth[target] = max(depth.get(target, 0), depth[origin] + 1)
    left = {origin for origin, _ in pairs}
    row = {state: float(depth[state]) for state in states if state in left}
    below = [state for state in states if state not in left]
    middle = (max(row.values()) + min(row.values())) / 2
    placed = {state: (x, 0.0) for state, x in row.items()}
    for place, state in enumerate(below):
        placed[state] = (middle + 1.4 * (place - (len(below) - 1) / 2), -1.2)
    return placed


def _entered(transitions: pd.DataFrame) -> Mapping[str, int]:
    """Return how many patients entered each state; all who were at risk in the one in which everybody begins.

    Those who entered a state on their last day of follow-up were never at risk in it.
    """
    counts = {str(state): int(number) for state, number in transitions.groupby("from")["at_risk"].first().items()}
    came = transitions.groupby("to")["events"].sum()
    return counts | {str(state): int(number) for state, number in came.items()}


class _End(NamedTuple):
    """A state at the end of an arrow, and its position."""

    name: str
    x: float
    y: float


def _arrow(ax: Axes, origin: _End, target: _End, text: str) -> None:
    (first, x0, y0), (last, x1, y1) = origin, target
    level, far = y0 == y1, abs(x1 - x0) > 1
    gaps = [_gap(name, level=level and not far) for name in (first, last)]
    style: dict[str, Any] = {"arrowstyle": "-|>", "color": "#4b5563", "shrinkA": gaps[0], "shrinkB": gaps[1]}
    if level and far:
        style["connectionstyle"] = "arc3,rad=-0.35"
    ax.annotate("", xy=(x1, y1), xytext=(x0, y0), arrowprops=style, zorder=1)
    share = 0.5 if level else 0.42
    above = 0.0 if not level else 0.45 if far else 0.12
    background = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0) + above
    ax.text(x, y, text, ha="center", va="center", fontsize="small", color=_DARK, bbox=background, zorder=2)


def _gap(name: str, *, level: bool) -> float:
    """Return the distance in points between an arrow's end and the centre of a box."""
    return 10.0 + 2.9 * len(label_of(name)) if level else 27.0
