"""Figure of a person's drugs by recommended action and its probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genorx._core.figures import tidy
from genorx._visible import visible
from genorx.errors import NotAnswerableError
from genorx.knowledge.guidance import ACTIONS
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.page import rests_on_reference
from genorx.pgx.report import PgxReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GREY = {"avoid": "0.1", "alternative": "0.25", "reduce": "0.4", "increase": "0.55", "monitor": "0.7"}
_NOT_COMPUTED = -0.2  # position of drugs without a probability
_MARK = {"avoid": "X", "alternative": "D", "reduce": "v", "increase": "^", "monitor": "o"}


def plot_drugs(report: PgxReport, *, ax: Axes | None = None) -> Axes:
    """Plot the drugs whose use would change, by action and by the probability of the action.

    A drug without probability, as without haplotype frequencies, is drawn hollow at a separate tick; if no drug has
    one, drugs are ordered by action.  Rows that rest on reference genotypes alone concern people with the indication,
    and are left out as in the page's list of changes.

    Raises
    ------
    NotAnswerableError
        ``no-guidance`` if no row of guidance requires a change.
    """
    import matplotlib.pyplot as plt  # heavy: imported when a plot is requested

    own = {drug: [row for row in rows if not rests_on_reference(row, report)] for drug, rows in report.drugs.items()}
    drugs = [(drug, action) for drug, rows in own.items() if (action := _strictest(rows)) in _MARK]
    if not drugs:
        raise NotAnswerableError("no row of guidance requires a change", place=report.sample, code="no-guidance")
    drugs.sort(key=lambda entry: (-ACTIONS.index(entry[1]), entry[0]))
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 0.8 + 0.24 * len(drugs)), layout="constrained")
    if any(drug in report.certainty for drug, _ in drugs):
        _by_probability(ax, drugs, report)
    else:
        _by_action(ax, drugs)
    ax.set_yticks(range(len(drugs)), [drug for drug, _ in drugs])
    ax.set_title(f"{visible(report.sample)}: drugs whose use would change")
    return tidy(ax, grid=False)


def _by_probability(ax: Axes, drugs: Sequence[tuple[str, str]], report: PgxReport) -> None:
    for row, (drug, action) in enumerate(drugs):
        face = _GREY[action] if drug in report.certainty else "none"
        place = report.certainty.get(drug, _NOT_COMPUTED)
        ax.scatter(place, row, marker=_MARK[action], facecolors=face, edgecolors=_GREY[action])
    actions = dict.fromkeys(action for _, action in reversed(drugs))
    handles = [ax.scatter([], [], marker=_MARK[action], color=_GREY[action], label=action) for action in actions]
    ticks = {0.0: "0", 0.25: "0.25", 0.5: "0.5", 0.75: "0.75", 1.0: "1"}
    if any(drug not in report.certainty for drug, _ in drugs):
        ticks[_NOT_COMPUTED] = "not\ncomputed"
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.set_xlim(min(ticks) - 0.05, 1.05)
    ax.set_xlabel("Probability of this action")
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _by_action(ax: Axes, drugs: Sequence[tuple[str, str]]) -> None:
    actions: list[str] = [action for action in ACTIONS if any(action == own for _, own in drugs)]
    for row, (_, action) in enumerate(drugs):
        ax.scatter(actions.index(action), row, marker=_MARK[action], color=_GREY[action])
    ax.set_xticks(range(len(actions)), actions)
    ax.set_xlim(-0.5, len(actions) - 0.5)
    ax.grid(axis="y", linewidth=0.4)
    ax.set_xlabel("Action (how probable it is was not computed)")


def _strictest(rows: list[DrugGuidance]) -> str:
    actions = [row.row.action for row in rows]
    return min(actions, key=ACTIONS.index) if actions else ""
