"""Alterations of tumours from a variant file: annotated by any of five annotators, or by exact known alleles.

The file is streamed once for all tumours; alleles that are no non-silent change are counted and dropped.
Source: VCF 4.5 specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from genorx.errors import AssemblyError, Finding, UsageError, VariantFileError, shown
from genorx.oncology.alteration import Alteration, FactOrigin
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.evidence_index import evidence_index
from genorx.oncology.pack import default_evidence
from genorx.oncology.reading.allele_facts import AlleleFacts
from genorx.oncology.reading.consequence_entry import entry_reader
from genorx.oncology.reading.known_alleles import AlleleIndex
from genorx.oncology.reading.reference import reference_bases
from genorx.oncology.reading.tumour_calls import TumourCalls
from genorx.oncology.reading.tumour_column import choose_columns, header_roles
from genorx.oncology.table import EvidenceTable
from genorx.variants import DEFAULT_FILTERS, VariantReader
from genorx.variants.allele import is_change

Row = list[str]


@dataclass(frozen=True, kw_only=True)
class VcfOptions:
    """Settings for reading a variant file; see ``read_vcf``."""

    assembly: str | None = None
    origin: FactOrigin | None = "somatic"
    filters: Collection[str] | None = DEFAULT_FILTERS
    purity: float | None = None
    evidence: EvidenceTable | None = None
    reference: str | Path | None = None
    every: bool = False


def read_vcf(
    path: str | Path, *, tumour: str | None = None, normal: str | None = None, options: VcfOptions | None = None
) -> AlterationSet:
    """Return the alterations of one tumour of a VCF or BCF.

    Parameters
    ----------
    tumour, normal : str, optional
        Names of the columns; by default found from header and names, never from the order.
    options : VcfOptions, optional
        Settings; fields as in ``read_alterations``.  ``assembly`` is required if the header does not state it and the
        file is not annotated.

    Raises
    ------
    VariantFileError
        ``tumour-column``, ``tumour-normal-swapped``, and the errors of damaged files; ``AssemblyError`` if the assembly
        of an unannotated file is not known.
    """
    how = options or VcfOptions()
    reader = VariantReader(path, filters=how.filters, assembly=how.assembly, germline=how.origin == "germline")
    roles = header_roles(reader.header.lines)
    names = choose_columns(reader.header.samples, roles, tumour=tumour, normal=normal, file=path)
    return _VcfJob(reader, [names], how).run()[0]


def read_vcf_cohort(
    path: str | Path, samples: Collection[str] | None = None, *, options: VcfOptions | None = None
) -> dict[str, AlterationSet]:
    """Return the alterations of many tumours of a VCF or BCF by their names, in one pass.

    Parameters
    ----------
    samples : collection of str, optional
        Columns to read; by default all, of which none may be a normal sample.

    Raises
    ------
    UsageError
        ``no-such-sample`` if a name is not a column; otherwise the errors of ``read_vcf``.
    """
    how = options or VcfOptions()
    reader = VariantReader(path, filters=how.filters, assembly=how.assembly, germline=how.origin == "germline")
    known, roles = reader.header.samples, header_roles(reader.header.lines)
    if not known:
        reason = "the file has no samples: it lists variants without carriers"
        raise VariantFileError(reason, file=path, place="header", code="tumour-column")
    requested = list(known if samples is None else dict.fromkeys(samples))
    strange = [name for name in requested if name not in set(known)]
    if strange:
        raise UsageError(
            f"no sample {shown(strange[0])!r} among {len(known)}", hint=f"see {shown(path)}", code="no-such-sample"
        )
    names = [choose_columns(known, roles, tumour=name, normal=None, file=path) for name in requested]
    return dict(zip(requested, _VcfJob(reader, names, how).run(), strict=True))


class _VcfJob:
    """Conversion of one file to alterations."""

    def __init__(
        self, reader: VariantReader, names: Sequence[tuple[str | None, str | None]], options: VcfOptions
    ) -> None:
        self.reader = reader
        entries = entry_reader(reader.header.infos, file=reader.path)
        if entries is None and reader.assembly is None:
            raise AssemblyError(
                "the file has no consequence annotation and its assembly is not known",
                file=reader.path,
                place="header",
                hint="give assembly GRCh37 or GRCh38, or annotate the file (VEP, SnpEff, bcftools csq, Funcotator)",
                code="assembly-needed",
            )
        evidence = options.evidence or default_evidence()
        fetch = None if options.reference is None else reference_bases(options.reference, reader.assembly)
        self.aligned = fetch is not None
        index = evidence_index(evidence)
        self.facts = AlleleFacts(
            entries=entries,
            alleles=AlleleIndex(evidence.alleles, fetch, assembly=reader.assembly),
            assembly=reader.assembly,
            named=lambda gene, change: (gene.upper(), change) in index.changes,
            every=options.every,
        )
        columns = {name: 9 + at for at, name in enumerate(reader.header.samples)}
        self.tumours = [
            TumourCalls(
                AlterationSet(
                    kind="vcf", sample=tumour, normal=normal, assembly=reader.assembly,
                    annotation=entries.kind if entries else None,
                ),
                (columns.get(tumour or ""), columns.get(normal or "")),
                origin=options.origin, purity=options.purity, hotspots=index.hotspots, reader=reader,
            )
            for tumour, normal in names
        ]  # fmt: skip

    def run(self) -> list[AlterationSet]:
        """Read all records."""
        for rows in self.reader.blocks():
            for row in rows:
                self._record(row)
        return [self._conclude(tumour) for tumour in self.tumours]

    def _record(self, row: Row) -> None:
        alts = row[4].split(",")
        for number, alt in enumerate(alts):
            found = _Once(self.facts, row, alts, number)
            for tumour in self.tumours:
                reason = tumour.not_carried(row, number) if is_change(alt) else "no alleles of their own (., * or any)"
                facts = [] if reason else found.of(tumour.mask(row) if self._masked else None)
                if not reason:
                    tumour.take(row, alts, number, facts)
                    reason = "" if facts else self._no_use(alt)
                if reason:
                    tumour.out.left_out[reason] += 1

    @property
    def _masked(self) -> bool:
        return self.facts.entries is not None and self.facts.entries.kind == "BCSQ"

    def _no_use(self, alt: str) -> str:
        if alt.startswith("<") or "[" in alt or "]" in alt:
            return "alleles of structural variants"
        return "silent or non-coding changes" if self.facts.entries else "alleles that no evidence names"

    def _conclude(self, tumour: TumourCalls) -> AlterationSet:
        out, file = tumour.out, self.reader.path.name
        out.records = self.reader.records
        if self.facts.entries is None:
            text = f"no consequence annotation: of {out.records} records only exact known alleles can be found"
            out.findings.append(Finding(code="annotation-none", severity="serious", message=text, place=file))
            unknown = out.left_out.get("alleles that no evidence names", 0)
            if unknown:
                text = f"{unknown} alleles are none that evidence names exactly" + (
                    "" if self.aligned else "; insertions and deletions were trimmed, not aligned to a reference"
                )
                out.findings.append(Finding(code="allele-unknown", severity="warning", message=text, place=file))
        tumour.conclude(file)
        self.reader.note_empty()
        out.findings.extend(self.reader.notes.findings(file))
        out.tell_left_out(file)
        return out


class _Once:
    """The facts of one allele, computed on first use."""

    def __init__(self, facts: AlleleFacts, row: Row, alts: list[str], number: int) -> None:
        self._read: Callable[[str | None], list[Alteration]] = lambda mask: facts.of(row, alts, number, mask)
        self._held: dict[str | None, list[Alteration]] = {}

    def of(self, mask: str | None) -> list[Alteration]:
        if mask not in self._held:
            self._held[mask] = self._read(mask)
        return self._held[mask]
