"""Snapshots in order: each later than the last, with earlier patients and events unchanged.

An impossible snapshot is refused here; one that only looks wrong results in hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from genorx._core.short_repr import short
from genorx.errors import InputError, shown
from genorx.monitor.checks import Check
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.patients import Patients

Said = Callable[[float], str]
_IN_COMMON = 0.5  # share of earlier patients below which ids follow another scheme
_SAME_MODEL = 0.05  # median relative distance of expected hazards from those of the base
_CLOCK = 5.0  # multiple of the longest follow-up of the development data
_CORRECTED = 0.02  # share of the past that may be corrected
_SAME_DAY = 0.005  # share of the longest follow-up by which a time may differ and be the same
_CHANGED = 0.05  # share of earlier patients with another value of a covariate


@short
@dataclass(frozen=True, kw_only=True)
class Seen:
    """A past snapshot: its time, its digest, and each patient's outcome, arm and covariates."""

    as_of: float
    digest: str
    patients: Patients


def refuse_impossible(new: Seen, base: Base, last: Seen | None, *, said: Said = "{:g}".format) -> None:
    """Raise an error if the snapshot cannot be the next one of this model's patients; ``said`` writes a moment.

    Raises
    ------
    InputError
        ``snapshot-empty``: no usable patient; ``snapshot-order``: not later than the last; ``snapshot-twice``: the same
        snapshot again; ``clock-unit``: times in another unit; ``another-model``: expected hazards of another model;
        ``id-scheme``: hardly any earlier patient is included.
    """
    patients = new.patients
    if not len(patients):
        reason = "no patient has a time, an event and predictions of the model"
        raise InputError(reason, file=patients.name, code="snapshot-empty")
    if last is not None:
        file = new.patients.name
        refuse_order(new.as_of, new.digest, last_as_of=last.as_of, last_digest=last.digest, file=file, said=said)
    _refuse_clock(patients, base, new.as_of, said)
    for number, part in enumerate(base.parts):
        if part.course.proportional:
            _refuse_model(patients, base, number)
    if last is not None:
        _refuse_ids(patients, last)


def refuse_order(
    as_of: float,
    digest: str,
    *,
    last_as_of: float,
    last_digest: str,
    file: str | Path,
    said: Said = "{:g}".format,
) -> None:
    """Raise an error if a snapshot is not later than the last one in a monitor or registry.

    Raises
    ------
    InputError
        ``snapshot-twice``: the same snapshot again; ``snapshot-order``: not later.
    """
    if digest == last_digest:
        hint = "give the snapshot of the next look"
        raise InputError("the snapshot is the same as at the last look", file=file, hint=hint, code="snapshot-twice")
    if as_of <= last_as_of:
        reason = f"the date {said(as_of)} of the snapshot is not after that of the last look, {said(last_as_of)}"
        hint = "looks are in order of date; a new Monitor, or another registry, starts again"
        raise InputError(reason, file=file, hint=hint, code="snapshot-order")


def _refuse_clock(patients: Patients, base: Base, as_of: float, said: Said) -> None:
    """Raise an error for times in another unit: most patients arrived after the snapshot, or follow-up is too long."""
    later = float(np.mean(patients.arrivals > as_of + 1e-6 * max(1.0, as_of)))
    hint = "arrival, follow-up and the date of the snapshot are counted in the same unit, from the same day"
    if later > 0.5:
        reason = (
            f"{later:.0%} of the patients arrived after {said(as_of)}: are times in another unit, or from another day?"
        )
        raise InputError(reason, file=patients.name, hint=hint, code="clock-unit")
    longest = float(np.quantile(patients.time, 0.99))
    if longest > _CLOCK * base.follow_up:
        reason = f"follow-up of {longest:g} is far beyond the development data's {base.follow_up:g}"
        raise InputError(reason, file=patients.name, hint=hint, code="clock-unit")


def _refuse_model(patients: Patients, base: Base, number: int) -> None:
    """Raise an error for expected hazards that are not this model's: they do not follow its course over time."""
    late = patients.time > np.quantile(patients.time, 0.25)  # rounded hazards just after 0 have little information
    part = base.parts[number]
    factor = part.course.factor(patients.time, patients.expected[:, number], patients.index[:, number])[late]
    factor = factor[np.isfinite(factor)]
    distance = float(np.median(np.abs(factor - 1.0))) if factor.size else 0.0
    if distance > _SAME_MODEL:
        middle = float(np.median(factor))
        reason = f"expected hazards are {middle:.3g} times those of the development data at the same linear predictor"
        hint = "the predictions are of another model, or times are in another unit"
        raise InputError(reason, file=patients.name, hint=hint, code="another-model")


def _refuse_ids(patients: Patients, last: Seen) -> None:
    before, now = _ids(last.patients), _ids(patients)
    common = len(before & now) / max(1, len(before))
    if common < _IN_COMMON:
        reason = f"only {common:.0%} of the {len(before)} patients of the last look are in the snapshot"
        hint = "a snapshot has all patients who have arrived, under the same ids"
        raise InputError(reason, file=patients.name, hint=hint, code="id-scheme")


def _ids(patients: Patients) -> set[str]:
    return set() if patients.ids is None else {str(each) for each in patients.ids}


def past_checks(patients: Patients, last: Seen | None) -> Iterator[Check]:
    """Yield changes in patients who were present at the last look."""
    if last is None or last.patients.ids is None or patients.ids is None:
        return
    before = pd.Index(last.patients.ids.astype(str))
    place = before.get_indexer(pd.Index(patients.ids.astype(str)))
    both = place >= 0
    old, new = last.patients.rows(place[both]), patients.rows(both)
    gone = len(before) - int(both.sum())
    message = f"the table lacks {gone} patients of the last look"
    yield _counted("patients gone", gone, len(before), message, "monitor-patients-gone")
    vanished = int(np.sum((old.event > 0) & (new.event == 0)))
    message = f"the table lacks {vanished} events of the last look"
    yield _counted("events disappeared", vanished, int((old.event > 0).sum()), message, "monitor-event-gone")
    yield from _follow_up_rewritten(old, new)
    if old.arm is not None and new.arm is not None:
        changed = int(np.sum(old.arm.astype(str) != new.arm.astype(str)))
        message = f"{changed} patients have another arm than at the last look: the past was changed"
        yield _counted("arm changed", changed, len(old), message, "monitor-arm-changed")
    for name in old.covariates:
        if name in new.covariates:
            yield _rewritten(str(name), old.covariates[name], new.covariates[name])


def _follow_up_rewritten(old: Patients, new: Patients) -> Iterator[Check]:
    """Yield checks of the past: an event keeps its day, and follow-up without one does not shrink."""
    moved = np.abs(new.time - old.time) > _SAME_DAY * float(np.max(old.time, initial=0.0))
    had = old.event > 0
    count = int(np.sum(moved & had & (new.event > 0)))
    message = f"{count} events have another time than at the last look: the past was changed"
    yield _counted("event times changed", count, int(had.sum()), message, "monitor-past-changed")
    count = int(np.sum(moved & ~had & (new.event == 0) & (new.time < old.time)))  # an event may be recorded late
    message = f"the follow-up of {count} patients ends earlier than at the last look"
    yield _counted("follow-up shortened", count, int((~had).sum()), message, "monitor-past-changed")


def _counted(check: str, count: int, of: int, message: str, code: str) -> Check:
    """Return a check of the past: one or two corrections in a hundred are described, more result in hold."""
    if not count:
        return Check(check=check, statistic=0.0)
    many = count > max(2.0, _CORRECTED * of)
    return Check(
        check=check,
        statistic=float(count),
        severity="hold" if many else "description",
        message=message,
        code=code,
    )


def _rewritten(name: str, old: pd.Series, new: pd.Series) -> Check:
    """Check that past covariates are unchanged; a few corrections are described, many result in hold."""
    same = (old.astype(object) == new.astype(object)) | old.isna() | new.isna()
    changed = int((~same.to_numpy(dtype=bool)).sum())
    if not changed:
        return Check(check="past values changed", place=name, statistic=0.0)
    many = changed > _CHANGED * len(old)
    message = f"{changed} patients have another value of {shown(name)!r} than at the last look"
    return Check(
        check="past values changed",
        place=name,
        statistic=float(changed),
        severity="hold" if many else "description",
        message=message,
        code="monitor-past-changed",
    )
