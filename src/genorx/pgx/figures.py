"""Figure of a person's drugs by recommended action and its certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genorx._core.figures import tidy
from genorx._visible import visible
from genorx.errors import NotAnswerableError
from genorx.knowledge.guidance import ACTIONS
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.report import PgxReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GREY = {"avoid": "0.1", "alternative": "0.25", "reduce": "0.4", "increase": "0.55", "monitor": "0.7"}
_MARK = {"avoid": "X", "alternative": "D", "reduce": "v", "increase": "^", "monitor": "o"}


def plot_drugs(report: PgxReport, *, ax: Axes | None = None) -> Axes:
    """Plot the drugs whose use would change, by action and by the probability that this action is right.

    A drug whose probability is not known, as without haplotype frequencies, is drawn hollow at one; the axis says
    so.

    Raises
    ------
    NotAnswerableError
        ``no-guidance`` if no row asks for a change.
    """
    import matplotlib.pyplot as plt  # heavy: imported when a plot is asked for

    drugs = [(drug, action) for drug, rows in report.drugs.items() if (action := _strictest(rows)) in _MARK]
    if not drugs:
        raise NotAnswerableError("no row of guidance asks for a change", place=report.sample, code="no-guidance")
    drugs.sort(key=lambda entry: (-ACTIONS.index(entry[1]), entry[0]))
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 0.8 + 0.24 * len(drugs)), layout="constrained")
    for row, (drug, action) in enumerate(drugs):
        known = drug in report.certainty
        face = _GREY[action] if known else "none"
        ax.scatter(
            report.certainty.get(drug, 1.0), row, marker=_MARK[action], facecolors=face, edgecolors=_GREY[action]
        )
    shown = dict.fromkeys(action for _, action in reversed(drugs))
    handles = [ax.scatter([], [], marker=_MARK[a], color=_GREY[a], label=a) for a in shown]
    ax.set_yticks(range(len(drugs)), [drug for drug, _ in drugs])
    ax.set_xlim(0, 1.05)
    hollow = "" if all(drug in report.certainty for drug, _ in drugs) else " (hollow: not computed)"
    ax.set_xlabel(f"Probability of this action{hollow}")
    ax.set_title(f"{visible(report.sample)}: drugs whose use would change")
    ax.legend(handles=handles, loc="lower left", frameon=False)
    return tidy(ax, grid=False)


def _strictest(rows: list[DrugGuidance]) -> str:
    actions = [row.row.action for row in rows]
    return min(actions, key=ACTIONS.index) if actions else ""
