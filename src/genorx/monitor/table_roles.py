"""Roles of the columns in monitored tables: the file ``spec.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from genorx._core.files import FileKind
from genorx._core.short_repr import short
from genorx.cohort.outcome_units import stated_time_unit
from genorx.errors import InputError, UsageError, shown
from genorx.outcomes.recalibration.likelihood import LIKELIHOODS

_FILE = FileKind(name="specification", error=InputError, code="file", absent="file-not-found", damaged="spec-json")
_COLUMNS = ("id", "arrived", "time", "event")
_OPTIONAL_COLUMNS = ("site", "recorded_after", "survival_at_horizon", "arm")
_LISTS = ("covariates", "subgroups")
_NUMBERS = ("horizon", "looks", "alpha", "grace", "window")
_KNOWN = (*_COLUMNS, *_OPTIONAL_COLUMNS, *_LISTS, *_NUMBERS, "expected", "linear_predictor", "kind", "causes", "unit")
KINDS = (*LIKELIHOODS,)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One outcome part with the frozen model's predictions: the event, or one of competing causes.

    ``expected`` names the column of the cumulative hazard at the end of follow-up (for a binary outcome: the
    probability), ``index`` that of the linear predictor.
    """

    name: str
    expected: str
    index: str


@short
@dataclass(frozen=True, kw_only=True)
class TableRoles:
    """Roles of columns, and the plan of looks.

    Attributes
    ----------
    id, arrived, time, event : str
        Names of columns.  ``event`` is 0 or 1; with ``causes``, 0 or the number of the cause.
    parts : tuple of Part
        The outcome, or its competing causes, with the columns of predictions.
    covariates : tuple of str
        Columns of the covariates of the model.
    horizon : float
        Horizon of the predictions, in the unit of ``time``.
    kind : {"survival", "binary"}
        Kind of outcome.
    site, recorded_after, survival_at_horizon, arm : str or None
        Names of columns; ``recorded_after`` is the lag of the record after the event, ``arm`` the treatment that a
        patient had.
    subgroups : tuple of str
        Columns of groups in which calibration is also examined.
    looks : int
        Number of planned looks.
    alpha : float
        Probability of a false alarm over all planned looks.
    grace, window : float or None
        Grace period and moving window, in the unit of ``time``.  Defaults: the grace period is learnt from the lag of
        records; the window is eighteen months, at least three quarters of the horizon.
    unit : str
        Unit of ``time``: days, weeks, months or years; by default that in the column's name, otherwise empty.
    unknown : tuple of str
        Unknown keys, which are not used.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_monitoring_history(patients=200)
    >>> roles = gx.monitor.TableRoles.read(made.spec)
    >>> roles.horizon, roles.looks
    (24.0, 15)
    """

    id: str
    arrived: str
    time: str
    event: str
    parts: tuple[Part, ...]
    covariates: tuple[str, ...]
    horizon: float
    kind: str = "survival"
    site: str | None = None
    recorded_after: str | None = None
    survival_at_horizon: str | None = None
    arm: str | None = None
    subgroups: tuple[str, ...] = ()
    looks: int = 15
    alpha: float = 0.05
    grace: float | None = None
    window: float | None = None
    unit: str = field(default="", repr=False)
    unknown: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, spec: str | Path | Mapping[str, Any]) -> Self:
        """Read the roles from a JSON file or its values.

        Raises
        ------
        InputError
            If the file cannot be read (``file-not-found``) or is not a JSON object (``spec-json``), a key is absent
            (``spec-key``), a value is invalid (``spec-value``), or a column with a role is a covariate
            (``role-in-covariates``).
        """
        if isinstance(spec, Mapping):
            return cls._of(spec, None)
        if not isinstance(spec, str | Path):
            raise UsageError("the specification is neither a mapping nor a file", hint="see the guide on monitoring")
        values = _FILE.read_json(spec)
        if not isinstance(values, dict):
            raise InputError("it is not a JSON object", file=spec, code="spec-json")
        return cls._of(values, Path(spec))

    @classmethod
    def _of(cls, values: Mapping[str, Any], file: Path | None) -> Self:
        reader = _Reader(values, file)
        roles = cls(
            **{name: reader.column(name) for name in _COLUMNS},
            **{name: reader.column(name, needed=False) for name in _OPTIONAL_COLUMNS},
            parts=reader.parts(),
            covariates=reader.names("covariates"),
            subgroups=reader.names("subgroups", needed=False),
            horizon=reader.number("horizon", None, above=0.0),
            looks=int(reader.number("looks", 15.0, above=0.0, whole=True)),
            alpha=reader.number("alpha", 0.05, above=0.0, below=1.0),
            grace=reader.number("grace", None, needed=False, least=0.0),
            window=reader.number("window", None, needed=False, above=0.0),
            kind=reader.kind(),
            unit=stated_time_unit(values.get("unit", ""), reader.column("time"), file),
            unknown=tuple(str(key) for key in values if key not in _KNOWN),
        )
        roles._refuse_doubles(file)
        return roles

    def _refuse_doubles(self, file: Path | None) -> None:
        roles = {getattr(self, name): name for name in _COLUMNS}
        roles |= {part.expected: "expected" for part in self.parts}
        both = [name for name in self.covariates if name in roles]
        if both:
            reason = f"column {shown(both[0])!r} is {roles[both[0]]!r} and is among the covariates"
            raise InputError(reason, file=file, code="role-in-covariates", hint="covariates are known at time zero")


class _Reader:
    """Values of a specification, validated when read."""

    def __init__(self, values: Mapping[str, Any], file: Path | None) -> None:
        self.values, self.file = values, file

    def column(self, key: str, *, needed: bool = True) -> Any:
        value = self.values.get(key)
        if value is None and not needed:
            return None
        if value is None:
            hint = f"it needs {', '.join((*_COLUMNS, 'expected', 'linear_predictor', 'covariates', 'horizon'))}"
            raise InputError(f"there is no {key!r}", file=self.file, code="spec-key", hint=hint)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "the name of a column")
        return value

    def names(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        value = self.values.get(key, [] if not needed else None)
        if value is None:
            raise InputError(f"there is no {key!r}", file=self.file, code="spec-key")
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            raise self._wrong(key, "a list of column names")
        if needed and not value:
            raise self._wrong(key, "a list of at least one column")
        return tuple(dict.fromkeys(value))

    def number(
        self,
        key: str,
        default: float | None,
        *,
        needed: bool = True,
        above: float | None = None,
        least: float | None = None,
        below: float | None = None,
        whole: bool = False,
    ) -> Any:
        value = self.values.get(key, default)
        if value is None:
            if needed:
                raise InputError(f"there is no {key!r}", file=self.file, code="spec-key")
            return None
        good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        good = good and (above is None or value > above) and (least is None or value >= least)
        good = good and (below is None or value < below) and (not whole or float(value).is_integer())
        if not good:
            what = "a whole number of one or more" if whole else "a number in its range"
            raise self._wrong(key, what)
        return float(value)

    def kind(self) -> str:
        kind = self.values.get("kind", "survival")
        if kind not in KINDS:
            raise self._wrong("kind", f"one of {', '.join(KINDS)}")
        return str(kind)

    def parts(self) -> tuple[Part, ...]:
        causes = self.values.get("causes")
        if causes is None:
            event = self.column("event")
            return (Part(name=event, expected=self.column("expected"), index=self.column("linear_predictor")),)
        if not isinstance(causes, Mapping) or not causes:
            raise self._wrong("causes", "names of causes with the columns of each")
        made = []
        for name, columns in causes.items():
            stated = columns if isinstance(columns, Mapping) else {}
            inner = _Reader(stated, self.file)
            part = Part(name=str(name), expected=inner.column("expected"), index=inner.column("linear_predictor"))
            made.append(part)
        return tuple(made)

    def _wrong(self, key: str, what: str) -> InputError:
        return InputError(f"{key!r} is not {what}", file=self.file, code="spec-value")
