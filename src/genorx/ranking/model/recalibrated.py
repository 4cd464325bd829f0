"""Draws of an outcome after recalibration on later data, including the uncertainty of the recalibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.protocol import EffectDraws
from genorx.outcomes.recalibration.likelihood import likelihood_of
from genorx.outcomes.recalibration.line import RecalibrationLine
from genorx.outcomes.recalibration.patients import ARM, plain_covariates
from genorx.outcomes.recalibration.steps import cumulative_hazards, incidence_of, log_at_the_end

Floats = NDArray[np.float64]


def recalibrated(
    sampled: EffectDraws,
    X: pd.DataFrame,
    lines: Sequence[tuple[str, RecalibrationLine]],
    names: Sequence[str],
    *,
    seed: int,
) -> EffectDraws:
    """Return draws with each part's log hazard (binary outcome: log odds) changed by its corrections in turn.

    Parameters
    ----------
    sampled : EffectDraws
    X : DataFrame
    lines : sequence of (str, RecalibrationLine)
        Corrections by name of the part; without any the draws are unchanged.
    names : sequence of str
        Names of the parts, in their order.
    seed : int
    """
    covariates = plain_covariates(X) if lines else X
    for number, (name, line) in enumerate(lines):
        change = _alone if sampled.parts is None else _competing
        sampled = change(sampled, line, covariates, names.index(name), seed + number)
    return sampled


def _alone(
    sampled: EffectDraws, line: RecalibrationLine, covariates: pd.DataFrame, _part: int, seed: int
) -> EffectDraws:
    likelihood = likelihood_of(timed=sampled.times.size > 0)
    point, drawn = _added(sampled, line, covariates, likelihood.index_of(sampled.point), seed)
    return replace(
        sampled,
        point=likelihood.changed(sampled.point, point[..., None]),
        draws=likelihood.changed(sampled.draws, drawn[..., None]),
    )


def _competing(
    sampled: EffectDraws, line: RecalibrationLine, covariates: pd.DataFrame, part: int, seed: int
) -> EffectDraws:
    hazards = cumulative_hazards(sampled.point, sampled.parts)
    drawn_hazards = cumulative_hazards(sampled.draws, sampled.part_draws)
    index = log_at_the_end(hazards)[..., part]
    point, drawn = _added(sampled, line, covariates, index, seed)
    hazards[..., part, :] *= np.exp(point)[..., None]
    drawn_hazards[..., part, :] *= np.exp(drawn)[..., None]
    survival, parts = incidence_of(hazards)
    drawn_survival, part_draws = incidence_of(drawn_hazards)
    return replace(sampled, point=survival, draws=drawn_survival, parts=parts, part_draws=part_draws)


def _added(
    sampled: EffectDraws, line: RecalibrationLine, covariates: pd.DataFrame, index: Floats, seed: int
) -> tuple[Floats, Floats]:
    """Return the drawn correction under each option, shape (n_patients, n_options).

    A line may have a coefficient for an option: under that option it applies to all patients.
    """
    own = ARM in covariates  # a feature of the same name
    tables = [covariates if own else covariates.assign(**{ARM: name}) for name in sampled.options]
    under = list(zip(tables, index.T, strict=True))
    point = np.stack([line.log_factor(*each) for each in under], axis=1)
    # one draw of the line for all options, which share its uncertainty
    drawn = [line.draws(*each, n_draws=len(sampled.draws), seed=seed) for each in under]
    return point, np.stack(drawn, axis=2)
