"""Weights of benefit and harm in force: the latest given, restricted to fitted outcomes.

The utility of a patient's outcomes is ``trade_off.utility``; weights in a study file are ``cohort.study_file.utility``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from genorx.cohort.study_file.utility import Utility, Weight, weights_faults
from genorx.errors import Finding, SupportError, UsageError, shown

if TYPE_CHECKING:
    from genorx.ranking.answer.standing import Part
    from genorx.ranking.model.outcome_fit import OutcomeFit


def usable_utility(utility: Utility | None, left_out: Collection[str]) -> tuple[Utility | None, tuple[Finding, ...]]:
    """Return a study's usable weights: none, with a finding, if the fit excluded a weighted outcome.

    Parameters
    ----------
    utility : Utility or None
    left_out : collection of str
        Outcomes of the model's study that could not be fitted to its data.

    Raises
    ------
    SupportError
        ``utility-outcome`` if options are to be ordered by weights of such an outcome.
    """
    lost = [] if utility is None else [name for name in utility.outcomes if name in left_out]
    if utility is None or not lost:
        return utility, ()
    if utility.orders:
        raise SupportError(
            f"options cannot be ordered by utility: the weighted outcome {shown(lost[0])} has no estimate",
            hint='leave the outcome out of [utility], or order by = "primary"',
            code="utility-outcome",
        )
    message = f"utility is not by the study's weights: {', '.join(map(shown, lost))}, which they weigh, has no estimate"
    order = None if utility.orders is None else Utility(orders=utility.orders)
    return order, (Finding(code="utility-not-weighed", severity="warning", message=message),)


def chosen_utility(
    candidates: Sequence[Utility | None], fits: Sequence[OutcomeFit], *, left_out: Collection[str] = ()
) -> tuple[Utility | None, tuple[Finding, ...]]:
    """Return the weights to rank by, None if none are given, with findings on excluded ones.

    Parameters
    ----------
    candidates : sequence of Utility or None
        Stated weights, the nearest first: with the call, by the patients' study, by that of the model.  The first that
        names weights gives them; the first that states the order of options gives it.
    fits : sequence of OutcomeFit
        The primary outcome first.
    left_out : collection of str
        As in ``usable_utility``.

    Raises
    ------
    UsageError
        ``utility-outcome`` if an outcome is not in the model; otherwise as
        ``cohort.study_file.utility.weights_faults``.
    SupportError
        As ``usable_utility``.
    """
    usable = [usable_utility(each, left_out) for each in candidates if each is not None]
    kept = [one for one, _ in usable if one is not None]
    findings = tuple(finding for _, found in usable for finding in found)
    weights = next((one for one in kept if one.outcomes), None)
    if weights is None:
        return None, findings
    _check(weights, fits)
    orders = next((one.orders for one in kept if one.orders is not None), False)
    return replace(weights, orders=orders), findings


def default_utility(parts: Sequence[Part]) -> Utility | None:
    """Return the default rule: each unit of event-free time counts 1, harms count nothing."""
    primary = parts[0].fit
    if not primary.timed or primary.sign < 0:
        return None
    weights = {primary.name: Weight(quality=1.0)}
    weights |= {part.fit.name: Weight(loss=0.0) for part in parts[1:] if not part.fit.timed and part.fit.role != "cost"}
    return Utility(rule="quality", outcomes=weights)


def _check(weights: Utility, fits: Sequence[OutcomeFit]) -> None:
    known = {fit.name: fit for fit in fits}
    missing = [name for name in weights.outcomes if name not in known]
    if missing:
        raise UsageError(
            f"utility weighs {shown(missing[0])!r}, which the model does not estimate",
            hint=f"its outcomes are {', '.join(map(shown, sorted(known)))}",
            code="utility-outcome",
        )
    for fault in weights_faults(weights.rule, weights.outcomes, known, fits[0].name):
        raise UsageError(f"{'.'.join(map(str, fault.where))}: {fault.reason}", hint=fault.hint, code=fault.code)
