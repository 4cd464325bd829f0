"""The schemas in ``data_schemas/`` are those that the code writes."""

import json
from pathlib import Path

import jsonschema
import pytest

from genorx.audit.claim_table import NAMES, claims_schema
from genorx.audit.reading_info import reading_schema

FOLDER = Path(__file__).resolve().parents[2] / "data_schemas"


@pytest.mark.parametrize(("name", "schema"), [("claims", claims_schema()), ("claims_info", reading_schema())])
def test_the_schema_on_disk_is_the_codes(name, schema):
    on_disk = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert on_disk == schema, "write data_schemas/ anew: nox -s schemas"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_column_is_described():
    assert tuple(claims_schema()["properties"]) == NAMES
    assert all(each["description"] for each in claims_schema()["properties"].values())
