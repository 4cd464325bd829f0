"""Treatment effects from two plain tables and a small file that names their columns: ``genorx effects``.

The fit does not use the test table.  Cells are read as by ``cohort.tables.raw``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from genorx._core.files import FileKind
from genorx._core.time_units import DAYS_PER_YEAR
from genorx._core.words import boolean_of
from genorx._core.workers import map_in_order
from genorx.cohort.design.positivity import compared_within
from genorx.cohort.design.spellings import option_spellings
from genorx.cohort.horizons import check_plain_horizon
from genorx.cohort.outcome_units import LONGEST_LIFE_YEARS
from genorx.cohort.tables.ids import read_ids
from genorx.cohort.tables.levels import level_descriptions
from genorx.cohort.tables.numbers import is_number
from genorx.cohort.tables.raw import RawTable, parse_numbers, read_raw
from genorx.cohort.tables.table_faults import TableFaults
from genorx.effects.adjusted.alignment import joined_strata
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.errors import Finding, GenorxError, InputError, shown

_FILE = FileKind(name="specification", error=InputError, code="file", absent="file-not-found", damaged="spec-json")
_NEEDED = ("id", "treatment", "time", "event", "covariates", "horizon", "randomised", "reference")
_OPTIONAL = ("event_type", "time_to_treatment", "strata")
_LONGEST = 1e300  # longest horizon in any unit; larger whole numbers cannot be converted to floats
_BLOCK = 1000  # patients at a time: bounds the memory of their draws
_MOSTLY = 0.8  # share of numeric cells above which the others count as faults, not as levels
_LIFE_SECONDS = LONGEST_LIFE_YEARS * DAYS_PER_YEAR * 86_400


@dataclass(frozen=True, kw_only=True)
class TablesSpec:
    """Roles of the tables' columns.

    Attributes
    ----------
    id, treatment, time, event : str
    covariates : tuple of str
    horizon : float
        In the unit of ``time``.
    randomised : bool
    reference : str
        Name of the reference arm.
    event_type : str or None
        Column: 0 for censored, 1 for the cause of interest, 2 and above for competing causes.
    time_to_treatment : str or None
        Column: time at which treatment began, empty under the reference.
    strata : tuple of str
    """

    id: str
    treatment: str
    time: str
    event: str
    covariates: tuple[str, ...]
    horizon: float
    randomised: bool
    reference: str
    event_type: str | None = None
    time_to_treatment: str | None = None
    strata: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read the JSON file.

        Raises
        ------
        InputError
            If it cannot be read (``file-not-found``), is no JSON object (``spec-json``), a key is absent
            (``spec-key``), or a value is of the wrong kind (``spec-value``).
        """
        place = Path(path)
        values = _FILE.read_json(place)
        if not isinstance(values, dict):
            raise InputError("it is not a JSON object", file=place, code="spec-json")
        absent = [name for name in _NEEDED if values.get(name) is None]
        if absent:
            hint = f"it needs {_listed(_NEEDED)}"
            raise InputError(f"there is no {absent[0]!r}", file=place, code="spec-key", hint=hint)
        return cls.of(values, file=place)

    @classmethod
    def of(cls, values: Mapping[str, Any], file: Path | None = None) -> Self:
        """Build the specification from values, validated."""

        def wrong(key: str, what: str) -> InputError:
            return InputError(f"{key!r} is not {what}", file=file, code="spec-value")

        horizon = values["horizon"]
        if isinstance(horizon, bool) or not isinstance(horizon, int | float) or not 0 < horizon <= _LONGEST:
            raise wrong("horizon", "a positive number")
        if not isinstance(values["randomised"], bool):
            raise wrong("randomised", "true or false")
        for key in ("covariates", "strata"):
            listed = [] if values.get(key) is None else values[key]
            if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
                raise wrong(key, "a list of column names")
        for key in ("id", "treatment", "time", "event", "event_type", "time_to_treatment"):
            if not isinstance(values.get(key), str | None):
                raise wrong(key, "the name of a column")
        if not isinstance(values["reference"], str | int | float):
            raise wrong("reference", "the name of an arm")
        spec = cls(
            **{key: values[key] for key in ("id", "treatment", "time", "event", "randomised")},
            covariates=tuple(dict.fromkeys(values["covariates"])),
            horizon=float(horizon),
            reference=str(values["reference"]).strip(),
            event_type=values.get("event_type") or None,
            time_to_treatment=values.get("time_to_treatment") or None,
            strata=tuple(values.get("strata") or ()),
            unknown=tuple(key for key in values if key not in _NEEDED + _OPTIONAL),
        )
        spec._refuse_doubles(file)
        return spec

    def _refuse_doubles(self, file: Path | None) -> None:
        roles = {self.treatment: "treatment", self.id: "id", self.time: "time", self.event: "event"}
        roles |= {name: "event_type" for name in [self.event_type] if name}
        roles |= {name: "time_to_treatment" for name in [self.time_to_treatment] if name}
        both = [name for name in self.covariates if name in roles]
        if both:
            raise InputError(
                f"column {shown(both[0])!r} is the {roles[both[0]]} and is among the covariates",
                file=file,
                hint="covariates are values known before the treatment was chosen",
                code="role-in-covariates",
            )
        if not self.covariates:
            raise InputError("there are no covariates", file=file, code="spec-value")


@dataclass(frozen=True, kw_only=True)
class TrainingTable:
    """Inputs of the fit, and findings."""

    X: pd.DataFrame
    y: pd.DataFrame
    treatment: pd.Series[Any]
    start: pd.Series[float] | None
    strata: pd.DataFrame | None
    findings: tuple[Finding, ...]


def effects_from_tables(
    train: str | Path, test: str | Path, spec: TablesSpec, *, seed: int = 0
) -> tuple[pd.DataFrame, SurvivalEffect, tuple[Finding, ...]]:
    """Fit to one table and predict for the patients of another.

    Returns
    -------
    tuple of DataFrame, SurvivalEffect and tuple of Finding
        The table of ``SurvivalEffect.rank``, the fitted estimator, and the findings.

    Raises
    ------
    InputError
        If a table or its content cannot be used; ``horizon-unit`` if the horizon is in another unit than the times.
    NotAnswerableError
        If the data cannot answer the question.
    """
    raw, new = read_raw(train), read_raw(test)
    kinds = {name: _is_numeric(raw, name) for name in spec.covariates}
    known = read_training(raw, spec, kinds)
    doubts = check_plain_horizon(spec.horizon, known.y, column=spec.time, file=raw.path)
    patients, id_findings = _patients(new, spec)
    X = _covariates(new, spec, kinds, patients)
    model = SurvivalEffect(horizon=spec.horizon, reference=spec.reference, randomised=spec.randomised, seed=seed)
    with _about(raw):
        model.fit(known.X, known.y, treatment=known.treatment, start=known.start, strata=known.strata)
    return _ranked(model, X), model, (*known.findings, *doubts, *id_findings)


@contextmanager
def _about(raw: RawTable) -> Iterator[None]:
    """Name the table in errors of a fit, which knows no file."""
    try:
        yield
    except GenorxError as error:
        if error.file is None:
            error.file = str(raw.path)
        raise


def _ranked(model: SurvivalEffect, X: pd.DataFrame) -> pd.DataFrame:
    """Return the results for patients, in blocks that processes may share; patients are independent."""
    blocks = [X.iloc[first : first + _BLOCK] for first in range(0, max(len(X), 1), _BLOCK)]
    tables = list(map_in_order(model.rank, blocks))
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def read_training(raw: RawTable, spec: TablesSpec, kinds: Mapping[str, bool]) -> TrainingTable:
    """Return the rows of the training table whose treatment and outcome are known; the others are counted.

    Raises
    ------
    InputError
        If a column is absent, a value is impossible, or a covariate repeats the outcome or the treatment.
    """
    patients, findings = _patients(raw, spec)
    treatment = _indexed(raw.cells[_there(raw, spec.treatment)], patients)
    y = pd.DataFrame(
        {
            "time": _number(raw, spec.time, patients),
            "event": _number(_with_truth(raw, spec.event), spec.event, patients),
        }
    )
    _refuse_endless(y["time"], raw, spec.time)
    if spec.event_type:
        y["cause"] = _number(raw, spec.event_type, patients)
    X = _covariates(raw, spec, kinds, patients)
    _refuse_copies(X, y, treatment, raw)
    findings = (*findings, *_empty_columns(X, raw))
    unknown = treatment.isna() | y.isna().any(axis=1)
    if unknown.any():
        message = f"{int(unknown.sum())} of {len(y)} patients have no treatment, time or event, and are left out"
        findings = (
            *findings,
            Finding(code="outcome-unknown", severity="warning", message=message, place=raw.path.name),
        )
    if unknown.all():
        raise InputError("no patient has treatment, time and event", file=raw.path, code="outcome-unknown")
    if spec.reference not in set(treatment[~unknown]):
        raise InputError(
            f"no patient had the reference {shown(spec.reference)!r}",
            file=raw.path,
            hint=f"the arms are: {level_descriptions(treatment[~unknown].tolist(), most=20)}",
            code="no-such-option",
        )
    findings = (*findings, *option_spellings(sorted(set(treatment[~unknown])), place=raw.path.name))
    start = _number(raw, spec.time_to_treatment, patients) if spec.time_to_treatment else None
    strata = None
    if spec.strata:
        strata = pd.DataFrame({name: _indexed(raw.cells[_there(raw, name)], patients) for name in spec.strata})
    rows = y.index[~unknown]
    joined = joined_strata(None if strata is None else strata.loc[rows], rows)
    if joined is not None:
        found = compared_within(joined, treatment.loc[rows], file=raw.path)
        findings = (*findings, *(replace(each, place=raw.path.name) for each in found))
    return TrainingTable(
        X=X.loc[rows],
        y=y.loc[rows].astype(float),
        treatment=treatment.loc[rows].astype(object),
        start=None if start is None else start.loc[rows],
        strata=None if strata is None else strata.loc[rows],
        findings=(*raw.findings, *findings),
    )


def _refuse_endless(time: pd.Series[float], raw: RawTable, column: str) -> None:
    """Raise an error for a time that exceeds a lifetime in every unit; the table does not state its unit."""
    endless = np.flatnonzero((time > _LIFE_SECONDS).to_numpy())
    if endless.size:
        raise InputError(
            f"a time is longer than a life of {LONGEST_LIFE_YEARS:g} years, were it in seconds",
            file=raw.path,
            place=raw.place(int(endless[0]), column),
            hint="leave the cell empty if the time is not known",
            code="impossible-follow-up",
        )


def _empty_columns(X: pd.DataFrame, raw: RawTable) -> list[Finding]:
    message = "it is known in no training patient and carries no information"
    places = [f"{raw.path.name} column {shown(name)!r}" for name in X if X[name].isna().all()]
    return [Finding(code="empty-column", severity="warning", message=message, place=place) for place in places]


def _patients(raw: RawTable, spec: TablesSpec) -> tuple[pd.Index[str], tuple[Finding, ...]]:
    faults = TableFaults(raw.path)
    ids, findings = read_ids(raw, spec.id, faults)
    faults.raise_if_any()
    return pd.Index([str(each) for each in ids], name="patient_id", dtype=object), findings


def _there(raw: RawTable, name: str) -> str:
    raw.require_column(name)
    return name


def _indexed(values: pd.Series[Any], patients: pd.Index[str]) -> pd.Series[Any]:
    known = [None if missing else value for value, missing in zip(values.tolist(), values.isna(), strict=True)]
    return pd.Series(np.array(known, dtype=object), index=patients)


def _number(raw: RawTable, name: str, patients: pd.Index[str]) -> pd.Series[float]:
    values = parse_numbers(raw, _there(raw, name)).to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(values, index=patients)


def _with_truth(raw: RawTable, name: str) -> RawTable:
    """Return the table with a column's words for yes and no as 1 and 0."""
    from dataclasses import replace

    cells = raw.cells.copy()
    read = {text: boolean_of(text.strip()) for text in cells[_there(raw, name)].dropna().unique()}
    truth = cells[_there(raw, name)].map({text: str(each) for text, each in read.items() if each is not None})
    cells[name] = cells[name].mask(truth.notna(), truth.astype(cells[name].dtype))
    return replace(raw, cells=cells)


def _is_numeric(raw: RawTable, name: str) -> bool:
    """Return whether a covariate is numeric: all its cells are, or so many that the others count as faults."""
    known = raw.text(_there(raw, name)).dropna()
    numbers = [is_number(text.replace(",", ".") if raw.decimal == "," else text) for text in known]
    return not numbers or float(np.mean(numbers)) >= _MOSTLY


def _covariates(raw: RawTable, spec: TablesSpec, kinds: Mapping[str, bool], patients: pd.Index[str]) -> pd.DataFrame:
    columns = {}
    for name in spec.covariates:
        if kinds[name]:
            columns[name] = pd.Series(_number(raw, name, patients).to_numpy(), index=patients, dtype="Float64")
        else:
            columns[name] = _indexed(raw.text(_there(raw, name)), patients)
    return pd.DataFrame(columns, index=patients)


def _refuse_copies(X: pd.DataFrame, y: pd.DataFrame, treatment: pd.Series[Any], raw: RawTable) -> None:
    """Raise an error for a covariate that copies the outcome or the treatment under another name."""
    stated = {"time": y["time"], "event": y["event"], "treatment": treatment}
    for name in X:
        for what, other in stated.items():
            both = X[name].notna() & other.notna()
            if both.sum() > 1 and _one_to_one(X[name][both], other[both], what):
                raise InputError(
                    f"covariate {shown(name)!r} is a copy of the {what}",
                    file=raw.path,
                    hint="leave it out: it was not known before the treatment was chosen",
                    code="role-in-covariates",
                )


def _one_to_one(values: pd.Series[Any], other: pd.Series[Any], what: str) -> bool:
    if what == "time":
        return bool(np.array_equal(pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan), other))
    pairs = pd.DataFrame({"a": values.astype(object), "b": other.astype(object)}).drop_duplicates()
    n = len(pairs)
    return n > 1 and pairs["a"].nunique() == n and pairs["b"].nunique() == n


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(shown, names))
