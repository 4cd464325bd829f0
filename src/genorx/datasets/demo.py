"""The embedded study: simulated patients with known truth, written as the files of a real study.

``genorx demo`` runs the whole chain on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng

from genorx._core.output import to_csv, write_text
from genorx.datasets import _loci as loci
from genorx.datasets._demo_profiles import write_germline, write_tumours
from genorx.datasets._demo_vcf import write_demo_vcf
from genorx.datasets._equations import OptionEffect
from genorx.datasets._population import site_name
from genorx.datasets.trial import Trial, make_trial

#: Number of patients of the study, and of the pool from which the three patients to rank are taken.
_STUDY, _POOL = 800, 200
_OPTIONS = ("chemotherapy", "targeted", "combination")
#: Drugs of each option of the demo, and the tumour of its patients (OncoTree), to look up guidance and public evidence;
#: the outcomes are simulated and say nothing about these drugs.
DEMO_DRUGS = {
    "chemotherapy": ("fluorouracil", "oxaliplatin"),
    "targeted": ("encorafenib", "cetuximab"),
    "combination": ("fluorouracil", "oxaliplatin", "irinotecan"),
}
DEMO_TUMOUR = "COADREAD"
#: Targeted therapy helps carriers of a BRAF mutation only; the combination helps younger patients more.
_EFFECTS = {
    "targeted": OptionEffect(main=0.20, modifiers={"BRAF": -2.0}, toxicity=-0.5),
    "combination": OptionEffect(main=-0.25, modifiers={"age_years": 0.15}, toxicity=0.8),
}
_OLDEST_COMBINATION = 75.0
_TABLES = {
    "clinical": ("age_years", "sex", "ecog", "stage"),
    "laboratory": ("ldh_u_per_l", "albumin_g_per_l", "hb_g_per_dl"),
    "lifestyle": ("smoking_status", "pack_years", "alcohol_g_per_day", "physical_activity", "bmi_kg_per_m2"),
}
_GENES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """Paths of the demo's files.

    Attributes
    ----------
    study, patients : Path
        Study file of the 800 patients with outcomes, and of the three patients to rank.
    truth : Path
        CSV with the truth: ``patient_id, option, rmst, survival, severe_toxicity`` and differences; not read by the
        study.
    germline, tumours : Path
        VCF of the three patients: all pharmacogene sites, and the variants of their tumours.
    """

    study: Path
    patients: Path
    truth: Path
    germline: Path
    tumours: Path


def write_demo(folder: str | Path, *, seed: int = 0) -> DemoFiles:
    """Write the bundled study and three patients to rank into ``folder``, created if absent.

    800 simulated patients with a solid tumour: tumour panel sequencing with pharmacogene sites as one VCF (real loci,
    GRCh38), clinical, laboratory and lifestyle tables, three options given by indication, survival in months and a
    severe toxicity.  As in real files, there are missing values, no-calls, a filtered record, and one entry that
    contradicts another; the combination is never given above 75 years of age, so that there is no estimate under it for
    the oldest of the three patients.  The three also have their own germline and tumour files.

    Parameters
    ----------
    folder : path
        Folder to write to.
    seed : int
        The same seed gives the same bytes.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    trial = make_trial(
        _STUDY + _POOL,
        options=_OPTIONS,
        design="indication",
        effect=_EFFECTS,
        excluded={"combination": ("age_years", _OLDEST_COMBINATION)},
        censoring=0.30,
        genes=_GENES,
        seed=seed,
    )
    rng = default_rng([seed, 7])
    study, to_rank = trial.features.index[:_STUDY], _patients_to_rank(trial)
    _write_inputs(trial.features.loc[study], home, rng, contradiction=True)
    _write_treatment_and_outcomes(trial, study, home, rng)
    (home / "patients").mkdir(exist_ok=True)
    _write_inputs(trial.features.loc[to_rank], home / "patients", rng, contradiction=False)
    germline, tumours = home / "patients" / "germline.vcf", home / "patients" / "tumours.vcf"
    write_germline(trial.features.loc[to_rank], germline)
    write_tumours(home / "patients" / "variants.vcf.gz", tumours)
    write_text(to_csv(_truth(trial, [*study, *to_rank])), home / "truth.csv")
    write_text(_panel(), home / "panel.toml")
    for name in ("README.md", "study.toml", "patients.toml"):
        write_text((files("genorx.datasets") / "demo_files" / name).read_text(encoding="utf-8"), home / name)
    study_file, patients = home / "study.toml", home / "patients.toml"
    return DemoFiles(study=study_file, patients=patients, truth=home / "truth.csv", germline=germline, tumours=tumours)


def load_demo_truth(path: str | Path) -> pd.DataFrame:
    """Return ``truth.csv`` of a demo: one row per patient and option."""
    return pd.read_csv(path, dtype={"patient_id": "str", "option": "str"})


def _patients_to_rank(trial: Trial) -> list[str]:
    """Return three of the pool: one with a true benefit of targeted therapy, one near 60 without, one near 80."""
    pool = trial.features.iloc[_STUDY:]
    age, carrier = pool["age_years"].astype(float), pool["BRAF"].astype(int) == 1
    gain = trial.truth.query("option == 'targeted'").set_index("patient_id")["delta_rmst"].loc[pool.index]
    distances = (
        (gain - 11.0).abs()[carrier & (age < _OLDEST_COMBINATION)],
        (age - 60.0).abs()[~carrier],
        (age - 80.0).abs(),
    )
    return [str(distance.idxmin()) for distance in distances]


def _write_inputs(features: pd.DataFrame, home: Path, rng: Generator, *, contradiction: bool) -> None:
    write_demo_vcf(features, home / "variants.vcf.gz", rng)
    for name, columns in _TABLES.items():
        table = features[list(columns)].astype(object)
        if name != "clinical" and contradiction:
            table = _with_holes(table, rng)
        if name == "lifestyle" and contradiction:
            never = features.index[np.flatnonzero(features["smoking_status"] == "never")[3]]
            table.loc[never, "smoking_status"] = "never"
            table.loc[never, "pack_years"] = 12.0
        write_text(to_csv(table, index=True), home / f"{name}.csv")


def _with_holes(table: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Return the table with 6 % of the cells empty, and alcohol missing in 20 patients, coded -9."""
    holes = table.mask(rng.random(table.shape) < 0.06)
    if "alcohol_g_per_day" in holes:
        holes.loc[holes.index[rng.choice(len(holes), 20, replace=False)], "alcohol_g_per_day"] = -9
    return holes


def _write_treatment_and_outcomes(trial: Trial, study: pd.Index, home: Path, rng: Generator) -> None:
    treatments = pd.DataFrame({"option": trial.treatment.loc[study].astype("str")})
    write_text(to_csv(treatments, index=True), home / "treatments.csv")
    seen = trial.outcomes.loc[study]
    outcomes = pd.DataFrame(
        {
            "os_months": seen["time"].round(2).clip(lower=0.01),
            "os_event": seen["event"].astype("Int64"),
            "severe_toxicity": seen["toxicity"].astype("Int64").mask(rng.random(len(seen)) < 0.04),
        }
    )
    write_text(to_csv(outcomes, index=True), home / "outcomes.csv")


def _truth(trial: Trial, patients: list[str]) -> pd.DataFrame:
    truth = trial.truth[trial.truth["patient_id"].isin(patients)]
    names = {"toxicity": "severe_toxicity", "delta_toxicity": "delta_severe_toxicity"}
    return truth.rename(columns=names).round(5)


def _panel() -> str:
    """Return the panel of the demo: its genes and pharmacogene sites, from the same table of loci as its VCF."""
    genes = list(loci.GENE_SHARES)[:_GENES]
    lines = ['name = "demo"', 'assembly = "GRCh38"', "", "[genes]", f"include = {genes}".replace("'", '"')]
    for site in loci.GERMLINE_SITES:
        name = site_name(site.gene)
        lines += [
            "",
            "[[sites]]",
            f'id = "{name}"',
            f'chrom = "{site.chrom}"',
            f"pos = {site.pos}",
            f'ref = "{site.ref}"',
            f'alt = "{site.alt}"',
        ]
    return "\n".join(lines) + "\n"
