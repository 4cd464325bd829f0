"""Variant files read for the sites of pharmacogenes: any VCF, gVCF or BCF, on either assembly.

Source: VCF 4.5 specification; contig lengths of the assemblies decide, then header text, then the bases themselves.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genorx.errors import AssemblyError, Finding, UsageError, VariantFileError, shown
from genorx.knowledge import GeneDefinition
from genorx.pgx.reading.collecting import Collector
from genorx.pgx.reading.records import DepthRule, Outcome, Record
from genorx.pgx.reading.reference import FastaBases
from genorx.pgx.reading.sites import REACH, Assembly, SiteTable, with_chr
from genorx.variants.assembly import detect_assembly, normal_assembly
from genorx.variants.files import line_pieces
from genorx.variants.header import VariantHeader, parse_header
from genorx.variants.index import index_rows
from genorx.variants.notes import Notes
from genorx.variants.region import Region

#: Files larger than this are read by their index where there is one that fits.
_INDEX_FROM_BYTES = 8 << 20
_ASSEMBLIES: tuple[Assembly, ...] = ("GRCh38", "GRCh37")
#: So many records with another REF than expected, and few with the right one, are no accident.
_MANY = 10
_AD = re.compile(r"##FORMAT=<.*\bID=AD\b.*\bNumber=([^,>]+)")
_SOMATIC = re.compile(r"##(tumor_sample|normal_sample)|mutect|strelka.*somatic|varscan.*somatic", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SampleSites:
    """What a file says of every site, for every sample.

    ``outcomes[i]`` holds the distinct outcomes of site ``i`` and ``codes[i][j]`` the number of that of sample ``j``.
    """

    file: Path
    samples: tuple[str, ...]
    assembly: Assembly
    table: SiteTable
    outcomes: list[list[Outcome]]
    codes: list[array[int]]
    file_warnings: tuple[str, ...]
    findings: tuple[Finding, ...]

    def outcome(self, site: int, sample: int) -> Outcome:
        """Return the outcome of a site in a sample."""
        return self.outcomes[site][self.codes[site][sample]]


def read_sites(
    path: str | Path,
    genes: Mapping[str, GeneDefinition],
    *,
    sample: str | None = None,
    assembly: str | None = None,
    absent: str = "missing",
    likelihoods: bool = False,
    filters: Collection[str] | None = None,
    fasta: str | Path | None = None,
) -> SampleSites:
    """Return what a variant file says of the sites of some genes.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF; plain, gzip or bgzip.
    sample : str, optional
        The one sample to read; all of them when absent.
    assembly : str, optional
        What the caller knows; checked against the file.
    absent : {"missing", "reference"}
        What a site without a record means.
    likelihoods : bool
        Keep the likelihoods of genotypes (PL, GL, GP) too.
    filters : collection of str, optional
        FILTER and FT values that are accepted; calls of others, and those of depth 0, are then no-calls.  By default
        none of the three is judged, as PharmCAT does not.
    fasta : path, optional
        Reference sequence with its index, to tell indels and repeats in any spelling.  Without it, a sample with an
        indel that may be one of the definitions' has no call at that site.

    Raises
    ------
    VariantFileError
        For a file that is not what it claims to be; ``sample-absent`` for a sample that it does not hold.
    AssemblyError
        If the assembly is not the one that is asked for, or cannot be told; ``fasta-contig``, ``fasta-assembly`` for
        a reference sequence of another one.
    InputError
        ``fasta-absent``, ``fasta-index``, ``fasta-unreadable``.
    """
    if absent not in ("missing", "reference"):
        raise UsageError(f"absent is missing or reference, not {shown(absent)!r}", code="absent")
    where = Path(path)
    source = _Source(where, None if filters is None else frozenset(filters))
    columns = _columns(source, sample)
    said = None if assembly is None else normal_assembly(assembly)
    claimed = _agreed(source, said)
    sure = claimed is not None and source.evidence.by == "contig lengths"
    tables = [SiteTable(genes, name) for name in _ASSEMBLIES if name == claimed or not sure]
    bases = None if fasta is None else FastaBases(fasta)
    if bases is not None:
        tables = bases.check(tables, claimed)
        claimed = claimed or tables[0].assembly
    samples = tuple(source.header.samples[c] for c in columns)
    fill = absent == "reference"
    collectors = [
        Collector(table, samples, weighed=likelihoods, absent_is_reference=fill, known=bases) for table in tables
    ]
    file_warnings: set[str] = set()
    for record, texts in source.records(collectors, columns, file_warnings):
        for collector in collectors:
            if collector.wants(record.chrom, record.pos) or "END=" in record.info:
                collector.take(record, texts)
    chosen = _chosen(collectors, source, claimed)
    found = chosen.finish()
    return SampleSites(
        file=where,
        samples=samples,
        assembly=chosen.table.assembly,
        table=chosen.table,
        outcomes=[outcomes for outcomes, _ in found],
        codes=[codes for _, codes in found],
        file_warnings=tuple(sorted(file_warnings)),
        findings=(*source.notes.findings(where.name), *_findings(chosen, source)),
    )


def samples_of(path: str | Path) -> tuple[str, ...]:
    """Return the samples that the header of a variant file names."""
    return tuple(_Source(Path(path), None).header.samples)


class _Source:
    """An open file: its header, and the records that lie near a site."""

    def __init__(self, path: Path, filters: frozenset[str] | None) -> None:
        self.path, self.filters = path, filters
        self.notes = Notes()
        self._pieces = line_pieces(path)
        self.lines, self._rest = _header_lines(self._pieces)
        self.header: VariantHeader = parse_header(self.lines, file=path, notes=self.notes)
        self.evidence = detect_assembly(self.header.contigs, self.header.texts, file=path, notes=self.notes)
        self.depth = _depth_rule(self.lines)

    def records(
        self, collectors: Sequence[Collector], columns: Sequence[int], file_warnings: set[str]
    ) -> Iterator[tuple[Record, list[str]]]:
        """Yield records near a site, with the texts of the chosen samples."""
        all_columns = list(columns) == list(range(len(self.header.samples)))
        for line in self._lines(collectors):
            chrom, _, rest = line.partition("\t")
            pos_text = rest.partition("\t")[0]
            name = with_chr(chrom)
            if not pos_text.isascii() or not pos_text.isdigit():
                raise self._error(f"POS {shown(pos_text)!r} is no number", shown(chrom), "position")
            pos = int(pos_text)
            if not any(c.wants(name, pos) for c in collectors) and "END=" not in line[:2000]:
                continue
            fields = line.split("\t")
            if len(fields) != self.header.width:
                reason = f"{len(fields)} columns, the header has {self.header.width}"
                code = "columns-few" if len(fields) < self.header.width else "columns-many"
                raise self._error(reason, f"{name}:{pos}", code)
            texts = fields[9:] if all_columns else [fields[9 + c] for c in columns]
            yield self._record(name, pos, fields, file_warnings), texts

    def _record(self, chrom: str, pos: int, fields: list[str], file_warnings: set[str]) -> Record:
        return Record(
            chrom=chrom,
            pos=pos,
            ref=fields[3].upper(),
            alts=tuple(alt if alt.startswith("<") else alt.upper() for alt in fields[4].split(",") if alt != "."),
            filters=frozenset(fields[6].split(";")),
            info=fields[7],
            keys=tuple(fields[8].split(":")) if len(fields) > 8 else (),
            file=self.path,
            depth=self.depth,
            file_warnings=file_warnings,
            accepted_filters=self.filters,
        )

    def _lines(self, collectors: Sequence[Collector]) -> Iterator[str]:
        pieces = self._by_index(collectors) if self.path.stat().st_size > _INDEX_FROM_BYTES else None
        if pieces is None:
            pieces = self._stream()
        for piece in pieces:
            for line in piece.splitlines() if "\r" in piece else piece.split("\n"):
                if line and line[0] != "#":
                    yield line

    def _stream(self) -> Iterator[str]:
        yield self._rest
        for piece in self._pieces:
            yield piece.decode("utf-8", errors="replace")

    def _by_index(self, collectors: Sequence[Collector]) -> Iterator[str] | None:
        """Return the text of records near sites by the file's index; None where that cannot be done."""
        names = {with_chr(contig): contig for contig in self.header.contigs}
        found: list[Iterator[str]] = []
        for chrom, start, end in _merged(region for c in collectors for region in c.table.regions()):
            if chrom not in names:
                continue
            rows = index_rows(self.path, self.notes, names[chrom], Region(names[chrom], start, end))
            if rows is None:
                return None
            found.append(rows)
        return (piece for rows in found for piece in rows) if names else None

    def _error(self, reason: str, place: str, code: str) -> VariantFileError:
        return VariantFileError(reason, file=self.path, place=place, code=code)


def _merged(regions: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return regions that do not overlap: a record must not be read twice."""
    merged: list[tuple[str, int, int]] = []
    for chrom, start, end in sorted(regions):
        if merged and merged[-1][0] == chrom and start <= merged[-1][2] + REACH:
            merged[-1] = (chrom, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((chrom, start, end))
    return merged


def _header_lines(pieces: Iterator[bytes]) -> tuple[list[str], str]:
    """Return the lines up to ``#CHROM`` and the text that follows it in the last piece."""
    lines: list[str] = []
    for piece in pieces:
        text = piece.decode("utf-8", errors="replace").replace("\r\n", "\n")
        start = 0
        while start < len(text) and (text[start] == "#" or not lines):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            lines.append(text[start:end])
            start = end + 1
            if lines[-1].startswith("#CHROM") or not lines[0].startswith("##"):
                return lines, text[start:]
        if start < len(text):
            break
    return lines, ""


def _columns(source: _Source, sample: str | None) -> list[int]:
    names = source.header.samples
    if not names:
        raise VariantFileError("has no samples", file=source.path, hint="genotypes are needed", code="samples-none")
    if sample is None:
        return list(range(len(names)))
    if sample not in names:
        hint = f"it holds {len(names)}, the first is {shown(names[0])}"
        raise VariantFileError(f"has no sample {shown(sample)!r}", file=source.path, hint=hint, code="sample-absent")
    return [names.index(sample)]


def _depth_rule(lines: Sequence[str]) -> DepthRule:
    for line in lines:
        match = _AD.match(line)
        if match:
            return DepthRule(declared=True, number=match.group(1).strip())
    return DepthRule(declared=False)


def _agreed(source: _Source, said: str | None) -> Assembly | None:
    """Return the assembly that the header names or the caller says."""
    found = source.evidence.name
    if found and said and found != said:
        reason = f"the file is of {found} (by {source.evidence.by}), but {said} is asked for"
        raise AssemblyError(reason, file=source.path, place="header", hint=f"say {found}", code="assembly-wrong")
    name = found or said
    return None if name is None else "GRCh37" if name == "GRCh37" else "GRCh38"


def _chosen(collectors: Sequence[Collector], source: _Source, claimed: Assembly | None) -> Collector:
    """Return the collector of the assembly that the bases of the records agree with.

    Raises
    ------
    AssemblyError
        If the records contradict the header, or fit neither assembly.
    """
    wanted = claimed or "GRCh38"
    first = next(c for c in collectors if c.table.assembly == wanted)
    others = [c for c in collectors if c is not first and c.agreeing >= 2 and first.agreeing == 0]
    hint = "check on which assembly the file was made; is it strand-flipped, or are REF and ALT swapped?"
    if others and claimed is not None:
        reason = f"the file is said to be of {claimed}, but {others[0].agreeing} records fit only the other assembly"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    if others:
        text = f"taken as GRCh37: {others[0].agreeing} sites have its reference base, none that of GRCh38"
        source.notes.add("assembly-inferred", "warning", text, place="header")
        return others[0]
    if first.differing >= _MANY and first.differing > 3 * first.agreeing:
        reason = f"REF differs from {wanted} at {first.differing} of {first.differing + first.agreeing} sites"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    return first


def _findings(collector: Collector, source: _Source) -> list[Finding]:
    found = []
    known_by_length = source.evidence.name is not None and source.evidence.by == "contig lengths"
    if collector.agreeing == 0 and not (collector.in_blocks and known_by_length):
        text = (
            f"no record has the reference base of {collector.table.assembly} at a pharmacogene: is it another assembly?"
        )
        found.append(Finding(code="pgx-no-site", severity="serious", message=text, place=source.path.name))
    if any(_SOMATIC.search(line) for line in source.lines):
        text = "the header names a somatic caller: pharmacogenes are read from germline variants"
        found.append(Finding(code="pgx-tumour-file", severity="serious", message=text, place=source.path.name))
    for position in collector.table.unplaced:
        text = f"{position.key} has no known place on {collector.table.assembly}: it is missing"
        found.append(Finding(code="pgx-unplaced", severity="warning", message=text, place=position.key))
    return found
