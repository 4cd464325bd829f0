"""Error of differences of restricted means, beside other packages (lifelines, scikit-survival, econml).

Run: ``OMP_NUM_THREADS=1 python benchmarks/effects_peers.py [--repeats 3] [--only NAME ...]``.  Columns: error (root
mean square, of the difference / horizon), and share of patients whose first arm is their best.  Methods: genorx; a
penalised Cox model an arm (lifelines, penalizer 0.05); a survival forest an arm (scikit-survival, 200 trees, leaf 15);
a causal forest on outcomes weighted for censoring (econml, if installed).  Two arms only; no abstention, all patients
count.
"""

# ruff: noqa: PLC0415  a package that is not asked for is not loaded
from __future__ import annotations

import argparse
import importlib.util
import warnings

import numpy as np
import pandas as pd

from genorx.datasets import SCENARIOS, make_effect_tables
from genorx.datasets.effect_tables import HORIZON
from genorx.effects import SurvivalEffect
from genorx.survival import area_under, kaplan_meier

GRID = np.linspace(0, HORIZON, 73)


def genorx_effect(tables) -> np.ndarray:
    X, y, arm, new = _parts(tables)
    model = SurvivalEffect(horizon=HORIZON, reference="standard", randomised=tables.spec["randomised"])
    means = model.fit(X, y, treatment=arm).restricted(new).means[0]
    return means[:, 1] - means[:, 0]


def cox_per_arm(tables) -> np.ndarray:
    from lifelines import CoxPHFitter

    X, y, arm, new = _parts(tables)
    means = []
    for name in ("standard", "new"):
        own = (arm == name).to_numpy()
        fit = CoxPHFitter(penalizer=0.05).fit(X[own].join(y[own]), "time", "event")
        means.append(np.trapezoid(fit.predict_survival_function(new, times=GRID).to_numpy().T, GRID, axis=1))
    return means[1] - means[0]


def forest_per_arm(tables) -> np.ndarray:
    from sksurv.ensemble import RandomSurvivalForest
    from sksurv.util import Surv

    X, y, arm, new = _parts(tables)
    means = []
    for name in ("standard", "new"):
        own = (arm == name).to_numpy()
        forest = RandomSurvivalForest(200, min_samples_leaf=15, random_state=0)
        forest.fit(X[own], Surv.from_arrays(y["event"][own].astype(bool), y["time"][own]))
        curves = forest.predict_survival_function(new, return_array=True)
        means.append(area_under(curves, forest.unique_times_, HORIZON))
    return means[1] - means[0]


def causal_forest(tables) -> np.ndarray:
    from econml.dml import CausalForestDML
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    X, y, arm, new = _parts(tables)
    time = y["time"].clip(upper=HORIZON).to_numpy()
    whole = (y["event"].to_numpy() == 1) | (y["time"].to_numpy() >= HORIZON)
    censoring = kaplan_meier(y["time"], 1 - y["event"])
    weight = 1 / np.maximum(censoring.at(np.nextafter(time, 0)), 0.05)
    forest = CausalForestDML(
        model_y=RandomForestRegressor(200, min_samples_leaf=15, random_state=0),
        model_t=RandomForestClassifier(200, min_samples_leaf=15, random_state=0),
        discrete_treatment=True,
        n_estimators=400,
        min_samples_leaf=10,
        random_state=0,
    )
    forest.fit(
        time[whole], (arm == "new").to_numpy(int)[whole], X=X.to_numpy(float)[whole], sample_weight=weight[whole]
    )
    return forest.effect(new.to_numpy(float)).ravel()


def _parts(tables) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame]:
    train, names = tables.train.set_index("patient_id"), tables.spec["covariates"]
    return train[names], train[["time", "event"]], train["arm"], tables.test.set_index("patient_id")[names]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    names = ["none", "constant", "qualitative", "non-proportional", "by indication", "n = 150"]
    parser.add_argument("--only", nargs="*", default=names)
    asked = parser.parse_args()
    methods = {"genorx": genorx_effect, "lifelines": cox_per_arm, "scikit-survival": forest_per_arm}
    if importlib.util.find_spec("econml"):
        methods["econml"] = causal_forest
    print(f"{'scenario':20}" + "".join(f"{name:>22}" for name in methods) + "   (error, right arm)")
    for scenario in asked.only:
        if scenario not in SCENARIOS or SCENARIOS[scenario].n_arms > 2:
            continue
        cells = []
        for method in methods.values():
            runs = []
            for seed in range(asked.repeats):
                tables = make_effect_tables(scenario, seed=2000 + seed)
                true = (tables.truth["new"] - tables.truth["standard"]).to_numpy()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = method(tables)
                clear = np.abs(true) > 0.01 * HORIZON
                right = np.mean((found > 0) == (true > 0), where=clear) if clear.any() else np.nan
                runs.append((np.sqrt(np.mean((found - true) ** 2)) / HORIZON, right))
            error, right = np.mean(runs, axis=0)
            cells.append(f"{error:14.3f} {right:7.3f}")
        print(f"{scenario:20}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
