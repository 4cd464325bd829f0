"""Small studies written as files."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from genorx.cohort.tables.table import ColumnSpec, Table, TableSpec, load_table

OUTCOME = """
[outcomes.os]
table = "o.csv"
kind = "survival"
time = "days"
event = "died"
unit = "days"
horizons = [50]
"""


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Write tables by name, and a study of those in ``roles`` (``c.csv``) with survival in ``o.csv``."""

    def make(
        tables: dict[str, str], *, roles: dict[str, str] | None = None, more: str = "", outcome: bool = True
    ) -> Path:
        for name, text in tables.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        parts = ['[study]\nname = "small"\npatient_id = "pid"\n']
        for name, role in (roles or {"c.csv": "clinical"}).items():
            parts.append(f'[[tables]]\npath = "{name}"\nrole = "{role}"\n')
        path = tmp_path / "study.toml"
        path.write_text("".join(parts) + more + (OUTCOME if outcome else ""), encoding="utf-8")
        return path

    return make


@pytest.fixture
def load_columns(tmp_path: Path) -> Callable[..., Table]:
    """Write columns of text as a table, with ids P1, P2, ... where none are given, and load it."""

    def load(columns, *, said=None, role="clinical", schema=None, exclude=()) -> Table:
        n_rows = len(next(iter(columns.values())))
        columns = columns if "id" in columns else {"id": [f"P{row + 1}" for row in range(n_rows)], **columns}
        path = tmp_path / "t.csv"
        with path.open("w", newline="", encoding="utf-8") as handle:
            csv.writer(handle).writerows([list(columns), *zip(*columns.values(), strict=True)])
        specs = {name: ColumnSpec(**values) for name, values in (said or {}).items()}
        spec = TableSpec(path=path, role=role, patient_id="id", columns=specs, exclude=exclude)
        return load_table(spec, schema=schema)

    return load
