"""Studies whose patient table exceeds memory: cohorts of a fixed number of patients at a time, for prediction.

Each batch has the patients, values and findings that it would have within the whole table: checks that need all rows
together (duplicate or nearly equal ids) run on all ids first.  Findings that count rows are reported for the table as a
whole, not for each patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.ids import read_ids
from genorx.cohort.tables.raw import RawTable
from genorx.cohort.tables.raw_batches import Rows, ids_of, raw_batches
from genorx.cohort.tables.table import SEVERAL_ROWS
from genorx.errors import Finding, StudyError

if TYPE_CHECKING:
    from genorx.cohort.study import Study

#: Findings on the header or the first bytes of a table: the same in every batch.
_OF_HEADER = frozenset({"byte-order-mark", "column-not-in-model", "feature-absent", "table-not-used", "unnamed-column"})
#: Findings on patients that depend on the values of others: counted, not listed for each patient.
_OF_COLUMN = frozenset({"unit-suspect"})
#: Findings that need all ids together.
_OF_IDS = frozenset({"id-as-decimal", "near-duplicate-ids"})


@dataclass(frozen=True, kw_only=True)
class OneTable(Tables):
    """Some rows of the single table of a study."""

    rows: RawTable

    def read(self, name: str) -> RawTable:  # noqa: ARG002 (there is one)
        """Return the rows."""
        return self.rows


@dataclass(frozen=True, kw_only=True)
class BatchedStudy:
    """A study with one patient table, checked as a whole and read in batches of rows.

    Attributes
    ----------
    study : Study
    schema : tuple of FeatureSpec
        Features of the model that predicts.
    digest : str
        Digest of the study file and its table.
    n_patients : int
    of_ids : tuple of Finding
        Findings that need all ids together.
    """

    study: Study
    schema: tuple[FeatureSpec, ...]
    digest: str
    n_patients: int
    of_ids: tuple[Finding, ...]

    @classmethod
    def of(cls, study: Study, schema: Sequence[FeatureSpec]) -> BatchedStudy:
        """Run the checks that need all rows together.

        Raises
        ------
        StudyError
            ``batch-study`` for a study with variant files, several tables, or records of an exchange format.
        TableError
            As ``Study.load``; ``duplicate-patient`` for a patient with two rows, in one batch or in two.
        """
        path = _table_of(study)
        raw = ids_of(path, study.content.study.patient_id)
        faults = raw.new_faults()
        patients, findings = read_ids(raw, study.content.study.patient_id, faults)
        faults.raise_if_any()
        digest = study.digest(outcomes=False)
        return cls(study=study, schema=tuple(schema), digest=digest, n_patients=len(patients), of_ids=tuple(findings))

    def rows(self, size: int) -> Iterator[Rows]:
        """Yield the rows of the table, ``size`` at a time.

        Raises
        ------
        TableError
        """
        return raw_batches(_table_of(self.study), size)

    def cohort(self, rows: RawTable) -> tuple[Cohort, tuple[Finding, ...]]:
        """Return the patients of some rows, and the findings that count these rows or come from the whole table.

        Raises
        ------
        InputError
            As ``Study.load``.
        """
        loaded = self._loaded(rows)
        here = set(map(str, loaded.features.index))
        kept = [each for each in self.of_ids if each.patient_id is None or each.patient_id in here]
        kept += [each for each in loaded.findings if _is_of_patient(each) or each.code in _OF_HEADER]
        counted = frozenset(kept) | {each for each in loaded.findings if each.code in _OF_IDS}
        return replace(loaded, findings=tuple(kept)), tuple(each for each in loaded.findings if each not in counted)

    def _loaded(self, rows: RawTable) -> Cohort:
        """Read some rows as the whole table would be read.

        Raises
        ------
        StudyError
            ``batch-derived`` where a feature would be computed from others, whose units are found from the whole table.
        """
        loaded = self.study.load_rows(OneTable(folder=self.study.path.parent, rows=rows), self.schema, self.digest)
        derived = next((each for each in loaded.findings if each.code == "derived-feature"), None)
        if derived is not None:
            reason = f"a table that is read in batches holds all features of the model, and {derived.message}"
            hint = "add the column, or leave --batch out"
            raise StudyError(reason, file=rows.path, place=derived.place, hint=hint, code="batch-derived")
        return loaded


def _is_of_patient(finding: Finding) -> bool:
    return finding.patient_id is not None and finding.code not in _OF_IDS | _OF_COLUMN


def _table_of(study: Study) -> Path:
    """Return the file of the single patient table.

    Raises
    ------
    StudyError
        ``batch-study``.
    """
    content = study.content
    tables = content.tables
    one_row_each = all(table.format is None and table.role not in SEVERAL_ROWS for table in tables)
    if content.variants is None and len(tables) == 1 and one_row_each:
        return study.path.parent / tables[0].path
    raise StudyError(
        "a study that is read in batches has one table with one row per patient, and no variant files or records",
        file=study.path,
        hint="join the tables into one, or leave --batch out",
        code="batch-study",
    )
