"""Tables of facts: each expected value is what the cell says, in whole numbers of 0.001."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from genorx.audit import Facts
from genorx.audit.days import FIRST_DAY, LAST_DAY, NO_DAY, day_of
from genorx.audit.fact_pack import default_fact_pack
from genorx.audit.facts import NO_FACT, OTHER_DAYS
from genorx.errors import TableError

DRUGS = "code,drug,mg_per_unit,vials_mg,single_dose,needs_gene,needs_result"


@pytest.fixture
def load(tmp_path):
    def write(**tables):
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return Facts.load(tmp_path)

    return write


def refused(load, code, **tables):
    with pytest.raises(TableError) as caught:
        load(**tables)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    return caught.value


def test_cells_are_understood(load):
    facts = load(
        drug_codes=f"{DRUGS}\nJ9263, Oxaliplatin ,0.5,100 50,TRUE,,\nJ9355,trastuzumab,10,150,0,ERBB2,amplified\n"
    )
    drugs = facts.tables["drug_codes"]
    assert drugs["drug"].tolist() == ["oxaliplatin", "trastuzumab"]
    assert drugs["mg_per_unit"].tolist() == [500, 10_000]
    assert drugs["vials_mg"].tolist() == [(50_000, 100_000), (150_000,)]
    assert drugs["single_dose"].tolist() == [True, False]
    assert drugs["needs_result"].tolist() == ["", "amplified"]
    assert drugs["valid_from"].tolist() == [FIRST_DAY, FIRST_DAY]
    assert drugs["valid_to"].tolist() == [LAST_DAY, LAST_DAY]
    assert "drug_codes" in facts
    assert "limits" not in facts
    assert facts.sources[0].rows == 2
    assert len(facts.sources[0].sha256) == 64


def test_columns_that_may_be_absent(load):
    facts = load(
        limits="code,max_units\nQ1,0\n",
        exclusions="npi,excluded_from\n1234567893.0,2024-03-01\n",
        pairs="column1,column2,modifier_allowed\nA,B,1\n",
    )
    assert facts.tables["limits"][["per", "max_units"]].iloc[0].tolist() == ["day", 0]
    assert facts.tables["exclusions"][["npi", "reinstated"]].iloc[0].tolist() == ["1234567893", NO_DAY]
    assert facts.tables["pairs"]["modifier_allowed"].tolist() == [True]


def test_a_row_holds_for_its_days_both_included(load):
    facts = load(
        limits="code,max_units,valid_from,valid_to\nQ1,1,,2024-01-31\nQ1,2,2024-02-01,2024-03-31\nQ2,5,,\n",
    )
    days = ["2020-01-01", "2024-01-31", "2024-02-01", "2024-03-31", "2024-04-01"]
    codes = pd.Series(["Q1"] * 5 + ["Q2", "Q3", "Q1", "Q2"])
    when = np.array([day_of(day) for day in days] + [day_of("2024-01-01")] * 2 + [NO_DAY] * 2, dtype=np.int32)
    found = facts.rows_of("limits", [codes, pd.Series(["day"] * 9)], when)
    assert found.tolist() == [0, 0, 1, 1, OTHER_DAYS, 2, NO_FACT, OTHER_DAYS, 2]


def test_a_table_that_is_absent_has_no_fact(load):
    facts = load(pgx_drugs="drug\nCodeine\n")
    assert facts.rows_of("limits", [pd.Series(["Q1"])], np.zeros(1, dtype=np.int32)).tolist() == [NO_FACT]
    assert facts.tables["pgx_drugs"]["drug"].tolist() == ["codeine"]


@pytest.mark.parametrize(
    ("table", "text", "place"),
    [
        ("limits", "code,max_units,valid_from,valid_to\nQ1,1,,2024-01-31\nQ1,2,2024-01-31,\n", "row 3"),
        ("limits", "code,max_units\nQ1,1\nQ1,1\n", "row 3"),
        ("drug_codes", f"{DRUGS}\nJ1,a,1,1,1,,\nJ1,b,1,1,1,,\n", "row 3"),
        ("pairs", "column1,column2,modifier_allowed\nA,B,1\nA,C,1\nA,B,0\n", "row 4"),
    ],
)
def test_rows_of_one_key_must_not_overlap(load, table, text, place):
    error = refused(load, "facts-overlap", **{table: text})
    assert error.place == place
    assert error.file.endswith(f"{table}.csv")


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("drug_codes", f"{DRUGS}\nJ1,a,0,1,1,,\n"),
        ("drug_codes", f"{DRUGS}\nJ1,a,0.0001,1,1,,\n"),
        ("drug_codes", f"{DRUGS}\nJ1,a,ten,1,1,,\n"),
        ("drug_codes", f"{DRUGS}\nJ1,a,1,1 x,1,,\n"),
        ("drug_codes", f"{DRUGS}\nJ1,a,1,1,maybe,,\n"),
        ("drug_codes", f"{DRUGS}\n,a,1,1,1,,\n"),
        ("limits", "code,max_units\nQ1,-1\n"),
        ("limits", "code,max_units,per\nQ1,1,week\n"),
        ("limits", "code,max_units,valid_from\nQ1,1,31.12.2024\n"),
        ("limits", "code,max_units,valid_from,valid_to\nQ1,1,2024-02-01,2024-01-01\n"),
        ("sex_codes", "code,sex\nQ1,both\n"),
        ("exclusions", "npi,excluded_from\n1,\n"),
    ],
)
def test_cells_that_cannot_be_understood(load, table, text):
    assert str(refused(load, "facts-format", **{table: text}).place).startswith("row 2")


def test_columns_that_are_needed(load):
    assert "max_units" in refused(load, "column-missing", limits="code,most\nQ1,1\n").reason


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(TableError) as caught:
        Facts.load(tmp_path / "none")
    assert caught.value.code == "no-file"


def test_a_table_in_two_files(load, tmp_path):
    (tmp_path / "limits.tsv").write_text("code\tmax_units\nQ1\t1\n")
    assert refused(load, "table-twice", limits="code,max_units\nQ1,1\n")


def test_tables_that_are_not_known_are_named(load):
    facts = load(limits="code,max_units\nQ1,1\n", colours="a,b\n1,2\n", patients="patient_id\nP1\n", claims="x\n1\n")
    (finding,) = facts.findings
    assert (finding.code, finding.message[:8]) == ("table-not-read", "1 tables")


def test_the_pack_fills_what_the_folder_lacks(load, tmp_path):
    """The site's own row of J9035 holds; J9271 comes from the pack (Keytruda: 1 mg a unit, vials of 100 mg)."""
    load(drug_codes=f"{DRUGS}\nJ9035,bevacizumab,10,100,1,,\n")
    facts = Facts.load(tmp_path, pack=True)
    drugs = facts.tables["drug_codes"].set_index("code")
    assert drugs.loc["J9035", "vials_mg"] == (100_000,)
    assert drugs.loc["J9271", ["drug", "mg_per_unit", "vials_mg"]].tolist() == ["pembrolizumab", 1000, (100_000,)]
    assert facts.sources[-1].file == "cancer-drug-units 2026-01"
    alone = Facts.load(tmp_path)
    assert len(alone.tables["drug_codes"]) == 1


@pytest.mark.parametrize(("day", "codes"), [("2028-12-31", []), ("2029-01-03", ["stale-knowledge"])])
def test_a_pack_of_over_three_years_is_named_where_its_facts_are_used(tmp_path, monkeypatch, day, codes):
    """The release is of January 2026."""
    moment = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment))
    assert [each.code for each in Facts.load(tmp_path, pack=True).findings] == codes
    assert Facts.load(tmp_path).findings == ()


def test_the_pack_stands_alone(tmp_path):
    facts = Facts.load(tmp_path, pack=True)
    assert len(facts.tables["drug_codes"]) == 40


def test_each_vial_of_the_pack_holds_whole_units():
    """Billable units per package are whole numbers in CMS's crosswalk."""
    for row in default_fact_pack().drug_codes.itertuples():
        assert row.vials_mg
        assert all(size % row.mg_per_unit == 0 for size in row.vials_mg), row.code


def test_the_pack_says_licence_release_and_checksum():
    pack = default_fact_pack()
    assert (pack.name, pack.release) == ("cancer-drug-units", "2026-01")
    assert "public domain" in pack.licence
    assert len(pack.sha256) == 64
