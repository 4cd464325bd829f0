"""The one door to all files of alterations: what a file is is told from its content."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from genorx.errors import InputError, TableError, UsageError, shown
from genorx.oncology.alteration import FactOrigin
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.hit import Hits
from genorx.oncology.matching import match
from genorx.oncology.reading.copy_number_reading import CALL_COLUMNS, GENE_COLUMNS, read_copy_number, read_segments
from genorx.oncology.reading.fusion_reading import is_fusion_table, read_fusions
from genorx.oncology.reading.maf_reading import MafOptions, is_maf, read_maf, read_maf_cohort
from genorx.oncology.reading.markers import read_signatures
from genorx.oncology.reading.text_table import TextTable
from genorx.oncology.table import EvidenceTable, stack

#: FILTER values that are accepted: those of ``genorx.variants.DEFAULT_FILTERS``, without loading that room.
DEFAULT_FILTERS = ("PASS", ".")
KINDS = ("vcf", "maf", "list", "json", "copy-number", "segments", "fusions", "signatures")


def read_alterations(
    path: str | Path,
    *,
    kind: str | None = None,
    sample: str | None = None,
    normal: str | None = None,
    assembly: str | None = None,
    origin: FactOrigin | None = "somatic",
    filters: Collection[str] | None = DEFAULT_FILTERS,
    purity: float | None = None,
    ploidy: float = 2.0,
    genes: str | Path | None = None,
    reference: str | Path | None = None,
    shallow: bool = False,
    evidence: EvidenceTable | None = None,
    every: bool = False,
) -> AlterationSet:
    """Return the alterations of one tumour of a file.

    Parameters
    ----------
    path : path
        VCF or BCF (annotated or not), MAF, a list of alterations, JSON, calls or segments of copy number, a fusion
        caller's table, a table of signatures.
    kind : str, optional
        One of ``vcf``, ``maf``, ``list``, ``json``, ``copy-number``, ``segments``, ``fusions``, ``signatures``; told
        from the content where it is not given.
    sample, normal : str, optional
        Column or barcode of the tumour, and column of the normal.
    assembly : str, optional
        GRCh37 or GRCh38; checked against the file.
    origin : {"somatic", "germline"} or None
        What the small variants of the file are.
    filters : collection of str or None
        FILTER values that are accepted; others are marked and not matched.
    purity, ploidy : float, optional
        For the note on subclonal changes and for segments.
    genes : path, optional
        BED of genes, needed for segments.
    reference : path, optional
        FASTA of the assembly, by which insertions and deletions of a variant file are aligned to the left.
    shallow : bool
        Use gains and single-copy losses too.
    every : bool
        Of a variant file, also return alleles that are no alteration, with their reads, as facts that match nothing.

    Returns
    -------
    AlterationSet
        ``match`` takes it as it is; it says what was left out, and why.
    """
    chosen = kind or tell_kind(path)
    if chosen not in KINDS:
        raise UsageError(f'kind "{shown(chosen)}" is unknown', hint=f"one of {', '.join(KINDS)}")
    if chosen == "vcf":
        from genorx.oncology.reading.vcf_reading import VcfOptions, read_vcf  # brings pandas: only when one comes

        how = VcfOptions(
            assembly=assembly, origin=origin, filters=filters, purity=purity, evidence=evidence, reference=reference,
            every=every,
        )  # fmt: skip
        return read_vcf(path, tumour=sample, normal=normal, options=how)
    if chosen == "maf":
        maf = MafOptions(origin=origin, filters=filters, assembly=assembly, purity=purity, evidence=evidence)
        return read_maf(path, sample=sample, options=maf)
    if chosen == "segments":
        if genes is None:
            raise UsageError("segments need genes=, a BED file of genes on the same assembly")
        return read_segments(path, genes, ploidy=ploidy, purity=purity, shallow=shallow)
    if chosen == "copy-number":
        return read_copy_number(path, sample=sample, shallow=shallow)
    readers: dict[str, Any] = {
        "fusions": read_fusions,
        "signatures": read_signatures,
        "list": _read_list,
        "json": _read_json,
    }
    found: AlterationSet = readers[chosen](path)
    return found


def tell_kind(path: str | Path) -> str:
    """Return what a file is, by its first bytes and its header.

    Raises
    ------
    InputError
        ``alteration-file`` where it is none of the kinds that are known.
    """
    from genorx.variants.files import file_kind, line_pieces

    if file_kind(path) == "bcf":
        return "vcf"
    start = next(line_pieces(path), b"")[:4096].decode("utf-8-sig", errors="replace").lstrip()
    if start.startswith(("##fileformat=VCF", "#CHROM\t")):
        return "vcf"
    if start.startswith(("[", "{")):
        return "json"
    try:
        table = TextTable(path)
    except TableError:
        return "list"
    return _table_kind(table)


def _table_kind(table: TextTable) -> str:
    if is_maf(table):
        return "maf"
    if table.has("signature") and table.has("contribution", "share", "weight"):
        return "signatures"
    if is_fusion_table(table):
        return "fusions"
    if table.has("chrom", "chromosome", "chr") and table.has(
        "log2", "seg.mean", "segment_mean", "total", "nMajor", "total_cn"
    ):
        return "segments"
    if table.has(*GENE_COLUMNS) and (
        table.has(*CALL_COLUMNS) or (table.has("Entrez_Gene_Id") and len(table.header) > 2)
    ):
        return "copy-number"
    return "list"


def _read_list(path: str | Path) -> AlterationSet:
    """Read one alteration a line; a header ``gene, change`` and comments are understood."""
    from genorx.variants.files import line_pieces

    out = AlterationSet(kind="list")
    for piece in line_pieces(path):
        for line in piece.decode("utf-8-sig", errors="replace").splitlines():
            out.records += 1
            text = " ".join(part for part in line.replace(",", "\t").split("\t") if part.strip()).strip()
            if not text or text.startswith("#") or text.casefold() in ("gene change", "gene alteration", "alteration"):
                out.left_out["empty lines, comments and headers"] += 1
                continue
            try:
                out.alterations.append(as_alteration(text))
            except InputError as error:
                raise InputError(
                    error.reason, file=path, place=out.records, hint=error.hint, code=error.code
                ) from error
    out.tell_left_out(Path(path).name)
    return out


def _read_json(path: str | Path) -> AlterationSet:
    from genorx.variants.files import line_pieces

    text = b"".join(line_pieces(path)).decode("utf-8-sig", errors="replace")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"the file is no JSON: {shown(error)}", file=path, code="alteration-file") from error
    items = value.get("alterations") if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise InputError("neither a list nor an object with 'alterations'", file=path, code="alteration-file")
    found = AlterationSet(kind="json", records=len(items))
    for number, item in enumerate(items, start=1):
        try:
            found.alterations.append(as_alteration(item))
        except InputError as error:
            raise InputError(
                error.reason, file=path, place=f"item {number}", hint=error.hint, code=error.code
            ) from error
    return found


def match_cohort(
    path: str | Path,
    disease: str | None = None,
    *,
    samples: Collection[str] | None = None,
    assembly: str | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    reference: str | Path | None = None,
    evidence: EvidenceTable | Sequence[EvidenceTable] | None = None,
    **options: Any,
) -> dict[str, Hits]:
    """Return the hits of every tumour of a MAF or of a variant file without normal samples, by its name.

    The file is read once, however many tumours it has.

    Parameters
    ----------
    samples : collection of str, optional
        Barcodes or columns; all where it is not given.
    assembly, filters, reference : optional
        As ``read_alterations``.
    evidence : EvidenceTable or list of them, optional
        As ``match``.
    options
        Others of ``match``.

    Raises
    ------
    UsageError
        ``no-such-sample`` where a name is not in the file.
    """
    table = None if evidence is None else evidence if isinstance(evidence, EvidenceTable) else stack(*evidence)
    if tell_kind(path) == "vcf":
        from genorx.oncology.reading.vcf_reading import (
            VcfOptions,
            read_vcf_cohort,
        )  # brings pandas: only when one comes

        how = VcfOptions(assembly=assembly, filters=filters, evidence=table, reference=reference)
        found = read_vcf_cohort(path, samples, options=how)
    else:
        maf = MafOptions(assembly=assembly, filters=filters, evidence=table)
        tumours = read_maf_cohort(path, options=maf)
        found = {name: tumours[name] for name in _asked(samples, tumours, path)}
    hits = {name: match(tumour, disease, table, **options) for name, tumour in found.items()}
    for name, tumour in found.items():
        hits[name].findings[:0] = tumour.findings  # what reading found concerns the answer too
    return hits


def _asked(samples: Collection[str] | None, known: Collection[str], path: str | Path) -> list[str]:
    strange = [name for name in samples or () if name not in known]
    if strange:
        raise UsageError(
            f"no sample {shown(strange[0])!r} among {len(known)}", hint=f"see {shown(path)}", code="no-such-sample"
        )
    return list(known if samples is None else dict.fromkeys(samples))
