"""Schemas: JSON on disk is that of the code, accepts what we write and refuses what breaks it."""

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.tables.columns import ColumnSpec
from genorx.cohort.tables.schema import check_frame, column_record, record_model, schemas
from genorx.cohort.tables.variables import VARIABLES, find_variable
from genorx.errors import TableError

FOLDER = Path(__file__).resolve().parents[3] / "data_schemas"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schema_on_disk_is_that_of_the_code(name):
    on_disk = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert on_disk == schemas()[name], "write data_schemas/ anew from genorx.cohort.tables.schema.schemas()"
    jsonschema.Draft202012Validator.check_schema(on_disk)


def test_each_role_has_its_known_variables_with_unit_and_limits():
    laboratory = schemas()["laboratory"]["properties"]["glucose"]
    number = next(each for each in laboratory["anyOf"] if each["type"] == "number")
    assert (number["minimum"], number["maximum"]) == VARIABLES["glucose"].possible
    assert laboratory["x-unit"] == "mmol/L"
    assert len(VARIABLES) >= 25  # the brief asks for about 25 common variables


def test_a_record_with_an_impossible_value_is_refused_by_both_schemas():
    """Age 210 breaks the limit of 125 in pydantic and in JSON Schema alike."""
    from pydantic import ValidationError

    record = {"patient_id": "P1", "age": 210}
    with pytest.raises(ValidationError):
        record_model("clinical").model_validate(record)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, schemas()["clinical"])
    jsonschema.validate(record | {"age": 50, "anything": "else"}, schemas()["clinical"])


def test_a_feature_spec_is_what_the_feature_schema_says():
    spec = FeatureSpec(name="age", kind="number", group="clinical", unit="a", lower=1.0, upper=2.0, source="c.csv")
    jsonschema.validate(spec.to_dict(), schemas()["feature"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec.to_dict() | {"kind": "text"}, schemas()["feature"])


def test_what_is_said_of_a_column_is_checked():
    said = {"unit": "kg", "type": "number", "missing": [-9, "refused"]}
    assert column_record("weight", said) == ColumnSpec(unit="kg", type="number", missing=(-9.0, "refused"))
    with pytest.raises(TableError) as caught:
        column_record("weight", {"units": "kg"})
    assert (caught.value.code, caught.value.place) == ("column", 'column "weight"')
    assert "units" in caught.value.reason


SPECS = (
    FeatureSpec(name="age_years", kind="number", group="clinical", unit="a"),
    FeatureSpec(name="sex", kind="category", group="clinical", levels=("f", "m")),
    FeatureSpec(name="flag", kind="boolean", group="clinical"),
)


def frame(age=50.0, flag=1):
    columns = {
        "age_years": pd.array([age, None], dtype="Float64"),
        "sex": pd.Categorical(["f", None], categories=["f", "m"]),
        "flag": pd.array([flag, None], dtype="Int8"),
    }
    return pd.DataFrame(columns, index=pd.Index(["P1", "P2"], name="patient_id"))


def test_a_typed_frame_passes_its_schema():
    assert check_frame(frame(), SPECS) is not None


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (frame(age=210.0), "age_years"),
        (frame(flag=3), "flag"),
        (frame().assign(sex=["f", "x"]), "sex"),
        (frame().drop(columns="flag"), "flag"),
    ],
    ids=["limit", "not 0 or 1", "level", "absent"],
)
def test_a_frame_that_breaks_its_schema_is_refused_by_column(bad, column):
    with pytest.raises(TableError) as caught:
        check_frame(bad, SPECS, file="c.csv")
    assert caught.value.code == "schema"
    assert column in caught.value.failures["column"].tolist()
    assert caught.value.place == f'column "{column}"'


def test_all_faults_of_a_frame_come_at_once():
    with pytest.raises(TableError) as caught:
        check_frame(frame(age=210.0, flag=3), SPECS)
    assert set(caught.value.failures["column"]) == {"age_years", "flag"}


@pytest.mark.parametrize(
    ("column", "name"),
    [("Hb", "haemoglobin"), ("wbc_1e9_per_l", "leukocytes"), ("SBP", "systolic_pressure"), ("wt71", "weight")],
)
def test_known_variables_are_found_by_their_short_names(column, name):
    assert find_variable(column) is VARIABLES[name]


def test_importing_the_room_loads_no_schema_library():
    """Pandera takes longer to import than all the rest: it is loaded where a frame is checked."""
    import subprocess
    import sys

    code = "import sys, genorx.cohort.tables.table, genorx.cohort.tables.schema; print('pandera' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
