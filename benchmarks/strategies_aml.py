"""Strategies over time in the AML knowledge bank: differences beside clones and landmark, thirds, prognosis, cost.

    OMP_NUM_THREADS=1 python benchmarks/strategies_aml.py differences|thirds|prognosis|cost PATH/TO/aml_knowledge_bank

States: induction, first remission, relapse, dead.  Transplantation in first remission within 180 days, after relapse
within 120 days (all, and as many as in the data), never.  ``thirds``: by the difference predicted out of fold (five
folds) between first remission and after relapse as in the data; clones and landmark in each third; the value of
transplanting those who are predicted to gain over never.  ``prognosis``: out of fold, C the mean over folds, integrated
Brier score pooled (trapezoids through 0, 1, 3 and 5 years), in the folds of ``benchmarks/prognosis.py``.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from prognosis_cohorts import aml

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.effects import StrategyEffect, check_strategy
from genorx.effects.strategies import strategy_policy
from genorx.outcomes import GroupShrunkCox, MultistateModel, hash_folds, score_survival

HORIZON, HORIZONS = 1096.0, np.array([365.0, 1096.0, 1826.0])
STRATEGIES = (
    Strategy(name="never"),
    Strategy(name="first remission", state="remission", treatment="HSCT", within=180.0),
    Strategy(name="after relapse", state="relapse", treatment="HSCT", within=120.0),
    Strategy(name="after relapse, as seen", state="relapse", treatment="HSCT", within=120.0, share="observed"),
)


def course_of(outcomes: pd.DataFrame) -> Course:
    """Return the states that each patient entered; what is dated on the last day or out of order is left out."""
    rows: list[tuple[Any, str, float]] = []
    for patient, one in outcomes.iterrows():
        end = float(one["os_days"])
        rows.append((patient, "induction", 0.0))
        if one["cr"] == 1 and one["cr_day"] < end:
            rows.append((patient, "remission", float(one["cr_day"])))
            if one["relapse"] == 1 and one["cr_day"] < one["relapse_day"] < end:
                rows.append((patient, "relapse", float(one["relapse_day"])))
        if one["os_event"] == 1:
            rows.append((patient, "dead", end))
    return Course(
        states=("induction", "remission", "relapse", "dead"),
        transitions=(
            ("induction", "remission"),
            ("induction", "dead"),
            ("remission", "relapse"),
            ("remission", "dead"),
            ("relapse", "dead"),
        ),
        start="induction",
        alive=("induction", "remission", "relapse"),
        unit="days",
        horizons=tuple(HORIZONS),
        entries=pd.DataFrame(rows, columns=["patient_id", "state", "time"]),
        followed=outcomes["os_days"].astype(float),
    )


def design_of(treatments: pd.DataFrame, course: Course, strata: pd.Series) -> StrategyDesign:
    """Return the strategies, and the first transplantation of each patient in the state in which it was."""
    rows = treatments[(treatments["treatment"] == "HSCT") & treatments["day"].notna()]
    rows = rows[rows["pdid"].isin(course.patients)].sort_values("day").drop_duplicates("pdid")
    begins = pd.DataFrame({"patient_id": rows["pdid"], "treatment": "HSCT", "time": rows["day"].astype(float)})
    entries = course.entries
    states = [
        entries.loc[(entries["patient_id"] == one["patient_id"]) & (entries["time"] <= one["time"]), "state"].iloc[-1]
        for one in begins.to_dict(orient="records")
    ]
    begins = begins.assign(state=states).reset_index(drop=True)
    return StrategyDesign(strategies=STRATEGIES, reference="never", begins=begins, strata=strata)


class Bank:
    """The knowledge bank as features, course and design."""

    def __init__(self, folder: Path) -> None:
        known = aml(folder)
        self.X, self.specs = known.X, known.specs
        outcomes = pd.read_csv(folder / "outcomes.csv", index_col="pdid")
        outcomes = outcomes[outcomes["os_days"] > 0]
        self.X = self.X.loc[outcomes.index]
        self.course = course_of(outcomes)
        self.design = design_of(pd.read_csv(folder / "treatments.csv"), self.course, self.X["study"])

    def fit(self, X: pd.DataFrame | None = None, **stated: Any) -> StrategyEffect:
        """Fit to all, or some, of the patients."""
        specs: list[FeatureSpec] = self.specs
        model = StrategyEffect(horizon=HORIZON, specs=specs, **stated)
        return model.fit(self.X if X is None else X, self.course, self.design)


def differences(bank: Bank) -> None:
    """Print the mean differences from first remission on, by model, clones and landmark."""
    print(bank.course.counts().to_string())
    print(bank.design.begins["state"].value_counts().to_dict())
    for clock in ("forward", "reset"):
        model = bank.fit(clock=clock)
        print(clock, [finding.message for finding in model.findings_])
        print(model.population_effect().round(0).to_string())
        print({name: waits.observed for name, waits in model.waits_.items()})
        table = check_strategy(
            model, bank.X, bank.course, bank.design, "first remission", landmark=90.0, specs=bank.specs
        )
        print(table.round(0).to_string(), flush=True)
        if clock == "forward":
            support = model.support(bank.X)
            print(support.groupby("option", sort=False)["inside"].mean().round(2).to_dict())
            advice = model.rank(bank.X)
            print(advice.groupby("treatment", sort=False)["advice"].value_counts().to_dict(), flush=True)


def thirds(bank: Bank) -> None:
    """Print the gain predicted out of fold, and that of clones and landmark, in thirds of it; then the policy's."""
    fold = hash_folds(bank.X.index)
    entered = bank.course.entered("remission")
    gains = pd.DataFrame(np.nan, index=entered.index, columns=["never", "after relapse, as seen"])
    for held in range(5):
        model = bank.fit(bank.X[fold != held], n_draws=20)
        asked = bank.X[(fold == held) & bank.X.index.isin(entered.index)]
        drawn = model.sample(asked, [HORIZON], state="remission", entered=40.0)
        means = pd.DataFrame(drawn.restricted[0], index=asked.index, columns=list(model.options_))
        gains.loc[asked.index] = -means[list(gains)].sub(means["first remission"], axis=0)
    begun = bank.design.begins.set_index("patient_id")["time"].reindex(entered.index)
    known = entered.index[~(begun < entered) & (bank.course.survival().loc[entered.index, "time"] > entered)]
    gain = gains.loc[known, "after relapse, as seen"]
    third = pd.qcut(gain, 3, labels=["least", "middle", "most"])
    stated: dict[str, Any] = {"specs": bank.specs, "methods": ["clones", "landmark"]}
    for name in ("least", "middle", "most"):
        rows = known[third == name]
        found = check_strategy(model, bank.X.loc[rows], bank.course, bank.design, "first remission", **stated)
        print(f"{name}: predicted {gain[rows].mean():.0f}; {rows.size} patients")
        print(found.drop(columns=["strategy", "against"]).round(0).to_string(), flush=True)
    policy = strategy_policy(
        bank.X.loc[known], bank.course, bank.design, "first remission", gains["never"], horizon=HORIZON
    )
    print(f"predicted to gain: {(gains.loc[known, 'never'] > 0).sum()} of {known.size}")
    print(policy.round(0).to_string(), flush=True)


def prognosis(bank: Bank) -> None:
    """Print C and the integrated Brier score of survival through the states, and of direct models."""
    y, fold = bank.course.survival(), hash_folds(bank.X.index)
    models: dict[str, Any] = {
        "direct, group-shrunk": GroupShrunkCox(bank.specs),
        "states, forward": MultistateModel(bank.specs),
        "states, forward, no history": MultistateModel(bank.specs, history=False),
        "states, reset": MultistateModel(bank.specs, clock="reset"),
        "states, reset, no history": MultistateModel(bank.specs, clock="reset", history=False),
    }
    for name, model in models.items():
        survival, risk = np.empty((len(y), HORIZONS.size)), np.empty(len(y))
        for held in range(5):
            train, test = bank.X[fold != held], bank.X[fold == held]
            told = bank.course if name.startswith("states") else y.loc[train.index]
            model.fit(train, told)
            survival[fold == held] = model.predict_survival(test, HORIZONS)
            risk[fold == held] = model.predict_risk(test)
        scores = score_survival(y, survival, risk, fold, horizons=HORIZONS, n_boot=0)
        c, brier = scores.value("harrell_c"), scores.value("brier_integrated")
        print(f"{name}: C {c:.4f}, integrated Brier score {brier:.4f}", flush=True)


def cost(bank: Bank) -> None:
    """Print seconds of CPU and memory of a fit and of 1,000 answers."""
    began = time.process_time()
    model = bank.fit()
    fitted = time.process_time()
    model.sample(bank.X.iloc[:1000])
    answered = time.process_time()
    columns = len(model.encoder_.columns_)
    print(f"{len(bank.X)} patients, {bank.X.shape[1]} features ({columns} columns), {len(STRATEGIES)} strategies")
    print(f"fit {fitted - began:.1f} s, 1,000 answers {answered - fitted:.1f} s of CPU")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    jobs = {"differences": differences, "thirds": thirds, "prognosis": prognosis, "cost": cost}
    parser.add_argument("what", choices=list(jobs))
    parser.add_argument("folder", type=Path)
    stated = parser.parse_args()
    jobs[stated.what](Bank(stated.folder))


if __name__ == "__main__":
    main()
