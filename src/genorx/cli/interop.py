"""``genorx interop``: records of exchange formats as tables, polygenic scores, checks of FHIR bundles."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.options import Seed
from genorx.cli.output import check_no_input, check_out, check_outs, check_parent, deliver, deliver_all
from genorx.cli.streams import say_findings
from genorx.errors import UsageError

if TYPE_CHECKING:
    from genorx.interop import RecordTables


class RecordFormat(StrEnum):
    """Formats of records."""

    FHIR = "fhir"
    OMOP = "omop"
    PHENOPACKETS = "phenopackets"


class PatientId(StrEnum):
    """Which id identifies a patient of phenopackets."""

    SUBJECT = "subject"
    PACKET = "packet"


class Impute(StrEnum):
    """Imputation of a missing dosage."""

    AUTO = "auto"
    COHORT = "cohort"
    FILE = "file"
    NONE = "none"


class Ambiguous(StrEnum):
    """Handling of rows with complementary alleles."""

    DROP = "drop"
    KEEP = "keep"


class Unusual(StrEnum):
    """Handling of rows without a usable dosage."""

    REFUSE = "refuse"
    SKIP = "skip"


class Unseen(StrEnum):
    """Meaning of an absent record."""

    MISSING = "missing"
    REFERENCE = "reference"


_Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.", show_default=False)]
_Format = Annotated[RecordFormat, typer.Option("--format", help="Format of the records.")]
_Map = Annotated[Path | None, typer.Option("--map", metavar="M.toml", help="Map of codes to columns: one wide table.")]
_Index = Annotated[
    str | None, typer.Option("--index", metavar="I.csv", help="Index day of each patient (CSV), or one day for all.")
]
_Assembly = Annotated[str | None, typer.Option(help="GRCh37 or GRCh38; checked against the file.")]
_Id = Annotated[
    PatientId, typer.Option("--id", help="Id of phenopackets to use; it is kept as it is, not pseudonymised.")
]
_Tables = Annotated[Path, typer.Option("--out", metavar="DIR|F.csv", help="Folder, or with --map a CSV file.")]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Vcfs = Annotated[list[Path], typer.Argument(metavar="VCF...", help="VCF or BCF files.", show_default=False)]
_Scores = Annotated[list[Path], typer.Option("--score", metavar="FILE", help="Scoring file; repeatable.")]
_Matches = Annotated[Path | None, typer.Option("--matches", metavar="M.csv", help="Status of each row of a score.")]
_Fasta = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Reference sequence (FASTA with .fai), for --absent reference.")
]


def tables(
    paths: _Paths,
    *,
    format: _Format,  # noqa: A002  the option's name
    out: _Tables,
    map: _Map = None,  # noqa: A002  the option's name
    index: _Index = None,
    assembly: _Assembly = None,
    id: _Id = PatientId.SUBJECT,  # noqa: A002  the option's name
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Read FHIR, OMOP or phenopackets as tables; with a map, as one table with one row per patient.

    Without --map, --out is a folder with one NAME.csv per table, and findings.json. Birth dates are never written.
    """
    inputs = [*paths, *([] if map is None else [map])]
    if map is not None:
        check_out(out, inputs)
    else:
        if str(out) == "-" or out.is_file():
            raise UsageError("without --map, --out is a folder", file=out, hint="name a folder", code="out-folder")
        check_parent(Path(out), out)
        check_no_input(out, inputs)
    found = _read(paths, format, index=index, assembly=assembly, by_packet=id is PatientId.PACKET)
    if map is None:
        say_findings(found.findings)
        found.write(out)
        return
    text = to_csv(found.wide(map, index), index=True)
    say_findings(found.findings)
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))


def _read(
    paths: list[Path], kind: RecordFormat, *, index: str | None, assembly: str | None, by_packet: bool
) -> RecordTables:
    from genorx import interop

    if kind is RecordFormat.FHIR:
        return interop.read_fhir(paths, assembly=assembly, index=index)
    if assembly is not None:
        raise UsageError("--assembly requires --format fhir", file="genorx interop tables")
    if kind is RecordFormat.PHENOPACKETS:
        return interop.read_phenopackets(paths, patient_id="packet" if by_packet else "subject")
    if len(paths) != 1:
        raise UsageError("give one folder for OMOP tables", file="genorx interop tables")
    return interop.read_omop(paths[0], index=index)


def score(
    vcf: _Vcfs,
    *,
    score: _Scores,
    out: _Out,
    assembly: _Assembly = None,
    impute: Annotated[Impute, typer.Option(help="Imputation of a missing dosage.")] = Impute.AUTO,
    ambiguous: Annotated[Ambiguous, typer.Option(help="Rows with alleles A/T or C/G.")] = Ambiguous.DROP,
    unusual: Annotated[Unusual, typer.Option(help="Rows that a dosage cannot represent.")] = Unusual.REFUSE,
    absent: Annotated[Unseen, typer.Option(help="Meaning of a site without a record.")] = Unseen.MISSING,
    min_overlap: Annotated[float, typer.Option(min=0, max=1, help="Least share of rows that must match.")] = 0.75,
    fasta: _Fasta = None,
    matches: _Matches = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Compute polygenic scores of the samples of variant files; one row per sample and score."""
    from genorx import interop

    inputs = [*vcf, *score, *([] if fasta is None else [fasta])]
    check_outs([out, *([] if matches is None else [matches])], inputs)
    how: dict[str, Any] = {"impute": impute.value, "ambiguous": ambiguous.value, "unusual": unusual.value}
    found = interop.score(
        vcf, score, assembly=assembly, absent=absent.value, min_overlap=min_overlap, fasta=fasta, **how
    )
    say_findings(found.findings)
    text = to_csv(found.scores)
    if matches is None:
        deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
        return
    other = to_csv(found.matches)
    deliver_all(
        {
            out: lambda path: path.write_text(text, encoding="utf-8"),
            matches: lambda path: path.write_text(other, encoding="utf-8"),
        }
    )


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FHIR file (JSON).", show_default=False)],
    *,
    out: _Out,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Check a FHIR bundle by the rules of the export of genorx; an empty list of findings means no fault."""
    from genorx.interop.fhir_out import check_fhir_file

    check_out(out, [file])
    found = check_fhir_file(file)
    say_findings(found)
    text = to_json([each.to_dict() for each in found])
    deliver(out, lambda path: path.write_text(text, encoding="utf-8"))
