"""Prognosis of eight cohorts: the default of genorx, each of its candidates, scikit-survival and lifelines, same folds.

    python benchmarks/prognosis.py --aml FOLDER --metabric FOLDER [--cohorts lung AML] [--most 2000] [--out table.json]
    python benchmarks/prognosis.py --survset --folds 3

Every model is given the same columns, encoded by ``FeatureEncoder`` within the fold.  The forest and the boosting of
scikit-survival are the better of two settings each by Harrell's C on a fifth of the training patients (the other four
fifths fitted), fitted anew to all.  C is the mean over folds; IBS the integrated Brier score pooled over folds
(trapezoids through 0 and three horizons); ``slope`` that of calibration at the second horizon.  ``held``: in tenths of
predicted risk, the share of those in which the Kaplan-Meier estimate at the second horizon is within 95 % limits of the
mean prediction, both errors counted.  ``behind`` is the difference of IBS to the best model of the cohort in standard
errors of the paired difference.  Seconds are of the processor, for one fit.  ``--most``: of a larger cohort so many
patients, by a hash of the id.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from prognosis_cohorts import SurvivalCohort, cohorts, other_cohorts
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.util import Surv

from genorx.outcomes import (
    ChosenSurvivalModel,
    ElasticNetCox,
    FeatureEncoder,
    GroupShrunkCox,
    SurvivalBoosting,
    SurvivalForest,
    SurvivalStack,
    hash_folds,
    score_survival,
)
from genorx.survival import brier_terms, harrell_c, integrate_brier, kaplan_meier

Predict = Callable[[pd.DataFrame], tuple[Any, Any, Any]]  # survival at the horizons, risk, draws or None
Fit = Callable[[pd.DataFrame, pd.DataFrame], Predict]
FORESTS = ({"min_samples_leaf": 8}, {"min_samples_leaf": 30})
BOOSTS = ({"max_depth": 2, "learning_rate": 0.05}, {"max_depth": 1, "learning_rate": 0.1})


def ours(model: Any, horizons: np.ndarray, *, draws: bool) -> Fit:
    """A model of genorx, with 200 draws where they are asked for: those of the others cost refits."""

    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Predict:
        fitted = model.fit(X, y)

        def predict(new: pd.DataFrame) -> tuple[Any, Any, Any]:
            drawn = fitted.sample_survival(new, horizons[1:2], n_draws=200)[:, :, 0] if draws else None
            return fitted.predict_survival(new, horizons), fitted.predict_risk(new), drawn

        return predict

    return fit


def theirs(make: Callable[..., Any], settings: tuple[dict[str, Any], ...], cohort: SurvivalCohort) -> Fit:
    """The better of some settings of an estimator of scikit-survival, on our columns, each of unit variance."""
    horizons = np.array(cohort.horizons)

    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Predict:
        encoder = FeatureEncoder(cohort.specs).fit(X)
        Z = encoder.transform(X)
        scale, target = Z.std(axis=0), Surv.from_arrays(y["event"], y["time"])
        Z = Z / scale
        aside = hash_folds(X.index, 5, salt="tune") == 0

        def concordance(setting: dict[str, Any]) -> float:
            risk = make(**setting).fit(Z[~aside], target[~aside]).predict(Z[aside])
            return harrell_c(y["time"][aside], y["event"][aside], risk).estimate

        fitted = make(**max(settings, key=concordance)).fit(Z, target)

        def predict(new: pd.DataFrame) -> tuple[Any, Any, Any]:
            Zn = encoder.transform(new) / scale
            curves = fitted.predict_survival_function(Zn)
            return np.array([curve(horizons) for curve in curves]), fitted.predict(Zn), None

        return predict

    return fit


def lifelines_ridge(cohort: SurvivalCohort) -> Fit:
    """The Cox model of lifelines with one ridge penalty."""

    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Predict:
        encoder = FeatureEncoder(cohort.specs).fit(X)
        names = [f"c{i}" for i in range(len(encoder.columns_))]
        Z = pd.DataFrame(encoder.transform(X), columns=names, index=X.index)
        fitted = CoxPHFitter(penalizer=0.1).fit(Z.assign(time=y["time"], event=y["event"]), "time", "event")

        def predict(new: pd.DataFrame) -> tuple[Any, Any, Any]:
            Zn = pd.DataFrame(encoder.transform(new), columns=names, index=new.index)
            curves = fitted.predict_survival_function(Zn, times=np.array(cohort.horizons))
            return curves.to_numpy().T, fitted.predict_log_partial_hazard(Zn).to_numpy(), None

        return predict

    return fit


def models(cohort: SurvivalCohort) -> dict[str, Fit]:
    """Return every model of the table, the default first."""
    specs, horizons = cohort.specs, np.array(cohort.horizons)
    own = {
        "default": ChosenSurvivalModel(specs),
        "GroupShrunkCox, straight": GroupShrunkCox(specs),
        "GroupShrunkCox, pairs, bends if supported": GroupShrunkCox(specs, splines="supported", pairs="molecular"),
    }
    single = {
        "ElasticNetCox": ElasticNetCox(specs, n_refits=0),
        "SurvivalForest": SurvivalForest(specs),
        "SurvivalBoosting": SurvivalBoosting(specs, n_refits=0),
    }
    members = {"GroupShrunkCox": own["GroupShrunkCox, pairs, bends if supported"], **single}
    single["SurvivalStack"] = SurvivalStack(specs, members=members)
    forest = lambda **kept: RandomSurvivalForest(n_estimators=100, n_jobs=1, random_state=0, **kept)  # noqa: E731
    boosting = lambda **kept: GradientBoostingSurvivalAnalysis(  # noqa: E731
        n_estimators=100, subsample=0.5, random_state=0, **kept
    )
    made = {name: ours(model, horizons, draws=name in own) for name, model in (own | single).items()}
    return made | {
        "scikit-survival forest, tuned": theirs(forest, FORESTS, cohort),
        "scikit-survival boosting, tuned": theirs(boosting, BOOSTS, cohort),
        "lifelines ridge 0.1": lifelines_ridge(cohort),
    }


def measure(fit: Fit, cohort: SurvivalCohort, fold: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """Return the figures of one model, and the loss of each patient."""
    X, y, horizons = cohort.X, cohort.y, np.array(cohort.horizons)
    survival, risk, draws, spent = np.empty((len(X), 3)), np.empty(len(X)), None, 0.0
    for k in np.unique(fold):
        start = time.process_time()
        predict = fit(X[fold != k], y[fold != k])
        spent += time.process_time() - start
        survival[fold == k], risk[fold == k], drawn = predict(X[fold == k])
        if drawn is not None:
            draws = np.empty((len(drawn), len(X))) if draws is None else draws
            draws[:, fold == k] = drawn
    scores = score_survival(y, survival, risk, fold, horizons=horizons, n_boot=0)
    figures = {
        "C": scores.value("harrell_c"),
        "IBS": scores.value("brier_integrated"),
        "slope": scores.value("calibration_slope", horizon=float(horizons[1])),
        "held": np.nan if draws is None else held(y, survival[:, 1], draws, float(horizons[1])),
        "seconds": spent / np.unique(fold).size,
    }
    return figures, integrate_brier(brier_terms(y["time"], y["event"], survival, horizons), horizons)


def held(y: pd.DataFrame, predicted: np.ndarray, draws: np.ndarray, horizon: float) -> float:
    """Return the share of tenths of predicted survival whose Kaplan-Meier estimate is within the limits."""
    inside = []
    for rows in np.array_split(np.argsort(predicted, kind="stable"), 10):
        curve = kaplan_meier(y["time"].to_numpy()[rows], y["event"].to_numpy()[rows])
        seen = float(curve.at(np.array([horizon]))[0])
        error = np.hypot(np.sqrt(max(seen * (1 - seen), 1e-4) / rows.size), draws[:, rows].mean(axis=1).std())
        inside.append(abs(seen - predicted[rows].mean()) <= 1.96 * error)
    return float(np.mean(inside))


def table_of(cohort: SurvivalCohort, folds: int, seed: int) -> pd.DataFrame:
    """Return the figures of every model on one cohort."""
    fold = hash_folds(cohort.X.index, folds, seed=seed)
    found = {name: measure(fit, cohort, fold) for name, fit in models(cohort).items()}
    table = pd.DataFrame({name: figures for name, (figures, _) in found.items()}).T
    best = found[str(table["IBS"].idxmin())][1]
    away = {name: loss - best for name, (_, loss) in found.items()}
    error = {name: float(each.std() / np.sqrt(each.size)) for name, each in away.items()}
    table["behind"] = [float(each.mean()) / error[name] if error[name] else 0.0 for name, each in away.items()]
    return table


def fewer(cohort: SurvivalCohort, most: int) -> SurvivalCohort:
    """Return at most so many patients, by a hash of the id."""
    if len(cohort.X) <= most:
        return cohort
    digests = [hashlib.sha256(str(patient).encode()).hexdigest() for patient in cohort.X.index]
    order = np.argsort(digests, kind="stable")
    kept = cohort.X.index[np.sort(order[:most])]
    return SurvivalCohort(cohort.X.loc[kept], cohort.y.loc[kept], cohort.specs, cohort.horizons)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aml", type=Path)
    parser.add_argument("--metabric", type=Path)
    parser.add_argument("--survset", action="store_true", help="the cohorts of SurvSet that are not among these")
    parser.add_argument("--cohorts", nargs="*")
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    tables = {}
    loaders = other_cohorts() if options.survset else cohorts(options.aml, options.metabric)
    for name, load in loaders.items():
        if options.cohorts and name not in options.cohorts:
            continue
        cohort = fewer(load(), options.most)
        table = table_of(cohort, options.folds, options.seed)
        print(f"{name}: {len(cohort.X)} patients, {int(cohort.y['event'].sum())} events", flush=True)
        print(table.round({"C": 3, "IBS": 4, "slope": 2, "held": 1, "seconds": 2, "behind": 1}).to_string(), flush=True)
        tables[name] = table.to_dict("index")
        if options.out:
            options.out.write_text(json.dumps(tables, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
