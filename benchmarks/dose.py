"""Doses of warfarin on the IWPC cohort: ``python benchmarks/dose.py [SPLITS]``.

Genotypes are written as a VCF (plus strand) and read back through ``genorx.features``.  Prints, for patients at a
stable dose whose age is known: the published formulas with the fillings of the paper; the model with whole sites
held out (as many ways to split the sites as SPLITS says, 3 by default) and in ten random folds; coverage of 90 %
intervals by genotype; and the time that fitting and evaluating take.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from genorx.datasets import load_iwpc, write_iwpc_vcf
from genorx.features import FeatureSpec, features_of_files
from genorx.outcomes import DoseModel, evaluate_dose
from genorx.published import warfarin_formula, warfarin_sites

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # read when a library of linear algebra first counts its threads

GENOTYPES = ("rs9923231", "rs1799853", "rs1057910")
CATEGORIES = ("sex", "race_omb", "ethnicity_omb", "indication", "target_inr_range")
NUMBERS = ("height_cm", "weight_kg", "target_inr")
OUTCOME = ("subject", "site", "dose_mg_week", "reached_stable_dose", "inr_on_dose")


def cohort(folder: Path) -> tuple[pd.DataFrame, list[FeatureSpec], pd.Series, pd.Series, pd.DataFrame]:
    """Features, their specs, doses, sites, and the columns that the formulas ask for."""
    table = load_iwpc()
    stable = (table["reached_stable_dose"] == 1) & table["dose_mg_week"].notna() & table["age_decade"].notna()
    table = table[stable.fillna(False).to_numpy(bool)]
    path = write_iwpc_vcf(table, folder / "iwpc.vcf")
    genotypes = features_of_files([path], "sites", origin="germline")
    table = table.set_index(table["subject"].astype(object))
    X = table.drop(columns=[name for name in table if name in OUTCOME or "rs" in name[:9] or name == "cyp2c9"])
    X["age_decade"] = (table["age_decade"].cat.codes + 1).astype("Float64")
    X["indication"] = X["indication"].astype("category")
    X["target_inr_range"] = X["target_inr_range"].astype("category")
    specs = [FeatureSpec(name=name, kind=kind_of(name), group="clinical") for name in X.columns]
    X = X.join(genotypes.frame)
    formula = X.drop(columns=list(genotypes.frame)).join(warfarin_sites(path))
    dose = table["dose_mg_week"].astype(float)
    return X, [*specs, *genotypes.specs], dose, table["site"].astype(int), formula


def kind_of(name: str) -> str:
    if name in CATEGORIES:
        return "category"
    return "number" if name in (*NUMBERS, "age_decade") else "boolean"


def site_folds(site: pd.Series, seed: int) -> np.ndarray:
    """Five folds of whole sites of about equal size, another way for each seed."""
    rng = np.random.default_rng(seed)
    sizes = site.value_counts()
    order = sizes.index[np.argsort(-(sizes.to_numpy() + rng.normal(0, 100, len(sizes))))]
    load, fold = np.zeros(5), {}
    for name in order:
        fold[name] = int(load.argmin())
        load[fold[name]] += sizes[name]
    return site.map(fold).to_numpy()


def main() -> None:
    splits = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        X, specs, dose, site, own = cohort(Path(folder))
    near = dose < 300
    print(f"{len(dose)} patients at a stable dose with age known, {int(near.sum())} without the dose of 315 mg/week")
    for variant in ("pharmacogenetic", "clinical"):
        guess = warfarin_formula(variant=variant)(own[near])
        away = (guess - dose[near]).abs()
        print(f"iwpc@2009 {variant}: MAE {away.mean():.3f}, within 20 % {100 * (away <= 0.2 * dose[near]).mean():.2f}")
    model = DoseModel(specs, standard=35.0, by=GENOTYPES)
    jobs = {f"sites {seed}": (site_folds(site, seed), site) for seed in range(splits)}
    jobs["random"] = (np.random.default_rng(0).permutation(len(dose)) % 10, None)
    for name, (fold, groups) in jobs.items():
        began, wall = time.process_time(), time.perf_counter()
        found = evaluate_dose(model, X, dose, groups=groups, folds=fold)
        rest = found.intervals[(found.intervals["group"] == "all") | (found.intervals["patients"] >= 100)]
        spent = f"{time.process_time() - began:.0f} s of processor, {time.perf_counter() - wall:.0f} s"
        mae, within = found.value("mae"), 100 * found.value("within_20")
        standard = found.value("mae", method="standard")
        print(f"{name}: MAE {mae:.3f}, within 20 % {within:.2f}; standard dose {standard:.2f}; {spent}")
        print("  coverage " + ", ".join(f"{g} {c:.3f}" for g, c in zip(rest["group"], rest["coverage"], strict=True)))
    began, wall = time.process_time(), time.perf_counter()
    model.fit(X, dose, groups=site)
    print(f"fit: {time.process_time() - began:.1f} s of processor, {time.perf_counter() - wall:.1f} s")
    print(model.choice_.to_string(index=False))


if __name__ == "__main__":
    main()
