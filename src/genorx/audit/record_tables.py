"""The tables of records: their names and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: folded: lower case, trimmed; day: may be unknown; provider: a number, without decimals added by a program.
RecordKind = Literal["text", "folded", "day", "sex", "provider"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """Columns of a table of records.

    Attributes
    ----------
    name : str
        Name of its file, without suffix.
    columns : mapping of str to RecordKind
    optional : tuple of str
        Columns that a file may lack.
    """

    name: str
    columns: Mapping[str, RecordKind]
    optional: tuple[str, ...] = ()


_TABLES = (
    RecordTable(
        name="patients",
        columns={"patient_id": "text", "sex": "sex", "birth": "day", "death": "day", "npi": "provider"},
        optional=("birth", "npi"),
    ),
    RecordTable(
        name="administrations",
        columns={"patient_id": "text", "date": "day", "drug": "folded", "npi": "provider"},
        optional=("npi",),
    ),
    RecordTable(
        name="results",
        columns={
            "patient_id": "text",
            "collected": "day",
            "reported": "day",
            "test": "folded",
            "origin": "folded",
            "gene": "text",
            "result": "text",
        },
        optional=("origin",),
    ),
    RecordTable(
        name="stays",
        columns={"patient_id": "text", "admitted": "day", "discharged": "day", "npi": "provider"},
        optional=("npi",),
    ),
    RecordTable(name="orders", columns={"patient_id": "text", "date": "day", "drug": "folded"}),
)
#: Tables of records by name.
RECORD_TABLES: dict[str, RecordTable] = {table.name: table for table in _TABLES}
