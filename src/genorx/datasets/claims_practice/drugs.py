"""Drugs, tests and codes of a simulated practice, with units and vials of a dose counted one by one.

The counting is independent of ``audit`` on purpose: a truth computed by the checked program would prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug as given and billed; ``price`` is in cents per unit."""

    hcpcs: str
    name: str
    mg_per_unit: str
    vials_mg: tuple[int, ...]
    price: int
    gene: str = ""
    result: str = ""

    @property
    def unit(self) -> Fraction:
        """Milligrams per unit."""
        return Fraction(self.mg_per_unit)


DRUGS = {
    drug.hcpcs: drug
    for drug in (
        Drug(
            hcpcs="J9355",
            name="trastuzumab",
            mg_per_unit="10",
            vials_mg=(150,),
            price=7000,
            gene="ERBB2",
            result="amplified",
        ),
        Drug(
            hcpcs="J9306",
            name="pertuzumab",
            mg_per_unit="1",
            vials_mg=(420,),
            price=1300,
            gene="ERBB2",
            result="amplified",
        ),
        Drug(hcpcs="J9271", name="pembrolizumab", mg_per_unit="1", vials_mg=(100,), price=5500),
        Drug(hcpcs="J9035", name="bevacizumab", mg_per_unit="10", vials_mg=(100, 400), price=6200),
        Drug(
            hcpcs="J9303",
            name="panitumumab",
            mg_per_unit="10",
            vials_mg=(100, 400),
            price=13000,
            gene="RAS",
            result="wild type",
        ),
        Drug(hcpcs="J9263", name="oxaliplatin", mg_per_unit="0.5", vials_mg=(50, 100), price=20),
    )
}
#: A germline test is valid for life; a tumour is tested again when it has changed.
GERMLINE, PANEL, TUMOUR = "LOC-BRCA-G", "LOC-PGX", "LOC-NGS-T"
TESTS = {
    GERMLINE: ("hereditary breast panel", "germline", True, 180_000),
    PANEL: ("pharmacogene panel", "germline", True, 65_000),
    TUMOUR: ("tumour panel", "somatic", False, 290_000),
}
#: Administration of chemotherapy, and a service for women.
INFUSION, PUSH, PELVIC = "Q0084", "Q0083", "Q0091"
SERVICES = {INFUSION: 12_000, PUSH: 9_000, PELVIC: 4_500}
PGX_DRUGS = ("irinotecan", "fluorouracil", "tamoxifen", "clopidogrel", "warfarin", "codeine")


def units_of(drug: Drug, dose_mg: Fraction) -> int:
    """Return the units of a dose, rounded up."""
    return -(-dose_mg // drug.unit)


@lru_cache(maxsize=4096)
def discarded_units(drug: Drug, dose_mg: Fraction) -> int:
    """Return the units discarded from the vials with the least waste, by exhaustive search."""
    most = [int(dose_mg // size) + 1 for size in drug.vials_mg]
    totals = (
        sum(number * size for number, size in zip(numbers, drug.vials_mg, strict=True))
        for numbers in product(*(range(limit + 1) for limit in most))
    )
    least = min(total for total in totals if total >= dose_mg)
    return max(0, int(least // drug.unit) - units_of(drug, dose_mg))


def fact_tables(excluded: str, since: str) -> dict[str, pd.DataFrame]:
    """Return the tables of facts of the practice; provider ``excluded`` is excluded from the day ``since``."""
    drugs = [
        {
            "code": drug.hcpcs,
            "drug": drug.name,
            "mg_per_unit": drug.mg_per_unit,
            "vials_mg": " ".join(map(str, drug.vials_mg)),
            "single_dose": "True",
            "needs_gene": drug.gene,
            "needs_result": drug.result,
        }
        for drug in DRUGS.values()
    ]
    tests = [
        {"code": code, "test": test, "origin": origin, "once": str(once)}
        for code, (test, origin, once, _) in TESTS.items()
    ]
    return {
        "drug_codes": pd.DataFrame(drugs),
        "test_codes": pd.DataFrame(tests),
        "limits": pd.DataFrame({"code": list(SERVICES), "max_units": "1"}),
        "pairs": pd.DataFrame({"column1": [INFUSION], "column2": [PUSH], "modifier_allowed": ["1"]}),
        "sex_codes": pd.DataFrame({"code": [PELVIC], "sex": ["female"]}),
        "exclusions": pd.DataFrame({"npi": [excluded], "excluded_from": [since], "reinstated": [""]}),
        "pgx_drugs": pd.DataFrame({"drug": list(PGX_DRUGS)}),
    }
