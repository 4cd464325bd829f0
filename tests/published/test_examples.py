"""Every open example within its tolerance: values of public implementations (see the examples' own README)."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx import published

FILES = ("albi", "cha2ds2_vasc", "cts5", "gage", "has_bled", "ipssm", "ipssr", "iwpc", "kfre", "khorana", "plcom2012")
FILES += ("pooled_cohort", "predict_breast", "predict_prostate", "prevent", "score2", "score2_diabetes", "tacrolimus")


def _differences(got, part):
    for column in part.filter(like="out."):
        expected = part[column]
        if expected.isna().all():
            continue
        found = got[column.removeprefix("out.")]
        if expected.dtype.kind in "if":
            wrong = expected.notna() & ~((found - expected).abs() <= part["tolerance"])
        else:
            wrong = expected.notna() & (found != expected)
        for row in expected.index[wrong]:
            yield row, column, found[row], expected[row]


@pytest.mark.parametrize("file", FILES)
def test_every_open_example_is_within_its_tolerance(examples, file):
    checked = 0
    for model, inputs, part in examples(file):
        got = model.evaluate(inputs)
        assert list(got.index) == list(inputs.index)
        assert not list(_differences(got, part))
        checked += len(part)
    assert checked >= 8


def test_every_model_of_the_list_has_an_open_example():
    """22 names and versions; and that of lung nodules."""
    assert set(published.list()["name"]) == set(published.names())
    assert len(published.names()) == 23


@pytest.mark.parametrize("file", FILES)
def test_one_row_a_permutation_and_other_types_give_the_same_numbers(examples, file):
    """A permuted frame, a frame of one row, extra columns, nullable types and categories: the same numbers."""
    for model, inputs, _ in examples(file):
        whole = model.evaluate(inputs)
        order = np.random.default_rng(0).permutation(len(inputs))
        changed = inputs.assign(another=1).iloc[order].convert_dtypes()
        for name in changed.select_dtypes("string"):
            changed[name] = changed[name].astype("category")
        pd.testing.assert_frame_equal(model.evaluate(changed), whole.iloc[order], rtol=0, atol=1e-14)
        pd.testing.assert_frame_equal(model.evaluate(inputs.iloc[[1]]), whole.iloc[[1]], rtol=0, atol=1e-14)
        texts = inputs.astype(object).map(lambda cell: cell if pd.isna(cell) else str(cell))
        pd.testing.assert_frame_equal(model.evaluate(texts), whole, rtol=0, atol=1e-14)


@pytest.mark.parametrize("file", FILES)
def test_predict_gives_the_numbers_of_evaluate_in_the_long_form(examples, file):
    """The columns of genorx predict."""
    for model, inputs, _ in examples(file):
        long = model.predict(inputs)
        assert list(long.columns) == ["patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk"]
        if len(model.all_options()) > 1:
            continue
        wide = model.evaluate(inputs).select_dtypes("number")
        tall = long["estimate"].to_numpy().reshape(len(inputs), -1)
        np.testing.assert_array_equal(np.sort(tall, axis=1), np.sort(wide.to_numpy(), axis=1))


def test_the_worked_example_of_predict_breast_2_2(breast):
    """The authors' R program: 57 years, 29 mm, grade 1, 5 nodes, ER+, HER2+, Ki67+, symptoms, generation 3."""
    row = published.load("predict-breast@2.2").evaluate(breast()).iloc[0]
    expected = {"none.10.os": 0.642411, "h.10.os": 0.723743, "hc.10.os": 0.792801, "hctb.10.os": 0.849467}
    expected |= {"none.5.os": 0.847390, "hctb.5.os": 0.941977}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=1e-6), name


def test_the_worked_example_of_predict_prostate():
    """The authors' compiled model: 57 years, PSA 88.6804, T1, group 5, 51.1758 % of cores, BRCA, conservative."""
    man = pd.DataFrame(
        {"age": [57], "psa": [88.6804], "t_stage": [1], "grade_group": [5], "charlson": [0], "brca": [1]}
    )
    man = man.assign(cores_taken=170, cores_involved=87)  # 51.1765 %
    table = published.load("predict-prostate@2025.03").predict(man, horizons=[1, 15], options=["conservative"])
    found = table.set_index(["time", "outcome"])["estimate"]
    assert found[1, "cancer"] == pytest.approx(0.013231, abs=1e-6)
    assert found[1, "other"] == pytest.approx(0.001908, abs=1e-6)
    assert found[15, "cancer"] == pytest.approx(0.727584, abs=1e-5)
    assert found[15, "other"] == pytest.approx(0.092301, abs=1e-5)


def test_score2_op_is_in_full_precision_and_near_the_worked_example_of_two_decimals(shared):
    """0.1516 by the printed table (Eur Heart J 2021;42:2455), here by hand; the authors' Stata program gives 0.1528."""
    values = {"age": 75, "sex": "female", "region": "Low", "smoker": 1, "sbp": 140, "tc": 5.5, "hdl": 1.3}
    frame = pd.DataFrame({key: [value] for key, value in values.items()})
    table = json.loads((shared / "data" / "published_models" / "score2.json").read_text())
    w, (first, second) = table["op"]["female"], table["region_scales"]["op"]["female"]["Low"]
    age, sbp, tc, hdl = 2, -10, -0.5, -0.1
    index = w["age"] * age + w["smoker"] + w["sbp"] * sbp + w["tc"] * tc + w["hdl"] * hdl
    index += age * (w["age_smoker"] + w["age_sbp"] * sbp + w["age_tc"] * tc + w["age_hdl"] * hdl) - w["mean_lp"]
    rounded = 1 - np.exp(-np.exp(first + second * np.log(-np.log(w["s0"]) * np.exp(index))))
    assert rounded == pytest.approx(0.1516, abs=0.0005)
    found = published.load("score2-op@2021").evaluate(frame)["risk"][0]
    assert found == pytest.approx(rounded, abs=0.0015)
    assert found == pytest.approx(0.15276, abs=1e-5)


def test_the_worked_example_of_plcom2012_has_its_race_terms_in_place():
    """Tammemägi MC et al. 2013, N Engl J Med 368:728: 0.0254; 0.0678 if the two race terms were swapped."""
    values = {"age": 62, "race": "american indian or alaskan native", "education": 3, "bmi": 27, "copd": 0}
    values |= {"personal_cancer": 0, "family_lung_cancer": 0, "current": 1, "cigs": 20, "smoking_years": 40}
    frame = pd.DataFrame({key: [value] for key, value in (values | {"quit_years": 0}).items()})
    model = published.load("plcom2012@2013")
    assert model.evaluate(frame)["risk"][0] == pytest.approx(0.0254, abs=5e-5)
    other = frame.assign(race="native hawaiian or pacific islander")
    assert model.evaluate(other)["risk"][0] == pytest.approx(0.0678, abs=5e-5)


def test_the_worked_example_of_kfre_is_in_mg_per_g():
    """Python package kfre 0.1.18: 0.2456; 0.1001 if mg/mmol is taken for mg/g."""
    frame = pd.DataFrame({"age": [60], "male": [1], "egfr": [30], "uacr": [300.0], "region": ["north_america"]})
    model = published.load("kfre@2016", horizon=5)
    assert model.evaluate(frame)["risk"][0] == pytest.approx(0.2456, abs=5e-5)
    assert model.evaluate(frame.assign(uacr=300 / 8.84))["risk"][0] == pytest.approx(0.1001, abs=5e-4)
