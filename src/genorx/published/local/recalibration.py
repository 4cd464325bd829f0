"""Recalibration of a published model on local data: intercept, slope, or baseline by time; the original is unchanged.

The published cumulative hazard is the offset of a Poisson model of the events (the likelihood of a survival time with
known baseline); for a model with one horizon, a Cox model with the published index as offset is used.
Sources: van Houwelingen HC 2000, Stat Med 19:3401; Vergouwe Y et al. 2017, Stat Med 36:4529 (closed testing).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.provenance import json_digest
from genorx.errors import Finding, SupportError, UsageError, shown
from genorx.published.estimates import Estimated
from genorx.published.local.local_patients import EVENTS_A_STEP, LocalPatients, local_patients, steps_with_events
from genorx.published.model import PublishedModel
from genorx.published.models.two_causes import YEARS, YearlyHazards

if TYPE_CHECKING:
    from genorx.cohort import Cohort

Floats = NDArray[np.float64]
HOWS = ("auto", "intercept", "slope", "baseline")
#: Number of events below which only the intercept is changed.
EVENTS_FOR_SLOPE = 100
_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Calibration and discrimination on the local patients, as published and as recalibrated out of fold."""

    patients: int
    events: int
    left_out: int
    oe_before: float
    oe_after: float
    slope_before: float | None
    slope_after: float | None
    c_before: float | None
    c_after: float | None


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """Recalibration of a published model.

    Attributes
    ----------
    how : {"none", "intercept", "slope", "baseline"}
        Kind of correction, chosen by closed testing or requested.
    ends, log_factors : tuple of float
        Ends of intervals in years, and the log hazard ratio of each; of length 1 except for ``baseline``.
    slope, centre : float
        Weight of the published index about its local mean (1 for no change), and this mean.
    cause : str or None
        The corrected cause; None for all.
    base : str
        Digest of the published table.
    performance : Performance
        Calibration and discrimination before and after.
    tests : tuple of (str, float)
        Steps of closed testing with their p-values.
    findings : tuple of Finding
        Findings on the recalibration.
    """

    how: str
    ends: tuple[float, ...]
    log_factors: tuple[float, ...]
    slope: float
    centre: float
    cause: str | None
    base: str
    performance: Performance
    tests: tuple[tuple[str, float], ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def intercept(self) -> float:
        """Log hazard ratio of the first (or only) interval."""
        return self.log_factors[0]

    def digest(self, name: str) -> str:
        """Return the SHA-256 of the model with its correction."""
        kept = {key: value for key, value in asdict(self).items() if key not in ("performance", "findings", "tests")}
        return json_digest({"model": name, **kept})

    def hazards(self, made: YearlyHazards, disease: str) -> YearlyHazards:
        """Return yearly hazards with the correction."""
        by_year = np.asarray(self.log_factors)[np.minimum(np.searchsorted(self.ends, YEARS), len(self.ends) - 1)]
        if self.cause is None:
            factor = self._factor(np.log((made.disease + made.other).sum(axis=1)))[:, None] * np.exp(by_year)
            return YearlyHazards(disease=made.disease * factor, other=made.other * factor)
        own = made.disease if self.cause == disease else made.other
        corrected = own * self._factor(np.log(own.sum(axis=1)))[:, None] * np.exp(by_year)
        return replace(made, **{"disease" if self.cause == disease else "other": corrected})

    def _factor(self, index: Floats) -> Floats:
        return np.exp((self.slope - 1.0) * (index - self.centre))

    def risk(self, each: Estimated) -> Estimated:
        """Return one risk with the correction; scores, doses and other outcomes are unchanged."""
        if each.kind != "risk" or self.cause not in (None, each.outcome):
            return each
        with np.errstate(divide="ignore", invalid="ignore"):
            hazard = -np.log1p(-each.values)
            hazard = hazard * self._factor(np.log(hazard)) * np.exp(self.log_factors[0])
        return replace(each, values=-np.expm1(-hazard))


@dataclass(frozen=True, kw_only=True)
class _Fit:
    log_factors: Floats
    slope: float
    centre: float
    log_likelihood: float


def recalibrated(
    model: PublishedModel, cohort: Cohort, *, how: str, outcome: str, cause: str | None, seed: int
) -> PublishedModel:
    """Return a copy of the model, recalibrated on a cohort.

    Parameters
    ----------
    cohort : Cohort
        Local patients, whose features include the model's inputs (by the model's ``mapping``).
    how : {"auto", "intercept", "slope", "baseline"}
        Kind of correction; ``auto`` chooses by closed testing at 5 %.
    outcome : str
        A survival outcome of the cohort.
    cause : str or None
        Cause of the outcome's events; None for any death, where both causes are corrected alike.
    seed : int
        Seed of the folds.

    Raises
    ------
    UsageError
        For a ``how`` or cause that the model does not have.
    SupportError
        If no patient can be used, or no event was observed (``no-events``).
    """
    if how not in HOWS:
        raise UsageError(f"how {shown(how)!r} is not one of {', '.join(HOWS)}", code="usage")
    local, left_out, chosen_cause = local_patients(model, cohort, outcome, cause)
    events = int(local.died.sum())
    if not events:
        raise SupportError(f"no event of {shown(outcome)!r} in {len(local.time)} usable patients", code="no-events")
    findings = []
    requested = how
    if how != "intercept" and events < EVENTS_FOR_SLOPE:
        text = f"{events} events are fewer than {EVENTS_FOR_SLOPE}: only the intercept was changed"
        findings.append(Finding(code="published-few-events", severity="warning", message=text))
        requested = "intercept"
    local = local.merged(steps_with_events(local) if requested in ("auto", "baseline") else [[*range(len(local.ends))]])
    chosen, tests = _closed_testing(local) if requested == "auto" else (requested, ())
    fit = _fit(local, chosen)
    ends = local.ends if chosen == "baseline" else local.ends[-1:]
    performance = _performance(local, chosen, left_out, seed)
    if left_out:
        text = f"{left_out} patients of the cohort were not used: the model or the outcome does not apply to them"
        findings.append(Finding(code="published-not-for-patient", severity="warning", message=text))
    text = f"{model.id} was corrected ({chosen}) on {len(local.time)} patients with {events} events"
    findings.append(Finding(code="published-recalibrated", severity="info", message=text))
    correction = Recalibration(
        how=chosen,
        ends=tuple(float(each) for each in ends),
        log_factors=tuple(float(each) for each in fit.log_factors),
        slope=fit.slope,
        centre=fit.centre,
        cause=chosen_cause,
        base=model.card.coefficients,
        performance=performance,
        tests=tests,
        findings=tuple(findings),
    )
    return model.with_recalibration(correction)


def _fit(local: LocalPatients, how: str) -> _Fit:
    """Return the correction of one kind by maximum likelihood."""
    centre, steps = float(local.index.mean()), local.died.shape[1]
    if how == "none":
        factors = np.zeros(1)
        return _Fit(log_factors=factors, slope=1.0, centre=centre, log_likelihood=-float(local.expected.sum()))
    times = np.tile(np.eye(steps), (len(local.time), 1)) if how == "baseline" else np.ones((local.died.size, 1))
    index = np.repeat(local.index - centre, steps)[:, None]
    design = times if how == "intercept" else np.hstack([times, index])
    weights, likelihood = _poisson(design, local.expected.ravel(), local.died.ravel())
    slope = 1.0 if how == "intercept" else 1.0 + float(weights[-1])
    factors = weights if how == "intercept" else weights[:-1]
    return _Fit(log_factors=factors, slope=slope, centre=centre, log_likelihood=likelihood)


def _poisson(design: Floats, expected: Floats, died: Floats) -> tuple[Floats, float]:
    """Return coefficients and log likelihood (up to a constant) of events with a known expected number."""
    from genorx.outcomes.recalibration.offset_regression import fit_with_offset  # loads what a card does not need

    used = expected > 0
    made = fit_with_offset(design[used], died[used], np.log(expected[used]))
    return made.coefficients, made.log_likelihood - float(died[used] @ np.log(expected[used]))


def _closed_testing(local: LocalPatients) -> tuple[str, tuple[tuple[str, float], ...]]:
    """Return the simplest correction that is not rejected against the fullest one, with the p-values."""
    from scipy.stats import chi2

    full = "baseline" if local.died.shape[1] > 1 else "slope"
    best = _fit(local, full)
    size = {"none": 0, "intercept": 1, "slope": 2, "baseline": local.died.shape[1] + 1}
    tests = []
    for how in [each for each in ("none", "intercept", "slope") if size[each] < size[full]]:
        gain = 2 * (best.log_likelihood - _fit(local, how).log_likelihood)
        p_value = float(chi2.sf(max(gain, 0.0), size[full] - size[how]))
        tests.append((f"{full} against {how}", p_value))
        if p_value >= 0.05:
            return how, tuple(tests)
    return full, tuple(tests)


def _performance(local: LocalPatients, how: str, left_out: int, seed: int) -> Performance:
    """Return calibration and discrimination before, and out of fold after."""
    folds = _folds(local.patient, seed)
    expected, index = np.zeros_like(local.expected), np.zeros_like(local.index)
    for fold in range(_FOLDS):
        held, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if held.size and local.died[others].sum():
            fit = _fit(local.rows(others), how)
            shift = (fit.slope - 1.0) * (local.index[held] - fit.centre)
            expected[held] = local.expected[held] * np.exp(fit.log_factors + shift[:, None])
            index[held] = fit.slope * (local.index[held] - fit.centre)
    events = float(local.died.sum())
    return Performance(
        patients=len(local.time),
        events=int(events),
        left_out=left_out,
        oe_before=events / float(local.expected.sum()),
        oe_after=events / float(expected.sum()),
        slope_before=calibration_slope(local),
        slope_after=calibration_slope(replace(local, expected=expected, index=index)),
        c_before=_concordance(local, local.index),
        c_after=_concordance(local, index),
    )


def _folds(patient: tuple[object, ...], seed: int) -> NDArray[np.integer[Any]]:
    """Return the fold of each patient; with fewer than five patients one fold each."""
    from genorx.outcomes.folds import hash_folds  # loads what a card does not need

    return hash_folds(patient, _FOLDS, seed=seed) if len(patient) >= _FOLDS else np.arange(len(patient))


def calibration_slope(local: LocalPatients) -> float | None:
    """Return the calibration slope; None with too few events."""
    enough = local.died.sum() >= EVENTS_A_STEP and np.ptp(local.index) > 0
    return _fit(local.merged([[*range(len(local.ends))]]), "slope").slope if enough else None


def _concordance(local: LocalPatients, index: Floats) -> float | None:
    from genorx.survival import harrell_c

    try:
        return harrell_c(local.time, local.event, index).estimate
    except SupportError:  # no two patients are comparable: C is undefined
        return None
