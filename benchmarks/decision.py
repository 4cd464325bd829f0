"""How often advice errs, on simulated cohorts and published trials: by 97.5 % of the draws, and by 1.96 deviations.

    OMP_NUM_THREADS=1 python benchmarks/decision.py none|real|evaluated|trials [--cohorts N] [--trials PATH/TO/trials]

``none``: cohorts in which no patient gains more than another (no effect, or the same hazard ratio for all), 250 to
1,000 patients, seeds 4000 and on; ``real``: cohorts in which patients gain differently, 250 to 800, seeds 4500 and on;
200 patients are answered for in each.  ``evaluated``: the same kinds, 12 each by default, with the evaluation of
``assess`` taken into the decision.  ``trials``: those of ``benchmarks/effects_trials.py``.

Columns: share recommended an option; share recommended another than the best single option (as the fit estimates it);
power: share recommended their best arm, of those for whom arms differ by 5 % of the horizon; share of patients whose
word differs between before and now.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from effects_trials import actg320, colon, myeloid

from genorx.datasets.effect_tables import HORIZON, EffectTables, make_effect_tables
from genorx.effects import SurvivalEffect, assess
from genorx.effects.arm_decision import decide_arms
from genorx.effects.decision import Choosing
from genorx.effects.intervals import Interval, spread

_NONE = ("none", "constant", "none, by indication", "constant")
_REAL = ("qualitative", "by indication", "non-proportional", "drop-out")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Words for the patients of one cohort: the arm recommended before and now, -1 for none; the best single arm."""

    before: np.ndarray
    now: np.ndarray
    best_single: int


def before(values: np.ndarray, inside: np.ndarray) -> int:
    """Return the arm that was recommended by 1.96 spreads of the draws around the best estimate; -1 for none."""
    first = int(np.argmax(values[0]))
    if inside.sum() < 2 or not inside[0] or not inside[first]:
        return -1
    for other in np.flatnonzero(inside):
        gap = values[:, first] - values[:, other]
        if other != first and gap[0] <= max(1e-9, 1.96 * float(spread(gap))):
            return -1
    return first


def answer(model: SurvivalEffect, X: pd.DataFrame, choosing: Choosing) -> Answers:
    """Decide on each patient in both ways."""
    values, inside = model.restricted(X).means, model._inside(X)
    words = [decide_arms(model.options_, values[:, row], inside[row], choosing=choosing) for row in range(len(X))]
    best = choosing.best_single(model.options_) or model.options_[0]
    return Answers(
        before=np.array([before(values[:, row], inside[row]) for row in range(len(X))]),
        now=np.array([each.advice.index("recommend") if "recommend" in each.advice else -1 for each in words]),
        best_single=model.options_.index(best),
    )


def fitted(tables: EffectTables) -> tuple[SurvivalEffect, pd.DataFrame, pd.DataFrame]:
    """Return the model of a simulated table, its training table, and the features of the test patients."""
    names, train = tables.spec["covariates"], tables.train.set_index("patient_id")
    model = SurvivalEffect(horizon=HORIZON, reference="standard", randomised=tables.spec["randomised"])
    model.fit(train[names], train[["time", "event"]], treatment=train["arm"])
    return model, train, tables.test.set_index("patient_id")[names]


def evaluated(model: SurvivalEffect, train: pd.DataFrame, names: list[str]) -> Choosing:
    """Return what an evaluation of the model finds of choosing by patient."""
    report = assess(model, train[names], train[["time", "event"]], treatment=train["arm"])

    def interval(row: pd.Series, estimate: str) -> Interval:
        return Interval(estimate=float(row[estimate]), lower=float(row["lower"]), upper=float(row["upper"]))

    return Choosing(
        averages={row["option"]: interval(row, "estimate") for _, row in report.averages.iterrows()},
        reference=model.options_[0],
        gain=interval(report.policy.iloc[1], "gain") if len(report.policy) > 1 else None,
        slopes={row["option"]: interval(row, "slope") for _, row in report.slopes.iterrows()},
    )


def cohorts(part: str, n: int) -> Iterator[tuple[str, int, int]]:
    """Yield scenario, patients and seed."""
    for k in range(n):
        real = part == "real" or (part == "evaluated" and k % 2)
        if real:
            yield _REAL[k // (2 if part == "evaluated" else 1) % 4], (800, 500, 250)[k // 4 % 3], 4500 + k // 4
        else:
            yield _NONE[k % 4], (250, 500, 1000, 350, 700)[k % 5], 4000 + k


def made(part: str, n: int) -> pd.DataFrame:
    """Score the cohorts of a part."""
    rows = []
    for scenario, size, seed in cohorts(part, n):
        tables = make_effect_tables(scenario, n=size, n_test=200, seed=seed)
        model, train, test = fitted(tables)
        choosing = evaluated(model, train, tables.spec["covariates"]) if part == "evaluated" else model._averages()
        found = answer(model, test, choosing)
        gap = (tables.truth.iloc[:, 1] - tables.truth.iloc[:, 0]).to_numpy()
        marked = (np.abs(gap) > 0.05 * HORIZON) & tables.overlap.to_numpy()
        row = {"scenario": scenario, "verdict": choosing.verdict, "kept": choosing.kept(model.options_[1])}
        for name in ("before", "now"):
            word = getattr(found, name)
            right = (word == (gap > 0).astype(int))[marked]
            row |= {
                f"recommended {name}": (word >= 0).mean(),
                f"against {name}": ((word >= 0) & (word != found.best_single)).mean(),
                f"power {name}": right.mean() if marked.any() else np.nan,
            }
        rows.append(row | {"changed": (found.before != found.now).mean()})
    return pd.DataFrame(rows)


def trials(folder: Path) -> pd.DataFrame:
    """Score the published trials, patients answered for by the model that was fitted to them."""
    rows = []
    for name, trial in {
        "colon, death": colon(folder, 2, {}),
        "colon, recurrence": colon(folder, 1, {}),
        "myeloid, death": myeloid(folder),
        "ACTG 320": actg320(folder),
    }.items():
        model = SurvivalEffect(horizon=trial.horizon, reference=trial.reference, randomised=True)
        model.fit(trial.X, trial.y, treatment=trial.treatment)
        found = answer(model, trial.X, model._averages())
        first = model.rank(trial.X).query("rank == 1")["treatment"].value_counts(normalize=True)
        for place, option in enumerate(model.options_[1:], start=1):
            rows.append(
                {"scenario": f"{name}: {option}", "first": first.get(option, 0.0)}
                | {f"recommended {when}": (getattr(found, when) == place).mean() for when in ("before", "now")}
                | {"changed": (found.before != found.now).mean(), "best single": place == found.best_single}
            )
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table of a part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("none", "real", "evaluated", "trials"))
    parser.add_argument("--cohorts", type=int)
    parser.add_argument("--trials", type=Path)
    asked = parser.parse_args()
    if asked.part == "trials":
        print(trials(asked.trials).round(3).to_string())
        return
    found = made(asked.part, asked.cohorts or {"none": 200, "real": 60, "evaluated": 24}[asked.part])
    print(found.groupby("scenario").mean(numeric_only=True).round(4).T.to_string())
    print(found.mean(numeric_only=True).round(4).to_string())
    print(found["verdict"].value_counts().to_string())


if __name__ == "__main__":
    main()
