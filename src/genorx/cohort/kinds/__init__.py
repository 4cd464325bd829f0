"""Kinds of outcome: what each is in a study file and a table, one module a kind."""

from genorx.cohort.kinds.base import Better, DataKind, KeyFault, OutcomeKind, OutcomeRole, Reading
from genorx.cohort.kinds.known import DATA_KINDS

__all__ = ["DATA_KINDS", "Better", "DataKind", "KeyFault", "OutcomeKind", "OutcomeRole", "Reading"]
