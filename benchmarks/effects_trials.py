"""Published trials: average treatment effects beside the hazard ratios that were published.

    OMP_NUM_THREADS=1 python benchmarks/effects_trials.py PATH/TO/trials [--folds 5]

The folder holds ``colon.csv``, ``myeloid.csv`` and ``actg320.csv`` (R package survival; Hammer SM et al. 1997, NEJM
337:725).  Columns: hazard ratio (adjusted, the option not shrunk) with 95 % interval; published ratio; difference of
restricted means by the model and doubly robust with its error; unadjusted difference; slope; share recommended.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from genorx.effects import SurvivalEffect, assess
from genorx.survival import restricted_mean_difference


@dataclass(frozen=True, kw_only=True)
class TrialTable:
    """One trial as the engine takes it, with the published hazard ratios by option (or group, then of option B)."""

    X: pd.DataFrame
    y: pd.DataFrame
    treatment: pd.Series
    reference: str
    horizon: float
    published: dict[str, str]
    groups: pd.Series | None = None


def colon(folder: Path, etype: int, published: dict[str, str]) -> TrialTable:
    """Return one end point: 1 recurrence, 2 death; horizon 5 years, in days."""
    frame = pd.read_csv(folder / "colon.csv").set_index("id")
    frame = frame[frame["etype"] == etype]
    names = ["sex", "age", "obstruct", "perfor", "adhere", "nodes", "differ", "extent", "surg", "node4"]
    y = frame[["time", "status"]].set_axis(["time", "event"], axis=1)
    return TrialTable(X=frame[names], y=y, treatment=frame["rx"], reference="Obs", horizon=1826.0, published=published)


def myeloid(folder: Path) -> TrialTable:
    """Return death; horizon 4 years, in days."""
    frame = pd.read_csv(folder / "myeloid.csv").set_index("id")
    y = frame[["futime", "death"]].set_axis(["time", "event"], axis=1)
    published = {"B": "0.71 (0.57-0.88)", "A": "0.50 (0.29-0.87)", "B ": "0.85 (0.62-1.17)", "C": "0.63 (0.44-0.91)"}
    return TrialTable(
        X=frame[["sex", "flt3"]],
        y=y,
        treatment=frame["trt"],
        reference="A",
        horizon=1461.0,
        published=published,
        groups="FLT3 " + frame["flt3"],
    )


def actg320(folder: Path) -> TrialTable:
    """Return AIDS or death; horizon 11 months, in days."""
    frame = pd.read_csv(folder / "actg320.csv").set_index("id")
    y = frame[["time_days", "event"]].set_axis(["time", "event"], axis=1)
    names = ["age", "cd4", "hemophil", "ivdrug", "karnof", "priorzdv", "raceth", "sex", "strat2"]
    arm = frame["tx"].map({0: "control", 1: "indinavir"})
    return TrialTable(
        X=frame[names],
        y=y,
        treatment=arm,
        reference="control",
        horizon=330.0,
        published={"indinavir": "0.50 (0.33-0.77)"},
    )


def ratios(trial: TrialTable, rows: np.ndarray, model: SurvivalEffect) -> pd.DataFrame:
    """Return adjusted hazard ratios of the rows."""
    fit = SurvivalEffect(horizon=model.horizon_, reference=trial.reference, randomised=True, n_draws=20)
    fit.fit(trial.X[rows], trial.y[rows], treatment=trial.treatment[rows])
    return fit.population_effect().query("measure == 'hazard_ratio'").set_index("option")


def report(name: str, trial: TrialTable, folds: int) -> None:
    """Print one line an option, and one a group."""
    model = SurvivalEffect(horizon=trial.horizon, reference=trial.reference, randomised=True)
    model.fit(trial.X, trial.y, treatment=trial.treatment)
    stated = assess(model, trial.X, trial.y, treatment=trial.treatment, folds=folds)
    table = model.rank(trial.X)
    recommended = table[(table["rank"] == 1) & (table["advice"] == "recommend")]["treatment"].value_counts()
    first = table[table["rank"] == 1]["treatment"].value_counts(normalize=True)
    average, slopes = stated.averages.set_index("option"), stated.slopes.set_index("option")
    for option, row in ratios(trial, np.ones(len(trial.X), bool), model).iterrows():
        two = trial.treatment.isin([trial.reference, option])
        plain = restricted_mean_difference(
            trial.y["time"][two], trial.y["event"][two], trial.treatment[two] == option, horizon=trial.horizon
        )
        own = average.loc[option]
        print(
            f"{name:18}{option:10} HR {row['estimate']:.2f} ({row['lower']:.2f}-{row['upper']:.2f})"
            f"  published {trial.published[str(option)]}  difference: model {own['model']:.1f},"
            f" doubly robust {own['estimate']:.1f} ({own['std_error']:.1f}),"
            f" unadjusted {plain.estimate:.1f} ({plain.std_error:.1f})"
            f"  slope {slopes.loc[option, 'slope']:.2f} ({slopes.loc[option, 'std_error']:.2f})"
            f"  first {first.get(option, 0):.1%}, recommended {recommended.get(option, 0) / len(trial.X):.1%}"
        )
    gain = stated.policy.iloc[1]
    print(f"{name:18}choosing by patient against {gain['policy']}: {gain['gain']:.1f} ({gain['std_error']:.1f})")
    if trial.groups is not None:
        effect = model.effect(trial.X)["B"].groupby(trial.groups).mean()
        for group, mean in effect.items():
            row = ratios(trial, (trial.groups == group).to_numpy(), model).loc["B"]
            print(
                f"{name:18}{group:10} HR {row['estimate']:.2f} ({row['lower']:.2f}-{row['upper']:.2f})"
                f"  difference by the model {mean:.1f}"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    asked = parser.parse_args()
    death = {"Lev": "0.97 (0.78-1.21)", "Lev+5FU": "0.69 (0.55-0.87)"}
    recurrence = {"Lev": "0.97", "Lev+5FU": "0.62 (0.50-0.77)"}
    report("colon, death", colon(asked.folder, 2, death), asked.folds)
    report("colon, recurrence", colon(asked.folder, 1, recurrence), asked.folds)
    report("myeloid", myeloid(asked.folder), asked.folds)
    report("actg320", actg320(asked.folder), asked.folds)


if __name__ == "__main__":
    main()
