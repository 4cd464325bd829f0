"""Rankings of patients in data frames: the same as of their files."""

import json

import pandas as pd
import pytest
from sksurv.datasets import load_gbsg2

import genorx as gx
from genorx.ranking.model.ranker_state import ranker_state

X, y = (part[:250] for part in load_gbsg2())
IDS = pd.Index([f"P{row:03d}" for row in range(len(X))], name="patient_id")
FRAME = X.set_axis(IDS, axis=0).assign(time=y["time"], cens=y["cens"])
STUDY = """
[study]
name = "gbsg2"
patient_id = "patient_id"
[[tables]]
path = "features.csv"
role = "clinical"
[treatment]
table = "features.csv"
column = "horTh"
reference = "no"
[outcomes.rfs]
table = "features.csv"
kind = "survival"
time = "time"
event = "cens"
unit = "days"
horizons = [1826]
"""
RFS = {"kind": "survival", "time": "time", "event": "cens", "unit": "days", "horizons": [1826]}


@pytest.fixture(scope="module")
def cohort():
    return gx.Cohort.from_frames(FRAME, outcomes={"rfs": RFS}, treatment="horTh", design={"reference": "no"})


@pytest.fixture(scope="module")
def ranker(cohort):
    return gx.TreatmentRanker(n_draws=200).fit(cohort)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The study and three of its patients as files."""
    place = tmp_path_factory.mktemp("gbsg2")
    FRAME.to_csv(place / "features.csv")
    (place / "study.toml").write_text(STUDY, encoding="utf-8")
    FRAME.head(3).drop(columns=["time", "cens"]).to_csv(place / "patients.csv")
    patients = STUDY[: STUDY.index("[treatment]")].replace("features.csv", "patients.csv")
    (place / "patients.toml").write_text(patients, encoding="utf-8")
    return place


PATIENTS = FRAME.head(3).drop(columns=["time", "cens"])


def answers(ranking):
    """The ranking's JSON without what differs: the study's name, digests, rows (a CSV counts its header)."""
    stated = json.loads(ranking.to_json())
    for each in stated:
        del each["provenance"], each["comparison"]["study"]
        for finding in each["findings"]:
            finding.pop("place")
    return json.dumps(stated)


def test_a_frame_gives_the_model_and_the_ranking_of_its_file_to_the_byte(ranker, folder):
    of_file = gx.TreatmentRanker(n_draws=200).fit(gx.Study.read(folder / "study.toml").load())
    made, written = (ranker_state(each) for each in (ranker, of_file))
    for state in (made[0], written[0]):
        state["study_digest_"], state["name_"] = "", ""
        state["specs"] = [spec | {"source": ""} for spec in state["specs"]]
        state["findings"] = [finding | {"place": ""} for finding in state["findings"]]
    assert json.dumps(made[0]).replace("features.csv", "features") == json.dumps(written[0]).replace(
        "features.csv", "features"
    )
    assert {name: each.tobytes() for name, each in made[1].items()} == {
        name: each.tobytes() for name, each in written[1].items()
    }
    patients = gx.Study.read(folder / "patients.toml").load(outcomes=False, schema=of_file.specs_)
    assert answers(ranker.rank(PATIENTS)) == answers(of_file.rank(patients))
    pd.testing.assert_frame_equal(ranker.predict(PATIENTS), of_file.predict(patients))


@pytest.mark.parametrize("kind", ["nullable", "arrow", "object", "text", "shuffled"])
def test_the_type_and_the_order_of_columns_change_nothing(kind, ranker):
    frame = {
        "nullable": PATIENTS.convert_dtypes(),
        "arrow": PATIENTS.convert_dtypes(dtype_backend="pyarrow"),
        "object": PATIENTS.astype(object),
        "text": PATIENTS.astype(str),
        "shuffled": PATIENTS[sorted(PATIENTS, reverse=True)],
    }[kind]
    pd.testing.assert_frame_equal(ranker.predict(frame), ranker.predict(PATIENTS))


def test_features_of_a_cohort_are_patients(ranker, cohort):
    """What a cohort holds is in the model's units; the cohort itself gives the same."""
    some = cohort.only(IDS[:3])
    pd.testing.assert_frame_equal(ranker.predict(some.features), ranker.predict(some))


def test_rank_fits_and_ranks_in_one_call(ranker, cohort, folder):
    given = answers(ranker.rank(PATIENTS))
    plain = gx.TreatmentRanker(n_draws=200)
    assert answers(gx.rank(cohort, PATIENTS, ranker=plain)) == given
    assert answers(gx.rank(gx.Study.read(folder / "study.toml"), PATIENTS, ranker=plain)) == given
    assert answers(gx.rank(folder / "study.toml", folder / "patients.toml", ranker=plain)) == given
    assert not hasattr(plain, "fits_")


def test_a_study_tells_how_patients_in_a_frame_are_written():
    """Months and -9 of the study's file are months and unknown of the patients too; its id column is theirs."""
    said = {
        "study": {"name": "months", "patient_id": "nr"},
        "tables": [{"path": "c", "role": "clinical", "columns": {"age": {"unit": "mo", "missing": [-9]}}}],
        "treatment": {"table": "c", "column": "horTh", "reference": "no"},
        "outcomes": {"rfs": RFS | {"table": "c"}},
    }
    frame = FRAME.assign(age=FRAME["age"] * 12).rename_axis("nr")
    study = gx.Study.from_frames(said, {"c": frame})
    patients = frame.head(2).drop(columns=["time", "cens"]).assign(age=[840.0, -9]).reset_index()
    ranking = gx.rank(study, patients, ranker=gx.TreatmentRanker(n_draws=50))
    assert [each.patient_id for each in ranking.answers] == ["P000", "P001"]
    stated = [[finding.code for finding in each.findings] for each in ranking.answers]
    assert stated == [[], ["imputed"]]


def codes(ranker, frame):
    ranking = ranker.rank(frame)
    return {each.code for each in ranking.findings} | {each.code for one in ranking.answers for each in one.findings}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda frame: frame.drop(columns="pnodes"), "feature-absent"),
        (lambda frame: frame.assign(ward="A"), "column-not-in-model"),
        (lambda frame: frame.assign(tgrade="IV"), "unseen-level"),
        (lambda frame: frame.assign(tgrade=[1, 2, 3]), "unseen-level"),
        (lambda frame: frame.assign(age=["seventy", 56, 58]), "mixed-column"),
        (lambda frame: frame.assign(age=pd.to_datetime(["1950-01-01"] * 3)), "mixed-column"),
        (lambda frame: frame.assign(age=140.0), "impossible-value"),
        (lambda frame: frame.assign(pnodes=500), "outside-training-range"),
        (lambda frame: frame.assign(pnodes=None), "imputed"),
    ],
)
def test_a_patient_frame_of_another_shape_is_answered_and_named(change, code, ranker):
    """The codes are those that a file of the same content gets."""
    assert code in codes(ranker, change(PATIENTS))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (PATIENTS.head(0), "empty-table"),
        (pd.concat([PATIENTS, PATIENTS]), "duplicate-patient"),
        (PATIENTS.assign(age=[float("inf"), 50, 60]), "infinite-value"),
        (PATIENTS.iloc[0], "not-a-frame"),
        (3, "not-a-frame"),
    ],
)
def test_what_cannot_be_ranked_is_refused(frame, code, ranker):
    for ask in (ranker.rank, ranker.predict, ranker.estimate):
        with pytest.raises(gx.GenorxError) as caught:
            ask(frame)
        assert caught.value.code == code


def test_a_gene_in_a_frame_is_taken_where_there_are_no_variant_files(made_cohort):
    """Cohorts of variants have genes; a frame of their features keeps them."""
    cohort = made_cohort(200, binary=False)
    ranker = gx.TreatmentRanker(n_draws=50).fit(cohort)
    some = cohort.only(cohort.patients[30:33])
    pd.testing.assert_frame_equal(ranker.predict(some.features), ranker.predict(some))
    assert "feature-absent" not in codes(ranker, some.features)
