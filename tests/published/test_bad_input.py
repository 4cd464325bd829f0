"""An error with row and column, or no estimate for that patient with the reason."""

import numpy as np
import pandas as pd
import pytest

from genorx import published
from genorx.errors import InputError, ModelFileError, TableError, UsageError
from genorx.published.tables import load_table


def codes(model, frame):
    return {each.code for each in model.check(frame)}


def refused(model, frame, code):
    """True where the one patient has no number, with a serious finding of that code."""
    found = [each for each in model.check(frame) if each.severity == "serious"]
    numbers = model.predict(frame)["estimate"]
    return numbers.isna().all() and [each.code for each in found] == [code]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"age": -3}, "impossible-value", "age"),
        ({"age": 140}, "impossible-value", "age"),
        ({"age": "57 years"}, "not-a-number", "age"),
        ({"age": np.inf}, "not-a-number", "age"),
        ({"age": "５７"}, "not-a-number", "age"),  # digits of another script, as in every file
        ({"age": 1e308}, "impossible-value", "age"),
        ({"nodes": 1.5}, "not-an-integer", "nodes"),
        ({"grade": 4}, "unknown-level", "grade"),
        ({"grade": "II"}, "not-a-number", "grade"),
        ({"er": 2}, "unknown-level", "er"),
    ],
)
def test_what_no_patient_can_have_is_an_error_with_row_and_column(breast, changes, code, column):
    """Ranges and levels as the card of PREDICT Breast has them."""
    frame = pd.concat([breast(), breast(**changes)])
    frame.index = ["P1", "P2"]
    with pytest.raises(TableError) as caught:
        published.load("predict-breast@3.1").rank(frame)
    assert caught.value.code == code
    assert caught.value.place == f'row 2 column "{column}"'
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"age": 20}, "published-outside-range"),
        ({"age": 90}, "published-outside-range"),
        ({"size": 0}, "published-outside-range"),
        ({"size": -4}, "published-outside-range"),
        ({"size": 900}, "published-outside-range"),
        ({"er": 9}, "published-unknown-input"),
        ({"age": np.nan}, "published-unknown-input"),
        ({"sex": "male"}, "published-not-for-patient"),
        ({"metastatic": 1}, "published-not-for-patient"),
        ({"neoadjuvant": 1}, "published-not-for-patient"),
    ],
)
def test_a_woman_for_whom_predict_does_not_hold_gets_no_estimate(breast, changes, code):
    """Outside the range of the card: no estimate for that patient."""
    assert refused(published.load("predict-breast@3.1"), breast(**changes), code)


def test_a_refused_patient_takes_nobody_with_her(breast):
    """Ask of QRISK3's users: one missing value stopped the whole frame."""
    frame = breast(age=[57.0, 20.0, 57.0])
    values = published.load("predict-breast@3.1").evaluate(frame)["none.10.os"]
    assert values.isna().tolist() == [False, True, False]
    ranking = published.load("predict-breast@3.1").rank(frame)
    assert {option.advice for option in ranking["P1"].options} == {"no_estimate"}
    assert "age 20 years is outside 25 to 85" in ranking["P1"].options[0].no_estimate_reason


def test_roman_grades_come_in_by_an_explicit_map_only(breast):
    """Grade "II" only by an explicit map."""
    model = published.load("predict-breast@3.1", values={"grade": {"II": 2}})
    plain = published.load("predict-breast@3.1").evaluate(breast(grade=2))
    pd.testing.assert_frame_equal(model.evaluate(breast(grade="II")), plain)


def test_a_column_of_sizes_in_cm_is_an_error_with_the_factor(breast):
    """A column of sizes with median 2.2: read as millimetres, a size in cm adds 20 points of survival."""
    frame = breast(size=[1.1, 2.2, 2.2, 3.5])
    with pytest.raises(TableError, match=r"looks like cm") as caught:
        published.load("predict-breast@2.2").predict(frame)
    assert caught.value.code == "unit-suspect"
    assert "multiply by 10" in caught.value.hint
    assert not published.load("predict-breast@2.2", trusted=["size"]).predict(frame)["estimate"].isna().any()


def test_one_small_tumour_is_taken_with_a_warning(breast):
    """A frame of one row has the numbers that it has in a large one; a tumour of 5 mm is possible."""
    assert "published-unit-suspect" in codes(published.load("predict-breast@2.2"), breast(size=5.0))


def test_her2_unknown_takes_the_options_with_trastuzumab_only(breast):
    """HER2 unknown with trastuzumab asked (that option)."""
    answer = published.load("predict-breast@3.1").rank(breast(her2=9))["P0"]
    unknown = {option.option for option in answer.options if option.advice == "no_estimate"}
    assert unknown
    assert all("t" in option for option in unknown)
    assert all("t" not in option.option for option in answer.options if option.advice != "no_estimate")


def test_pr_is_ignored_by_2_2_with_a_finding(breast):
    """PR in 2.2 (ignored, finding)."""
    model = published.load("predict-breast@2.2")
    assert "published-input-ignored" in codes(model, breast())
    pd.testing.assert_frame_equal(model.evaluate(breast()), model.evaluate(breast().drop(columns="pr")))


def test_2_2_refuses_er_negative_with_unknown_grade(breast):
    """The authors' program counts an unknown grade as grade 1 there, which their paper does not say: refused."""
    assert refused(published.load("predict-breast@2.2"), breast(er=0, grade=9), "published-unknown-input")


PROSTATE = {"age": 66, "psa": 9.0, "t_stage": 2, "grade_group": 2, "charlson": 0}


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"t_stage": 5}, "unknown-level"), ({"grade_group": 0}, "unknown-level"), ({"grade_group": 7}, "unknown-level")],
)
def test_codes_of_predict_prostate_that_do_not_exist_are_errors(changes, code):
    """T5, grade group 0, Gleason 7 given as grade group."""
    with pytest.raises(TableError) as caught:
        published.load("predict-prostate@2025.03").predict(pd.DataFrame([PROSTATE | changes]))
    assert caught.value.code == code
    assert caught.value.place.startswith("row 1 column")
    if changes.get("grade_group") == 7:
        assert "Gleason" in caught.value.hint


@pytest.mark.parametrize("psa", [0, 250])
def test_psa_outside_of_the_model_takes_that_patient(psa):
    """PSA 0, 250."""
    frame = pd.DataFrame([PROSTATE | {"psa": psa}])
    assert refused(published.load("predict-prostate@2025.03"), frame, "published-outside-range")


def test_more_cores_involved_than_taken_is_an_error():
    """Cores involved > taken."""
    with pytest.raises(TableError, match="11 cores involved of 10 taken") as caught:
        published.load("predict-prostate@2025.03").predict(
            pd.DataFrame([PROSTATE | {"cores_taken": 10, "cores_involved": 11}])
        )
    assert caught.value.code == "contradiction"


def test_haemoglobin_in_g_per_l_is_an_error_with_the_factor(marrow):
    """Haemoglobin 95 under g/dL (column: factor 0.1)."""
    for name in ("ipssm@1.0.0", "ipssr@2012"):
        with pytest.raises(TableError, match="g/L") as caught:
            published.load(name).evaluate(marrow(HB=95.0).assign(ANC=1.0))
        assert "0.1" in caught.value.hint


def test_blasts_and_cytogenetics_outside_of_ipssm_take_that_patient(marrow):
    """Blasts 35, cytogenetics unknown (p)."""
    model = published.load("ipssm@1.0.0")
    assert refused(model, marrow(BM_BLAST=35.0), "published-outside-range")
    assert refused(model, marrow(CYTO_IPSSR=None), "published-unknown-input")


def test_a_vaf_in_per_cent_is_an_error(marrow):
    """A VAF of 42 is a percentage, as in one of the authors' public files; in another it is a fraction."""
    with pytest.raises(TableError) as caught:
        published.load("ipssm@1.0.0").evaluate(marrow(TP53maxvaf=42.0))
    assert "0.01" in caught.value.hint


def test_all_genes_unknown_is_answered_with_a_serious_finding(marrow):
    """All genes unknown (answer with a serious finding)."""
    model = published.load("ipssm@1.0.0")
    frame = marrow()
    genes = [name for name in frame if name.isupper() and name not in ("HB", "PLT", "BM_BLAST", "CYTO_IPSSR")]
    unknown = frame.drop(columns=[*genes, "TP53mut", "TP53maxvaf", "TP53loh", "MLL_PTD"], errors="ignore")
    found = [each for each in model.check(unknown) if each.code == "published-scenarios"]
    assert [each.severity for each in found] == ["serious"]
    assert model.evaluate(unknown).filter(like="score").notna().all(axis=None)


SCORE2 = {"age": 55, "sex": "male", "region": "Low", "smoker": 0, "sbp": 130, "tc": 5.0, "hdl": 1.3}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"diabetes": 1}, "published-not-for-patient"),
        ({"age": 39}, "published-outside-range"),
        ({"age": 90}, "published-outside-range"),
        ({"prior_cvd": 1}, "published-not-for-patient"),
    ],
)
def test_score2_refuses_whom_it_does_not_hold_for(changes, code):
    """Ask of RiskScorescvd's users (#15): diabetes in SCORE2."""
    assert refused(published.load("score2@2021"), pd.DataFrame([SCORE2 | changes]), code)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"region": "France"}, "unknown-level", "Low, Moderate, High and Very high"),
        ({"tc": 210}, "unit-suspect", "0.02586"),
        ({"hdl": 6.0}, "contradiction", ""),
    ],
)
def test_score2_tables_that_are_wrong(changes, code, words):
    """Region "France" (hint with the four names), cholesterol 210 as mmol/L, HDL > total."""
    with pytest.raises(TableError) as caught:
        published.load("score2@2021").evaluate(pd.DataFrame([SCORE2 | changes]))
    assert caught.value.code == code
    assert words in (caught.value.hint or "")


def test_prevent_refuses_30_years_at_62_and_a_missing_statin(heart):
    """PREVENT 30 years at 62, statin missing; the same patient has a 10-year number."""
    thirty = published.load("prevent@2023", horizon=30)
    assert refused(thirty, heart(age=62), "published-outside-range")
    assert not published.load("prevent@2023").predict(heart(age=62))["estimate"].isna().any()
    assert refused(published.load("prevent@2023"), heart(statin=np.nan), "published-unknown-input")


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("prevent@2023", None),
        ("kfre@2016", {"age": 60, "male": 1, "egfr": 30, "uacr": 0, "region": "north_america"}),
    ],
)
def test_zero_where_zero_is_impossible_is_an_error(heart, name, frame):
    """An eGFR of 0, an uACR of 0."""
    table = heart(egfr=0) if frame is None else pd.DataFrame([frame])
    with pytest.raises(TableError) as caught:
        published.load(name).evaluate(table)
    assert caught.value.code == "impossible-value"


def test_a_race_that_the_pooled_cohorts_do_not_know_is_refused_and_never_recoded():
    """Pooled cohort race not black or white, never recoded."""
    values = {"age": 55, "sex": "male", "race": "asian", "smoker": 0, "tc": 200, "hdl": 50, "sbp": 130}
    frame = pd.DataFrame([values | {"bp_meds": 0, "diabetes": 0}])
    for version in ("2013", "2018-yadlowsky"):
        assert refused(published.load(f"pooled-cohort@{version}"), frame, "published-not-for-patient")


LUNG = {"age": 62, "race": "white", "education": 3, "bmi": 27, "copd": 0, "personal_cancer": 0, "family_lung_cancer": 0}
LUNG |= {"current": 1, "cigs": 20, "smoking_years": 40, "quit_years": 0}


def test_plcom2012_refuses_never_smokers_and_a_current_smoker_who_quit():
    """Never-smoker in PLCOm2012, current with quit years."""
    model = published.load("plcom2012@2013")
    assert refused(
        model, pd.DataFrame([LUNG | {"cigs": 0, "smoking_years": 0, "current": 0}]), "published-not-for-patient"
    )
    assert refused(model, pd.DataFrame([LUNG | {"ever_smoker": 0}]), "published-not-for-patient")
    with pytest.raises(TableError, match="current smoker has 3 years since quitting"):
        model.evaluate(pd.DataFrame([LUNG | {"quit_years": 3}]))


def test_kfre_refuses_an_egfr_of_75():
    """KFRE eGFR 75."""
    frame = pd.DataFrame([{"age": 60, "male": 1, "egfr": 75, "uacr": 30, "region": "north_america"}])
    assert refused(published.load("kfre@2016"), frame, "published-outside-range")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cyp3a5": "*1/*6"}, "published-not-for-patient"),
        ({"day": 200}, "published-outside-range"),
        ({"organ": "liver"}, "published-not-for-patient"),
    ],
)
def test_tacrolimus_refuses_other_alleles_days_and_organs(changes, code):
    """Tacrolimus CYP3A5 *6, day 200, liver."""
    values = {"day": 10, "cyp3a5": "*1/*3", "steroid_sparing": 0, "age": 50, "ccb": 0}
    assert refused(published.load("tacrolimus-passey@2011"), pd.DataFrame([values | changes]), code)


def test_duplicate_ids_are_an_error(breast):
    """Duplicate ids."""
    with pytest.raises(TableError, match="appears twice") as caught:
        published.load("predict-breast@3.1").predict(pd.concat([breast(), breast()]))
    assert caught.value.code == "duplicate-ids"
    assert caught.value.place == 'row 2 column "patient_id"'


@pytest.mark.parametrize("name", published.names())
def test_an_empty_frame_gives_no_rows_and_no_error(name):
    """Empty frame (no rows out, no error)."""
    model = published.load(name)
    with_columns = pd.DataFrame({each.name: pd.Series(dtype=float) for each in model.card.inputs})
    for frame in (pd.DataFrame(), with_columns):
        assert len(model.evaluate(frame)) == len(model.predict(frame)) == len(model.rank(frame)) == 0


def test_a_name_without_version_is_an_error_that_lists_the_versions():
    """A version is always named: versions give other numbers."""
    with pytest.raises(InputError) as caught:
        published.load("predict-breast")
    assert caught.value.code == "published-version"
    assert "predict-breast@2.2, predict-breast@3.1, predict-breast@3.2" in caught.value.hint


@pytest.mark.parametrize("name", ["predict-breast@4.0", "predict-brest@3.1", "smart2@2022"])
def test_a_version_or_model_that_does_not_exist_is_an_error(name):
    """A version that does not exist."""
    with pytest.raises(InputError) as caught:
        published.load(name)
    assert caught.value.code in ("published-version", "published-name")
    assert caught.value.exit_code == 3


def test_a_tampered_table_is_refused(tmp_path):
    """A tampered table; one digit of one number is enough."""
    from genorx.published.tables import DATA

    for path in (DATA / "tables").glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    name = "kfre@2016"
    assert load_table(name, tmp_path)
    load_table.cache_clear()
    changed = (tmp_path / f"{name}.json").read_text().replace("0.2467", "0.2468")
    (tmp_path / f"{name}.json").write_text(changed)
    with pytest.raises(ModelFileError) as caught:
        load_table(name, tmp_path)
    assert caught.value.code == "published-table-changed"


def test_a_column_that_is_not_there_is_named_with_those_that_are(breast):
    with pytest.raises(TableError, match="no column 'size'") as caught:
        published.load("predict-breast@3.1").predict(breast().rename(columns={"size": "tumour"}))
    assert caught.value.code == "no-column"
    with pytest.raises(TableError) as near:
        published.load("predict-breast@3.1").predict(breast().rename(columns={"size": "size_mm"}))
    assert "mapping={'size': 'size_mm'} (--map size=size_mm)" in near.value.hint
    mapped = published.load("predict-breast@3.1", mapping={"size": "tumour"})
    assert not mapped.predict(breast().rename(columns={"size": "tumour"}))["estimate"].isna().any()


def test_an_option_or_horizon_that_the_model_does_not_have_is_a_usage_error(breast):
    model = published.load("predict-breast@2.2")
    for call in ({"options": ["r"]}, {"horizons": [16]}, {"horizons": [2.5]}):
        with pytest.raises(UsageError):
            model.predict(breast(), **call)
    with pytest.raises(UsageError):
        published.load("predict-breast@2.2", variant="x")
    with pytest.raises(UsageError):
        published.load("prevent@2023", variant="x")


@pytest.mark.parametrize("name", ["patient", "id", "Subject ID"])
def test_a_frame_whose_rows_have_no_names_takes_the_ids_of_its_column(breast, name):
    """A frame as read by pandas numbers its rows 0, 1: the ids are those of its column, not those numbers."""
    frame = pd.concat([breast(), breast()], ignore_index=True).drop(columns="patient_id", errors="ignore")
    ranking = published.load("predict-breast@3.1").rank(frame.assign(**{name: ["007", "7"]}))
    assert [answer.patient_id for answer in ranking] == ["007", "7"]
