"""What a study says of benefit against harm: one number a patient and option, by weights that the study names.

Two rules.  ``quality``: time without the event, each unit of it worth ``quality``, less the time that one would give up
to be spared a harm (``loss``); with one harm it is a quality-adjusted restricted mean.  ``weighted``: outcomes brought
to a scale from worst (0) to best (1) and averaged by weights that sum to 1.

Sources: Glasziou PP et al. 1990, Stat Med 9:1259 (quality-adjusted survival); Keeney RL, Raiffa H 1976, Decisions with
Multiple Objectives (weighted value).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.study_file import StudyFile, UtilityOutcomeSection, UtilitySection

_SUM = 1e-6  # weights in three decimals sum to 1 within this
_TIMED = ("survival", "competing")


@dataclass(frozen=True, kw_only=True)
class Weight:
    """What one outcome counts: ``quality`` or ``loss`` (rule ``quality``), ``weight`` and ``scale`` (``weighted``)."""

    quality: float | None = None
    loss: float | None = None
    weight: float | None = None
    scale: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Utility:
    """Weights of benefit and harm.

    Attributes
    ----------
    rule : {"quality", "weighted"}
    outcomes : mapping of outcome to Weight
    thresholds : tuple of float
        What a unit of utility may cost, in the unit of the outcome of role ``cost``.
    orders : bool
        Whether options are ordered by utility; else by the primary outcome.
    """

    rule: Literal["quality", "weighted"] = "quality"
    outcomes: Mapping[str, Weight] = field(default_factory=dict)
    thresholds: tuple[float, ...] = ()
    orders: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` gave as an object."""
        weights = {
            name: Weight(**(one | {"scale": None if one["scale"] is None else tuple(one["scale"])}))
            for name, one in values["outcomes"].items()
        }
        return cls(**(dict(values) | {"outcomes": weights, "thresholds": tuple(values["thresholds"])}))


class UtilityFault(NamedTuple):
    """A rule between keys of ``[utility]`` that is broken."""

    where: tuple[str | int, ...]
    reason: str
    hint: str | None = None
    code: str = "wrong-value"


def utility_of(study: StudyFile) -> Utility | None:
    """Return the weights of a study file; None where it names none."""
    orders = study.ranking.by == "utility"
    section = study.utility
    if section is None:
        return None
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


def utility_faults(study: StudyFile, primary: str | None) -> Iterator[UtilityFault]:
    """Find what is wrong with ``[utility]``."""
    section = study.utility
    if section is None:
        if study.ranking.by == "utility":
            hint = "add [utility.outcomes.*] with the weights"
            yield UtilityFault(("ranking", "by"), 'options are ordered by "utility" and no [utility] is there', hint)
        return
    if not study.outcomes:
        return  # a study of patients whose future is asked for; the model knows its outcomes
    if not section.outcomes:
        yield UtilityFault(("utility",), "names no outcome", "add [utility.outcomes.NAME]", "missing-key")
    for name, one in section.outcomes.items():
        yield from _outcome_faults(study, name, one, section.rule)
    yield from _rule_faults(study, section, primary)
    if section.thresholds and not any(outcome.role == "cost" for outcome in study.outcomes.values()):
        hint = 'give the outcome that is a cost role = "cost"'
        yield UtilityFault(("utility", "thresholds"), '"thresholds" without an outcome of role "cost"', hint)


def _outcome_faults(study: StudyFile, name: str, one: UtilityOutcomeSection, rule: str) -> Iterator[UtilityFault]:
    where = ("utility", "outcomes", name)
    if name not in study.outcomes:
        known = ", ".join(map(shown, study.outcomes))
        yield UtilityFault(where, f'"{shown(name)}" is not an outcome', f"outcomes: {known}")
        return
    outcome = study.outcomes[name]
    if outcome.role == "cost":
        hint = "costs stand against utility by thresholds = [50000]"
        yield UtilityFault(where, f'"{shown(name)}" is a cost and has no weight', hint)
        return
    timed = outcome.kind in _TIMED
    needed = ("weight", "scale") if rule == "weighted" else ("quality",) if timed else ("loss",)
    for key in needed:
        if getattr(one, key) is None:
            hint = _HINTS[key]
            yield UtilityFault(where, f'"{shown(name)}" needs "{key}" by the rule "{rule}"', hint, "missing-key")
    for key in ("quality", "loss", "weight", "scale"):
        if key not in needed and getattr(one, key) is not None:
            reason = f'"{key}" says nothing of "{shown(name)}" by the rule "{rule}"'
            yield UtilityFault((*where, key), reason, "remove it")
    if one.scale is not None and one.scale[0] == one.scale[1]:
        yield UtilityFault((*where, "scale"), "worst and best are the same", _HINTS["scale"])


_HINTS = {
    "quality": "what a unit of time without the event is worth, 0 to 1",
    "loss": "the time, in the unit of the primary outcome, that one would give up to be spared it",
    "weight": "weights of all outcomes sum to 1",
    "scale": "the worst and the best value, such as scale = [0, 5]; without a scale a weight has no meaning",
}


def _rule_faults(study: StudyFile, section: UtilitySection, primary: str | None) -> Iterator[UtilityFault]:
    if section.rule == "weighted":
        total = sum(one.weight or 0.0 for one in section.outcomes.values())
        if section.outcomes and abs(total - 1.0) > _SUM:
            yield UtilityFault(("utility", "outcomes"), f"weights sum to {total:g}, not to 1", None, "weights-sum")
        return
    if primary in study.outcomes and study.outcomes[str(primary)].kind not in _TIMED:
        hint = 'use rule = "weighted" with a scale for each outcome'
        reason = 'the rule "quality" counts time, and the primary outcome is none'
        yield UtilityFault(("utility", "rule"), reason, hint)
