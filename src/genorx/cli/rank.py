"""``genorx rank``: the ranked options of new patients, as JSON, table, page or FHIR."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genorx._core.numerals import decimal_number
from genorx._core.output import to_csv, to_json
from genorx.cli.drugs import Drugs, named_drugs
from genorx.cli.in_batches import answer_in_batches, refuse_rows, row_kind
from genorx.cli.loading import FOR_ANSWERS
from genorx.cli.options import Batch, Seed, with_cluster
from genorx.cli.output import check_out, deliver_all
from genorx.cli.published import MapInputs, TrustInputs, rank_published
from genorx.cli.streams import say_findings
from genorx.errors import UsageError, shown

if TYPE_CHECKING:
    from genorx.pgx import PgxReport
    from genorx.ranking import Ranking, WhatIf

_FORMATS = ("json", "csv", "html", "fhir")
_SUFFIXES = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html"}
_OWN_SUFFIXES = {"fhir": ".fhir.json"}
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
_Patients = Annotated[list[str] | None, typer.Option("--patient", metavar="ID", help="Only this patient; repeatable.")]
_Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="json,csv,html,fhir",
        help="One or more formats; several give one file each, with the suffix of --out replaced (fhir: .fhir.json). "
        "With --batch one of jsonl, csv, parquet. Default: by the suffix.",
    ),
]
_Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="MODEL STUDY",
        help="Model file made by genorx fit, and study file (TOML); with --published only the study file.",
        show_default=False,
    ),
]
_Published = Annotated[
    str | None,
    typer.Option("--published", metavar="NAME", help="A published model with its version, such as predict-breast@3.1."),
]
_Table = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="Patients of --published: a table with one row per patient."),
]
_Id = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="COLUMN", help="Column of --table with the patient's id. Default: recognised by its name."
    ),
]
_Gain = typer.Option(min=0.0, max=1.0, help="With --published: gain in survival (0.03 is 3 points); see the guide.")
_Harms = Annotated[
    list[str] | None,
    typer.Option(
        "--harms",
        metavar="TREATMENT=LOSS",
        help="With --published: harm of a treatment, in survival (c=0.02 is 2 points); repeatable.",
    ),
]
_Pgx = Annotated[
    list[Path] | None,
    typer.Option("--pgx", metavar="FILE", help="Germline variant file of the patients; repeatable."),
]
_Outside = Annotated[
    list[Path] | None,
    typer.Option("--outside", metavar="FILE", help="Calls made elsewhere, by patient; repeatable. With --pgx."),
]
_WhatIf = Annotated[
    list[str] | None,
    typer.Option("--what-if", metavar="FACTOR=VALUE", help="Also show outcomes under a changed factor; repeatable."),
]
_Short = Annotated[bool, typer.Option("--short", help="Report without its appendix: one page per patient.")]


@with_cluster(*FOR_ANSWERS)
def rank(
    files: _Files = None,
    *,
    out: _Out,
    published: _Published = None,
    table: _Table = None,
    id: _Id = None,  # noqa: A002  the option's name
    map: MapInputs = None,  # noqa: A002  the option's name
    trust: TrustInputs = None,
    reference: Annotated[str | None, typer.Option(help="With --published: option to compare with.")] = None,
    horizon: Annotated[float | None, typer.Option(help="With --published: years at which options are ordered.")] = None,
    min_gain: Annotated[float | None, _Gain] = None,
    threshold: Annotated[float | None, _Gain] = None,
    harms: _Harms = None,
    patient: _Patients = None,
    format: _Format = None,  # noqa: A002  the option's name
    pgx: _Pgx = None,
    outside: _Outside = None,
    drugs: Drugs = None,
    what_if: _WhatIf = None,
    short: _Short = False,
    batch: Batch = None,
    seed: Seed | None = None,
) -> None:
    """Rank the treatment options of the study's patients, by a fitted model or a published one.

    The study needs no outcomes and no treatment. The default of --seed is the seed with which the model was fitted.
    With --pgx and --drugs, an option with a drug that guidance advises against is not advised; --outside adds calls of
    genes that cannot be called from a variant file (CYP2D6, HLA); its tables need a column of patients.
    With --what-if smoking_status=former, the outcomes predicted after the change are shown beside the others.
    With --batch 10000 a table of any length is ranked within bounded memory, to JSON lines, CSV or Parquet.
    """
    options: dict[str, Any] = {"reference": reference, "horizon": horizon, "min_gain": min_gain, "threshold": threshold}
    if published is None:
        tables = {"table": table, "id": id, "map": map, "trust": trust, "harms": harms}
        _refuse(tables | options, "belongs to --published", hint="a fitted model has its own reference and horizon")
    if batch is not None:
        others: dict[str, Any] = {"patient": patient, "pgx": pgx, "outside": outside, "drugs": drugs}
        others |= {"what_if": what_if, "published": published, "short": short or None}
        _refuse(others, "cannot be given with --batch", hint="leave out one of the two")
        _rank_in_batches(files or [], out, format, batch, seed)
        return
    refuse_rows(out, format, command="rank")
    read = [*(files or []), *([] if table is None else [table]), *(pgx or []), *(outside or [])]
    targets = _checked_targets(out, format, read, short=short)
    if outside and not pgx:
        raise UsageError("--outside requires --pgx", file="genorx rank", hint="give the patients' variant files too")
    reports: list[PgxReport] | None = None
    if published is not None:
        if pgx or drugs or what_if:
            raise UsageError("--pgx, --drugs and --what-if require a fitted model", file="genorx rank")
        options |= {"min_gain": min_gain or 0.0, "harms": _named_harms(harms or [])}
        ranking = rank_published(
            published, files or [], table, targets.values(), mapping=map or [], trusted=trust or [],
            only=patient or [], id_column=id, **options,
        )  # fmt: skip
    else:
        reports = None if pgx is None else _reports(pgx, outside)
        ranking = _fitted(files or [], targets, patient, seed, reports=reports, drugs=drugs)
    changed = ranking.what_if(_named_changes(what_if)) if what_if else None
    _say(ranking, changed)
    deliver_all({path: _Writer(ranking, kind, changed, reports, short=short) for kind, path in targets.items()})


def _refuse(given: Mapping[str, object], reason: str, *, hint: str) -> None:
    """Raise an error for options without effect.

    Raises
    ------
    UsageError
    """
    for option, value in given.items():
        if value is not None and value != []:
            raise UsageError(f"--{option.replace('_', '-')} {reason}", file="genorx rank", hint=hint)


def _rank_in_batches(files: list[Path], out: Path, named: str | None, size: int, seed: int | None) -> None:
    """Rank all patients of a long table in batches by a fitted model."""
    kind = row_kind(out, named, default="jsonl", command="rank")
    model, study = _model_and_study(files)
    check_out(out, files)
    answer_in_batches((model, study), out, command="rank", kind=kind, size=size, seed=seed)


def _model_and_study(files: list[Path]) -> tuple[Path, Path]:
    if len(files) != 2:
        hint = "genorx rank MODEL STUDY --out FILE, or genorx rank --published NAME --table FILE --out FILE"
        raise UsageError(
            f"a model file and a study file are needed, {len(files)} files are given", file="genorx rank", hint=hint
        )
    return files[0], files[1]


def _fitted(
    files: list[Path],
    targets: Mapping[str, Path],
    patient: list[str] | None,
    seed: int | None,
    *,
    reports: list[PgxReport] | None,
    drugs: list[str] | None,
) -> Ranking:
    """Rank a study's patients, or some of them, by a fitted model."""
    from genorx.cli.loading import load_model_and_patients

    model, study = _model_and_study(files)
    named = None if drugs is None else named_drugs(drugs, command="genorx rank")
    ranker, patients = load_model_and_patients(model, study, targets.values(), seed=seed)
    chosen = patients.only(dict.fromkeys(patient)) if patient else patients
    ranking: Ranking = ranker.rank(chosen, pgx=reports, drugs=named, curves="html" in targets)
    return ranking


def _reports(files: list[Path], outside: list[Path] | None) -> list[PgxReport]:
    from genorx.pgx import call_files

    return call_files(files, outside)


def _named_harms(texts: list[str]) -> dict[str, float]:
    """Parse the loss of survival by treatment from texts such as ``c=0.02``."""
    named = {}
    for text in texts:
        treatment, _, loss = text.partition("=")
        value = decimal_number(loss)
        if not treatment or value is None or not 0 <= value <= 1:
            hint = "write TREATMENT=LOSS, a loss from 0 to 1: c=0.02"
            raise UsageError(f"--harms {shown(text)!r} names no treatment or no loss", file="genorx rank", hint=hint)
        named[treatment] = float(value)
    return named


def _named_changes(texts: list[str]) -> dict[str, str]:
    """Parse factors and values from texts such as ``smoking_status=former``."""
    named = {}
    for text in texts:
        factor, equals, value = text.partition("=")
        if not equals or not factor.strip() or not value.strip() or factor.strip() in named:
            hint = "write FACTOR=VALUE, each factor once"
            raise UsageError(f"--what-if {shown(text)!r} names no factor or no value", file="genorx rank", hint=hint)
        named[factor.strip()] = value.strip()
    return named


class _Writer:
    """Writes a ranking in one format, together with the outcomes under a change, if requested."""

    def __init__(
        self,
        ranking: Ranking,
        kind: str,
        changed: WhatIf | None = None,
        reports: list[PgxReport] | None = None,
        *,
        short: bool = False,
    ) -> None:
        self.ranking, self.kind, self.changed, self.reports, self.short = ranking, kind, changed, reports, short

    def __call__(self, path: Path) -> None:
        if self.kind == "html":
            self.ranking.report(path, what_if=self.changed, short=self.short)
        else:
            made = {"json": self._json, "csv": self._csv, "fhir": self._fhir}[self.kind]
            path.write_text(made(), encoding="utf-8")

    def _fhir(self) -> str:
        return to_json(self.ranking.to_fhir(pgx=self.reports))

    def _json(self) -> str:
        if self.changed is None:
            return self.ranking.to_json()
        records = self.ranking.to_records()
        return to_json([each | {"what_if": self.changed.to_dict(each["patient_id"])} for each in records])

    def _csv(self) -> str:
        frame = self.ranking.to_frame()
        return to_csv(frame if self.changed is None else self.changed.beside(frame))


def _say(ranking: Ranking, changed: WhatIf | None) -> None:
    findings = () if changed is None else changed.findings
    say_findings([*ranking.findings, *(finding for answer in ranking for finding in answer.findings), *findings])


def _checked_targets(out: Path, formats: str | None, read: list[Path], *, short: bool) -> dict[str, Path]:
    """Return the output file of each requested format, checked to be writable and not an input."""
    targets = _targets(out, formats, short=short)
    for path in targets.values():
        check_out(path, read, formatted=formats is not None)
    return targets


def _targets(out: Path, formats: str | None, *, short: bool) -> dict[str, Path]:
    """Return the output file of each requested format; ``short`` requests a page."""
    kinds = [_SUFFIXES.get(out.suffix.lower(), "json")] if formats is None else formats.split(",")
    for kind in kinds:
        if kind not in _FORMATS:
            raise UsageError(f"--format {shown(kind)!r} is not one of {', '.join(_FORMATS)}", file="genorx rank")
    if short and "html" not in kinds:
        raise UsageError("--short is for a page", file="genorx rank", hint="write one: --out report.html")
    if len(kinds) == 1:
        return {kinds[0]: out}
    if str(out) == "-":
        raise UsageError("several formats cannot share standard output", file="genorx rank", hint="name a file")
    return {kind: out.with_suffix(_OWN_SUFFIXES.get(kind, f".{kind}")) for kind in kinds}
