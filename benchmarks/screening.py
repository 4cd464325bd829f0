"""Measures of a screening rule on simulated cohorts with known truth, beside how they usually are computed.

    OMP_NUM_THREADS=1 python benchmarks/screening.py [--cohorts 10] [--people 20000] [--first 1000]

Cohorts of ``datasets.make_screening_cohort``: the model is wrong by design (O/E 1.17, slope 0.8), 9 % die of other
causes within six years and half are followed for less.  Printed: mean error, largest error and coverage of every
measure; observed over expected by events over all people, by one minus Kaplan-Meier with deaths censored, and ours;
seconds, and seconds of a bootstrap that computes one sample after another (10 samples, times 20).
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from typing import Any

import numpy as np

from genorx.datasets import ScreeningCohort, make_screening_cohort
from genorx.survival import ScreeningEvaluation, evaluate_screening, kaplan_meier

THRESHOLDS = (0.01, 0.0151, 0.02, 0.05)
SCORES = ("oe", "slope", "intercept", "ici", "auc")
RULES = ("net_benefit", "sensitivity", "specificity", "ppv", "missed")


def usual_ways(cohort: ScreeningCohort) -> dict[str, float]:
    """O/E by events over all people, and by one minus Kaplan-Meier with deaths censored."""
    people = cohort.people
    had = (people["cause"] == 1) & (people["time"] <= cohort.horizon)
    curve = kaplan_meier(people["time"], people["cause"] == 1)
    expected = float(people["risk"].mean())
    return {
        "events over all people": float(had.mean()) / expected,
        "1 - Kaplan-Meier": (1.0 - float(curve.at(cohort.horizon))) / expected,
    }


def rows(found: ScreeningEvaluation, truth: dict[str, Any]) -> list[tuple[str, Any, float]]:
    """Every measure with its truth."""
    made = [(name, getattr(found, name), truth[name]) for name in SCORES]
    for each in found.thresholds:
        made += [(name, getattr(each, name), truth["thresholds"][each.threshold][name]) for name in RULES]
    return made


def one_after_another(cohort: ScreeningCohort, samples: int = 10) -> float:
    """Seconds of 200 samples, each evaluated by itself."""
    people = cohort.people
    rng, started = np.random.default_rng(0), time.process_time()
    for _ in range(samples):
        drawn = people.iloc[rng.integers(0, len(people), len(people))]
        _evaluated(drawn, cohort.horizon, n_boot=0)
    return (time.process_time() - started) * 200 / samples


def _evaluated(people: Any, horizon: float, n_boot: int) -> ScreeningEvaluation:
    columns = (people[name].to_numpy() for name in ("risk", "time", "cause"))
    return evaluate_screening(*columns, horizon=horizon, thresholds=THRESHOLDS, n_boot=n_boot)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=10)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first cohort")
    asked = parser.parse_args()
    errors, covered, ours = defaultdict(list), defaultdict(list), defaultdict(list)
    widths, seconds, shares = [], [], 0.0
    for seed in range(asked.first, asked.first + asked.cohorts):
        cohort = make_screening_cohort(asked.people, seed=seed)
        truth, started = cohort.truth(THRESHOLDS), time.process_time()
        found = _evaluated(cohort.people, cohort.horizon, n_boot=200)
        seconds.append(time.process_time() - started)
        for name, score, true in rows(found, truth):
            errors[name].append(score.estimate - true)
            covered[name].append(score.lower <= true <= score.upper)
        gaps = [each.screened - truth["thresholds"][each.threshold]["screened"] for each in found.thresholds]
        shares = max([shares, *map(abs, gaps)])
        widths.append(found.oe.upper - found.oe.lower)
        for name, value in (usual_ways(cohort) | {"Aalen-Johansen (ours)": found.oe.estimate}).items():
            ours[name].append(value - truth["oe"])
    print(f"{asked.cohorts} cohorts of {asked.people}, seeds from {asked.first}; share screened off by {shares:.1g}")
    print("measure       mean error   largest   covers")
    for name, values in errors.items():
        print(
            f"{name:<12} {np.mean(values):+11.4f} {np.abs(values).max():9.4f}   {sum(covered[name])} of {len(values)}"
        )
    print(f"O/E interval: widest {max(widths):.3f}; mean error by")
    for name, values in ours.items():
        print(f"  {name:<24} {np.mean(values):+.3f}")
    alone = one_after_another(make_screening_cohort(asked.people, seed=asked.first))
    print(f"CPU seconds: all samples at once {np.median(seconds):.1f}, one after another {alone:.0f}")


if __name__ == "__main__":
    main()
