"""The cohorts of the tables of prognosis: features, their kinds and groups, and survival.

Left out is what nobody knew at time zero: the cause of death (FLCHAIN), the length of stay (WHAS500), the site number
of lung.  SUPPORT is the fourteen columns of Katzman JL et al. 2018, BMC Med Res Methodol 18:24.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines.datasets import load_lung
from sksurv.datasets import load_flchain, load_gbsg2, load_veterans_lung_cancer, load_whas500

from genorx._core.feature_spec import FeatureSpec

AML_TABLES = {
    "clinical": ("clinical.csv", ["centre", "eln2010_risk", "cytogenetic_risk"]),
    "laboratory:cytogenetics": ("cytogenetics.csv", ["karyotype"]),
    "laboratory:molecular": ("molecular_lab.csv", []),
    "gene": ("gene_matrix.csv", []),
}
SUPPORT_COLUMNS = [
    "age",
    "num_co",
    "meanbp",
    "hrt",
    "resp",
    "temp",
    "wblc",
    "sod",
    "crea",
    "sex",
    "race",
    "diabetes",
    "dementia",
    "ca",
]


@dataclass(frozen=True)
class SurvivalCohort:
    """One cohort: ``y`` has ``time`` and ``event``; predictions are scored at the horizons, in the unit of time."""

    X: pd.DataFrame
    y: pd.DataFrame
    specs: list[FeatureSpec]
    horizons: tuple[float, ...]


def specs_of(X: pd.DataFrame, group: str = "clinical") -> list[FeatureSpec]:
    """Return what each column is: 0/1 columns yes-or-no, other numbers numbers, text categories."""
    specs = []
    for column in X:
        number = pd.api.types.is_numeric_dtype(X[column])
        kind = "category" if not number else "boolean" if set(X[column].dropna()) <= {0, 1} else "number"
        specs.append(FeatureSpec(name=column, kind=kind, group=group))
    return specs


def cohort_of(X: pd.DataFrame, time: pd.Series, event: pd.Series, horizons: tuple[float, ...]) -> SurvivalCohort:
    """Return a cohort whose features are of one group."""
    index = pd.Index([f"P{place:05d}" for place in range(len(X))], name="patient_id")
    text = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    X = X.astype(dict.fromkeys(text, object)).set_axis(index)
    y = pd.DataFrame({"time": np.asarray(time, float), "event": np.asarray(event) == 1}, index=index)
    return SurvivalCohort(X, y, specs_of(X), horizons)


def aml(folder: Path) -> SurvivalCohort:
    frames, specs = [], []
    for group, (name, left_out) in AML_TABLES.items():
        table = pd.read_csv(folder / name, index_col="pdid").drop(columns=left_out)
        specs += specs_of(table, group)
        frames.append(table)
    outcomes = pd.read_csv(folder / "outcomes.csv", index_col="pdid")
    y = pd.DataFrame({"time": outcomes["os_days"] / 365.25, "event": outcomes["os_event"] == 1})
    return SurvivalCohort(pd.concat(frames, axis=1), y, specs, (1.0, 3.0, 5.0))


def metabric(folder: Path) -> SurvivalCohort:
    table = pd.read_csv(folder / "metabric.csv").query("time_months > 0")
    X = table.drop(columns=["patient_id", "time_months", "event", "split"])
    return cohort_of(X, table["time_months"], table["event"], (60.0, 120.0, 180.0))


def gbsg2() -> SurvivalCohort:
    X, y = load_gbsg2()
    return cohort_of(X, y["time"], y["cens"], (730.0, 1461.0, 2000.0))


def whas500() -> SurvivalCohort:
    X, y = load_whas500()
    X = X.drop(columns="los").apply(pd.to_numeric)
    return cohort_of(X, y["lenfol"], y["fstat"], (183.0, 365.0, 1096.0))


def flchain() -> SurvivalCohort:
    X, y = load_flchain()
    X = X.drop(columns="chapter").assign(**{"flc.grp": X["flc.grp"].astype(int)})
    X["sample.yr"] = X["sample.yr"].astype(int)
    return cohort_of(X, np.maximum(y["futime"], 0.5), y["death"], (1461.0, 2922.0, 4383.0))


def veterans() -> SurvivalCohort:
    X, y = load_veterans_lung_cancer()
    return cohort_of(X, y["Survival_in_days"], y["Status"], (60.0, 120.0, 365.0))


def lung() -> SurvivalCohort:
    table = load_lung()
    X = table.drop(columns=["inst", "time", "status"])
    return cohort_of(X, table["time"], table["status"], (183.0, 365.0, 548.0))


def _survset_loader() -> Any:
    return importlib.import_module("SurvSet.data").SurvLoader()  # pip install survset


def support() -> SurvivalCohort:
    table = _survset_loader().load_dataset("support2")["df"]
    table = table.rename(columns=lambda name: name[4:] if "_" in name else name)
    table = table.loc[:, ~table.columns.duplicated()]
    return cohort_of(table[SUPPORT_COLUMNS], table["time"], table["event"], (183.0, 365.0, 1096.0))


def survset(name: str) -> SurvivalCohort:
    """Return a cohort of SurvSet, with the quartiles of its event times as horizons; times of 0 are half the next."""
    table = _survset_loader().load_dataset(name)["df"]
    time = np.maximum(table["time"], table.loc[table["time"] > 0, "time"].min() / 2)
    X = table.drop(columns=["pid", "event", "time"])
    quartiles = np.unique(np.quantile(time[table["event"] == 1], [0.25, 0.5, 0.75]))
    horizons = tuple(float(each) for each in quartiles if each < time.max())
    return cohort_of(X.loc[:, X.nunique() > 1], time, table["event"], horizons)


def other_cohorts() -> dict[str, Callable[[], SurvivalCohort]]:
    """Return how to load other cohorts of SurvSet: fixed features, at most 60 of them, 30 to 800 patients."""
    known = {"veteran", "cancer", "whas500", "GBSG2"}
    table = _survset_loader().df_ds
    fits = (
        ~table["is_td"]
        & table["n"].between(30, 800)
        & (table["n_fac"] + table["n_num"] <= 60)
        & ~table["ds"].isin(known)
    )
    return {name: partial(survset, name) for name in table.loc[fits, "ds"]}


def cohorts(aml_folder: Path | None, metabric_folder: Path | None) -> dict[str, Callable[[], SurvivalCohort]]:
    """Return how to load each cohort that is here: the files of two are the user's, SUPPORT needs ``survset``."""
    found: dict[str, Callable[[], SurvivalCohort]] = {}
    if aml_folder is not None:
        found["AML"] = lambda: aml(aml_folder)
    if metabric_folder is not None:
        found["METABRIC"] = lambda: metabric(metabric_folder)
    found |= {"GBSG2": gbsg2, "WHAS500": whas500, "FLCHAIN": flchain, "veterans": veterans, "lung": lung}
    return found | ({"SUPPORT": support} if importlib.util.find_spec("SurvSet") else {})
