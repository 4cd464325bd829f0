"""Assignment of rows to tumours, and choice of a tumour: one rule for tables of every kind.

A file of several tumours requires a name, and a name that is not in the file is refused: rows of one patient must
never be used for another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from genorx.errors import Finding, TableError, UsageError, shown
from genorx.oncology.alteration_set import AlterationSet
from genorx.oncology.reading.foreign import refuse_unknown
from genorx.oncology.reading.text_table import TextTable

#: Columns that name the tumour of a row, the most specific first.
SAMPLE_COLUMNS = (
    "Tumor_Sample_Barcode", "Tumor_Sample_UUID", "tumor_sample_id", "tumor_sample", "tumour_sample", "tumor_barcode",
    "sample_id", "sampleid", "sample_barcode", "sample_name", "sample", "aliquot_id", "icgc_sample_id", "tumor",
    "tumour", "case_id", "patient_id", "patient", "donor_id", "icgc_donor_id", "subject_id", "subject", "id",
)  # fmt: skip
_MOST_NAMES = 8


def sample_columns(table: TextTable) -> tuple[str, ...]:
    """Return the sample columns of a table; empty if there are none."""
    return tuple(name for name in SAMPLE_COLUMNS if table.has(name))


class Tumours(dict[str, AlterationSet]):
    """Alterations of each tumour of a file, by name; of a file without names, under the empty name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.column = ""  # name of the tumour of a row

    def of(self, name: str) -> AlterationSet:
        """Return the alterations of a tumour, created with its first row."""
        if name not in self:
            self[name] = AlterationSet(kind=self.kind, sample=name or None)
        return self[name]

    def rows(self, table: TextTable) -> Iterator[tuple[int, dict[str, str], AlterationSet]]:
        """Yield (line number, cells, the tumour's set) of each row, and count it."""
        columns = sample_columns(table)
        self.column = columns[0] if columns else ""
        if not columns:
            self.of("")
        for number, cells in table.rows():
            held = self.of(table.first(cells, *columns))
            held.records += 1
            yield number, cells, held

    @property
    def any_row(self) -> bool:
        """Whether any row was read."""
        return any(held.records for held in self.values())

    def refuse_unknown(self, path: str | Path, reasons: Collection[str]) -> None:
        """Raise an error if more than a tenth of the rows were not recognised, by the reasons."""
        unknown = sum(held.left_out[reason] for held in self.values() for reason in reasons)
        refuse_unknown(path, unknown, sum(held.records for held in self.values()))

    def stated(self, path: str | Path) -> Tumours:
        """Add counts of skipped rows to the findings of each tumour, and a finding on rows without a tumour."""
        name = Path(path).name
        for held in self.values():
            held.tell_left_out(name)
        if len(self) > 1 and "" in self:
            text = f"{self[''].records} rows name no sample and belong to no tumour"
            for held in self.values():
                held.findings.append(Finding(code="rows-without-sample", severity="serious", message=text, place=name))
        return self


def chosen(tumours: Tumours, sample: str | None, *, path: str | Path) -> AlterationSet:
    """Return the selected tumour.

    Raises
    ------
    TableError
        ``sample-choice`` if the file holds several tumours and none is requested, or not the one requested.
    """
    if sample is not None and sample not in tumours:
        named = [name for name in tumours if name]
        reason = (
            f"tumour {shown(sample)} is not in the file"
            if named
            else f"the file names no sample, so it cannot be confirmed to be of {shown(sample)}"
        )
        hint = _names(named) if named else "leave the sample out if the whole file is of this tumour"
        raise TableError(reason, file=path, hint=hint, code="sample-choice")
    if sample is None and len(tumours) > 1:
        by = f' by column "{tumours.column}"' if tumours.column else ""
        reason = f"{len(tumours)} tumours in one file{by}"
        raise TableError(reason, file=path, hint=f"name one: {_names(tumours)}", code="sample-choice")
    name = next(iter(tumours), "") if sample is None else sample
    held = tumours.of(name)
    if not tumours.any_row:
        text = "the file has no row"
        held.findings.append(
            Finding(code="file-without-records", severity="warning", message=text, place=Path(path).name)
        )
    return held


def requested_samples(samples: Collection[str] | None, known: Collection[str], path: str | Path) -> list[str]:
    """Return the names of the requested tumours; all if none is named.

    Raises
    ------
    UsageError
        ``no-such-sample`` if a name is not in the file.
    """
    strange = [name for name in samples or () if name not in known]
    if strange:
        raise UsageError(
            f"no sample {shown(strange[0])!r} among {len(known)}", hint=f"see {shown(path)}", code="no-such-sample"
        )
    return list(known if samples is None else dict.fromkeys(samples))


def _names(names: Collection[str]) -> str:
    listed = [shown(name) or "(no name)" for name in list(names)[:_MOST_NAMES]]
    more = len(names) - len(listed)
    return ", ".join(listed) + (f" and {more} more" if more > 0 else "")
