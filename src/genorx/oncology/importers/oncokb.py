"""Importer of the output of the OncoKB annotator, supplied by a licensed user.

Each therapeutic level column lists the drugs at that level for the alteration and tumour type of the row.  Only facts
stated in the columns are used; all other columns of the user's table are ignored and named in the manifest.
Source: Suehnholz SP et al. 2024, Cancer Discov 14:49; output columns of oncokb-annotator 3.x.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx.errors import InputError
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.criteria import Atom
from genorx.oncology.fusion import parse_fusion
from genorx.oncology.importers.checks import Intake, SourceFile, read_source
from genorx.oncology.importers.therapy_names import split_regimen
from genorx.oncology.profile import parse_profile
from genorx.oncology.protein import read_protein_change
from genorx.oncology.record import EvidenceRecord
from genorx.oncology.table import EvidenceTable

_LEVELS = {
    "LEVEL_1": ("1", "sensitivity"), "LEVEL_2": ("2", "sensitivity"), "LEVEL_3A": ("3A", "sensitivity"),
    "LEVEL_3B": ("3B", "sensitivity"), "LEVEL_4": ("4", "sensitivity"), "LEVEL_R1": ("R1", "resistance"),
    "LEVEL_R2": ("R2", "resistance"),
}  # fmt: skip
_GENE = ("HUGO_SYMBOL", "GENE", "GENE_SYMBOL", "HUGO_GENE_SYMBOL")
_CHANGE = ("HGVSP_SHORT", "PROTEIN_CHANGE", "HGVSP", "ALTERATION", "VARIANT", "AMINO_ACID_CHANGE")
_CALL = ("COPY_NUMBER_ALTERATION", "CNA", "CALL")
_DISEASE = ("ONCOTREE_CODE", "CANCER_TYPE", "TUMOR_TYPE")


def import_oncokb(path: str | Path, *, release: str | None = None) -> EvidenceTable:
    """Return one evidence row for each drug group and level of each annotated alteration."""
    source = read_source(path)
    header, rows = _rows(source)
    intake = Intake(
        source="oncokb",
        file=source,
        release=release or "unstated",
        licence="OncoKB terms of use; supplied by the user",
        attribution="OncoKB (oncokb.org), Memorial Sloan Kettering Cancer Center",
    )
    intake.extra["columns_left_alone"] = sorted(
        name for name in header if name not in {*_LEVELS, *_GENE, *_CHANGE, *_CALL}
    )
    for number, cells in rows:
        _take(intake, number, cells)
    intake.rows_in = len(rows)
    return intake.table()


def _rows(source: SourceFile) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    lines = [(n, line) for n, line in enumerate(source.text.splitlines(), start=1) if line and not line.startswith("#")]
    header = [name.strip().upper() for name in lines[0][1].split("\t")] if lines else []
    levels = [name for name in header if name in _LEVELS]
    if not levels or not any(name in header for name in (*_GENE, "FUSION")):
        raise InputError(
            "not an output of the OncoKB annotator: columns LEVEL_1 ... LEVEL_R2 and a gene are needed",
            file=source.path,
            place=1,
            code="evidence-columns",
        )
    rows = []
    for number, line in lines[1:]:
        cells = line.split("\t")
        rows.append((number, dict(zip(header, cells, strict=True)) if len(cells) == len(header) else {}))
    return header, rows


def _take(intake: Intake, number: int, cells: dict[str, str]) -> None:
    place = f"line {number}"
    if not cells:
        intake.reject(place, None, "the number of columns differs from the header")
        return
    atom = _atom(cells)
    if atom is None:
        intake.reject(place, None, "the alteration cannot be read")
        return
    found = list(_records(cells, atom, number, intake.release))
    if not found:
        intake.reject(place, None, "no therapeutic level")
    for record in found:
        intake.keep(record, place)


def _first(cells: dict[str, str], names: tuple[str, ...]) -> str:
    return next((cells[name].strip() for name in names if cells.get(name, "").strip()), "")


def _atom(cells: dict[str, str]) -> Atom | None:
    gene = _first(cells, _GENE)
    if cells.get("FUSION", "").strip():
        pair = parse_fusion(cells["FUSION"] + " fusion")
        return Atom(type="fusion", five=pair[0], three=pair[1], either=None in pair) if pair else None
    call = parse_copy_number(_first(cells, _CALL))
    if gene and call and call != "neutral":
        return Atom(type="copy_number", gene=gene, call=call)
    text = _first(cells, _CHANGE)
    change = read_protein_change(text)
    if gene and change is not None:
        return Atom(type="protein", gene=gene, change=change.text)
    named = parse_profile(f"{gene} {text}")[0][0] if gene and text else None
    return named if named is not None and named.type != "opaque" else None


def _records(cells: dict[str, str], atom: Atom, number: int, release: str) -> Iterator[EvidenceRecord]:
    disease = _first(cells, _DISEASE)
    code = re.fullmatch(r"[A-Za-z0-9]+", cells.get("ONCOTREE_CODE", "").strip())
    for column, (level, effect) in _LEVELS.items():
        for at, group in enumerate(part for part in re.split(r",\s*", cells.get(column, "")) if part.strip()):
            therapies = split_regimen(group)
            values: dict[str, Any] = {
                "effect": effect,
                "therapy_logic": "single" if len(therapies) == 1 else "all",
                "disease_scope": "specific" if disease else "unstated",
            }
            yield EvidenceRecord(
                evidence_id=f"oncokb:L{number}-{level}-{at + 1}",
                source="oncokb",
                release=release,
                profile_id=None,
                profile_label=atom.label,
                predicate=((atom,),),
                evidence_type="predictive",
                direction="supports",
                level=level,
                level_scheme="oncokb",
                rating=None,
                disease_label=disease or None,
                disease_id=f"ONCOTREE:{code[0]}" if code else None,
                therapies=therapies,
                origin="somatic",
                citations=(),
                trials=(),
                flags=(),
                reviewed=None,
                **values,
            )
