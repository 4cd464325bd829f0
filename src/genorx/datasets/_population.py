"""Simulated patients: baseline features drawn from simple distributions, with realistic correlations.

Their outcomes under each option are drawn in ``datasets.trial``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureKind, FeatureSpec
from genorx.datasets._loci import ALLELE_SHARES, GENE_SHARES, GERMLINE_SITES

Floats = NDArray[np.float64]

_UNITS = {
    "age_years": "a",
    "albumin_g_per_l": "g/L",
    "ldh_u_per_l": "U/L",
    "hb_g_per_dl": "g/dL",
    "bmi_kg_per_m2": "kg/m2",
    "pack_years": "{pack}.a",
    "alcohol_g_per_day": "g/d",
}
_ACTIVITY = ("low", "moderate", "high")


def site_name(gene: str) -> str:
    """Return the feature name of a pharmacogene site: gene and rs number."""
    return next(f"{site.gene}_{site.change}" for site in GERMLINE_SITES if site.gene == gene)


def gene_shares(genes: int) -> dict[str, float]:
    """Return name and carrier share of the first ``genes`` genes; synthetic names follow the real ones."""
    shares = dict(list(GENE_SHARES.items())[:genes])
    extra = {f"GENE{number}": 0.05 for number in range(len(shares) + 1, genes + 1)}
    return shares | extra


def draw_clinical(rng: Generator, n: int) -> dict[str, pd.Series]:
    """Draw age, sex, performance status (worse with age) and stage."""
    age = np.clip(rng.normal(63.0, 11.0, n), 25.0, 90.0).round(1)
    frailty = (age - 63.0) / 11.0 + rng.normal(0.0, 1.0, n)
    ecog = np.digitize(frailty, [0.2, 1.6])
    stage = rng.choice(3, n, p=[0.35, 0.40, 0.25])
    return {
        "age_years": pd.Series(age, dtype="Float64"),
        "sex": _category(rng.integers(0, 2, n), ("female", "male")),
        "ecog": _category(ecog, ("0", "1", "2"), ordered=True),
        "stage": _category(stage, ("II", "III", "IV"), ordered=True),
    }


def draw_laboratory(rng: Generator, stage: Floats) -> dict[str, pd.Series]:
    """Draw lactate dehydrogenase (skewed, higher with stage), albumin and haemoglobin."""
    n = len(stage)
    ldh = np.exp(rng.normal(5.35, 0.35, n) + 0.12 * stage)
    values = {
        "ldh_u_per_l": ldh.round(0),
        "albumin_g_per_l": np.clip(rng.normal(39.0, 4.5, n) - 0.8 * stage, 18.0, 54.0).round(1),
        "hb_g_per_dl": np.clip(rng.normal(12.6, 1.6, n), 6.5, 18.0).round(1),
    }
    return {name: pd.Series(value, dtype="Float64") for name, value in values.items()}


def draw_lifestyle(rng: Generator, n: int) -> dict[str, pd.Series]:
    """Draw smoking with pack-years (0 for never smokers), alcohol, activity and body mass index."""
    smoking = rng.choice(3, n, p=[0.40, 0.35, 0.25])
    pack_years = np.where(smoking == 0, 0.0, np.clip(rng.gamma(3.0, 9.0, n), 0.5, 120.0)).round(1)
    drinks = rng.random(n) < 0.65
    alcohol = np.where(drinks, np.clip(rng.gamma(1.5, 9.0, n), 0.5, 150.0), 0.0).round(1)
    return {
        "smoking_status": _category(smoking, ("never", "former", "current")),
        "pack_years": pd.Series(pack_years, dtype="Float64"),
        "alcohol_g_per_day": pd.Series(alcohol, dtype="Float64"),
        "physical_activity": _category(rng.choice(3, n, p=[0.35, 0.45, 0.20]), _ACTIVITY, ordered=True),
        "bmi_kg_per_m2": pd.Series(np.clip(rng.normal(26.5, 4.5, n), 15.0, 55.0).round(1), dtype="Float64"),
    }


def draw_genes(rng: Generator, n: int, genes: int) -> dict[str, pd.Series]:
    """Draw the somatic mutation status of each gene, 0 or 1, independent of everything else."""
    return {
        gene: pd.Series((rng.random(n) < share).astype("int8"), dtype="Int8")
        for gene, share in gene_shares(genes).items()
    }


def draw_sites(rng: Generator, n: int) -> dict[str, pd.Series]:
    """Draw dosages of the pharmacogene alleles in Hardy-Weinberg proportions."""
    return {
        site_name(gene): pd.Series(rng.binomial(2, share, n).astype("int8"), dtype="Int8")
        for gene, share in ALLELE_SHARES.items()
    }


def draw_noise(rng: Generator, n: int, noise: int) -> dict[str, pd.Series]:
    """Draw standard normal columns without any effect."""
    return {f"noise_{number}": pd.Series(rng.normal(size=n), dtype="Float64") for number in range(1, noise + 1)}


def specs_of(parts: dict[str, dict[str, pd.Series]]) -> tuple[FeatureSpec, ...]:
    """Return one spec per column; the group is the name of its part."""
    return tuple(_spec(name, group, column) for group, columns in parts.items() for name, column in columns.items())


def hide(features: pd.DataFrame, columns: list[str], share: float, rng: Generator) -> pd.DataFrame:
    """Return a copy with ``share`` of the values of ``columns`` missing completely at random."""
    seen = features.copy()
    for name in columns:
        seen[name] = seen[name].mask(rng.random(len(seen)) < share)
    return seen


def _category(codes: NDArray[np.int64], levels: tuple[str, ...], *, ordered: bool = False) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes.tolist(), pd.Index(levels), ordered=ordered))


def _spec(name: str, group: str, column: pd.Series) -> FeatureSpec:
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind: FeatureKind = "ordinal" if column.dtype.ordered else "category"
        return FeatureSpec(name=name, kind=kind, group=group, levels=tuple(column.cat.categories))
    lower, upper = float(column.min()), float(column.max())
    if group == "gene":
        return FeatureSpec(name=name, kind="boolean", group=group)
    number: FeatureKind = "integer" if group == "site" else "number"
    return FeatureSpec(name=name, kind=number, group=group, unit=_UNITS.get(name), lower=lower, upper=upper)
