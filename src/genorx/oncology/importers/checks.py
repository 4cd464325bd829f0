"""Common steps of all importers: read the bytes, check the columns, accept or reject each row, write the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx.errors import InputError, shown
from genorx.oncology.record import EvidenceRecord, faults
from genorx.oncology.table import EvidenceTable, KnownAllele, Rejected

#: Version of the importers, raised when the result for the same input changes.
IMPORTER_VERSION = "1"
_FILE = FileKind(name="source of evidence", error=InputError, code="evidence-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A source file: text, and the digest of its uncompressed bytes."""

    path: Path
    text: str
    sha256: str


def read_source(path: str | Path) -> SourceFile:
    """Return the text of a file, decompressed if gzip.

    Raises
    ------
    InputError
        ``evidence-file`` if the file is absent, truncated or not UTF-8 text.
    """
    place = Path(path)
    content = _FILE.read_bytes(place)
    return SourceFile(path=place, text=_FILE.decoded(content, place), sha256=hashlib.sha256(content).hexdigest())


def read_json(source: SourceFile) -> Any:
    """Return the JSON value of a source, or raise ``InputError``."""
    return _FILE.parsed(source.text, source.path)


def read_rows(
    source: SourceFile, columns: Mapping[str, frozenset[str]]
) -> tuple[str, list[tuple[int, dict[str, str]]]]:
    """Return the name of the column set and the rows of a tab-separated source, each with its line number.

    Parameters
    ----------
    columns : mapping
        Known column sets by name; the header must equal one of them, in any order.

    Raises
    ------
    InputError
        ``evidence-columns``, listing the columns that are unknown or missing in the nearest set.
    """
    lines = source.text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    while lines and lines[0].startswith("##"):
        lines = lines[1:]
    header = lines[0].lstrip("#").split("\t") if lines else []
    name = _column_set(header, columns, source.path)
    skipped = source.text.count("\n", 0, source.text.find(lines[0])) if lines[0] else 0
    rows = []
    for number, line in enumerate(lines[1:], start=skipped + 2):
        cells = line.split("\t")
        rows.append((number, dict(zip(header, cells, strict=True)) if len(cells) == len(header) else {"": line[:80]}))
    return name, rows


def read_open_rows(
    source: SourceFile, *, required: frozenset[str], optional: frozenset[str]
) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a source whose releases differ in their optional columns."""
    first = next((line for line in source.text.split("\n") if line.strip()), "")
    header = set(first.rstrip("\r").split("\t"))
    return read_rows(source, {"open": required | (header & optional)})[1]


def _column_set(header: list[str], columns: Mapping[str, frozenset[str]], path: Path) -> str:
    have = set(header)
    for name, expected in columns.items():
        if have == expected and len(header) == len(expected):
            return name
    nearest = max(columns.values(), key=lambda expected: len(expected & have))
    unknown, missing = sorted(have - nearest), sorted(nearest - have)
    words = [f"unknown columns: {', '.join(map(shown, unknown[:12]))}" if unknown else ""]
    words.append(f"missing columns: {', '.join(missing[:12])}" if missing else "")
    reason = "; ".join(word for word in words if word) or "a column appears twice"
    raise InputError(reason, file=path, place=1, hint="see the column sets of the importers", code="evidence-columns")


@dataclass(kw_only=True)
class Intake:
    """Rows being imported: each is accepted or rejected with a reason, none is lost."""

    source: str
    file: SourceFile
    release: str
    licence: str
    attribution: str
    records: list[EvidenceRecord] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    alleles: list[KnownAllele] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    rows_in: int | None = None  # a row of the source can give several records
    _seen: set[str] = field(default_factory=set)

    def reject(self, place: str, evidence_id: str | None, reason: str) -> None:
        """Record a rejected row with its reason."""
        self.rejected.append(Rejected(place=place, evidence_id=evidence_id, reason=reason))

    def keep(self, record: EvidenceRecord, place: str) -> None:
        """Accept a row, or reject it if it violates the schema or repeats an id."""
        broken = faults(record)
        if broken:
            self.reject(place, record.evidence_id, broken[0])
        elif record.evidence_id in self._seen:
            self.reject(place, record.evidence_id, "evidence id appears twice")
        else:
            self._seen.add(record.evidence_id)
            self.records.append(record)

    def take(self, items: Iterator[tuple[str, str | None, EvidenceRecord | str]]) -> None:
        """Process (place, id, record or reason) triples."""
        for place, evidence_id, found in items:
            if isinstance(found, str):
                self.reject(place, evidence_id, found)
            else:
                self.keep(found, place)

    def table(self) -> EvidenceTable:
        """Return the table with its manifest."""
        manifest = {
            "name": f"{self.source}-evidence",
            "source": self.source,
            "release": self.release,
            "sha256": self.file.sha256,
            "licence": self.licence,
            "attribution": self.attribution,
            "created": max((record.reviewed for record in self.records if record.reviewed), default=None),
            "importer": IMPORTER_VERSION,
            "rows": self._row_counts(),
            **self.extra,
        }
        table = EvidenceTable(
            records=tuple(self.records),
            rejected=tuple(self.rejected),
            manifest=manifest,
            alleles=tuple(dict.fromkeys(self.alleles)),
            layers=(manifest,),
        )
        manifest["counts"] = table.counts()
        return table

    def _row_counts(self) -> dict[str, int]:
        places = {row.place for row in self.rejected}
        whole = len(self.records) + len(self.rejected) if self.rows_in is None else self.rows_in
        return {"in": whole, "kept": whole - len(places), "rejected": len(places), "records": len(self.records)}
