"""When there is no estimate: what the rule refuses, and how right the estimates would have been on either side of it.

    OMP_NUM_THREADS=1 python benchmarks/support.py ages
    OMP_NUM_THREADS=1 python benchmarks/support.py made [--seeds 40]
    OMP_NUM_THREADS=1 python benchmarks/support.py cohorts PATH/TO/data
    OMP_NUM_THREADS=1 python benchmarks/support.py time

``ages``: GBSG2 of scikit-survival, hormone therapy or none, event-free at five years of a median patient of each age.
``made``: tables of ``datasets.make_effect_tables``, seeds 2000 on; in "ends at 1.5" the cohort has nobody with x1 above
1.5, in "turns" the effect of x1 turns there besides.  Pairs of a patient and a difference, by why there is no estimate;
the difference is what the model would have said.  ``cohorts``: patients of a fold without an estimate by a model of the
other four, of the folder's AML knowledge bank (landmark day 90) and trials.  ``time``: seconds of ``support``.
The rule is docs/guide/support.md.
"""

# ruff: noqa: PLC0415  a package that is not asked for is not loaded
from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx.datasets.effect_tables import HORIZON, SCENARIOS, EffectTables, Scenario, make_effect_tables
from genorx.effects import SurvivalEffect

_END = 1.5  # of x1 in the cohorts that end


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A cohort as the engine takes it."""

    X: pd.DataFrame
    y: pd.DataFrame
    treatment: pd.Series
    strata: Any = None
    model: dict[str, Any] = field(default_factory=dict)

    def fit(self, rows: Any = slice(None)) -> SurvivalEffect:
        fit = SurvivalEffect(**self.model)
        return fit.fit(self.X[rows], self.y[rows], treatment=self.treatment[rows], strata=self.strata)


def gbsg2() -> Compared:
    from sksurv.datasets import load_gbsg2

    X, outcome = load_gbsg2()
    X.index = [f"P{row}" for row in range(len(X))]
    treatment = X.pop("horTh").astype(str)
    X = X.assign(menostat=X["menostat"].astype(str), tgrade=X["tgrade"].astype(str))
    y = pd.DataFrame({"time": outcome["time"], "event": outcome["cens"]}, index=X.index)
    return Compared(X=X, y=y, treatment=treatment, model={"horizon": 1826.0, "reference": "no"})


def ages() -> None:
    """Print event-free at five years and patients alike, by age and option."""
    cohort = gbsg2()
    model = cohort.fit()
    years = [60, 65, 70, 75, 80, 81, 82, 85, 86, 90, 95, 100, 105, 110, 115, 120]
    middle = {name: cohort.X[name].median() for name in cohort.X.select_dtypes("number")}
    rows = [{**middle, "menostat": "Post", "tgrade": "II", "age": float(age)} for age in years]
    patients = pd.DataFrame(rows, index=[str(age) for age in years])[list(cohort.X)]
    table, support = model.rank(patients), model.support(patients)
    merged = table.merge(support.rename(columns={"option": "treatment"}), on=["patient_id", "treatment"])
    for name, own in merged.groupby("treatment"):
        print(f"{name}\n age  event-free  alike  reason")
        for row in own.itertuples():
            print(f"{row.patient_id:>4} {row.survival_at_horizon:10.3f} {row.effective_n:7.1f}  {row.reason_y}")


def _turning(x: pd.DataFrame, _arm: int, _times: Any) -> np.ndarray:
    """Log ratio of "qualitative" up to the end of the cohort, and back from there at twice the slope."""
    beyond = np.maximum(x["x1"].to_numpy() - _END, 0.0)
    return (-0.2 + 0.8 * (x["x1"].to_numpy() - 3 * beyond))[:, None]


MADE = {
    "constant": ("constant", False),
    "by indication": ("by indication", False),
    "no overlap": ("no overlap", False),
    "n = 150": ("n = 150", False),
    "ends at 1.5": ("qualitative", True),
    "ends at 1.5, turns": (Scenario(ratio=_turning), True),
}


def _compared(tables: EffectTables, ends: bool) -> tuple[Compared, pd.DataFrame]:
    spec = tables.spec
    train, test = tables.train.set_index(spec["id"]), tables.test.set_index(spec["id"])
    if ends:
        train = train[train["x1"] <= _END]
    y = train[[spec["time"], spec["event"]]].set_axis(["time", "event"], axis=1)
    asked = {"horizon": spec["horizon"], "reference": spec["reference"], "randomised": spec["randomised"]}
    X = train[spec["covariates"]]
    return Compared(X=X, y=y, treatment=train[spec["treatment"]], model=asked), test[spec["covariates"]]


def _why(reason: str) -> str:
    """Return the part of the rule that a reason is of."""
    if not reason:
        return "estimate"
    if "are needed" in reason:
        return "few near, beyond range" if "lies outside" in reason else "few alike"
    return "propensity" if "hardly ever" in reason else "range, level"


def pairs(name: str, seed: int) -> pd.DataFrame:
    """Return the difference of each test patient, the truth, and why there is no estimate."""
    scenario, ends = MADE[name]
    tables = make_effect_tables(scenario, seed=seed)
    cohort, new = _compared(tables, ends)
    model = cohort.fit()
    means = model.restricted(new).means
    gap = means[..., 1] - means[..., 0]
    truth = (tables.truth["new"] - tables.truth["standard"]).reindex(new.index).to_numpy()
    reasons = model.support(new).pivot(index="patient_id", columns="option", values="reason").loc[new.index]
    why = [_why(next((reason for reason in row if reason), "")) for row in reasons.to_numpy()]
    reach = 1.96 * gap[1:].std(axis=0)
    found = pd.DataFrame({"why": why, "error": (gap[0] - truth) / HORIZON, "covered": np.abs(gap[0] - truth) <= reach})
    return found.assign(wrong=(np.abs(gap[0]) > reach) & (np.sign(gap[0]) != np.sign(truth)) & (truth != 0))


def made(seeds: int) -> None:
    """Print share, coverage, error and shares shown in the wrong direction, by scenario and reason."""
    print(f"{'scenario':20}{'':24}{'share':>8}{'coverage':>10}{'error':>8}{'wrong':>8}")
    for name in MADE:
        found = pd.concat([pairs(name, 2000 + seed) for seed in range(seeds)])
        for why, own in found.groupby("why"):
            error = float(np.sqrt((own["error"] ** 2).mean()))
            share, covered, wrong = len(own) / len(found), own["covered"].mean(), own["wrong"].mean()
            print(f"{name:20}{why:24}{share:8.3%}{covered:10.3f}{error:8.3f}{wrong:8.3f}", flush=True)


def knowledge_bank(data: Path) -> Compared:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from aml_study import write_aml_study

    from genorx.cohort import Study

    with tempfile.TemporaryDirectory() as folder:
        cohort = Study.read(write_aml_study(Path(folder), data / "aml_knowledge_bank")).load()
    y = cohort.design.follow_up(cohort.outcomes["os"].frame, unit="days")
    return Compared(
        X=cohort.features.loc[y.index],
        y=y,
        treatment=cohort.design.treatment.loc[y.index],
        strata=cohort.design.strata,
        model={"horizon": 1096.0, "reference": "chemotherapy", "specs": cohort.specs},
    )


def trials(data: Path) -> Iterator[tuple[str, Compared]]:
    import effects_trials

    folder = data / "trials"
    for name, trial in (
        ("colon", effects_trials.colon(folder, 2, {})),
        ("myeloid", effects_trials.myeloid(folder)),
        ("ACTG 320", effects_trials.actg320(folder)),
    ):
        asked = {"horizon": trial.horizon, "reference": trial.reference, "randomised": True}
        yield name, Compared(X=trial.X, y=trial.y, treatment=trial.treatment, model=asked)


def cohorts(data: Path) -> None:
    """Print the share of patients without an estimate out of fold, by cohort and option, and why."""
    for name, cohort in (("AML", knowledge_bank(data)), ("GBSG2", gbsg2()), *trials(data)):
        fold = np.random.default_rng(0).permutation(len(cohort.X)) % 5
        found = pd.concat([cohort.fit(fold != k).support(cohort.X[fold == k]) for k in range(5)])
        found = found.assign(why=found["reason"].map(_why))
        none = 1 - found.groupby("patient_id")["inside"].max().mean()
        some = 1 - found.groupby("patient_id")["inside"].min().mean()
        print(f"{name}: {len(cohort.X)} patients, no option {none:.1%}, not all options {some:.1%}")
        for option, own in found.groupby("option", sort=False):
            why = own.loc[~own["inside"], "why"].value_counts() / len(own)
            stated = ", ".join(f"{reason} {share:.1%}" for reason, share in why.items())
            features = own.loc[~own["inside"], "outside_feature"].value_counts().head(4).to_dict()
            print(f"    {option:14} {1 - own['inside'].mean():6.1%}  {stated}  {features}", flush=True)


def seconds() -> None:
    """Print seconds of ``support`` for 400 patients, by number of features."""
    for genes in (0, 200):
        tables = make_effect_tables(Scenario(ratio=SCENARIOS["marker among 200"].ratio, genes=max(genes, 1)), seed=1)
        cohort, new = _compared(tables, ends=False)
        model = cohort.fit()
        begin = time.process_time()
        model.support(new)
        print(f"{len(cohort.X)} patients, {new.shape[1]} features: {time.process_time() - begin:.2f} s for {len(new)}")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["ages", "made", "cohorts", "time"])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--seeds", type=int, default=40)
    asked = parser.parse_args()
    if asked.what == "cohorts":
        cohorts(asked.data)
    elif asked.what == "made":
        made(asked.seeds)
    else:
        {"ages": ages, "time": seconds}[asked.what]()


if __name__ == "__main__":
    main()
