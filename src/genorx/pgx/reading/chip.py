"""Genotyping array tables: one line per marker with its rsid and two bases on the forward strand.

A table whose bases fit only on the other strand is refused: at sites such as A/T the strand cannot be determined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from genorx._core.files import FileKind
from genorx.errors import Finding, VariantFileError, shown
from genorx.knowledge import GeneDefinition
from genorx.pgx.matching.genotype import HAPLOID, Bases
from genorx.pgx.reading.outcome_numbers import OutcomeNumbers
from genorx.pgx.reading.records import ABSENT, Outcome
from genorx.pgx.reading.site_reading import SampleSites
from genorx.pgx.reading.sites import Site, SiteTable
from genorx.variants.allele import complement

_FILE = FileKind(name="genotype table", error=VariantFileError, code="chip-unreadable")
_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
_NO_CALL = frozenset({"", "-", "--", "0", "00", "N", "NN", ".", "./.", "NC"})
_MARKER = re.compile(r"rs\d+", re.IGNORECASE)
_BASES = re.compile(r"([ACGT])[/|]?([ACGT])?")


def is_chip_table(path: str | Path) -> bool:
    """Return whether the name of a file is that of a genotype table, not of a variant file."""
    return Path(path).suffix.lower() in _SUFFIXES


def read_chip(path: str | Path, genes: Mapping[str, GeneDefinition]) -> SampleSites:
    """Read a genotype table at the sites of some genes; its single sample is named after the file.

    Parameters
    ----------
    path : path
        Text with columns ``rsid`` and ``genotype`` (other columns are ignored), separated by tabs or commas; lines with
        ``#`` are comments.  Without a header line the first column is the rsid and the last the genotype.
    genes : mapping of gene to GeneDefinition
        Definitions of the genes to read.

    Raises
    ------
    VariantFileError
        ``chip-unreadable``, ``chip-columns``, ``chip-genotype``, ``chip-twice`` for a marker with two genotypes,
        ``chip-strand`` if bases fit only the other strand.
    """
    where = Path(path)
    called = _read(where)
    table = SiteTable(genes, "GRCh38")
    outcomes = [_outcome(site, called.get(site.position.rsid or ""), where) for site in table.sites]
    known = sum(outcome.bases is not None for outcome in outcomes)
    text = f"the array has {known} of {len(outcomes)} sites; the others, including all sites without rsid, are missing"
    findings = [Finding(code="pgx-array", severity="info", message=text, place=where.name)]
    if not known:
        text = "no marker of the table is in a pharmacogene"
        findings.append(Finding(code="pgx-no-site", severity="serious", message=text, place=where.name))
    return SampleSites(
        file=where,
        samples=(where.stem,),
        assembly="GRCh38",
        table=table,
        outcomes=[[outcome] for outcome in outcomes],
        codes=[OutcomeNumbers(0, 1) for _ in outcomes],
        file_warnings=(),
        findings=tuple(findings),
    )


def _read(path: Path) -> dict[str, str]:
    lines = _FILE.read_text(path).splitlines()
    found: dict[str, str] = {}
    columns, named = (0, -1), False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip().strip('"') for cell in re.split(r"[\t,;]", line)]
        lowered = [cell.lower() for cell in cells]
        if "rsid" in lowered and "genotype" in lowered:
            columns, named = (lowered.index("rsid"), lowered.index("genotype")), True
            continue
        if len(cells) < 2 or len(cells) <= max(columns):
            hint = "the columns are rsid and genotype, separated by tabs or commas"
            raise VariantFileError("a line lacks a column", file=path, place=number, hint=hint, code="chip-columns")
        rsid, genotype = cells[columns[0]], cells[columns[1]].upper()
        if found.setdefault(rsid, genotype) != genotype:
            reason = f"{shown(rsid)} has two genotypes"
            raise VariantFileError(reason, file=path, place=number, code="chip-twice")
    if not named and not any(map(_MARKER.fullmatch, found)):
        reason = "no line begins with a marker, such as rs4244285, and no columns are called rsid and genotype"
        hint = "give a VCF, or a genotype table of an array"
        raise VariantFileError(reason, file=path, hint=hint, code="chip-columns")
    return found


def _outcome(site: Site, text: str | None, file: Path) -> Outcome:
    if text is None or text in _NO_CALL:
        return ABSENT
    if set(text) <= set("ID/|"):
        return Outcome(None, ("array-indel",))  # an insertion or deletion, of unknown bases
    match = _BASES.fullmatch(text)
    if match is None:
        reason = f"a genotype of {len(text)} letters is not a pair of bases"
        raise VariantFileError(reason, file=file, place=site.position.rsid, code="chip-genotype")
    bases = [base for base in match.groups() if base]
    alleles = [site.ref, *site.alts]
    if not set(bases) <= set(alleles) and set(map(complement, bases)) <= set(alleles):
        reason = f"genotype {text} fits {'/'.join(alleles)} on the other strand only"
        hint = "export the table on the forward strand"
        raise VariantFileError(reason, file=file, place=site.position.rsid, hint=hint, code="chip-strand")
    numbers = [str(alleles.index(base)) if base in alleles else "9" for base in bases]
    warnings = ("undocumented-variation",) if "9" in numbers else ()
    second = bases[1] if len(bases) == 2 else None
    if second is None and site.chrom not in HAPLOID:
        return Outcome(None, ("half-call",))
    return Outcome(Bases(bases[0], second, second is None, None, "/".join(numbers)), warnings)
