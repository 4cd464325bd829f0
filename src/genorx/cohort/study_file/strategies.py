"""Strategies of a study file: rules between their keys, and their construction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from genorx.cohort.course.course import absorbing_states
from genorx.cohort.course.strategy import Strategy
from genorx.cohort.kinds import DATA_KINDS, KeyFault
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection, StrategySection, StudyFile, TreatmentSection

_DESIGN: Literal["strategy"] = "strategy"
#: Keys of ``[treatment]`` that apply to other designs only.
_OTHERS = ("time_zero", "landmark", "sensitivity_landmarks", "interactions", "possible")
#: Column of the treatment's name, if the study names neither a column nor options.
_COLUMN = "treatment"


def is_of_strategies(treatment: TreatmentSection | None) -> bool:
    """Return whether the study compares strategies over time, not options of one day."""
    return treatment is not None and treatment.design == _DESIGN


def treatment_column(treatment: TreatmentSection) -> str:
    """Return the column that names the treatment of a row of the treatment table."""
    return treatment.column or _COLUMN


def strategies_of(study: StudyFile) -> tuple[Strategy, ...]:
    """Return the strategies, in the order of the file."""
    return tuple(
        Strategy(
            name=name,
            state=section.state,
            treatment=section.treatment,
            within=section.within,
            share=1.0 if section.share is None else section.share,
        )
        for name, section in study.strategies.items()
    )


def reference_of(study: StudyFile) -> str:
    """Return the reference strategy: as declared, otherwise the one without treatment, otherwise the last."""
    if study.treatment is not None and study.treatment.reference:
        return study.treatment.reference
    never = [name for name, section in study.strategies.items() if section.state is None]
    return (never or list(study.strategies))[-1]


def strategy_faults(study: StudyFile, primary: str | None) -> Iterator[KeyFault]:
    """Yield the violated rules between strategies, the treatment and the states."""
    if not study.strategies:
        if is_of_strategies(study.treatment):
            hint = 'name at least two, such as [strategies.early] in = "remission", treatment = "transplant"'
            yield KeyFault(("treatment", "design"), "no strategy is named", hint, "missing-key")
        return
    if not is_of_strategies(study.treatment):
        hint = 'they are compared by [treatment] with design = "strategy"'
        yield KeyFault(("strategies",), "strategies need a treatment table", hint, "missing-key")
        return
    outcome = None if primary is None else study.outcomes.get(primary)
    if outcome is None or not DATA_KINDS[outcome.kind].has_states:
        if study.outcomes:
            hint = 'name its states by kind = "multistate", and rank by it'
            reason = "strategies need a multistate outcome to be ranked by"
            yield KeyFault(("strategies",), reason, hint, "strategies-without-states")
        outcome = None
    for name, section in study.strategies.items():
        yield from _key_faults(name, section)
        if outcome is not None and section.state is not None:
            yield from _state_faults(name, section.state, outcome)
    yield from _overlaps(study)
    if study.treatment is not None:
        yield from _treatment_faults(study, study.treatment)


def _key_faults(name: str, section: StrategySection) -> Iterator[KeyFault]:
    where = ("strategies", name)
    if (section.state is None) != (section.treatment is None):
        hint = 'such as in = "remission" and treatment = "transplant"; a strategy with neither treats no patient'
        yield KeyFault(where, f'strategy "{shown(name)}" needs both "in" and "treatment"', hint, "missing-key")
    for key in ("within", "share"):
        if section.state is None and getattr(section, key) is not None:
            yield KeyFault(
                (*where, key), f'"{key}" does not apply to a strategy under which no treatment begins', "remove it"
            )


def _state_faults(name: str, state: str, outcome: OutcomeSection) -> Iterator[KeyFault]:
    where = ("strategies", name, "in")
    if state not in outcome.states:
        hint = f"states: {', '.join(map(shown, outcome.states))}"
        yield KeyFault(where, f'"{shown(state)}" is none of the states', hint, "unknown-state")
    elif state in absorbing_states(outcome.states, [(one, other) for one, other in outcome.transitions]):
        hint = "name a state with an outgoing transition"
        yield KeyFault(where, f'"{shown(state)}" is absorbing: nothing begins there', hint, "strategy-in-absorbing")


def _overlaps(study: StudyFile) -> Iterator[KeyFault]:
    """Yield strategies that one patient could follow at once: the same treatment in the same state."""
    if len(study.strategies) < 2:
        yield KeyFault(("strategies",), "one strategy cannot be compared", "name at least two")
    seen: dict[tuple[str | None, str | None], str] = {}
    for name, section in study.strategies.items():
        rule = (section.state, section.treatment)
        if rule in seen:
            what = "treat no patient" if section.state is None else f'begin "{shown(rule[1])}" in "{shown(rule[0])}"'
            reason = f'"{shown(seen[rule])}" and "{shown(name)}" overlap: both {what}'
            hint = "a patient who follows one also follows the other for a time: keep one of them"
            yield KeyFault(("strategies", name), reason, hint, "strategies-overlap")
        seen.setdefault(rule, name)


def _treatment_faults(study: StudyFile, treatment: TreatmentSection) -> Iterator[KeyFault]:
    where = ("treatment",)
    if treatment.column is not None and treatment.options:
        yield KeyFault(where, 'needs either "column" or [treatment.options.*], not both')
    if treatment.start is None:
        hint = "the column with the day on which each treatment started"
        yield KeyFault(where, 'a strategy design needs "start"', hint, "missing-key")
    for key in _OTHERS:
        if getattr(treatment, key):
            yield KeyFault((*where, key), f'"{key}" does not apply to a strategy design', "remove it")
    if treatment.randomised:
        yield KeyFault((*where, "randomised"), "strategies that begin over time are not randomised", "remove it")
    if treatment.reference and treatment.reference not in study.strategies:
        hint = f"strategies: {', '.join(map(shown, study.strategies))}"
        reason = f'reference "{shown(treatment.reference)}" is not a strategy'
        yield KeyFault((*where, "reference"), reason, hint, "unknown-reference")
    for name, section in study.strategies.items():
        if section.treatment is None or not treatment.options:
            continue
        if not treatment.options.get(section.treatment):
            known = [option for option, conditions in treatment.options.items() if conditions]
            hint = f"options with a condition: {', '.join(map(shown, known))}"
            reason = f'"{shown(section.treatment)}" is not an option with conditions'
            yield KeyFault(("strategies", name, "treatment"), reason, hint, "unknown-option")
