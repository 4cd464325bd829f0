"""Copy-number calls from tables of genes, and from segments over genes with given positions.

Gains and single-copy losses of a table of numbers are counted and left out unless requested: 1 and -1 of GISTIC are
too weak to act on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from genorx._core.numerals import decimal_number
from genorx.errors import Finding, TableError
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.copy_number import CopyNumberCall, call_of_copies, parse_copy_number
from genorx.oncology.criteria import Atom
from genorx.oncology.reading.text_table import TextTable, folded, text_lines
from genorx.oncology.reading.whose import Tumours

GENE_COLUMNS = ("Hugo_Symbol", "gene", "gene_symbol", "Gene Symbol", "symbol")
#: Columns that hold calls in some tables and other data in others.
UNSURE_COLUMNS = ("alteration", "direction", "status", "value")
CALL_COLUMNS = (
    "call",
    "copy_number_alteration",
    "cna",
    "gistic",
    "copy_number_call",
    *UNSURE_COLUMNS,
)
_CHROM, _START, _END = (
    ("chrom", "chromosome", "chr"),
    ("start", "loc.start", "start_position"),
    ("end", "loc.end", "end_position", "stop"),
)
#: A log2 ratio of 20 would be a million times the reads.
_LARGEST_LOG2 = 20.0
_LOG2 = ("log2", "seg.mean", "segment_mean", "log2_ratio", "seg_mean")
_TOTAL = ("total", "total_cn", "copy_number", "cn", "tcn")
#: Columns that identify genes and hold no calls.
IDS_OF_GENES = ("Entrez_Gene_Id", "Locus ID", "Gene ID")
_ID_COLUMNS = (*IDS_OF_GENES, "Cytoband")
_UNREAD, _SHALLOW = "rows without a gene or with a call that cannot be read", "gains and single-copy losses"
_NO_PLACE = "segments without place or copies"
#: Share of a gene that a segment must cover (PCGR's default).
OVERLAP = 0.5


def read_copy_number(
    path: str | Path, *, sample: str | None = None, shallow: bool = False, every: bool = True
) -> Tumours:
    """Return the calls of each tumour of a table of genes.

    The table has one column of calls, with a column of tumours if there are several; or one column of calls per tumour,
    with its name (cBioPortal, GISTIC).

    Parameters
    ----------
    sample : str, optional
        Tumour whose column is read if ``every`` is False and each tumour has a column.
    shallow : bool
        Whether to use gains and single-copy losses too.  The default is False.
    every : bool
        Whether to read the columns of all tumours (default), not only of ``sample``.

    Raises
    ------
    TableError
        ``table-columns``; ``alteration-file`` if more than a tenth of the calls cannot be parsed.
    """
    table = TextTable(path)
    table.need(GENE_COLUMNS)
    tumours = Tumours("copy-number")
    call = call_column(table)
    if call is not None:
        for number, cells, out in tumours.rows(table):
            _take(out, table.first(cells, *GENE_COLUMNS), table.cell(cells, call), number, shallow=shallow)
    else:
        _by_column(table, tumours, sample, shallow=shallow, every=every)
    tumours.refuse_unknown(path, (_UNREAD,))
    for out in tumours.values():
        if left := out.left_out[_SHALLOW]:
            text = f"{left} {_SHALLOW} are not used"
            found = Finding(code="copy-number-shallow", severity="info", message=text, place=Path(path).name)
            out.findings.append(found)
    return tumours.stated(path)


def _by_column(table: TextTable, tumours: Tumours, sample: str | None, *, shallow: bool, every: bool) -> None:
    """Read a table with a column of calls per tumour; the other columns of many are known by name."""
    known = {folded(name) for name in (*GENE_COLUMNS, *_ID_COLUMNS)}
    names = [name for name in table.header if folded(name) not in known]
    if not names:
        raise TableError("no column of calls", file=table.path, code="table-columns")
    if len(set(names)) < len(names):
        raise TableError("the column of a tumour appears twice", file=table.path, code="table-columns")
    requested = names if every or len(names) == 1 else [name for name in names if name == sample]
    for name in names:
        tumours.of(name)
    for number, cells in table.rows():
        for name in requested:
            out = tumours.of(name)
            out.records += 1
            _take(out, table.first(cells, *GENE_COLUMNS), table.cell(cells, name), number, shallow=shallow)


def _take(out: AlterationSet, gene: str, text: str, number: int, *, shallow: bool) -> None:
    """Add the call of one gene, or count the reason for its absence."""
    call = parse_copy_number(text)
    if not text:
        out.left_out["rows without a call"] += 1
    elif not gene or call is None:
        out.left_out[_UNREAD] += 1
    elif call == "neutral":
        out.left_out["neutral calls"] += 1
    elif call in ("gain", "loss") and not shallow:
        out.left_out[_SHALLOW] += 1
    else:
        out.alterations.append(_fact(gene, call, f"line {number}"))


def call_column(table: TextTable) -> str | None:
    """Return the column of calls of a table, or None."""
    return next((column for name in CALL_COLUMNS for column in table.header if folded(column) == name), None)


def _fact(gene: str, call: CopyNumberCall, place: str, **details: object) -> Alteration:
    return Alteration(
        atom=Atom(type="copy_number", gene=gene, call=call), origin="somatic", details=dict(details), place=place
    )


def read_segments(
    path: str | Path, genes: str | Path, *, ploidy: float = 2.0, purity: float | None = None, shallow: bool = False
) -> Tumours:
    """Return the calls of genes of each tumour of a table of segments.

    Parameters
    ----------
    path : path
        Table with columns chrom, start, end and one of ``log2``, ``total`` copies, or ``nMajor`` and ``nMinor``.
    genes : path
        BED file with chrom, start (0-based), end and symbol, on the assembly of the segments.
    ploidy : float
        Copies of a neutral segment; 2 by default.
    purity : float, optional
        Share of tumour cells, by which log2 ratios are converted to copies in the tumour.
    shallow : bool
        Whether to use gains and single-copy losses too.  The default is False.
    """
    table = TextTable(path)
    table.need(_CHROM, _START, _END)
    if not (table.has(*_LOG2) or table.has(*_TOTAL) or (table.has("nMajor") and table.has("nMinor"))):
        raise TableError("segments without log2, total or nMajor and nMinor", file=path, code="table-columns")
    placed = list(_genes(genes))
    tumours = Tumours("segments")
    for number, cells, out in tumours.rows(table):
        copies = _copies(table, cells, ploidy, purity)
        start, end = table.number(cells, *_START), table.number(cells, *_END)
        call = None if copies is None else call_of_copies(copies, ploidy)
        if start is None or end is None or call is None:
            out.left_out[
                _NO_PLACE if start is None or end is None or _stated(table, cells) else "segments without copies"
            ] += 1
        elif call == "neutral" or (call in ("gain", "loss") and not shallow):
            out.left_out["neutral segments" if call == "neutral" else _SHALLOW] += 1
        else:
            chrom = _contig(table.first(cells, *_CHROM))
            for gene in _covered(placed, chrom, start, end):
                out.alterations.append(_fact(gene, call, f"line {number}", copies=copies))
    tumours.refuse_unknown(path, (_NO_PLACE,))
    return tumours.stated(path)


def _stated(table: TextTable, cells: dict[str, str]) -> bool:
    """Return whether a segment states a copy number, even one that cannot be parsed."""
    return bool(table.first(cells, *_TOTAL, *_LOG2, "nMajor", "nMinor").casefold().strip("-").removeprefix("nan"))


def _contig(name: str) -> str:
    from genorx.variants.assembly import bare_contig  # imports pandas: only when segments come

    return bare_contig(name)


def _genes(path: str | Path) -> Iterator[tuple[str, int, int, str]]:
    from genorx.variants.region import bed_intervals  # imports pandas: only when segments come

    def refuse(line: int) -> TableError:
        return TableError("not chrom, start, end, symbol", file=path, place=line, code="table-row")

    for each in bed_intervals(text_lines(path), refuse, named=True):
        yield each.contig, each.start0, each.end, each.name


def _covered(genes: list[tuple[str, int, int, str]], chrom: str, start: int, end: int) -> Iterator[str]:
    for place, low, high, name in genes:
        shared = min(high, end) - max(low, start - 1)
        if place == chrom and shared >= OVERLAP * (high - low):
            yield name


def _copies(table: TextTable, cells: dict[str, str], ploidy: float, purity: float | None) -> float | None:
    total = decimal_number(table.first(cells, *_TOTAL))
    if total is None and table.has("nMajor"):
        parts = decimal_number(table.first(cells, "nMajor")), decimal_number(table.first(cells, "nMinor"))
        total = None if None in parts else (parts[0] or 0.0) + (parts[1] or 0.0)
    if total is not None:
        return total
    ratio = decimal_number(table.first(cells, *_LOG2))
    if ratio is None or ratio > _LARGEST_LOG2:
        return None
    mean = ploidy * math.exp2(ratio)
    return mean if purity is None else max(0.0, (mean - 2 * (1 - purity)) / purity)
