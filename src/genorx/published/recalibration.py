"""A published model corrected on local data: intercept, slope, or baseline by time; the published one is untouched.

The published cumulative hazard is the offset of a Poisson model of the events (the likelihood of a survival time whose
baseline is known); where a model has one horizon only, a Cox model with the published index as offset stands in.
Sources: van Houwelingen HC 2000, Stat Med 19:3401; Vergouwe Y et al. 2017, Stat Med 36:4529 (closed testing).
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.provenance import json_digest
from genorx._core.units import convert
from genorx.errors import Finding, NotAnswerableError, SupportError, UsageError, shown
from genorx.published.estimates import Estimated
from genorx.published.model import PublishedModel
from genorx.published.two_causes import YEARS, TwoCauseModel, YearlyHazards

if TYPE_CHECKING:
    from genorx.cohort import Cohort

Floats = NDArray[np.float64]
HOWS = ("auto", "intercept", "slope", "baseline")
#: Events below which nothing but the intercept is changed.
EVENTS_FOR_SLOPE = 100
_ENDS = (2.0, 5.0, 10.0, 15.0)
_EVENTS_A_STEP = 20
_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Calibration and discrimination on the local patients: as published, and corrected out of fold."""

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
    """How a published model was corrected.

    Attributes
    ----------
    how : {"none", "intercept", "slope", "baseline"}
        What closed testing chose, or what was asked for.
    ends, log_factors : tuple of float
        Ends of intervals in years and the log hazard ratio that each gets; one of each but for ``baseline``.
    slope, centre : float
        Weight of the published index about its local mean; 1 leaves it.
    cause : str or None
        The cause that was corrected; None for all.
    base : str
        Digest of the published table.
    performance : Performance
    tests : tuple of (str, float)
        Steps of closed testing with their p-values.
    findings : tuple of Finding
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
        """Return one risk with the correction; scores, doses and other outcomes as they are."""
        if each.kind != "risk" or self.cause not in (None, each.outcome):
            return each
        with np.errstate(divide="ignore", invalid="ignore"):
            hazard = -np.log1p(-each.values)
            hazard = hazard * self._factor(np.log(hazard)) * np.exp(self.log_factors[0])
        return replace(each, values=-np.expm1(-hazard))


@dataclass(frozen=True, kw_only=True)
class _Local:
    """Local patients in the form that is fitted: one row a patient, one column an interval.

    ``expected`` is the published cumulative hazard spent in an interval, ``died`` whether the event fell into it,
    ``index`` the log published hazard, ``time`` and ``event`` the follow-up in years, ``ends`` the intervals' ends.
    """

    expected: Floats
    died: Floats
    index: Floats
    time: Floats
    event: NDArray[np.bool_]
    ends: tuple[float, ...]

    def rows(self, which: NDArray[np.intp]) -> _Local:
        """Return some of the patients."""
        names = ("expected", "died", "index", "time", "event")
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    def merged(self, groups: list[list[int]]) -> _Local:
        """Return the patients with intervals put together."""
        return replace(
            self,
            expected=np.column_stack([self.expected[:, group].sum(axis=1) for group in groups]),
            died=np.column_stack([self.died[:, group].sum(axis=1) for group in groups]),
            ends=tuple(self.ends[group[-1]] for group in groups),
        )


@dataclass(frozen=True, kw_only=True)
class _Fit:
    log_factors: Floats
    slope: float
    centre: float
    log_likelihood: float


def recalibrated(
    model: PublishedModel, cohort: Cohort, *, how: str, outcome: str, cause: str | None, seed: int
) -> PublishedModel:
    """Return a copy of the model, corrected on a cohort.

    Parameters
    ----------
    cohort : Cohort
        Its features hold the model's inputs (by the model's ``mapping``).
    how : {"auto", "intercept", "slope", "baseline"}
        ``auto`` chooses by closed testing at 5 %.
    outcome : str
        A survival outcome of the cohort.
    cause : str, optional
        The cause that the outcome's events are of; absent: any death, and both causes are corrected alike.
    seed : int
        Of the folds.

    Raises
    ------
    UsageError
        For a ``how`` or cause that the model does not have.
    SupportError
        If no patient can be used, or no event was seen (code ``no-events``).
    """
    if how not in HOWS:
        raise UsageError(f"how {shown(how)!r} is none of {', '.join(HOWS)}", code="usage")
    local, left_out, chosen_cause = _local(model, cohort, outcome, cause)
    events = int(local.died.sum())
    if not events:
        raise SupportError(f"no event of {shown(outcome)!r} in {len(local.time)} usable patients", code="no-events")
    findings = []
    asked = how
    if how != "intercept" and events < EVENTS_FOR_SLOPE:
        text = f"{events} events are fewer than {EVENTS_FOR_SLOPE}: only the intercept was changed"
        findings.append(Finding(code="published-few-events", severity="warning", message=text))
        asked = "intercept"
    local = local.merged(_steps_with_events(local) if asked in ("auto", "baseline") else [[*range(len(local.ends))]])
    chosen, tests = _closed_testing(local) if asked == "auto" else (asked, ())
    fit = _fit(local, chosen)
    ends = local.ends if chosen == "baseline" else local.ends[-1:]
    performance = _performance(local, chosen, left_out, seed)
    if left_out:
        text = f"{left_out} patients of the cohort were not used: the model or the outcome says nothing of them"
        findings.append(Finding(code="published-not-for-patient", severity="warning", message=text))
    text = f"{model.id} was corrected ({chosen}) on {len(local.time)} patients with {events} events"
    findings.append(Finding(code="published-recalibrated", severity="info", message=text))
    made = copy.copy(model)
    made._recalibration = Recalibration(  # noqa: SLF001
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
    return made


def _local(
    model: PublishedModel, cohort: Cohort, outcome: str, cause: str | None
) -> tuple[_Local, int, str | None]:
    """Return the usable patients of a cohort, how many are left out, and the cause that is corrected."""
    found = cohort.outcomes.get(outcome)
    if found is None or found.kind != "survival":
        listed = ", ".join(name for name, each in cohort.outcomes.items() if each.kind == "survival") or "none"
        raise UsageError(f"the cohort has no survival outcome {shown(outcome)!r}", hint=f"it has {listed}")
    inputs = model._inputs(cohort.features)  # noqa: SLF001
    follow_up = found.frame if cohort.design is None else cohort.design.follow_up(found.frame, unit=found.unit)
    placed = follow_up.reindex(cohort.features.index)
    time = convert(placed["time"].to_numpy(dtype=float, na_value=np.nan), found.unit, "a")
    event = placed["event"].eq(True).to_numpy(dtype=bool)
    if isinstance(model, TwoCauseModel):
        hazard, named = _yearly(model, cohort, inputs, cause)
        made = _followed(hazard, time, event)
    else:
        hazard, named = _at_horizon(model, inputs, cause)
        made = _followed_to_horizon(hazard, time, event, float(model.card.horizons[0]))
    usable = ~inputs.refused & np.isfinite(time) & np.isfinite(made.index) & (time > 0)
    if not usable.any():
        raise SupportError(f"no patient of the cohort can be used for {model.id}", code="no-patients")
    return made.rows(np.flatnonzero(usable)), int((~usable).sum()), named


def _yearly(model: TwoCauseModel, cohort: Cohort, inputs: Any, cause: str | None) -> tuple[Floats, str | None]:
    """Return each patient's published yearly hazard under the option that the patient had."""
    if cause not in (None, "os", model.disease, "other"):
        raise UsageError(f"{model.id} has no cause {shown(cause)!r}", hint=f"{model.disease} or other")
    own = np.full(len(inputs), model._reference(), dtype=object)  # noqa: SLF001
    if cohort.design is not None and set(cohort.design.options) <= set(model._all_options()):  # noqa: SLF001
        given = cohort.design.treatment.astype(object).reindex(cohort.features.index).to_numpy()
        own = np.where([isinstance(each, str) for each in given], given, own)
    hazard = np.full((len(inputs), len(YEARS)), np.nan)
    for option in dict.fromkeys(own):
        made = model._hazards(inputs, option)  # noqa: SLF001
        of = {model.disease: made.disease, "other": made.other}.get(cause or "", made.disease + made.other)
        hazard[own == option] = of[own == option]
    return hazard, None if cause in (None, "os") else cause


def _at_horizon(model: PublishedModel, inputs: Any, cause: str | None) -> tuple[Floats, str | None]:
    """Return each patient's published cumulative hazard at the model's horizon."""
    made = [each for each in model._numbers(inputs) if each.kind == "risk"] if hasattr(model, "_numbers") else []
    names = [each.outcome for each in made]
    if not made or (cause is not None and cause not in names) or (cause is None and len(made) > 1):
        hint = f"name one of {', '.join(names)} as cause" if made else "its output is a score or dose"
        raise UsageError(f"{model.id} has no single risk to correct", hint=hint, code="usage")
    chosen = made[0 if cause is None else names.index(cause)]
    return np.asarray(-np.log1p(-chosen.values)), chosen.outcome


def _followed(hazard: Floats, time: Floats, event: NDArray[np.bool_]) -> _Local:
    """Return expected and observed events by interval; follow-up ends at 15 years."""
    lived = np.clip(time[:, None] - (YEARS - 1.0), 0.0, 1.0)
    spent = hazard * lived
    starts = (0.0, *_ENDS[:-1])
    within = [(YEARS > start) & (end >= YEARS) for start, end in zip(starts, _ENDS, strict=True)]
    died = [event & (time > start) & (time <= end) for start, end in zip(starts, _ENDS, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.log(hazard.sum(axis=1))
    return _Local(
        expected=np.column_stack([spent[:, which].sum(axis=1) for which in within]),
        died=np.column_stack(died).astype(float),
        index=index,
        time=np.minimum(time, YEARS[-1]),
        event=event & (time <= YEARS[-1]),
        ends=_ENDS,
    )


def _followed_to_horizon(hazard: Floats, time: Floats, event: NDArray[np.bool_], horizon: float) -> _Local:
    """Return expected and observed events up to the one horizon of a model.

    The source has no course of the hazard over time; that of the local patients stands in, scaled so that it ends at
    the published hazard: the sum is then that of a Cox model with the published index as offset (Breslow's estimate).
    """
    known = np.isfinite(hazard) & np.isfinite(time)
    end, seen = np.minimum(time, horizon), event & (time <= horizon)
    weight = np.where(known, hazard, 0.0)
    order = np.argsort(-end[known], kind="stable")
    at_risk = np.cumsum(weight[known][order])
    later = end[known][order]
    times = np.unique(end[known & seen])
    if not times.size or float(end[known].max()) < horizon:
        reason = f"follow-up does not reach the model's horizon of {horizon:g} years, or no event was seen"
        raise NotAnswerableError(reason, code="horizon")
    left = at_risk[np.searchsorted(-later, -times, side="right") - 1]
    deaths = np.array([np.sum(seen & known & (end == each)) for each in times])
    course = np.cumsum(deaths / left)
    share = np.append(0.0, course / course[-1])[np.searchsorted(times, end, side="right")]
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.log(hazard)
    expected = np.where(known, hazard * share, np.nan)[:, None]
    return _Local(
        expected=expected, died=seen[:, None].astype(float), index=index, time=end, event=seen, ends=(horizon,)
    )


def _steps_with_events(local: _Local) -> list[list[int]]:
    """Return neighbouring intervals put together until each has enough events."""
    events, groups = local.died.sum(axis=0), [[]]  # type: list[Any], list[list[int]]
    for number, _ in enumerate(events):
        groups[-1].append(number)
        if sum(events[each] for each in groups[-1]) >= _EVENTS_A_STEP:
            groups.append([])
    last = groups.pop()
    if last and groups:
        groups[-1].extend(last)
    return groups or [last]


def _fit(local: _Local, how: str) -> _Fit:
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
    """Return weights and log likelihood (up to a constant) of events with a known expected number, by Newton's method."""
    used = expected > 0
    design, expected, died = design[used], expected[used], died[used]
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        mean = expected * np.exp(design @ weights)
        step = np.linalg.solve((design * mean[:, None]).T @ design, design.T @ (died - mean))
        weights = weights + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-10:
            break
    linear = design @ weights
    return weights, float(died @ linear - (expected * np.exp(linear)).sum())


def _closed_testing(local: _Local) -> tuple[str, tuple[tuple[str, float], ...]]:
    """Return the simplest correction that the fullest one does not beat, with the p-values on the way."""
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


def _performance(local: _Local, how: str, left_out: int, seed: int) -> Performance:
    """Return calibration and discrimination before, and out of fold after."""
    folds = np.random.default_rng(seed).permutation(len(local.time)) % _FOLDS
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
        slope_before=_slope(local),
        slope_after=_slope(replace(local, expected=expected, index=index)),
        c_before=_concordance(local, local.index),
        c_after=_concordance(local, index),
    )


def _slope(local: _Local) -> float | None:
    """Return the calibration slope, None where there are too few events for one."""
    enough = local.died.sum() >= _EVENTS_A_STEP and np.ptp(local.index) > 0
    return _fit(local.merged([[*range(len(local.ends))]]), "slope").slope if enough else None


def _concordance(local: _Local, index: Floats) -> float | None:
    from genorx.survival import harrell_c

    try:
        return harrell_c(local.time, local.event, index).estimate
    except SupportError:  # no two patients can be compared: there is no C
        return None
