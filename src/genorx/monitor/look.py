"""One look at a snapshot: data faults, follow-up faults, grace period, shift, calibration, and the action.

Checks come before those that their faults would distort: a wrong unit looks like a change of calibration, and late
records look like better outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genorx.errors import Finding, NotAnswerableError, shown
from genorx.monitor.calibration import (
    Change,
    change,
    events_needed,
    new_outcomes,
    observed_by_expected,
)
from genorx.monitor.checks import Check
from genorx.monitor.closed_test import BEATEN, Decision, closed_test
from genorx.monitor.follow_up import cut, follow_up_checks
from genorx.monitor.input_faults import input_fault_checks
from genorx.monitor.plan import Plan
from genorx.monitor.policy import CHANGES
from genorx.monitor.shift import shift_checks
from genorx.monitor.snapshots import Seen, past_checks
from genorx.monitor.update import Update, update_of
from genorx.outcomes.recalibration.base import FEWEST_EVENTS, Base
from genorx.outcomes.recalibration.patients import Patients

#: Multiples of the moving window.  A recent change is clearest in a shorter one, a lasting change of single effects in
#: a longer one; with a third window of 24 months more changes of effects were found, without more false alarms.
_WINDOWS = (2.0 / 3.0, 1.0, 4.0 / 3.0)
_SMALL_P = 0.001  # how far below does not matter to a reader; the table of tests has it
_CAUTION = 0.01  # share of a look's alpha for checks of the data: a fault is far beyond chance
_LAG = 0.03  # share for checks of follow-up: a lag is detected slowly, and looks are correlated


@dataclass(frozen=True, kw_only=True)
class Look:
    """Result of a look.

    Attributes
    ----------
    action : {"keep", "hold", "recalibrate_baseline", "recalibrate_slope", "refit"}
    reasons : tuple of str
    checks : tuple of Check
    updates : tuple of Update
        One for each part to be changed.
    findings : tuple of Finding
    calibration : tuple of dict
        Observed over expected events with intervals, for all patients and by site, arm and subgroup, of each part.
    """

    action: str
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    updates: tuple[Update, ...] = ()
    findings: tuple[Finding, ...] = ()
    calibration: tuple[dict[str, Any], ...] = field(default=())


def look_at(
    patients: Patients,
    base: Base,
    plan: Plan,
    *,
    as_of: float,
    number: int,
    previous: float | None,
    last: Seen | None = None,
    faults: Sequence[Check] = (),
    said: Callable[[float], str] = "{:g}".format,
) -> Look:
    """Return the result of one look at a snapshot.

    Parameters
    ----------
    patients : Patients
    base : Base
    plan : Plan
    as_of : float
        Time of the snapshot, in the unit of follow-up.
    number : int
        Number of the look, from 1.
    previous : float, optional
        Time of the previous look.
    last : Seen, optional
        Data of the previous look.
    faults : sequence of Check
        Faults of the data that are already known.
    said : callable
        Writes a time in a reason: as a date where looks have dates.

    Raises
    ------
    NotAnswerableError
        ``monitor-few-events``: too few events for a conclusion, and no fault of the data; the reason has the number
        that is needed.
    """
    alpha = plan.alpha_of(number)
    spent = alpha if alpha is not None else plan.alpha / plan.looks
    careful = _CAUTION * spent
    since, span = _newest(as_of, number, previous, plan)
    newest = patients.rows(patients.arrivals > since)
    data = [*faults, *past_checks(patients, last), *input_fault_checks(newest, base, careful)]
    followed = cut(patients, base, as_of - plan.grace)
    window = followed.rows(followed.arrivals > as_of - plan.window)
    enough = _enough(window, base)
    if not enough and not any(each.severity == "hold" for each in data):
        _refuse_few(window, spent)
    data += follow_up_checks(patients, base, as_of, span, _LAG * spent)
    data += shift_checks(window, base)
    held = [each for each in data if each.severity == "hold"]
    calibration = list(_calibration(window, base))
    if held or not enough:
        return Look(
            action="hold",
            reasons=tuple(each.message for each in held),
            checks=tuple(data),
            findings=tuple(_findings(data)),
            calibration=tuple(calibration),
        )
    stated, updates, reasons = _changes(followed, base, plan, as_of, alpha, said=said)
    checks = (*data, *stated)
    action = _strongest([each.action for each in updates])
    if alpha is None:
        reasons = [f"look {number} is beyond the {plan.looks} planned ones: it decides nothing", *reasons]
    return Look(
        action=action,
        reasons=tuple(reasons or ["there is no evidence of a change from the development data"]),
        checks=checks,
        updates=tuple(updates),
        findings=tuple(_findings(checks)),
        calibration=tuple(calibration),
    )


def _newest(as_of: float, number: int, previous: float | None, plan: Plan) -> tuple[float, float]:
    """Return the start and length of the period of new arrivals; without an earlier look by the number of this one."""
    least = plan.quarter
    since = previous if previous is not None else as_of - max(least, as_of / max(1, number))
    return since, max(least, as_of - since)


def _enough(window: Patients, base: Base) -> bool:
    return any(int((window.event == part + 1).sum()) >= FEWEST_EVENTS for part in range(len(base.parts)))


def _refuse_few(window: Patients, alpha: float) -> None:
    events = int((window.event > 0).sum())
    later = "look again later, or plan fewer looks"
    clock = "no patient arrived within the window: is arrival in another unit, or counted from another day?"
    raise NotAnswerableError(
        f"{events} events among {len(window)} patients followed to the end of the grace period are too few for "
        f"calibration: at least {FEWEST_EVENTS} are needed, and {events_needed(alpha)} to detect a hazard ratio of 1.5",
        file=window.name,
        hint=later if len(window) else clock,
        code="monitor-few-events",
    )


def _changes(
    followed: Patients, base: Base, plan: Plan, as_of: float, alpha: float | None, *, said: Callable[[float], str]
) -> tuple[list[Check], list[Update], list[str]]:
    """Return checks of calibration, the resulting updates, and the reason."""
    checks: list[Check] = []
    updates: list[Update] = []
    reasons: list[str] = []
    for number, part in enumerate(base.parts):
        changes = _by_window(followed, base, plan, as_of, number)
        if not changes:
            continue
        decision = closed_test(changes, (alpha or 0.0) / len(base.parts))
        checks += _test_rows(decision, part.part if len(base.parts) > 1 else "")
        if decision.action != "keep":
            updates.append(update_of(decision.action, changes, part.directions, part.part))
            reasons.append(_reason(decision, updates[-1], part.part if len(base.parts) > 1 else "", said))
    checks += _described(followed, base, plan, as_of)
    return checks, updates, reasons


def _by_window(followed: Patients, base: Base, plan: Plan, as_of: float, number: int) -> list[Change]:
    """Return the distinct changes of each window with enough events."""
    made: list[Change] = []
    sizes: set[int] = set()
    for share in _WINDOWS:
        data = new_outcomes(followed, base, number, as_of - share * plan.window)
        if data.events >= FEWEST_EVENTS and len(data.happened) not in sizes:
            sizes.add(len(data.happened))
            made.append(change(data))
    return made


def _test_rows(decision: Decision, place: str) -> Iterator[Check]:
    names = ("calibration: intercept", "calibration: intercept and slope", "calibration: all coefficients")
    decisive = decision.decisive
    statistics = (float(np.exp(decisive.intercept)), decisive.gains[1], decisive.gains[2])
    for name, statistic, p, alpha in zip(names, statistics, decision.p_values, decision.alphas, strict=True):
        severity = "alarm" if p < alpha else "ok"
        yield Check(check=name, place=place, statistic=statistic, p=p, alpha=alpha, severity=severity)  # type: ignore[arg-type]
    beaten = ("slope against intercept", "all coefficients against intercept", "all coefficients against slope")
    for name, p, alpha in zip(beaten, decision.beaten, BEATEN, strict=True):
        yield Check(check=f"closed test: {name}", place=place, p=p, alpha=alpha, severity="description")


def _reason(decision: Decision, update: Update, place: str, said: Callable[[float], str]) -> str:
    data = decision.decisive.data
    ratio, lower, upper = observed_by_expected(data)
    what = {
        "recalibrate_baseline": "the hazard as a whole has changed",
        "recalibrate_slope": "the predictors have become stronger or weaker",
        "refit": f"single effects have changed, most clearly {update.clearest()}",
    }[decision.action]
    where = f" of {shown(place)}" if place else ""
    who = f"patients who arrived after {said(data.since)}" if np.isfinite(data.since) else "all patients"
    p = min(decision.p_values)
    chance = f"< {_SMALL_P:g}" if p < _SMALL_P else f"{p:.2g}"
    return (
        f"{what}{where}: {data.events} events in {who}, {data.expected:.1f} expected "
        f"(observed over expected {ratio:.2f}, 95 % interval {lower:.2f} to {upper:.2f}); smallest p-value {chance}"
    )


def _described(followed: Patients, base: Base, plan: Plan, as_of: float) -> Iterator[Check]:
    """Yield the change of calibration by treatment arm and declared subgroup, tested but without a decision."""
    groups: list[tuple[str, NDArray[np.bool_]]] = []
    if followed.arm is not None:
        groups += [(f"arm {arm}", followed.arm == arm) for arm in base.arms]
    for name in followed.groups:
        values = followed.groups[name]
        groups += [(f"{name}={level}", (values == level).to_numpy()) for level in sorted(values.dropna().unique())]
    for place, members in groups:
        for number, part in enumerate(base.parts):
            data = new_outcomes(followed.rows(members), base, number, as_of - plan.window)
            if data.events < FEWEST_EVENTS:
                continue
            found = change(data)
            where = place if len(base.parts) == 1 else f"{part.part}, {place}"
            p = float(2.0 * stats.norm.sf(abs(found.intercept / found.error)))
            level = 0.05 / max(1, len(groups))
            changed = p < level
            ratio = float(np.exp(found.intercept))
            message = f"in {shown(where)} the hazard is {ratio:.2f} times the former one"
            yield Check(
                check="calibration of a group",
                place=where,
                statistic=ratio,
                p=p,
                alpha=level,
                severity="description",
                message=message if changed else "",
                code="monitor-group-changed" if changed else "",
            )


def _calibration(window: Patients, base: Base) -> Iterator[dict[str, Any]]:
    """Yield observed over expected events overall and by site, arm and declared subgroup, for each part."""
    everybody = np.ones(len(window), dtype=bool)
    places: list[tuple[str, str, NDArray[np.bool_]]] = [("all", "", everybody)]
    for kind, values in (("site", window.site), ("arm", window.arm)):
        if values is not None:
            levels = sorted({str(each) for each in values if each is not None})
            places += [(kind, level, values.astype(str) == level) for level in levels]
    for name in window.groups:
        levels = sorted(window.groups[name].dropna().unique())
        places += [(str(name), str(level), (window.groups[name] == level).to_numpy()) for level in levels]
    for kind, level, members in places:
        for number, part in enumerate(base.parts):
            data = new_outcomes(window.rows(members), base, number, -np.inf)
            if data.expected <= 0:
                continue
            ratio, lower, upper = observed_by_expected(data)
            yield {
                "part": part.part,
                "group": kind,
                "level": level,
                "patients": len(data.happened),
                "events": data.events,
                "expected": data.expected,
                "ratio": ratio,
                "lower": lower,
                "upper": upper,
            }


def _strongest(actions: Sequence[str]) -> str:
    return max(actions, key=CHANGES.index, default="keep")


def _findings(checks: Sequence[Check]) -> Iterator[Finding]:
    for each in checks:
        if each.code:
            severity = "serious" if each.severity == "hold" else "info" if each.severity == "shift" else "warning"
            yield Finding(code=each.code, severity=severity, message=each.message, place=each.place or None)  # type: ignore[arg-type]
