"""Acceptance of a new model in place of the old one, by a policy: errors, calibration, and value of its advice.

Sources: Graf E 1999, Stat Med 18:2529 (Brier score under censoring); Vergouwe Y 2017, Stat Med 36:4529.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.cohort.cohort import Cohort
from genorx.errors import SupportError, UsageError, shown
from genorx.monitor.advice_checks import advice_checks
from genorx.monitor.policy import Policy, policy_of
from genorx.outcomes.recalibration.likelihood import likelihood_of
from genorx.outcomes.recalibration.offset_regression import fit_with_offset
from genorx.outcomes.recalibration.patients import Patients
from genorx.ranking import OutcomeFit, TreatmentRanker
from genorx.ranking.model.alignment import align
from genorx.ranking.model.own_outcomes import own_outcomes
from genorx.survival.brier import brier_terms

Floats = NDArray[np.float64]
_FEWEST_EVENTS = 10


@short
@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Comparison of an old and a new model on the same patients.

    Attributes
    ----------
    accept : bool
        Whether every check of the policy is passed.
    checks : DataFrame
        One row per check: ``check``, ``place``, ``old``, ``new``, ``limit``, ``passed`` (None if not known),
        ``message`` (why it is not passed, or not known).
    reasons : list of str
        Reasons why the new model is not accepted; empty if it is.
    policy : Policy
        Policy with the limits.
    """

    accept: bool
    checks: pd.DataFrame
    reasons: list[str]
    policy: Policy

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        plain = self.checks.astype(object).where(self.checks.notna(), None)
        return {
            "accept": self.accept,
            "reasons": list(self.reasons),
            "checks": plain.to_dict("records"),
            "policy": self.policy.to_dict(),
        }


def compare(
    old: TreatmentRanker,
    new: TreatmentRanker,
    cohort: Cohort,
    *,
    policy: Policy | str | Path | Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare two models on patients used for neither fit, and decide whether the new one is accepted.

    Parameters
    ----------
    old, new : TreatmentRanker
        Fitted models with the same primary outcome.
    cohort : Cohort
        Patients with outcomes, used for neither fit.
    policy : Policy, path or mapping, optional
        Policy whose ``[impact]`` has the limits; by default those of ``Policy``.

    Raises
    ------
    UsageError
        If the models have different primary outcomes (``nothing-to-compare``).
    SupportError
        ``monitor-few-events``: fewer than ten events; ``monitor-outcome``: the outcome is an amount, count or grade, or
        the cohort lacks it.
    """
    rules = policy_of(policy)
    first, second = old.fits_[0], new.fits_[0]
    if (first.name, first.kind) != (second.name, second.kind):
        reason = f"the primary outcomes of the models differ: {shown(first.name)} and {shown(second.name)}"
        raise UsageError(reason, hint="compare models of the same primary outcome", code="nothing-to-compare")
    one, two = _own(old, cohort), _own(new, cohort)
    events = int((one.event > 0).sum())
    if events < _FEWEST_EVENTS:
        reason = f"a comparison needs at least {_FEWEST_EVENTS} events, there are {events}"
        raise SupportError(reason, code="monitor-few-events")
    rows = [
        _brier(first, one, two, rules),
        *_ratios(one, two, cohort, rules),
        _slope(first, one, two),
        *advice_checks(old, new, cohort, rules),
    ]
    table = pd.DataFrame(rows, columns=["check", "place", "old", "new", "limit", "passed", "message"])
    table["passed"] = table["passed"].astype(object)
    table.loc[table["passed"] == True, "message"] = ""  # noqa: E712 (None where it is not known)
    reasons = [str(row["message"]) for _, row in table.iterrows() if row["passed"] is False]
    return Comparison(accept=not reasons, checks=table, reasons=reasons, policy=rules)


def _own(ranker: TreatmentRanker, cohort: Cohort) -> Patients:
    X = align(cohort, ranker.specs_, assembly=ranker.assembly_).X
    return own_outcomes(ranker.fits_[0], X, cohort).patients


def _brier(fit: OutcomeFit, old: Patients, new: Patients, rules: Policy) -> dict[str, Any]:
    """Compare squared errors patient by patient; for curves, at the last time."""
    terms = [_squared(fit, each) for each in (old, new)]
    difference = terms[1] - terms[0]
    error = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    worse = float(difference.mean())
    message = f"the Brier score is worse by {worse:.4f}, {rules.brier_errors:g} standard errors are {error:.4f}"
    return {
        "check": "paired Brier score",
        "place": "",
        "old": float(terms[0].mean()),
        "new": float(terms[1].mean()),
        "limit": f"not worse by {rules.brier_errors:g} standard errors",
        "passed": bool(worse <= rules.brier_errors * error),
        "message": message,
    }


def _squared(fit: OutcomeFit, patients: Patients) -> Floats:
    if not fit.timed:
        return (patients.expected[:, 0] - (patients.event > 0)) ** 2
    horizon = float(min(fit.times[-1], patients.time.max() * (1 - 1e-9)))
    hazard = np.exp(patients.index).sum(axis=1)  # of all causes together, at the last time of the curves
    terms = brier_terms(patients.time, patients.event > 0, np.exp(-hazard)[:, None], [horizon])
    made: Floats = np.asarray(terms, dtype=float).reshape(len(patients), -1)[:, 0]
    return made


def _ratios(old: Patients, new: Patients, cohort: Cohort, rules: Policy) -> Iterator[dict[str, Any]]:
    """Compare observed with expected events, overall and in declared subgroups with enough events."""
    yield _ratio("", np.ones(len(old), dtype=bool), old, new, rules)
    ids = [str(each) for each in (old.ids if old.ids is not None else ())]
    for name in rules.subgroups:
        if name not in cohort.features:
            raise UsageError(f"the policy's subgroup {shown(name)!r} is not a feature", code="policy-value")
        values = cohort.features[name].astype(object).reindex(ids)
        for level in sorted({str(each) for each in values.dropna()}):
            members = (values.astype(str) == level).to_numpy()
            if int((old.event[members] > 0).sum()) >= _FEWEST_EVENTS:
                yield _ratio(f"{name}={level}", members, old, new, rules)


def _ratio(place: str, members: NDArray[np.bool_], old: Patients, new: Patients, rules: Policy) -> dict[str, Any]:
    observed = int((old.event[members] > 0).sum())
    before, after = (observed / float(each.expected[members].sum()) for each in (old, new))
    where = f" in {shown(place)}" if place else ""
    message = f"observed by expected{where} is {after:.2f}, outside {rules.ratio_least:g} to {rules.ratio_most:g}"
    return {
        "check": "observed by expected",
        "place": place,
        "old": before,
        "new": after,
        "limit": f"{rules.ratio_least:g} to {rules.ratio_most:g}",
        "passed": bool(rules.ratio_least <= after <= rules.ratio_most),
        "message": message,
    }


def _slope(fit: OutcomeFit, old: Patients, new: Patients) -> dict[str, Any]:
    values = [_slope_of(fit, each) for each in (old, new)]
    row: dict[str, Any] = {"check": "calibration slope", "place": "", "old": values[0], "new": values[1]}
    return {**row, "limit": "reported", "passed": None, "message": ""}


def _slope_of(fit: OutcomeFit, patients: Patients) -> float:
    """Return the calibration slope: the coefficient of the log of expected events, over all parts together."""
    likelihood, expected = likelihood_of(timed=fit.timed), patients.expected.sum(axis=1)
    used = likelihood.counted(expected)
    happened = (patients.event[used] > 0).astype(float)
    index = np.log(np.exp(patients.index).sum(axis=1))[used]
    X = np.column_stack([np.ones(used.sum()), index - index.mean()])
    fitted = fit_with_offset(X, happened, likelihood.offset(expected[used]), likelihood=likelihood)
    return 1.0 + float(fitted.coefficients[1])
