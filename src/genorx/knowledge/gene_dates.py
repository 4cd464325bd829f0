"""Gene symbols converted to dates by a spreadsheet: 1-Mar was MARCHF1 or MTARC1, Sep-09 was SEPTIN9.

Source: Ziemann M et al. 2016, Genome Biol 17:177.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from genorx.errors import Finding, shown

_MONTH = "(?:jan|feb|mar|mrz|apr|may|mai|jun|jul|aug|sept?|oct|okt|nov|dec|dez)[a-z]*"
_WORDS = rf"\d{{1,2}}[-. /]{_MONTH}(?:[-. /]\d{{2,4}})?|{_MONTH}[-. /]\d{{1,4}}"
_NUMBERS = r"\d{4}-\d\d-\d\d(?:[ T].*)?|\d{1,2}/\d{1,2}/\d{2,4}"
_DATE = re.compile(f"{_WORDS}|{_NUMBERS}", re.IGNORECASE)
_MOST = 3


def gene_dates(genes: Iterable[str], place: str) -> Iterator[Finding]:
    """Yield a finding if genes are dates, since the original symbols are lost.

    >>> [each.message[:17] for each in gene_dates(["BRAF", "1-Mar", "Sep-09", "MARCHF1", "NOV"], "a.maf")]
    ['2 genes are dates']
    """
    found = [gene for gene in dict.fromkeys(genes) if _DATE.fullmatch(gene)]
    if found:
        listed = ", ".join(map(shown, found[:_MOST]))
        text = f"{len(found)} genes are dates, to which a spreadsheet converts MARCH1 or SEPT9: {listed}"
        message = f"{text}; use the file from before it was opened there"
        yield Finding(code="gene-date", severity="serious", message=message, place=place)
