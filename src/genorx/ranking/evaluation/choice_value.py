"""Value of choosing options by one model rather than another, in patients used to develop neither.

Outcomes under options that patients did not receive are estimated by cross-fitted doubly robust scores.
Source: Athey S, Wager S 2021, Econometrica 89:133.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.cohort import Cohort
from genorx.effects.adjusted.alignment import align
from genorx.effects.assessment.assessment import check_weighable
from genorx.effects.assessment.recommendation_rate import claims_by_chance
from genorx.effects.averages.doubly_robust import Scores, doubly_robust_scores
from genorx.effects.averages.identification import identified_codes, judge_options
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY
from genorx.errors import SupportError
from genorx.ranking.answer.estimates import main_quantity
from genorx.ranking.evaluation.effect_evaluation import Comparison
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.model.templates import Templates

Floats = NDArray[np.float64]
_FOLDS = 5
_BLOCK = 100  # patients at a time
_LEAST_OVERLAP = 0.5  # share of patients whose option would change; the same minimum as in an evaluation


@dataclass(frozen=True, kw_only=True)
class ChoiceValue:
    """Mean outcomes under two choices, and recommendations expected by chance.

    Attributes
    ----------
    first, second : float
        Mean outcome: time up to the horizon, probability, or amount.
    gain, std_error : float
        Gain of the second choice over the first, paired; above 0 is good, also if less of the outcome is better.
    patients, without_overlap : int
        Patients counted, and those left out because these data do not cover an option chosen for them.
    claims_by_chance : float
        Share of patients with a recommendation under permuted options, mean over refits.
    """

    first: float
    second: float
    gain: float
    std_error: float
    patients: int
    without_overlap: int
    claims_by_chance: float


def best_options(fit: OutcomeFit, X: pd.DataFrame) -> pd.Series[str]:
    """Return each patient's option with the best estimate of the ordering quantity; the first one in a tie.

    Parameters
    ----------
    fit : OutcomeFit
        A fit with options.
    X : DataFrame
        Features of the model.
    """
    chosen: list[str] = []
    for start in range(0, len(X), _BLOCK):
        block = X.iloc[start : start + _BLOCK]
        sampled = fit.draw(block, n_draws=2, seed=0)  # the best estimate alone is used
        quantities = [main_quantity(fit, sampled, row) for row in range(len(block))]
        chosen += [sampled.options[int(np.argmax(each.sign * each.point))] for each in quantities]
    return pd.Series(chosen, index=X.index, dtype=object)


def value_of_choices(
    cohort: Cohort,
    fit: OutcomeFit,
    templates: Templates,
    chosen: tuple[pd.Series[str], pd.Series[str]],
    *,
    permutations: int,
) -> ChoiceValue:
    """Return the value of two sets of choices.

    Parameters
    ----------
    cohort : Cohort
        Cohort with a design.
    fit : OutcomeFit
        Fit of the outcome by which options are ordered.
    templates : Templates
        Model to fit to these patients.
    chosen : two Series of str, index ``patient_id``
        Option of each patient under the first and the second choice.
    permutations : int
        Refits to permuted options.

    Raises
    ------
    SupportError, HorizonError
        If these patients do not suffice (``no-averages``, ``start-stop``, ``too-few-events``,
        ``policy-value-unknown``).
    """
    if fit.cause is not None:
        reason = "options are ordered by one of several competing causes, for which there are no averages by weighting"
        raise SupportError(reason, code="policy-value-unknown")
    comparison = Comparison(cohort, cohort.outcomes[fit.name], templates, _FOLDS)
    model, given = comparison.fitted()
    check_weighable(model)
    patients = align(given["X"], given["y"], given["treatment"], None, given["strata"])
    scores = doubly_robust_scores(model, patients, folds=_FOLDS, seed=templates.seed, horizon=comparison.horizon)
    identified = [0, *identified_codes(model, judge_options(model, scores))]
    first, second = (_codes(scores, each) for each in chosen)
    kept = _identified_for(scores, identified, first) & _identified_for(scores, identified, second)
    _refuse_without_overlap(first != second, kept)
    rows = np.flatnonzero(kept)
    values = [scores.scores[rows, each[rows]] for each in (first, second)]
    gains = fit.sign * (values[1] - values[0])
    return ChoiceValue(
        first=float(values[0].mean()),
        second=float(values[1].mean()),
        gain=float(gains.mean()),
        std_error=float(gains.std(ddof=1) / np.sqrt(gains.size)),
        patients=int(rows.size),
        without_overlap=int((~kept).sum()),
        claims_by_chance=claims_by_chance(
            model,
            patients,
            scores,
            sign=fit.sign,
            horizon=comparison.horizon,
            permutations=permutations,
            seed=templates.seed,
        ),
    )


def _codes(scores: Scores, chosen: pd.Series[str]) -> NDArray[np.int64]:
    """Return the index of each patient's option among those of the scores; -1 if there is none."""
    return np.asarray(pd.Index(scores.options).get_indexer(pd.Index(chosen.reindex(scores.patients))), dtype=np.int64)


def _identified_for(scores: Scores, identified: list[int], code: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the patients for whom these data can estimate the outcome under the chosen option."""
    chance = scores.chance[np.arange(len(code)), np.maximum(code, 0)]
    return np.asarray(np.isin(code, identified) & (chance >= SMALLEST_PROPENSITY))


def _refuse_without_overlap(changed: NDArray[np.bool_], kept: NDArray[np.bool_]) -> None:
    left = int((changed & kept).sum())
    if kept.sum() < 2 or left < _LEAST_OVERLAP * changed.sum():
        raise SupportError(
            f"of {int(changed.sum())} patients whose option would change, these data can estimate the outcome under "
            f"both options for {left}",
            hint="evaluate on data in which more patients had either option",
            code="policy-value-unknown",
        )
