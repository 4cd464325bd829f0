"""Phenotype tables: a class for each allele, and the phenotypes of pairs of classes.

Called pairs are looked up in ``pgx.guidance.phenotype``.
Source of the scheme: Caudle KE et al. 2017, Genet Med 19:215 (terms); 2020, Clin Transl Sci 13:116 (activity scores).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from genorx._core.short_repr import short


@dataclass(frozen=True, slots=True, kw_only=True)
class AlleleFunction:
    """Function of one allele in words, and its activity value if the gene has them."""

    function: str | None
    activity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Phenotype of a diplotype, its activity score (None if the gene has none) and its key for guidance."""

    phenotype: str
    score: str | None
    key: str


@short
@dataclass(frozen=True, kw_only=True)
class PhenotypeTable:
    """Phenotypes of a gene.

    ``classes`` has the class of each allele, ``pairs`` the meaning of one or two classes (sorted), and ``exceptions``
    that of single diplotypes (allele names, sorted) that differ; None there means "not in the table".
    """

    gene: str
    version: str
    alleles: dict[str, AlleleFunction]
    classes: dict[str, int] = field(default_factory=dict)
    pairs: dict[tuple[int, ...], Meaning] = field(default_factory=dict)
    exceptions: dict[tuple[str, ...], Meaning | None] = field(default_factory=dict)

    @property
    def activity(self) -> bool:
        """Whether the gene is interpreted by activity score."""
        return any(allele.activity is not None for allele in self.alleles.values())

    def meaning(self, alleles: tuple[str, ...]) -> Meaning | None:
        """Return the meaning of one or two alleles, or None if the table does not contain them."""
        names = tuple(sorted(alleles))
        if names in self.exceptions:
            return self.exceptions[names]
        if any(name not in self.classes for name in names):
            return None
        return self.pairs.get(tuple(sorted(self.classes[name] for name in names)))

    def scores_of(self, phenotype: str) -> tuple[str, ...]:
        """Return every lookup key of a phenotype in the table, sorted."""
        return tuple(sorted({m.key for m in self._meanings() if m.phenotype == phenotype}, key=_by_number))

    def phenotypes_of(self, score: str) -> tuple[str, ...]:
        """Return every phenotype of an activity score in the table, sorted."""
        return tuple(sorted({m.phenotype for m in self._meanings() if m.score == score}))

    @property
    def phenotypes(self) -> frozenset[str]:
        """Every phenotype of the table."""
        return frozenset(meaning.phenotype for meaning in self._meanings())

    def _meanings(self) -> list[Meaning]:
        return [*self.pairs.values(), *(m for m in self.exceptions.values() if m is not None)]


def _by_number(score: str) -> tuple[float, str]:
    text = score.lstrip("≥")
    return (float(text) if text.replace(".", "", 1).isdigit() else float("inf"), score)
