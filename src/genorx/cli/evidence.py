"""``genorx evidence``: what public evidence says of a tumour."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.options import Seed, Workers
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings

if TYPE_CHECKING:
    from genorx.oncology import Hits, TherapyOption


class Shape(StrEnum):
    """How the answer is written."""

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
_Disease = Annotated[str, typer.Option("--disease", metavar="CODE", help="OncoTree code, DOID, NCIt code or name.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Format = Annotated[Shape | None, typer.Option("--format", help="Default: by the ending of --out, else json.")]
_Sample = Annotated[str | None, typer.Option(help="Column or barcode of the tumour.")]
_Normal = Annotated[str | None, typer.Option(help="Column of the normal sample.")]
_Assembly = Annotated[str | None, typer.Option(help="GRCh37 or GRCh38; checked against the file.")]
_Reference = Annotated[
    Path | None, typer.Option(metavar="FASTA", help="Reference by which insertions and deletions of a VCF are aligned.")
]
_Assessed = Annotated[Path | None, typer.Option(metavar="FILE", help="Genes that the test looked at, one a line.")]
_Scheme = Annotated[Scheme, typer.Option(help="Rule from level and relation to tier.")]
_Layer = Annotated[
    list[Path] | None, typer.Option("--layer", metavar="DIR", help="A further evidence table's folder; repeatable.")
]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tumour evidence</title><style>
body { font-family: sans-serif; line-height: 1.35; margin: 1.5rem; color: #1a1a1a; }
table { border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; }
th { border-bottom: 2px solid #555; } td { border-bottom: 1px solid #ccc; }
.finding { border-left: 4px solid #888; padding-left: 0.6rem; } .serious { border-color: #b00020; }
</style></head><body>"""
_ENDINGS = {".csv": Shape.CSV, ".html": Shape.HTML, ".htm": Shape.HTML}


def evidence(
    *,
    variants: _Variants,
    disease: _Disease,
    out: _Out,
    shape: _Format = None,
    sample: _Sample = None,
    normal: _Normal = None,
    assembly: _Assembly = None,
    reference: _Reference = None,
    assessed: _Assessed = None,
    scheme: _Scheme = Scheme.AMP,
    layer: _Layer = None,
    seed: Seed = 0,  # noqa: ARG001
    workers: Workers = 1,  # noqa: ARG001
) -> None:
    """Find the therapies that public evidence supports for a tumour, with tier, conflicts and reasons; offline."""
    from genorx.oncology import default_evidence, match, rank_therapies, read_table_folder

    named = Path(variants)
    check_out(out, [named] if _is_file(named) else [])
    tables = [default_evidence(), *(read_table_folder(folder) for folder in layer or ())]
    facts, notes = _alterations(variants, sample=sample, normal=normal, assembly=assembly, reference=reference)
    genes = assessed.read_text(encoding="utf-8").split() if assessed else []
    hits = match(facts, disease, tables, assessed=genes, scheme=scheme.value)
    say_findings([*notes, *hits.findings])
    options = rank_therapies(hits)
    text = _text(shape or _ENDINGS.get(out.suffix.lower(), Shape.JSON), hits, options)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a text too long to be a name
        return False


def _alterations(variants: str, **how: Any) -> tuple[Any, list[Any]]:
    from genorx.oncology import read_alterations

    if _is_file(Path(variants)) or ("/" in variants.split("::", maxsplit=1)[0] and Path(variants).suffix):
        found = read_alterations(variants, **how)
        return found, list(found.findings)
    return [part.strip() for part in variants.replace("\n", ";").split(";") if part.strip()], []


def _text(shape: Shape, hits: Hits, options: list[TherapyOption]) -> str:
    from genorx.oncology.exports import (
        OPTION_COLUMNS,
        evidence_report,
        hl7_implications,
        option_rows,
        va_spec_statements,
    )
    from genorx.oncology.html_section import evidence_section

    if shape is Shape.CSV:
        import pandas as pd

        table = pd.DataFrame(option_rows(options), columns=list(OPTION_COLUMNS))
        return str(to_csv(table.astype({"rank": "Int64", "strength": "Int64"})))
    if shape is Shape.HTML:
        return f"{_PAGE}\n{evidence_section(hits, options)}</body></html>\n"
    if shape is Shape.VA_SPEC:
        return to_json(va_spec_statements(hits))
    if shape is Shape.FHIR:
        return to_json(
            {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": each} for each in hl7_implications(hits)],
            }
        )
    return to_json(evidence_report(hits, options))
