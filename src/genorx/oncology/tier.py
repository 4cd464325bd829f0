"""Evidence levels of a source, relation of diseases, and the resulting AMP/ASCO/CAP tier.

The source's own level is kept beside the tier.  Unlike in PCGR, pan-cancer evidence of level B is II-C, not I;
``scheme="amp-pcgr"`` follows PCGR.
Source: Li MM et al. 2017, J Mol Diagn 19:4 (AMP/ASCO/CAP); Nakken S et al. 2018, Bioinformatics 34:1778 (PCGR).
"""

from __future__ import annotations

from typing import Literal

from genorx.errors import UsageError, shown
from genorx.oncology.disease import DiseaseRelation

Scheme = Literal["amp", "amp-pcgr"]
SCHEMES: tuple[str, ...] = ("amp", "amp-pcgr")
#: Tiers of options from best to worst; then those of resistance.
TIERS = ("I-A", "I-B", "II-C", "II-D", "III")
RESISTANCE_TIERS = ("R-I", "R-II", "R-III")
_PCGR_TIERS = ("I", "II", "III")

#: Letter of CIViC's scale nearest to a level of another scale.
_LETTERS: dict[str, dict[str, str]] = {
    "civic": {letter: letter for letter in "ABCDE"},
    "moalmanac": {
        "fda-approved": "A", "approval": "A", "guideline": "A", "clinical trial": "B", "clinical evidence": "C",
        "preclinical": "D", "inferential": "E",
    },
    "cgi": {
        "fda guidelines": "A", "nccn guidelines": "A", "european leukemianet guidelines": "A",
        "nccn/cap guidelines": "A",
        "cpic guidelines": "A", "late trials": "B", "early trials": "C", "case report": "C", "pre-clinical": "D",
    },
    "oncokb": {"1": "A", "2": "A", "3a": "B", "3b": "B", "4": "D", "r1": "A", "r2": "C"},
    "label": {"approved": "A", "accelerated": "A"},
}  # fmt: skip

#: Levels that mean "approved with this biomarker by a drug label", by scale; levels of guidelines are not among them.
_LABEL_LEVELS: dict[str, frozenset[str]] = {
    "label": frozenset({"approved", "accelerated"}),
    "moalmanac": frozenset({"fda-approved", "approval"}),
    "cgi": frozenset({"fda guidelines"}),
    "oncokb": frozenset({"1"}),
}

_SAME = {"A": "I-A", "B": "I-B", "C": "II-D", "D": "II-D", "E": "III"}
_PAN = {"A": "I-A", "B": "II-C"}
_OTHER = {"A": "II-C", "B": "II-C"}
#: Independent citations from which case studies in the same tumour count as II-C.
_CITATIONS_FOR_C = 3


def level_letter(scheme: str, level: str) -> str | None:
    """Return the letter A to E of a source's level (of an unknown scale only if it is a letter), otherwise None."""
    table = _LETTERS.get(scheme.lower())
    word = level.strip()
    if table is None:
        return word.upper() if word.upper() in tuple("ABCDE") else None
    return table.get(word.lower()) or table.get(word)


def is_label_level(scheme: str, level: str) -> bool:
    """Return whether a source's level means that a drug label names the biomarker.

    >>> is_label_level("oncokb", "1"), is_label_level("oncokb", "2"), is_label_level("civic", "A")
    (True, False, False)
    """
    return level.strip().casefold() in _LABEL_LEVELS.get(scheme.casefold(), frozenset())


def check_scheme(scheme: str) -> None:
    """Raise an error for a scheme that is not one of ``SCHEMES``."""
    if scheme not in SCHEMES:
        raise UsageError(f'tier scheme "{shown(scheme)}" is unknown', hint=f"one of {', '.join(SCHEMES)}")


def option_tier(
    letter: str | None, relation: DiseaseRelation, *, scheme: str = "amp", citations: int = 1
) -> str | None:
    """Return the tier of evidence that supports an effect; None if undefined.

    Parameters
    ----------
    letter : str or None
        Level on the scale A to E, from ``level_letter``; None if not known.
    relation : DiseaseRelation
        Relation of the row's disease to the patient's.
    scheme : {"amp", "amp-pcgr"}
        Rule of the tiers.
    citations : int
        Number of independent citations that agree for this therapy, alteration and tumour; 1 by default.
    """
    kind = relation.relation
    if letter is None or kind in ("unmapped", "not_stated"):
        return None
    if scheme == "amp-pcgr":
        return _pcgr_tier(letter, relation)
    if not relation.lineage_agrees:
        return "III"
    if kind in ("exact", "ancestor"):
        return "II-C" if letter == "C" and citations >= _CITATIONS_FOR_C else _SAME[letter]
    if kind == "descendant":  # the subtype is not known: one step down
        return TIERS[min(TIERS.index(_SAME[letter]) + 1, len(TIERS) - 1)]
    return (_PAN if kind == "pan_cancer" else _OTHER).get(letter, "III")


def _pcgr_tier(letter: str, relation: DiseaseRelation) -> str:
    same = relation.relation in ("exact", "ancestor", "pan_cancer", "descendant")
    if not relation.lineage_agrees:
        return "III"
    if letter in "AB":
        return "I" if same else "II"
    return "II" if same and relation.relation != "pan_cancer" else "III"


def resistance_tier(letter: str | None, relation: DiseaseRelation) -> str | None:
    """Return the tier of evidence of resistance; None if undefined."""
    kind = relation.relation
    if letter is None or kind in ("unmapped", "not_stated"):
        return None
    if not relation.lineage_agrees:
        return "R-III"
    if kind in ("exact", "ancestor"):
        return "R-I" if letter in "AB" else "R-II" if letter in "CD" else "R-III"
    return "R-II" if letter in "AB" else "R-III"


def tier_rank(tier: str | None) -> int:
    """Return the sort position of a tier, best first; None is last."""
    for scale in (TIERS, _PCGR_TIERS, RESISTANCE_TIERS):
        if tier in scale:
            return scale.index(tier)
    return len(TIERS)
