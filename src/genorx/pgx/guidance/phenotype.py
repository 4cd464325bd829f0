"""Interpretation of a called pair of alleles: phenotype, activity score, and the lookup keys of guidance.

Source: tables of the pack (CPIC); HLA status by the alleles named in guidance.
"""

from __future__ import annotations

from dataclasses import dataclass

from genorx.knowledge import PhenotypeTable
from genorx.knowledge.phenotype import Meaning

NO_RESULT = "No Result"
UNKNOWN = "Unknown"
_NOT_KNOWN = "n/a"
_INDETERMINATE = "Indeterminate"
#: Alleles that define a status.
HLA_STATUS = {"HLA-A": ("*31:01",), "HLA-B": ("*15:02", "*57:01", "*58:01")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One pair of alleles that determines guidance, with its interpretation.

    ``alleles`` is None if only a phenotype or score is known; ``counted`` is whether rows on one specific diplotype may
    use the alleles.
    """

    gene: str
    alleles: tuple[str, ...] | None
    phenotypes: tuple[str, ...]
    scores: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    counted: bool = True

    @property
    def known(self) -> bool:
        """Whether anything is known: alleles or a phenotype."""
        return self.alleles is not None or self.phenotypes != (NO_RESULT,)

    @property
    def meaningful(self) -> bool:
        """Whether guidance can be looked up: alleles or phenotype are known and interpretable."""
        return self.known and not (self.keys and set(self.keys) <= {NO_RESULT, _NOT_KNOWN, _INDETERMINATE})

    @property
    def pair(self) -> tuple[str, ...]:
        """Return the alleles, or ``Unknown`` twice."""
        return self.alleles or (UNKNOWN, UNKNOWN)


def no_result(gene: str, table: PhenotypeTable | None) -> Reading:
    """Return the reading of a gene without any result."""
    scores = (NO_RESULT,) if table is not None and table.activity else ()
    return Reading(gene=gene, alleles=None, phenotypes=(NO_RESULT,), scores=scores, keys=(NO_RESULT,))


def read_pair(
    gene: str,
    alleles: tuple[str, ...] | None,
    table: PhenotypeTable | None,
    *,
    phenotype: str | None = None,
    score: str | None = None,
    counted: bool = True,
) -> Reading:
    """Interpret a pair of alleles; a given phenotype or score takes precedence over the table's."""
    if alleles is None and phenotype is None and score is None:
        return no_result(gene, table)
    if gene in HLA_STATUS:
        return _read_hla(gene, alleles, phenotype, counted=counted)
    if table is not None and table.activity:
        return _read_activity(gene, alleles, table, phenotype, score, counted=counted)
    meaning = table.meaning(alleles) if table is not None and alleles is not None else None
    if meaning is None and gene == "RYR1" and table is not None and alleles is not None:
        meaning = _by_malignant_allele(alleles, table)
    found = phenotype or (meaning.phenotype if meaning else _NOT_KNOWN)
    keys = (found,) if table is not None else ()
    return Reading(gene=gene, alleles=alleles, phenotypes=(found,), keys=keys, counted=counted)


def _by_malignant_allele(alleles: tuple[str, ...], table: PhenotypeTable) -> Meaning | None:
    """Interpret a malignant allele of RYR1, which decides over any other allele, even one without function."""
    for name in alleles:
        if name in table.alleles and "malignant" in (table.alleles[name].function or "").lower():
            return table.meaning((name, name))
    return None


def _read_activity(
    gene: str,
    alleles: tuple[str, ...] | None,
    table: PhenotypeTable,
    phenotype: str | None,
    score: str | None,
    *,
    counted: bool,
) -> Reading:
    meaning = table.meaning(alleles) if alleles is not None else None
    agrees = meaning is not None and phenotype in (None, meaning.phenotype)
    found = score or (meaning.score if meaning is not None and agrees else None) or _NOT_KNOWN
    if phenotype is not None:
        phenotypes: tuple[str, ...] = (phenotype,)
    elif score is not None:
        phenotypes = table.phenotypes_of(score) or (_INDETERMINATE,)
    else:
        phenotypes = (meaning.phenotype if meaning else _INDETERMINATE,)
    keys: tuple[str, ...] = (found,)
    if found == _NOT_KNOWN:
        keys = tuple(key for name in phenotypes for key in table.scores_of(name)) or (_NOT_KNOWN,)
    return Reading(gene=gene, alleles=alleles, phenotypes=phenotypes, scores=(found,), keys=keys, counted=counted)


def _read_hla(gene: str, alleles: tuple[str, ...] | None, phenotype: str | None, *, counted: bool) -> Reading:
    if phenotype is not None or alleles is None:
        status: tuple[str, ...] = (phenotype or NO_RESULT,)
    else:
        marks = HLA_STATUS[gene]
        status = tuple(f"{m} {'positive' if any(m in a for a in alleles) else 'negative'}" for m in marks)
    return Reading(gene=gene, alleles=alleles, phenotypes=status, keys=status, counted=counted)
