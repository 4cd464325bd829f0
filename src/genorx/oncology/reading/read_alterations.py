"""Entry point to all files of alterations: the format is detected from the content."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genorx.errors import TableError, UsageError, shown
from genorx.oncology.alteration import FactOrigin
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.hit import Hits
from genorx.oncology.matching import match
from genorx.oncology.reading.copy_number_reading import (
    GENE_COLUMNS,
    IDS_OF_GENES,
    UNSURE_COLUMNS,
    call_column,
    read_copy_number,
    read_segments,
)
from genorx.oncology.reading.foreign import refuse_foreign
from genorx.oncology.reading.fusion_reading import is_fusion_table, read_fusions
from genorx.oncology.reading.list_reading import (
    is_alteration_table,
    read_alteration_table,
    read_json_list,
    read_list,
)
from genorx.oncology.reading.maf_columns import MafOptions, is_maf
from genorx.oncology.reading.markers import read_signatures
from genorx.oncology.reading.text_table import TextTable, folded
from genorx.oncology.reading.whose import Tumours, chosen, requested_samples
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
    """Return the alterations of one tumour in a file.

    Parameters
    ----------
    path : path
        VCF or BCF (annotated or not), MAF, a list of alterations, JSON, copy-number calls or segments, the table of a
        fusion caller, a table of signatures.
    kind : str, optional
        One of ``vcf``, ``maf``, ``list``, ``json``, ``copy-number``, ``segments``, ``fusions``, ``signatures``; by
        default detected from the content.
    sample, normal : str, optional
        Column or barcode of the tumour, and column of the normal sample; by default found from header and names.
    assembly : str, optional
        GRCh37 or GRCh38, checked against the file; by default that of the file.
    origin : {"somatic", "germline"} or None
        Origin of the small variants in the file; None if it is not known.  The default is ``"somatic"``.
    filters : collection of str or None
        Accepted FILTER values; records with others are kept but not matched.  None accepts all.
    purity : float, optional
        Share of tumour cells, from 0 to 1, for notes on subclonal changes and for segments.
    ploidy : float
        Copies of a neutral segment; 2 by default.
    genes : path, optional
        BED file of genes, required for segments.
    reference : path, optional
        FASTA of the assembly, by which insertions and deletions of a variant file are aligned to the left.
    shallow : bool
        Whether to use gains and single-copy losses too.  The default is False.
    evidence : EvidenceTable, optional
        Evidence whose changes and exact alleles are recognised; by default the embedded evidence.
    every : bool
        Whether to return alleles of a variant file that are not alterations too, with their reads, as facts that
        match nothing.  The default is False.

    Returns
    -------
    AlterationSet
        Alterations for ``match``; the findings name what was left out, and why.

    Raises
    ------
    UsageError
        If the kind is unknown, or segments come without ``genes``.
    InputError
        ``alteration-file`` if the file is of no known kind; otherwise as raised by the reader of the kind.
    TableError
        ``sample-choice`` if the tumour of a table is not determined.
    """
    stated = _kind(path, kind)
    if stated == "vcf":
        from genorx.oncology.reading.vcf_reading import VcfOptions, read_vcf  # imports pandas: only when one comes

        how = VcfOptions(
            assembly=assembly, origin=origin, filters=filters, purity=purity, evidence=evidence, reference=reference,
            every=every,
        )  # fmt: skip
        return read_vcf(path, tumour=sample, normal=normal, options=how)
    options = _TableOptions(
        maf=MafOptions(origin=origin, filters=filters, assembly=assembly, purity=purity, evidence=evidence),
        sample=sample,
        ploidy=ploidy,
        genes=genes,
        shallow=shallow,
        all=False,
    )
    return chosen(_read_table(path, stated, options), sample, path=path)


@dataclass(frozen=True, kw_only=True)
class _TableOptions:
    """Settings for reading a table; see ``read_alterations``."""

    maf: MafOptions
    sample: str | None = None
    ploidy: float = 2.0
    genes: str | Path | None = None
    shallow: bool = False
    all: bool = True


def _kind(path: str | Path, kind: str | None) -> str:
    found = kind or tell_kind(path)
    if found not in KINDS:
        raise UsageError(f'kind "{shown(found)}" is unknown', hint=f"one of {', '.join(KINDS)}")
    return found


def _read_table(path: str | Path, kind: str, how: _TableOptions) -> Tumours:
    """Return the tumours of a file that is not a variant file."""
    evidence = how.maf.evidence
    if kind == "segments":
        if how.genes is None:
            hint = "genorx evidence --genes FILE; in Python genes=FILE"
            raise UsageError("segments need a BED file of genes on the same assembly", file=path, hint=hint)
        return read_segments(path, how.genes, ploidy=how.ploidy, purity=how.maf.purity, shallow=how.shallow)
    readers: dict[str, Callable[[], Tumours]] = {
        "maf": lambda: _read_maf(path, how.maf),
        "copy-number": lambda: read_copy_number(path, sample=how.sample, shallow=how.shallow, every=how.all),
        "fusions": lambda: read_fusions(path),
        "signatures": lambda: read_signatures(path),
        "json": lambda: read_json_list(path, evidence=evidence),
        "list": lambda: (read_alteration_table if _has_changes(path) else read_list)(path, evidence=evidence),
    }
    return readers[kind]()


def _read_maf(path: str | Path, how: MafOptions) -> Tumours:
    from genorx.oncology.reading.maf_reading import read_maf  # imports pandas: only when one comes

    return read_maf(path, options=how)


def _has_changes(path: str | Path) -> bool:
    try:
        return is_alteration_table(TextTable(path))
    except TableError:
        return False


def tell_kind(path: str | Path) -> str:
    """Return the kind of a file, detected from its first bytes and its header.

    Raises
    ------
    InputError
        ``alteration-file`` if the kind is not known.
    """
    from genorx.variants.files import file_kind, line_pieces
    from genorx.variants.zarr_store import is_store

    if is_store(path) or file_kind(path) == "bcf":
        return "vcf"
    content = next(line_pieces(path), b"")[:4096]
    refuse_foreign(path, content)
    start = content.decode("utf-8-sig", errors="replace").lstrip()
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
    if table.has(*GENE_COLUMNS) and (call_column(table) or (table.has(*IDS_OF_GENES) and len(table.header) > 2)):
        return "list" if is_alteration_table(table) and not _only_calls(table) else "copy-number"
    return "list"


def _only_calls(table: TextTable) -> bool:
    """Return whether a column of another name holds copy-number calls only."""
    column = call_column(table)
    if column is None or folded(column) not in UNSURE_COLUMNS:
        return column is not None
    texts = (table.first(cells, column) for _, cells in table.rows())
    return all(parse_copy_number(text) is not None for text in texts if text)


def match_cohort(
    path: str | Path,
    disease: str | None = None,
    *,
    samples: Collection[str] | None = None,
    kind: str | None = None,
    assembly: str | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    reference: str | Path | None = None,
    evidence: EvidenceTable | Sequence[EvidenceTable] | None = None,
    **options: Any,
) -> dict[str, Hits]:
    """Return the hits of every tumour of a table, or of a variant file without normal samples, by name.

    The file is read once, however many tumours it has.

    Parameters
    ----------
    path : path
        Table or variant file.
    disease : str, optional
        Tumour type of all tumours, as in ``match``.
    samples : collection of str, optional
        Barcodes or columns to read; by default all.
    kind, assembly, filters, reference : optional
        See ``read_alterations``.
    evidence : EvidenceTable or list of them, optional
        See ``match``.
    **options
        Further arguments of ``match``.

    Raises
    ------
    UsageError
        ``no-such-sample`` where a name is not in the file.
    """
    table = None if evidence is None else evidence if isinstance(evidence, EvidenceTable) else stack(*evidence)
    found = read_tumours(
        path, samples=samples, kind=kind, assembly=assembly, filters=filters, reference=reference, evidence=table
    )
    return {name: match(tumour, disease, table, **options) for name, tumour in found.items()}


def read_tumours(
    path: str | Path,
    *,
    samples: Collection[str] | None = None,
    kind: str | None = None,
    assembly: str | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    reference: str | Path | None = None,
    evidence: EvidenceTable | None = None,
    genes: str | Path | None = None,
    ploidy: float = 2.0,
    shallow: bool = False,
) -> dict[str, AlterationSet]:
    r"""Return the alterations of every tumour in a file, by name, in one pass.

    A file that names no tumour holds one, under the empty name.

    Parameters
    ----------
    path : path
        Table or variant file.
    samples : collection of str, optional
        Barcodes or columns to read; by default all.
    kind, assembly, filters, reference, evidence, genes, ploidy, shallow : optional
        See ``read_alterations``.

    Raises
    ------
    UsageError
        ``no-such-sample`` where a name is not in the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> header = "Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode"
    >>> rows = ["BRAF\tMissense_Mutation\tp.V600E\tT1", "KRAS\tMissense_Mutation\tp.G12D\tT2"]
    >>> _ = (folder / "cohort.maf").write_text("\n".join([header, *rows]))
    >>> {name: [each.atom.change for each in tumour] for name, tumour in read_tumours(folder / "cohort.maf").items()}
    {'T1': ['V600E'], 'T2': ['G12D']}
    """
    stated = _kind(path, kind)
    if stated == "vcf":
        from genorx.oncology.reading.vcf_reading import VcfOptions, read_vcf_cohort  # imports pandas

        how = VcfOptions(assembly=assembly, filters=filters, evidence=evidence, reference=reference)
        return read_vcf_cohort(path, samples, options=how)
    maf = MafOptions(assembly=assembly, filters=filters, evidence=evidence)
    tumours = _read_table(path, stated, _TableOptions(maf=maf, genes=genes, ploidy=ploidy, shallow=shallow))
    return {name: tumours[name] for name in requested_samples(samples, tumours, path)}
