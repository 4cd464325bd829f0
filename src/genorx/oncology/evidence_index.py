"""Index of the rows of an evidence table by gene or marker, and the residues named in the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from genorx.oncology.comparison import keys_of
from genorx.oncology.predicate import NAMED_REARRANGEMENTS
from genorx.oncology.profile import Predicate
from genorx.oncology.protein import read_protein_change
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable


class EvidenceIndex:
    """Rows of a table by predicate, and predicates by index key."""

    def __init__(self, table: EvidenceTable) -> None:
        rows: dict[Predicate, list[EvidenceRecord]] = {}
        for record in table.records:
            rows.setdefault(record.predicate, []).append(record)
        self.groups = list(rows.items())
        self.by_key: dict[str, list[int]] = {}
        for number, (predicate, _) in enumerate(self.groups):
            for key in {key for alternative in predicate for atom in alternative for key in keys_of(atom)}:
                self.by_key.setdefault(key, []).append(number)
        self.hotspots = frozenset(_hotspots(table))
        self.genes = frozenset(_genes(table))
        self.residues = _residues(table)
        self.changes = frozenset(_changes(table))
        atoms = [((atom.gene or "").upper(), atom) for record in table.records for atom in record.atoms]
        self.codons = frozenset((gene, atom.position) for gene, atom in atoms if atom.type == "codon")
        self.opaque = frozenset((gene, atom.key) for gene, atom in atoms if atom.type == "opaque")
        self.citations = _independent_citations(table)

    def candidates(self, keys: Iterable[str]) -> list[int]:
        """Return the positions of the predicates that a key could match, in the order of the table."""
        return sorted({number for key in keys for number in self.by_key.get(key, ())})


def _genes(table: EvidenceTable) -> Iterable[str]:
    """Yield the genes named in rows, including partners of fusions."""
    for record in table.records:
        for atom in record.atoms:
            yield from (name.upper() for name in (atom.gene, atom.five, atom.three) if name)


def _residues(table: EvidenceTable) -> Mapping[tuple[str, int], frozenset[str]]:
    """Return the amino acids named at (gene, residue): one, or one for each numbering by transcript."""
    found: dict[tuple[str, int], set[str]] = {}
    for atom in (atom for record in table.records for atom in record.atoms):
        change = read_protein_change(atom.change) if atom.type == "protein" else None
        if change is not None and change.first:
            found.setdefault(((atom.gene or "").upper(), change.start), set()).add(change.first)
        elif atom.type == "codon" and atom.position and atom.residue:
            found.setdefault(((atom.gene or "").upper(), atom.position), set()).add(atom.residue)
    return {place: frozenset(letters) for place, letters in found.items()}


def _hotspots(table: EvidenceTable) -> Iterable[tuple[str, int | str]]:
    """Yield (gene, residue or named rearrangement) in rows on tumours: hotspots according to the evidence itself.

    Prognostic and diagnostic rows count: IDH2 R140 is named by those alone.
    """
    for record in table.records:
        if record.origin == "germline" or record.evidence_type == "predisposing":
            continue
        for atom in record.atoms:
            gene = (atom.gene or "").upper()
            if atom.type == "codon" and atom.position:
                yield gene, atom.position
            elif any((atom.type, atom.name) == (named.type, named.name) for named in NAMED_REARRANGEMENTS):
                yield gene, atom.name or ""
            elif atom.type == "protein" and (change := read_protein_change(atom.change)):
                yield gene, change.start


def _changes(table: EvidenceTable) -> Iterable[tuple[str, str]]:
    """Yield (gene, normalised protein change) of the rows."""
    atoms = (atom for record in table.records for atom in record.atoms)
    for atom in atoms:
        if atom.type == "protein" and (change := read_protein_change(atom.change)):
            yield (atom.gene or "").upper(), change.text


def _independent_citations(table: EvidenceTable) -> dict[str, int]:
    """Return, by evidence id, the number of citations with the same statement on predicate, therapies and disease."""
    found: dict[tuple[Predicate, tuple[str, ...], str | None], set[str]] = {}
    keys: dict[str, tuple[Predicate, tuple[str, ...], str | None]] = {}
    for record in table.records:
        if record.evidence_type == "predictive" and record.direction == "supports" and record.effect == "sensitivity":
            key = keys[record.evidence_id] = (
                record.predicate,
                record.therapies,
                record.disease_id or record.disease_label,
            )
            found.setdefault(key, set()).update(record.citations)
    return {evidence_id: len(found[key]) for evidence_id, key in keys.items()}


_INDEXES: WeakKeyDictionary[EvidenceTable, EvidenceIndex] = WeakKeyDictionary()


def evidence_index(table: EvidenceTable) -> EvidenceIndex:
    """Return the index of a table, cached."""
    if table not in _INDEXES:
        _INDEXES[table] = EvidenceIndex(table)
    return _INDEXES[table]
