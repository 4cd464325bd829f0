"""Molar mass, valence and international units of laboratory analytes.

Molar masses (g/mol) are those of PubChem and of IUPAC's standard atomic weights 2021.  If the conventional factor of
laboratories is based on another mass (haemoglobin by iron atom, triglycerides as triolein, ferritin, C-reactive
protein), that mass is used, so that factors agree with the AMA Manual of Style, 11th ed., section 17.5.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """A measured substance, with the factors that convert its amount to mass.

    Attributes
    ----------
    name : str
        Name of the substance.
    molar_mass : float, optional
        Molar mass in g/mol; None if amounts in mol are not in use.
    valence : int, optional
        Charges per particle, for equivalents.
    iu_per_mol : float, optional
        International units per mol, if the standard defines one.
    catalytic : bool
        True for an enzyme, whose "IU" is the enzyme unit ``U`` (umol/min).
    names : tuple of str
        Names in column headers, lower case, words joined by ``_``.
    """

    name: str
    molar_mass: float | None = None
    valence: int | None = None
    iu_per_mol: float | None = None
    catalytic: bool = False
    names: tuple[str, ...] = ()


def _table(*analytes: Analyte) -> dict[str, Analyte]:
    return {analyte.name: analyte for analyte in analytes}


def _small(name: str, molar_mass: float, *names: str, valence: int | None = None) -> Analyte:
    return Analyte(name=name, molar_mass=molar_mass, valence=valence, names=names)


def _enzyme(name: str, *names: str) -> Analyte:
    return Analyte(name=name, catalytic=True, names=names)


#: Analytes by name.
ANALYTES: dict[str, Analyte] = _table(
    _small("glucose", 180.156, "fasting_glucose", "blood_glucose", "glu"),
    _small("creatinine", 113.12, "creat", "scr", "serum_creatinine"),
    _small("bilirubin", 584.66, "total_bilirubin", "bili", "tbil"),
    _small("cholesterol", 386.65, "total_cholesterol", "hdl", "ldl", "hdl_cholesterol", "ldl_cholesterol", "chol"),
    _small("triglycerides", 885.7, "triglyceride", "tg"),
    _small("haemoglobin", 16114.5, "hb", "hgb", "hemoglobin"),  # a quarter of the tetramer: one iron atom
    _small("calcium", 40.078, "ca", valence=2),
    _small("magnesium", 24.305, "mg", valence=2),
    _small("phosphate", 30.974, "phosphorus"),  # reported as mass of phosphorus
    _small("iron", 55.845, "serum_iron", "fe"),
    _small("sodium", 22.990, "na", valence=1),
    _small("potassium", 39.098, "k", valence=1),
    _small("chloride", 35.45, "cl", valence=1),
    _small("bicarbonate", 61.017, "hco3", valence=1),
    _small("lithium", 6.94, valence=1),
    _small("uric_acid", 168.11, "urate"),
    _small("urea", 60.056),
    _small("urea_nitrogen", 28.014, "bun", "blood_urea_nitrogen"),  # two nitrogen atoms per molecule of urea
    _small("albumin", 66438.0, "alb", "serum_albumin"),
    _small("crp", 105000.0, "c_reactive_protein", "hs_crp"),
    _small("ferritin", 445000.0),
    _small("vitamin_d", 400.64, "25_oh_d", "vit_d", "calcidiol"),
    _small("folate", 441.40, "folic_acid"),
    _small("vitamin_b12", 1355.37, "b12", "cobalamin"),
    _small("thyroxine", 776.87, "t4", "free_t4", "ft4"),
    _small("triiodothyronine", 650.97, "t3", "free_t3", "ft3"),
    _small("testosterone", 288.42),
    _small("estradiol", 272.38, "oestradiol", "e2"),
    _small("progesterone", 314.46),
    _small("cortisol", 362.46),
    _small("aldosterone", 360.44),
    _small("homocysteine", 135.18),
    _small("lactate", 90.08, "lactic_acid"),
    _small("ammonia", 17.031),
    _small("c_peptide", 3020.3),
    # 1 uIU/mL is 6.00 pmol/L: Knopp JL et al. 2019, J Diabetes Sci Technol 13:597
    Analyte(name="insulin", molar_mass=5808.0, iu_per_mol=1e6 / 6.0 * 1e3, names=("fasting_insulin",)),
    _small("digoxin", 780.94),
    _small("phenytoin", 252.27),
    _small("carbamazepine", 236.27),
    _small("valproate", 144.21, "valproic_acid"),
    _small("theophylline", 180.16),
    _small("methotrexate", 454.44),
    _small("tacrolimus", 804.02),
    _small("vancomycin", 1449.3),
    _small("paracetamol", 151.16, "acetaminophen"),
    _small("salicylate", 138.12),
    _small("ethanol", 46.07),
    _enzyme("ldh", "lactate_dehydrogenase"),
    _enzyme("alt", "alat", "gpt", "sgpt"),
    _enzyme("ast", "asat", "got", "sgot"),
    _enzyme("alp", "alkaline_phosphatase"),
    _enzyme("ggt", "gamma_gt"),
    _enzyme("creatine_kinase", "ck", "cpk"),
    _enzyme("amylase"),
    _enzyme("lipase"),
    Analyte(name="hba1c", names=("a1c", "glycated_haemoglobin", "glycated_hemoglobin")),
    Analyte(name="alcohol", names=("alcohol_intake", "drinks")),
    Analyte(name="leukocytes", names=("wbc", "white_cell_count", "white_blood_cells", "leucocytes")),
    Analyte(name="neutrophils", names=("anc", "neutrophil_count")),
    Analyte(name="lymphocytes", names=("alc", "lymphocyte_count")),
    Analyte(name="platelets", names=("plt", "platelet_count", "thrombocytes")),
)

_BY_NAME = {alias: name for name, analyte in ANALYTES.items() for alias in (name, *analyte.names)}


def find_analyte(stem: str) -> Analyte | None:
    """Return the analyte that a column name (without its unit) refers to, or None.

    >>> find_analyte("Hb").name
    'haemoglobin'
    """
    words = "_".join(stem.casefold().replace("-", " ").replace("_", " ").split())
    name = _BY_NAME.get(words)
    return ANALYTES[name] if name else None
