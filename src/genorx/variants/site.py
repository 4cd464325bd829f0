"""Where a record lies, and what kind of change it is.

Source: VCF 4.5 specification, sections 1.6.1 and 3 (symbolic alleles, END, SVLEN, IMPRECISE).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genorx._core.numerals import decimal_number, whole_number
from genorx.variants.allele import UNSPECIFIED

if TYPE_CHECKING:
    import pandas as pd

    from genorx.variants.record_checks import Row


def info_value(info: str, key: str) -> str:
    """Return the value of an INFO key, ``""`` where it is absent; a flag that is set gives its own name.

    >>> info_value("DP=3;END=120;IMPRECISE", "END"), info_value("IMPRECISE", "IMPRECISE"), info_value("X=1", "END")
    ('120', 'IMPRECISE', '')
    """
    if key not in info:
        return ""
    for item in info.split(";"):
        name, equals, value = item.partition("=")
        if name == key:
            return value if equals else name
    return ""


def end_of(row: Row) -> int:
    """Return the last position that a record covers: END for blocks and symbolic alleles, else that of REF."""
    last = int(row[1]) + len(row[3]) - 1
    end = whole_number(info_value(row[7], "END")) if "<" in row[4] or row[4] == "." else None
    return last if end is None else max(last, end)


def is_reference_block(row: Row) -> bool:
    """Tell whether a record says that its stretch was looked at and no change found (gVCF)."""
    return row[4] in UNSPECIFIED or row[4] == "."


def site_columns(rows: list[Row], accepts: Callable[[str], bool]) -> pd.DataFrame:
    """One row a record; columns as in ``GenotypeMatrix.variants``."""
    import pandas as pd

    fixed = list(zip(*(row[:8] for row in rows), strict=True)) or [()] * 8
    chrom, pos, name, ref, alt, qual, flt, info = (list(column) for column in fixed)
    return pd.DataFrame(
        {
            "chrom": pd.array(chrom, dtype="string"),
            "pos": pd.array([int(text) for text in pos], dtype="int64"),
            "id": pd.array(name, dtype="string"),
            "ref": pd.array(ref, dtype="string"),
            "alt": pd.array(alt, dtype="string"),
            # "." is missing; QUAL decides nothing here
            "qual": pd.array([decimal_number(text) for text in qual], dtype="Float64"),
            "filter": pd.array(flt, dtype="string"),
            "accepted": pd.array([accepts(text) for text in flt], dtype="bool"),
            "end": pd.array([end_of(row) for row in rows], dtype="int64"),
            "svtype": pd.array([info_value(text, "SVTYPE") or None for text in info], dtype="string"),
            "svlen": pd.array([info_value(text, "SVLEN") or None for text in info], dtype="string"),
            "symbolic": pd.array(["<" in text for text in alt], dtype="bool"),
            "imprecise": pd.array([bool(info_value(text, "IMPRECISE")) for text in info], dtype="bool"),
            "reference_block": pd.array([is_reference_block(row) for row in rows], dtype="bool"),
        }
    )
