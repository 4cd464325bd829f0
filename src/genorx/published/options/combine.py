"""A published baseline risk with the effect of a trial: the gain of a treatment that the baseline does not include.

The effect acts only on the hazard of its own outcome or cause, S(t) ** HR, and never on a treatment that the baseline
already includes.  An effect from own data is reported beside that of the trial, never in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import Finding, UsageError, shown
from genorx.published.cards.card import Card
from genorx.published.estimates import AS_RECORDED, UNKNOWN, Addition, Availability, Estimated
from genorx.published.formulas import WHOLE_TABLE
from genorx.published.inputs.inputs import Floats, Inputs, TableSource
from genorx.published.model import PublishedModel
from genorx.published.models.two_causes import TwoCauseModel, YearlyHazards, cumulative_deaths
from genorx.published.tables import load_table

SCALES = ("hazard ratio", "rate ratio", "risk ratio", "odds ratio")
# names of outcomes in trials, and in models
_ALIASES = {"mi_stroke": "ascvd", "mve": "ascvd", "major cardiovascular event": "ascvd"}
_MOST_EFFECTS = 4


@dataclass(frozen=True, kw_only=False)
class RelativeEffect:
    """The relative effect of a treatment, from a trial or from your own data.

    Parameters
    ----------
    name : str
        Name of the option.
    estimate : float
        Ratio; below 1 is protective.
    interval : tuple of float, optional
        95 % interval of the ratio.
    per : str
        Unit of the effect, such as ``1 mmol/L LDL``.
    amount : float
        Amount for the patient in this unit; the ratio is raised to this power.
    scale : {"hazard ratio", "rate ratio", "risk ratio", "odds ratio"}
        Scale of the ratio; hazard and rate ratios act on the cumulative hazard.
    applies_to : str
        The only outcome or cause of the baseline on which the effect acts.
    treatment : str, optional
        Name of the treatment, to prevent counting it twice; by default ``name``.

    Examples
    --------
    >>> import genorx as gx
    >>> statin = gx.published.RelativeEffect(
    ...     "statin", 0.78, (0.76, 0.80), per="1 mmol/L LDL", scale="rate ratio", treatment="statin",
    ...     doi="10.1016/S0140-6736(10)61350-5",
    ... )
    >>> statin.estimate
    0.78
    """

    name: str
    estimate: float
    interval: tuple[float, float] | None = None
    per: str = ""
    amount: float = 1.0
    scale: str = "hazard ratio"
    applies_to: str = ""
    doi: str = ""
    treatment: str = ""

    def __post_init__(self) -> None:
        ends = (self.estimate, *(self.interval or ()))
        if not all(np.isfinite(end) and end > 0 for end in ends):
            raise UsageError(f"a ratio of {shown(self.name)!r} is not above 0", code="usage")
        if self.interval is not None and not self.interval[0] <= self.estimate <= self.interval[1]:
            raise UsageError(f"the interval of {shown(self.name)!r} does not include its estimate", code="usage")
        if self.scale not in SCALES:
            raise UsageError(f"scale {shown(self.scale)!r} is not one of {', '.join(SCALES)}", code="usage")
        if "+" in self.name or not self.name:
            raise UsageError("the name of an effect is empty or contains a +", code="usage")

    @property
    def log_effect(self) -> float:
        """Log ratio for the patient's amount."""
        return self.amount * float(np.log(self.estimate))

    def ratios(self) -> tuple[float, float, float]:
        """Return the ratio and its confidence limits for the amount; NaN without an interval."""
        ends = self.interval or (np.nan, np.nan)
        return tuple(float(each**self.amount) for each in (self.estimate, *ends))  # type: ignore[return-value]


def trial_effects() -> pd.DataFrame:
    """Return the relative effects of trials in the pack: id, per, outcome, rr, lower, upper, source, status.

    Examples
    --------
    >>> trial_effects().columns[:3].tolist()
    ['id', 'per', 'outcome']
    """
    rows = [
        {"id": name, **{key: value for key, value in each.items() if key != "ci"}}
        | dict(zip(("lower", "upper"), each["ci"] or (None, None), strict=True))
        for name, each in load_table("trial-effects").items()
    ]
    return pd.DataFrame(rows, columns=["id", "per", "outcome", "rr", "lower", "upper", "source", "status"])


class Combine(PublishedModel):
    """A published baseline risk combined with relative effects from trials, as options.

    Parameters
    ----------
    baseline : PublishedModel
        Baseline model, as published or recalibrated.
    effects : sequence of RelativeEffect
        Effects from trials.
    own : sequence of RelativeEffect, optional
        Effects from own data, named as those of the trials.  They are never used in place of the trials; a finding
        reports intervals that do not overlap.

    Raises
    ------
    UsageError
        If an effect acts on an outcome that the baseline does not have (``published-effect-outcome``), or the baseline
        already includes the treatment (``published-double-use``).

    Examples
    --------
    >>> import genorx as gx
    >>> model = gx.published.load("predict-breast@2.2")
    >>> drug = gx.published.RelativeEffect("abemaciclib", 0.7, (0.6, 0.8), applies_to="breast")
    >>> "h + abemaciclib" in gx.published.Combine(model, [drug]).all_options()
    True
    """

    def __init__(
        self,
        baseline: PublishedModel,
        effects: Sequence[RelativeEffect],
        own: Sequence[RelativeEffect] = (),
    ) -> None:
        super().__init__(
            version=baseline.version, mapping=baseline.mapping, values=baseline.values, trusted=baseline.trusted
        )
        self.baseline = baseline
        self.effects = effects
        self.own = own
        self._check()

    @property
    def family(self) -> str:  # type: ignore[override]
        """Family of the baseline."""
        return self.baseline.family

    @property
    def id(self) -> str:
        """Name of the baseline with the effects."""
        return " + ".join([self.baseline.id, *(each.name for each in self.effects)])

    @property
    def card(self) -> Card:
        """Card of the baseline with the effects among its options."""
        card = self.baseline.card
        added = tuple(
            {
                "name": each.name,
                "what": f"{each.name}, per {each.per}" if each.per else each.name,
                "log_effect": each.log_effect,
                "scale": f"log {each.scale}, {each.applies_to}",
                "origin": each.doi or "given by the user",
                "applies": "all",
            }
            for each in self.effects
        )
        return replace(card, options=(*card.options, *added))

    @property
    def digest(self) -> str:
        """SHA-256 of the baseline with the effects."""
        from dataclasses import asdict

        from genorx._core.provenance import json_digest

        return json_digest({"baseline": self.baseline.digest, "effects": [asdict(each) for each in self.effects]})

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the constructor's parameters."""
        return {"baseline": self.baseline, "effects": self.effects, "own": self.own}

    def _check(self) -> None:
        if not 0 < len(self.effects) <= _MOST_EFFECTS or len({each.name for each in self.effects}) < len(self.effects):
            raise UsageError(f"1 to {_MOST_EFFECTS} effects with different names are required", code="usage")
        known = self._outcomes()
        for each in self.effects:
            if _target(each) not in known:
                raise UsageError(
                    f"{self.baseline.id} has no cause or outcome {shown(each.applies_to)!r} of its own",
                    hint=f"an effect acts on one of {', '.join(known)}",
                    code="published-effect-outcome",
                )
            for counted in self._counted(each):
                if "column" not in counted:
                    raise UsageError(
                        f"{self.baseline.id} counts {counted['treatment']} already: {counted['how']}",
                        hint="the same treatment would count twice; use a baseline without it",
                        code="published-double-use",
                    )

    def _counted(self, effect: RelativeEffect) -> list[Mapping[str, str]]:
        """Return the inputs and options of the baseline that already include this treatment."""
        name = (effect.treatment or effect.name).casefold()
        card = self.baseline.card
        found = [each for each in card.contains if each["treatment"] in name]
        own = [
            {"treatment": str(each["what"]), "how": f"it is the option {each['name']!r} of the baseline"}
            for each in card.options
            if name in str(each["what"]).casefold() or str(each["what"]).casefold().partition(",")[0] in name
        ]
        return [*found, *own]

    def _outcomes(self) -> tuple[str, ...]:
        if isinstance(self.baseline, TwoCauseModel):
            return (self.baseline.disease, "other")
        return tuple(self.baseline.card.outcome)

    def read(self, frame: pd.DataFrame, source: TableSource = WHOLE_TABLE) -> Inputs:
        """Read the frame as in the baseline, with findings on effects whose intervals do not overlap."""
        inputs = self.baseline.read(frame, source)
        inputs.general.extend(self._conflicts())
        return inputs

    def _conflicts(self) -> list[Finding]:
        """Return the effects of own data whose interval does not overlap the trial's."""
        trials = {each.name: each for each in self.effects}
        found = []
        for each in self.own:
            trial = trials.get(each.name)
            if trial is None or trial.interval is None or each.interval is None:
                continue
            if each.interval[0] > trial.interval[1] or each.interval[1] < trial.interval[0]:
                text = (
                    f"{each.name}: own data {each.estimate:.2f} ({each.interval[0]:.2f} to {each.interval[1]:.2f}), "
                    f"trial {trial.estimate:.2f} ({trial.interval[0]:.2f} to {trial.interval[1]:.2f}), which is used"
                )
                found.append(Finding(code="published-effect-conflict", severity="warning", message=text))
        return found

    def all_options(self) -> tuple[str, ...]:
        """Return the baseline's options, each with every combination of effects."""
        return self._with_effects(self.baseline.all_options())

    def default_options(self, inputs: Inputs) -> tuple[str, ...]:
        """Return the baseline's default options, each with every combination of effects."""
        return self._with_effects(self.baseline.default_options(inputs))

    def _with_effects(self, bases: Sequence[str]) -> tuple[str, ...]:
        names = [each.name for each in self.effects]
        some = [each for size in range(len(names) + 1) for each in combinations(names, size)]
        return tuple(" + ".join([base, *each]) for base in bases for each in some)

    def _parts(self, option: str) -> tuple[str, list[RelativeEffect]]:
        base, *names = option.split(" + ")
        return base, [each for each in self.effects if each.name in names]

    def availability(self, inputs: Inputs, option: str) -> Availability:
        """Return to whom an option applies: unknown if the prediction already includes its treatment."""
        base, effects = self._parts(option)
        made = self.baseline.availability(inputs, base)
        state, reasons = made.state.copy(), list(made.reasons)
        for effect in effects:
            for counted in self._counted(effect):
                taken = inputs[counted["column"]] == 1
                text = (
                    f"the prediction counts {counted['treatment']} already ({counted['column']} is 1): "
                    f"{effect.name} on top of it would count twice"
                )
                reasons.append((np.flatnonzero(taken), UNKNOWN, text))
                state[taken & (state == 0)] = UNKNOWN
        return Availability(state=state, reasons=tuple(each for each in reasons if each[0].size))

    def additions(self, inputs: Inputs, option: str) -> tuple[Addition, ...]:
        """Return the treatments of the baseline's option and the effects, each with the option without it."""
        base, effects = self._parts(option)
        names = [each.name for each in effects]
        tail = "".join(f" + {name}" for name in names)
        inner = [replace(each, without=each.without + tail) for each in self.baseline.additions(inputs, base)]
        outer = [
            Addition(
                key=each.name,
                name=each.name,
                without=" + ".join([base, *(name for name in names if name != each.name)]),
                effect=np.full(len(inputs), each.log_effect),
            )
            for each in effects
        ]
        return (*inner, *outer)

    def estimates(self, inputs: Inputs, horizons: Sequence[float], options: Sequence[str]) -> list[Estimated]:
        """Return the baseline's estimates under the effects, with bounds from the effects' intervals."""
        made = []
        for option in options:
            base, effects = self._parts(option)
            ends = [self._under(inputs, horizons, base, effects, end) for end in range(3 if effects else 1)]
            bounded = bool(effects) and all(effect.interval is not None for effect in effects)
            for number, each in enumerate(ends[0]):
                name = each.name if option == base else f"{each.name} ({option})"
                named = replace(each, name=name, option=option)
                if bounded:
                    low, high = ends[1][number].values, ends[2][number].values
                    named = replace(named, lower=np.minimum(low, high), upper=np.maximum(low, high))
                made.append(named)
        return made

    def _under(
        self, inputs: Inputs, horizons: Sequence[float], base: str, effects: Sequence[RelativeEffect], end: int
    ) -> list[Estimated]:
        """Return the estimates of an option at the point (0) or a limit (1, 2) of the effects' intervals."""
        ratios = [(each, each.ratios()[end]) for each in effects]
        if isinstance(self.baseline, TwoCauseModel):
            hazards = self.baseline.hazards(inputs, base)
            for effect, ratio in ratios:
                cause = "disease" if _target(effect) == self.baseline.disease else "other"
                hazards = replace(hazards, **{cause: getattr(hazards, cause) * ratio})
            return self.baseline.estimates_of(
                cumulative_deaths(YearlyHazards(disease=hazards.disease, other=hazards.other)), horizons, base
            )
        made = self.baseline.estimates(inputs, horizons, (base,))
        for effect, ratio in ratios:
            made = [_acted_on(each, effect, ratio) for each in made]
        return made

    def difference_bounds(
        self, inputs: Inputs, option: str, reference: str, horizon: float
    ) -> tuple[Floats, Floats] | None:
        """Return the limits of a difference by the trial's interval, if only its effects differ."""
        (base, effects), (other, before) = self._parts(option), self._parts(reference)
        if base != other or before or not effects or any(each.interval is None for each in effects):
            return None
        plain = self._under(inputs, (horizon,), other, [], 0)
        position = next(number for number, each in enumerate(plain) if each.outcome in ("os", _target(effects[0])))
        gaps = [
            plain[position].risk - self._under(inputs, (horizon,), base, effects, end)[position].risk for end in (1, 2)
        ]
        return np.minimum(*gaps), np.maximum(*gaps)

    def general_findings(self, made: Sequence[Estimated]) -> list[Finding]:
        """Return the findings that concern every patient: the baseline's, and on the meaning of the intervals."""
        found = self.baseline.general_findings(made)
        if any(each.interval is not None for each in self.effects):
            text = "intervals include only the uncertainty of the trial's effect: the baseline has none"
            found.append(Finding(code="published-treatment-interval", severity="info", message=text))
        return found

    def checked_horizons(self, horizons: Sequence[float]) -> tuple[float, ...]:
        """Return the horizons, checked by the baseline."""
        return self.baseline.checked_horizons(horizons)

    def _wide(self, inputs: Inputs) -> dict[str, NDArray[Any]]:
        return {each.name: each.values for each in self.estimates(inputs, self.card.horizons, self.all_options())}

    def reference_option(self) -> str:
        """Return the baseline's reference, or the recorded treatment if the baseline has no options."""
        return self.baseline.reference_option() if self.baseline.all_options() != (AS_RECORDED,) else AS_RECORDED


def _target(effect: RelativeEffect) -> str:
    return _ALIASES.get(effect.applies_to, effect.applies_to)


def _acted_on(each: Estimated, effect: RelativeEffect, ratio: float) -> Estimated:
    """Return a risk under an effect on its own outcome; other risks are unchanged."""
    if each.outcome != _target(effect) or each.kind != "risk":
        return each
    risk = each.values
    if effect.scale in ("hazard ratio", "rate ratio"):
        changed = -np.expm1(ratio * np.log1p(-risk))
    elif effect.scale == "risk ratio":
        changed = np.minimum(risk * ratio, 1.0)
    else:
        odds = ratio * risk / (1.0 - risk)
        changed = odds / (1.0 + odds)
    return replace(each, values=changed)
