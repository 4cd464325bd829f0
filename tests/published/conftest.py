"""Examples of the published models, made by running public implementations, and small frames of made patients."""

import numpy as np
import pandas as pd
import pytest

from genorx import published


def _prevent(version):
    variant, horizon = version.split("_")
    return "prevent@2023", {"variant": variant, "horizon": int(horizon)}


#: Examples' file and version -> our model and options.
NAMES = {
    "albi": lambda _: ("albi@2015", {}),
    "cha2ds2_vasc": lambda _: ("cha2ds2-vasc@2010", {}),
    "cts5": lambda _: ("cts5@2018", {}),
    "gage": lambda version: ("gage@2008", {"variant": version}),
    "has_bled": lambda _: ("has-bled@2010", {}),
    "ipssm": lambda _: ("ipssm@1.0.0", {}),
    "ipssr": lambda _: ("ipssr@2012", {}),
    "iwpc": lambda version: ("iwpc@2009", {"variant": version}),
    "kfre": lambda version: ("kfre@2016", {"horizon": int(version[3])}),
    "khorana": lambda _: ("khorana@2008", {}),
    "plcom2012": lambda _: ("plcom2012@2013", {}),
    "pooled_cohort": lambda version: (
        f"pooled-cohort@{'2018-yadlowsky' if version == 'yadlowsky_2018' else version}",
        {},
    ),
    "predict_breast": lambda version: (f"predict-breast@{version}", {}),
    "predict_prostate": lambda _: ("predict-prostate@2025.03", {}),
    "prevent": _prevent,
    "score2": lambda version: ("score2-op@2021" if version == "op" else "score2@2021", {}),
    "score2_diabetes": lambda _: ("score2-diabetes@2023", {}),
    "tacrolimus": lambda _: ("tacrolimus-passey@2011", {}),
}


@pytest.fixture(scope="session")
def examples(shared):
    """``examples(file)`` -> list of (model, inputs, table with ``out.`` columns and ``tolerance``), one a version."""

    def read(file):
        table = pd.read_csv(shared / "data" / "published_models" / "examples" / f"{file}.csv", dtype={"version": str})
        made = []
        for version, part in table.groupby("version", sort=False):
            name, options = NAMES[file](version)
            inputs = part.filter(like="in.").rename(columns=lambda column: column.removeprefix("in."))
            made.append((published.load(name, **options), inputs, part))
        return made

    return read


@pytest.fixture
def breast():
    """``breast(age=...)``: one woman as a frame of one row; a list makes more rows."""

    def make(**changes):
        values = {
            "age": 57.0,
            "size": 29.0,
            "grade": 1,
            "nodes": 5,
            "er": 1,
            "pr": 1,
            "her2": 1,
            "ki67": 1,
            "screen": 0,
            "generation": 3,
            "smoker": 0,
            "heart_gy": 2.0,
            "postmenopausal": 1,
        } | changes
        return pd.DataFrame(
            {
                name: np.atleast_1d(np.array(value, dtype=object)) if isinstance(value, list) else value
                for name, value in values.items()
            },
            index=_index(values),
        ).infer_objects()

    return make


def _index(values):
    size = max((len(value) for value in values.values() if isinstance(value, list)), default=1)
    return [f"P{number}" for number in range(size)]


@pytest.fixture
def heart():
    """``heart(age=...)``: one patient with the inputs of PREVENT (mmol/L)."""

    def make(**changes):
        values = {
            "age": 55,
            "sex": "female",
            "smoker": 0,
            "tc_mmol": 5.2,
            "hdl_mmol": 1.3,
            "sbp": 130,
            "bp_meds": 0,
            "statin": 0,
            "diabetes": 0,
            "bmi": 27.0,
            "egfr": 90,
        } | changes
        return pd.DataFrame({key: [value] for key, value in values.items()}, index=["P1"])

    return make


@pytest.fixture
def marrow():
    """``marrow(TP53mut=...)``: one patient with all that IPSS-M asks for, no gene mutated."""

    def make(**changes):
        card = published.load("ipssm@1.0.0").card
        values = {each.name: 0 for each in card.inputs}
        values |= {"HB": 10.0, "PLT": 120.0, "BM_BLAST": 4.0, "CYTO_IPSSR": "Good", "TP53mut": "0", "TP53maxvaf": 0.0}
        return pd.DataFrame({key: [value] for key, value in (values | changes).items()}, index=["P1"])

    return make
