"""Known variables of medical records: unit, possible range, typical median of a group.

The checks of ``tables.measurements`` and the JSON Schemas of ``tables.schema`` are both built from this table.
Limits are our own and wide, beyond the worst grade of CTCAE 5.0: they find errors, not illness.  Medians are reference
intervals (AMA Manual of Style, 11th ed., 17.5) widened for patients.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from genorx._core.units import unit_of_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A measurement identified by its name.

    Attributes
    ----------
    name : str
    role : {"clinical", "laboratory", "lifestyle"}
    unit : str
        UCUM unit of ``possible`` and ``median``; empty for a score.
    possible : (float, float)
        Range of values that a patient can have.
    median : (float, float)
        Range of the median of a group of patients.
    other_units : tuple of str
        Other units in use.
    names : tuple of str
        Other names in column headers, lower case, words joined by ``_``.
    stated : bool
        Whether its unit must be stated: numbers in several units look alike, and none is guessed.
    """

    name: str
    role: str
    unit: str
    possible: tuple[float, float]
    median: tuple[float, float]
    other_units: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    stated: bool = False


def _of(
    role: str,
    name: str,
    unit: str,
    *limits: tuple[float, float],
    other: str = "",
    names: str = "",
    stated: bool = False,
) -> Variable:
    return Variable(
        name=name,
        role=role,
        unit=unit,
        possible=limits[0],
        median=limits[1],
        other_units=tuple(other.split()),
        names=tuple(names.split()),
        stated=stated,
    )


_ALCOHOL = "alcohol_intake ethanol drinks alcohol_drinks"
_MINUTES = ("walking", "moderate_activity", "vigorous_activity")
_FRUIT = "fruit_vegetables fruits_and_vegetables fruit_vegetables_servings fruit_and_vegetables_servings"

_ALL = (
    _of(
        "clinical",
        "age",
        "a",
        (0, 125),
        (1, 95),
        other="mo d",
        names="age_at_diagnosis age_at_baseline age_dx patient_age",
    ),
    _of("clinical", "height", "cm", (20, 260), (45, 190), other="m [in_i]", names="ht body_height stature"),
    _of("clinical", "weight", "kg", (0.3, 450), (3, 110), other="[lb_av] g", names="wt body_weight wt71 wt82"),
    _of("clinical", "bmi", "kg/m2", (7, 120), (15, 40), names="body_mass_index"),
    _of("clinical", "systolic_pressure", "mm[Hg]", (30, 310), (90, 170), other="kPa", names="sbp systolic systolic_bp"),
    _of(
        "clinical",
        "diastolic_pressure",
        "mm[Hg]",
        (10, 220),
        (50, 110),
        other="kPa",
        names="dbp diastolic diastolic_bp",
    ),
    _of("clinical", "heart_rate", "1/min", (10, 350), (50, 130), names="pulse hr"),
    _of("clinical", "temperature", "Cel", (20, 46), (35, 40), other="[degF]", names="temp body_temperature"),
    _of("clinical", "oxygen_saturation", "%", (10, 100), (85, 100), names="spo2 sao2"),
    _of("clinical", "ecog", "", (0, 5), (0, 4), names="ecog_ps performance_status who_ps"),
    _of("clinical", "karnofsky", "", (0, 100), (20, 100), names="karnof kps karnofsky_score"),
    _of("laboratory", "haemoglobin", "g/dL", (0.5, 27), (6, 18), other="g/L mmol/L", names="hb hgb hemoglobin"),
    _of(
        "laboratory",
        "leukocytes",
        "10*9/L",
        (0, 1500),
        (0.5, 100),
        other="/uL",
        names="wbc white_cell_count leucocytes",
    ),
    _of("laboratory", "neutrophils", "10*9/L", (0, 1000), (0.2, 50), other="/uL", names="anc neutrophil_count"),
    _of(
        "laboratory", "platelets", "10*9/L", (0, 6000), (10, 600), other="/uL", names="plt platelet_count thrombocytes"
    ),
    _of("laboratory", "bm_blasts", "%", (0, 100), (0, 100), names="bone_marrow_blasts"),
    _of("laboratory", "pb_blasts", "%", (0, 100), (0, 100), names="blood_blasts peripheral_blasts"),
    _of("laboratory", "creatinine", "mg/dL", (0.05, 45), (0.4, 5), other="umol/L", names="creat scr serum_creatinine"),
    _of(
        "laboratory",
        "glucose",
        "mmol/L",
        (0.2, 110),
        (3.5, 16),
        other="mg/dL",
        names="glu fasting_glucose blood_glucose",
    ),
    _of("laboratory", "cholesterol", "mmol/L", (0.2, 45), (2, 9), other="mg/dL", names="total_cholesterol chol"),
    _of("laboratory", "triglycerides", "mmol/L", (0.05, 170), (0.4, 5), other="mg/dL", names="triglyceride tg"),
    _of("laboratory", "bilirubin", "mg/dL", (0, 90), (0.2, 6), other="umol/L", names="total_bilirubin bili tbil"),
    _of("laboratory", "albumin", "g/dL", (0.5, 8), (1.5, 5.5), other="g/L", names="alb serum_albumin"),
    _of("laboratory", "calcium", "mmol/L", (0.4, 6), (1.8, 2.9), other="mg/dL", names="ca serum_calcium"),
    _of("laboratory", "sodium", "mmol/L", (85, 210), (125, 150), names="na serum_sodium"),
    _of("laboratory", "potassium", "mmol/L", (1, 15), (3, 6), names="serum_potassium"),
    _of("laboratory", "urea", "mmol/L", (0.2, 150), (2, 20), other="mg/dL"),
    _of("laboratory", "urea_nitrogen", "mg/dL", (0.5, 420), (5, 80), other="mmol/L", names="bun blood_urea_nitrogen"),
    _of("laboratory", "uric_acid", "umol/L", (5, 3000), (150, 700), other="mg/dL", names="urate"),
    _of("laboratory", "crp", "mg/L", (0, 1000), (0.1, 250), other="mg/dL", names="c_reactive_protein"),
    _of("laboratory", "ldh", "U/L", (10, 60000), (100, 1500), other="ukat/L", names="lactate_dehydrogenase"),
    _of("laboratory", "alt", "U/L", (0, 30000), (8, 200), other="ukat/L", names="alat gpt sgpt"),
    _of("laboratory", "ast", "U/L", (0, 40000), (8, 200), other="ukat/L", names="asat got sgot"),
    _of("laboratory", "hba1c", "%", (2.5, 22), (4, 11), other="mmol/mol", names="a1c"),
    _of("laboratory", "egfr", "mL/min/{1.73m2}", (0, 250), (10, 140), names="gfr"),
    _of("laboratory", "ferritin", "ug/L", (0, 300000), (10, 3000)),
    _of("laboratory", "inr", "", (0.3, 30), (0.8, 4)),
    _of("lifestyle", "pack_years", "{pack}.a", (0, 350), (0, 80), names="packyears smoking_pack_years"),
    _of(
        "lifestyle",
        "cigarettes_per_day",
        "{cigarette}/d",
        (0, 200),
        (0, 60),
        names="cigarettes cigs_per_day smokeintensity",
    ),
    _of("lifestyle", "smoking_duration", "a", (0, 110), (0, 60), names="years_smoked smokeyrs smoking_years smoked"),
    _of(
        "lifestyle",
        "years_since_quitting",
        "a",
        (0, 110),
        (0, 60),
        other="mo d",
        names="years_since_cessation quit_years",
    ),
    _of("lifestyle", "alcohol", "g/d", (0, 1000), (0, 150), names=_ALCOHOL, stated=True),
    _of(
        "lifestyle", "drinks_per_occasion", "{drink}", (0, 100), (0, 20), names="alcoholhowmuch drinks_per_drinking_day"
    ),
    _of(
        "lifestyle",
        "activity",
        "[MET].min/wk",
        (0, 40000),
        (0, 10000),
        names="physical_activity met_min met",
        stated=True,
    ),
    *(_of("lifestyle", name, "min/wk", (0, 8000), (0, 2500)) for name in _MINUTES),
    _of("lifestyle", "fruit_and_vegetables", "{serving}/d", (0, 50), (0, 15), names=_FRUIT),
    _of("lifestyle", "fibre", "g/d", (0, 300), (2, 80), names="fiber dietary_fibre dietary_fiber"),
    _of("lifestyle", "red_meat", "g/d", (0, 3000), (0, 400), names="meat processed_meat"),
    _of("lifestyle", "salt_intake", "g/d", (0, 100), (1, 25), names="salt dietary_salt"),
    _of("lifestyle", "energy_intake", "kcal/d", (100, 15000), (600, 5000), other="kJ/d", names="energy calories"),
)

#: Known variables by name.
VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _ALL}
# also symbols of genes, or yes-or-no answers, or scores: they need a unit
_SYMBOLS = frozenset({"alb", "ca", "glu", "got", "gpt", "hr", "met", "na", "tg", *_MINUTES, *_FRUIT.split()})
_SYMBOLS |= {
    "fruit_and_vegetables",
    "fibre",
    "fiber",
    "red_meat",
    "meat",
    "processed_meat",
    "salt",
    "energy",
    "calories",
}
_BY_NAME = {name: variable for variable in _ALL for name in (variable.name, *variable.names)}


#: Names that are a measurement, and as often a gene: with 0 and 1 alone the column says whether the gene is changed.
_GENES = frozenset({"egfr"})
_ANSWERS = frozenset({"0", "1", "0.0", "1.0"})


def is_gene_answer(column: str, cells: Iterable[str]) -> bool:
    """Return whether a column without a unit, named by a gene, holds whether the gene is changed.

    >>> is_gene_answer("EGFR", ["0", "1"]), is_gene_answer("EGFR", ["90", "1"]), is_gene_answer("potassium", ["0", "1"])
    (True, False, False)
    """
    stem, unit = unit_of_name(column)
    return unit is None and stem.strip().casefold() in _GENES and _ANSWERS.issuperset(cells)


def find_variable(column: str) -> Variable | None:
    """Return the known variable that a column's name refers to, or None; ``met`` alone is the gene.

    >>> find_variable("Height (cm)").name, find_variable("hb_g_per_dl").name, find_variable("ecog").name
    ('height', 'haemoglobin', 'ecog')
    """
    stem, unit = unit_of_name(column)
    for name in (stem, column):
        words = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
        if words in _BY_NAME and (unit or words not in _SYMBOLS):
            return _BY_NAME[words]
    return None
