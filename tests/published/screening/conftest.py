"""One person who smokes, and what a user declares of screening."""

import pandas as pd
import pytest

OPTIONS = {
    "screening": {
        "reference": "do_not_screen",
        "threshold": 0.0151,
        "effect": {"relative_risk": 0.80, "lower": 0.70, "upper": 0.92, "source": "doi:10.1056/NEJMoa1102873"},
        "fatality": {"value": 0.6, "source": "doi:10.1/fatality"},
        "costs": {"screen": 900.0, "cancer_found": 20000.0, "currency": "USD"},
        "harms": [
            {"name": "false_positive", "probability": 0.25, "among": "without", "weight": 0.004, "source": "doi:10.1/h"}
        ],
    }
}


@pytest.fixture
def smoker():
    """``smoker(age=...)``: one person as a frame of one row; a list makes more rows."""

    def make(**changes):
        values = {
            "age": 64,
            "race": "white",
            "education": 3,
            "bmi": 26.0,
            "copd": 0,
            "personal_cancer": 0,
            "family_lung_cancer": 0,
            "current": 1,
            "cigs": 20,
            "smoking_years": 40,
            "quit_years": 0,
        } | changes
        rows = max((len(value) for value in values.values() if isinstance(value, list)), default=1)
        return pd.DataFrame(values, index=[f"P{number}" for number in range(rows)])

    return make


@pytest.fixture
def nodule():
    def make(**changes):
        values = {
            "age": 60,
            "ever_smoker": 1,
            "cancer_history": 0,
            "nodule_mm": 12.0,
            "spiculation": 1,
            "upper_lobe": 0,
        }
        return pd.DataFrame({key: [value] for key, value in (values | changes).items()}, index=["P0"])

    return make


@pytest.fixture
def options():
    """``options(costs=None)``: the content of a file of options, keys of [screening] changed or (None) left out."""

    def make(**changes):
        content = OPTIONS["screening"] | changes
        return {"screening": {key: value for key, value in content.items() if value is not None}}

    return make
