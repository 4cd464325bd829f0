"""Estimates of a model for all patients under one option, and the long and wide tables derived from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Option of a model that compares no treatments: the patient as recorded.
AS_RECORDED = "as recorded"
AVAILABLE, ABSENT, UNKNOWN = 0, 1, 2

_LONG = ("patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """One estimate for every patient.

    Attributes
    ----------
    name : str
        Name of the column in the wide table.
    option, outcome : str
        Names of the option and the outcome.
    time : float or None
        Horizon in the model's unit of time; None for a score or dose.
    kind : {"survival", "risk", "value"}
        ``survival``: probability of being event-free, larger is better; ``risk``: probability of the event; ``value``:
        a score or dose.
    values : float array of shape (n_patients,)
        Estimates; NaN for patients without one.
    lower, upper : float array of shape (n_patients,) or None
        Limits of the interval; None if the source has none.
    """

    name: str
    outcome: str
    values: Floats
    option: str = AS_RECORDED
    time: float | None = None
    kind: Literal["survival", "risk", "value"] = "risk"
    lower: Floats | None = None
    upper: Floats | None = None

    @property
    def risk(self) -> Floats:
        """The same estimate oriented so that higher is worse."""
        return 1.0 - self.values if self.kind == "survival" else self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One treatment of an option; ``without`` is the option that lacks it, ``effect`` log hazard ratio by patient."""

    key: str
    name: str
    without: str
    effect: Floats


class SharedFindings(list[dict[str, Any]]):
    """Findings as plain values in ``frame.attrs``: pandas copies attributes at every step, but this list only once."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> SharedFindings:
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an option applies to each patient.

    Attributes
    ----------
    state : int8 array of shape (n_patients,)
        ``AVAILABLE``, ``ABSENT`` (it does not apply) or ``UNKNOWN`` (the record does not show whether it applies).
    reasons : tuple of (array of positions, state, text)
        Reasons, with the positions of the patients concerned.
    """

    state: NDArray[np.int8]
    reasons: tuple[tuple[NDArray[np.intp], int, str], ...] = ()


def long_table(
    ids: NDArray[np.object_], estimates: Sequence[Estimated], absent: Sequence[Availability]
) -> pd.DataFrame:
    """Return one row per patient, option, outcome and time, patients in the order of the frame.

    Parameters
    ----------
    absent : sequence of Availability
        One per estimate; rows of options that do not apply are left out.
    """
    width, n = len(estimates), len(ids)
    if not width or not n:
        empty = pd.DataFrame({name: pd.Series(dtype=float) for name in _LONG})
        return empty.astype(dict.fromkeys(_LONG[:3], object))
    values = np.column_stack([each.values for each in estimates]).ravel()
    risk = np.column_stack([each.risk for each in estimates]).ravel()
    lower, upper = (_bounds(estimates, side, n) for side in ("lower", "upper"))
    times = [np.nan if each.time is None else each.time for each in estimates]
    frame = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, width),
            "option": np.tile(np.array([each.option for each in estimates], dtype=object), n),
            "outcome": np.tile(np.array([each.outcome for each in estimates], dtype=object), n),
            "time": np.tile(np.array(times, dtype=float), n),
            "estimate": values,
            "lower": lower,
            "upper": upper,
            "risk": risk,
        }
    )
    kept = np.column_stack([each.state != ABSENT for each in absent]).ravel()
    return frame if kept.all() else frame[kept].reset_index(drop=True)


def _bounds(estimates: Sequence[Estimated], side: str, n: int) -> Floats:
    found = [getattr(each, side) for each in estimates]
    if all(each is None for each in found):
        return np.full(n * len(estimates), np.nan)
    filled = [np.full(n, np.nan) if each is None else each for each in found]
    return np.column_stack(filled).ravel()


def with_findings(frame: pd.DataFrame, findings: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return the frame with its findings, as plain values, in ``attrs["findings"]``."""
    frame.attrs["findings"] = SharedFindings(findings)
    return frame
