"""The schema of the pharmacogene report: the file is the code's, real output is valid, strange output is not."""

import json
from pathlib import Path

import jsonschema
import pytest

from genorx import pgx
from genorx._core.output import to_json
from genorx.datasets import write_pgx_cohort
from genorx.pgx.schema import pgx_schema

SCHEMA = Path(__file__).resolve().parents[2] / "data_schemas" / "pgx.schema.json"
DRAFT = jsonschema.Draft202012Validator


def check(records):
    jsonschema.validate(records, pgx_schema(), cls=DRAFT)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Made people with gaps, haplotype frequencies and outside calls: every part of a report is filled."""
    folder = tmp_path_factory.mktemp("pgx")
    write_pgx_cohort(folder / "c.vcf", n=3, missing=0.02, seed=2)
    calls = ("sample\tgene\tdiplotype", "S0001\tCYP2D6\t*1/*4", "S0001\tHLA-B\t*57:01/*07:02", "S0001\tABCB1\t*1/*1")
    (folder / "outside.tsv").write_text("\n".join(calls))
    table = {"CYP2C19": {"*1": 0.6, "*2": 0.2}}
    reports = pgx.call(folder / "c.vcf", outside=folder / "outside.tsv", frequencies=table)
    return json.loads(to_json([report.to_dict() for report in reports]))


def test_the_schema_file_is_the_one_that_the_code_makes():
    DRAFT.check_schema(pgx_schema())
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == pgx_schema(), "run scripts/write_schemas.py"


def test_real_output_is_valid_by_the_schema(records):
    check(records)
    assert any(gene["posterior"] for gene in records[0]["genes"].values())
    assert records[0]["findings"]
    assert records[0]["certainty"]


def test_a_report_with_medication_is_valid_by_the_schema(tmp_path):
    write_pgx_cohort(tmp_path / "c.vcf", n=1, seed=2)
    (report,) = pgx.call(tmp_path / "c.vcf")
    record = json.loads(to_json(pgx.with_medication(report, ["fluconazole", "levothyroxine"]).to_dict()))
    check([record])
    assert record["phenoconversion"]["genes"]
    assert record["phenoconversion"]["drugs"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.update(extra=1),
        lambda r: r.pop("sample"),
        lambda r: r["genes"]["TPMT"].update(called="yes"),
        lambda r: r["genes"]["TPMT"].update(warnings=["Not A Code"]),
        lambda r: r["drugs"]["clopidogrel"][0].update(action="take two"),
        lambda r: r.update(assembly="hg19"),
    ],
)
def test_output_that_breaks_the_contract_is_not_valid(records, spoil):
    copy = json.loads(json.dumps(records))
    spoil(copy[0])
    with pytest.raises(jsonschema.ValidationError):
        check(copy)
