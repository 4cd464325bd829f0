"""The effect report: average differences, calibration of predicted differences, and the gain of individual choice.

All from cross-fitted doubly robust scores, so that no patient's own outcome helps to choose.  Averages are over the
patients with overlap; an option whose difference is not identified has a reason and no number.
Sources are given with each table, in ``identification``, ``effect_calibration``, ``policy_value``, ``balance``,
``e_values`` and ``sensitivity``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.frame_records import from_records, to_records
from genorx._core.number_words import number
from genorx._core.short_repr import short
from genorx.effects.adjusted.alignment import align
from genorx.effects.assessment.cohort_pictures import mean_curves, overlap_table, waterfall_table
from genorx.effects.assessment.effect_calibration import rate_table, slope_table, third_table, with_limits
from genorx.effects.assessment.policy_value import GAINS, policy_table
from genorx.effects.assessment.recommendation_rate import claims_by_chance, share_of_claims
from genorx.effects.averages.balance import ALIKE, balance_table
from genorx.effects.averages.doubly_robust import Model, Scores, doubly_robust_scores
from genorx.effects.averages.identification import identified_codes, judge_options
from genorx.effects.averages.mean_difference import average_table
from genorx.effects.averages.sensitivity import trimming_table
from genorx.errors import SupportError, shown

Floats = NDArray[np.float64]
_MANY_CUT = 0.05

#: Tables of a report, with their columns if they are empty.
_TABLES: dict[str, tuple[str, ...]] = {
    "options": ("option", "reference", "identified", "reason"),
    "averages": ("option", "estimate", "lower", "upper", "differs", "e_value", "e_value_limit"),
    "means": ("option", "estimate", "lower", "upper"),
    "slopes": ("option", "slope", "lower", "upper"),
    "thirds": ("option", "third", "predicted", "estimate", "lower", "upper"),
    "rate": ("option", "autoc", "lower", "upper"),
    "policy": ("policy", "option", "value", "gain", "lower", "upper", "verdict"),
    "balance": ("option", "column", "before", "after"),
    "overlap": ("option", "lower", "upper", "had", "had_not"),
    "waterfall": ("option", "patients", "difference", "lower", "upper", "sure"),
    "curves": ("option", "time", "survival", "lower", "upper"),
    "trimming": ("option", "smallest", "estimate", "lower", "upper", "patients"),
}
_SHARES, _TEXTS = ("clipped", "claims", "claims_by_chance"), ("assumptions", "warnings")

_ASSUMPTIONS = (
    "one version of each treatment",
    "every patient compared had a chance of each option",
    "censoring does not depend on the outcome, given the features and the option",
    "no interference: one patient's treatment does not change another's outcome",
    "time zero is the day on which each patient became eligible",
)


@short
@dataclass(frozen=True, kw_only=True)
class EffectReport:
    """Averages and checks of a fitted effect; 95 % limits are ``lower`` and ``upper``.

    Only options whose difference is identified have rows in the tables that follow ``options``.

    Attributes
    ----------
    options : DataFrame
        One row per option except the reference: whether it is identified, otherwise the reason; patients, events,
        patients with and without overlap, effective numbers after weighting, share of capped weights; see
        ``effects.averages.identification.judge_options``.
    averages : DataFrame
        ``estimate`` (doubly robust mean difference of restricted means, probabilities or amounts), ``std_error``,
        ``lower``, ``upper``, ``model`` (the model's own mean), ``differs`` (by more than two standard errors),
        ``e_value`` and ``e_value_limit`` (of the limit nearer to no effect; missing for trials), ``patients``.
    means : DataFrame
        Doubly robust mean outcome under each option, the reference first.
    slopes : DataFrame
        Slope of scores on predicted differences: 1 is calibrated, 0 means that the differences between patients are
        noise.
    thirds : DataFrame
        Patients by thirds of the predicted difference: ``predicted``, ``estimate``.
    rate : DataFrame
        Area under the curve of targeting (AUTOC) by predicted difference.
    policy : DataFrame
        ``policy``, its ``value``, and the ``gain`` of choosing by patient over it, with paired standard error and
        ``verdict``.
    balance : DataFrame
        Standardised mean difference of each feature between options ``before`` and ``after`` weighting.
    overlap, waterfall, curves : DataFrame
        Data of the figures of the cohort; see ``effects.assessment.cohort_pictures``.
    trimming : DataFrame
        The mean difference under other trimming limits.
    clipped : float
        Share of patients whose weight was capped.
    claims, claims_by_chance : float
        Share of patients with a recommendation, and the same with options permuted (NaN if not requested).
    assumptions : tuple of str
        Conditions under which the differences are effects.
    warnings : tuple of str
        Results that speak against the differences.
    """

    options: pd.DataFrame
    averages: pd.DataFrame
    means: pd.DataFrame
    slopes: pd.DataFrame
    thirds: pd.DataFrame
    rate: pd.DataFrame
    policy: pd.DataFrame
    balance: pd.DataFrame
    overlap: pd.DataFrame
    waterfall: pd.DataFrame
    curves: pd.DataFrame
    trimming: pd.DataFrame
    clipped: float
    claims: float
    claims_by_chance: float
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def identified(self) -> tuple[str, ...]:
        """Options whose difference from the reference is identified by these data."""
        return tuple(self.options.loc[self.options["identified"].astype(bool), "option"])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; NaN is None."""
        tables = {name: to_records(getattr(self, name)) for name in _TABLES}
        shares = {name: None if np.isnan(getattr(self, name)) else getattr(self, name) for name in _SHARES}
        return tables | shares | {name: list(getattr(self, name)) for name in _TEXTS}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EffectReport:
        """Return the report of a dictionary from ``to_dict``."""
        found: dict[str, Any] = {name: from_records(values[name], columns) for name, columns in _TABLES.items()}
        found |= {name: np.nan if values[name] is None else float(values[name]) for name in _SHARES}
        return cls(**found | {name: tuple(values[name]) for name in _TEXTS})


def assess(
    model: Model,
    X: Any,
    y: Any,
    *,
    treatment: Any,
    strata: Any = None,
    folds: int = 5,
    horizon: float | None = None,
    permutations: int = 0,
    higher_is_better: bool = True,
    seed: int = 0,
    outside: Mapping[int, Any] | None = None,
) -> EffectReport:
    """Check a fitted effect model: doubly robust averages, calibration of differences, the value of individual choice.

    For a model whose differences between patients are to be used: its own averages can be compared with these.  For the
    average effect on an amount or a yes-or-no outcome alone, in all patients compared, use ``average_effects``.

    Parameters
    ----------
    model : SurvivalEffect or ResponseEffect
        Fitted model, with all options from time zero.
    X, y, treatment, strata
        The data to which it was fitted.
    folds : int
        Number of folds of the cross-fitting.
    horizon : float, optional
        Time up to which restricted means are computed; at most, and by default, that of the model.
    permutations : int
        Number of refits with options permuted within strata and fifths of the propensity, for the claims expected by
        chance; 0: none.
    higher_is_better : bool
        Whether more of the outcome (a longer time, a higher probability or amount) is better.
    seed : int
        Seed of folds, half-samples and permutations.
    outside : mapping of int to model, optional
        Models already fitted to the patients outside each fold (of ``hash_folds`` with this seed).

    Raises
    ------
    SupportError
        If a fold has too few events (``too-few-events``), or the treatment began later (``start-stop``).
    """
    check_weighable(model)
    given = align(X, y, treatment, None, strata)
    scores = doubly_robust_scores(model, given, folds=folds, seed=seed, horizon=horizon, outside=outside)
    options = judge_options(model, scores)
    codes = identified_codes(model, options)
    sign = 1 if higher_is_better else -1
    averages, slopes = average_table(model, scores, codes), slope_table(scores, codes)
    policy, balance = policy_table(scores, codes, sign=sign), balance_table(model, given.X, scores, codes)
    return EffectReport(
        options=options,
        averages=averages,
        means=_means(scores, codes),
        slopes=slopes,
        thirds=third_table(scores, codes),
        rate=rate_table(scores, codes, sign=sign, seed=seed),
        policy=policy,
        balance=balance,
        overlap=overlap_table(scores),
        waterfall=waterfall_table(scores, codes),
        curves=mean_curves(model, given.X.loc[scores.patients[_overlap_of_all(scores, codes)]], codes, horizon),
        trimming=trimming_table(scores, codes),
        clipped=scores.clipped,
        claims=share_of_claims(model, given.X.loc[scores.patients], sign=sign, horizon=horizon),
        claims_by_chance=claims_by_chance(
            model, given, scores, sign=sign, horizon=horizon, permutations=permutations, seed=seed
        ),
        assumptions=assumptions_of(model),
        warnings=tuple(_warnings(options, averages, slopes, policy, balance)),
    )


def mean_differences(
    model: Model,
    X: Any,
    y: Any,
    *,
    treatment: Any,
    strata: Any = None,
    folds: int = 5,
    horizon: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return only the doubly robust mean differences: the table ``averages`` beside ``options``, one row per option.

    Parameters and errors as in ``assess``; an option that is not identified has a reason and no numbers.
    """
    check_weighable(model)
    given = align(X, y, treatment, None, strata)
    scores = doubly_robust_scores(model, given, folds=folds, seed=seed, horizon=horizon)
    options = judge_options(model, scores)
    averages = average_table(model, scores, identified_codes(model, options))
    return options[["option", "identified", "reason"]].merge(averages, how="left", on="option")


def check_weighable(model: Model) -> None:
    """Raise an error for a model of treatments that begin later, which cannot be weighted.

    Raises
    ------
    SupportError
        ``start-stop``
    """
    if getattr(model, "starts_later_", False):
        raise SupportError(
            "averages by weighting require every treatment to begin at time zero",
            hint="use a landmark, or clones with censoring weights",
            code="start-stop",
        )


def assumptions_of(model: Model) -> tuple[str, ...]:
    """List the assumptions under which the differences are causal effects."""
    if model.randomised:
        return ("treatment was randomised", *_ASSUMPTIONS)
    listed = ", ".join(sorted(map(str, model.encoder_.feature_names_in_)))
    return (f"no cause of both treatment and outcome is missing from: {listed}", *_ASSUMPTIONS)


def _means(scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return the mean outcome under each option, in the patients with overlap for all options compared."""
    names = ["option", "estimate", "std_error", "lower", "upper", "patients"]
    if not codes:
        return pd.DataFrame(columns=names)
    kept = _overlap_of_all(scores, codes)
    rows = [
        {"option": scores.options[code], **with_limits(scores.scores[kept, code]), "patients": int(kept.sum())}
        for code in (0, *codes)
    ]
    return pd.DataFrame(rows, columns=names)


def _overlap_of_all(scores: Scores, codes: Sequence[int]) -> NDArray[np.bool_]:
    kept = np.ones(len(scores.patients), dtype=bool)
    for code in codes:
        kept &= scores.overlap(code)
    return kept


def _warnings(
    options: pd.DataFrame, averages: pd.DataFrame, slopes: pd.DataFrame, policy: pd.DataFrame, balance: pd.DataFrame
) -> list[str]:
    findings = [
        f"{shown(row['option'])} against {shown(row['reference'])}: not identified: {row['reason']}"
        for row in options.to_dict(orient="records")
        if not row["identified"]
    ]
    findings += [
        f"{shown(row['option'])}: the weights of {row['clipped']:.0%} of the patients were capped"
        for row in options.to_dict(orient="records")
        if row["identified"] and row["clipped"] > _MANY_CUT
    ]
    findings += [
        f"{shown(row['option'])}: the doubly robust mean difference is {row['estimate']:.3g}, the model's "
        f"{row['model']:.3g}: more than two standard errors apart"
        for row in averages.to_dict(orient="records")
        if row["differs"]
    ]
    findings += [
        f"{shown(row['option'])}: differences between patients are exaggerated, slope {number(row['slope'], 2)} "
        f"({number(row['lower'], 2)} to {number(row['upper'], 2)})"
        for row in slopes.to_dict(orient="records")
        if row["upper"] < 1
    ]
    for option, own in balance.groupby("option", sort=False):
        worst = max(own.to_dict(orient="records"), key=lambda row: abs(row["after"]))
        if abs(worst["after"]) > 2 * ALIKE:
            findings.append(
                f"{shown(option)}: after weighting {shown(worst['column'])} still differs by "
                f"{abs(worst['after']):.2f} standard deviations"
            )
    findings += [
        f"{row['policy']}: {row['verdict']} against it"
        for row in policy.to_dict(orient="records")[1:]
        if row["verdict"] != GAINS
    ]
    return findings
