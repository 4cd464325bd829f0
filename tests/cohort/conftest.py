"""Small studies written as files."""

from collections.abc import Callable
from pathlib import Path

import pytest

OUTCOME = (
    '[outcomes.os]\ntable = "o.csv"\nkind = "survival"\ntime = "days"\nevent = "died"\nunit = "days"\nhorizons = [50]\n'
)


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Write tables by name, and a study that reads ``clinical`` and the others of ``roles`` as features."""

    def make(tables: dict[str, str], *, roles: dict[str, str] | None = None, more: str = OUTCOME) -> Path:
        for name, text in tables.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        parts = ['[study]\nname = "small"\npatient_id = "pid"\n']
        for name, role in (roles or {"c.csv": "clinical"}).items():
            parts.append(f'[[tables]]\npath = "{name}"\nrole = "{role}"\n')
        path = tmp_path / "study.toml"
        path.write_text("".join(parts) + more, encoding="utf-8")
        return path

    return make
