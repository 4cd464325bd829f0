"""Table words with a fixed meaning: yes, no, and missing."""

from __future__ import annotations

import re

#: Words for yes and no, compared without case.
BOOLEANS = {"0": 0, "no": 0, "false": 0, "n": 0, "f": 0, "1": 1, "yes": 1, "true": 1, "y": 1, "t": 1}
#: Text that means "not known", compared without case.  ``none`` is not included, since it can be an answer.
MISSING_TEXT = frozenset(
    {"", "na", "n/a", "n.a.", "#n/a", "nan", "null", "nil", "<na>", ".", "..", "-", "--", "?", "unknown", "unk"}
    | {"not known", "missing", "not available", "not assessed", "not done", "not reported", "nd", "n.d.", "[unknown]"}
    | {"[not available]", "[not applicable]", "[not evaluated]", "[discrepancy]", "[pending]"}  # of cBioPortal and TCGA
)


def plain_level(text: str) -> str:
    """Return a level in canonical form: an integer loses the decimal point that another program added.

    >>> plain_level("2.0"), plain_level("2.50"), plain_level("Stage II")
    ('2', '2.50', 'Stage II')
    """
    return re.sub(r"(?<=\d)\.0+$", "", text) if re.fullmatch(r"[+-]?\d+\.0+", text) else text


def boolean_of(text: str) -> int | None:
    """Return 1 for yes, 0 for no, None for anything else."""
    return BOOLEANS.get(plain_level(text).casefold())
