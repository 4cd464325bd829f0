"""Time and memory of a fit of treatment effects and its answers, by patients, covariates, arms and draws.

    OMP_NUM_THREADS=1 python benchmarks/effects_cost.py

Each line is a process of its own: fit to simulated patients (treatment by indication: propensity and forest too)
and the table for 400 others.  Seconds are those of the processor, memory the peak of the whole process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from genorx.effects import SurvivalEffect

#: Patients, numbers, 0/1 genes, arms, draws.
CASES = [
    (250, 10, 0, 2, 400),
    (500, 10, 0, 2, 400),
    (1000, 10, 0, 2, 400),
    (2000, 10, 0, 2, 400),
    (4000, 10, 0, 2, 400),
    (2000, 20, 0, 2, 400),
    (2000, 40, 0, 2, 400),
    (2000, 40, 0, 3, 400),
    (1000, 2, 100, 2, 400),
    (1000, 2, 300, 2, 400),
    (1000, 10, 0, 2, 1600),
    (1000, 10, 0, 4, 400),
]


def table(n: int, numbers: int, genes: int, arms: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return covariates, outcomes and arms of simulated patients; two covariates move prognosis, effect and choice."""
    rng = np.random.default_rng(0)
    columns = {f"x{k}": rng.normal(size=n) for k in range(numbers)}
    columns |= {f"g{k}": (rng.random(n) < rng.uniform(0.05, 0.4)).astype(int) for k in range(genes)}
    X = pd.DataFrame(columns, index=[f"P{row:05d}" for row in range(n)])
    arm = np.minimum(arms * rng.beta(1 + (X["x0"] > 0), 1 + (X["x0"] <= 0)), arms - 1).astype(int)
    risk = 0.4 * X["x0"] + 0.3 * X["x1"] + (arm > 0) * (0.8 * X["x1"] - 0.2)
    death, end = 40 * rng.exponential(size=n) / np.exp(risk), rng.uniform(30, 72, n)
    y = pd.DataFrame({"time": np.minimum(death, end).clip(0.01), "event": (death <= end).astype(int)}, index=X.index)
    return X, y, pd.Series(np.array(["standard", "b", "c", "d"])[arm], index=X.index)


def one(n: int, numbers: int, genes: int, arms: int, draws: int) -> None:
    """Print seconds of fit, of the answer, and peak memory."""
    X, y, arm = table(n + 400, numbers, genes, arms)
    begin = time.process_time()
    model = SurvivalEffect(horizon=30, reference="standard", n_draws=draws).fit(X[:n], y[:n], treatment=arm[:n])
    fitted = time.process_time()
    model.rank(X[n:])
    answered = time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    case = f"{n:9}{numbers:9}{genes:7}{arms:6}{draws:7}"
    print(f"{case}{fitted - begin:9.1f}{answered - fitted:9.1f}{memory:9.0f}", flush=True)


def main() -> None:
    """Print the table, or the line of the case asked for."""
    if len(sys.argv) > 1:
        one(*map(int, sys.argv[1:]))
        return
    print(f"{'patients':>9}{'numbers':>9}{'genes':>7}{'arms':>6}{'draws':>7}{'fit s':>9}{'answer s':>9}{'MiB':>9}")
    for case in CASES:
        subprocess.run([sys.executable, __file__, *map(str, case)], check=True)


if __name__ == "__main__":
    main()
