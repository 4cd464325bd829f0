"""``--batch``: patients of a long table, processed in batches within bounded memory, into one file."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genorx._core.progress import report
from genorx._core.row_files import parquet_rows
from genorx._core.workers import map_in_order
from genorx.cli.output import deliver
from genorx.cli.streams import say_findings, tell
from genorx.errors import Finding, UsageError, shown

if TYPE_CHECKING:
    from genorx.ranking.in_batches import BatchAnswer, BatchQuestion, RowKind

#: Files of rows by suffix.
ROW_SUFFIXES: dict[str, RowKind] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def row_kind(out: Path, named: str | None, *, default: RowKind, command: str) -> RowKind:
    """Return the format of the row file: the named one, otherwise by suffix; standard output has the default.

    Raises
    ------
    UsageError
        ``usage`` for another format or suffix.
    """
    kinds = dict.fromkeys(ROW_SUFFIXES.values())
    found = named if named is not None else default if str(out) == "-" else ROW_SUFFIXES.get(out.suffix.lower())
    for kind in kinds:
        if found == kind:
            return kind
    what = shown(named) if named is not None else shown(out.name)
    hint = f"--batch writes {', '.join(kinds)}: name FILE.jsonl, FILE.csv or FILE.parquet"
    raise UsageError(f"{what!r} is not a file of rows, as written by --batch", file=f"genorx {command}", hint=hint)


def refuse_rows(out: Path, named: str | None, *, command: str) -> None:
    """Raise an error for file formats that only ``--batch`` writes.

    Raises
    ------
    UsageError
    """
    kind = ROW_SUFFIXES.get(out.suffix.lower()) if named is None else named
    if kind in ("jsonl", "parquet"):
        reason = f"{kind} is written in batches of patients"
        raise UsageError(reason, file=f"genorx {command}", hint="add --batch 10000")


def answer_in_batches(
    files: tuple[Path, Path],
    out: Path,
    *,
    command: Literal["rank", "predict"],
    kind: RowKind,
    size: int,
    seed: int | None,
) -> None:
    """Process all patients of a study, ``size`` at a time, by a fitted model.

    Raises
    ------
    GenorxError
        See ``BatchedStudy.of``, ``load_model``, ``TreatmentRanker.rank`` and ``predict``.
    """
    from genorx.cli.loading import expect_answers, read_study

    expect_answers()
    from genorx.cohort.batches import BatchedStudy
    from genorx.ranking import load_model
    from genorx.ranking.in_batches import BatchQuestion

    ranker = load_model(files[0])
    if seed is not None:
        ranker.seed = seed
    study = BatchedStudy.of(read_study(files[1], [out]), ranker.specs_)
    question = BatchQuestion(ranker=ranker, study=study, command=command, kind=kind)
    gc.freeze()  # loaded objects remain: garbage collection among them in each batch takes a tenth of the time
    collected = _Collected()
    deliver(
        out, lambda path: _write(path, question, collected.all_of(map_in_order(question, study.rows(size)), question))
    )
    collected.say()


def _write(path: Path, question: BatchQuestion, answers: Iterable[BatchAnswer]) -> None:
    if question.kind == "parquet":
        with parquet_rows(path) as rows:
            for answer in answers:
                for frame in answer.frames:
                    rows.add(frame)
        return
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for number, answer in enumerate(answers):
            handle.write(answer.text if number else answer.header + answer.text)


class _Collected:
    """Collects findings: those on all patients in full, those on single patients as counts."""

    def __init__(self) -> None:
        self.shared: dict[Finding, None] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def all_of(self, answers: Iterable[BatchAnswer], question: BatchQuestion) -> Iterator[BatchAnswer]:
        """Yield the answers, and collect their findings."""
        done = 0
        for answer in answers:
            yield answer
            done += answer.patients
            self.shared |= dict.fromkeys(answer.findings)
            self.counts += answer.found
            report(question.command, done, question.study.n_patients)

    def say(self) -> None:
        """Print the findings to standard error."""
        say_findings(self.shared)
        for (severity, code), number in sorted(self.counts.items()):
            tell(f"finding[{code}] {severity}: {number:,} on single patients")
