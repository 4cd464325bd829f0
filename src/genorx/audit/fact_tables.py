"""The tables of facts: their names, columns, keys and cell types.

A folder of them is read by ``audit.facts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: folded: lower case, trimmed; quantity (above 0) and most (0 or more): integers of 0.001; sizes: quantities separated
#: by blanks; flag: true or false; provider: a number, without decimals added by a program.
FactKind = Literal["text", "folded", "quantity", "most", "sizes", "flag", "day", "sex", "per", "provider"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """Columns of a table of facts.

    Attributes
    ----------
    name : str
        Name of its file, without suffix.
    key : tuple of str
        Columns that identify a row.
    columns : mapping of str to FactKind
    optional : tuple of str
        Columns that a file may lack.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, FactKind]
    optional: tuple[str, ...] = ()


_TABLES = (
    FactTable(
        name="drug_codes",
        key=("code",),
        columns={
            "code": "text",
            "drug": "folded",
            "mg_per_unit": "quantity",
            "vials_mg": "sizes",
            "single_dose": "flag",
            "needs_gene": "text",
            "needs_result": "text",
        },
        optional=("needs_gene", "needs_result"),
    ),
    FactTable(
        name="test_codes",
        key=("code",),
        columns={"code": "text", "test": "folded", "origin": "folded", "once": "flag"},
    ),
    FactTable(
        name="limits",
        key=("code", "per"),
        columns={"code": "text", "max_units": "most", "per": "per"},
        optional=("per",),
    ),
    FactTable(
        name="pairs",
        key=("column1", "column2"),
        columns={"column1": "text", "column2": "text", "modifier_allowed": "flag"},
    ),
    FactTable(name="sex_codes", key=("code",), columns={"code": "text", "sex": "sex"}),
    FactTable(
        name="exclusions",
        key=("npi", "excluded_from"),
        columns={"npi": "provider", "excluded_from": "day", "reinstated": "day"},
        optional=("reinstated",),
    ),
    FactTable(name="pgx_drugs", key=("drug",), columns={"drug": "folded"}),
)
#: Tables of facts by name.
FACT_TABLES: dict[str, FactTable] = {table.name: table for table in _TABLES}
#: Columns that every table may have: first and last day on which a row applies.
PERIOD = ("valid_from", "valid_to")
