"""``genorx audit``: claim lines compared with records, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genorx._core.output import to_json
from genorx._singular import singular
from genorx.cli.options import Seed
from genorx.cli.output import Write, check_outs, deliver_all
from genorx.cli.streams import say_findings, tell

if TYPE_CHECKING:
    import pandas as pd

    from genorx.audit import Auditor

_Claims = Annotated[
    list[Path],
    typer.Option("--claims", metavar="FILE", help="File of claims: X12 837, FHIR, RIF or CSV; repeatable."),
]
_Records = Annotated[Path, typer.Option("--records", metavar="DIR", help="Folder of tables of records.")]
_Facts = Annotated[Path, typer.Option("--facts", metavar="DIR", help="Folder of tables of facts about codes.")]
_Out = Annotated[Path, typer.Option("--out", metavar="F.csv", help="Table of discrepancies; - for standard output.")]
_Providers = Annotated[
    Path | None,
    typer.Option(
        "--providers",
        metavar="P.csv",
        help="Comparison of providers with their peers; flagged ones are added to --out.",
    ),
]
_Rules = Annotated[str, typer.Option("--rules", metavar="C01,C03", help="Rules to apply; default: all.")]
_Tolerance = Annotated[
    int,
    typer.Option(
        "--tolerance-days",
        min=0,
        metavar="N",
        help="Largest difference in days between the dates of an administration and a line.",
    ),
]
_AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="Day of the audit, after which a service is in the future; default: today."
    ),
]
_Info = Annotated[
    Path | None, typer.Option("--info", metavar="I.json", help="Counts, and lines that were not assessed.")
]
_Report = Annotated[
    Path | None, typer.Option("--report", metavar="P.html", help="Page with lines, records and calculations.")
]
_Unusual = Annotated[
    Path | None,
    typer.Option(
        "--unusual", metavar="U.csv", help="At most 20 lines that are unusual for their code but break no rule."
    ),
]
_Pack = Annotated[
    bool, typer.Option("--pack", help="Add units and vials of cancer drugs for codes that the facts lack.")
]
_LabelEvidence = Annotated[
    Path | None,
    typer.Option(
        "--label-evidence",
        metavar="DIR",
        help="Evidence table with all label indications of its drugs, for results that the facts do not require.",
    ),
]


def audit(
    *,
    claims: _Claims,
    records: _Records,
    facts: _Facts,
    out: _Out,
    providers: _Providers = None,
    rules: _Rules = "all",
    tolerance_days: _Tolerance = 0,
    as_of: _AsOf = None,
    info: _Info = None,
    report: _Report = None,
    unusual: _Unusual = None,
    pack: _Pack = False,
    label_evidence: _LabelEvidence = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Compare claim lines with recorded doses, results, stays and orders, and list the lines that no record supports.

    Columns written: claim_id, line, rule, npi, severity, amount, reason, patient_id, code, service_date. A discrepancy
    is a difference between a line and a record, not a statement about a person. Lines that a rule could not assess are
    counted in --info with the reason.
    """
    from genorx.audit import Auditor, Facts, Records, read_claims
    from genorx.audit.providers import with_providers

    outs = [each for each in (out, providers, info, report, unusual) if each is not None]
    folders = [each for each in (records, facts, label_evidence) if each is not None]
    check_outs(outs, [*claims, *(path for folder in folders for path in _files(folder))])
    chosen = rules if rules == "all" else [name.strip() for name in rules.split(",")]
    auditor = Auditor(rules=chosen, tolerance_days=tolerance_days, as_of=as_of)
    auditor.fit(Records.load(records))
    found = auditor.check(read_claims(*claims), Facts.load(facts, pack=pack, label_evidence=label_evidence))
    compared = None if providers is None else auditor.providers(found)
    tables = {out: found if compared is None else with_providers(found, compared)}
    if providers is not None and compared is not None:
        tables[providers] = compared
    if unusual is not None:
        from genorx.audit.unusual import unusual_lines

        tables[unusual] = unusual_lines(auditor.case_, auditor.judgement_)
    writers = {path: _table_writer(table) for path, table in tables.items()}
    writers |= _summary_writers(auditor, claims, info)
    if report is not None:
        from genorx.report.audit_page import audit_html

        page = audit_html(auditor, found, compared, claims=_sources(claims))
        writers[report] = lambda path: path.write_text(page, encoding="utf-8")
    deliver_all(writers)
    say_findings(auditor.findings_)
    _say_result(auditor)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _table_writer(table: pd.DataFrame) -> Write:
    from genorx.audit.written import table_text

    text = table_text(table)
    return lambda path: path.write_text(text, encoding="utf-8")


def _summary_writers(auditor: Auditor, claims: list[Path], info: Path | None) -> dict[Path, Write]:
    if info is None:
        return {}
    text = to_json(auditor.info(claims=_sources(claims)))
    return {info: lambda path: path.write_text(text, encoding="utf-8")}


def _sources(claims: list[Path]) -> list[dict[str, str]]:
    """Return name and digest of each file of claims."""
    from genorx._core.provenance import file_digest

    sources = sorted({path.name: file_digest(path) for path in claims}.items())
    return [{"file": name, "sha256": digest} for name, digest in sources]


def _say_result(auditor: Auditor) -> None:
    info = auditor.info()
    lines = sum(each["lines"] for each in info["by_rule"].values())
    found = f"{lines:,} {'discrepancy' if lines == 1 else 'discrepancies'} in {info['live']:,} live lines"
    tell(singular(f"{found}, {info['at_stake']:,.2f} at stake"))
    for code, gap in info["not_assessed"].items():
        tell(singular(f"{code} not assessed: {gap['lines']:,} lines, {gap['why']}"))
