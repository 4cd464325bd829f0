"""Evidence tables: rows with their source, rejected rows with reasons; storage and comparison.

A table on disk is a folder with ``evidence.tsv.gz`` and ``manifest.json``; the manifest holds the checksum of the
other files, and a table whose bytes do not agree is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.limits import read_unpacked
from genorx._core.numerals import whole_number
from genorx._core.output import to_json
from genorx._core.short_repr import short
from genorx._core.whole_files import atomic_path
from genorx.errors import PackError, shown
from genorx.knowledge.pack_folder import MANIFEST_FILE, checked_bytes, read_manifest
from genorx.oncology.record import COLUMNS, EvidenceRecord, record_from_cells

if TYPE_CHECKING:
    import pandas as pd

EVIDENCE_FILE, ALLELE_FILE = "evidence.tsv.gz", "alleles.tsv.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row of the source that is not in the table: its place, its id if it has one, and the reason."""

    place: str
    evidence_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAllele:
    """The exact genomic allele of a change in the evidence; 1-based.

    An insertion or deletion has bases on one side only, as in MAF files: ``pos`` is the first deleted base, or the base
    before the insertion.
    """

    gene: str
    change: str
    assembly: str
    chrom: str
    pos: int
    ref: str
    alt: str


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class EvidenceTable:
    """Evidence rows of one source, or of several stacked tables.

    Attributes
    ----------
    records : tuple of EvidenceRecord
        Rows that can be matched, in the order of the source.
    rejected : tuple of Rejected
        Rows that cannot, each with its reason; ``len(records) + len(rejected)`` is the number of rows read.
    manifest : dict
        Name, release, checksum, licence and attribution of the source, and the counts.
    alleles : tuple of KnownAllele
        Exact genomic alleles of changes in the rows.
    layers : tuple of dict
        Manifests of all tables that were stacked, lowest first.
    """

    records: tuple[EvidenceRecord, ...]
    rejected: tuple[Rejected, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    alleles: tuple[KnownAllele, ...] = ()
    layers: tuple[dict[str, Any], ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[EvidenceRecord]:
        return iter(self.records)

    def __getitem__(self, evidence_id: str) -> EvidenceRecord:
        return self._by_id[evidence_id]

    def __contains__(self, evidence_id: object) -> bool:
        return evidence_id in self._by_id

    @cached_property
    def _by_id(self) -> dict[str, EvidenceRecord]:
        return {record.evidence_id: record for record in self.records}

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a data frame, one column per field, with the predicate as dictionaries of atoms."""
        import pandas as pd

        return pd.DataFrame([record.to_dict() for record in self.records], columns=list(COLUMNS))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of rows by level, by type of evidence, by type of atom, and of rejected rows by reason."""
        atoms = Counter(_shape(record) for record in self.records)
        return {
            "level": _sorted(Counter(record.level for record in self.records)),
            "evidence_type": _sorted(Counter(record.evidence_type for record in self.records)),
            "atom_type": _sorted(atoms),
            "rejected": _sorted(Counter(row.reason for row in self.rejected)),
        }

    def select(self, *, evidence_type: str | Iterable[str]) -> EvidenceTable:
        """Return a table with the rows of one or several types of evidence; the manifest is unchanged."""
        requested = {evidence_type} if isinstance(evidence_type, str) else set(evidence_type)
        kept = tuple(record for record in self.records if record.evidence_type in requested)
        return EvidenceTable(
            records=kept, rejected=self.rejected, manifest=self.manifest, alleles=self.alleles, layers=self.layers
        )

    def write(self, folder: str | Path) -> Path:
        """Write the table to a folder and return the folder; equal tables give equal bytes."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        files = {EVIDENCE_FILE: _tsv([COLUMNS, *(record.to_cells() for record in self.records)])}
        if self.alleles:
            files[ALLELE_FILE] = _tsv([ALLELE_COLUMNS, *(_allele_cells(allele) for allele in self.alleles)])
        digests = {}
        for name, content in files.items():
            with atomic_path(target / name) as part:
                part.write_bytes(content)
            digests[name] = hashlib.sha256(content).hexdigest()
        manifest = {**self.manifest, "counts": self.counts(), "files": digests}
        with atomic_path(target / MANIFEST_FILE) as part:
            part.write_text(to_json(manifest), encoding="utf-8", newline="\n")
        return target

    def diff(self, new: EvidenceTable) -> TableDiff:
        """Return the rows that a newer table adds, removes or gives another level, compared with this one."""
        return _diff(self, new)


ALLELE_COLUMNS = ("gene", "change", "assembly", "chrom", "pos", "ref", "alt")


def _allele_cells(allele: KnownAllele) -> list[str]:
    return [str(getattr(allele, name)) for name in ALLELE_COLUMNS]


def _shape(record: EvidenceRecord) -> str:
    if len(record.predicate) > 1 or len(record.predicate[0]) > 1:
        return "compound"
    return record.predicate[0][0].type


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _tsv(rows: Iterable[Iterable[str]]) -> bytes:
    text = "\n".join("\t".join(row) for row in rows) + "\n"
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def read_table_folder(folder: str | Path) -> EvidenceTable:
    """Return the evidence table of a folder written by ``EvidenceTable.write``.

    Raises
    ------
    PackError
        ``pack-missing`` if a file is absent, ``pack-checksum`` if its bytes differ from the manifest, ``pack-format``
        if they cannot be parsed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.oncology import default_evidence
    >>> _ = default_evidence().write(folder / "own")
    >>> len(read_table_folder(folder / "own")) == len(default_evidence())
    True
    """
    place = Path(folder)
    manifest = read_manifest(place)
    rows = _rows(checked_bytes(place, EVIDENCE_FILE, manifest), place / EVIDENCE_FILE)
    header = rows[0]
    try:
        records = tuple(record_from_cells(dict(zip(header, row, strict=True))) for row in rows[1:])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackError(
            f"a row is not an evidence record: {shown(error)}", file=place / EVIDENCE_FILE, code="pack-format"
        ) from error
    alleles: tuple[KnownAllele, ...] = ()
    if ALLELE_FILE in manifest["files"]:
        found = _rows(checked_bytes(place, ALLELE_FILE, manifest), place / ALLELE_FILE)[1:]
        alleles = tuple(_allele(row, place / ALLELE_FILE) for row in found)
    return EvidenceTable(records=records, manifest=manifest, alleles=alleles, layers=(manifest,))


def _allele(row: list[str], path: Path) -> KnownAllele:
    pos = whole_number(row[4]) if len(row) == len(ALLELE_COLUMNS) else None
    if pos is None:
        raise PackError("a row is not an allele", file=path, code="pack-format")
    gene, change, assembly, chrom, _, ref, alt = row
    return KnownAllele(gene=gene, change=change, assembly=assembly, chrom=chrom, pos=pos, ref=ref, alt=alt)


def _rows(content: bytes, path: Path) -> list[list[str]]:
    try:
        text = read_unpacked(io.BytesIO(content), file=path).decode()
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise PackError(f"the file cannot be unpacked: {shown(error)}", file=path, code="pack-format") from error
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


def stack(*tables: EvidenceTable) -> EvidenceTable:
    """Return tables stacked into one, lowest layer first; a row of a later layer replaces one with the same id.

    Hits name the ``source`` and ``release`` of their row, so that the layer remains visible.

    Examples
    --------
    >>> from genorx.oncology import default_evidence
    >>> table = default_evidence()
    >>> len(stack(table, table)) == len(table)  # rows with the same id are replaced
    True
    """
    merged: dict[str, EvidenceRecord] = {}
    for table in tables:
        for record in table.records:
            merged[record.evidence_id] = record
    return EvidenceTable(
        records=tuple(merged.values()),
        rejected=tuple(row for table in tables for row in table.rejected),
        manifest=dict(tables[0].manifest) if tables else {},
        alleles=tuple(dict.fromkeys(allele for table in tables for allele in table.alleles)),
        layers=tuple(layer for table in tables for layer in (table.layers or (table.manifest,))),
    )


Triple = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class TableDiff:
    """Differences between two tables, in (profile, disease, therapy) triples and in common rows.

    ``relevelled`` holds (evidence id, old level, new level); ``turned`` holds the same for direction and effect.
    """

    gained: tuple[Triple, ...]
    lost: tuple[Triple, ...]
    relevelled: tuple[Triple, ...]
    turned: tuple[Triple, ...] = ()

    def to_dict(self) -> dict[str, list[list[str]]]:
        """Return the lists as plain lists."""
        names = ("gained", "lost", "relevelled", "turned")
        return {name: [list(item) for item in getattr(self, name)] for name in names}


def _triples(table: EvidenceTable) -> set[Triple]:
    return {
        (record.profile_label, record.disease_label or "", therapy)
        for record in table.records
        if record.evidence_type == "predictive"
        for therapy in record.therapies
    }


def _diff(old: EvidenceTable, new: EvidenceTable) -> TableDiff:
    before, after = _triples(old), _triples(new)
    both = [(old[record.evidence_id], record) for record in new.records if record.evidence_id in old]
    moved = [(one.evidence_id, one.level, two.level) for one, two in both if one.level != two.level]
    says = [(one.evidence_id, _says(one), _says(two)) for one, two in both]
    return TableDiff(
        gained=tuple(sorted(after - before)),
        lost=tuple(sorted(before - after)),
        relevelled=tuple(sorted(moved)),
        turned=tuple(sorted(item for item in says if item[1] != item[2])),
    )


def _says(record: EvidenceRecord) -> str:
    return f"{record.direction} {record.effect}"
