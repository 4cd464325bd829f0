"""``genorx rank --what-if``: the change beside the ranking, in each format."""

import csv
import json

import jsonschema
import pytest

from genorx.ranking.answer.schema import ranking_schema

_ASKED = ("--what-if", "smoking_status=former")


def test_the_change_stands_beside_the_ranking(fitted, genorx, tmp_path):
    """The demo's first patient smokes, the second never did, the third is a former smoker."""
    result = genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "r.json", *_ASKED)
    assert result.status == 0
    records = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(records, ranking_schema())
    first, never, former = (record["what_if"] for record in records)
    assert first["changes"] == {"smoking_status": "former"}
    assert first["kind"] == "prediction"
    assert first["kept"] == ["pack_years"]
    assert {row["changed"] for row in never["rows"]} == {None}
    assert {row["difference"] for row in former["rows"] if row["measure"] == "rmst"} <= {0.0, None}
    assert "what-if-refused" in result.err


def test_a_ranking_without_change_has_no_such_key(fitted, genorx):
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--quiet")
    assert all("what_if" not in record for record in json.loads(result.out))


def test_table_and_page_have_it_too(fitted, genorx, tmp_path):
    result = genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "r.csv", "--format", "csv,html", *_ASKED)
    assert result.status == 0
    with (tmp_path / "r.csv").open() as handle:
        row = next(each for each in csv.DictReader(handle) if each["measure"] == "rmst")
    assert float(row["changed"]) - float(row["estimate"]) == pytest.approx(float(row["change"]), abs=1e-9)
    assert "What if: smoking_status former" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("text", ["smoking_status", "=former", "smoking_status="])
def test_a_change_without_factor_or_value_is_wrong_usage(fitted, genorx, text):
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--what-if", text)
    assert result.status == 2
    assert "names no factor or no value" in result.err


def test_what_cannot_be_changed_leaves_no_file(fitted, genorx, tmp_path):
    result = genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "r.json", "--what-if", "age_years=50")
    assert result.status == 2
    assert result.error_lines[0].startswith("error[not-modifiable]")
    assert not (tmp_path / "r.json").exists()


def test_a_published_model_cannot_be_asked(genorx, tmp_path):
    result = genorx(
        "rank", "--published", "kfre@2016", "--out", tmp_path / "r.json", "--table", tmp_path / "t.csv", *_ASKED
    )
    assert result.status == 2
    assert "require a fitted model" in result.err
