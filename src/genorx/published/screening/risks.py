"""A published risk for each person, empty with the reason for people outside the model's population.

Extrapolation is never silent: beyond the range of derivation there is a number only on request, and the reason is
kept.  Decisions by the risk are in ``published.screening.decision``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.errors import Finding, TableError, UsageError
from genorx.published.inputs.inputs import Floats, Inputs, TableSource
from genorx.published.model import PublishedModel

COLUMNS = ("patient_id", "model", "risk", "horizon", "threshold", "above", "reason")
#: Reasons why a person has no risk, in the order in which they are reported.
REASONS = (
    "published-outside-derivation",
    "published-not-for-patient",
    "published-unknown-input",
    "published-outside-range",
    "screening-risk-above-one",
)
#: Codes of faults of a table, in screening.
_CODES = {"no-column": "column-missing", "unit-suspect": "published-unit-suspect"}
_WHOLE = TableSource()


@contextmanager
def screening_codes() -> Iterator[None]:
    """Translate error codes of a table to those of screening, within a ``with`` block."""
    try:
        yield
    except TableError as error:
        error.code = _CODES.get(error.code, error.code)
        raise


@short
@dataclass(frozen=True, kw_only=True)
class ScreenedPeople:
    """Risks of people, with findings.

    Attributes
    ----------
    model : PublishedModel
        The model.
    inputs : Inputs
        Inputs as read by the model, with exclusions.
    risk : float array of shape (n_people,)
        Risk; NaN for people without one.
    horizon : float or None
        Horizon in years; None if the model has none.
    threshold : float or None
        Least risk at which a person counts as ``above``.
    reasons : tuple of str, one per person
        Finding codes, joined by semicolons; empty without findings.
    """

    model: PublishedModel
    inputs: Inputs
    risk: Floats
    horizon: float | None
    threshold: float | None
    reasons: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings, on all people first, then on each."""
        return tuple(self.inputs.findings())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per person: ``patient_id, model, risk, horizon, threshold, above, reason``."""
        return pd.DataFrame(
            {
                "patient_id": self.inputs.ids,
                "model": self.model.id,
                "risk": self.risk,
                "horizon": _plain(self.horizon),
                "threshold": _plain(self.threshold),
                "above": self._above(),
                "reason": list(self.reasons),
            },
            columns=list(COLUMNS),
        )

    def _above(self) -> pd.Series:
        above = pd.Series(self.risk >= (np.inf if self.threshold is None else self.threshold)).astype("Int64")
        known = np.isfinite(self.risk) & (self.threshold is not None)
        return above.where(pd.Series(known), pd.NA)


def _plain(number: float | None) -> float | int | None:
    return int(number) if number is not None and number == int(number) else number


def screening_risks(
    model: PublishedModel,
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    extrapolate: bool = False,
    source: TableSource = _WHOLE,
) -> ScreenedPeople:
    """Return the risk of each person by a published model.

    Parameters
    ----------
    model : PublishedModel
        Model with one probability per person, such as ``plcom2012@2013`` or ``mayo-nodule@1997``.
    frame : DataFrame
        One row per person.
    threshold : float, optional
        Least risk at which a person counts as ``above``; by default that of the model's card.
    extrapolate : bool
        Whether people outside the range of derivation get a risk (by default not); the reason is kept in any case.
    source : TableSource, optional
        Source of the frame, named in findings and errors.

    Raises
    ------
    TableError
        ``column-missing``, ``unknown-level``, ``contradiction``, ``published-unit-suspect``, and others of
        ``PublishedModel.check``.
    UsageError
        ``threshold`` if it is outside 0 to 1; ``not-a-risk`` for a model that does not give one probability per person.
    """
    from genorx.survival.screening_input import checked_thresholds  # statistics load slowly: imported on use

    if threshold is not None:
        checked_thresholds([threshold])
    with screening_codes():
        inputs = model.read(frame, source)
    made = model.estimates(inputs, model.card.horizons, model.all_options())
    if len(made) != 1 or made[0].kind != "risk":
        hint = "plcom2012@2013 and mayo-nodule@1997 do"
        raise UsageError(f"{model.id} does not give one risk per person", hint=hint, code="not-a-risk")
    published = model.card.threshold
    outside, reasons = _reasons(inputs)
    if not extrapolate:
        inputs.refused = inputs.refused | outside
    return ScreenedPeople(
        model=model,
        inputs=inputs,
        risk=np.where(inputs.refused, np.nan, made[0].values),
        horizon=made[0].time,
        threshold=float(published["value"]) if threshold is None and published is not None else threshold,
        reasons=reasons,
    )


def _reasons(inputs: Inputs) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return the people outside derivation (including those beyond the hard range), and the codes of each person."""
    stated: list[set[str]] = [set() for _ in inputs.ids]
    outside = np.zeros(len(inputs), dtype=bool)
    for note in inputs.notes:
        beyond = note.code in ("published-outside-derivation", "published-outside-range")
        codes = {"published-outside-derivation", note.code} if beyond else {note.code}
        outside[note.where] |= beyond
        for at in note.where.tolist():
            stated[at] |= codes
    return outside, tuple("; ".join(code for code in REASONS if code in codes) for codes in stated)
