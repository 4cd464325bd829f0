"""Copy-number calls from tables of genes, and from segments over genes that the user places.

Gains and single-copy losses of a table of numbers are counted and left out unless asked for: GISTIC's 1 and -1 are too
weak to act on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from genorx.errors import Finding, TableError, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.atoms import Atom
from genorx.oncology.copy_number import CopyNumberCall, parse_copy_number
from genorx.oncology.reading.text_table import TextTable

GENE_COLUMNS = ("Hugo_Symbol", "gene", "gene_symbol", "Gene Symbol", "symbol")
CALL_COLUMNS = (
    "call",
    "copy_number_alteration",
    "cna",
    "gistic",
    "copy_number_call",
    "alteration",
    "direction",
    "status",
    "value",
)
_CHROM, _START, _END = (
    ("chrom", "chromosome", "chr"),
    ("start", "loc.start", "start_position"),
    ("end", "loc.end", "end_position", "stop"),
)
_LOG2 = ("log2", "seg.mean", "segment_mean", "log2_ratio", "seg_mean")
_TOTAL = ("total", "total_cn", "copy_number", "cn", "tcn")
#: PCGR's defaults: copies of an amplification and of a gain, share of a gene that a segment must cover.
AMPLIFIED, GAINED, OVERLAP = 5.0, 3.0, 0.5


def read_copy_number(path: str | Path, *, sample: str | None = None, shallow: bool = False) -> AlterationSet:
    """Return the calls of a table with a gene column and a call, or with a column for each sample (cBioPortal).

    Parameters
    ----------
    sample : str, optional
        Column of the tumour, where the table has one for each.
    shallow : bool
        Use gains and single-copy losses too.

    Raises
    ------
    TableError
        ``table-columns``, ``sample-choice``.
    """
    table = TextTable(path)
    table.need(GENE_COLUMNS)
    column = _call_column(table, sample)
    out = AlterationSet(kind="copy-number", sample=sample)
    left = 0
    for number, cells in table.rows():
        out.records += 1
        gene, text = table.first(cells, *GENE_COLUMNS), cells[column].strip()
        call = parse_copy_number(text)
        if not gene or call is None:
            out.left_out[
                "rows without a gene or with a call that cannot be read"
                if text not in ("", "NA")
                else "rows without a call"
            ] += 1
        elif call == "neutral":
            out.left_out["neutral calls"] += 1
        elif call in ("gain", "loss") and not shallow:
            left += 1
            out.left_out["gains and single-copy losses"] += 1
        else:
            out.alterations.append(_fact(gene, call, f"line {number}"))
    if left:
        text = f"{left} gains and single-copy losses are not used"
        out.findings.append(Finding(code="copy-number-shallow", severity="info", message=text, place=Path(path).name))
    out.tell_left_out(Path(path).name)
    return out


def _call_column(table: TextTable, sample: str | None) -> str:
    if sample is not None:
        if sample not in table.header:
            raise TableError(f"sample {shown(sample)} is no column", file=table.path, code="sample-choice")
        return sample
    for name in CALL_COLUMNS:
        found = next((column for column in table.header if column.strip().casefold().replace(" ", "_") == name), None)
        if found:
            return found
    known = {name.casefold().replace(" ", "_") for name in (*GENE_COLUMNS, "Entrez_Gene_Id", "Cytoband", "Locus ID")}
    rest = [name for name in table.header if name.casefold().replace(" ", "_") not in known]
    if len(rest) == 1:
        return rest[0]
    hint = "name the column of the tumour: " + ", ".join(shown(name) for name in rest[:8])
    raise TableError("no column of calls", file=table.path, hint=hint, code="sample-choice")


def _fact(gene: str, call: CopyNumberCall, place: str, **details: object) -> Alteration:
    return Alteration(
        atom=Atom(type="copy_number", gene=gene, call=call), origin="somatic", details=dict(details), place=place
    )


def read_segments(
    path: str | Path, genes: str | Path, *, ploidy: float = 2.0, purity: float | None = None, shallow: bool = False
) -> AlterationSet:
    """Return the calls of genes from a table of segments.

    Parameters
    ----------
    path : path
        Columns chrom, start, end and one of ``log2``, ``total`` copies, or ``nMajor`` and ``nMinor``.
    genes : path
        BED: chrom, start (0-based), end, symbol, on the assembly of the segments.
    ploidy : float
        Copies that a neutral segment has.
    purity : float, optional
        Share of tumour cells, for turning log2 ratios into copies of the tumour.
    """
    table = TextTable(path)
    table.need(_CHROM, _START, _END)
    if not (table.has(*_LOG2) or table.has(*_TOTAL) or (table.has("nMajor") and table.has("nMinor"))):
        raise TableError("segments without log2, total or nMajor and nMinor", file=path, code="table-columns")
    placed = list(_genes(genes))
    out = AlterationSet(kind="segments")
    for number, cells in table.rows():
        out.records += 1
        copies = _copies(table, cells, ploidy, purity)
        start, end = table.number(cells, *_START), table.number(cells, *_END)
        call = None if copies is None else _call(copies, ploidy)
        if start is None or end is None or call is None:
            out.left_out["segments without place or copies"] += 1
        elif call == "neutral" or (call in ("gain", "loss") and not shallow):
            out.left_out["neutral segments" if call == "neutral" else "gains and single-copy losses"] += 1
        else:
            chrom = _contig(table.first(cells, *_CHROM))
            for gene in _covered(placed, chrom, start, end):
                out.alterations.append(_fact(gene, call, f"line {number}", copies=copies))
    out.tell_left_out(Path(path).name)
    return out


def _contig(name: str) -> str:
    from genorx.variants.assembly import bare_contig  # brings pandas: only when segments come

    return bare_contig(name)


def _genes(path: str | Path) -> Iterator[tuple[str, int, int, str]]:
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith(("#", "track", "browser")):
            continue
        parts = line.split("\t")
        if len(parts) < 4 or not parts[1].isdigit() or not parts[2].isdigit():
            raise TableError("not chrom, start, end, symbol", file=path, place=number, code="table-row")
        yield _contig(parts[0]), int(parts[1]), int(parts[2]), parts[3]


def _covered(genes: list[tuple[str, int, int, str]], chrom: str, start: int, end: int) -> Iterator[str]:
    for place, low, high, name in genes:
        shared = min(high, end) - max(low, start - 1)
        if place == chrom and shared >= OVERLAP * (high - low):
            yield name


def _copies(table: TextTable, cells: dict[str, str], ploidy: float, purity: float | None) -> float | None:
    total = _float(table.first(cells, *_TOTAL))
    if total is None and table.has("nMajor"):
        parts = _float(table.first(cells, "nMajor")), _float(table.first(cells, "nMinor"))
        total = None if None in parts else (parts[0] or 0.0) + (parts[1] or 0.0)
    if total is not None:
        return total
    ratio = _float(table.first(cells, *_LOG2))
    if ratio is None:
        return None
    mean = ploidy * math.exp2(ratio)
    return mean if purity is None else max(0.0, (mean - 2 * (1 - purity)) / purity)


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _call(copies: float, ploidy: float) -> CopyNumberCall:
    """Return the call of a number of copies, by PCGR's limits shifted to the ploidy; under half a copy is deleted."""
    extra = ploidy - 2.0
    if copies >= AMPLIFIED + extra:
        return "amplification"
    if copies >= GAINED + extra:
        return "gain"
    if copies < 0.5:
        return "deletion"
    return "loss" if copies <= ploidy - 0.5 else "neutral"
