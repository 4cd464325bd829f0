"""Records from OMOP tables: expected values are what the cells say."""

import os
from pathlib import Path

import pytest

from genorx.audit import Records
from genorx.audit.days import NO_DAY, day_of
from genorx.audit.exact import NOT_KNOWN
from genorx.errors import InputError

CONCEPTS = """concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,concept_code
1,trastuzumab 150 MG Injection [Herceptin],Drug,RxNorm,Clinical Drug,x
2,Tumour panel,Measurement,LOINC,Lab Test,y
3,amplified,Meas Value,LOINC,Answer,z
"""
PERSONS = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n7,8532,1960,2,3\n8,0,1970,,\n"
EXPOSURES = "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date\n1,7,1,2024-01-05\n"
MEASUREMENTS = (
    "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_concept_id\n1,7,2,2024-01-02,3\n"
)


@pytest.fixture
def folder(tmp_path):
    tables = {"concept": CONCEPTS, "person": PERSONS, "drug_exposure": EXPOSURES, "measurement": MEASUREMENTS}
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "death.csv").write_text("person_id,death_date\n7,2024-05-01\n")
    return tmp_path


def test_exposures_are_administrations_and_measurements_results(folder):
    records = Records.load(folder)
    patients = records.tables["patients"]
    assert patients[["patient_id", "sex"]].to_numpy().tolist() == [["7", "female"], ["8", "unknown"]]
    assert patients["death"].tolist() == [day_of("2024-05-01"), NO_DAY]
    given = records.tables["administrations"]
    assert given[["patient_id", "drug", "date", "dose"]].iloc[0].tolist() == [
        "7",
        "trastuzumab",
        day_of("2024-01-05"),
        NOT_KNOWN,  # OMOP has no dose in mg
    ]
    result = records.tables["results"].iloc[0]
    assert result[["test", "result"]].tolist() == ["tumour panel", "amplified"]
    assert result["collected"] == result["reported"] == day_of("2024-01-02")
    assert {source.table for source in records.sources} == {"patients", "administrations", "results"}


def test_a_packed_table_is_refused_and_not_passed_over(folder):
    """Without the exposures no dose would be in the record of anybody."""
    (folder / "drug_exposure.csv").rename(folder / "drug_exposure.csv.gz")
    with pytest.raises(InputError, match=r"drug_exposure\.csv\.gz is compressed") as caught:
        Records.load(folder)
    assert caught.value.code == "omop-table"


def test_a_published_folder_is_read():
    """The toy folder of OMOP 5.4 that comes with the development data."""
    shared = Path(os.environ.get("GENORX_SHARED", "../shared")) / "data/interop/omop/toy"
    if not shared.is_dir():
        pytest.skip("development data are not here (GENORX_SHARED)")
    records = Records.load(shared)
    assert len(records.tables["patients"]) > 0
    assert (records.tables["administrations"]["date"] != NO_DAY).all()
