"""Prognosis of leukaemia: genorx against scikit-survival and lifelines in the same five folds.

    python benchmarks/prognosis.py PATH/TO/aml_knowledge_bank [--folds 5] [--seed 0] [--out table.json]

Every model is given the same columns, encoded by ``FeatureEncoder`` within the fold.  C is the mean over folds, IBS the
integrated Brier score pooled over folds (trapezoids through 0, 1, 3 and 5 years).  Time and memory are ratios to
``GroupShrunkCox``; memory is the peak that Python and NumPy asked for during one fit to all patients.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.linear_model import CoxnetSurvivalAnalysis, CoxPHSurvivalAnalysis
from sksurv.util import Surv

from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes import (
    ElasticNetCox,
    FeatureEncoder,
    GroupShrunkCox,
    SurvivalBoosting,
    SurvivalForest,
    hash_folds,
    score_survival,
)

HORIZONS = np.array([1.0, 3.0, 5.0])
TABLES = {
    "clinical": ("clinical.csv", ["centre", "eln2010_risk", "cytogenetic_risk"]),
    "laboratory:cytogenetics": ("cytogenetics.csv", ["karyotype"]),
    "laboratory:molecular": ("molecular_lab.csv", []),
    "gene": ("gene_matrix.csv", []),
}
Fit = Callable[[pd.DataFrame, pd.DataFrame], Callable[[pd.DataFrame], tuple[Any, Any]]]


def load(folder: Path) -> tuple[pd.DataFrame, list[FeatureSpec], pd.DataFrame]:
    frames, specs = [], []
    for group, (name, left_out) in TABLES.items():
        table = pd.read_csv(folder / name, index_col="pdid").drop(columns=left_out)
        for column in table:
            number = pd.api.types.is_numeric_dtype(table[column])
            kind = "category" if not number else "boolean" if set(table[column].dropna()) <= {0, 1} else "number"
            specs.append(FeatureSpec(name=column, kind=kind, group=group))
        frames.append(table)
    outcomes = pd.read_csv(folder / "outcomes.csv", index_col="pdid")
    y = pd.DataFrame({"time": outcomes["os_days"] / 365.25, "event": outcomes["os_event"] == 1})
    return pd.concat(frames, axis=1), specs, y


def ours(model: Any) -> Fit:
    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Callable[[pd.DataFrame], tuple[Any, Any]]:
        fitted = model.fit(X, y)
        return lambda new: (fitted.predict_survival(new, HORIZONS), fitted.predict_risk(new))

    return fit


def theirs(make: Callable[[], Any], specs: list[FeatureSpec]) -> Fit:
    """An estimator of scikit-survival on our columns, each of unit variance."""

    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Callable[[pd.DataFrame], tuple[Any, Any]]:
        encoder = FeatureEncoder(specs).fit(X)
        Z = encoder.transform(X)
        scale = Z.std(axis=0)
        fitted = make().fit(Z / scale, Surv.from_arrays(y["event"], y["time"]))

        def predict(new: pd.DataFrame) -> tuple[Any, Any]:
            Zn = encoder.transform(new) / scale
            curves = fitted.predict_survival_function(Zn)
            return np.array([curve(HORIZONS) for curve in curves]), fitted.predict(Zn)

        return predict

    return fit


def lifelines_ridge(specs: list[FeatureSpec]) -> Fit:
    def fit(X: pd.DataFrame, y: pd.DataFrame) -> Callable[[pd.DataFrame], tuple[Any, Any]]:
        encoder = FeatureEncoder(specs).fit(X)
        names = [f"c{i}" for i in range(len(encoder.columns_))]
        Z = pd.DataFrame(encoder.transform(X), columns=names, index=X.index)
        fitted = CoxPHFitter(penalizer=0.1).fit(Z.assign(time=y["time"], event=y["event"]), "time", "event")

        def predict(new: pd.DataFrame) -> tuple[Any, Any]:
            Zn = pd.DataFrame(encoder.transform(new), columns=names, index=new.index)
            curves = fitted.predict_survival_function(Zn, times=HORIZONS)
            return curves.to_numpy().T, fitted.predict_log_partial_hazard(Zn).to_numpy()

        return predict

    return fit


def models(specs: list[FeatureSpec]) -> dict[str, Fit]:
    return {
        "genorx GroupShrunkCox": ours(GroupShrunkCox(specs)),
        "genorx ElasticNetCox": ours(ElasticNetCox(specs, n_refits=0)),
        "genorx SurvivalForest": ours(SurvivalForest(specs)),
        "genorx SurvivalBoosting": ours(SurvivalBoosting(specs, n_refits=0)),
        "scikit-survival Cox ridge 100": theirs(lambda: CoxPHSurvivalAnalysis(alpha=100), specs),
        "scikit-survival Coxnet": theirs(
            lambda: CoxnetSurvivalAnalysis(l1_ratio=0.5, alphas=[0.06], fit_baseline_model=True), specs
        ),
        "scikit-survival forest 500": theirs(
            lambda: RandomSurvivalForest(n_estimators=500, min_samples_leaf=8, n_jobs=1, random_state=0), specs
        ),
        "scikit-survival boosting 300": theirs(
            lambda: GradientBoostingSurvivalAnalysis(
                n_estimators=300, max_depth=2, learning_rate=0.05, subsample=0.5, random_state=0
            ),
            specs,
        ),
        "lifelines ridge 0.1": lifelines_ridge(specs),
    }


def measure(fit: Fit, X: pd.DataFrame, y: pd.DataFrame, fold: Any) -> dict[str, float]:
    survival, risk = np.empty((len(X), HORIZONS.size)), np.empty(len(X))
    spent = 0.0
    for k in np.unique(fold):
        start = time.perf_counter()
        predict = fit(X[fold != k], y[fold != k])
        spent += time.perf_counter() - start
        survival[fold == k], risk[fold == k] = predict(X[fold == k])
    scores = score_survival(y, survival, risk, fold, horizons=HORIZONS, n_boot=0)
    tracemalloc.start()
    fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "C": scores.value("harrell_c"),
        "IBS": scores.value("brier_integrated"),
        "slope at 3 years": scores.value("calibration_slope", horizon=3.0),
        "seconds": spent / np.unique(fold).size,
        "megabytes": peak / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    X, specs, y = load(options.folder)
    fold = hash_folds(X.index, options.folds, seed=options.seed)
    table = pd.DataFrame({name: measure(fit, X, y, fold) for name, fit in models(specs).items()}).T
    first = table.iloc[0]
    table["time ratio"], table["memory ratio"] = (
        table["seconds"] / first["seconds"],
        table["megabytes"] / first["megabytes"],
    )
    print(table.round({"C": 4, "IBS": 4, "slope at 3 years": 2, "time ratio": 1, "memory ratio": 1}).to_string())
    if options.out:
        options.out.write_text(json.dumps(table.to_dict("index"), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
