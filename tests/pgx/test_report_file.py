"""Reports read back from their file say what they said, to every function that takes a report."""

import json

import pytest

from genorx import pgx
from genorx._core.output import to_json
from genorx.datasets import write_pgx_cohort
from genorx.errors import InputError
from genorx.interop import check_fhir
from genorx.pgx.report_file import read_reports, reports_of

#: Of these the file holds less than the report: names of guidelines are made of all their drugs.
LOST = ("posterior", "guideline")


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pgx")
    write_pgx_cohort(folder / "c.vcf", n=4, missing=0.05, seed=3)
    calls = ("sample\tgene\tdiplotype\tphenotype", "S0001\tCYP2D6\t*1/*4\t", "S0002\tCYP2D6\t\tPoor Metabolizer")
    (folder / "outside.tsv").write_text("\n".join(calls))
    return pgx.call(folder / "c.vcf", outside=folder / "outside.tsv")


def without(value):
    if isinstance(value, dict):
        return {key: without(each) for key, each in value.items() if key not in LOST}
    return [without(each) for each in value] if isinstance(value, list) else value


def test_reports_read_back_say_the_same(reports, tmp_path):
    path = tmp_path / "pgx.json"
    path.write_text(to_json([each.to_dict() for each in reports]))
    back = read_reports(path)
    for one, other in zip(back, reports, strict=True):
        assert without(one.to_dict()) == without(other.to_dict())


def test_what_is_made_of_reports_is_the_same(reports):
    """Safety of options and FHIR read only what the file holds."""
    back = reports_of(json.loads(to_json([each.to_dict() for each in reports])))
    options = {"a": ["irinotecan", "fluorouracil"], "b": ["codeine"], "c": ["nothing known"]}
    for one, other in zip(back, reports, strict=True):
        assert pgx.drug_safety(one, options) == pgx.drug_safety(other, options)
        assert one.to_fhir() == other.to_fhir()
        assert check_fhir(one.to_fhir()) == []


@pytest.mark.parametrize("spoil", [
    lambda r: r.pop("sample"),
    lambda r: r.update(genes=[]),
    lambda r: r["drugs"].update(codeine=[{"source": "CPIC", "lookup_keys": {}, "action": "perhaps"}]),
])  # fmt: skip
def test_what_is_no_report_is_refused_with_its_place(reports, spoil):
    record = json.loads(to_json(reports[0].to_dict()))
    spoil(record)
    with pytest.raises(InputError) as error:
        reports_of(record, file="pgx.json")
    assert error.value.code == "pgx-schema"
    assert error.value.place
