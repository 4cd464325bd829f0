"""Bar chart of open questions: for each input the probability that an answer changes the advice, and the gain.

The two differ by hatching, not by colour alone, so that the picture can be printed in grey.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.figures import own_axes
from genorx._core.page import findings_block, html_table, notebook_part, scrolling_figure
from genorx._core.short_repr import short
from genorx._core.svg import drawn
from genorx._visible import visible
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK, _SOFT = "#1f2933", "#b8c1cc"
_HEIGHT, _AWAY = 0.36, 0.2  # height of a bar, and distance of its middle from that of the input
_FOR_LEGEND = 1.0  # rows below the last one, so that the legend covers no bar
_HEADS = (
    "", "Ask for", "Table", "Chance of another advice", "Expected gain", "Width of the 95 % interval, now → after",
    "Likely change",
)  # fmt: skip
_NOTE = (
    "The effect of an answer is a prediction from patients like this one. Order: uncertainty that the answers together "
    "resolve, per cost."
)
#: Text in place of bars that have no length.
_NO_CHANGE = (
    "No single answer changed the advice in any draw, and none has an expected gain. The questions are in the order of "
    "the uncertainty that their answers resolve together."
)


def plot_questions(questions: pd.DataFrame, *, patient_id: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the open questions of a patient, the most useful at the top; return the Axes.

    Parameters
    ----------
    questions : DataFrame
        Result of ``care.questions``.
    patient_id : str, optional
        Required if there are several patients.
    ax : Axes, optional
        Axes to draw on; by default new ones.

    Raises
    ------
    UsageError
        ``patient-needed``, ``no-such-patient``.
    """
    own = _of_patient(questions, patient_id)
    axes = own_axes(ax)
    gains = axes.twiny()
    places = range(len(own))
    chance = [place - _AWAY for place in places], 100 * own["p_change"]
    gain = [place + _AWAY for place in places], own["expected_gain"]
    first = axes.barh(*chance, height=_HEIGHT, color=_DARK, label="chance of another advice")
    second = gains.barh(*gain, height=_HEIGHT, color=_SOFT, hatch="///", edgecolor=_DARK, label="expected gain")
    axes.bar_label(first, [f"{each:.0f} %" for each in chance[1]], padding=3)
    gains.bar_label(second, [f"{each:.2g}" for each in gain[1]], padding=3)
    axes.set_yticks(list(places), [_named(questions, name) for name in own["feature"]], parse_math=False)
    axes.set_ylim(len(own) + _FOR_LEGEND - 0.5, -0.5)
    axes.set_xlim(0, 108)
    axes.set_xticks(range(0, 101, 20))
    gains.set_xlim(0, float(own["expected_gain"].max() if len(own) else 0.0) * 1.2 or 1.0)
    if not own["expected_gain"].any():  # an axis without values would have an arbitrary end
        gains.set_xticks([0])
    axes.set_xlabel("Chance that the advice changes (%)")
    unit = questions.attrs.get("unit", "")
    gains.set_xlabel(f"Expected gain ({shown(unit)})" if unit else "Expected gain")
    for each in (axes, gains):
        each.spines["right"].set_visible(False)
    axes.legend(handles=[first, second], loc="lower right", fontsize="medium", frameon=False)
    return axes


def _of_patient(questions: pd.DataFrame, patient_id: str | None) -> pd.DataFrame:
    patients = list(dict.fromkeys(questions["patient_id"]))
    if patient_id is None and len(patients) > 1:
        raise UsageError(
            f"there are questions for {len(patients)} patients", hint="name one by patient_id=", code="patient-needed"
        )
    if patient_id is not None and patient_id not in patients:
        hint = "a patient with complete data has no question"
        raise UsageError(f"there is no question for a patient {shown(patient_id)!r}", hint=hint, code="no-such-patient")
    return questions if patient_id is None else questions[questions["patient_id"] == patient_id]


def _labels(questions: pd.DataFrame) -> Mapping[str, Mapping[str, str]]:
    """Return the labels of the study, if the frame still has them."""
    found: Mapping[str, Mapping[str, str]] = questions.attrs.get("labels", {})
    return found


def _named(questions: pd.DataFrame, feature: str) -> str:
    """Return the label of a feature on pages."""
    return shown(_labels(questions).get("features", {}).get(feature, feature))


def _with_column(label: str, column: str) -> str:
    """Return the label of an input, with the column of its answer."""
    return label if label == shown(column) else f"{label} ({shown(column)})"


@short
@dataclass(frozen=True)
class QuestionSection:
    """Open questions as a section of a report: ``ranking.report(path, sections=[QuestionSection(frame)])``.

    Attributes
    ----------
    questions : DataFrame
        Result of ``care.questions``.
    """

    questions: pd.DataFrame

    def section_html(self) -> str:
        """Return the section: bars and a table for each patient."""
        parts = ["<h2>Open questions</h2>", f'<p class="banner">{escape(_NOTE)}</p>']
        parts.append(findings_block(self.questions.attrs.get("findings", ())))
        for number, (patient, own) in enumerate(self.questions.groupby("patient_id", sort=False)):
            parts.append(self._patient(str(patient), own, number))
        if self.questions.empty:
            parts.append("<p>All inputs of the model are known.</p>")
        return f"<section>{''.join(parts)}</section>"

    def _patient(self, patient: str, own: pd.DataFrame, number: int) -> str:
        stated = ", ".join(_named(self.questions, name) for name in own["feature"])
        figure = drawn(
            plot_questions,
            self.questions,
            size=(6.0, 1.1 + 0.45 * (len(own) + _FOR_LEGEND)),
            prefix=f"questions-{number}-",
            label=visible(f"Possible effect of answers, the first question on top: {stated}"),
            patient_id=patient,
        )
        rows = (self._row(row) for row in own.itertuples(index=False))
        table = html_table(_HEADS, rows, caption="Questions, the most useful first")
        shows = bool(own["p_change"].any() or own["expected_gain"].any())
        above = scrolling_figure(figure) if shows else f"<p>{_NO_CHANGE}</p>"
        return f"<h3>Patient {escape(shown(patient))}</h3>{above}{table}"

    def _row(self, row: Any) -> tuple[str, ...]:
        from genorx.report.labelled_text import in_words  # heavy: the room of pages loads the models
        from genorx.report.wording import chance_text

        unit = f" {shown(self.questions.attrs.get('unit', ''))}".rstrip()
        widths = " → ".join("–" if pd.isna(each) else f"{each:.3g}" for each in (row.width_now, row.width_after))
        return (
            str(row.place),
            _with_column(_named(self.questions, row.feature), row.column),
            shown(row.table),
            chance_text(row.p_change),
            f"{row.expected_gain:.2g}{unit}",
            f"{widths}{unit}",
            in_words(row.likely_change, _labels(self.questions)) or "none in the draws",
        )

    def _repr_html_(self) -> str:
        return notebook_part(self.section_html())
