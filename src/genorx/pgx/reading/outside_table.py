"""Tables of outside calls, and their assignment to samples.

A table in PharmCAT's format is of one person.  For several persons, it begins with a line of column names, one of which
is ``sample``; or each person has a file ``SAMPLE.outside.tsv``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genorx._core.files import FileKind
from genorx.errors import Finding, OutsideCallError, shown
from genorx.knowledge import Pack
from genorx.pgx.reading.outside import (
    OutsideCall,
    folded,
    known_gene,
    outside_call,
    unknown_alleles,
    unknown_phenotype,
    unknown_score,
)

_COLUMNS = ("gene", "diplotype", "phenotype", "activity_score")
_SUFFIX = ".outside.tsv"
_FILE = FileKind(name="table of outside calls", error=OutsideCallError, code="outside-unreadable")


@dataclass(frozen=True, slots=True)
class _Line:
    """A call with the sample in its table, if there is one."""

    call: OutsideCall
    sample: str | None
    file: Path
    number: int


@dataclass(frozen=True)
class OutsideTable:
    """Outside calls of one or several persons, in the order of the files, with findings."""

    lines: tuple[_Line, ...] = ()
    noticed: tuple[Finding, ...] = ()

    def of(self, sample: str, *, alone: bool) -> dict[str, list[OutsideCall]]:
        """Return the calls of a sample by gene; if it is ``alone``, calls without sample name belong to it.

        If a file is named after the sample, other files named ``SAMPLE.outside.tsv`` are of other persons.
        """
        by_file = any(line.sample is None and _named(line) == sample for line in self.lines)
        found: dict[str, list[OutsideCall]] = {}
        for line in self.lines:
            nobody = line.sample is None and not (by_file and _named(line) is not None)
            if _named(line) == sample or (alone and nobody):
                found.setdefault(line.call.gene, []).append(line.call)
        return found

    def findings(self, sample: str, *, alone: bool) -> list[Finding]:
        """Return the findings on the calls of a sample, and on tables without sample names."""
        several = [gene for gene, calls in self.of(sample, alone=alone).items() if len(calls) > 1]
        texts = [(gene, f"{gene} has more than one outside call") for gene in several]
        made = [
            Finding(code="outside-several", severity="warning", message=text, patient_id=sample, place=gene)
            for gene, text in texts
        ]
        return [*(f for f in self.noticed if f.patient_id in (None, sample)), *made]

    def check(self, samples: Sequence[str]) -> list[Finding]:
        """Return a finding for each person in the tables who is not among the samples.

        Raises
        ------
        OutsideCallError
            ``outside-sample`` if there are several samples and a table does not name the sample of its calls.
        """
        known = set(samples)
        by_file = any(line.sample is None and _named(line) in known for line in self.lines)
        unnamed = (line for line in self.lines if line.sample is None)
        nobody = next((line for line in unnamed if not by_file or _named(line) is None), None)
        if nobody is not None and len(samples) > 1:
            reason = f"the outside calls are of one person, but there are {len(samples)} samples"
            hint = (
                f"begin with a line of column names (sample, {', '.join(_COLUMNS)}), or name the file SAMPLE{_SUFFIX}"
            )
            raise OutsideCallError(reason, file=nobody.file, hint=hint, code="outside-sample")
        names = [_named(line) if by_file else line.sample for line in self.lines]
        strangers = dict.fromkeys(name for name in names if name is not None and name not in known)
        return [
            Finding(
                code="outside-unknown-sample",
                severity="warning",
                message=f"outside calls of {shown(name)}, which is not a sample of the variant files, are not used",
                place="outside",
            )
            for name in strangers
        ]


def read_outside_calls(paths: str | Path | Iterable[str | Path], pack: Pack) -> OutsideTable:
    """Return the outside calls of some tables.

    Raises
    ------
    OutsideCallError
        ``outside-unreadable``, ``outside-columns``, ``outside-empty``, ``outside-alleles``, ``outside-hla``.
    """
    lines: list[_Line] = []
    noticed: list[Finding] = []
    for path in [paths] if isinstance(paths, str | Path) else list(paths):
        for line in _lines(Path(path)):
            gene, place = line.call.gene, f"{line.file.name}:{line.number}"
            if not known_gene(gene, pack):
                text = f"outside call of {shown(gene)}: the gene is in no pack and is left out"
                noticed.append(_finding("outside-unknown-gene", text, line, place))
                continue
            for name in unknown_alleles(line.call, pack):
                text = f"allele {shown(name)} of {gene} is in no table"
                noticed.append(_finding("outside-unknown-allele", text, line, place))
            if unknown_phenotype(line.call, pack):
                text = (
                    f"phenotype {shown(line.call.phenotype)} of {gene} is in no table: no guidance will be found for it"
                )
                noticed.append(_finding("outside-unknown-phenotype", text, line, place))
            if unknown_score(line.call, pack):
                score = shown(line.call.score)
                text = f"activity score {score} of {gene} is in no table: no guidance will be found for it"
                noticed.append(_finding("outside-unknown-phenotype", text, line, place))
            lines.append(_Line(folded(line.call, pack), line.sample, line.file, line.number))
    return OutsideTable(tuple(lines), tuple(noticed))


def _named(line: _Line) -> str | None:
    """Return the sample named in a line or its file."""
    if line.sample is None and line.file.name.endswith(_SUFFIX):
        return line.file.name.removesuffix(_SUFFIX)
    return line.sample


def _lines(file: Path) -> Iterator[_Line]:
    """Yield the calls of a table."""
    columns: list[str] | None = None
    begun = False
    for number, text in enumerate(_FILE.read_text(file).splitlines(), start=1):
        if not text.strip() or text.startswith("#"):
            continue
        cells = [cell.strip() for cell in text.split("\t")]
        if not begun and "sample" in [cell.lower() for cell in cells]:
            columns = _header(cells, file, number)
        elif columns is None:
            if len(cells) < 2:
                hint = "columns are gene, diplotype, phenotype, activity score, separated by tabs"
                raise OutsideCallError(
                    "a line has one column", file=file, place=number, hint=hint, code="outside-columns"
                )
            yield _Line(outside_call(cells, file, number), None, file, number)
        else:
            values = dict(zip(columns, cells, strict=False))
            if not values.get("sample"):
                raise OutsideCallError("a line names no sample", file=file, place=number, code="outside-columns")
            own = [values.get(name, "") for name in _COLUMNS]
            yield _Line(outside_call(own, file, number), values["sample"], file, number)
        begun = True


def _header(cells: Sequence[str], file: Path, number: int) -> list[str]:
    names = [cell.lower().replace(" ", "_") for cell in cells]
    if "gene" not in names or len(set(names)) < len(names) or len(set(names) & set(_COLUMNS)) < 2:
        hint = f"the columns are sample, {', '.join(_COLUMNS)}"
        reason = "the column names lack gene or any column of calls, or a name appears twice"
        raise OutsideCallError(reason, file=file, place=number, hint=hint, code="outside-columns")
    return names


def _finding(code: str, text: str, line: _Line, place: str) -> Finding:
    return Finding(code=code, severity="warning", message=text, patient_id=line.sample, place=place)
