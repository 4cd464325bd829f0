"""A figure of a person's drugs by what guidance asks for and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genorx.errors import NotAnswerableError
from genorx.knowledge.guidance import ACTIONS
from genorx.pgx.guidance import DrugGuidance
from genorx.pgx.report import PgxReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GREY = {"avoid": "0.1", "alternative": "0.25", "reduce": "0.4", "increase": "0.55", "monitor": "0.7"}
_MARK = {"avoid": "X", "alternative": "D", "reduce": "v", "increase": "^", "monitor": "o"}


def plot_drugs(report: PgxReport, *, ax: Axes | None = None) -> Axes:
    """Draw drugs whose use would change: by action, against the probability that the action is this one.

    Without haplotype frequencies there is no probability; the drugs then stand at one, drawn hollow, and the axis
    says so.

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
    for action, mark in _MARK.items():
        chosen = [(row, drug) for row, (drug, own) in enumerate(drugs) if own == action]
        values = [report.certainty.get(drug, 1.0) for _, drug in chosen]
        known = bool(report.certainty)
        face = _GREY[action] if known else "none"
        if chosen:
            rows = [row for row, _ in chosen]
            ax.scatter(values, rows, marker=mark, facecolors=face, edgecolors=_GREY[action], label=action)
    ax.set_yticks(range(len(drugs)), [drug for drug, _ in drugs])
    ax.set_xlim(0, 1.05)
    ax.set_xlabel("probability of this action" if report.certainty else "probability of this action (not computed)")
    ax.set_title(f"{report.sample}: drugs whose use would change")
    ax.legend(loc="lower left", frameon=False)
    return ax


def _strictest(rows: list[DrugGuidance]) -> str:
    actions = [row.row.action for row in rows]
    return min(actions, key=ACTIONS.index) if actions else ""
