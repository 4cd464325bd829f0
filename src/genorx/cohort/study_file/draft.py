"""Draft of a study file from a table: the detected type of each column, and what only the user can know.

Nothing is guessed that would change a result: a unit of time that is in no name, or the values that code an event, must
be given.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx._core.units import unit_of_name
from genorx._core.words import boolean_of
from genorx.cohort.kinds.competing import cause_names, coded_causes
from genorx.cohort.tables.ids import find_id_column
from genorx.cohort.tables.raw import RawTable, parse_numbers, read_raw
from genorx.cohort.tables.table import Table, TableSpec, load_table
from genorx.errors import UsageError, shown

#: Years at which a time to an event is reported, where follow-up reaches them; where it ends early, sooner.
_YEARS, _SOONER = (1.0, 3.0, 5.0), (1 / 12, 0.25, 0.5)
#: Smallest share of patients still followed at a proposed horizon: later times rest on few patients.
_SHARE_FOLLOWED = 0.05
_TIME_WORDS = {"d": "days", "wk": "weeks", "mo": "months", "a": "years"}
#: Files of a cBioPortal study, and the columns of its outcomes.
_OF_PATIENTS, _OF_SAMPLES, _MUTATIONS = "data_clinical_patient.txt", "data_clinical_sample.txt", "data_mutations.txt"
_SOME_LEVELS = 6
#: Names of columns of an event that is not death alone.
_NOT_DEATH_ALONE = re.compile(r"progress|relaps|recur|metasta|(?:pf|df|rf|ef|mf)s|ttp", re.IGNORECASE)
_NAMED = '  # CHECK: of "os" pages say who is alive, of another name who is event-free'


@dataclass(frozen=True, kw_only=True)
class DraftOutcome:
    """A time to an event: its columns, the unit of the time, and the event words if not 0 and 1."""

    time: str
    event: str
    unit: str
    event_value: str | None = None
    causes: int = 0
    """Codes above 0 of competing causes; 0 for one event."""
    horizons: tuple[float, ...] = ()
    name: str = "os"
    is_named_by_guess: bool = False


@dataclass(kw_only=True)
class Draft:
    """Inputs of a draft."""

    path: Path
    raw: RawTable
    table: Table
    patient_id: str
    others: list[Path] = field(default_factory=list)
    variants: tuple[Path, ...] = ()
    samples: Path | None = None
    treatment: str | None = None
    outcomes: list[DraftOutcome] = field(default_factory=list)


def draft_study(
    source: str | Path,
    target: str | Path,
    *,
    variants: Sequence[str | Path] = (),
    treatment: str | None = None,
    outcome: Sequence[str] | None = None,
    event_value: str | None = None,
    patient_id: str | None = None,
) -> str:
    """Return the text of a commented study file for a table, or for the folder of a cBioPortal study.

    Parameters
    ----------
    source : path
        A clinical table, or a folder with ``data_clinical_patient.txt``.
    target : path
        Where the study file will be; paths in it are relative to its folder.
    variants : sequence of path
        Variant files.
    treatment : str, optional
        Column whose levels are the options.
    outcome : sequence of str, optional
        Columns of time and event, and the unit of the time if the column's name does not have it.  By default, for a
        cBioPortal study, ``OS_MONTHS`` and ``OS_STATUS``, and those of ``DFS_`` and ``PFS_`` if present.
    event_value : str, optional
        Value that codes the event, if it is not coded 0 and 1.
    patient_id : str, optional
        Column that names the patient; by default it is found by its name.

    Raises
    ------
    TableError
        As ``read_table``; ``no-column``.
    UsageError
        If the unit of the time, or the values that code the event, are not given.
    """
    place = Path(source)
    folder = place if place.is_dir() else None
    path = place if folder is None else folder / _OF_PATIENTS
    raw = read_raw(path)
    draft = _draft(path, raw, patient_id)
    draft.variants = tuple(Path(each) for each in variants)
    draft.treatment = _options(raw, treatment)
    requested = (
        [(f"{part}_MONTHS", f"{part}_STATUS") for part in ("OS", "DFS", "PFS")] if folder and not outcome else []
    )
    if outcome:
        name = "efs" if _NOT_DEATH_ALONE.search(" ".join(outcome[:2])) else "os"
        draft.outcomes = [replace(_outcome(raw, outcome, event_value, name=name), is_named_by_guess=True)]
    for time, event in requested:
        if {time, event} <= set(raw.columns):
            words = next((text for text in raw.known(event) if text.startswith("1:")), None)
            draft.outcomes.append(_outcome(raw, (time, event, "months"), words, name=time.partition("_")[0].lower()))
    if folder is not None:
        draft.others = _further_tables(folder, draft.patient_id)
        if (folder / _MUTATIONS).exists():
            draft.variants = (*draft.variants, folder / _MUTATIONS)
            draft.samples = folder / _OF_SAMPLES if (folder / _OF_SAMPLES).exists() else None
    return "".join(f"{line}\n" for line in _lines(draft, Path(target).parent))


def _draft(path: Path, raw: RawTable, patient_id: str | None) -> Draft:
    if patient_id is not None:
        raw.require_column(patient_id, what="patient id column")
    column = patient_id or find_id_column(raw)
    table = load_table(TableSpec(path=path, role="clinical", patient_id=column), raw=raw)
    return Draft(path=path, raw=raw, table=table, patient_id=column)


def _options(raw: RawTable, treatment: str | None) -> str | None:
    if treatment is not None:
        raw.require_column(treatment)
    return treatment


def _outcome(raw: RawTable, columns: Sequence[str], event_value: str | None, *, name: str) -> DraftOutcome:
    if not 2 <= len(columns) <= 3:
        raise UsageError("an outcome is named by its columns of time and event", hint="--outcome time,event[,unit]")
    time, event = columns[0], columns[1]
    named = _TIME_WORDS.get(unit_of_name(time)[1] or "")
    unit = columns[2] if len(columns) == 3 else named
    if unit not in DAYS_PER_UNIT:
        reason = f"the name of {shown(time)!r} gives no unit" if unit is None else f"{shown(unit)!r} is no unit"
        raise UsageError(reason, hint=f"--outcome {time},{event},UNIT, with one of {', '.join(DAYS_PER_UNIT)}")
    codes = {str(text) for text in raw.text(event).dropna().unique()}
    causes = coded_causes(codes) if event_value is None else 0
    if event_value is None and not causes and any(boolean_of(code) is None for code in codes):
        raise UsageError(
            f"the event {shown(event)!r} is not coded 0 and 1",
            hint="give the value that means the event: --event-value '1:DECEASED'; competing causes are 0, 1, 2, ...",
        )
    horizons = _horizons(parse_numbers(raw, time).dropna().to_numpy(dtype=float), unit)
    return DraftOutcome(
        time=time, event=event, unit=unit, event_value=event_value, causes=causes, horizons=horizons, name=name
    )


def _horizons(times: NDArray[np.float64], unit: str) -> tuple[float, ...]:
    """Return the usual horizons to which enough patients are followed; otherwise half the longest time."""
    per_year = DAYS_PER_UNIT["years"] / DAYS_PER_UNIT[unit]

    def followed(years: Sequence[float]) -> tuple[float, ...]:
        rounded = (float(round(each * per_year, 0 if per_year > 1 else 2)) for each in years)
        return tuple(each for each in rounded if each > 0 and np.mean(times >= each) >= _SHARE_FOLLOWED)

    late = followed(_YEARS)
    return late if len(late) > 1 else followed(_SOONER) + late or (float(f"{times.max() / 2:.2g}"),)


def _further_tables(folder: Path, patient_id: str) -> list[Path]:
    """Return the samples' table if it has one row per patient, so that it can be joined."""
    path = folder / _OF_SAMPLES
    if not path.exists():
        return []
    raw = read_raw(path)
    once = patient_id in raw.columns and raw.cells[patient_id].is_unique
    return [path] if once else []


def _lines(draft: Draft, folder: Path) -> Iterator[str]:
    yield "# Written by genorx study init from the files alone: check it before use."
    yield "# genorx study check shows how each column was read."
    yield ""
    yield "[study]"
    yield f"name = {_text(draft.path.parent.resolve().name or draft.path.stem)}"
    yield f"patient_id = {_text(draft.patient_id)}"
    if draft.variants:
        yield from _variant_lines(draft, folder)
    yield from _table_lines(draft, folder)
    if draft.treatment is not None:
        yield from _treatment_lines(draft, folder)
    for outcome in draft.outcomes:
        yield from _outcome_lines(draft, outcome, folder)
    if not draft.outcomes:
        yield from _no_outcome_lines()
    elif len(draft.outcomes) > 1:
        yield from ("", "[ranking]", f"primary = {_text(draft.outcomes[0].name)}")


def _variant_lines(draft: Draft, folder: Path) -> Iterator[str]:
    yield ""
    yield "[variants]"
    yield f"files = [{', '.join(_text(_relative(path, folder)) for path in draft.variants)}]"
    if draft.samples is not None:
        yield f"samples = {_text(_relative(draft.samples, folder))}"
    yield 'origin = "somatic"  # CHECK: somatic (tumour) or germline'
    yield 'absent = "missing"  # CHECK: "reference" if a site without a record was sequenced and is reference'


def _table_lines(draft: Draft, folder: Path) -> Iterator[str]:
    used = {each for outcome in draft.outcomes for each in (outcome.time, outcome.event)}
    yield from ("", "[[tables]]", f"path = {_text(_relative(draft.path, folder))}", 'role = "clinical"')
    for row in draft.table.columns.to_dict("records"):
        name = str(row["column"])
        if name in used or name == draft.treatment:
            what = "an outcome" if name in used else "the treatment"
            yield f"# {shown(name)}: {what}, below"
        else:
            yield f"# {_described(row)}"
    suspects = [
        str(each.place).rpartition("column ")[2] for each in draft.table.findings if each.code == "unit-not-told"
    ]
    for name in suspects:
        yield f"# [tables.columns.{name}]  # CHECK: its numbers have no unit"
        yield '# unit = "..."'
    for path in draft.others:
        yield from ("", "[[tables]]", f"path = {_text(_relative(path, folder))}", 'role = "clinical"')


def _described(row: dict[Any, Any]) -> str:
    """Describe a column of the table: detected type, range or levels, missing values."""
    name, note = shown(str(row["column"])), str(row["note"] or "")
    if not bool(row["used"]):
        return f"{name}: no feature{f' ({note})' if note else ''}"
    parts = [str(row["type"])]
    if row["unit"] is not None and pd.notna(row["unit"]) and row["unit"]:
        parts.append(str(row["unit"]))
    if pd.notna(row["lower"]):
        parts.append(f"{float(row['lower']):g} to {float(row['upper']):g}")
    levels = row["levels"]
    if isinstance(levels, (list, tuple)) and len(levels):
        some = ", ".join(shown(str(level)) for level in levels[:_SOME_LEVELS])
        parts.append(some + (", ..." if len(levels) > _SOME_LEVELS else ""))
    if float(row["missing_share"]) > 0:
        parts.append(f"{100 * float(row['missing_share']):.0f} % missing")
    return f"{name}: {'; '.join(parts)}"


def _treatment_lines(draft: Draft, folder: Path) -> Iterator[str]:
    counts = draft.raw.text(str(draft.treatment)).dropna().value_counts()
    listed = ", ".join(f"{shown(str(level))} ({count})" for level, count in counts.items())
    yield from ("", "[treatment]", f"table = {_text(_relative(draft.path, folder))}")
    yield f"column = {_text(str(draft.treatment))}  # {listed}"
    yield f"reference = {_text(str(counts.index[0]))}  # CHECK: the option with which the others are compared"
    yield 'design = "baseline"  # CHECK: "landmark" if options start later than follow-up'
    yield "randomised = false  # CHECK: true for a trial"
    if all(_is_code(str(level)) for level in counts.index):
        yield from ("[treatment.labels]  # CHECK: what the codes mean; pages say it",)
        yield from (f"{_text(str(level))} = {_text(f'{draft.treatment} {level}')}" for level in sorted(counts.index))


def _is_code(level: str) -> bool:
    """Whether an option's name is a number, which names no treatment in a sentence."""
    return level.replace(".", "", 1).isdigit()


def _outcome_lines(draft: Draft, outcome: DraftOutcome, folder: Path) -> Iterator[str]:
    yield from (
        "",
        f"[outcomes.{outcome.name}]{_NAMED if outcome.is_named_by_guess and not outcome.causes else ''}",
        f"table = {_text(_relative(draft.path, folder))}",
        f'kind = "{"competing" if outcome.causes else "survival"}"',
    )
    if outcome.causes:
        named = ", ".join(map(_text, cause_names(outcome.causes)))
        yield f"causes = [{named}]  # CHECK: what the codes 1 to {outcome.causes} mean; 0 is none"
    yield f"time = {_text(outcome.time)}"
    yield f"event = {_text(outcome.event)}"
    if outcome.event_value is not None:
        yield f"event_value = {_text(outcome.event_value)}"
    yield f"unit = {_text(outcome.unit)}"
    listed = ", ".join(f"{each:g}" for each in outcome.horizons)
    yield f"horizons = [{listed}]  # CHECK: the times that matter, in {outcome.unit}"


def _no_outcome_lines() -> Iterator[str]:
    yield from ("", "# CHECK: what happened to the patients; without an outcome nothing can be fitted")
    yield from ("# [outcomes.os]", '# table = "outcomes.csv"', '# kind = "survival"', '# time = "os_days"')
    yield from ('# event = "os_event"', '# unit = "days"', "# horizons = [365, 1096]")


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _text(text: str) -> str:
    """Format a text for TOML: JSON's escapes are valid in TOML."""
    return json.dumps(text, ensure_ascii=False)
