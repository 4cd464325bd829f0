"""Local patients in the form used for recalibration: expected and observed events by interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genorx._core.units import convert
from genorx.errors import NotAnswerableError, SupportError, UsageError, shown
from genorx.published.model import PublishedModel
from genorx.published.models.scores import ScoreModel
from genorx.published.models.two_causes import YEARS, TwoCauseModel

if TYPE_CHECKING:
    from genorx.cohort import Cohort
    from genorx.published.inputs.inputs import Inputs

Floats = NDArray[np.float64]
_ENDS = (2.0, 5.0, 10.0, 15.0)
#: Least number of events for a separate correction of an interval.
EVENTS_A_STEP = 20


@dataclass(frozen=True, kw_only=True)
class LocalPatients:
    """Local patients in the form used for fitting: one row per patient, one column per interval.

    ``expected`` is the published cumulative hazard of the time in an interval, ``died`` whether the event occurred in
    it, ``index`` the log of the published hazard, ``time`` and ``event`` the follow-up in years, ``ends`` the ends of
    the intervals, ``patient`` the ids (empty if patients have none).
    """

    expected: Floats
    died: Floats
    index: Floats
    time: Floats
    event: NDArray[np.bool_]
    ends: tuple[float, ...]
    patient: tuple[object, ...] = ()

    def rows(self, which: NDArray[np.intp]) -> LocalPatients:
        """Return a subset of the patients."""
        names = ("expected", "died", "index", "time", "event")
        patient = tuple(self.patient[at] for at in which) if self.patient else ()
        return replace(self, patient=patient, **{name: getattr(self, name)[which] for name in names})

    def merged(self, groups: list[list[int]]) -> LocalPatients:
        """Return the patients with intervals merged."""
        return replace(
            self,
            expected=np.column_stack([self.expected[:, group].sum(axis=1) for group in groups]),
            died=np.column_stack([self.died[:, group].sum(axis=1) for group in groups]),
            ends=tuple(self.ends[group[-1]] for group in groups),
        )


def local_patients(
    model: PublishedModel, cohort: Cohort, outcome: str, cause: str | None
) -> tuple[LocalPatients, int, str | None]:
    """Return the usable patients of a cohort, the number of exclusions, and the cause to recalibrate."""
    found = cohort.outcomes.get(outcome)
    if found is None or not found.data.one_event:
        listed = ", ".join(name for name, each in cohort.outcomes.items() if each.data.one_event) or "none"
        raise UsageError(f"the cohort has no survival outcome {shown(outcome)!r}", hint=f"it has {listed}")
    inputs = model.read(cohort.features)
    follow_up = found.frame if cohort.design is None else cohort.design.follow_up(found.frame, unit=found.unit)
    placed = follow_up.reindex(cohort.features.index)
    time = convert(placed["time"].to_numpy(dtype=float, na_value=np.nan), found.unit, "a")
    event = placed["event"].eq(True).to_numpy(dtype=bool)
    if isinstance(model, TwoCauseModel):
        hazard, named = _yearly(model, cohort, inputs, cause)
        made = _followed(hazard, time, event)
    else:
        hazard, named = _at_horizon(model, inputs, cause)
        made = followed_to_horizon(hazard, time, event, float(model.card.horizons[0]))
    usable = ~inputs.refused & np.isfinite(time) & np.isfinite(made.index) & (time > 0)
    if not usable.any():
        raise SupportError(f"no patient of the cohort can be used for {model.id}", code="no-patients")
    made = replace(made, patient=tuple(cohort.features.index))
    return made.rows(np.flatnonzero(usable)), int((~usable).sum()), named


def _yearly(model: TwoCauseModel, cohort: Cohort, inputs: Inputs, cause: str | None) -> tuple[Floats, str | None]:
    """Return each patient's published yearly hazard under the option received."""
    if cause not in (None, "os", model.disease, "other"):
        raise UsageError(f"{model.id} has no cause {shown(cause)!r}", hint=f"{model.disease} or other")
    own = np.full(len(inputs), model.reference_option(), dtype=object)
    if cohort.design is not None and set(cohort.design.options) <= set(model.all_options()):
        given = cohort.design.treatment.astype(object).reindex(cohort.features.index).to_numpy()
        own = np.where([isinstance(each, str) for each in given], given, own)
    hazard = np.full((len(inputs), len(YEARS)), np.nan)
    for option in dict.fromkeys(own):
        made = model.hazards(inputs, option, as_published=True)
        of = {model.disease: made.disease, "other": made.other}.get(cause or "", made.disease + made.other)
        hazard[own == option] = of[own == option]
    return hazard, None if cause in (None, "os") else cause


def _at_horizon(model: PublishedModel, inputs: Inputs, cause: str | None) -> tuple[Floats, str | None]:
    """Return each patient's published cumulative hazard at the model's horizon."""
    numbers = model.numbers(inputs, as_published=True) if isinstance(model, ScoreModel) else []
    made = [each for each in numbers if each.kind == "risk"]
    names = [each.outcome for each in made]
    if not made or (cause is not None and cause not in names) or (cause is None and len(made) > 1):
        hint = f"name one of {', '.join(names)} as cause" if made else "its output is a score or dose"
        raise UsageError(f"{model.id} has no single risk to correct", hint=hint, code="usage")
    chosen = made[0 if cause is None else names.index(cause)]
    return np.asarray(-np.log1p(-chosen.values)), chosen.outcome


def _followed(hazard: Floats, time: Floats, event: NDArray[np.bool_]) -> LocalPatients:
    """Return expected and observed events by interval; follow-up ends at 15 years."""
    lived = np.clip(time[:, None] - (YEARS - 1.0), 0.0, 1.0)
    spent = hazard * lived
    starts = (0.0, *_ENDS[:-1])
    within = [(start < YEARS) & (end >= YEARS) for start, end in zip(starts, _ENDS, strict=True)]
    died = [event & (time > start) & (time <= end) for start, end in zip(starts, _ENDS, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.log(hazard.sum(axis=1))
    return LocalPatients(
        expected=np.column_stack([spent[:, which].sum(axis=1) for which in within]),
        died=np.column_stack(died).astype(float),
        index=index,
        time=np.minimum(time, YEARS[-1]),
        event=event & (time <= YEARS[-1]),
        ends=_ENDS,
    )


def followed_to_horizon(hazard: Floats, time: Floats, event: NDArray[np.bool_], horizon: float) -> LocalPatients:
    """Return expected and observed events up to the one horizon of a model.

    The source gives no hazard over time; that of the local patients is used, scaled to end at the published hazard:
    the sum is then that of a Cox model with the published index as offset (Breslow's estimate).
    """
    known = np.isfinite(hazard) & np.isfinite(time)
    end, seen = np.minimum(time, horizon), event & (time <= horizon)
    weight = np.where(known, hazard, 0.0)
    order = np.argsort(-end[known], kind="stable")
    at_risk = np.cumsum(weight[known][order])
    later = end[known][order]
    times = np.unique(end[known & seen])
    if not times.size or float(end[known].max()) < horizon:
        reason = f"follow-up does not reach the model's horizon of {horizon:g} years, or no event was observed"
        raise NotAnswerableError(reason, code="horizon")
    left = at_risk[np.searchsorted(-later, -times, side="right") - 1]
    deaths = np.array([np.sum(seen & known & (end == each)) for each in times])
    course = np.cumsum(deaths / left)
    share = np.append(0.0, course / course[-1])[np.searchsorted(times, end, side="right")]
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.log(hazard)
    expected = np.where(known, hazard * share, np.nan)[:, None]
    return LocalPatients(
        expected=expected, died=seen[:, None].astype(float), index=index, time=end, event=seen, ends=(horizon,)
    )


def steps_with_events(local: LocalPatients) -> list[list[int]]:
    """Merge neighbouring intervals until each has enough events."""
    events = local.died.sum(axis=0)
    groups: list[list[int]] = [[]]
    for number, _ in enumerate(events):
        groups[-1].append(number)
        if sum(events[each] for each in groups[-1]) >= EVENTS_A_STEP:
            groups.append([])
    last = groups.pop()
    if last and groups:
        groups[-1].extend(last)
    return groups or [last]
