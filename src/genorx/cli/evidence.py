"""``genorx evidence``: public evidence on a tumour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.options import Seed
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

if TYPE_CHECKING:
    from genorx.oncology import AlterationSet, EvidenceTable, Hits, TherapyOption


class Shape(StrEnum):
    """Output format."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"
    VA_SPEC = "va-spec"
    FHIR = "fhir"


class Scheme(StrEnum):
    """Rule from level and relation to tier."""

    AMP = "amp"
    PCGR = "amp-pcgr"


_Variants = Annotated[
    str,
    typer.Option(
        "--variants", metavar="FILE|TEXT", help='VCF, MAF, a caller\'s table, a list, or "BRAF V600E; PTEN loss".'
    ),
]
_Disease = Annotated[
    str, typer.Option("--disease", metavar="CODE", help="Tumour type: OncoTree code, DOID, NCIt code or name.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Format = Annotated[Shape | None, typer.Option("--format", help="Default: by the suffix of --out, otherwise json.")]
_Sample = Annotated[str | None, typer.Option(help="Column or barcode of the tumour; required if a file has several.")]
_All = Annotated[bool, typer.Option("--all", help="Evidence on every tumour in the file, by name.")]
_Normal = Annotated[str | None, typer.Option(help="Column of the normal sample.")]
_Assembly = Annotated[str | None, typer.Option(help="GRCh37 or GRCh38; checked against the file.")]
_Reference = Annotated[
    Path | None,
    typer.Option(metavar="FASTA", help="Reference sequence with which insertions and deletions of a VCF are aligned."),
]
_Genes = Annotated[
    Path | None, typer.Option("--genes", metavar="BED", help="Positions of genes, required for copy-number segments.")
]
_Assessed = Annotated[Path | None, typer.Option(metavar="FILE", help="Genes that the test covered, one per line.")]
_Scheme = Annotated[Scheme, typer.Option(help="Rule from level and relation to tier.")]
_Layer = Annotated[
    list[Path] | None, typer.Option("--layer", metavar="DIR", help="Folder of a further evidence table; repeatable.")
]
_ENDINGS = {".csv": Shape.CSV, ".html": Shape.HTML, ".htm": Shape.HTML}


def evidence(
    *,
    variants: _Variants,
    disease: _Disease,
    out: _Out,
    shape: _Format = None,
    sample: _Sample = None,
    every: _All = False,
    normal: _Normal = None,
    assembly: _Assembly = None,
    reference: _Reference = None,
    genes: _Genes = None,
    assessed: _Assessed = None,
    scheme: _Scheme = Scheme.AMP,
    layer: _Layer = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Find the therapies that public evidence supports for a tumour, with tier, conflicts and reasons; offline."""
    from genorx.oncology import match, rank_therapies, read_assessed, read_text

    named = Path(variants) if _is_file(variants) else None
    check_out(out, [] if named is None else [named], formatted=shape is not None)
    table = _evidence(layer or ())
    if every and (sample is not None or normal is not None):
        raise UsageError("--all is for every tumour and excludes --sample and --normal")
    how: dict[str, Any] = {"assembly": assembly, "reference": reference, "evidence": table, "genes": genes}
    if named is not None:
        tumours = _tumours(named, every=every, sample=sample, normal=normal, **how)
    else:
        tumours = {"": read_text(variants, evidence=table)}
        if sample is not None or every:
            raise UsageError("a text is of one tumour and excludes --sample and --all")
    looked_at = read_assessed(assessed) if assessed else []
    answers = [match(facts, disease, table, assessed=looked_at, scheme=scheme.value) for facts in tumours.values()]
    say_findings(finding for hits in answers for finding in hits.findings)
    found = [(hits, rank_therapies(hits)) for hits in answers]
    text = _text(shape or _ENDINGS.get(out.suffix.lower(), Shape.JSON), found, every=every)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def _is_file(text: str) -> bool:
    try:
        return bool(text.strip()) and Path(text).exists()
    except (OSError, ValueError):  # a text too long to be a name, or with a zero byte
        return False


def _evidence(layers: Iterable[Path]) -> EvidenceTable:
    from genorx.oncology import default_evidence, read_table_folder, stack

    further = [read_table_folder(folder) for folder in layers]
    return stack(default_evidence(), *further) if further else default_evidence()


def _tumours(
    path: Path, *, every: bool, sample: str | None, normal: str | None, **how: Any
) -> dict[str, AlterationSet]:
    from genorx.oncology import read_alterations, read_tumours

    if every:
        return read_tumours(path, **how)
    return {"": read_alterations(path, sample=sample, normal=normal, **how)}


def _text(shape: Shape, found: Sequence[tuple[Hits, list[TherapyOption]]], *, every: bool) -> str:
    """Return the output as text: of one tumour, or for ``every`` a list or one table with a column ``sample``."""
    if shape is Shape.CSV:
        return _csv(found, every=every)
    if shape is Shape.HTML:
        from genorx._core.page import whole_page
        from genorx.oncology.html_section import evidence_section

        sections = "".join(evidence_section(hits, options) for hits, options in found)
        heading = "Therapies with public evidence"
        return whole_page("Tumour evidence", sections, heading=heading, versions=_releases(found))
    if shape is Shape.FHIR:
        from genorx.interop.fhir_out import hits_bundle

        return to_json(hits_bundle((_sample(hits), hits) for hits, _ in found))
    made = [_json(shape, hits, options) for hits, options in found]
    return to_json(made if every else made[0])


def _releases(found: Sequence[tuple[Hits, list[TherapyOption]]]) -> list[str]:
    """Return the distinct releases of the evidence and vocabularies that were used."""
    from genorx.oncology.pack import releases

    return list(dict.fromkeys(each for hits, _ in found for each in releases(hits.evidence)))


def _csv(found: Sequence[tuple[Hits, list[TherapyOption]]], *, every: bool) -> str:
    import pandas as pd

    from genorx.oncology.exports import OPTION_COLUMNS, option_rows

    rows = [{"sample": _sample(hits), **row} for hits, options in found for row in option_rows(options)]
    columns = ["sample", *OPTION_COLUMNS] if every else list(OPTION_COLUMNS)
    return to_csv(pd.DataFrame(rows, columns=columns).astype({"rank": "Int64", "strength": "Int64"}))


def _sample(hits: Hits) -> str | None:
    return hits.reading.sample if hits.reading is not None else None


def _json(shape: Shape, hits: Hits, options: list[TherapyOption]) -> Any:
    from genorx.oncology.exports import evidence_report, va_spec_statements

    if shape is Shape.VA_SPEC:
        return va_spec_statements(hits)
    return evidence_report(hits, options)
