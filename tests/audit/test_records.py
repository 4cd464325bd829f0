"""Tables of records: each expected value is what the cell says."""

import pytest

from genorx.audit import Records
from genorx.audit.days import NO_DAY, day_of
from genorx.audit.exact import NOT_KNOWN
from genorx.errors import TableError

PATIENTS = "patient_id,sex,birth,death\nP1,F,1960-01-01,\nP2,male,,2024-05-01\nP3,,1950-12-31,\n"


@pytest.fixture
def load(tmp_path):
    def write(patients=PATIENTS, **tables):
        for name, text in {"patients": patients, **tables}.items():
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text)
        return Records.load(tmp_path)

    return write


def refused(load, code, **tables):
    with pytest.raises(TableError) as caught:
        load(**tables)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    return caught.value


def test_patients(load):
    records = load()
    patients = records.tables["patients"]
    assert patients["sex"].tolist() == ["female", "male", "unknown"]
    assert patients["death"].tolist() == [NO_DAY, day_of("2024-05-01"), NO_DAY]
    assert patients["npi"].tolist() == ["", "", ""]
    assert patients["row"].tolist() == [2, 3, 4]
    assert "administrations" not in records
    assert records.table("stays") is None


def test_doses_in_mg_or_with_their_unit(load):
    head = "patient_id,date,drug"
    records = load(
        administrations=f"{head},dose_mg,npi\nP1,2024-01-05, Trastuzumab ,421.5,1234567893.0\nP1,20240106,x,,\n"
    )
    table = records.tables["administrations"]
    assert table["dose"].tolist() == [421_500, NOT_KNOWN]
    assert table["drug"].tolist() == ["trastuzumab", "x"]
    assert table["npi"].tolist() == ["1234567893", ""]
    assert table["date"].tolist() == [day_of("2024-01-05"), day_of("2024-01-06")]
    units = load(
        administrations=f"{head},dose,unit\nP1,2024-01-05,x,0.5,g\nP1,2024-01-05,y,30,ug\nP1,2024-01-05,z,7,MG\n"
    )
    assert units.tables["administrations"]["dose"].tolist() == [500_000, 30, 7000]


def test_an_empty_result_stays_empty(load):
    head = "patient_id,collected,reported,test,origin,gene,result"
    results = load(results=f"{head}\nP1,2024-01-01,,Tumour Panel,Somatic,ERBB2,\n").tables["results"]
    assert results[["test", "origin", "gene", "result"]].iloc[0].tolist() == ["tumour panel", "somatic", "ERBB2", ""]
    assert results["reported"].tolist() == [NO_DAY]


def test_no_table_of_patients(load):
    refused(load, "table-missing", patients=None, stays="patient_id,admitted,discharged\nP1,2024-01-01,\n")


@pytest.mark.parametrize(
    ("tables", "code", "place"),
    [
        ({"patients": PATIENTS + "P1,male,,\n"}, "duplicate-patient", "row 5"),
        ({"patients": "patient_id,sex,birth,death\n,male,,\n"}, "missing-id", "row 2"),
        ({"patients": "patient_id,sex,birth,death\nP1,both,,\n"}, "unknown-level", "row 2"),
        ({"patients": "patient_id,sex,birth,death\nP1,male,,31.12.2020\n"}, "not-a-date", "row 2"),
        ({"administrations": "patient_id,date,drug,dose_mg\nP1,2024-01-01,x,-1\n"}, "not-a-number", "row 2"),
        ({"administrations": "patient_id,date,drug,dose_mg\nP1,2024-01-01,x,some\n"}, "not-a-number", "row 2"),
        ({"administrations": "patient_id,date,drug,dose,unit\nP1,2024-01-01,x,1,drops\n"}, "dose-unit", "row 2"),
        ({"administrations": "patient_id,date,drug\nP1,2024-01-01,x\n"}, "column-missing", None),
        ({"patients": "patient_id,birth,death\nP1,,\n"}, "column-missing", None),
    ],
)
def test_what_is_refused(load, tables, code, place):
    error = refused(load, code, **tables)
    assert place is None or str(error.place).startswith(place)
    assert "P1" not in str(error.reason)
