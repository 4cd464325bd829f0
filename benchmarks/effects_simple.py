"""Coverage, false recommendations, power and abstention of the adjusted effects on made trials with known truth.

Run: ``OMP_NUM_THREADS=1 python benchmarks/effects_simple.py [--repeats 20] [--n 600]``.  One line a scenario:

coverage   share of true differences (restricted mean, option against reference) within their 95 % interval
wrong      share of patients who are recommended an option that is not their best (or any, where options are equal)
power      share of patients with a recommendation, where options differ by more than 2 % of the horizon
right      share of patients whose first option is their best, where options differ so
regret     mean loss of the first option against the best, as a share of the loss of giving all the better single one
error      root mean square error of the difference / horizon
abstain    share of answers without estimate
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from genorx.datasets import make_trial
from genorx.effects import SurvivalEffect
from genorx.ranking.advice import place_options

SCENARIOS = [
    (effect, design)
    for effect in ("none", "constant", "interaction", "qualitative", "marker")
    for design in ("randomised", "indication")
]
TIMES = 61


def one(effect: str, design: str, n: int, seed: int) -> dict[str, float]:
    """Fit to one made trial and score the answers for 300 other patients of the same population."""
    trial = make_trial(n, effect=effect, design=design, seed=seed)
    others = make_trial(300, effect=effect, design=design, seed=seed + 10_000)
    start = time.perf_counter()
    model = SurvivalEffect(
        reference=trial.reference, randomised=trial.randomised, specs=trial.specs, horizon=trial.horizon
    ).fit(trial.features, trial.outcomes[["time", "event"]], treatment=trial.treatment)
    seconds = time.perf_counter() - start
    X = others.features
    sampled = model.sample(X, np.linspace(0, trial.horizon, TIMES))
    point = np.trapezoid(sampled.point, sampled.times, axis=-1)
    draws = np.trapezoid(sampled.draws, sampled.times, axis=-1)
    inside = model.support(X).pivot(index="patient_id", columns="option", values="inside").loc[X.index].all(axis=1)
    truth = others.truth.pivot(index="patient_id", columns="option", values="rmst").loc[X.index, list(sampled.options)]
    return scores(point, draws, truth.to_numpy(), inside.to_numpy(), trial.horizon) | {"seconds": seconds}


def scores(point, draws, truth, inside, horizon) -> dict[str, float]:
    """Score two options; the reference is the first."""
    gap, found, drawn = truth[:, 1] - truth[:, 0], point[:, 1] - point[:, 0], draws[:, :, 1] - draws[:, :, 0]
    lower, upper = np.quantile(drawn, [0.025, 0.975], axis=0)
    firsts = [place_options(point[row], draws[:, row]) for row in range(len(point))]
    advised = np.array([[each.advice == "recommend" for each in row] for row in firsts]) & inside[:, None]
    best = truth >= truth.max(axis=1, keepdims=True) - 1e-9
    equal = np.abs(gap) < 1e-9
    differs = np.abs(gap) > 0.02 * horizon
    chosen = np.argmax(point, axis=1)
    lost = truth.max(axis=1) - truth[np.arange(len(truth)), chosen]
    single = truth.max(axis=1) - truth[:, np.argmax(truth.mean(axis=0))]
    share = lambda mask, of: float(np.mean(mask[of])) if of.any() else float("nan")  # noqa: E731
    return {
        "coverage": share((lower <= gap) & (gap <= upper), inside),
        "wrong": float(np.mean((advised & (~best | equal[:, None])).any(axis=1))),
        "power": share(advised.any(axis=1), differs),
        "right": share(best[np.arange(len(best)), chosen], differs),
        "regret": float(lost.mean() / single.mean()) if single.mean() > 1e-9 else float("nan"),
        "error": float(np.sqrt(np.mean((found - gap) ** 2)) / horizon),
        "bias": float(np.mean(found - gap) / horizon),
        "abstain": 1 - float(inside.mean()),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--n", type=int, default=600)
    asked = parser.parse_args()
    names = ["coverage", "wrong", "power", "right", "regret", "error", "bias", "abstain", "seconds"]
    print(f"{'scenario':26}" + "".join(f"{name:>9}" for name in names))
    for effect, design in SCENARIOS:
        runs = [one(effect, design, asked.n, seed) for seed in range(asked.repeats)]
        means = [
            np.nanmean([run[name] for run in runs]) if any(run[name] == run[name] for run in runs) else np.nan
            for name in names
        ]
        print(f"{effect + ' ' + design:26}" + "".join(f"{mean:9.3f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
