"""The ten tables common to all formats, and the columns of each."""

from __future__ import annotations

import re
from typing import Final

_HGNC = re.compile(r"HGNC:\d+")
TEXT, NUMBER, FLAG = "text", "number", "flag"
_NUMBERS = {
    "age_years", "value", "onset_age_years", "dose", "pos", "start", "end", "copy_number", "allele_fraction",
    "read_depth", "probability", "relative_risk", "horizon", "serious",
}  # fmt: skip
_FLAGS = {"deceased", "excluded"}

#: Columns of each table, in order.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "patients": ("patient_id", "sex", "birth_date", "age_years", "deceased", "death_date"),
    "measurements": (
        "patient_id", "system", "code", "name", "value", "unit", "comparator", "value_system", "value_code",
        "value_text", "absent_reason", "date", "status", "source",
    ),
    "conditions": (
        "patient_id", "kind", "system", "code", "name", "excluded", "status", "verification", "onset_date",
        "onset_age_years", "stage", "source",
    ),
    "medications": (
        "patient_id", "kind", "system", "code", "name", "status", "start", "end", "dose", "dose_unit", "source",
    ),
    "procedures": ("patient_id", "system", "code", "name", "status", "date", "source"),
    "events": ("patient_id", "system", "code", "name", "grade", "serious", "date", "source"),
    "variants": (
        "patient_id", "gene", "gene_id", "assembly", "chrom", "pos", "ref", "alt", "allele", "start", "end", "hgvs_g",
        "hgvs_c", "hgvs_p", "transcript", "change_type", "copy_number", "zygosity", "origin", "allele_fraction",
        "read_depth", "presence", "significance", "vrs_id", "status", "source",
    ),
    "genotypes": ("patient_id", "kind", "gene", "gene_id", "name", "system", "status", "source"),
    "implications": (
        "patient_id", "kind", "drug", "therapy", "effect", "significance", "condition", "level", "conclusion",
        "evidence", "derived_from", "status", "source",
    ),
    "risks": (
        "patient_id", "outcome", "probability", "relative_risk", "qualitative", "horizon", "horizon_unit", "method",
        "source",
    ),
}  # fmt: skip
#: Column of each table with the date.
DATES: Final[dict[str, str]] = {
    "measurements": "date", "conditions": "onset_date", "medications": "start", "procedures": "date", "events": "date",
}  # fmt: skip
#: Columns that must not appear in any file, page or message.
PRIVATE: Final = frozenset({"birth_date"})


def kind_of(table: str, column: str) -> str:
    """Return the type of a column: text, numbers, or booleans; start and end of a medication are dates."""
    if column in _FLAGS:
        return FLAG
    return NUMBER if column in _NUMBERS and not (table == "medications" and column in ("start", "end")) else TEXT


def hgnc_id(text: str | None) -> str | None:
    """Return a gene id in the form of ``gene_id``, ``HGNC:n``; None for one of another registry.

    >>> hgnc_id("HGNC:1097"), hgnc_id("ENSG00000157764")
    ('HGNC:1097', None)
    """
    return text if text and _HGNC.fullmatch(text) else None
