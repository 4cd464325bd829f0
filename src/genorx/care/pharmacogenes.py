"""Pharmacogenes of a patient: reports, one report, or the output file of ``genorx pgx``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from genorx.errors import Finding, UsageError, shown

if TYPE_CHECKING:
    from genorx.pgx import PgxReport

    #: Reports in any of their forms.
    PgxLike: TypeAlias = PgxReport | str | Path | Mapping[str, Any] | Iterable[PgxReport | Mapping[str, Any]]


def read_pgx(pgx: PgxLike | None) -> list[PgxReport]:
    """Return the reports; none if nothing was given.

    Parameters
    ----------
    pgx : PgxReport, list of them, path, or the objects of the file, optional
        A path is that of an output file of ``genorx pgx --out F.json``; the sample is the patient.

    Raises
    ------
    InputError
        ``pgx-schema``; ``file-not-found``.
    UsageError
        ``sample-twice`` for two reports of one patient.
    """
    reports = [] if pgx is None else _reports(pgx)
    samples = [each.sample for each in reports]
    for name in samples:
        if samples.count(name) > 1:
            raise UsageError(f"there are two pharmacogene reports of {shown(name)!r}", code="sample-twice")
    return reports


def _reports(pgx: PgxLike) -> list[PgxReport]:
    from genorx.pgx.report import PgxReport
    from genorx.pgx.report_file import read_reports, reports_of

    if isinstance(pgx, str | Path):
        return read_reports(pgx)
    if isinstance(pgx, Mapping):
        return reports_of(pgx)
    if isinstance(pgx, PgxReport):
        return [pgx]
    return [each if isinstance(each, PgxReport) else reports_of(each)[0] for each in pgx]


def pgx_of(pgx: PgxLike | None, patient_id: str) -> tuple[PgxReport | None, tuple[Finding, ...]]:
    """Return the report of a patient, None if absent, and a finding if there are reports of other patients only.

    Raises
    ------
    InputError, UsageError
        As ``read_pgx``.
    """
    for each in read_pgx(pgx):
        if each.sample == patient_id:
            return each, ()
    if pgx is None:
        return None, ()
    text = "the patient has no pharmacogene report: guidance was not looked up, which does not mean that it is safe"
    return None, (Finding(code="pgx-no-report", severity="warning", message=text, patient_id=patient_id),)
