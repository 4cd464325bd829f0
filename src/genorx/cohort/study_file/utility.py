"""Utility of a study: benefit against harm as one number per patient and option, by declared weights.

Two rules.  ``quality``: time without the event, each unit of it worth ``quality``, less the time that one would give up
to avoid a harm (``loss``); with one harm it is a quality-adjusted restricted mean.  ``weighted``: outcomes brought
to a scale from worst (0) to best (1) and averaged by weights that sum to 1.

Sources: Glasziou PP et al. 1990, Stat Med 9:1259 (quality-adjusted survival); Keeney RL, Raiffa H 1976, Decisions with
Multiple Objectives (weighted value).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from genorx._core.short_repr import short
from genorx.cohort.kinds import DATA_KINDS, KeyFault
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile

_SUM = 1e-6  # weights in three decimals sum to 1 within this


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Weight of one outcome: ``quality`` or ``loss`` (rule ``quality``), ``weight`` and ``scale`` (``weighted``).

    Attributes
    ----------
    quality : float or None
        Weight of a unit of time without the event, 0 to 1.
    loss : float or None
        Time that a patient would give up to avoid the harm, in the unit of the primary outcome.
    weight : float or None
        Weight of the outcome, 0 to 1; the weights of all outcomes sum to 1.
    scale : (float, float) or None
        Worst and best value of the outcome.

    Raises
    ------
    UsageError
        ``weight-range``: a quality or weight outside 0 to 1, a negative loss, a scale with an infinite limit.
    """

    quality: float | None = None
    loss: float | None = None
    weight: float | None = None
    scale: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("quality", "weight"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise UsageError(f"{name} {value:g} is not between 0 and 1", code="weight-range")
        if self.loss is not None and not 0.0 <= self.loss < math.inf:
            raise UsageError(f"loss {self.loss:g} is not a time of 0 or more", code="weight-range")
        if self.scale is not None and not all(map(math.isfinite, self.scale)):
            raise UsageError("a limit of a scale is not a finite number", code="weight-range")


@short
@dataclass(frozen=True, kw_only=True)
class Utility:
    """Weights of benefit and harm.

    Attributes
    ----------
    rule : {"quality", "weighted"}
        Rule by which outcomes are combined.
    outcomes : mapping of outcome to Weight
        Empty if only the order is stated.
    thresholds : tuple of float
        Acceptable cost of a unit of utility, in the unit of the outcome of role ``cost``.
    orders : bool or None
        Whether options are ordered by utility; otherwise by the primary outcome.  None: not stated, the model's order
        holds.
    """

    rule: Literal["quality", "weighted"] = "quality"
    outcomes: Mapping[str, Weight] = field(default_factory=dict)
    thresholds: tuple[float, ...] = ()
    orders: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the utility of a dictionary from ``to_dict``."""
        weights = {
            name: Weight(**(one | {"scale": None if one["scale"] is None else tuple(one["scale"])}))
            for name, one in values["outcomes"].items()
        }
        return cls(**(dict(values) | {"outcomes": weights, "thresholds": tuple(values["thresholds"])}))


def utility_of(study: StudyFile) -> Utility | None:
    """Return the weights and the order of a study file; None if it has neither."""
    orders = None if study.ranking.by is None else study.ranking.by == "utility"
    section = study.utility
    if section is None:
        return None if orders is None else Utility(orders=orders)
    weights = {
        name: Weight(
            quality=one.quality,
            loss=one.loss,
            weight=one.weight,
            scale=None if one.scale is None else (one.scale[0], one.scale[1]),
        )
        for name, one in section.outcomes.items()
    }
    return Utility(rule=section.rule, outcomes=weights, thresholds=tuple(sorted(section.thresholds)), orders=orders)


def utility_faults(study: StudyFile, primary: str | None) -> Iterator[KeyFault]:
    """Find the faults of ``[utility]``."""
    section = study.utility
    if section is None:
        if study.ranking.by == "utility":
            hint = "add [utility.outcomes.*] with the weights"
            yield KeyFault(("ranking", "by"), 'options are ordered by "utility" but there is no [utility]', hint)
        return
    if not study.outcomes:
        return  # a study of patients to predict; the model knows its outcomes
    if not section.outcomes:
        yield KeyFault(("utility",), "names no outcome", "add [utility.outcomes.NAME]", "missing-key")
    for name in section.outcomes:
        if name not in study.outcomes:
            known = ", ".join(map(shown, study.outcomes))
            yield KeyFault(("utility", "outcomes", name), f'"{shown(name)}" is not an outcome', f"outcomes: {known}")
    weights = {name: one for name, one in section.outcomes.items() if name in study.outcomes}
    yield from weights_faults(section.rule, weights, study.outcomes, primary)
    costs = sum(outcome.role == "cost" for outcome in study.outcomes.values())
    if section.thresholds and costs != 1:
        hint = 'give role = "cost" to one outcome, the total cost'
        yield KeyFault(("utility", "thresholds"), f'"thresholds" with {costs} outcomes of role "cost"', hint)


def weights_faults(
    rule: str, weights: Mapping[str, Any], outcomes: Mapping[str, Any], primary: str | None
) -> Iterator[KeyFault]:
    """Find the faults of weights in a study file, or of those given to a fitted model.

    Parameters
    ----------
    rule : str
    weights : mapping of outcome to ``Weight``, or to the section of a study file
    outcomes : mapping of outcome to an object with ``kind``, ``role`` and ``better``
        Includes all outcomes of ``weights``.
    primary : str or None
        Outcome by which the study ranks.
    """
    for name, one in weights.items():
        yield from _outcome_faults(name, one, outcomes[name], rule)
    if rule == "weighted":
        total = sum(one.weight or 0.0 for one in weights.values())
        if weights and abs(total - 1.0) > _SUM:
            yield KeyFault(("utility", "outcomes"), f"weights sum to {total:g}, not to 1", None, "weights-sum")
        return
    if primary in outcomes and not DATA_KINDS[outcomes[str(primary)].kind].timed:
        hint = 'use rule = "weighted" with a scale for each outcome'
        reason = 'the rule "quality" counts time, and the primary outcome is not a time'
        yield KeyFault(("utility", "rule"), reason, hint)
    elif weights and not any(DATA_KINDS[outcomes[name].kind].timed for name in weights):
        hint = f'add [utility.outcomes.{shown(primary)}] with "quality"' if primary else _HINTS["quality"]
        reason = 'the rule "quality" counts time, and no time is among the weights'
        yield KeyFault(("utility", "outcomes"), reason, hint, "missing-key")


def _outcome_faults(name: str, one: Any, outcome: Any, rule: str) -> Iterator[KeyFault]:
    where = ("utility", "outcomes", name)
    if outcome.role == "cost":
        hint = "costs are compared with utility by thresholds = [50000]"
        yield KeyFault(where, f'"{shown(name)}" is a cost and has no weight', hint)
        return
    kind = DATA_KINDS[outcome.kind]
    if kind.timed and rule == "quality" and outcome.better == "shorter":
        hint = 'use rule = "weighted" with a scale from worst to best'
        yield KeyFault(where, f'the rule "quality" counts time as good, and less of "{shown(name)}" is better', hint)
    needed = ("weight", "scale") if rule == "weighted" else ("quality",) if kind.timed else ("loss",)
    for key in needed:
        if getattr(one, key) is None:
            hint = _HINTS[key]
            yield KeyFault(where, f'"{shown(name)}" needs "{key}" by the rule "{rule}"', hint, "missing-key")
    for key in ("quality", "loss", "weight", "scale"):
        if key not in needed and getattr(one, key) is not None:
            reason = f'"{key}" does not apply to "{shown(name)}" by the rule "{rule}"'
            yield KeyFault((*where, key), reason, "remove it")
    if one.scale is not None and one.scale[0] == one.scale[1]:
        yield KeyFault((*where, "scale"), "worst and best are the same", _HINTS["scale"])
    elif one.scale is not None and kind.part != "cause":  # for a cause either its time or the remaining time counts
        (worst, best), better = one.scale, kind.better(outcome)
        if (best > worst) != (better in ("longer", "higher")):
            reason = f'the scale goes from {worst:g} (worst) to {best:g} (best), but {better} "{shown(name)}" is better'
            yield KeyFault((*where, "scale"), reason, f"scale = [{best:g}, {worst:g}], or another `better`")


_HINTS = {
    "quality": "the weight of a unit of time without the event, 0 to 1",
    "loss": "the time, in the unit of the primary outcome, that a patient would give up to avoid the harm",
    "weight": "weights of all outcomes sum to 1",
    "scale": "the worst and the best value, such as scale = [0, 5]; without a scale a weight has no meaning",
}
