"""Digests and days."""

import hashlib

import pytest

from genorx import __version__
from genorx._core.provenance import file_digest, json_digest, today, versions
from genorx.errors import UsageError


def test_file_digest_is_sha256(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert file_digest(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()


def test_json_digest_does_not_depend_on_the_order_of_keys():
    assert json_digest({"a": 1, "b": [2]}) == json_digest({"b": [2], "a": 1})
    assert json_digest({"a": 1}) != json_digest({"a": 2})


def test_the_day_can_be_fixed(monkeypatch):
    """SOURCE_DATE_EPOCH 86400 is 2 January 1970."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert today() == "1970-01-02"


@pytest.mark.parametrize("epoch", ["soon", "-1", "1.5", "²", "9" * 5000, "253402300800"])
def test_a_moment_that_is_none_is_wrong_usage_and_not_passed_over(monkeypatch, epoch):
    """A run that was to be repeatable must not take the clock in silence."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(UsageError) as caught:
        today()
    assert caught.value.code == "source-date-epoch"


def test_versions_name_genorx_and_the_libraries():
    found = versions()
    assert found["genorx"] == __version__
    assert {"numpy", "pandas", "scikit-survival", "pysam"} <= set(found)
