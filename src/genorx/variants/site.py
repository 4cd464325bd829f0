"""Position of a record, and its type of change.

Source: VCF 4.5 specification, sections 1.6.1 and 3 (symbolic alleles, END, SVLEN, IMPRECISE).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from genorx._core.numerals import decimal_number, whole_number
from genorx._core.short_repr import short
from genorx.variants.allele import is_reference_only
from genorx.variants.calls import accepted_filter

if TYPE_CHECKING:
    import pandas as pd

    from genorx.variants.record_checks import Row


_Read = TypeVar("_Read")


def info_value(info: str, key: str) -> str:
    """Return the value of an INFO key, ``""`` if absent; a flag that is set has its own name as value.

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
    """Return the last position that a record covers: END for blocks and symbolic alleles, otherwise that of REF."""
    last = int(row[1]) + len(row[3]) - 1
    end = whole_number(info_value(row[7], "END")) if "<" in row[4] or row[4] == "." else None
    return last if end is None else max(last, end)


def is_reference_block(row: Row) -> bool:
    """Return whether a record is a gVCF reference block."""
    return is_reference_only(row[4])


class LateText(Protocol):
    """Lines of text of some records, created on first use; its length is the number of records."""

    def __len__(self) -> int: ...

    def text(self) -> str:
        """Return the lines."""
        ...


@short
@dataclass(frozen=True, slots=True)
class Sites:
    """The columns before the samples of some records, in compact form until converted to a table.

    Attributes
    ----------
    texts : tuple of str or LateText
        The first eight columns as lines of text, many lines in one text.
    filters : set of str or None
        Accepted FILTER values; None accepts all.
    """

    texts: tuple[str | LateText, ...]
    filters: frozenset[str] | None

    @classmethod
    def of(cls, rows: list[Row], filters: frozenset[str] | None) -> Sites:
        """Return the sites of rows."""
        return cls(("\n".join(["\t".join(row[:8]) for row in rows]),) if rows else (), filters)

    def __len__(self) -> int:
        return sum(text.count("\n") + 1 if isinstance(text, str) else len(text) for text in self.texts)

    def frame(self) -> pd.DataFrame:
        """Return one row per record; columns as in ``GenotypeMatrix.variants``."""
        texts = (text if isinstance(text, str) else text.text() for text in self.texts)
        rows = [line.split("\t") for text in texts for line in text.split("\n")]
        return site_columns(rows, lambda text: accepted_filter(text, self.filters))


def site_columns(rows: list[Row], accepts: Callable[[str], bool]) -> pd.DataFrame:
    """One row per record; columns as in ``GenotypeMatrix.variants``."""
    import pandas as pd

    fixed = list(zip(*(row[:8] for row in rows), strict=True)) or [()] * 8
    chrom, pos, name, ref, alt, qual, flt, info = (list(column) for column in fixed)
    wide = [n for n, text in enumerate(alt) if "<" in text or text == "."]  # may have their own END
    start = np.array([int(text) for text in pos], dtype=np.int64)
    end = start + np.array([len(text) for text in ref], dtype=np.int64) - 1
    end[wide] = [end_of(rows[n]) for n in wide]
    # "." is missing; QUAL is not used
    quality, passed = _by_text(qual, decimal_number), _by_text(flt, accepts)
    return pd.DataFrame(
        {
            "chrom": pd.array(chrom, dtype="string"),
            "pos": start,
            "id": pd.array(name, dtype="string"),
            "ref": pd.array(ref, dtype="string"),
            "alt": pd.array(alt, dtype="string"),
            "qual": pd.array(quality, dtype="Float64"),
            "filter": pd.array(flt, dtype="string"),
            "accepted": np.array(passed, dtype=bool),
            "end": end,
            "svtype": pd.array([info_value(text, "SVTYPE") or None for text in info], dtype="string"),
            "svlen": pd.array([info_value(text, "SVLEN") or None for text in info], dtype="string"),
            "symbolic": np.array(["<" in text for text in alt], dtype=bool),
            "imprecise": np.array([bool(info_value(text, "IMPRECISE")) for text in info], dtype=bool),
            "reference_block": np.array([is_reference_block(row) for row in rows], dtype=bool),
        }
    )


def _by_text(texts: list[str], read: Callable[[str], _Read]) -> list[_Read]:
    """Parse each distinct text once."""
    known = {text: read(text) for text in set(texts)}
    return [known[text] for text in texts]
