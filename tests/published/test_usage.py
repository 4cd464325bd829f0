"""What no data could make right: variants, horizons, options and tables that a published model does not have."""

import json

import pandas as pd
import pytest

from genorx import published
from genorx.errors import ModelFileError, TableError, UsageError
from genorx.published.tables import load_table


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("iwpc@2009", {"variant": "genetic"}, "published-variant"),
        ("prevent@2023", {"variant": "small"}, "published-variant"),
        ("prevent@2023", {"horizon": 5}, "published-horizon"),  # 10 and 30 years
        ("kfre@2016", {"horizon": 10}, "published-horizon"),  # 2 and 5 years
        ("kfre@2016", {"colour": "red"}, "published-option"),
    ],
)
def test_options_that_a_published_model_does_not_have_are_refused(name, options, code):
    with pytest.raises(UsageError) as error:
        published.load(name, **options).card  # noqa: B018
    assert error.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("no JSON", "published-table"), ('{"schema": 9, "model": "m@1", "coefficients": {}}', "published-table")],
)
def test_a_table_of_coefficients_of_another_kind_is_refused(tmp_path, text, code):
    """Its digest fits, so that only its kind can be wrong."""
    from genorx._core.provenance import json_digest

    (tmp_path / "m@1.json").write_text(text, encoding="utf-8")
    digest = json_digest(json.loads(text)) if text.startswith("{") else ""
    (tmp_path / "digests.json").write_text(json.dumps({"m@1": digest}), encoding="utf-8")
    with pytest.raises(ModelFileError) as error:
        load_table("m@1", tmp_path)
    assert error.value.code == code


def test_ids_that_pandas_made_floats_are_named_as_in_a_table():
    """A study of the same table calls them 101 and 102."""
    row = {"age_decade": 6, "height_cm": 170, "weight_kg": 70, "inducer": 0, "amiodarone": 0}
    frame = pd.DataFrame([row | {"cyp2c9": "*1/*1", "vkorc1": "GG"}] * 2).assign(patient_id=[101.0, 102.0])
    made = published.load("iwpc@2009").predict(frame)
    assert list(dict.fromkeys(made["patient_id"])) == ["101", "102"]
    with pytest.raises(TableError) as caught:
        published.load("iwpc@2009").predict(frame.assign(patient_id=["a", " "]))
    assert caught.value.code == "no-id"
