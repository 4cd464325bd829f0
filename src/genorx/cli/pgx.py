"""``genorx pgx``: variant files to diplotypes, phenotypes and guidance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core.output import json_pieces, to_csv, to_json
from genorx.cli.features import Absent
from genorx.cli.options import Seed, with_cluster
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

if TYPE_CHECKING:
    from genorx.errors import Finding
    from genorx.knowledge import Pack
    from genorx.pgx import PgxReport


class Shape(StrEnum):
    """Output format of the reports."""

    JSON = "json"
    CSV = "csv"
    HTML = "html"
    FHIR = "fhir"


_TOGETHER = 500  # reports converted to rows at a time
_ENDINGS = {".csv": Shape.CSV, ".html": Shape.HTML, ".htm": Shape.HTML}
_Format = Annotated[Shape | None, typer.Option("--format", help="Default: by the suffix of --out, otherwise json.")]
_Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="VCF, gVCF, BCF or VCF Zarr.", show_default=False)
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write, .json, .csv or .html; - for JSON.")]
_Outside = Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Calls made elsewhere (tab separated).")]
_Definitions = Annotated[
    Path | None, typer.Option(metavar="DIR|FILE", help="Allele definitions, instead of those of the pack.")
]
_Exemptions = Annotated[
    str | None, typer.Option(metavar="FILE", help="File of exemptions for the definitions, or none.")
]
_Sample = Annotated[str | None, typer.Option(metavar="NAME", help="Only this sample.")]
_All = Annotated[bool, typer.Option("--all-results", help="Report every pair of alleles that explains a sample.")]
_Combinations = Annotated[bool, typer.Option("--combinations", help="Search for combinations and partial alleles.")]
_Cyp2d6 = Annotated[bool, typer.Option("--cyp2d6", help="Call CYP2D6 from small variants; no copy number, no hybrids.")]
_Absent = Annotated[Absent, typer.Option(help="Meaning of a site without a record: not sequenced, or reference.")]
_Assembly = Annotated[str | None, typer.Option(help="GRCh37 or GRCh38; checked against the file.")]
_Medication = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Drugs that the (single) person takes: phenotypes and guidance under them."),
]
_Knowledge = Annotated[
    Path | None,
    typer.Option(
        "--knowledge", metavar="FILE", help="Pack made by genorx knowledge import, instead of the shipped one."
    ),
]
_Fasta = Annotated[Path | None, typer.Option(metavar="FILE", help="Reference sequence (FASTA with .fai), for indels.")]
_Frequencies = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Frequencies of alleles (CSV), for probabilities of calls.")
]
_Filters = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="FILTER and FT values that are accepted besides PASS and .; all for any."),
]
_Drugs = Annotated[str | None, typer.Option(metavar="A,B", help="Look up these drugs only.")]


@with_cluster("genorx.pgx", files="files")
def pgx(
    files: _Files,
    *,
    out: _Out,
    shape: _Format = None,
    outside: _Outside = None,
    definitions: _Definitions = None,
    exemptions: _Exemptions = None,
    sample: _Sample = None,
    all_results: _All = False,
    combinations: _Combinations = False,
    cyp2d6: _Cyp2d6 = False,
    absent: _Absent = Absent.MISSING,
    assembly: _Assembly = None,
    drugs: _Drugs = None,
    knowledge: _Knowledge = None,
    medication: _Medication = None,
    fasta: _Fasta = None,
    frequencies: _Frequencies = None,
    filters: _Filters = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Call pharmacogenes: diplotypes, phenotypes and the rows of guidance that apply, one entry per sample."""
    from genorx.knowledge import load_pack
    from genorx.pgx import CallOptions, iter_reports

    read = [*files, *(outside or []), *(path for path in (fasta, frequencies, knowledge) if path is not None)]
    check_out(out, read, formatted=shape is not None)
    kind = shape or _ENDINGS.get(out.suffix.lower(), Shape.JSON)
    pack = None if knowledge is None else load_pack(knowledge)
    reports: Iterable[PgxReport] = iter_reports(
        files,
        outside,
        definitions=definitions,
        exemptions=False if exemptions == "none" else exemptions,
        sample=sample,
        options=CallOptions(all_results=all_results, combinations=combinations),
        cyp2d6=cyp2d6,
        absent=absent.value,
        assembly=assembly,
        drugs=None if drugs is None else [drug for drug in drugs.split(",") if drug.strip()],
        fasta=fasta,
        frequencies=frequencies,
        pack=pack,
        filters=_accepted(filters),
    )
    if medication is not None:
        reports = _under(list(reports), medication.split(","), pack)
    findings: dict[Finding, None] = {}
    deliver(out, lambda path: _write(path, _noting(reports, findings), kind))
    say_findings(findings)


def _noting(reports: Iterable[PgxReport], findings: dict[Finding, None]) -> Iterator[PgxReport]:
    """Yield reports, and collect their findings."""
    for report in reports:
        findings.update(dict.fromkeys(report.findings))
        yield report


def _write(path: Path, reports: Iterator[PgxReport], kind: Shape) -> None:
    """Write reports one by one, if the format allows it."""
    with path.open("w", encoding="utf-8", newline="\n") as target:
        for piece in _pieces(reports, kind):
            target.write(piece)


def _accepted(text: str | None) -> tuple[str, ...] | None:
    """Return the accepted FILTER values of an option, plus those of passing records; None for all."""
    from genorx.variants import DEFAULT_FILTERS

    if text is not None and text.strip().lower() == "all":
        return None
    return (*DEFAULT_FILTERS, *(name.strip() for name in (text or "").split(",") if name.strip()))


def _under(reports: list[PgxReport], medication: list[str], pack: Pack | None) -> list[PgxReport]:
    """Return the report of the single person, adjusted for medication."""
    from genorx.pgx import with_medication

    if len(reports) != 1:
        hint = "choose one with --sample"
        raise UsageError("--medication is for one person, but the files have more", hint=hint, code="medication-of-one")
    return [with_medication(reports[0], medication, pack=pack)]


def _pieces(reports: Iterator[PgxReport], kind: Shape) -> Iterable[str]:
    """Return the reports in the requested format, piece by piece."""
    if kind is Shape.CSV:
        return _rows(reports)
    if kind is Shape.HTML:
        from genorx.pgx.page import report_page

        return [report_page(list(reports))]
    if kind is Shape.FHIR:
        from genorx.interop.fhir_out import pgx_bundle

        return [to_json(pgx_bundle(list(reports)))]
    return json_pieces(report.to_dict() for report in reports)


def _rows(reports: Iterator[PgxReport]) -> Iterator[str]:
    """Yield the lines of a table in blocks of reports, with its header first."""
    import pandas as pd

    head = True
    while some := list(islice(reports, _TOGETHER)):
        text = to_csv(pd.DataFrame([row for report in some for row in report.rows()]))
        yield text if head else text.split("\n", 1)[1]
        head = False
