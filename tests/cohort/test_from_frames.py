"""Studies and cohorts of data frames: the same as from files that hold the frames."""

import json

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_lung, load_rossi
from sksurv.datasets import load_cgvhd, load_flchain, load_gbsg2, load_veterans_lung_cancer, load_whas500

from genorx.cohort import Cohort, ColumnSpec, Outcome, Study
from genorx.errors import GenorxError, StudyError, UsageError


def content(time, event, unit, horizon, column=None, reference=None):
    """A study of one table, as its file would say it."""
    said = {
        "study": {"name": "small", "patient_id": "pid"},
        "tables": [{"path": "c.csv", "role": "clinical"}],
        "outcomes": {
            "os": {"table": "c.csv", "kind": "survival", "time": time, "event": event, "unit": unit}
            | {"horizons": [horizon]}
        },
    }
    return said | (
        {} if column is None else {"treatment": {"table": "c.csv", "column": column, "reference": reference}}
    )


def toml(said):
    """The same as a study file."""
    lines = []
    for name, section in said.items():
        if isinstance(section, list):
            lines += [line for each in section for line in (f"[[{name}]]", *_keys(each))]
        elif name == "outcomes":
            lines += [line for key, each in section.items() for line in (f"[outcomes.{key}]", *_keys(each))]
        else:
            lines += [f"[{name}]", *_keys(section)]
    return "\n".join(lines)


def _keys(section):
    return [f"{key} = {json.dumps(value)}" for key, value in section.items()]


def gbsg2():
    X, y = load_gbsg2()
    ids = pd.Index([f"P{row:03d}" for row in range(len(X))], name="pid")
    return X.assign(time=y["time"], cens=y["cens"]).set_axis(ids, axis=0)


def _flat(load, time, event):
    X, y = load()
    return X.assign(**{time: y[time], event: y[event]})


PACKAGED = {
    "gbsg2": (gbsg2, content("time", "cens", "days", 1826, "horTh", "no")),
    "rossi": (load_rossi, content("week", "arrest", "weeks", 26, "fin", "0")),
    "lung": (load_lung, content("time", "status", "days", 365, "sex", "1")),
    "veterans": (
        lambda: _flat(load_veterans_lung_cancer, "Survival_in_days", "Status"),
        content("Survival_in_days", "Status", "days", 100, "Treatment", "standard"),
    ),
}


@pytest.mark.parametrize("name", list(PACKAGED))
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_cohort_of_frames_is_that_of_its_files(name, suffix, tmp_path):
    """Expected values: the frame written as a file and read by a study file; a CSV counts its header as row 1."""
    load, said = PACKAGED[name]
    frame, said = load().rename_axis("pid"), json.loads(json.dumps(said).replace("c.csv", f"c.{suffix}"))
    table = frame.reset_index()
    table.to_csv(tmp_path / "c.csv", index=False) if suffix == "csv" else table.to_parquet(tmp_path / "c.parquet")
    (tmp_path / "study.toml").write_text(toml(said), encoding="utf-8")
    written, given = Study.read(tmp_path / "study.toml"), Study.from_frames(said, {"c": frame})
    expected, made = written.load(), given.load()
    pd.testing.assert_frame_equal(made.features, expected.features)
    pd.testing.assert_frame_equal(made.outcomes["os"].frame, expected.outcomes["os"].frame)
    pd.testing.assert_series_equal(made.design.treatment, expected.design.treatment)
    pd.testing.assert_frame_equal(made.flow, expected.flow)
    assert (made.specs, made.findings) == (expected.specs, expected.findings)
    audit, of_file = given.audit().to_dict(), written.audit().to_dict()
    assert audit == of_file


def test_rows_of_a_frame_are_counted_from_1_and_a_csv_has_its_header_above(tmp_path):
    """One impossible age: row 3 of the frame, row 4 of the file."""
    frame = pd.DataFrame({"pid": ["a", "b", "c", "d"], "age_years": [50, 60, 210, 70], "t": 1.0, "e": [0, 1, 1, 0]})
    said = content("t", "e", "days", 1)
    frame.to_csv(tmp_path / "c.csv", index=False)
    (tmp_path / "study.toml").write_text(toml(said), encoding="utf-8")
    made = Study.from_frames(said, {"c.csv": frame}).load().findings
    written = Study.read(tmp_path / "study.toml").load().findings
    at = [each.place for each in made if each.code == "impossible-value"]
    assert at == ['c.csv: row 3 column "age_years"']
    assert [each.place for each in written if each.code == "impossible-value"] == ['c.csv: row 4 column "age_years"']
    assert [each.code for each in made] == [each.code for each in written]


def test_the_digest_follows_the_content_of_the_frames():
    load, said = PACKAGED["rossi"]
    frame = load().rename_axis("pid")
    digest = Study.from_frames(said, {"c": frame}).digest()
    assert digest == Study.from_frames(said, {"c.csv": frame.convert_dtypes()}).digest()
    assert digest != Study.from_frames(said, {"c": frame.assign(age=frame["age"] + 1)}).digest()
    assert digest == Study.from_frames(said, {"c": frame}).load().digest


def test_a_frame_that_the_study_does_not_mention_is_named():
    load, said = PACKAGED["rossi"]
    cohort = Study.from_frames(said, {"c": load().rename_axis("pid"), "labs": load()}).load()
    assert [each.place for each in cohort.findings if each.code == "table-not-used"] == ["labs"]


def test_a_table_that_is_not_given_is_an_error_and_a_fault_of_the_audit():
    _, said = PACKAGED["rossi"]
    study = Study.from_frames(said, {"d": load_rossi()})
    with pytest.raises(StudyError) as caught:
        study.load()
    assert (caught.value.code, caught.value.file) == ("file-not-found", "c.csv")
    assert '"d"' in caught.value.hint
    assert not study.audit().ok


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("study.toml", "not-a-study"),
        ({"study": {"name": "x", "patient_id": "p"}, "tabels": []}, "unknown-key"),
        ({"study": {"name": "x"}}, "missing-key"),
        ({"study": {"name": "x", "patient_id": "p"}}, "no-features"),
        ({"study": {"name": "x", "patient_id": 3}, "tables": []}, "wrong-value"),
    ],
)
def test_a_mapping_is_checked_as_a_study_file(said, code):
    with pytest.raises(GenorxError) as caught:
        Study.from_frames(said, {})
    assert caught.value.code == code


def test_tuples_and_numbers_of_numpy_are_taken_for_lists_and_numbers():
    load, said = PACKAGED["rossi"]
    said = json.loads(json.dumps(said))
    said["outcomes"]["os"]["horizons"] = (np.int64(26),)
    made = Study.from_frames(said, {"c": load().rename_axis("pid")})
    assert made.content.outcomes["os"].horizons == [26]


X, y = load_gbsg2()
RFS = {"table": y, "unit": "days", "horizons": [1826]}
HORMONE = {"treatment": "horTh", "design": {"reference": "no"}}


def test_gbsg2_is_a_cohort_in_one_call():
    """Schumacher M et al. 1994, J Clin Oncol 12:2086: 686 patients, 299 events, 246 with hormonal therapy."""
    cohort = Cohort.from_frames(X, outcomes={"rfs": RFS}, **HORMONE)
    assert len(cohort.patients) == 686
    assert int(cohort.outcomes["rfs"].happened.sum()) == 299
    assert cohort.design.treatment.value_counts().to_dict() == {"no": 440, "yes": 246}
    assert "horTh" not in cohort.features
    assert cohort.features.index.tolist() == [str(row) for row in range(686)]


def outcome_of(**more):
    return Cohort.from_frames(more.pop("features", X), outcomes={"rfs": RFS | more}).outcomes["rfs"].frame


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(y),
        pd.DataFrame(y).sample(frac=1.0, random_state=0),
        pd.DataFrame(y).rename(columns={"cens": "event"}).assign(ward="A"),
        pd.DataFrame(y).assign(patient_id=[str(row) for row in range(686)]),
    ],
    ids=["frame", "other order", "time and event", "with an id"],
)
def test_an_outcome_is_a_structured_array_or_a_frame_by_patient(table):
    """Expected: the structured array of scikit-survival, row by row."""
    pd.testing.assert_frame_equal(outcome_of(table=table), outcome_of())


def test_an_array_belongs_to_the_rows_of_the_features():
    """Also where patients are named by a column, by labels, or some were taken out."""
    old = (X["age"] > 50).to_numpy()
    taken = outcome_of(features=X[old], table=y[old])
    assert taken["time"].tolist() == y["time"][old].tolist()
    named = outcome_of(features=X.assign(patient=[f"P{row}" for row in range(686)])[::-1], table=y[::-1])
    assert named.loc["P7", "time"] == y["time"][7]
    labelled = outcome_of(features=X.set_axis([f"P{row}" for row in range(686)], axis=0))
    assert labelled.loc["P7", "time"] == y["time"][7]
    split = X.assign(patient=[f"P{row}" for row in range(686)])
    assert outcome_of(features=split, table=pd.DataFrame(y)[::-1]).loc["P7", "time"] == y["time"][7]


def test_rows_that_may_not_belong_together_are_refused():
    old = (X["age"] > 50).to_numpy()
    with pytest.raises(UsageError) as caught:
        outcome_of(table=y[:-1])
    assert caught.value.code == "row-count"
    for features, table in ((X[old], pd.DataFrame(y[old])), (X, pd.DataFrame(y[old])), (X.head(9), pd.DataFrame(y))):
        with pytest.raises(UsageError) as caught:
            outcome_of(features=features, table=table)
        assert caught.value.code == "index-mismatch"


def test_rows_taken_out_of_a_numbered_frame_keep_their_numbers():
    known = pd.DataFrame(y)[y["time"] > 500]
    assert outcome_of(table=known)["time"].tolist() == y["time"][y["time"] > 500].tolist()
    assert outcome_of(features=X[X["age"] > 50], table=known).loc["1", "time"] == y["time"][1]


def test_each_frame_may_call_the_patient_by_its_own_name():
    ids = [f"P{row}" for row in range(686)]
    features = X.set_axis(pd.Index(ids, name="woman"), axis=0)
    for column in ("patient_id", "subject", "woman"):
        table = pd.DataFrame(y).assign(**{column: ids})[::-1]
        assert outcome_of(features=features, table=table).loc["P7", "time"] == y["time"][7]


def test_outcomes_of_other_kinds_come_as_series_lists_and_columns():
    """By hand."""
    frame = pd.DataFrame({"age": [50, 60, 70, 80], "dose": [1.5, 2.0, 4.0, None]}, index=list("abcd"))
    outcomes = {
        "response": {"kind": "binary", "table": pd.Series([True, False, None, True], index=list("abcd"))},
        "dose": {"kind": "continuous", "value": "dose", "unit": "mg"},
        "falls": {"kind": "count", "table": [0, 2, 1, 0]},
        "end": {
            "kind": "competing",
            "table": pd.DataFrame({"time": [1.0, 2, 3, 4], "event": [0, 1, 2, 1]}, index=list("abcd")),
            "causes": ["relapse", "death"],
            "unit": "years",
            "horizons": [2],
        },
    }
    made = Cohort.from_frames(frame, outcomes=outcomes).outcomes
    assert made["response"].frame["value"].to_dict() == {"a": 1.0, "b": 0.0, "d": 1.0}
    assert made["dose"].frame["value"].to_dict() == {"a": 1.5, "b": 2.0}  # of those with a known first outcome
    assert made["falls"].frame["value"].tolist() == [0, 2, 0]
    assert made["end"].frame["cause"].tolist() == [0, 1, 1]


def test_a_column_of_arrow_belongs_to_the_rows_of_the_features():
    arrow = pytest.importorskip("pyarrow")
    values = arrow.chunked_array([[True, None, False] + [True] * 683])
    made = Cohort.from_frames(X, outcomes={"response": {"kind": "binary", "table": values}}).outcomes["response"].frame
    assert made["value"].head(3).to_dict() == {"0": 1.0, "2": 0.0, "3": 1.0}


def test_an_outcome_of_a_cohort_can_be_given_again():
    made = Cohort.from_frames(X, outcomes={"rfs": RFS}, **HORMONE)
    again = Cohort.from_frames(made.features, outcomes=made.outcomes, design=made.design)
    pd.testing.assert_frame_equal(again.outcomes["rfs"].frame, made.outcomes["rfs"].frame)
    assert again.design is made.design
    grades = pd.DataFrame({"value": [0.0, 2.0, 1.0]}, index=["0", "1", "2"])
    toxicity = Outcome(name="t", kind="ordinal", frame=grades, levels=("1", "2", "3"), at_least="3", better="lower")
    made = Cohort.from_frames(X, outcomes={"rfs": RFS, "t": toxicity}).outcomes["t"]
    assert made.frame["value"].tolist() == [0.0, 2.0, 1.0]
    assert (made.levels, made.at_least, made.better) == (("1", "2", "3"), "3", "lower")


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({"treatment": X["horTh"], "design": {"reference": "no"}}, {"no", "yes"}),
        ({"treatment": (X["horTh"] == "yes").to_numpy(), "design": {"reference": False}}, {"0", "1"}),
        ({"design": {"column": "horTh", "reference": "no", "randomised": True}}, {"no", "yes"}),
        (
            {"treatment": X[["horTh"]]}
            | {"design": {"options": {"with": {"horTh": "yes"}, "without": {}}, "reference": "without"}},
            {"with", "without"},
        ),
    ],
)
def test_a_treatment_is_a_column_or_values_or_a_table(given, options):
    cohort = Cohort.from_frames(X, outcomes={"rfs": RFS}, **given)
    assert set(cohort.design.options) == options
    assert sorted(cohort.design.treatment.value_counts()) == [246, 440]


def test_a_table_of_treatments_has_several_rows_a_patient():
    """By hand: at the landmark on day 10 only a has had the transplant."""
    frame = pd.DataFrame({"age": [50.0, 60, 70], "t": [100, 90, 80], "e": [1, 1, 0]}, index=["a", "b", "c"])
    rows = pd.DataFrame(
        {"what": ["chemo", "hsct", "chemo", "chemo", "hsct"], "day": [1, 5, 1, 1, 30]}, index=list("aabcc")
    )
    design = {"design": "landmark", "landmark": 10, "start": "day", "reference": "chemo"}
    design |= {"options": {"transplant": {"what": "hsct"}, "chemo": {}}, "sensitivity_landmarks": []}
    os = {"kind": "survival", "time": "t", "event": "e", "unit": "days", "horizons": [50]}
    cohort = Cohort.from_frames(frame, outcomes={"os": os}, treatment=rows, design=design)
    assert cohort.design.treatment.astype(str).to_dict() == {"a": "transplant", "b": "chemo", "c": "chemo"}


def test_what_is_said_of_columns_is_what_a_study_file_says():
    rng = np.random.default_rng(0)
    frame = X.assign(creatinine=rng.normal(80, 10, 686), grade=X["tgrade"].astype(str))
    specs = {"creatinine": {"unit": "umol/L"}, "grade": ColumnSpec(type="ordinal", levels=("I", "II", "III"))}
    made = {each.name: each for each in Cohort.from_frames(frame, outcomes={"rfs": RFS}, specs=specs).specs}
    assert (made["creatinine"].unit, made["grade"].kind) == ("mg/dL", "ordinal")
    assert made["creatinine"].upper < 1.5  # 88.4 umol/L are 1 mg/dL


def test_tables_by_role_make_groups():
    tables = {"clinical": X[["age", "tgrade"]], "laboratory": X[["estrec", "progrec"]]}
    cohort = Cohort.from_frames(tables, outcomes={"rfs": RFS})
    assert cohort.groups == {"age": "clinical", "tgrade": "clinical", "estrec": "laboratory", "progrec": "laboratory"}


def test_categories_are_taken_as_the_frame_holds_them():
    """Numbers that are a category, and levels in order; text that is no category stays none."""
    frame = X.assign(
        arm=pd.Categorical(np.arange(686) % 3),
        stage=X["tgrade"].cat.as_ordered(),
        last_name=pd.Categorical([f"N{row}" for row in range(686)]),
        note=pd.Categorical([f"text {row} and so on" for row in range(686)]),
    )
    made = {each.name: each for each in Cohort.from_frames(frame, outcomes={"rfs": RFS}).specs}
    assert (made["arm"].kind, made["arm"].levels) == ("category", ("0", "1", "2"))
    assert (made["stage"].kind, made["stage"].levels) == ("ordinal", ("I", "II", "III"))
    assert not {"last_name", "note"} & set(made)


def codes(frame):
    found = Cohort.from_frames(frame, outcomes={"rfs": RFS}).findings
    return {(each.code, (each.place or "").partition('column "')[2].strip('"')) for each in found}


def test_columns_that_are_no_features_are_named_as_those_of_files_are():
    found = codes(
        X.assign(
            seen=pd.date_range("2000-01-01", periods=686),
            born=pd.date_range("1950-01-01 12:30", periods=686, tz="UTC"),
            one=pd.array([True, None] * 343, dtype="boolean"),
            nothing=np.nan,
            creatinine=np.r_[np.full(681, 0.9), np.full(5, 80.0)] + np.random.default_rng(0).normal(0, 0.05, 686),
        )
    )
    assert found >= {
        ("date-column", "seen"),
        ("date-column", "born"),
        ("constant-column", "one"),
        ("empty-column", "nothing"),
        ("unit-suspect", "creatinine"),
    }


def refusal(frame=X, **more):
    with pytest.raises(GenorxError) as caught:
        Cohort.from_frames(frame, **({"outcomes": {"rfs": RFS}} | more))
    assert caught.value.hint or caught.value.code in ("empty-table", "doubled-column")
    return caught.value


def test_what_cannot_be_taken_is_refused_with_table_row_and_column():
    again = refusal(pd.concat([X.head(3), X.head(1)]), outcomes=None)
    assert (again.code, again.file, again.place) == (
        "duplicate-patient",
        "features",
        'row 4 column "patient_id" (index 0)',
    )
    assert refusal(X.assign(a=[1.5, np.inf] * 343)).place == 'row 2 column "a" (index 1)'
    twice = pd.concat([X.assign(pid=range(686)), pd.Series(range(686), name="pid")], axis=1)
    assert refusal(twice).code == "doubled-column"
    assert refusal(X.head(0), outcomes=None).code == "empty-table"
    assert refusal(X.set_index(["age", "tsize"])).code == "no-id-column"
    assert refusal(X["age"]).code == "not-a-frame"
    events = pd.DataFrame({"time": y["time"], "event": y["cens"] + 1})
    assert refusal(outcomes={"rfs": RFS | {"table": events}}).place == 'row 1 column "event"'


def test_what_is_missing_from_the_call_is_named_with_its_cure():
    assert refusal(outcomes=y).code == "not-a-study"
    assert "unit" in refusal(outcomes={"rfs": y}).hint
    assert refusal(outcomes={"rfs": RFS | {"horizon": 3}}).hint == 'did you mean "horizons"?'
    reference = 'name the option with which the others are compared: design={"reference": ...}'
    assert refusal(treatment="horTh").hint == reference
    assert refusal(treatment="hor", design={"reference": "no"}).hint == 'did you mean "horTh"?'
    assert refusal(treatment="horTh", design={"reference": "none"}).code == "unknown-reference"
    assert refusal(specs={"agee": {"unit": "a"}}).code == "no-column"
    made = Cohort.from_frames(X, outcomes={"rfs": RFS}, **HORMONE)
    assert refusal(treatment="horTh", design=made.design).code == "two-treatments"
    assert refusal(X.head(5), outcomes={"rfs": RFS | {"table": y[:5]}}, design=made.design).code == "no-such-patient"


def test_a_design_without_an_outcome_is_named():
    made = Cohort.from_frames(X.head(3), outcomes=None, design={"column": "horTh", "reference": "no"})
    assert "treatment-not-used" in {each.code for each in made.findings}


def test_patients_need_no_outcome():
    made = Cohort.from_frames(X.head(3), outcomes=None)
    assert dict(made.outcomes) == {}
    assert made.patients.tolist() == ["0", "1", "2"]


@pytest.mark.parametrize("load", [load_whas500, load_flchain])
def test_other_packaged_cohorts_give_a_cohort(load):
    """Both have categories of numbers; leaks are found as in a file (length of stay, cause of death)."""
    X, y = load()
    cohort = Cohort.from_frames(X, outcomes={"death": {"table": y, "unit": "days", "horizons": [365]}})
    left = {each.place for each in cohort.findings if each.code in ("after-time-zero", "leakage-suspect")}
    assert left in ({'features: column "los"'}, {'features: column "chapter"'})


def test_a_frame_given_is_not_changed():
    before = X.copy()
    table = pd.DataFrame(y)
    Cohort.from_frames(X, outcomes={"rfs": RFS | {"table": table}}, **HORMONE)
    pd.testing.assert_frame_equal(X, before)
    assert table.columns.tolist() == ["cens", "time"]


def test_time_and_cause_of_a_structured_array_with_competing_causes_are_found():
    """Transplants for leukaemia: 100 patients, codes 0 to 3, of whom 86 had graft-versus-host disease (sksurv)."""
    X, y = load_cgvhd()
    plain = Cohort.from_frames(X, outcomes={"gvhd": {"table": y, "unit": "years", "horizons": [1]}}).outcomes["gvhd"]
    assert (plain.kind, plain.causes) == ("competing", ("cause 1", "cause 2", "cause 3"))
    assert plain.frame["cause"].tolist() == y["status"].tolist()
    names = ["GvHD", "relapse", "death"]
    named = {"table": y, "unit": "years", "horizons": [1], "causes": names}
    assert Cohort.from_frames(X, outcomes={"gvhd": named}).outcomes["gvhd"].causes == tuple(names)
