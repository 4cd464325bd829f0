"""Rules between the keys of a study file: required together, or mutually exclusive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.nearest import did_you_mean
from genorx.cohort.faults import Faults
from genorx.cohort.kinds import DATA_KINDS, KeyFault
from genorx.cohort.kinds.base import missing_key
from genorx.cohort.study_file.strategies import is_of_strategies, strategy_faults, treatment_column
from genorx.cohort.study_file.toml_lines import line_of
from genorx.cohort.study_file.utility import utility_faults
from genorx.errors import StudyError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection, StudyFile, TreatmentSection
    from genorx.cohort.study_file.table_section import TableSection

#: Keys of an outcome that apply to some kinds only.
_SPECIAL = (
    *("time", "event", "causes", "cause", "value", "unit", "horizons", "levels", "at_least"),
    *("states", "transitions", "start", "alive", "state", "times", "followed"),
)
#: Keys that apply to image tables only.
_OF_IMAGES = ("taken", "origin", "several", "retest", "min_icc")
#: Keys that apply to treatment tables only, and keys of other tables that do not apply to them.
_OF_TREATMENTS = ("use", "wide", "levels", "assigned", "day")
_NOT_OF_TREATMENTS = ("format", "map", "index", "exclude", "columns")
#: Role of an outcome that no option can affect: a mean effect other than 0 shows confounding.
NEGATIVE_CONTROL = "negative_control"


def check_rules(study: StudyFile, text: str, path: Path) -> None:
    """Check the rules that involve several keys.

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


def primary_of(study: StudyFile) -> str | None:
    """Return the primary outcome: as declared, otherwise the only one that is no negative control, otherwise None."""
    names = [name for name, outcome in study.outcomes.items() if outcome.role != NEGATIVE_CONTROL]
    if study.ranking.primary is None and len(names) == 1:
        return names[0]
    return study.ranking.primary


def design_columns(study: StudyFile) -> dict[str, str]:
    """Return the columns that the study uses as outcomes or treatment, with their use."""
    used: dict[str | None, str] = {}
    if (treatment := study.treatment) is not None:
        conditions = {key for option in treatment.options.values() for key in option}
        used |= dict.fromkeys([treatment.column, treatment.start, *sorted(conditions)], "a column of the treatment")
        used[treatment.time_zero] = "time zero"
        if is_of_strategies(treatment) and not treatment.options:
            used[treatment_column(treatment)] = "a column of the treatment"
    for name, outcome in study.outcomes.items():
        columns = [outcome.time, outcome.since, outcome.until, outcome.event, outcome.value]
        columns += [outcome.state, outcome.followed, *outcome.times.values()]
        used |= dict.fromkeys(columns, f'a column of the outcome "{shown(name)}"')
    return {column: what for column, what in used.items() if column is not None}


def _all_faults(study: StudyFile) -> Iterator[KeyFault]:
    if not study.tables and study.variants is None:
        hint = "a study needs [[tables]], [variants], or both"
        yield KeyFault((), "names no features", hint, "no-features")
    yield from _table_faults(study)
    primary = primary_of(study)
    for name, outcome in study.outcomes.items():
        yield from _outcome_faults(name, outcome, horizon=study.ranking.horizon if name == primary else None)
        kind = DATA_KINDS[outcome.kind]
        for taken in sorted({f"{name}:{part}" for part in kind.parts(outcome)} & set(study.outcomes)):
            reason = f'"{shown(taken)}" is an outcome and a {kind.part} of "{shown(name)}"'
            yield KeyFault(("outcomes", taken), reason, "rename one of them")
    if study.treatment is not None and not is_of_strategies(study.treatment):
        yield from _treatment_faults(study.treatment)
    yield from strategy_faults(study, primary)
    yield from _ranking_faults(study)
    yield from utility_faults(study, primary)


def _table_faults(study: StudyFile) -> Iterator[KeyFault]:
    paths: set[str] = set()
    for place, table in enumerate(study.tables):
        if table.path in paths:
            yield KeyFault(("tables", place, "path"), f'"{shown(table.path)}" is named twice', None, "table-twice")
        if (table.format is None) != (table.map is None):
            reason = (
                "an exchange format needs a map to columns" if table.map is None else "a map needs an exchange format"
            )
            yield KeyFault(("tables", place, "map"), reason, 'format = "fhir" and map = "map.toml" go together')
        if table.index is not None and table.format is None:
            yield KeyFault(("tables", place, "index"), "an index of days needs an exchange format")
        paths.add(table.path)
        if study.study.patient_id in table.exclude:
            yield KeyFault(("tables", place, "exclude"), "the patient's id cannot be excluded")
        for column in sorted(set(table.columns) & set(table.exclude)):
            reason = f'column "{shown(column)}" is described and excluded'
            yield KeyFault(("tables", place, "columns", column), reason, "keep one of the two")
        yield from _image_faults(place, table)
        yield from _treatment_table_faults(place, table)


def _image_faults(place: int, table: TableSection) -> Iterator[KeyFault]:
    """Yield the faults of keys that apply to image tables only."""
    where = ("tables", place)
    if table.role != "imaging":
        for key in _OF_IMAGES:
            if getattr(table, key) is not None:
                yield KeyFault((*where, key), f'"{key}" does not apply to a table of role "{table.role}"', "remove it")
        return
    if table.taken is None:
        hint = 'taken = "COLUMN": days since the origin of the study; or dates, with origin = "COLUMN"'
        yield KeyFault(where, "a table of images needs the day on which each was taken", hint, "missing-key")
    if table.min_icc is not None and table.retest is None:
        yield KeyFault(
            (*where, "min_icc"), '"min_icc" does not apply without "retest"', "name the repeated measurements"
        )


def _treatment_table_faults(place: int, table: TableSection) -> Iterator[KeyFault]:
    """Yield the faults of keys that apply to treatment tables only."""
    where, is_one = ("tables", place), table.role == "treatment"
    for key in _NOT_OF_TREATMENTS if is_one else _OF_TREATMENTS:
        if getattr(table, key) not in (None, [], {}):
            yield KeyFault((*where, key), f'"{key}" does not apply to a table of role "{table.role}"', "remove it")
    if is_one and table.wide is None:
        hint = 'wide = "COLUMN": the column that names the treatment of each row'
        yield KeyFault(where, "a table of treatments needs the column of their names", hint, "missing-key")
    for level in sorted({each for each in table.levels if table.levels.count(each) > 1}):
        yield KeyFault((*where, "levels"), f'level "{shown(level)}" is named twice', "remove one")


def _outcome_faults(name: str, outcome: OutcomeSection, *, horizon: float | None) -> Iterator[KeyFault]:
    where, kind = ("outcomes", name), DATA_KINDS[outcome.kind]
    yield from _date_faults(where, outcome)
    for key in kind.needed:
        if not getattr(outcome, key) and not (key == "time" and (outcome.since or outcome.until)):
            reason = f'outcome "{shown(name)}" of kind "{outcome.kind}" needs "{key}"'
            hint = 'such as unit = "days"' if key == "unit" and kind.timed else None
            yield KeyFault(where, reason, hint, "missing-key")
    for key in _SPECIAL:
        if getattr(outcome, key) and key not in (*kind.needed, *kind.allowed):
            reason = f'"{key}" does not apply to an outcome of kind "{outcome.kind}"'
            yield KeyFault((*where, key), reason, "remove it")
    yield from kind.key_faults(where, outcome, needs_horizon=horizon is None)


def _date_faults(where: tuple[str, ...], outcome: OutcomeSection) -> Iterator[KeyFault]:
    """Yield the faults of an outcome given by dates or by event words."""
    dates = {"from": outcome.since, "to": outcome.until}
    if any(dates.values()):
        if not DATA_KINDS[outcome.kind].timed:
            key = next(key for key, column in dates.items() if column)
            reason = f'"{key}" does not apply to an outcome of kind "{outcome.kind}"'
            yield KeyFault((*where, key), reason, "remove it")
        elif outcome.time is not None:
            yield KeyFault((*where, "time"), 'the time is given twice: by "time", and by "from" and "to"', "keep one")
        elif not all(dates.values()):
            yield missing_key(where, "to" if outcome.since else "from", "the time is counted from one day to another")
    if outcome.event_value is not None and not DATA_KINDS[outcome.kind].one_event:
        reason = f'"event_value" does not apply to an outcome of kind "{outcome.kind}"'
        yield KeyFault((*where, "event_value"), reason, "remove it")


def _treatment_faults(treatment: TreatmentSection) -> Iterator[KeyFault]:
    where = ("treatment",)
    if not treatment.reference:
        hint = "the option with which the others are compared"
        yield KeyFault(where, 'treatment needs "reference"', hint, "missing-key")
    if (treatment.column is None) == (not treatment.options):
        hint = "name the column whose levels are the options, or the options with their conditions"
        yield KeyFault(where, 'needs either "column" or [treatment.options.*], not both', hint)
    if treatment.options:
        yield from _option_faults(treatment)
    yield from _day_faults(treatment)
    yield from _possible_faults(treatment)


def _option_faults(treatment: TreatmentSection) -> Iterator[KeyFault]:
    names = list(treatment.options)
    if len(names) < 2:
        yield KeyFault(("treatment", "options"), "one option cannot be compared", "name at least two options")
    if treatment.reference and treatment.reference not in names:
        hint = did_you_mean(treatment.reference, names, f"options: {', '.join(map(shown, names))}")
        reason = f'reference "{shown(treatment.reference)}" is not an option'
        yield KeyFault(("treatment", "reference"), reason, hint, "unknown-reference")
    for name, conditions in list(treatment.options.items())[:-1]:
        if not conditions:
            reason = (
                f'option "{shown(name)}" has no condition and matches all patients: later options are never reached'
            )
            yield KeyFault(("treatment", "options", name), reason, "put it last", "unreachable-option")


def _possible_faults(treatment: TreatmentSection) -> Iterator[KeyFault]:
    for option, sections in treatment.possible.items():
        where = ("treatment", "possible", option)
        if treatment.options and option not in treatment.options:
            hint = f"options: {', '.join(map(shown, treatment.options))}"
            yield KeyFault(where, f'"{shown(option)}" is not an option', hint, "unknown-option")
        for place, section in enumerate(sections):
            limits = section.lower is not None or section.upper is not None
            if limits == bool(section.within):
                hint = 'such as in = ["yes"], or max = 70'
                yield KeyFault((*where, place), 'needs either "in" or "min" and "max"', hint)
            if section.lower is not None and section.upper is not None and section.lower > section.upper:
                yield KeyFault((*where, place, "min"), f"min {section.lower:g} is above max {section.upper:g}")


def _day_faults(treatment: TreatmentSection) -> Iterator[KeyFault]:
    where = ("treatment",)
    if treatment.sensitivity_landmarks is not None and treatment.design != "landmark":
        reason = f'"sensitivity_landmarks" does not apply to a {treatment.design} design'
        yield KeyFault((*where, "sensitivity_landmarks"), reason, "remove it")
    if treatment.design == "baseline":
        for key in ("time_zero", "landmark"):
            if getattr(treatment, key) is not None:
                hint = 'for options that start later use design = "landmark"'
                yield KeyFault((*where, key), f'"{key}" does not apply to a baseline design', hint)
        return
    if treatment.design == "time_varying":
        yield from _time_varying_faults(treatment)
        return
    if treatment.landmark is None:
        hint = "the day, after time_zero, on which the option is read and follow-up starts"
        yield KeyFault(where, 'a landmark design needs "landmark"', hint, "missing-key")
    if treatment.start is None:
        hint = "without the day on which a treatment started, only survivors get it"
        yield KeyFault(where, 'a landmark design needs "start"', hint, "landmark-without-start")


def _time_varying_faults(treatment: TreatmentSection) -> Iterator[KeyFault]:
    where = ("treatment",)
    if treatment.landmark is not None:
        hint = "options are compared from time zero on, each from the day on which it started"
        yield KeyFault((*where, "landmark"), '"landmark" does not apply to a time-varying design', hint)
    if treatment.start is None:
        hint = "without the day on which a treatment started, the time lived before it is credited to it"
        yield KeyFault(where, 'a time-varying design needs "start"', hint, "landmark-without-start")


def _ranking_faults(study: StudyFile) -> Iterator[KeyFault]:
    primary = study.ranking.primary
    if study.outcomes and all(outcome.role == NEGATIVE_CONTROL for outcome in study.outcomes.values()):
        yield KeyFault(("outcomes",), "every outcome is a negative control", "name one to rank by", "unknown-primary")
    if primary is None:
        if study.ranking.horizon is not None and len(study.outcomes) > 1 and primary_of(study) is None:
            yield KeyFault(
                ("ranking", "horizon"), '"horizon" without "primary"', "name the primary outcome", "missing-key"
            )
        return
    if not study.outcomes:
        return  # a study of patients to predict
    if primary not in study.outcomes:
        hint = did_you_mean(primary, study.outcomes, f"outcomes: {', '.join(map(shown, study.outcomes))}")
        yield KeyFault(("ranking", "primary"), f'"{shown(primary)}" is not an outcome', hint, "unknown-primary")
    elif study.outcomes[primary].role == NEGATIVE_CONTROL:
        reason = f'"{shown(primary)}" is a negative control: nothing is ranked by it'
        yield KeyFault(("ranking", "primary"), reason, "name another outcome", "unknown-primary")
    elif not DATA_KINDS[study.outcomes[primary].kind].timed and study.ranking.horizon is not None:
        reason = f'"horizon" does not apply to an outcome of kind "{study.outcomes[primary].kind}"'
        yield KeyFault(("ranking", "horizon"), reason, "remove it")
