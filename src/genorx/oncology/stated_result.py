"""Interpretation of a laboratory's short result on a gene: biomarker present, absent, or neither.

Such as "BRAF: V600E" or "ERBB2: not amplified".  A result that is not recognised is neither; another alteration of the
gene does not show that the biomarker is absent.
"""

from __future__ import annotations

from dataclasses import replace

from genorx.errors import InputError
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.comparison import compare
from genorx.oncology.criteria import Atom, plain
from genorx.oncology.profile import GENE_ALIASES

_SEQUENCE = frozenset(
    {"protein", "codon", "exon", "gene_class", "itd", "named_deletion", "region", "transcript_variant", "cdna", "dbsnp"}
)
#: Kind of measurement of a biomarker, by the type of its atom; a result on one gene cannot settle other types.
_MEASURES = {
    **dict.fromkeys(_SEQUENCE, "sequence"),
    "wildtype": "sequence",
    "copy_number": "copies",
    "fusion": "fusion",
}

_ABSENT = frozenset(
    {"negative", "neg", "notdetected", "undetected", "absent", "notfound", "noalteration", "noalterations"}
)
_ABSENT_BY_MEASURE = {
    "sequence": frozenset(
        {"wildtype", "wt", "nomutation", "nomutations", "nomutationdetected", "unmutated", "notmutated"}
    ),
    "copies": frozenset({"notamplified", "nonamplified", "unamplified", "noamplification", "neutral", "diploid"}),
    "fusion": frozenset({"notrearranged", "nonrearranged", "norearrangement", "nofusion", "nofusiondetected"}),
}  # fmt: skip


def gene_symbol(text: str) -> str:
    """Return a gene in capitals, by its approved symbol if another name is in common use.

    >>> gene_symbol(" Her2 ")
    'ERBB2'
    """
    name = text.strip().upper()
    return GENE_ALIASES.get(name, name)


def measure_of(atom: Atom) -> str | None:
    """Return how a biomarker is measured: ``sequence``, ``copies`` or ``fusion``; None if no single gene shows it."""
    return _MEASURES.get(atom.type)


def stated(atom: Atom, gene: str, result: str, *, one_measure: bool = True) -> bool | None:
    """Return whether a result on a gene states that a biomarker is present; None if it states neither.

    Parameters
    ----------
    atom : Atom
        The biomarker.
    gene, result : str
        Symbol of the tested gene, and the result in the laboratory's words.
    one_measure : bool
        Whether "negative" can refer only to the biomarker's kind of measurement.  The default is True.

    >>> from genorx.oncology.profile import parse_profile
    >>> atom = parse_profile("BRAF V600E")[0][0]
    >>> [stated(atom, "BRAF", text) for text in ("p.V600E", "wild type", "not detected", "G469A", "mutated")]
    [True, False, False, None, None]
    """
    measure = measure_of(atom)
    if measure is None:
        return None
    if atom.negated:
        inner = stated(replace(atom, negated=False), gene, result, one_measure=one_measure)
        return None if inner is None else not inner
    absent = _says_absent(measure, result, one_measure=one_measure)
    if absent is not None:
        return (atom.type == "wildtype") is absent
    fact = _read(gene, result)
    return None if fact is None else _by_fact(atom, fact)


def _says_absent(measure: str, result: str, *, one_measure: bool) -> bool | None:
    """Return True if the words deny every alteration of a measure; None if they do not."""
    words = plain(result)
    if words in _ABSENT:
        return True if one_measure else None
    return True if words in _ABSENT_BY_MEASURE[measure] else None


def _read(gene: str, result: str) -> Alteration | None:
    try:
        return as_alteration(f"{gene_symbol(gene)} {result.strip()}")
    except InputError:
        return None


def _by_fact(atom: Atom, fact: Alteration) -> bool | None:
    if fact.atom.type == "opaque" or fact.atom.negated:
        return None
    if atom.type == "wildtype":
        return False if fact.atom.type in _SEQUENCE and fact.non_silent else None
    met = compare(atom, fact)
    return True if met is not None and met.exact else None
