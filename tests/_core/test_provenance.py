"""Digests and days."""

import hashlib

from genorx import __version__
from genorx._core.provenance import file_digest, json_digest, today, versions


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


def test_versions_name_genorx_and_the_libraries():
    found = versions()
    assert found["genorx"] == __version__
    assert {"numpy", "pandas", "scikit-survival", "pysam"} <= set(found)
