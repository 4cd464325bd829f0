"""Equations of a simulated trial: hazards, effects of options, exact survival and restricted means.

They are written out in ``datasets.trial``, which draws the patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.datasets import _population as population
from genorx.errors import UsageError

Floats = NDArray[np.float64]
EffectKind = Literal["none", "constant", "interaction", "qualitative", "marker"]

_SHAPE, _SCALE = 1.2, 30.0
_NUMBERS = {"age_years": (63.0, 11.0), "albumin_g_per_l": (38.0, 4.5), "hb_g_per_dl": (12.6, 1.6)}
_PROGNOSIS = {
    "age_years": 0.25,
    "ecog": 0.30,
    "stage": 0.45,
    "ldh_u_per_l": 0.25,
    "albumin_g_per_l": -0.20,
    "smoking_status": 0.20,
    "TP53": 0.35,
    "KRAS": 0.25,
    "IDH1": -0.30,
}


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEffect:
    """Effect of an option against the reference, on the log hazard: ``main`` plus ``modifiers`` times scores.

    Attributes
    ----------
    main : float
        Log hazard ratio of a patient whose scores are 0.
    modifiers : mapping of feature to float
        Change of the log hazard ratio per unit of the feature's score.
    toxicity : float
        Log odds ratio of the toxicity against the reference.
    """

    main: float = 0.0
    modifiers: Mapping[str, float] = field(default_factory=dict)
    toxicity: float = 0.0


def effects_of(
    options: tuple[str, ...], effect: EffectKind | Mapping[str, OptionEffect], genes: int
) -> dict[str, OptionEffect]:
    """Return the effect of each option; the reference has none."""
    if not isinstance(effect, str):
        unknown = sorted(set(effect) - set(options[1:]))
        if unknown:
            raise UsageError(f"effect names {unknown}, but the options besides the reference are {list(options[1:])}")
        return {option: effect.get(option, OptionEffect()) for option in options}
    names = list(population.gene_shares(genes))
    made = {options[0]: OptionEffect()} if options else {}
    for step, option in enumerate(options[1:], start=1):
        made[option] = _preset(effect, step, names)
    return made


def _preset(effect: str, step: int, genes: list[str]) -> OptionEffect:
    toxicity = 0.4 * step
    if effect == "none":
        return OptionEffect(toxicity=toxicity)
    if effect == "constant":
        return OptionEffect(main=step * np.log(0.75), toxicity=toxicity)
    if effect == "interaction":
        return OptionEffect(main=-0.3, modifiers={"age_years": 0.35 / step}, toxicity=toxicity)
    if effect == "qualitative":
        return OptionEffect(main=-0.7 / step, modifiers={"TP53": 1.4 / step}, toxicity=toxicity)
    if effect == "marker":
        if step + 1 >= len(genes):
            raise UsageError(f"effect 'marker' needs more than {step + 1} genes for option {step}, not {len(genes)}")
        return OptionEffect(modifiers={genes[step + 1]: -1.0}, toxicity=toxicity)
    raise UsageError(f"effect is {effect!r}, but must be none, constant, interaction, qualitative, marker or a mapping")


def scores_of(features: pd.DataFrame) -> dict[str, Floats]:
    """Return the score of each feature available to the equations, from the complete values."""
    scores: dict[str, Floats] = {}
    for name, column in features.items():
        key = str(name)
        if key == "smoking_status":
            scores[key] = np.asarray(column == "current", dtype=float)
        elif key == "ldh_u_per_l":
            scores[key] = (np.log(column.to_numpy(float)) - 5.45) / 0.36
        elif key in _NUMBERS:
            mean, spread = _NUMBERS[key]
            scores[key] = (column.to_numpy(float) - mean) / spread
        elif isinstance(column.dtype, pd.CategoricalDtype):
            scores[key] = np.asarray(column.cat.codes, dtype=float)
        elif column.dtype == "Int8":
            scores[key] = (column.to_numpy(float) > 0).astype(float)
        else:
            scores[key] = column.to_numpy(float)
    return scores


def prognosis(scores: dict[str, Floats], n: int) -> Floats:
    total = np.zeros(n)
    for name, weight in _PROGNOSIS.items():
        if name in scores:  # a trial with few genes lacks some of the prognostic ones
            total += weight * scores[name]
    return total - 0.9  # about the mean of the sum: an average patient has the baseline hazard


def effect_on(scores: dict[str, Floats], effect: OptionEffect, n: int) -> Floats:
    unknown = sorted(set(effect.modifiers) - set(scores))
    if unknown:
        raise UsageError(
            f"modifier {unknown[0]!r} is not a feature of this trial", hint="raise genes, or check the name"
        )
    return np.full(n, effect.main) + sum((w * scores[name] for name, w in effect.modifiers.items()), np.zeros(n))


def toxicity_log_odds(
    scores: dict[str, Floats], options: tuple[str, ...], effects: Mapping[str, OptionEffect], n: int
) -> Floats:
    base = -1.7 + 0.25 * scores["age_years"]
    log_odds = np.column_stack([base + np.full(n, effects[option].toxicity) for option in options])
    log_odds[:, -1] += 1.3 * scores[population.site_name("DPYD")]
    return log_odds


def draw_outcomes(rng: Generator, log_hazard: Floats, censoring: float, follow_up: float) -> pd.DataFrame:
    """Draw time and event: Weibull times, entry over half of the follow-up, drop-out tuned to ``censoring``."""
    n = len(log_hazard)
    death = _SCALE * (rng.exponential(size=n) * np.exp(-log_hazard)) ** (1.0 / _SHAPE)
    end, unit = rng.uniform(0.5, 1.0, n) * follow_up, rng.exponential(size=n)
    low, high = 0.0, 1.0  # drop-out rate per month
    for _ in range(40):
        rate = 0.5 * (low + high)
        seen = death <= np.minimum(end, unit / rate)
        low, high = (low, rate) if 1.0 - seen.mean() > censoring else (rate, high)
    limit = np.minimum(end, unit / max(low, 1e-12))
    return pd.DataFrame({"time": np.minimum(death, limit).clip(0.01), "event": death <= limit})


def exact_truth(
    index: pd.Index, options: tuple[str, ...], log_hazard: Floats, toxicity: Floats, horizon: float
) -> pd.DataFrame:
    """Return the truth in long form: closed forms of the Weibull distribution."""
    from scipy.special import gamma, gammainc

    rate = np.exp(log_hazard) * _SCALE**-_SHAPE
    survival = np.exp(-rate * horizon**_SHAPE)
    order = 1.0 / _SHAPE
    rmst = gamma(order) * gammainc(order, rate * horizon**_SHAPE) * rate**-order / _SHAPE
    columns = {"rmst": rmst, "survival": survival, "toxicity": toxicity}
    columns |= {f"delta_{name}": value - value[:, :1] for name, value in columns.items()}
    long = {name: value.ravel() for name, value in columns.items()}
    keys = {"patient_id": np.repeat(index.to_numpy(), len(options)), "option": np.tile(options, len(index))}
    return pd.DataFrame(keys | long)


def expit(values: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-values))
