"""Coverage, error and power of treatment effects on simulated tables with known truth (``datasets.effect_tables``).

Run: ``OMP_NUM_THREADS=1 python benchmarks/effects.py [--repeats 5] [--first 1000] [--only NAME ...]``.  One line a
scenario; what the columns are is in ``score``; ``se_false`` is the standard error of ``false`` over tables.  Seeds are
``--first`` + repeat.  With ``--kinds``: yes-or-no outcomes, counts and grades (``effects_kinds``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import effects_kinds
import numpy as np
import pandas as pd

from genorx.datasets.effect_tables import HORIZON, SCENARIOS, EffectTables, make_effect_tables
from genorx.effects.plain_tables import TablesSpec, effects_from_tables

NAMES = [
    "coverage",
    "false",
    "power",
    "right",
    "regret",
    "error",
    "bias",
    "abstain",
    "inside",
    "wrong_in",
    "cif",
    "seconds",
]


def one(name: str, seed: int) -> dict[str, float]:
    """Answer for the test patients of one simulated table through the files that the command reads."""
    tables = make_effect_tables(name, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tables.train.to_csv(place / "train.csv", index=False)
        tables.test.to_csv(place / "test.csv", index=False)
        begin = time.perf_counter()
        table, _, _ = effects_from_tables(place / "train.csv", place / "test.csv", TablesSpec.of(tables.spec))
        seconds = time.perf_counter() - begin
    return score(table, tables) | {"seconds": seconds}


def score(table: pd.DataFrame, tables: EffectTables) -> dict[str, float]:
    """Score one answer.

    coverage   share of true differences within their interval
    false      share of all patients recommended an arm that is not their best (any, where arms are equal)
    power      share of patients with a gap of at least 5 % of the horizon who are recommended their best arm
    right      share of patients with any gap above 1 % of the horizon whose first arm is their best
    regret     mean loss of the first arm against the best, over that of the best single arm
    error      root mean square error of the difference / horizon; bias the mean error / horizon
    abstain    share of patients with overlap for whom it abstains; inside: the same where there is none
    wrong_in   share of patients without overlap recommended a wrong arm
    """
    truth = tables.truth
    arms = list(truth.columns)
    wide = table.pivot(index="patient_id", columns="treatment")
    point = wide["rmst"].reindex(index=truth.index, columns=arms)
    delta = wide["delta_vs_reference"].reindex(index=truth.index, columns=arms[1:])
    lower, upper = (wide[c].reindex(index=truth.index, columns=arms[1:]) for c in ("delta_lo", "delta_hi"))
    true = truth[arms[1:]].sub(truth[arms[0]], axis=0)
    top = table[table["rank"] == 1].set_index("patient_id").loc[truth.index]
    first = top["treatment"].map(arms.index).to_numpy()
    values = truth.to_numpy()
    best, spread = values.max(axis=1), values.max(axis=1) - np.sort(values, axis=1)[:, -2]
    mine = values[np.arange(len(values)), first]
    stated = (top["advice"] == "recommend").to_numpy()
    is_best = mine >= best - 1e-9
    equal = values.max(axis=1) - values.min(axis=1) < 1e-9
    away = (top["advice"] == "abstain").to_numpy()
    over = tables.overlap.to_numpy()
    ask = over & ~away
    marked = spread > 0.05 * HORIZON
    covered = ((lower <= true) & (true <= upper)).to_numpy()[delta.notna().to_numpy() & over[:, None]]
    single = (best - values[:, np.argmax(values[over].mean(axis=0))])[ask].mean()
    differs = spread > 0.01 * HORIZON
    out = {
        "coverage": covered.mean(),
        "false": (stated & (~is_best | equal)).mean(),
        "power": _mean((stated & is_best)[over & marked]),
        "right": _mean(is_best[ask & differs]),
        "regret": (best - mine)[ask].mean() / single if single > 1e-9 else np.nan,
        "error": np.sqrt(np.nanmean((delta - true).to_numpy()[over] ** 2)) / HORIZON,
        "bias": np.nanmean((delta - true).to_numpy()[over]) / HORIZON,
        "abstain": away[over].mean(),
        "inside": _mean(away[~over]),
        "wrong_in": _mean((stated & ~is_best)[~over]),
        "cif": np.nan,
    }
    if tables.incidence is not None:
        found = wide["cif_at_horizon"].reindex(index=truth.index, columns=arms)
        out["cif"] = np.sqrt(np.nanmean((found - tables.incidence).to_numpy() ** 2))
    del point
    return out


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, help="tables of each scenario, by default 5; with --kinds as measured")
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--only", nargs="*")
    asked = parser.parse_args()
    if asked.kinds:
        effects_kinds.main(asked.only or list(effects_kinds.CASES), asked.first, asked.repeats)
        return
    seeds = range(asked.first, asked.first + (asked.repeats or 5))
    print(f"{'scenario':20}" + "".join(f"{name:>9}" for name in [*NAMES, "se_false"]))
    for scenario in asked.only or list(SCENARIOS):
        runs = [one(scenario, seed) for seed in seeds]
        table = pd.DataFrame(runs)[NAMES]
        print(
            f"{scenario:20}" + "".join(f"{mean:9.3f}" for mean in table.mean()) + f"{table['false'].sem():9.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
