"""Fusions from tables of STAR-Fusion, Arriba and FusionCatcher, and from tables with two partner columns.

Source: output documentation of STAR-Fusion 1.x, Arriba 2.x, FusionCatcher 1.x.
"""

from __future__ import annotations

import re
from pathlib import Path

from genorx.errors import TableError, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.criteria import Atom
from genorx.oncology.fusion import fusion_exons, parse_fusion
from genorx.oncology.reading.text_table import TextTable
from genorx.oncology.reading.whose import Tumours

_PAIRS = (
    ("LeftGene", "RightGene"),
    ("Gene_1_symbol(5end_fusion_partner)", "Gene_2_symbol(3end_fusion_partner)"),
    ("gene1", "gene2"),
    ("five", "three"),
    ("five_prime", "three_prime"),
    ("Site1_Hugo_Symbol", "Site2_Hugo_Symbol"),
    ("left_gene", "right_gene"),
    ("GeneA", "GeneB"),
    ("Gene_A", "Gene_B"),
)
#: Columns with the type of a structural variant, and words for one within a single gene.
_CLASS = ("SV_Type", "SV_Class", "Class", "svclass", "Event_Type")
_WITHIN = ("DEL", "DUP", "INV", "INS")
_UNREAD = "rows whose partners cannot be read"
_NAMES = ("FusionName", "Fusion", "fusion_name", "#FusionName")
_SPLIT = ("JunctionReadCount", "split_reads1", "Spanning_unique_reads", "split_reads", "junction_reads")
_SPANNING = ("SpanningFragCount", "discordant_mates", "Spanning_pairs", "spanning_fragments")


def is_fusion_table(table: TextTable) -> bool:
    """Return whether a table has columns of fusions."""
    return any(table.has(five) and table.has(three) for five, three in _PAIRS) or table.has(*_NAMES)


def read_fusions(path: str | Path) -> Tumours:
    """Return the fusions of each tumour of a table; calls of low confidence (Arriba) are kept but not matched.

    Raises
    ------
    TableError
        ``table-columns``; ``alteration-file`` if more than a tenth of the rows name no partners.
    """
    table = TextTable(path)
    if not is_fusion_table(table):
        hint = "STAR-Fusion, Arriba, FusionCatcher, or columns five and three"
        raise TableError("no columns of fusion partners", file=path, hint=hint, code="table-columns")
    tumours = Tumours("fusions")
    seen: dict[tuple[str | None, str | None, str | None], int] = {}
    for number, cells, out in tumours.rows(table):
        pair = _partners(table, cells)
        if pair is None:
            out.left_out[_UNREAD] += 1
            continue
        if _within_a_gene(table, cells, pair):
            out.left_out["rearrangements within one gene, which are not fusions"] += 1
            continue
        fact = _fact(table, cells, pair, f"line {number}")
        key = (out.sample, *pair)
        if key in seen:
            out.left_out["further breakpoints of a pair of genes"] += 1
            if fact.accepted and not out.alterations[seen[key]].accepted:
                out.alterations[seen[key]] = fact  # the breakpoint with the caller's confidence represents the pair
            continue
        seen[key] = len(out.alterations)
        out.alterations.append(fact)
    tumours.refuse_unknown(path, (_UNREAD,))
    return tumours.stated(path)


def _within_a_gene(table: TextTable, cells: dict[str, str], pair: tuple[str | None, str | None]) -> bool:
    """Return whether a structural variant joins a gene to itself: a deletion within ALK is not a fusion of ALK."""
    return pair[0] == pair[1] and table.first(cells, *_CLASS).upper().startswith(_WITHIN)


def _partners(table: TextTable, cells: dict[str, str]) -> tuple[str | None, str | None] | None:
    for five, three in _PAIRS:
        if table.has(five) and table.has(three):
            sides = [_symbol(table.first(cells, name)) for name in (five, three)]
            return (sides[0], sides[1]) if any(sides) else None
    return parse_fusion(table.first(cells, *_NAMES) + " fusion")


def _symbol(text: str) -> str | None:
    """Return a gene's symbol without ids, distances (Arriba: ``GENE(1234),NEXT(567)`` between genes) or positions."""
    core = text.split("^", maxsplit=1)[0].split(",", maxsplit=1)[0]
    core = re.sub(r"\(\d+\)$", "", core).strip()
    return core or None


def _fact(table: TextTable, cells: dict[str, str], pair: tuple[str | None, str | None], place: str) -> Alteration:
    split, spanning = table.number(cells, *_SPLIT), table.number(cells, *_SPANNING)
    confidence = table.first(cells, "confidence").lower()
    exons = fusion_exons(table.first(cells, "exons", "breakpoint_exons")) or ()
    found = {
        "split_reads": split,
        "spanning": spanning,
        "confidence": confidence,
        "frame": table.first(cells, "reading_frame", "PROT_FUSION_TYPE"),
    }
    notes = ("the caller's reading frame is out of frame",) if "out" in str(found["frame"]).lower() else ()
    return Alteration(
        atom=Atom(type="fusion", five=pair[0], three=pair[1], exons=exons, either=None in pair),
        origin="germline" if table.first(cells, "SV_Status").casefold() == "germline" else "somatic",
        accepted=confidence != "low" and (split or 0) >= 0,  # a number below 0 counts nothing
        details={
            name: shown(value) if isinstance(value, str) else value
            for name, value in found.items()
            if value not in ("", None)
        },
        notes=notes,
        place=place,
    )
