"""Text on the basis of a patient's advice, in accordance with the underlying intervals.

The rule itself is ``effects.decision``; the results of an evaluation are in ``ranking.evaluation.choosing``.
"""

from __future__ import annotations

from collections.abc import Iterable

from genorx._core.number_words import signed
from genorx.effects.decision import Choosing, Decision, Verdict
from genorx.effects.intervals import Interval
from genorx.errors import shown
from genorx.ranking.answer.answer import AdviceBasis, Measure, RestsOn

#: Basis of the advice.
RESTS_ON: dict[RestsOn, str] = {
    "own": "The advice rests on this patient's own difference",
    "shrunk": "The advice rests on this patient's difference, shrunk towards the average",
    "average": "The advice rests on the average difference, not on this patient's own",
    "estimates": "The order rests on published estimates without the model's error: no option is shown to be better",
    "declared": "The advice rests on the effect, harms and weights that the user declared, applied to a published risk",
    "nothing": "There is no estimate on which advice could rest",
}
#: Whether choosing by patient was shown to help, out of fold, compared with the best single option for all.
CHOOSING: dict[Verdict, str] = {
    "shown": "choosing by patient was shown to help in the patients of the study",
    "not_shown": "whether choosing by patient helps could not be shown in the patients of the study",
    "loses": "choosing by patient was shown to do worse than one option for all in the patients of the study",
    "not_evaluated": "whether choosing by patient helps was not evaluated",
}
#: Why a gain is 0 without uncertainty: models of the other folds put the same option first for everybody.
ONE_FOR_ALL = "by predicted differences one option comes first for all"


def advice_basis(
    decision: Decision | None, choosing: Choosing, *, measure: Measure, unit: str, by_utility: bool = False
) -> AdviceBasis:
    """Return the basis of a decision; None: no option has an estimate.

    Parameters
    ----------
    decision : Decision or None
    choosing : Choosing
        Evidence on choosing by patient.
    measure, unit
        Measure and unit of the differences.
    by_utility : bool
        Whether options were ordered by utility, for which no average is known.
    """
    write = _Writer(choosing, unit=_unit_of(measure, unit))
    rests_on: RestsOn = "nothing" if decision is None else decision.rests_on
    sentences = [RESTS_ON[rests_on]]
    if decision is not None:
        sentences += write.sentences(decision, by_utility=by_utility)
    return AdviceBasis(
        rests_on=rests_on,
        choosing=choosing.verdict,
        text=_text(sentences),
        best_single=None if decision is None else decision.best_single,
        withheld=None if decision is None else decision.withheld,
        averages=choosing.averages,
        gain=choosing.gain,
        slopes=choosing.slopes,
        measure=measure,
        unit=unit,
    )


def without_averages(basis: AdviceBasis, reference: str) -> str:
    """Return the text without the basis and the averages, which a table gives beside it."""
    known = Choosing(averages=basis.averages, reference=reference)
    averages = _Writer(known, unit=_unit_of(basis.measure, basis.unit)).averages()
    left_out = {_text([sentence]) for sentence in (RESTS_ON[basis.rests_on], *averages)}
    text = basis.text
    for sentence in left_out:
        text = text.replace(sentence, "")
    return " ".join(text.split())


def _text(sentences: Iterable[str]) -> str:
    return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences)


def _unit_of(measure: Measure | None, unit: str) -> str:
    return "percentage points" if measure == "probability" else unit


class _Writer:
    """Formats the evidence on individual choice."""

    def __init__(self, choosing: Choosing, *, unit: str) -> None:
        self.choosing, self.unit = choosing, unit
        self.scale = 100.0 if unit == "percentage points" else 1.0

    def sentences(self, decision: Decision, *, by_utility: bool) -> list[str]:
        """Return the result on individual choice, the averages, and what was withheld."""
        sentences = [f"{CHOOSING[self.choosing.verdict]}{self._gain()}", *self._slopes(), *self.averages()]
        if by_utility:
            sentences.append("options are ordered by utility, for which no average is known")
        if decision.withheld is not None:
            sentences.append(self._withheld(decision))
        return sentences

    def _gain(self) -> str:
        if self.choosing.gain is None:
            return ""
        if self.choosing.gain.is_zero:
            return f" ({ONE_FOR_ALL}, so there is no gain to estimate)"
        return f" (gain over the best single option for all: {self._interval(self.choosing.gain)}{self._in_unit()})"

    def _slopes(self) -> list[str]:
        return [
            f"slope of the observed on the predicted differences, {shown(name)}: {_slope(each)}; "
            + ("they are shown to be exaggerated" if each.upper < 1 else "1 is right, 0 is noise")
            for name, each in self.choosing.slopes.items()
        ]

    def averages(self) -> list[str]:
        """Return the mean difference of each option from the reference."""
        reference = shown(self.choosing.reference)
        return [
            f"on average {shown(name)} against {reference}: {self._interval(each)}{self._in_unit()}"
            for name, each in self.choosing.averages.items()
        ]

    @staticmethod
    def _withheld(decision: Decision) -> str:
        option = shown(decision.withheld or "")
        return f"by this patient's predicted difference alone {option} would be recommended; it is not"

    def _in_unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _interval(self, each: Interval) -> str:
        digits = 0 if (each.upper - each.lower) * self.scale >= 30 else 1
        value, lower, upper = (
            signed(number * self.scale, digits) for number in (each.estimate, each.lower, each.upper)
        )
        return f"{value} ({lower} to {upper})"


def _slope(each: Interval) -> str:
    return _minus(f"{each.estimate:.2f} ({each.lower:.2f} to {each.upper:.2f})")


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
