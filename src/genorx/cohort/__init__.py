"""Study file, record tables, audit, joining by patient, treatment design."""

from genorx.cohort.checks.audit import Audit
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.cohort.study import Study
from genorx.cohort.study_file.utility import Utility, Weight
from genorx.cohort.tables.columns import ColumnSpec
from genorx.cohort.tables.table import Table, TableSpec, load_table, read_table

__all__ = [
    "Audit",
    "Cohort",
    "ColumnSpec",
    "Design",
    "Outcome",
    "Study",
    "Table",
    "TableSpec",
    "Utility",
    "Weight",
    "load_table",
    "read_table",
]
