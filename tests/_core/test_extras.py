"""A missing optional dependency names the extra that brings it."""

import tomllib
from pathlib import Path

import pytest

from genorx._core.extras import require
from genorx.errors import MissingExtraError

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "extra", [e for e in PROJECT["project"]["optional-dependencies"] if e not in ("all", "test", "docs", "dev")]
)
def test_a_missing_extra_is_named(extra):
    with pytest.raises(MissingExtraError, match=rf"genorx\[{extra}\]") as caught:
        require("no_such_module_of_ours", extra=extra)
    assert caught.value.code == "missing-extra"
    assert caught.value.exit_code == 3


def test_an_installed_but_broken_module_shows_its_own_fault(tmp_path, monkeypatch):
    (tmp_path / "broken_module_of_ours.py").write_text("import no_such_thing_inside\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_thing_inside"):
        require("broken_module_of_ours", extra="all")
