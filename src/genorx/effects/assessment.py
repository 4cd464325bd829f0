"""Do the differences hold on average, are they calibrated, and does choosing by patient gain anything: the fit report.

All from cross-fitted doubly robust scores, so that no patient's own outcome helps to choose.
Sources: Chernozhukov V et al. 2018, NBER 24678 (slope, groups); Yadlowsky S et al. 2025, JASA 120:38 (RATE); Athey S,
Wager S 2021, Econometrica 89:133 (policy value); VanderWeele TJ, Ding P 2017, Ann Intern Med 167:268 (E-value).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.alignment import Aligned, align
from genorx.effects.doubly_robust import Scores, doubly_robust_scores
from genorx.effects.survival_effect import SurvivalEffect
from genorx.errors import SupportError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_REACH = 1.96
_HALF_SAMPLES = 200
_POOR_SLOPE = 0.5

_ASSUMPTIONS = (
    "one version of each treatment",
    "every patient compared had a chance of each option",
    "censoring does not depend on the outcome, given the features and the option",
    "no interference: one patient's treatment does not change another's outcome",
    "time zero is the day on which each patient became eligible",
)


@dataclass(frozen=True, kw_only=True)
class EffectReport:
    """Averages and checks of a fitted effect.

    Attributes
    ----------
    averages : DataFrame
        One row an option but the reference: ``estimate`` (doubly robust mean difference of restricted means),
        ``std_error``, ``lower``, ``upper``, ``model`` (the model's own mean), ``differs`` (by more than two errors),
        ``e_value`` (not for trials), ``patients``.
    slopes : DataFrame
        Slope of scores on predicted differences: 1 is perfect, 0 says that the differences between patients are noise.
    thirds : DataFrame
        Patients by thirds of the predicted difference: ``predicted``, ``estimate``, ``std_error``.
    rate : DataFrame
        Area under the curve of targeting (AUTOC) by predicted difference, with a half-sample error.
    policy : DataFrame
        ``policy``, ``value`` and, against it, ``gain`` of choosing by patient with its paired ``std_error`` and
        ``verdict``.
    balance : DataFrame
        Standardised mean difference of each feature between options ``before`` and ``after`` weighting.
    clipped : float
        Share of patients whose weight was cut.
    claims, claims_by_chance : float
        Share of patients with a recommendation, and the same with options permuted (not-a-number where not asked).
    assumptions : tuple of str
    warnings : tuple of str
    """

    averages: pd.DataFrame
    slopes: pd.DataFrame
    thirds: pd.DataFrame
    rate: pd.DataFrame
    policy: pd.DataFrame
    balance: pd.DataFrame
    clipped: float
    claims: float
    claims_by_chance: float
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values; not-a-number is None."""
        frames = ("averages", "slopes", "thirds", "rate", "policy", "balance")
        values: dict[str, Any] = {}
        for name in frames:
            frame = getattr(self, name).astype(object)
            values[name] = frame.where(frame.notna(), None).to_dict(orient="records")
        for name in ("clipped", "claims", "claims_by_chance"):
            number = getattr(self, name)
            values[name] = None if np.isnan(number) else number
        return values | {"assumptions": list(self.assumptions), "warnings": list(self.warnings)}


def assess(
    model: SurvivalEffect,
    X: Any,
    y: Any,
    *,
    treatment: Any,
    strata: Any = None,
    folds: int = 5,
    permutations: int = 0,
    seed: int = 0,
) -> EffectReport:
    """Return averages and checks of an effect, fitted to the same patients.

    Parameters
    ----------
    model : SurvivalEffect
        Fitted, with all options from time zero.
    X, y, treatment, strata
        What it was fitted to.
    folds : int
        Of cross-fitting.
    permutations : int
        Refits with options permuted within fifths of the propensity, for the claims expected by chance.
    seed : int

    Raises
    ------
    SupportError
        If a fold has too few events (``too-few-events``), or the treatment began later (``start-stop``).
    """
    if model.starts_later_:
        raise SupportError(
            "averages by weighting need every treatment to begin at time zero",
            hint="use a landmark, or clones with censoring weights",
            code="start-stop",
        )
    given = align(X, y, treatment, None, strata)
    scores = doubly_robust_scores(model, given, folds=folds)
    table = model.rank(given.X.loc[scores.patients])
    best = table[table["rank"] == 1].set_index("patient_id")["advice"]
    averages, slopes = _averages(model, scores), _slopes(scores)
    policy = _policy(scores)
    return EffectReport(
        averages=averages,
        slopes=slopes,
        thirds=_thirds(scores),
        rate=_rate(scores, seed),
        policy=policy,
        balance=_balance(model, given, scores),
        clipped=scores.clipped,
        claims=float((best == "recommend").mean()),
        claims_by_chance=_by_chance(model, given, scores, permutations, seed),
        assumptions=assumptions_of(model),
        warnings=_warnings(averages, slopes, policy),
    )


def assumptions_of(model: SurvivalEffect) -> tuple[str, ...]:
    """Return what must hold for the differences to be effects, in words."""
    if model.randomised:
        return ("treatment was drawn by lot", *_ASSUMPTIONS)
    listed = ", ".join(sorted(map(str, model.encoder_.feature_names_in_)))
    return (f"no cause of both treatment and outcome is missing from: {listed}", *_ASSUMPTIONS)


def e_value(ratio: float) -> float:
    """Return how strongly a hidden cause would have to act on treatment and outcome to explain a risk ratio away.

    >>> round(e_value(0.5), 2), e_value(1.0)
    (3.41, 1.0)
    """
    away = max(ratio, 1 / ratio)
    return float(away + np.sqrt(away * (away - 1)))


def hazard_to_risk(ratio: float) -> float:
    """Return the risk ratio that stands for a hazard ratio of a common outcome.

    VanderWeele TJ 2017, Biometrics 73:1171.
    """
    return float((1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio)))


def _averages(model: SurvivalEffect, scores: Scores) -> pd.DataFrame:
    ratios = model.population_effect().query("measure == 'hazard_ratio'").set_index("option")["estimate"]
    rows = []
    for code, option in enumerate(scores.options[1:], start=1):
        each = scores.differences(code)
        error = float(each.std(ddof=1) / np.sqrt(each.size))
        own = float((scores.predicted[:, code] - scores.predicted[:, 0]).mean())
        estimate = float(each.mean())
        value = float("nan") if model.randomised else e_value(hazard_to_risk(float(ratios[option])))
        rows.append(
            {
                "option": option,
                "estimate": estimate,
                "std_error": error,
                "lower": estimate - _REACH * error,
                "upper": estimate + _REACH * error,
                "model": own,
                "differs": bool(abs(estimate - own) > 2 * error),
                "e_value": value,
                "patients": each.size,
            }
        )
    return pd.DataFrame(rows)


def _slopes(scores: Scores) -> pd.DataFrame:
    rows = []
    for code, option in enumerate(scores.options[1:], start=1):
        predicted = scores.predicted[:, code] - scores.predicted[:, 0]
        away, gap = predicted - predicted.mean(), scores.differences(code)
        square = float(away @ away)
        slope = float(away @ gap) / square if square > 0 else float("nan")
        left = gap - gap.mean() - slope * away
        error = float(np.sqrt(np.sum(away**2 * left**2)) / square) if square > 0 else float("nan")
        rows.append({"option": option, "slope": slope, "std_error": error, "spread": float(predicted.std())})
    return pd.DataFrame(rows)


def _thirds(scores: Scores) -> pd.DataFrame:
    rows = []
    for code, option in enumerate(scores.options[1:], start=1):
        predicted = scores.predicted[:, code] - scores.predicted[:, 0]
        place = np.argsort(np.argsort(predicted, kind="stable"), kind="stable") * 3 // predicted.size
        for third in range(3):
            own = scores.differences(code)[place == third]
            rows.append(
                {
                    "option": option,
                    "third": third + 1,
                    "predicted": float(predicted[place == third].mean()),
                    "estimate": float(own.mean()),
                    "std_error": float(own.std(ddof=1) / np.sqrt(own.size)),
                    "patients": own.size,
                }
            )
    return pd.DataFrame(rows)


def _rate(scores: Scores, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for code, option in enumerate(scores.options[1:], start=1):
        predicted = scores.predicted[:, code] - scores.predicted[:, 0]
        gap, n = scores.differences(code), len(predicted)
        halves = [rng.choice(n, n // 2, replace=False) for _ in range(_HALF_SAMPLES)]
        drawn = [autoc(predicted[half], gap[half]) for half in halves]
        # the spread of half-samples drawn without replacement is that of the whole sample's estimate
        rows.append({"option": option, "autoc": autoc(predicted, gap), "std_error": float(np.std(drawn, ddof=1))})
    return pd.DataFrame(rows)


def autoc(priority: Floats, gap: Floats) -> float:
    """Return the area under the curve of targeting: mean gain of the first q patients over all, averaged over q.

    >>> autoc(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.0]))
    0.0
    """
    order = np.argsort(-priority, kind="stable")
    top = np.cumsum(gap[order]) / np.arange(1, gap.size + 1)
    return float(np.mean(top - gap.mean()))


def _policy(scores: Scores) -> pd.DataFrame:
    """Return values of policies, and what choosing by patient gains over each; ties go to the reference."""
    rows = np.arange(len(scores.patients))
    chosen = scores.scores[rows, np.argmax(scores.predicted, axis=1)]
    single = int(np.argmax(scores.scores.mean(axis=0)))
    others = {
        f"everybody {scores.options[single]} (best single option)": scores.scores[:, single],
        f"everybody {scores.options[0]} (reference)": scores.scores[:, 0],
        "current practice": scores.scores[rows, scores.option],
    }
    found = [{"policy": "by patient", "value": float(chosen.mean()), "gain": 0.0, "std_error": 0.0, "verdict": ""}]
    for name, values in others.items():
        gain = chosen - values
        error = float(gain.std(ddof=1) / np.sqrt(gain.size))
        mean = float(gain.mean())
        said = "choosing by patient gains" if mean > 2 * error > 0 else "no evidence that choosing by patient helps"
        found.append({"policy": name, "value": float(values.mean()), "gain": mean, "std_error": error, "verdict": said})
    return pd.DataFrame(found)


def _balance(model: SurvivalEffect, given: Aligned, scores: Scores) -> pd.DataFrame:
    Z = model._encode(given.X.loc[scores.patients])
    own = scores.propensity[np.arange(len(Z)), scores.option]
    weight = 1 / np.maximum(own, 0.04)
    kept = [(place, column) for place, column in enumerate(model.encoder_.columns_) if column.kind != "spline"]
    rows = []
    for code, option in enumerate(scores.options[1:], start=1):
        one, other = scores.option == code, scores.option == 0
        for place, column in kept:
            before = _apart(Z[:, place], one, other, np.ones(len(Z)))
            after = _apart(Z[:, place], one, other, weight)
            rows.append({"option": option, "column": column.name, "before": before, "after": after})
    return pd.DataFrame(rows, columns=["option", "column", "before", "after"])


def _apart(values: Floats, one: NDArray[np.bool_], other: NDArray[np.bool_], weight: Floats) -> float:
    spread = float(np.sqrt((values[one].var() + values[other].var()) / 2))
    if spread == 0:
        return 0.0
    gap = np.average(values[one], weights=weight[one]) - np.average(values[other], weights=weight[other])
    return float(gap / spread)


def _by_chance(model: SurvivalEffect, given: Aligned, scores: Scores, permutations: int, seed: int) -> float:
    """Return the share of recommendations when options are permuted within fifths of the propensity."""
    if permutations < 1:
        return float("nan")
    from sklearn.base import clone

    rng = np.random.default_rng([seed, 1])
    fifth = _fifths(scores.propensity[:, -1])
    X, y = given.X.loc[scores.patients], given.y.loc[scores.patients]
    shares = []
    for _ in range(permutations):
        option = scores.option.copy()
        for place in np.unique(fifth):
            rows = np.flatnonzero(fifth == place)
            option[rows] = option[rng.permutation(rows)]
        taken = pd.Series(np.array(scores.options)[option], index=scores.patients)
        refit = clone(model).set_params(horizon=model.horizon_, reference=scores.options[0])
        table = refit.fit(X, y, treatment=taken).rank(X)
        shares.append(float((table.loc[table["rank"] == 1, "advice"] == "recommend").mean()))
    return float(np.mean(shares))


def _fifths(propensity: Floats) -> Ints:
    edges = np.quantile(propensity, [0.2, 0.4, 0.6, 0.8])
    return np.searchsorted(edges, propensity, side="right")


def _warnings(averages: pd.DataFrame, slopes: pd.DataFrame, policy: pd.DataFrame) -> tuple[str, ...]:
    said = [
        f"{row['option']}: the doubly robust mean difference is {row['estimate']:.3g}, the model's "
        f"{row['model']:.3g}: more than two standard errors apart"
        for row in averages.to_dict(orient="records")
        if row["differs"]
    ]
    said += [
        f"{row['option']}: differences between patients are exaggerated, slope {row['slope']:.2f}"
        for row in slopes.to_dict(orient="records")
        if row["slope"] < _POOR_SLOPE
    ]
    said += [
        f"against {row['policy']}: {row['verdict']} (gain {row['gain']:.3g} ± {row['std_error']:.2g})"
        for row in policy.to_dict(orient="records")[1:]
        if row["verdict"].startswith("no evidence")
    ]
    return tuple(said)
