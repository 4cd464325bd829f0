"""The result for one patient in a few sentences: the average, significant differences, their basis, guidance.

Each word follows what the model can say: "shown" needs draws, which published models do not have.
"""

from __future__ import annotations

from collections.abc import Sequence

from genorx._core.number_words import scale_of
from genorx.effects.intervals import Interval
from genorx.ranking.answer.answer import AdviceBasis, OptionAnswer, PatientAnswer
from genorx.ranking.answer.basis import CHOOSING, RESTS_ON
from genorx.report import wording

#: Options without an estimate that the headline names; more are counted, and named below.
_NAMED = 3


def headline(answer: PatientAnswer, of: str = "") -> str:
    """Return the result in a few sentences; ``of`` says what the first difference is of, and by when."""
    own = [option for option in answer.options if option.listed_by == "model"]
    avoided = [option.option for option in answer.options if is_avoided(option)]
    left_out = [option.option for option in own if option.rank is None]
    basis = answer.advice_basis
    if len(own) == 1 and own[0].rank is not None and basis is not None and basis.rests_on == "estimates":
        sentences = ["The model estimates this patient's outcomes as recorded; it compares no treatments"]
    else:
        sentences = [] if basis is None else average_sentence(basis, answer.reference, left_out=left_out, of=of)
        sentences.append(_comparison(answer, "" if sentences else of))
        sentences += [] if basis is None or not any(option.rank for option in own) else [basis_sentence(basis)]
    sentences += [f"Guidance says to avoid a drug of {_list(avoided)}"] if avoided else []
    sentences += [sentence for option in own for sentence in _marks(option)]
    if 0 < len(left_out) < len(own):
        few = len(left_out) <= _NAMED
        sentences.append(f"No estimate for {_list(left_out) if few else f'{len(left_out)} of {len(own)} options'}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _with(sentence: str, of: str) -> str:
    """Return a sentence that ends in a difference with what it is of, in brackets."""
    return f"{sentence} ({of})" if of else sentence


def is_avoided(option: OptionAnswer) -> bool:
    """Whether guidance says to avoid a drug of an option."""
    return any(row["action"] == "avoid" for row in option.safety)


def average_sentence(basis: AdviceBasis, reference: str, *, left_out: Sequence[str] = (), of: str = "") -> list[str]:
    """Return the option that is best on average, if individual choice was not shown to help.

    ``left_out`` are options without an estimate for the patient, which the table beside it shows an average of.
    """
    if basis.choosing == "shown" or basis.best_single is None:
        return []
    best = basis.best_single
    among = "Of the options with an estimate for this patient, " if set(left_out) & set(basis.averages) else ""
    if best != reference:
        found = basis.averages[best]
        doubt = "" if found.lower > 0 or found.upper < 0 else ", with an interval that includes 0"
        said = f"{best} comes first{' on average' if among else ''}: {average_text(basis, found)} against {reference}"
        said = _with(said, of)
        return [f"{among or 'On average '}{said}{doubt}"]
    others = [f"{name} {average_text(basis, found)}" for name, found in basis.averages.items() if name not in left_out]
    against = _with(f"; against it {_list(others)}", of) if others else ""
    return [f"{among or 'On average '}{reference} comes first{' on average' if among else ''}{against}"]


def average_text(basis: AdviceBasis, found: Interval) -> str:
    """Return an average difference with its interval and unit."""
    return f"{average_number(basis, found)} {_unit(basis)}".rstrip()


def average_number(basis: AdviceBasis, found: Interval) -> str:
    """Return an average difference with its interval, without unit."""
    scale, digits = scale_of(basis.measure or "", found.estimate, found.lower, found.upper)
    value, lower, upper = (wording.signed(each * scale, digits) for each in (found.estimate, found.lower, found.upper))
    return f"{value} ({lower} to {upper})"


def basis_sentence(basis: AdviceBasis) -> str:
    """Return the basis of the advice, and whether individual choice was shown to help, in one sentence."""
    if basis.rests_on in ("estimates", "declared"):
        return basis.text.rstrip(".")
    said = f"{RESTS_ON[basis.rests_on]}; {CHOOSING[basis.choosing]}"
    if basis.withheld is None:
        return said
    instead = "on average" if basis.rests_on == "average" else "shrunk"
    return f"{said}. By this patient's own difference {basis.withheld} would be recommended; {instead}, it is not"


def _unit(basis: AdviceBasis) -> str:
    return "percentage points" if wording.is_probability(basis.measure or "") else basis.unit


def _comparison(answer: PatientAnswer, of: str = "") -> str:
    """Return the conclusion of the estimates on the options that guidance does not exclude."""
    estimated = [option for option in answer.options if option.rank is not None]
    left = [option for option in estimated if not is_avoided(option)]
    if not estimated:
        return _no_estimate(answer)
    if not left:
        return "No option that can be estimated is left to be advised"
    if len(left) == 1:
        why = "is left" if len(estimated) > 1 else "can be estimated"
        return f"Only {left[0].option} {why}; there is nothing to compare it with"
    rests_on = None if answer.advice_basis is None else answer.advice_basis.rests_on
    if rests_on == "declared":
        return _declared(answer, left)
    if rests_on == "estimates":
        return _published(answer, left, of)
    others = "other option that is left" if len(left) < len(estimated) else "other option"
    basis = answer.advice_basis
    averaged = basis is not None and bool(average_sentence(basis, answer.reference))
    return _shown(left, others, individual=averaged and rests_on != "average")


def _no_estimate(answer: PatientAnswer) -> str:
    """Return that nothing can be estimated, with the reason if it is the same for all options."""
    reasons = {option.no_estimate_reason for option in answer.options if option.listed_by == "model"}
    reason = next(iter(reasons)) if len(reasons) == 1 else None
    return f"No option can be estimated for this patient{f': {reason}' if reason else ' from these data'}"


def _shown(left: Sequence[OptionAnswer], others: str, *, individual: bool) -> str:
    """Return the conclusion of the draws on the remaining options, by the advice on each."""
    recommended = [option.option for option in left if option.advice == "recommend"]
    if recommended:
        said = f"{recommended[0]} is shown to be better than every {others} that could be estimated"
        return f"For this patient {said}" if individual else said
    worse = [option.option for option in left if option.advice == "not_advised"]
    front = [option.option for option in left if option.advice != "not_advised"]
    if not worse:
        return f"The data do not show which of {_list(front)} is better"
    if not front:
        return f"Each of {_list(worse)} is shown to be worse than another option"
    beaten = f"{_list(worse)} {'is' if len(worse) == 1 else 'are'} shown to be worse than another option"
    if len(front) == 1:
        return f"{front[0]} is not shown to be better than every {others}; {beaten}"
    return f"The data do not show which of {_list(front)} is better; {beaten}"


def _published(answer: PatientAnswer, left: Sequence[OptionAnswer], of: str) -> str:
    """Return the order of published estimates, which allow no significance, with the relevant difference."""
    recommended = [option.option for option in left if option.advice == "recommend"]
    if recommended:
        return f"Recommended: {recommended[0]}, the first option of which every treatment reaches the threshold"
    tied = [option for option in left if option.rank == left[0].rank]
    first = f"Best published estimate: {_list([option.option for option in tied])}"
    differing = left[0] if left[0].option != answer.reference else left[-1]
    if differing.difference is None:
        return first
    gap = f"{wording.difference_text(differing.difference)} {wording.difference_unit(differing.difference)}".rstrip()
    who = "" if differing is left[0] else f"{differing.option} "
    return _with(f"{first}; {who}{gap} against {answer.reference}", of)


def _declared(answer: PatientAnswer, left: Sequence[OptionAnswer]) -> str:
    """Return the consequences of numbers declared by the user, with the relevant difference."""
    recommended = [option.option for option in left if option.advice == "recommend"]
    words = f"{recommended[0]} is recommended" if recommended else f"Neither of {_list([o.option for o in left])} is"
    first = words if recommended else f"{words} recommended"
    found = next((option for option in left if option.difference is not None), None)
    if found is None or found.difference is None:
        return first
    gap = f"{wording.difference_text(found.difference)} {wording.difference_unit(found.difference)}".rstrip()
    horizon = found.difference.horizon
    by = "" if horizon is None else f" by {wording.time_text(horizon)} {found.difference.unit}".rstrip()
    return f"{first}: {found.difference.outcome}{by} under {found.option} {gap} against {answer.reference}"


def _marks(option: OptionAnswer) -> list[str]:
    """Return guidance other than drugs to avoid, which have their own sentence."""
    asked = [row for row in option.safety_marks if row["action"] != "avoid"]
    texts = dict.fromkeys(f"{row['drug']}: {wording.mark_text(row)}, {row['source'].split()[0]}" for row in asked)
    return [f"Guidance on {option.option} changes a drug ({'; '.join(texts)})"] if texts else []


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
