"""``genorx claims``: files in any mixture, one table out; what was not read is said."""

import csv
import json
from dataclasses import replace

import jsonschema
import pytest

from genorx.audit.claim_table import NAMES, claims_schema
from genorx.audit.reading_info import reading_schema
from genorx.datasets import make_claims_practice


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    home = tmp_path_factory.mktemp("practice")
    made = make_claims_practice(patients=300, seed=5, planted=1)
    few = made.claims[made.claims["claim_id"] < "K000300"]
    half = few["claim_id"] < "K000100"
    few.to_csv(home / "claims.csv", index=False)
    few[half].to_csv(home / "first.csv", index=False)
    other = replace(made, claims=few[~half])
    for form in ("837P", "stu3", "rif"):
        other.write_as(form, home / f"second.{form}")
    return home


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("form", ["837P", "stu3", "rif"])
def test_a_mixture_of_formats_is_one_table(genorx, practice, tmp_path, form):
    out, info = tmp_path / "lines.csv", tmp_path / "info.json"
    second = practice / f"second.{form}"
    assert genorx("claims", practice / "first.csv", second, "--out", out, "--info", info).status == 0
    whole = {(row["claim_id"], row["line"]): row for row in rows(practice / "claims.csv")}
    found = rows(out)
    assert tuple(found[0]) == NAMES
    assert [(row["claim_id"], row["line"]) for row in found] == sorted(whole)
    for row in found:
        expected = whole[row["claim_id"], row["line"]]
        assert row["charge"] == f"{float(expected['charge']):.2f}"
        assert row["units"] == expected["units"]
        assert row["service_date"] == expected["service_date"]
    said = json.loads(info.read_text())
    jsonschema.validate(said, reading_schema())
    assert said["lines"] == len(whole)
    assert [each["file"] for each in said["read"]] == ["first.csv", f"second.{form}"]
    assert said["segments_unread"].get("SVD", 0) == (said["read"][1]["lines"] if form == "837P" else 0)


def test_the_table_can_be_read_again(genorx, practice, tmp_path):
    first, again = tmp_path / "a" / "lines.csv", tmp_path / "b" / "lines.csv"
    first.parent.mkdir()
    again.parent.mkdir()
    assert genorx("claims", practice / "second.stu3", "--out", first).status == 0
    assert genorx("claims", first, "--out", again).status == 0
    strip = [{name: value for name, value in row.items() if name not in ("file", "format")} for row in rows(first)]
    assert strip == [
        {name: value for name, value in row.items() if name not in ("file", "format")} for row in rows(again)
    ]


def test_each_line_fits_the_schema(genorx, practice, tmp_path):
    out = tmp_path / "lines.csv"
    assert genorx("claims", practice / "first.csv", "--out", out).status == 0
    numbers = {"line": int, "units": float, "charge": float}
    for row in rows(out)[:50]:
        value = {name: numbers.get(name, str)(cell) if cell else cell for name, cell in row.items()}
        jsonschema.validate(value, claims_schema())


def test_bad_input_leaves_no_output(genorx, practice, tmp_path):
    bad = tmp_path / "bad.837"
    bad.write_text((practice / "second.837P").read_text()[:5000])
    out, info = tmp_path / "lines.csv", tmp_path / "info.json"
    done = genorx("claims", practice / "first.csv", bad, "--out", out, "--info", info, "--errors", "json")
    assert done.status == 3
    error = json.loads(done.err)
    assert (error["code"], error["file"]) == ("claims-truncated", str(bad))
    assert not out.exists()
    assert not info.exists()


def test_no_file_is_wrong_usage(genorx, tmp_path):
    assert genorx("claims", "--out", tmp_path / "lines.csv").status == 2


def test_two_outputs_of_one_name_are_wrong_usage(genorx, practice, tmp_path):
    out = tmp_path / "lines.csv"
    assert genorx("claims", practice / "first.csv", "--out", out, "--info", out).status == 2
