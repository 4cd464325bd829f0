"""Results for the patients of a long table, a batch at a time: lines of JSON, rows of CSV or Parquet.

Each batch is processed independently, possibly by another process, and its patients have the same bytes as in any other
batch.  Reading in batches is ``cohort.batches``; the files are written by ``_core.row_files``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from genorx._core.output import to_csv
from genorx._core.progress import listening
from genorx._visible import visible
from genorx.cohort.batches import BatchedStudy
from genorx.cohort.cohort import Cohort
from genorx.cohort.tables.raw_batches import Rows
from genorx.errors import Finding

if TYPE_CHECKING:
    from genorx.ranking.ranker import TreatmentRanker

RowKind = Literal["csv", "jsonl", "parquet"]
_AT_ONCE = 2000  # patients whose answers are in memory together


@dataclass(frozen=True, kw_only=True)
class BatchAnswer:
    """Output for one batch, with findings.

    Attributes
    ----------
    patients : int
    text : str
        Lines of JSON, or rows of CSV below its header; empty for Parquet.
    header : str
        Header of the CSV; otherwise empty.
    frames : tuple of DataFrame
        Rows of Parquet; otherwise empty.
    found : Counter of (severity, code)
        Number of findings on single patients.
    findings : tuple of Finding
        Findings on all patients, or on rows of the table.
    """

    patients: int
    text: str = ""
    header: str = ""
    frames: tuple[pd.DataFrame, ...] = ()
    found: Counter[tuple[str, str]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class BatchQuestion:
    """The query for each batch; sent once per process.

    Attributes
    ----------
    ranker : TreatmentRanker
    study : BatchedStudy
    command : {"rank", "predict"}
    kind : {"csv", "jsonl", "parquet"}
    """

    ranker: TreatmentRanker
    study: BatchedStudy
    command: Literal["rank", "predict"]
    kind: RowKind

    def __call__(self, rows: Rows) -> BatchAnswer:
        """Process one batch.

        Raises
        ------
        GenorxError
            As ``TreatmentRanker.rank`` and ``predict``, and as ``Study.load``.
        """
        cohort, counted = self.study.cohort(rows.raw())
        with listening(lambda *_: None):  # reported elsewhere for the whole table
            pieces = [self._answer(piece) for piece in _pieces(cohort)]
        return BatchAnswer(
            patients=len(cohort.features),
            text="".join(each.text for each in pieces),
            header=pieces[0].header,
            frames=tuple(frame for each in pieces for frame in each.frames),
            found=sum((each.found for each in pieces), _count(counted)),
            findings=(
                *(each for each in counted if each.patient_id is None),
                *dict.fromkeys(finding for each in pieces for finding in each.findings),
            ),
        )

    def _answer(self, patients: Cohort) -> BatchAnswer:
        of_patients: list[Finding]
        if self.command == "predict":
            frame = self.ranker.predict(patients)
            of_patients = list(frame.attrs.pop("findings", ()))
            shared = tuple(each for each in of_patients if each.patient_id is None)
            return self._written(patients, of_patients, shared, frame=frame)
        ranking = self.ranker.rank(patients, curves=False)
        of_patients = [finding for answer in ranking for finding in answer.findings]
        if self.kind != "jsonl":
            return self._written(patients, of_patients, ranking.findings, frame=ranking.to_frame())
        return self._written(patients, of_patients, ranking.findings, records=ranking.to_records())

    def _written(
        self,
        patients: Cohort,
        of_patients: list[Finding],
        shared: tuple[Finding, ...],
        *,
        frame: pd.DataFrame | None = None,
        records: list[dict[str, Any]] | None = None,
    ) -> BatchAnswer:
        answer = BatchAnswer(patients=len(patients.features), found=_count(of_patients), findings=shared)
        if frame is None:
            return replace(answer, text="".join(_line(record) for record in records or ()))
        if self.kind == "parquet":
            return replace(answer, frames=(frame,))
        if self.kind == "jsonl":
            return replace(answer, text="".join(_line(row) for row in _plain_rows(frame)))
        header, _, rows = to_csv(frame).partition("\n")
        return replace(answer, header=f"{header}\n", text=rows)


def _count(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """Count the findings on single patients by severity and code."""
    return Counter((each.severity, each.code) for each in findings if each.patient_id is not None)


def _pieces(cohort: Cohort) -> Iterator[Cohort]:
    """Yield the patients in batches, each with the findings on them."""
    of_patient: dict[str | None, list[Finding]] = {}
    for finding in cohort.findings:
        of_patient.setdefault(finding.patient_id, []).append(finding)
    shared = of_patient.get(None, [])
    for start in range(0, len(cohort.features), _AT_ONCE):
        features = cohort.features.iloc[start : start + _AT_ONCE]
        own = [finding for name in map(str, features.index) for finding in of_patient.get(name, ())]
        yield replace(cohort, features=features, findings=(*own, *shared))


def _line(record: dict[str, Any]) -> str:
    """Return one object as a line of JSON, hidden characters escaped."""
    return visible(json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))) + "\n"


def _plain_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield rows as plain values; missing ones are null."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns]
    names = [str(name) for name in frame.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))
