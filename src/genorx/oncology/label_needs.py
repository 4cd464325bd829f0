"""Biomarkers required by the label rows of an evidence table, drug by drug.

A label row states that a drug is approved with a biomarker.  That the drug is approved with nothing else follows only
from a table with all of its indications, for which the user who names the table is responsible.  The embedded evidence,
with three tumour-agnostic approvals, is not such a table.  Laboratory results are read by ``oncology.stated_result``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genorx.oncology.comparison import keys_of
from genorx.oncology.criteria import Atom
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.stated_result import gene_symbol, measure_of
from genorx.oncology.table import EvidenceTable
from genorx.oncology.tier import is_label_level


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNeed:
    """Biomarkers required by the label rows of a drug.

    Attributes
    ----------
    drug : str
        Name of the drug in lower case.
    rows : tuple of EvidenceRecord
        Its label rows that support sensitivity, in the order of the table.
    unsettled : str
        Reason why the rows together do not determine the requirement; empty if they do.
    """

    drug: str
    rows: tuple[EvidenceRecord, ...]
    unsettled: str = ""

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes named in the rows, in alphabetical order."""
        return tuple(sorted({gene for row in self.rows for gene in _genes(row)}))

    @property
    def biomarkers(self) -> str:
        """The requirements in words: alternatives joined by "or", conjunctions by "and"."""
        alternatives = (" and ".join(atom.label for atom in each) for row in self.rows for each in row.predicate)
        return " or ".join(dict.fromkeys(alternatives))

    def one_measure(self, gene: str) -> bool:
        """Return whether all requirements on a gene use one kind of measurement, so that "negative" refers to it."""
        return len({measure_of(atom) for row in self.rows for atom in row.atoms if gene in genes_of(atom)}) == 1


def label_needs(table: EvidenceTable) -> dict[str, LabelNeed]:
    """Return the requirements of each drug with label rows, by its name in lower case.

    Only predictive rows of label level that support sensitivity count.  Rows of a drug that name different genes, or a
    biomarker that is no result of a gene, leave it unsettled.

    References
    ----------
    Levels of labels: Chakravarty D et al. 2017, JCO Precis Oncol, PO.17.00011 (OncoKB level 1); FDA, List of Cleared or
    Approved Companion Diagnostic Devices.
    """
    by_drug: dict[str, list[EvidenceRecord]] = {}
    for record in table:
        if _is_label(record):
            for drug in dict.fromkeys(" ".join(name.split()).casefold() for name in record.therapies):
                by_drug.setdefault(drug, []).append(record)
    return {
        drug: LabelNeed(drug=drug, rows=tuple(rows), unsettled=_unsettled(rows))
        for drug, rows in sorted(by_drug.items())
    }


def genes_of(atom: Atom) -> Iterator[str]:
    """Yield the approved symbols of an atom's genes; none for a tumour-wide marker."""
    return (gene_symbol(key) for key in keys_of(atom) if not key.startswith("#"))


def _is_label(record: EvidenceRecord) -> bool:
    supports = record.direction == "supports" and record.effect == "sensitivity"
    return supports and record.evidence_type == "predictive" and is_label_level(record.level_scheme, record.level)


def _genes(row: EvidenceRecord) -> frozenset[str]:
    return frozenset(gene for atom in row.atoms for gene in genes_of(atom))


def _unsettled(rows: list[EvidenceRecord]) -> str:
    if any(measure_of(atom) is None or not [*genes_of(atom)] for row in rows for atom in row.atoms):
        return "a label row of the drug needs what no result of a single gene shows"
    if len({_genes(row) for row in rows}) > 1:
        return "label rows of the drug name different genes"
    return ""
