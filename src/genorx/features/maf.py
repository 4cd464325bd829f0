"""Genes of the samples in a MAF, in the bit encoding of ``features.genes``.

A MAF has rows of changes only: other genes are tested if the user states so, otherwise they are not known.
Source: GDC MAF format 1.0; classes of Ellrott K et al. 2018, Cell Syst 6:271.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genorx.errors import AssemblyError, Finding, PanelError, Severity, VariantFileError, shown
from genorx.features.file_tally import FileTally
from genorx.features.genes import CLASS_BITS, LOOKED
from genorx.features.panel import Panel
from genorx.knowledge.gene_dates import gene_dates
from genorx.variants.assembly import maf_assembly
from genorx.variants.calls import accepted_maf_filter
from genorx.variants.consequence import MAF_UNDECIDED, Effect, maf_effect

_CLASS = ("Variant_Classification", "Variant_classification")
_SAMPLE = ("Tumor_Sample_Barcode",)
_HEAD = 1 << 16  # bytes searched for the header


def is_maf(path: str | Path) -> bool:
    """Return whether a file has the header of a MAF; False for an unreadable file, which its reader reports."""
    place = Path(path)
    if not place.is_file():
        return False
    try:
        with place.open("rb") as handle:
            head = handle.read(_HEAD)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(place) as unpacked:
                head = unpacked.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        return False
    lines = head.decode("utf-8-sig", "replace").splitlines()
    header = next((line for line in lines if not line.startswith("#") and line.strip()), "")
    return "hugo_symbol" in re.split(r"[\t,;]", header.casefold())  # its reader names the absent columns


def tally_mafs(
    paths: Sequence[str | Path],
    panel: Panel,
    *,
    filters: Collection[str] | None,
    assembly: str | None,
    people: Mapping[str, str] | None = None,
    patients: Collection[str] | None = None,
) -> list[FileTally]:
    """Return the genes of the samples of several MAFs.

    Parameters
    ----------
    paths : sequence of path
    panel : Panel
        Panel of genes, by class or not; a MAF has no other features.
    filters : collection of str or None
        Accepted values of ``FILTER``, if the file has that column; None accepts all.
    assembly : {"GRCh37", "GRCh38"} or None
        Expected assembly, checked against ``NCBI_Build``.
    people : mapping of sample to patient, optional
        The sequenced samples, including those without a change, and their patients.  Samples of one patient are merged.
        By default each barcode is a patient.
    patients : collection of str, optional
        Patients to read; by default all.

    Raises
    ------
    PanelError
        ``panel-maf`` if the panel requests more than genes.
    TableError
        See ``oncology.reading.text_table``.
    AssemblyError
        ``assembly-wrong``, ``assembly-mixed``.
    VariantFileError
        ``maf-class`` if more than a tenth of the rows have an unknown class.
    """
    if paths and (panel.genes is None or panel.sites or panel.all_sites or panel.burden or panel.pgx or panel.scores):
        hint = 'a MAF has changes of genes: panel = "genes", or a panel file with [genes] alone'
        raise PanelError("requests more than genes from a MAF", file=panel.name, hint=hint, code="panel-maf")
    return [_Maf(Path(path), filters, assembly, people, patients).tally() for path in paths]


@dataclass
class _Maf:
    """Converter of one MAF to gene and sample bits."""

    path: Path
    filters: Collection[str] | None
    wanted: str | None
    people: Mapping[str, str] | None
    patients: Collection[str] | None
    counts: Counter[str] = field(default_factory=Counter)
    assembly: str | None = None
    genes: dict[str, None] = field(default_factory=dict)

    def tally(self) -> FileTally:
        """Read the file."""
        bits: dict[tuple[str, str], int] = {}
        seen: dict[str, None] = dict.fromkeys(self._tested())
        for patient, gene, effect in self._changes():
            seen.setdefault(patient)
            self.genes.setdefault(gene)
            if gene and effect is not Effect.OUTSIDE:
                bit = LOOKED if effect is Effect.SILENT else CLASS_BITS[effect]
                bits[gene, patient] = bits.get((gene, patient), 0) | bit
        if self.counts["unknown"] > self.counts["rows"] / 10:
            reason = f"{self.counts['unknown']} of {self.counts['rows']} rows have an unknown class"
            raise VariantFileError(reason, file=self.path, hint="see Variant_Classification", code="maf-class")
        return self._tally(tuple(seen), bits)

    def _tested(self) -> list[str]:
        """Return the patients whose samples were tested, according to the study."""
        found = [] if self.people is None else list(dict.fromkeys(self.people.values()))
        return [patient for patient in found if self.patients is None or patient in self.patients]

    def _changes(self) -> Iterator[tuple[str, str, Effect]]:
        from genorx.oncology.reading.text_table import TextTable  # imports oncology: only for MAFs

        table = TextTable(self.path)
        table.need(("Hugo_Symbol",), _CLASS, _SAMPLE)
        for number, cells in table.rows():
            self.counts["rows"] += 1
            self._check_build(table.first(cells, "NCBI_Build"), number)
            sample = table.first(cells, *_SAMPLE)
            patient = sample if self.people is None else self.people.get(sample, "")
            named = table.first(cells, *_CLASS)
            effect = maf_effect(named)
            reason = self._left_out(
                sample, patient, table.first(cells, "FILTER"), table.first(cells, "Mutation_Status")
            )
            if effect is None and reason == "":
                reason = "undecided" if named.casefold() in MAF_UNDECIDED else "unknown"
            self.counts[reason] += 1
            if not reason and effect is not None and (self.patients is None or patient in self.patients):
                gene = table.first(cells, "Hugo_Symbol")
                yield patient, "" if gene == "Unknown" else gene, effect

    def _left_out(self, sample: str, patient: str, status: str, mutation: str) -> str:
        """Return the reason why a row is excluded; empty if it is used."""
        if not sample:
            return "no sample"
        if not patient:
            return "other sample"
        if mutation.casefold() == "germline":
            return "germline"
        return "" if accepted_maf_filter(status, self.filters) else "filtered"

    def _check_build(self, text: str, number: int) -> None:
        named = maf_assembly(text)
        if named is None:
            return
        if self.wanted is not None and named != self.wanted:
            reason = f"NCBI_Build is {shown(text)}, but the assembly of the study is {self.wanted}"
            raise AssemblyError(reason, file=self.path, place=number, code="assembly-wrong")
        if self.assembly is not None and named != self.assembly:
            raise AssemblyError("rows of two assemblies", file=self.path, place=number, code="assembly-mixed")
        self.assembly = named

    def _tally(self, samples: tuple[str, ...], bits: Mapping[tuple[str, str], int]) -> FileTally:
        place = {sample: at for at, sample in enumerate(samples)}
        genes: dict[str, bytearray] = {}
        for (gene, patient), bit in bits.items():
            genes.setdefault(gene, bytearray(len(samples)))[place[patient]] |= bit
        changes = np.zeros(len(samples), dtype=np.int64)
        for (_, patient), bit in bits.items():
            changes[place[patient]] += bit >= min(CLASS_BITS.values())
        looked = np.zeros(len(samples), dtype=bool)
        looked[[place[patient] for _, patient in bits]] = True
        none = np.zeros(len(samples), dtype=np.int64)
        counts = {
            "file": self.path.name,
            "samples": len(samples),
            "records": self.counts["rows"],
            "filtered_records": self.counts["filtered"],
            "filtered_calls": 0,
            "no_calls": 0,
            "records_without_annotation": self.counts["unknown"] + self.counts["undecided"],
        }
        return FileTally(
            path=self.path,
            samples=samples,
            genes=genes,
            sites={},
            changes=changes,
            looked=none,
            no_calls=none,
            any_gene_looked=looked,
            counts=counts,
            findings=tuple(self._findings()),
            assembly=self.assembly,
        )

    def _findings(self) -> Iterator[Finding]:
        messages: dict[str, tuple[str, Severity, str]] = {
            "filtered": ("records-filtered", "info", "rows that did not pass the filters: none gives a 1 or a 0"),
            "germline": ("maf-rows-left-out", "info", "rows of germline changes, left out"),
            "no sample": ("rows-without-sample", "serious", "rows without a sample"),
            "other sample": ("maf-rows-left-out", "warning", "rows of samples that are not in the study, left out"),
            "unknown": ("maf-rows-left-out", "warning", "rows of an unknown class, left out"),
            "undecided": (
                "maf-rows-left-out",
                "warning",
                "rows whose class says that nothing is known, left out",
            ),
        }
        if not self.counts["rows"]:
            message = "the file has no row"
            yield Finding(code="file-without-records", severity="warning", message=message, place=self.path.name)
        yield from gene_dates(self.genes, self.path.name)
        for reason, (code, severity, text) in messages.items():
            if number := self.counts[reason]:
                yield Finding(code=code, severity=severity, message=f"{number} {text}", place=self.path.name)
