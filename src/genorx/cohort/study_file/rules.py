"""Rules between the keys of a study file: which belong together, which exclude each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from genorx.cohort.faults import Faults
from genorx.cohort.study_file.toml_lines import line_of
from genorx.cohort.study_file.utility import utility_faults
from genorx.errors import StudyError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection, StudyFile, TreatmentSection

#: Keys that an outcome of each kind must have, and those that it may have beside the common ones.
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "survival": (("time", "event", "unit"), ("horizons",)),
    "competing": (("time", "event", "unit", "causes"), ("horizons", "cause")),
    "binary": (("value",), ()),
    "continuous": (("value",), ("unit",)),
    "count": (("value",), ("unit",)),
    "ordinal": (("value",), ("levels", "at_least")),
}
_SPECIAL = ("time", "event", "causes", "cause", "value", "unit", "horizons", "levels", "at_least")
_TIMED = ("survival", "competing")
#: Role of an outcome that no option can have an effect on: a mean effect other than 0 shows confounding.
NEGATIVE_CONTROL = "negative_control"


class _Fault(NamedTuple):
    where: tuple[str | int, ...]
    reason: str
    hint: str | None = None
    code: str = "wrong-value"


def check_rules(study: StudyFile, text: str, path: Path) -> None:
    """Check what no single key can tell.

    Raises
    ------
    StudyError
        Naming every fault.
    """
    faults = Faults()
    for fault in _all_faults(study):
        line = line_of(text, fault.where)
        faults.add(StudyError(fault.reason, file=path, place=line, hint=fault.hint, code=fault.code))
    faults.raise_if_any()


def levels_of(outcome: OutcomeSection) -> tuple[str, ...]:
    """Return the grades of an ordinal outcome, lowest first: as named, else those of CTCAE, 0 to 5."""
    return tuple(outcome.levels) or tuple("012345")


def at_least_of(outcome: OutcomeSection) -> str:
    """Return the grade from which on an ordinal outcome counts: as named, else 3, which CTCAE calls severe."""
    return "3" if outcome.at_least is None else str(outcome.at_least)


def primary_of(study: StudyFile) -> str | None:
    """Return the primary outcome: as said, else the only one that is no negative control, else None."""
    names = [name for name, outcome in study.outcomes.items() if outcome.role != NEGATIVE_CONTROL]
    if study.ranking.primary is None and len(names) == 1:
        return names[0]
    return study.ranking.primary


def _all_faults(study: StudyFile) -> Iterator[_Fault]:
    if not study.tables and study.variants is None:
        hint = "a study needs [[tables]], [variants], or both"
        yield _Fault((), "names no features", hint, "no-features")
    yield from _table_faults(study)
    primary = primary_of(study)
    for name, outcome in study.outcomes.items():
        yield from _outcome_faults(name, outcome, horizon=study.ranking.horizon if name == primary else None)
        parts = [*outcome.causes, *(levels_of(outcome) if outcome.kind == "ordinal" else ())]
        for taken in sorted({f"{name}:{part}" for part in parts} & set(study.outcomes)):
            what = "cause" if outcome.causes else "grade"
            reason = f'"{shown(taken)}" is an outcome and a {what} of "{shown(name)}"'
            yield _Fault(("outcomes", taken), reason, "rename one of them")
    if study.treatment is not None:
        yield from _treatment_faults(study.treatment)
    yield from _ranking_faults(study)
    yield from (_Fault(*fault) for fault in utility_faults(study, primary))


def _table_faults(study: StudyFile) -> Iterator[_Fault]:
    paths: set[str] = set()
    for place, table in enumerate(study.tables):
        if table.path in paths:
            yield _Fault(("tables", place, "path"), f'"{shown(table.path)}" is named twice', None, "table-twice")
        paths.add(table.path)
        if study.study.patient_id in table.exclude:
            yield _Fault(("tables", place, "exclude"), "the patient's id cannot be excluded")
        for column in sorted(set(table.columns) & set(table.exclude)):
            reason = f'column "{shown(column)}" is described and excluded'
            yield _Fault(("tables", place, "columns", column), reason, "keep one of the two")


def _outcome_faults(name: str, outcome: OutcomeSection, *, horizon: float | None) -> list[_Fault]:
    where = ("outcomes", name)
    needed, allowed = _KEYS[outcome.kind]
    useless = [key for key in _SPECIAL if key not in (*needed, *allowed)]
    faults = [
        _Fault(where, f'outcome "{shown(name)}" of kind "{outcome.kind}" needs "{key}"', None, "missing-key")
        for key in needed
        if not getattr(outcome, key)
    ]
    faults += [
        _Fault((*where, key), f'"{key}" says nothing of an outcome of kind "{outcome.kind}"', "remove it")
        for key in useless
        if getattr(outcome, key)
    ]
    return [*faults, *_scale_faults(where, outcome, needs_horizon=horizon is None), *_name_faults(where, outcome)]


def _scale_faults(where: tuple[str, ...], outcome: OutcomeSection, *, needs_horizon: bool) -> list[_Fault]:
    faults = []
    survival = outcome.kind in _TIMED
    directions = ("longer", "shorter") if survival else ("higher", "lower")
    if outcome.better is not None and outcome.better not in directions:
        reason = f'better = "{outcome.better}" does not go with kind "{outcome.kind}"'
        faults.append(_Fault((*where, "better"), reason, f"use {' or '.join(directions)}"))
    units = ("days", "weeks", "months", "years")
    if survival and outcome.unit is not None and outcome.unit not in units:
        reason = f'unit "{shown(outcome.unit)}" is not a unit of time'
        faults.append(_Fault((*where, "unit"), reason, f"use {', '.join(units)}"))
    if survival and needs_horizon and not outcome.horizons:
        hint = "name the times at which the outcome is reported, such as horizons = [365]"
        faults.append(_Fault(where, f'outcome "{shown(where[-1])}" has no "horizons"', hint, "missing-key"))
    return faults


def _name_faults(where: tuple[str, ...], outcome: OutcomeSection) -> Iterator[_Fault]:
    """Find causes and grades that stand twice, and a grade that is none of them."""
    for key, names in (("causes", outcome.causes), ("levels", outcome.levels)):
        if len(set(names)) < len(names):
            yield _Fault((*where, key), f'a name stands twice in "{key}"', "each has one name of its own")
    if outcome.kind == "competing" and outcome.cause is not None and outcome.cause not in outcome.causes:
        hint = f"one of {', '.join(map(shown, outcome.causes))}"
        yield _Fault((*where, "cause"), f'"{shown(outcome.cause)}" is none of the "causes"', hint, "unknown-cause")
    if outcome.kind != "ordinal":
        return
    levels = levels_of(outcome)
    if len(levels) < 3:
        hint = 'use kind = "binary" for two'
        yield _Fault((*where, "levels"), "an ordinal outcome has at least three grades", hint)
    if outcome.at_least is None and outcome.levels:
        hint = "name the grade from which on it counts, such as at_least = 3"
        yield _Fault(where, f'outcome "{shown(where[-1])}" has "levels" and no "at_least"', hint, "missing-key")
    elif at_least_of(outcome) not in levels[1:]:
        hint = f"one of {', '.join(map(shown, levels[1:]))}"
        yield _Fault((*where, "at_least"), f'"{shown(outcome.at_least)}" is no grade above the lowest', hint)


def _treatment_faults(treatment: TreatmentSection) -> Iterator[_Fault]:
    where = ("treatment",)
    if (treatment.column is None) == (not treatment.options):
        hint = "name the column whose levels are the options, or the options with their conditions"
        yield _Fault(where, 'needs either "column" or [treatment.options.*], not both', hint)
    if treatment.options:
        yield from _option_faults(treatment)
    yield from _day_faults(treatment)
    yield from _possible_faults(treatment)


def _option_faults(treatment: TreatmentSection) -> Iterator[_Fault]:
    names = list(treatment.options)
    if len(names) < 2:
        yield _Fault(("treatment", "options"), "one option cannot be compared", "name at least two options")
    if treatment.reference not in names:
        near = difflib.get_close_matches(treatment.reference, names, n=1)
        hint = f'did you mean "{shown(near[0])}"?' if near else f"options: {', '.join(map(shown, names))}"
        reason = f'reference "{shown(treatment.reference)}" is not an option'
        yield _Fault(("treatment", "reference"), reason, hint, "unknown-reference")
    for name, conditions in list(treatment.options.items())[:-1]:
        if not conditions:
            reason = f'option "{shown(name)}" has no condition and takes everybody: options after it are never reached'
            yield _Fault(("treatment", "options", name), reason, "put it last", "unreachable-option")


def _possible_faults(treatment: TreatmentSection) -> Iterator[_Fault]:
    for option, sections in treatment.possible.items():
        where = ("treatment", "possible", option)
        if treatment.options and option not in treatment.options:
            hint = f"options: {', '.join(map(shown, treatment.options))}"
            yield _Fault(where, f'"{shown(option)}" is not an option', hint, "unknown-option")
        for place, section in enumerate(sections):
            limits = section.lower is not None or section.upper is not None
            if limits == bool(section.within):
                hint = 'such as in = ["yes"], or max = 70'
                yield _Fault((*where, place), 'needs either "in" or "min" and "max"', hint)
            if section.lower is not None and section.upper is not None and section.lower > section.upper:
                yield _Fault((*where, place, "min"), f"min {section.lower:g} is above max {section.upper:g}")


def _day_faults(treatment: TreatmentSection) -> Iterator[_Fault]:
    where = ("treatment",)
    if treatment.sensitivity_landmarks is not None and treatment.design != "landmark":
        reason = f'"sensitivity_landmarks" says nothing of a {treatment.design} design'
        yield _Fault((*where, "sensitivity_landmarks"), reason, "remove it")
    if treatment.design == "baseline":
        for key in ("time_zero", "landmark"):
            if getattr(treatment, key) is not None:
                hint = 'for options that start later use design = "landmark"'
                yield _Fault((*where, key), f'"{key}" says nothing of a baseline design', hint)
        return
    if treatment.design == "time_varying":
        yield from _time_varying_faults(treatment)
        return
    if treatment.landmark is None:
        hint = "the day, after time_zero, on which the option is read and follow-up starts"
        yield _Fault(where, 'a landmark design needs "landmark"', hint, "missing-key")
    if treatment.start is None:
        hint = "without the day on which a treatment started, only survivors get it"
        yield _Fault(where, 'a landmark design needs "start"', hint, "landmark-without-start")


def _time_varying_faults(treatment: TreatmentSection) -> Iterator[_Fault]:
    where = ("treatment",)
    if treatment.landmark is not None:
        hint = "options are compared from time zero on, each from the day on which it started"
        yield _Fault((*where, "landmark"), '"landmark" says nothing of a time-varying design', hint)
    if treatment.start is None:
        hint = "without the day on which a treatment started, the time lived before it is credited to it"
        yield _Fault(where, 'a time-varying design needs "start"', hint, "landmark-without-start")


def _ranking_faults(study: StudyFile) -> Iterator[_Fault]:
    primary = study.ranking.primary
    if study.outcomes and all(outcome.role == NEGATIVE_CONTROL for outcome in study.outcomes.values()):
        yield _Fault(("outcomes",), "every outcome is a negative control", "name one to rank by", "unknown-primary")
    if primary is None:
        if study.ranking.horizon is not None and len(study.outcomes) > 1 and primary_of(study) is None:
            yield _Fault(
                ("ranking", "horizon"), '"horizon" without "primary"', "name the primary outcome", "missing-key"
            )
        return
    if not study.outcomes:
        return  # a study of patients whose future is asked for
    if primary not in study.outcomes:
        near = difflib.get_close_matches(primary, list(study.outcomes), n=1)
        hint = f'did you mean "{shown(near[0])}"?' if near else f"outcomes: {', '.join(map(shown, study.outcomes))}"
        yield _Fault(("ranking", "primary"), f'"{shown(primary)}" is not an outcome', hint, "unknown-primary")
    elif study.outcomes[primary].role == NEGATIVE_CONTROL:
        reason = f'"{shown(primary)}" is a negative control: nothing is ranked by it'
        yield _Fault(("ranking", "primary"), reason, "name another outcome", "unknown-primary")
    elif study.outcomes[primary].kind not in _TIMED and study.ranking.horizon is not None:
        reason = f'"horizon" says nothing of an outcome of kind "{study.outcomes[primary].kind}"'
        yield _Fault(("ranking", "horizon"), reason, "remove it")
