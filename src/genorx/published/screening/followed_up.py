"""Evaluation of a risk on a table of people with follow-up: ``genorx screen-evaluate``.

The measures are in ``survival.screening``; here a small file names the columns, and every person is accounted for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.files import FileKind
from genorx._core.short_repr import short
from genorx.errors import Finding, InputError, NotAnswerableError, shown
from genorx.published.screening.risks import screening_codes

if TYPE_CHECKING:  # tables and statistics load slowly: imported on use
    from genorx.cohort.tables.raw import RawTable
    from genorx.survival.screening import ScreeningEvaluation

_FILE = FileKind(name="specification", error=InputError, code="file", absent="file-absent", damaged="spec-json")
_COLUMNS = ("id", "risk", "time", "cause")
_KEYS = (*_COLUMNS, "horizon", "unit", "thresholds", "of", "by")
_UNKNOWN = "not known"


@short
@dataclass(frozen=True, kw_only=True)
class ScreeningSpec:
    """Roles of the columns of a table, for an evaluation of screening.

    Attributes
    ----------
    id, risk, time, cause : str
        Columns of the id, the predicted risk, the follow-up time and the cause (0 is censored).
    horizon : float
        Time of the risk, in the unit of ``time``.
    unit : str
        Unit of ``time``: days, weeks, months or years; by default that in the column's name, otherwise empty.
    thresholds : tuple of float
        Risk thresholds for screening.
    of : int
        The cause that is screened for; 1 by default.
    by : tuple of str
        Columns of groups in which all measures are repeated.
    """

    id: str
    risk: str
    time: str
    cause: str
    horizon: float
    thresholds: tuple[float, ...] = ()
    of: int = 1
    by: tuple[str, ...] = ()
    unit: str = ""

    @classmethod
    def read(cls, path: str | Path) -> ScreeningSpec:
        """Read the JSON file.

        Raises
        ------
        InputError
            ``file-absent``, ``spec-json``, ``unknown-key``, ``spec-key`` (absent), ``spec-value``.
        UsageError
            ``threshold`` if one is outside 0 to 1.
        """
        values = _FILE.read_json(path)
        if not isinstance(values, dict):
            raise InputError("it is not a JSON object", file=path, code="spec-json")
        return cls.of_values(values, file=Path(path))

    @classmethod
    def of_values(cls, values: Mapping[str, Any], *, file: Path | None = None) -> ScreeningSpec:
        """Build the specification from values, validated; see ``read`` for errors."""
        from genorx.cohort.outcome_units import stated_time_unit
        from genorx.survival.screening_input import checked_thresholds

        def wrong(key: str, what: str) -> InputError:
            return InputError(f"{key!r} is not {what}", file=file, code="spec-value")

        if strange := [key for key in values if key not in _KEYS]:
            hint = f"there are {', '.join(_KEYS)}"
            raise InputError(f"unknown key {shown(strange[0])!r}", file=file, hint=hint, code="unknown-key")
        if absent := [key for key in (*_COLUMNS, "horizon") if values.get(key) is None]:
            raise InputError(f"there is no {absent[0]!r}", file=file, code="spec-key")
        if not_text := [key for key in _COLUMNS if not isinstance(values[key], str)]:
            raise wrong(not_text[0], "the name of a column")
        if not _is_number(values["horizon"]) or not values["horizon"] > 0:
            raise wrong("horizon", "a positive number")
        thresholds, of, by = values.get("thresholds", []), values.get("of", 1), values.get("by", [])
        if not isinstance(thresholds, list) or not all(map(_is_number, thresholds)):
            raise wrong("thresholds", "a list of numbers")
        if not isinstance(of, int) or isinstance(of, bool) or of < 1:
            raise wrong("of", "a cause, an integer from 1")
        by = [by] if isinstance(by, str) else by
        if not isinstance(by, list) or not all(isinstance(name, str) for name in by):
            raise wrong("by", "a list of column names")
        return cls(
            **{key: values[key] for key in _COLUMNS},
            horizon=float(values["horizon"]),
            thresholds=checked_thresholds(thresholds),
            of=of,
            by=tuple(dict.fromkeys(by)),
            unit=stated_time_unit(values.get("unit", ""), values["time"], file),
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


@short
@dataclass(frozen=True, kw_only=True)
class FollowedUp:
    """An evaluation of a risk on the people of a table.

    Attributes
    ----------
    evaluation : ScreeningEvaluation
        Measures for all people.
    groups : mapping of column to mapping of level to ScreeningEvaluation or None
        Measures by group; None for a group that was not measured, with the reason in ``findings``.
    events : mapping of column to mapping of level to counts
        Numbers ``n``, ``cause``, ``competing`` and ``censored`` of every group.
    findings : tuple of Finding
        Findings on reading, on all people and on groups.
    unit : str
        Unit of the horizon; empty if not known.
    """

    evaluation: ScreeningEvaluation
    groups: Mapping[str, Mapping[str, ScreeningEvaluation | None]]
    events: Mapping[str, Mapping[str, dict[str, int]]]
    findings: tuple[Finding, ...]
    unit: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; ``groups`` and ``unit`` only if they were given."""
        whole = self.evaluation.to_dict() | {"findings": [each.to_dict() for each in self.findings]}
        whole |= {"unit": self.unit} if self.unit else {}
        if not self.groups:
            return whole
        return whole | {
            "groups": {
                column: {level: self._group(column, level, found) for level, found in levels.items()}
                for column, levels in self.groups.items()
            }
        }

    def _group(self, column: str, level: str, found: ScreeningEvaluation | None) -> dict[str, Any]:
        if found is not None:
            return {name: value for name, value in found.to_dict().items() if name != "schema_version"}
        counts = dict(self.events[column][level])
        return {"n": counts.pop("n"), "horizon": self.evaluation.horizon, "events": counts}


@dataclass(frozen=True)
class _People:
    """Columns of the table as arrays."""

    risk: NDArray[np.float64]
    time: NDArray[np.float64]
    cause: NDArray[np.float64]
    by: Mapping[str, pd.Series]
    findings: tuple[Finding, ...]


def evaluate_table(table: str | Path, spec: ScreeningSpec, *, n_boot: int = 200, seed: int = 0) -> FollowedUp:
    r"""Evaluate predicted risks in a table of people with follow-up.

    Parameters
    ----------
    table : path
        One row per person.
    spec : ScreeningSpec
        Roles of the columns.
    n_boot : int
        Number of bootstrap samples, in every group; 200 by default.
    seed : int
        Seed of the bootstrap; 0 by default.

    Raises
    ------
    TableError
        ``column-missing``, ``risk-missing``, ``risk-not-fraction``, ``event-type``, ``time-missing``,
        ``negative-follow-up``, or absent or duplicate ids; with row and column.
    UsageError, HorizonError, SupportError
        See ``survival.evaluate_screening``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> people = ["{},0.2,3,1", "{},0.02,6,0", "{},0.2,6,0", "{},0.02,6,0"] * 50
    >>> rows = ["id,risk,time,cause", *(each.format(f"P{n}") for n, each in enumerate(people))]
    >>> _ = (folder / "people.csv").write_text("\n".join(rows))
    >>> spec = gx.published.ScreeningSpec(id="id", risk="risk", time="time", cause="cause", horizon=6)
    >>> found = gx.published.evaluate_table(folder / "people.csv", spec, n_boot=20)
    >>> found.evaluation.observed, found.evaluation.expected
    (0.25, 0.11)
    """
    from genorx.cohort.horizons import check_plain_horizon
    from genorx.cohort.tables.raw import read_raw
    from genorx.survival.screening import count_events, evaluate_screening

    people = _read(read_raw(table), spec)
    how: dict[str, Any] = {"horizon": spec.horizon, "thresholds": spec.thresholds, "of": spec.of}
    how |= {"n_boot": n_boot, "seed": seed}
    times = pd.DataFrame({"time": people.time, "event": people.cause == spec.of})
    doubts = check_plain_horizon(spec.horizon, times, column=spec.time, file=Path(table), unit=spec.unit)
    whole = evaluate_screening(people.risk, people.time, people.cause, **how)
    findings = [*people.findings, *doubts, *whole.findings]
    groups: dict[str, dict[str, ScreeningEvaluation | None]] = {column: {} for column in spec.by}
    events: dict[str, dict[str, dict[str, int]]] = {column: {} for column in spec.by}
    for column, level, members in _groups(people):
        risk, time, cause = people.risk[members], people.time[members], people.cause[members]
        counts = count_events(time, np.where(cause == spec.of, 1, np.where(cause > 0, 2, 0)), spec.horizon)
        events[column][level] = {"n": int(members.sum()), **counts}
        try:
            groups[column][level] = evaluate_screening(risk, time, cause, **how)
        except NotAnswerableError as error:
            groups[column][level] = None
            text = f"{shown(column)} {shown(level)} is not measured: {error.reason}"
            findings.append(Finding(code="screening-group-not-measured", severity="warning", message=text))
    return FollowedUp(evaluation=whole, groups=groups, events=events, findings=tuple(findings), unit=spec.unit)


def _groups(people: _People) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for column, values in people.by.items():
        for level in sorted(values.unique()):
            yield column, str(level), (values == level).to_numpy()


def _read(raw: RawTable, spec: ScreeningSpec) -> _People:
    """Return the columns as arrays; an invalid value is reported with all its rows."""
    from genorx.cohort.tables.ids import read_ids
    from genorx.cohort.tables.raw import parse_numbers
    from genorx.cohort.tables.table_faults import TableFaults

    with screening_codes():
        for column in (spec.id, *(getattr(spec, name) for name in _COLUMNS[1:]), *spec.by):
            raw.require_column(column)
        faults = TableFaults(raw.path)
        _, findings = read_ids(raw, spec.id, faults)
        values = {
            name: parse_numbers(raw, getattr(spec, name)).to_numpy(dtype=float, na_value=np.nan)
            for name in _COLUMNS[1:]
        }
    risk, time, cause = (values[name] for name in _COLUMNS[1:])
    checks = (
        (spec.risk, np.isnan(risk), "there is no risk", "risk-missing"),
        (spec.risk, (risk < 0) | (risk > 1), "the risk is not between 0 and 1", "risk-not-fraction"),
        (spec.time, np.isnan(time), "there is no time", "time-missing"),
        (spec.time, time < 0, "the time is below 0", "negative-follow-up"),
        (
            spec.cause,
            np.isnan(cause) | (cause < 0) | (cause != np.round(cause)),
            "a cause is 0 (censored), 1 or another integer",
            "event-type",
        ),
    )
    for column, where, rule, code in checks:
        hint = "risks are fractions: divide per cent by 100" if code == "risk-not-fraction" else ""
        for position in np.flatnonzero(where):
            faults.add(rule, code=code, row=int(raw.rows[position]), column=column, hint=hint)
    faults.raise_if_any()
    by = {name: raw.text(name).fillna(_UNKNOWN).astype(object) for name in spec.by}
    return _People(risk=risk, time=time, cause=cause, by=by, findings=(*raw.findings, *findings))
