"""Warnings to show before a patient's numbers: checks that argue against them.

Texts only; what was checked is ``ranking.evaluation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genorx._core.number_words import number
from genorx.effects.intervals import Interval
from genorx.errors import Finding
from genorx.ranking.answer.answer import AdviceBasis
from genorx.ranking.answer.basis import ONE_FOR_ALL
from genorx.report.headline import average_text
from genorx.report.wording import outcome_text


def cautions(basis: AdviceBasis | None, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return sentences for a banner; none if no check argues against the result, or nothing was checked."""
    known = tuple(findings)
    no_skill = (_no_skill(each) for each in known if each.code == "no-skill")
    differ = (f"{each.message}." for each in known if each.code == "strategy-checks-differ")
    return tuple(dict.fromkeys([*_choosing(basis), *_slopes(basis), *no_skill, *differ]))


def _choosing(basis: AdviceBasis | None) -> Iterator[str]:
    if basis is None or basis.gain is None or basis.choosing in ("shown", "not_evaluated"):
        return
    if basis.gain.is_zero:
        yield f"In the patients of the study, {ONE_FOR_ALL}: there is no gain from choosing by patient to estimate."
        return
    gain = f"gain {average_text(basis, basis.gain)} over giving all patients the option that is best on average"
    if basis.choosing == "loses":
        yield f"In the patients of the study, choosing by patient did worse than one option for all: {gain}."
    else:
        yield f"In the patients of the study, choosing by patient was not shown to help: {gain}."


def _slopes(basis: AdviceBasis | None) -> Iterator[str]:
    for name, slope in ({} if basis is None else basis.slopes).items():
        if slope.upper < 1:
            yield f"{name}: differences between patients are exaggerated: slope {_text(slope)}; 1 is right, 0 is noise."
        elif slope.lower <= 0:
            yield (
                f"{name}: predicted differences between patients are not shown to be real: slope {_text(slope)}; "
                "1 is right, 0 is noise."
            )


def _text(slope: Interval) -> str:
    return f"{number(slope.estimate, 2)} ({number(slope.lower, 2)} to {number(slope.upper, 2)})"


def _no_skill(finding: Finding) -> str:
    outcome = outcome_text(finding.place or "One outcome")
    return f"{outcome}: {finding.message.replace('gain', 'share of the score gained')}."
