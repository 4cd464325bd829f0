"""Study file, record tables, audit, joining by patient, treatment design."""

from genorx.cohort.audit import Audit
from genorx.cohort.cohort import Cohort, Outcome
from genorx.cohort.columns import ColumnSpec
from genorx.cohort.design import Design
from genorx.cohort.study import Study
from genorx.cohort.table import Table, TableSpec, load_table, read_table
from genorx.cohort.utility import Utility, Weight

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
