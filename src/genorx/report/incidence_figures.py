"""Figures of competing causes: the incidence of one cause under each option, and all causes stacked under one option.

As in ``report.figures`` each takes ``ax=None`` and returns the ``Axes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from genorx._core.figures import own_axes
from genorx.errors import SupportError, UsageError, shown
from genorx.ranking.answer.answer import PatientAnswer
from genorx.report.figures import curves_of, draw_curves, label_of, one_answer, time_axis
from genorx.report.stacks import fill_stack, stack_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genorx.ranking.ranking import Ranking

#: Fill and hatch of each cause: they differ in lightness and pattern, so that a grey print tells them apart.
_FILLS = (("#1d6fa5", ""), ("#e3b587", "////"), ("#4f7f3f", ".."), ("#cbb6d6", "\\\\\\\\"), ("#8a6d1d", "xx"))
_FREE = "#f3f4f6"


def causes_of(answer: PatientAnswer, outcome: str) -> tuple[str, ...]:
    """Return the causes of a competing outcome with curves; none for another outcome."""
    prefix = f"{outcome}:"
    names = [name for name in _curves_of_causes(answer) if name.startswith(prefix)]
    return tuple(name.removeprefix(prefix) for name in names)


def _curves_of_causes(answer: PatientAnswer) -> tuple[str, ...]:
    """Return the names OUTCOME:CAUSE with curves; curves of states are excluded."""
    states = {each.outcome for option in answer.options for each in option.estimates if each.measure == "state"}
    names = [curve.outcome for option in answer.options for curve in option.curves if ":" in curve.outcome]
    return tuple(dict.fromkeys(name for name in names if name not in states))


def _competing(answer: PatientAnswer, ranking: Ranking, outcome: str | None) -> str:
    """Return the selected competing outcome: the one named, the primary one, or the only one."""
    if outcome is not None or causes_of(answer, ranking.primary):
        return outcome or ranking.primary
    found = {name.rpartition(":")[0] for name in _curves_of_causes(answer)}
    return found.pop() if len(found) == 1 else ranking.primary


def plot_cumulative_incidence(
    ranking: Ranking,
    cause: str,
    *,
    patient_id: str | None = None,
    outcome: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one patient's cumulative incidence of a cause under each option with pointwise 95 % bands; return the Axes.

    Parameters
    ----------
    ranking : Ranking
    cause : str
    patient_id : str, optional
        May be absent where the ranking holds one patient.
    outcome : str, optional
        A competing outcome; when absent the primary one or, if that is none, the only one.

    Raises
    ------
    SupportError
        If no option has a curve of this cause.
    """
    answer = one_answer(ranking, patient_id)
    name = f"{_competing(answer, ranking, outcome)}:{cause}"
    curves = curves_of(answer, name)
    if not curves:
        raise SupportError(
            f"no option of patient {shown(answer.patient_id)} has a curve of {shown(name)!r}",
            hint=f"curves of causes are {', '.join(map(shown, _curves_of_causes(answer))) or 'none'}",
        )
    ax = own_axes(ax)
    draw_curves(ax, ranking, curves)
    ax.set_ylim(0.0, min(1.02, max(0.05, 1.15 * max(float(curve.upper.max()) for _, curve in curves))))
    ax.set_ylabel(f"Cumulative incidence of {label_of(cause)}", parse_math=False)
    time_axis(ax, curves[0][1].unit)
    return ax


def plot_stacked_incidence(
    ranking: Ranking,
    option: str,
    *,
    patient_id: str | None = None,
    outcome: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one patient's outcomes under an option: causes stacked, event-free on top; return the Axes.

    Parameters
    ----------
    ranking : Ranking
    option : str
    patient_id : str, optional
        May be absent where the ranking holds one patient.
    outcome : str, optional
        A competing outcome; when absent the primary one or, if that is none, the only one.

    Raises
    ------
    SupportError
        If the option has no curves of competing causes.
    """
    answer = one_answer(ranking, patient_id)
    name = _competing(answer, ranking, outcome)
    causes = causes_of(answer, name)
    own = {curve.outcome: curve for each in answer.options if each.option == option for curve in each.curves}
    found = [own[f"{name}:{cause}"] for cause in causes if f"{name}:{cause}" in own]
    if not found:
        who = shown(answer.patient_id)
        raise SupportError(f"option {shown(option)!r} of patient {who} has no curves of causes of {shown(name)!r}")
    incidence = np.stack([curve.estimate for curve in found])
    free = ranking.free_of(name)
    return stack_incidence(found[0].times, incidence, causes, unit=found[0].unit, free=free, ax=ax)


def stack_incidence(
    times: ArrayLike,
    incidence: ArrayLike,
    causes: Sequence[str],
    *,
    unit: str = "",
    free: str = "event-free",
    ax: Axes | None = None,
) -> Axes:
    """Draw stacked cumulative incidences, the remainder being event-free; return the Axes.

    Parameters
    ----------
    times : array-like of shape (n_times,)
    incidence : array-like of shape (n_causes, n_times)
        Such as one row of ``predict_cumulative_incidence``.
    causes : sequence of str
    unit : str
        Unit of time.
    free : str
        Word for those to whom no cause has happened.

    Examples
    --------
    >>> axes = stack_incidence([0, 12, 24], [[0, 0.1, 0.2], [0, 0.2, 0.3]], ["relapse", "death"], unit="months")
    >>> axes.get_xlabel()
    'Time (months)'
    """
    at, parts = np.asarray(times, dtype=float), np.asarray(incidence, dtype=float)
    if parts.shape != (len(causes), at.size):
        raise UsageError(f"incidence has shape {parts.shape}, {(len(causes), at.size)} is needed", code="shape")
    ax = own_axes(ax)
    edges = np.vstack([np.zeros(at.size), np.cumsum(parts, axis=0)])
    fill_stack(ax, at, edges, [label_of(cause) for cause in causes], _FILLS)
    ax.fill_between(at, edges[-1], 1.0, facecolor=_FREE, edgecolor="#6b7280", linewidth=0.4, label=free)
    stack_legend(ax)
    ax.set_ylim(0.0, 1.0)
    ax.set_ylabel("Probability")
    time_axis(ax, unit)
    ax.set_xlim(at.min(), at.max())
    return ax
