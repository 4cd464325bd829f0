"""Published studies that are small and free enough to be shipped, as typed tables.

They are converted from the originals by ``scripts/convert_datasets.py``; no value is edited.  Missing is ``<NA>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files

import pandas as pd


def load_colon() -> pd.DataFrame:
    """Return the colon cancer trial of levamisole and fluorouracil: 929 patients randomised to three arms.

    Returns
    -------
    DataFrame
        ``patient_id``; ``arm`` (observation 315, levamisole 310, levamisole+5FU 304); ``age_years``; ``sex``;
        ``obstruction``, ``perforation``, ``adherence`` (0/1); ``positive_nodes`` (count); ``more_than_4_nodes`` (0/1);
        ``differentiation`` (well, moderate, poor); ``extent`` (submucosa, muscle, serosa, contiguous);
        ``long_time_from_surgery`` (0/1); ``recurrence_days``, ``recurrence`` (0/1); ``death_days``, ``death`` (0/1).

    Notes
    -----
    Death against observation: hazard ratio 0.97 (0.78-1.21) for levamisole, 0.69 (0.55-0.87) with fluorouracil.
    Licence: teaching table of the R package survival (LGPL >= 2), here after the Python package survival (MIT).

    References
    ----------
    Moertel CG et al. 1990, N Engl J Med 322:352.  Moertel CG et al. 1995, Ann Intern Med 122:321.
    """
    table = _table("tables", "colon")
    levels = {
        "arm": ("observation", "levamisole", "levamisole+5FU"),
        "sex": ("female", "male"),
        "differentiation": ("well", "moderate", "poor"),
        "extent": ("submucosa", "muscle", "serosa", "contiguous"),
    }
    return _categories(table, levels)


def load_actg320() -> pd.DataFrame:
    """Return the ACTG 320 trial of indinavir in HIV infection: 1,151 randomised patients, 96 events.

    Returns
    -------
    DataFrame
        ``patient_id``; ``arm`` (control 577, indinavir 574); ``age_years``; ``sex``; ``race_ethnicity``;
        ``cd4_per_ul``; ``cd4_above_50`` (0/1, the stratum of randomisation); ``karnofsky`` (70-100);
        ``prior_zidovudine_months``; ``iv_drug_use`` (never, current, previous); ``hemophilia`` (0/1);
        ``event_days``, ``event`` (AIDS or death, 0/1).

    Notes
    -----
    Indinavir against control: hazard ratio 0.50 (0.33-0.77).
    Licence: teaching table, as shipped by scikit-survival.

    References
    ----------
    Hammer SM et al. 1997, N Engl J Med 337:725.  Hosmer DW, Lemeshow S, May S 2008, Applied Survival Analysis.

    Examples
    --------
    >>> table = load_actg320()
    >>> len(table), int(table["event"].sum())
    (1151, 96)
    """
    races = ("white", "black", "hispanic", "asian or pacific islander", "american indian")
    levels = {
        "arm": ("control", "indinavir"),
        "sex": ("female", "male"),
        "race_ethnicity": races,
        "iv_drug_use": ("never", "current", "previous"),
    }
    return _categories(_table("tables", "actg320"), levels)


def load_myeloid() -> pd.DataFrame:
    """Return 646 patients simulated after a trial in acute myeloid leukaemia, two randomised arms.

    Returns
    -------
    DataFrame
        ``patient_id``; ``arm`` (A 317, B 329); ``sex``; ``flt3_class`` (A, B, C); ``follow_up_days``, ``death`` (0/1);
        ``transplant_days``, ``remission_days``, ``relapse_days`` (missing if there was none).

    Notes
    -----
    Death, arm B against A: hazard ratio 0.71 (0.57-0.88); FLT3 class A 0.50, B 0.85, C 0.63.
    Licence: teaching table of the R package survival (LGPL >= 2), here after the Python package survival (MIT).

    References
    ----------
    Le-Rademacher JG et al. 2018, Clin Trials 15:478.

    Examples
    --------
    >>> len(load_myeloid())
    646
    """
    levels = {"arm": ("A", "B"), "sex": ("female", "male"), "flt3_class": ("A", "B", "C")}
    return _categories(_table("tables", "myeloid"), levels)


def load_nhefs() -> pd.DataFrame:
    """Return the NHANES I follow-up study of smokers: 1,629 people, with quitting, weight and death.

    Returns
    -------
    DataFrame
        The 67 columns of the original under their names; ``load_nhefs_codebook`` describes each.  Among them
        ``seqn`` (the person), ``qsmk`` (quit smoking, 0/1), ``wt71``, ``wt82``, ``wt82_71`` (kg), ``ht`` (cm),
        ``age`` (years), ``smokeintensity`` (cigarettes a day), ``smokeyrs`` (years), ``alcoholfreq``, ``exercise``,
        ``active`` (codes), ``cholesterol`` (mg/dL), ``sbp``, ``dbp`` (mmHg), ``death`` (by 1992, 0/1).

    Notes
    -----
    Effect of quitting on weight (kg), people with ``wt82_71``: unadjusted 2.54; by weighting 3.44; standardised 3.52.
    Licence: a work of the US government, public domain; in the form of the causaldata package.

    References
    ----------
    Hernan MA, Robins JM 2020, Causal Inference: What If, chapters 12 and 13.

    Examples
    --------
    >>> len(load_nhefs())
    1629
    """
    return _table("tables", "nhefs")


def load_nhefs_codebook() -> pd.DataFrame:
    """Return ``variable`` and ``description`` of the columns of ``load_nhefs``.

    Examples
    --------
    >>> load_nhefs_codebook().columns.tolist()
    ['variable', 'description']
    """
    return _table("tables", "nhefs_codebook")


def load_iwpc() -> pd.DataFrame:
    """Return the IWPC warfarin cohort: 6,256 patients of 22 sites with genotypes and stable weekly dose.

    Returns
    -------
    DataFrame
        42 columns, among them ``subject``; ``site``; ``sex``; ``race_omb``; ``age_decade`` (a range of years);
        ``height_cm``; ``weight_kg``; comorbidities and co-medication (0/1); ``current_smoker`` (0/1, missing for 40 %,
        by site); ``target_inr``; ``dose_mg_week``; ``inr_on_dose``; ``cyp2c9`` (diplotype); ``vkorc1_rs...``
        (genotypes on the gene's strand: A of rs9923231 is T in a VCF).

    Notes
    -----
    Licence of the data: CC BY-SA 4.0, credit PharmGKB/ClinPGx and the International Warfarin Pharmacogenetics
    Consortium; see ``LICENSE`` and ``README.md`` beside the file.  The licence of genorx's code does not cover them.

    References
    ----------
    International Warfarin Pharmacogenetics Consortium 2009, N Engl J Med 360:753.
    """
    ages = ("10 - 19", "20 - 29", "30 - 39", "40 - 49", "50 - 59", "60 - 69", "70 - 79", "80 - 89", "90+")
    table = _categories(_table("iwpc", "iwpc"), {"sex": ("female", "male"), "race_omb": None, "ethnicity_omb": None})
    table["age_decade"] = table["age_decade"].astype(pd.CategoricalDtype(list(ages), ordered=True))
    return table


def _table(folder: str, name: str) -> pd.DataFrame:
    with as_file(files("genorx.datasets") / folder / f"{name}.csv.gz") as path:
        return pd.read_csv(path, dtype_backend="numpy_nullable")


def _categories(table: pd.DataFrame, levels: Mapping[str, tuple[str, ...] | None]) -> pd.DataFrame:
    """Return the table with text columns as categories; levels None means those that occur, sorted."""
    dtypes = {
        name: pd.CategoricalDtype(list(listed) if listed is not None else sorted(table[name].dropna().unique()))
        for name, listed in levels.items()
    }
    return table.astype(dtypes)
