"""Strategies over time: simulated cohorts with known truth, the AML knowledge bank, times and memory.

    OMP_NUM_THREADS=1 python benchmarks/strategies.py made [--setting NAME] [--first SEED] [--cohorts N] [--rows FILE]

``made``: cohorts of 600 (``datasets.make_course_cohort``), seeds 7000 and on; 30 patients of another seed are asked for
in each.  Truth: 6,000 paths a patient (the standard deviation of a difference is then 3 days; with 1,500 it was 6, a
fifth of the estimator's own), waits as in 6,000 patients of the mechanism.  Columns: coverage of the 95 % intervals of
the two differences against never treating (all patients; those with support, with its standard error between cohorts),
error of the difference (root mean square, days of 1,096), mean error, share recommended, share recommended wrongly (an
option that is not the best in truth; by more than 11 days worse than another with an estimate), share that abstains;
error of the landmark's mean difference beside that of the estimator's.  An estimate of
a patient's difference varies between cohorts and is off on average (root mean squares over patients); beside both is
the standard deviation of its draws.  With ``--rows`` each cohort is a line of that
file as soon as it is done, those that stand there are not made again, and the summary is of all of them.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.datasets.course import CourseCohort, make_course_cohort
from genorx.effects import StrategyEffect, SurvivalEffect
from genorx.effects.intervals import interval_of
from genorx.effects.strategies.waits import Waits
from genorx.outcomes.multistate.state_rows import Spells

HORIZON = 1096.0
_PATIENTS, _PATHS, _FIRST_SEED = 30, 6000, 7000
_TREATING = ["first_remission", "after_relapse"]  # in the order of the estimates
_MATTERS = 11.0  # days, 1 % of the horizon
SETTINGS: dict[str, dict[str, Any]] = {
    "three states": {"states": 3},
    "five states": {"states": 5},
    "three states, not Markov": {"states": 3, "markov": False},
    "five states, not Markov": {"states": 5, "markov": False},
    "nothing differs": {"states": 3, "effect": "none"},
    "nothing differs, five states": {"states": 5, "effect": "none"},
    "no overlap": {"states": 3, "overlap": False},
}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Patients asked for, and the restricted mean of each under each strategy."""

    features: pd.DataFrame
    means: pd.DataFrame


@cache
def truth(setting: str) -> Truth:
    """Return patients that no fit has seen, and what is true of them."""
    stated = SETTINGS[setting]
    many = make_course_cohort(6_000, seed=6000, **stated)
    waits = {name: each.quantiles() for name, each in observed_waits(many).items()}
    test = make_course_cohort(_PATIENTS, seed=6001, **stated)
    table = test.truth(HORIZON, waits=waits, paths=_PATHS, seed=1)
    means = table.pivot(index="patient_id", columns="strategy", values="rmst").loc[test.features.index]
    return Truth(features=test.features, means=means)


def observed_waits(made: CourseCohort) -> dict[str, Any]:
    """Return the waits of each strategy, as the estimator takes them from a cohort."""
    found = {}
    for strategy in made.design.strategies:
        if strategy.state is not None:
            spells = Spells.of(made.course, strategy.state, made.features.index)
            times = made.design.begins.set_index("patient_id")["time"].reindex(made.features.index).to_numpy(float)
            begun = times[spells.patient]
            inside = (begun >= spells.entry) & (begun < spells.exit)
            found[strategy.name] = Waits.fit(spells, np.where(inside, begun, np.nan), strategy.within)
    return found


def one_cohort(setting: str, seed: int, n: int, known: Truth) -> dict[str, Any]:
    """Fit to one cohort and hold the answers against the truth."""
    made = make_course_cohort(n, seed=seed, **SETTINGS[setting])
    began = time.process_time()
    model = StrategyEffect(horizon=HORIZON, specs=made.specs).fit(made.features, made.course, made.design)
    seconds = time.process_time() - began
    X = known.features
    means = model.sample(X, [HORIZON]).restricted
    gaps, true = means[:, :, 1:] - means[:, :, :1], known.means[list(model.options_)].to_numpy()
    true_gaps = true[:, 1:] - true[:, :1]
    lower, upper = interval_of(gaps[1:])
    covered = (lower <= true_gaps) & (true_gaps <= upper)
    inside = model.support(X)["inside"].to_numpy(bool).reshape(len(X), -1)
    both = inside[:, 1:] & inside[:, :1]
    table = model.rank(X)
    first = table[(table["advice"] == "recommend") & (table["rank"] == 1)].set_index("patient_id")["treatment"]
    best = known.means[list(model.options_)].idxmax(axis=1)
    wrong = [name for name, option in first.items() if option != best[name] or setting.startswith("nothing")]
    given = known.means[list(model.options_)].where(inside)
    worse = [given.loc[name].max() - given.loc[name, option] for name, option in first.items()]
    landmark = landmark_difference(made)
    return {
        "covered": covered.mean(axis=0),
        "gaps": gaps[0],
        "spread": gaps[1:].std(axis=0).mean(axis=0),
        "covered_inside": np.array([covered[both[:, k], k].mean() if both[:, k].any() else np.nan for k in range(2)]),
        "squared": ((gaps[0] - true_gaps) ** 2).mean(axis=0),
        "error": (gaps[0] - true_gaps).mean(axis=0),
        "recommended": len(first) / len(X),
        "wrong": len(wrong) / len(X),
        "worse": sum(loss > _MATTERS for loss in worse) / len(X),
        "abstains": 1 - inside.all(axis=1).mean(),
        "abstains_old": 1 - inside[X["age_years"].to_numpy(float) > 57].all(axis=1).mean(),
        "wrong_old": sum(X.loc[name, "age_years"] > 57 for name in wrong) / len(X),
        "mean_squared": (gaps[0].mean(axis=0) - true_gaps.mean(axis=0))[0] ** 2,
        "landmark_squared": (landmark - true_gaps.mean(axis=0)[0]) ** 2,
        "seconds": seconds,
        "not_markov": any(finding.code == "not-markov" for finding in model.findings_),
    }


def landmark_difference(made: CourseCohort, day: float = 90.0) -> float:
    """Return restricted mean from remission of who was treated by the landmark, minus of who was not, adjusted.

    In those alive and in remission at the landmark, whose later treatment is let be as it was: what such analyses do.
    """
    entered, left = made.course.entered("remission"), made.course.spells
    left = left[left["state"] == "remission"].set_index("patient_id")["exit"]
    death = made.course.survival()
    patients = [p for p in left.index if left[p] > entered[p] + day]
    begun = made.design.begins.set_index("patient_id")["time"].reindex(patients)
    treated = (begun <= entered[patients] + day).map({True: "transplant", False: "none"})
    y = pd.DataFrame(
        {"time": death.loc[patients, "time"] - entered[patients] - day, "event": death.loc[patients, "event"]}
    )
    model = SurvivalEffect(horizon=HORIZON - day, reference="none", specs=made.specs, n_draws=50)
    X = made.features.loc[patients]
    model.fit(X, y, treatment=treated)
    means = model.population_effect().set_index("measure")["estimate"]
    return float(means[f"rmst_difference_{HORIZON - day:g}"])


def made_cohorts(names: list[str], seeds: range, n: int, rows: Path | None) -> None:
    """Print a line a setting."""
    for name in names:
        known, done = truth(name), [] if rows is None or not rows.exists() else _kept(rows, name, n)
        for seed in seeds:
            if seed in [one["seed"] for one in done]:
                continue
            one = {"setting": name, "seed": seed, "n": n} | one_cohort(name, seed, n, known)
            done.append(one)
            if rows is not None:
                with rows.open("a") as file:
                    file.write(json.dumps(one, default=lambda value: value.tolist()) + "\n")
        print(summary(name, pd.DataFrame(done), known, n), flush=True)


def _kept(rows: Path, name: str, n: int) -> list[dict[str, Any]]:
    known = [json.loads(line) for line in rows.read_text().splitlines()]
    return [one for one in known if (one["setting"], one["n"]) == (name, n)]


def summary(name: str, frame: pd.DataFrame, known: Truth, n: int) -> str:
    """Return the line of a setting from the numbers of its cohorts."""
    true = known.means.sub(known.means["never"], axis=0).drop(columns="never")

    def mean(column: str) -> Any:
        return np.nanmean(np.stack([np.asarray(each, dtype=float) for each in frame[column]]), axis=0)

    inside = np.stack([np.asarray(each, dtype=float) for each in frame["covered_inside"]])
    between = np.nanstd(inside, axis=0, ddof=1) / np.sqrt(np.isfinite(inside).sum(axis=0))
    root = np.sqrt([mean("mean_squared"), mean("landmark_squared")])
    gaps, true_gaps = np.stack([np.asarray(each) for each in frame["gaps"]]), true[_TREATING].to_numpy()
    varied, off = gaps.std(axis=0, ddof=1), gaps.mean(axis=0) - true_gaps
    return (
        f"{name}: true {true.mean().round(0).to_dict()}; coverage {mean('covered').round(3)}, "
        f"with support {mean('covered_inside').round(3)} (SE {between.round(3)}); "
        f"error {np.sqrt(mean('squared')).round(1)}; mean error {mean('error').round(1)}; "
        f"between cohorts {_root(varied)}, off {_root(off)}, by the intervals {mean('spread').round(1)}; "
        f"recommended {mean('recommended'):.3f}, wrongly {mean('wrong'):.4f} "
        f"(over 57: {mean('wrong_old'):.4f}; worse by 11 days: {mean('worse'):.4f}); "
        f"abstains {mean('abstains'):.3f}, over 57 {mean('abstains_old'):.3f}; "
        f"error of the mean {root[0]:.1f}, landmark's {root[1]:.1f}; not Markov found {mean('not_markov'):.2f}; "
        f"{mean('seconds'):.1f} s a fit ({len(frame)} cohorts of {n})"
    )


def _root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the root mean square over patients."""
    return np.sqrt((values**2).mean(axis=0)).round(1)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["made"])
    parser.add_argument("--setting", choices=list(SETTINGS))
    parser.add_argument("--cohorts", type=int, default=40)
    parser.add_argument("--first", type=int, default=_FIRST_SEED)
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--rows", type=Path)
    stated = parser.parse_args()
    seeds = range(stated.first, stated.first + stated.cohorts)
    made_cohorts([stated.setting] if stated.setting else list(SETTINGS), seeds, stated.n, stated.rows)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
