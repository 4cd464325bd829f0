"""From one cohort to another: learn hormone therapy in Rotterdam, choose for the patients of the German trial (GBSG).

    pip install survival==2.0.0     # holds the two tables; no dependency of genorx
    OMP_NUM_THREADS=1 python benchmarks/effects_rotterdam.py

Outcome: months without recurrence or death, up to 60; options: hormone therapy or none.  Learnt from all 2,982
patients of Rotterdam or from the 1,546 with positive nodes; chosen for the 686 of GBSG, all node-positive, with and
without ``grade``, which is 2 or 3 in Rotterdam and 1 in 81 patients of GBSG.  The chosen option is the one of rank 1.
Its value is measured in those who happened to have it: restricted mean by Kaplan-Meier, plain, and weighted by one over
the chance of the option had, given all columns.  Gains are those of patients who are answered: chosen against none for
all of them, and against hormone therapy for all of them; +- is the standard error over bootstraps of GBSG's patients,
choices and weights held.  Peers: a Cox model an arm (lifelines, penalizer 0.05) and a survival forest an arm
(scikit-survival, 200 trees, leaf 15); they answer everybody.  Chemotherapy and year of surgery are not in GBSG's table,
so nobody adjusts for them.
Sources: Foekens JA et al. 2000, Cancer Res 60:636; Schumacher M et al. 1994, J Clin Oncol 12:2086; time without
recurrence in Rotterdam as in Royston P, Altman DG 2013, BMC Med Res Methodol 13:33.
"""

# ruff: noqa: PLC0415  a package that is not asked for is not loaded
from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genorx.effects import SurvivalEffect
from genorx.survival import area_under

HORIZON, MONTH = 60.0, 365.25 / 12
COLUMNS = ["age", "meno", "size", "grade", "nodes", "pgr", "er"]
SIZES = ["<=20", "20-50", ">50"]  # mm, as Rotterdam's table has them
NONE, HORMONE = "none", "hormone"


@dataclass(frozen=True, kw_only=True)
class Patients:
    """Features, outcome in months, and option of one of the two cohorts."""

    X: pd.DataFrame
    y: pd.DataFrame
    arm: pd.Series

    def only(self, rows: pd.Series, columns: list[str]) -> Patients:
        return Patients(X=self.X.loc[rows, columns], y=self.y[rows], arm=self.arm[rows])


def rotterdam() -> Patients:
    from survival.datasets import load_rotterdam

    frame = pd.DataFrame(load_rotterdam()).set_index("pid")
    # who died without recurrence after the last look for one is censored at that look
    late = (frame["recur"] == 0) & (frame["death"] == 1) & (frame["rtime"] < frame["dtime"])
    own = (frame["recur"] == 1) | late
    time, event = frame["rtime"].where(own, frame["dtime"]), frame["recur"].where(own, frame["death"])
    return _patients(frame, time, event)


def gbsg() -> Patients:
    from survival.datasets import load_gbsg

    frame = pd.DataFrame(load_gbsg()).set_index("pid")
    frame["size"] = pd.cut(frame["size"], [0, 20, 50, np.inf], labels=SIZES).astype(str)
    return _patients(frame, frame["rfstime"], frame["status"])


def _patients(frame: pd.DataFrame, time: pd.Series, event: pd.Series) -> Patients:
    y = pd.DataFrame({"time": time / MONTH, "event": event.astype(bool)})
    return Patients(X=frame[COLUMNS], y=y, arm=frame["hormon"].map({0: NONE, 1: HORMONE}))


def genorx_choice(train: Patients, new: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the option of rank 1, missing where it abstains, and whether it is recommended on its own merits."""
    model = SurvivalEffect(horizon=HORIZON, reference=NONE).fit(train.X, train.y, treatment=train.arm)
    first = model.rank(new).query("rank == 1").set_index("patient_id")
    first.index = first.index.astype(new.index.dtype)
    first = first.loc[new.index]
    return first["treatment"].where(first["advice"] != "abstain"), first["advice"] == "recommend"


def cox_choice(train: Patients, new: pd.DataFrame) -> tuple[pd.Series, None]:
    from lifelines import CoxPHFitter

    def mean(own: pd.DataFrame, y: pd.DataFrame) -> np.ndarray:
        grid = np.linspace(0, HORIZON, 121)
        fit = CoxPHFitter(penalizer=0.05).fit(coded(own).join(y), "time", "event")
        return np.trapezoid(fit.predict_survival_function(coded(new), times=grid).to_numpy().T, grid, axis=1)

    return _per_arm(train, new, mean), None


def forest_choice(train: Patients, new: pd.DataFrame) -> tuple[pd.Series, None]:
    from sksurv.ensemble import RandomSurvivalForest
    from sksurv.util import Surv

    def mean(own: pd.DataFrame, y: pd.DataFrame) -> np.ndarray:
        forest = RandomSurvivalForest(200, min_samples_leaf=15, random_state=0)
        rounded = Surv.from_arrays(y["event"], y["time"].round())  # months: fewer steps, less memory
        forest.fit(coded(own), rounded)
        return area_under(
            forest.predict_survival_function(coded(new), return_array=True), forest.unique_times_, HORIZON
        )

    return _per_arm(train, new, mean), None


def coded(X: pd.DataFrame) -> pd.DataFrame:
    """Return features as numbers, for models that take no words."""
    return X.assign(size=X["size"].map(SIZES.index))


def _per_arm(train: Patients, new: pd.DataFrame, mean: Callable[..., np.ndarray]) -> pd.Series:
    means = {arm: mean(train.X[train.arm == arm], train.y[train.arm == arm]) for arm in (NONE, HORMONE)}
    return pd.Series(np.where(means[HORMONE] > means[NONE], HORMONE, NONE), index=new.index)


def chance_of_own(trial: Patients) -> np.ndarray:
    """Return each patient's chance of the option that was had, given the columns."""
    chance = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf))
    treated = chance.fit(coded(trial.X), trial.arm == HORMONE).predict_proba(coded(trial.X))[:, 1]
    return np.where(trial.arm == HORMONE, treated, 1 - treated)


def weighted_mean(y: pd.DataFrame, weight: np.ndarray) -> float:
    """Return the restricted mean of the weighted Kaplan-Meier curve."""
    order = np.lexsort([~y["event"].to_numpy(), y["time"].to_numpy()])  # events before censoring of the same day
    time, event, weight = y["time"].to_numpy()[order], y["event"].to_numpy()[order], weight[order]
    at_risk = np.cumsum(weight[::-1])[::-1]
    curve = np.cumprod(1 - event * weight / at_risk)
    inside = time < HORIZON
    steps = np.diff(np.concatenate([[0.0], time[inside], [HORIZON]]))
    return float(steps @ np.concatenate([[1.0], curve[inside]]))


def gains(trial: Patients, chosen: pd.Series, weight: np.ndarray) -> np.ndarray:
    """Return the value of the choice, and its gain over none and over hormone therapy for all, in those answered."""
    answered = chosen.notna().to_numpy()
    had = trial.arm.to_numpy()

    def value(rows: np.ndarray) -> float:
        return weighted_mean(trial.y[rows], weight[rows])

    own = value(answered & (had == chosen.to_numpy()))
    return np.array([own, own - value(answered & (had == NONE)), own - value(answered & (had == HORMONE))])


def report(label: str, trial: Patients, chosen: pd.Series, recommended: pd.Series | None, n_boot: int) -> None:
    """Print the choice and, by both curves, its value and gains."""
    rng = np.random.default_rng(0)
    abstained = chosen.isna().mean()
    treated = (chosen == HORMONE).sum() / chosen.notna().sum()
    said = "" if recommended is None else f", recommended {recommended.mean():.1%}"
    print(f"{label:46} abstains {abstained:5.1%}; of those answered hormone first {treated:.1%}{said}")
    for name, weight in (("Kaplan-Meier", np.ones(len(trial.X))), ("weighted", 1 / chance_of_own(trial))):
        found = gains(trial, chosen, weight)
        runs = []
        for _ in range(n_boot):
            rows = rng.integers(len(weight), size=len(weight))
            again = Patients(X=trial.X.iloc[rows], y=trial.y.iloc[rows], arm=trial.arm.iloc[rows])
            runs.append(gains(again, chosen.iloc[rows], weight[rows]))
        error = np.std(runs, axis=0, ddof=1)
        print(
            f"    {name:14} value {found[0]:5.2f} months; gain over none {found[1]:5.2f} +- {error[1]:.2f},"
            f" over hormone for all {found[2]:5.2f} +- {error[2]:.2f}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstraps", type=int, default=500)
    asked = parser.parse_args()
    learnt, trial = rotterdam(), gbsg()
    everybody = pd.Series(HORMONE, index=trial.X.index)
    report("hormone for all:", trial, everybody, None, asked.bootstraps)
    for grade in (True, False):
        columns = [name for name in COLUMNS if grade or name != "grade"]
        for who, rows in (("all", learnt.X["nodes"] >= 0), ("node-positive", learnt.X["nodes"] > 0)):
            train = learnt.only(rows, columns)
            for name, choose in (("genorx", genorx_choice), ("Cox", cox_choice), ("forest", forest_choice)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    chosen, recommended = choose(train, trial.X[columns])
                label = f"{name}, {who} ({len(train.X)}), {'with' if grade else 'without'} grade:"
                report(label, trial, chosen, recommended, asked.bootstraps)


if __name__ == "__main__":
    main()
