"""Open questions: which inputs are listed, in what order, and what is said of each."""

import numpy as np
import pandas as pd
import pytest

from genorx.care import QuestionSection, plot_questions, questions
from genorx.care.information.values import InputValues
from genorx.care.information.worth import Worth
from genorx.cli.app import run
from genorx.cohort import Cohort, Study
from genorx.errors import InputError, UsageError
from genorx.ranking import Ranking, TreatmentRanker
from genorx.ranking.answer.standing import standings

_COLUMNS = [
    "patient_id", "place", "feature", "table", "column", "p_change", "expected_gain", "width_now", "width_after",
    "cost", "advice_now", "likely_change",
]  # fmt: skip
_N = 420
_STUDY = """
[study]
name = "made"
patient_id = "patient_id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "clinical.csv"
column = "arm"
randomised = true
reference = "old"
[outcomes.os]
table = "clinical.csv"
kind = "survival"
time = "months"
event = "died"
unit = "months"
horizons = [36]
[ranking]
primary = "os"
horizon = 36
"""


def _table():
    """A trial in which the new drug helps carriers of the marker much, harms others, and nothing else moves the gap.

    ``twin`` says the same as the marker in 95 of 100; ``noise`` and ``flag`` move nothing.
    """
    rng = np.random.default_rng(3)
    marker = rng.random(_N) < 0.5
    twin = np.where(rng.random(_N) < 0.95, marker, ~marker)
    age, noise = rng.normal(60, 9, _N).round(1), rng.normal(size=_N).round(3)
    arm = rng.integers(0, 2, _N)
    log_hazard = 0.03 * (age - 60) + arm * np.where(marker, -1.3, 0.9)
    event, end = rng.exponential(size=_N) * 24 * np.exp(-log_hazard), rng.uniform(20, 60, _N)
    return pd.DataFrame(
        {
            "patient_id": [f"P{row:03d}" for row in range(_N)],
            "age_years": age,
            "noise": noise,
            "marker": marker.astype(int),
            "twin": twin.astype(int),
            "flag": np.where(rng.random(_N) < 0.3, "yes", "no"),
            "arm": np.where(arm == 1, "new", "old"),
            "months": np.minimum(event, end).round(3),
            "died": (event <= end).astype(int),
        }
    )


def _open_patients():
    """Return patients of whom something is not known, and one of whom all is."""
    frame = _table().head(4).drop(columns=["arm", "months", "died"]).astype(object)
    frame.loc[0, ["noise", "marker", "twin", "flag"]] = None
    frame.loc[1, ["marker", "noise"]] = None  # the twin is known
    frame.loc[2, ["age_years", "noise", "flag"]] = None  # the marker is known
    return frame


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The trial as a study with its model, and a study of patients of whom something is not known."""
    folder = tmp_path_factory.mktemp("questions")
    _table().to_csv(folder / "clinical.csv", index=False)
    (folder / "study.toml").write_text(_STUDY)
    (folder / "open").mkdir()
    _open_patients().to_csv(folder / "open" / "clinical.csv", index=False)
    (folder / "open" / "patients.toml").write_text(_STUDY.partition("[treatment]")[0])
    return folder


@pytest.fixture(scope="module")
def cohort(home):
    return Study.read(home / "study.toml").load()


@pytest.fixture(scope="module")
def ranker(cohort, home):
    fitted = TreatmentRanker(n_draws=400).fit(cohort)
    fitted.save(home / "study.model")
    return fitted


@pytest.fixture(scope="module")
def ranking(ranker, home):
    patients = Study.read(home / "open" / "patients.toml").load(outcomes=False, schema=ranker.specs_)
    return ranker.rank(patients)


@pytest.fixture(scope="module")
def asked(ranking, cohort):
    return questions(ranking, cohort=cohort)


def _of(frame, patient):
    return frame[frame["patient_id"] == patient].set_index("feature")


def test_unknown_inputs_are_listed_and_known_ones_never(asked):
    assert list(asked) == _COLUMNS
    assert set(_of(asked, "P000").index) == {"noise", "marker", "twin", "flag"}
    assert set(_of(asked, "P001").index) == {"marker", "noise"}
    assert set(_of(asked, "P002").index) == {"age_years", "noise", "flag"}
    assert _of(asked, "P003").empty
    assert asked["place"].tolist() == [1, 2, 3, 4, 1, 2, 1, 2, 3]
    assert set(asked["table"]) == {"clinical.csv"}
    assert asked["column"].tolist() == asked["feature"].tolist()


def test_what_decides_comes_first_and_may_change_the_advice(asked, ranking):
    """Without the marker half of such patients do better under each option."""
    first = _of(asked, "P000").iloc[0]
    assert first.name == "marker"
    assert 0.3 <= first["p_change"] <= 1
    assert first["expected_gain"] > 1  # months; the gap is about eight either way
    assert first["width_after"] < 0.8 * first["width_now"]
    assert first["advice_now"] == ranking["P000"].options[0].advice
    assert first["likely_change"].startswith(f"{ranking['P000'].options[0].option}: ")


def test_the_advice_that_is_looked_at_again_is_that_of_the_ranking(ranking):
    """With the curves and the draws of the ranking: order, advice on each option, and the leading difference."""
    asked = ranking.asked
    again = standings(asked.question, asked.aligned.X, times=lambda fit: fit.times)
    for answer, standing in zip(ranking, again, strict=True):
        assert standing.options == tuple(each.option for each in answer.options)
        assert standing.advice == {each.option: each.advice for each in answer.options}
        means = {each.option: each.estimates for each in answer.options}
        rmst = [next(e.estimate for e in means[name] if e.measure == "rmst") for name in standing.options]
        assert standing.value.tolist() == pytest.approx(rmst)


def test_what_moves_nothing_changes_nothing(asked):
    noise = _of(asked, "P000").loc["noise"]
    assert noise["p_change"] <= 0.1
    assert noise["expected_gain"] < 0.2


def test_an_input_is_worth_less_where_another_has_told_of_it(asked):
    """The twin says in 95 of 100 what the marker is: drawn given it, few draws are of the other level."""
    unknown, stated = _of(asked, "P000").loc["marker"], _of(asked, "P001").loc["marker"]
    assert stated["expected_gain"] < unknown["expected_gain"] / 2


def test_draws_follow_what_is_known_of_the_patient(cohort):
    """Of 100 draws of the marker given its twin about 95 are the twin's; given nothing about half."""
    values = InputValues.learn(cohort, seed=0)
    patient = cohort.features.iloc[[0]].assign(marker=pd.NA).astype(cohort.features.dtypes)
    own = float(patient["twin"].iloc[0])
    assert (values.alone(patient, "marker", 100)["marker"] == own).mean() == pytest.approx(0.95, abs=0.04)
    alone = patient.assign(twin=pd.NA).astype(cohort.features.dtypes)
    assert values.alone(alone, "marker", 100)["marker"].mean() == pytest.approx(0.5, abs=0.06)


def test_what_another_answer_would_tell_is_not_asked_second_for_its_own_sake(ranking, cohort, asked):
    """Alone the twin is worth nearly what the marker is; after the marker it adds next to nothing."""
    twin = _of(asked, "P000").loc["twin"]
    assert twin["place"] > 1
    alone = questions(ranking, cohort=cohort, costs=pd.DataFrame({"column": ["marker"], "cost": [1e6]}))
    assert _of(alone, "P000").index[0] == "twin"


def test_an_input_that_costs_a_million_is_not_first(ranking, cohort, tmp_path):
    (tmp_path / "costs.csv").write_text("column,cost\nmarker,1000000\nnoise,2\n")
    found = _of(questions(ranking, cohort=cohort, costs=tmp_path / "costs.csv"), "P000")
    assert found.index[0] != "marker"
    assert found.loc["marker", "cost"] == 1e6
    assert found.loc["noise", "cost"] == 2
    assert found.loc["flag", "cost"] == 1


def test_of_inputs_that_add_nothing_the_cheaper_comes_first():
    """What chance takes below 0 is not made better by a high cost."""
    rng = np.random.default_rng(5)
    values = pd.DataFrame({name: rng.normal(size=300) for name in "abc"})
    outcomes = rng.normal(size=(300, 2))
    worth = Worth.of(outcomes, values)
    noise = [name for name in "abc" if worth._added(name) <= 0]
    assert noise
    dear = noise[0]
    assert worth.order(list("abc"), {"a": 1.0, "b": 1.0, "c": 1.0} | {dear: 1e6}, 3)[-1] == dear


def test_the_same_seed_gives_the_same_rows_alone_as_in_company(ranking, cohort, asked):
    again = questions(ranking, cohort=cohort)
    pd.testing.assert_frame_equal(asked, again)
    for patient in ("P000", "P002"):
        alone = questions(ranking.for_patient(patient), cohort=cohort)
        together = asked[asked["patient_id"] == patient].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, together, check_exact=True)
    other = questions(ranking, cohort=cohort, seed=1)
    assert not other["expected_gain"].equals(asked["expected_gain"])


def test_shares_are_of_the_draws_and_gains_are_never_negative(ranking, cohort):
    found = questions(ranking, cohort=cohort, draws=4, top=2)
    assert found["place"].max() == 2
    assert set(found["p_change"]) <= {0, 0.25, 0.5, 0.75, 1}
    assert (found["expected_gain"] >= 0).all()


def test_a_patient_of_whom_nothing_is_known_is_asked_everything(ranker, cohort):
    nothing = pd.DataFrame({name: [pd.NA] for name in cohort.features}, index=pd.Index(["X"], name="patient_id"))
    ranked = ranker.rank(nothing.astype(cohort.features.dtypes))
    found = questions(ranked, cohort=cohort)
    assert set(found["feature"]) == set(cohort.features)
    assert found["feature"].iloc[0] == "marker"


def test_an_unknown_level_leaves_nothing_to_ask_and_says_so(ranker, cohort, home):
    """No option has an estimate while it stands; no row, and a finding."""
    frame = _open_patients().head(1).assign(flag="maybe")
    (home / "level").mkdir(exist_ok=True)
    frame.to_csv(home / "level" / "clinical.csv", index=False)
    (home / "level" / "patients.toml").write_text(_STUDY.partition("[treatment]")[0])
    patients = Study.read(home / "level" / "patients.toml").load(outcomes=False, schema=ranker.specs_)
    found = questions(ranker.rank(patients), cohort=cohort)
    assert found.empty
    assert list(found) == _COLUMNS
    assert [each.code for each in found.attrs["findings"]] == ["no-questions"]


def test_an_input_with_one_value_in_the_cohort_comes_last_and_changes_nothing(ranker, cohort):
    """Of the cohort that is given nobody has another flag: an answer can tell nothing."""
    same = cohort.features.assign(flag=cohort.features["flag"].where(cohort.features["flag"] == 0))
    changed = Cohort(**{name: getattr(cohort, name) for name in cohort.__dataclass_fields__} | {"features": same})
    patient = cohort.features.iloc[[0]].assign(flag=pd.NA, noise=pd.NA).astype(cohort.features.dtypes)
    found = questions(ranker.rank(patient), cohort=changed).set_index("feature")
    assert found.index.tolist() == ["noise", "flag"]
    assert found.loc["flag", ["p_change", "expected_gain"]].tolist() == [0, 0]
    assert found.loc["flag", "width_after"] == found.loc["flag", "width_now"]


def test_a_drug_to_avoid_stays_avoided_in_what_may_follow(ranker, cohort, ranking):
    """The advice now and after know of guidance: "new" is not advised whatever the marker is."""
    asked = ranking.asked
    stated = type(asked)(
        **{name: getattr(asked, name) for name in asked.__dataclass_fields__} | {"avoided": {"P000": {"new"}}}
    )
    avoided = Ranking(**{name: getattr(ranking, name) for name in ranking.__dataclass_fields__} | {"asked": stated})
    found = _of(questions(avoided, cohort=cohort), "P000")
    assert found["p_change"].max() == 0


_KINDS = {
    "binary": {"kind": "binary", "value": "response", "better": "higher"},
    "continuous": {"kind": "continuous", "value": "amount", "better": "lower", "unit": "mg"},
}


@pytest.mark.parametrize("kind", list(_KINDS))
def test_other_kinds_of_outcome_are_asked_about_alike(kind):
    """The marker turns the effect of the new drug around: under it 0.73 respond, without it 0.27; x moves no gap."""
    rng, number = np.random.default_rng(0), 400
    marker, arm, x = rng.integers(0, 2, number), rng.integers(0, 2, number), rng.normal(size=number).round(2)
    gap = arm * (2 * marker - 1)
    frame = pd.DataFrame({"patient_id": [f"P{row}" for row in range(number)], "x": x, "marker": marker})
    value = {"binary": (rng.random(number) < 1 / (1 + np.exp(-gap))).astype(int),
             "continuous": (x + gap + rng.normal(size=number)).round(2)}[kind]  # fmt: skip
    whole = frame.assign(**{_KINDS[kind]["value"]: value, "arm": np.where(arm, "new", "old")})
    design = {"reference": "old", "randomised": True}
    cohort = Cohort.from_frames(whole, outcomes={"y": _KINDS[kind]}, treatment="arm", design=design)
    unknown = frame.head(1).astype(object).assign(x=None, marker=None)
    unknown.loc[0, "x"] = 0.1
    ranked = TreatmentRanker(n_draws=200).fit(cohort).rank(unknown)
    found = questions(ranked, cohort=cohort).iloc[0]
    assert found["feature"] == "marker"
    assert found["expected_gain"] > 0.05
    assert found["width_after"] < found["width_now"]


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({"top": 0}, UsageError, "wrong-value"),
        ({"draws": 0}, UsageError, "wrong-value"),
        ({"costs": pd.DataFrame({"column": ["nowhere"], "cost": [1]})}, InputError, "no-such-column"),
        ({"costs": pd.DataFrame({"column": ["marker"], "cost": [0]})}, InputError, "wrong-value"),
        ({"costs": pd.DataFrame({"column": ["marker"], "cost": [None]})}, InputError, "wrong-value"),
        ({"costs": pd.DataFrame({"column": ["marker"], "cost": ["dear"]})}, InputError, "not-a-number"),
        ({"costs": pd.DataFrame({"name": ["marker"], "cost": [1]})}, InputError, "no-column"),
        ({"costs": pd.DataFrame({"column": ["marker", "marker"], "cost": [1, 2]})}, InputError, "wrong-value"),
    ],
)
def test_what_cannot_be_asked_is_refused(ranking, cohort, given, error, code):
    with pytest.raises(error) as raised:
        questions(ranking, cohort=cohort, **given)
    assert raised.value.code == code


@pytest.mark.parametrize("what", ["file", "records", "none"])
def test_a_ranking_without_its_model_is_refused(ranking, cohort, what, tmp_path):
    (tmp_path / "ranking.json").write_text(ranking.to_json())
    given = {
        "file": tmp_path / "ranking.json",
        "records": ranking.to_records()[0],
        "none": Ranking(answers=ranking.answers),
    }
    with pytest.raises(UsageError) as raised:
        questions(given[what], cohort=cohort)
    assert (raised.value.code, raised.value.exit_code) == ("no-model", 2)


def test_another_cohort_is_refused(ranking, cohort):
    small = Cohort(features=cohort.features[["noise"]], specs=tuple(s for s in cohort.specs if s.name == "noise"))
    with pytest.raises(UsageError) as raised:
        questions(ranking, cohort=small)
    assert raised.value.code == "other-cohort"


def test_two_inputs_that_say_the_same_are_not_both_in_front():
    """Outcomes 2 a + b, c a copy of a: after a (or c) b adds most, though c alone explains more."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    values = pd.DataFrame({"a": a, "b": b, "c": a, "d": rng.normal(size=400)})
    outcomes = np.column_stack([2 * a + b, np.full(400, 0.5)])
    order = Worth.of(outcomes, values).order(["a", "b", "c", "d"], dict.fromkeys("abcd", 1.0), 4)
    assert order[:2] == ["a", "b"]


def test_worth_is_the_share_of_gain_and_of_spread():
    """By hand: outcomes x and 0 with x normal around 1: all of both is settled by x, and 1 + 1 = 2."""
    x = np.random.default_rng(1).normal(1.0, 2.0, 2000)
    worth = Worth.of(np.column_stack([x, np.zeros(2000)]), pd.DataFrame({"x": x}))
    assert worth._added("x") == pytest.approx(2, abs=0.01)


def test_levels_are_columns_of_their_own():
    """A category of three levels settles all of an outcome that depends on nothing else."""
    level = np.random.default_rng(2).integers(0, 3, 600)
    values = pd.DataFrame({"k": pd.Categorical(np.array(list("abc"))[level]), "n": np.arange(600.0)})
    outcomes = np.column_stack([np.array([0.0, 5.0, 1.0])[level], np.full(600, 1.5)])
    worth = Worth.of(outcomes, values)
    assert worth._added("k") == pytest.approx(2, abs=0.01)
    assert abs(worth._added("n")) < 0.05


def test_the_command_writes_the_table_that_the_function_gives(home, ranker, asked, tmp_path):
    """The model's own number of draws, the study's own patients."""
    out = tmp_path / "questions.csv"
    line = ["care", "questions", str(home / "study.model"), str(home / "open" / "patients.toml")]
    assert run([*line, "--cohort", str(home / "study.toml"), "--out", str(out), "--quiet"]) == 0
    found = pd.read_csv(out)
    assert list(found) == _COLUMNS
    assert found["feature"].tolist()[0] == "marker"
    again = tmp_path / "again.csv"
    assert run([*line, "--cohort", str(home / "study.toml"), "--out", str(again), "--patient", "P000", "-q"]) == 0
    assert again.read_text().splitlines() == out.read_text().splitlines()[:5]


@pytest.mark.slow
def test_shared_work_gives_the_same_bytes(home, ranker, tmp_path):
    line = ["care", "questions", str(home / "study.model"), str(home / "open" / "patients.toml"), "-q"]
    for workers in ("1", "2"):
        out = str(tmp_path / f"{workers}.csv")
        assert run([*line, "--cohort", str(home / "study.toml"), "--out", out, "--workers", workers]) == 0
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_line_that_cannot_be_done_ends_with_its_status(home, ranker, tmp_path, capfd):
    line = ["care", "questions", str(home / "study.model"), str(home / "open" / "patients.toml")]
    line += ["--cohort", str(home / "study.toml")]
    assert run([*line, "--out", str(home / "study.toml")]) == 2
    assert run([*line, "--out", str(tmp_path / "q.csv"), "--patient", "nobody"]) == 2
    assert run([*line, "--out", str(tmp_path / "q.csv"), "--costs", str(tmp_path / "none.csv")]) == 3
    assert not (tmp_path / "q.csv").exists()


def test_bars_show_the_table_the_first_question_on_top(asked):
    """Lengths of the bars are the numbers of the table."""
    own = asked[asked["patient_id"] == "P000"]
    axes = plot_questions(asked, patient_id="P000")
    assert [label.get_text() for label in axes.get_yticklabels()] == own["feature"].tolist()
    assert axes.yaxis_inverted()
    assert [bar.get_width() for bar in axes.patches] == pytest.approx((100 * own["p_change"]).tolist())
    gains = next(each for each in axes.figure.axes if each is not axes)
    assert [bar.get_width() for bar in gains.patches] == pytest.approx(own["expected_gain"].tolist())
    assert "%" in axes.get_xlabel()
    assert "months" in gains.get_xlabel()


@pytest.mark.parametrize(("patient", "code"), [(None, "patient-needed"), ("P003", "no-such-patient")])
def test_bars_are_of_one_patient_who_has_questions(asked, patient, code):
    with pytest.raises(UsageError) as raised:
        plot_questions(asked, patient_id=patient)
    assert raised.value.code == code


def test_questions_are_a_section_of_the_report_under_the_ranking(ranking, asked, tmp_path):
    path = tmp_path / "report.html"
    ranking.report(path, sections=[QuestionSection(asked)])
    page = path.read_text()
    assert page.index("Open questions") > page.index("P000")
    assert page.count("Questions, the most useful first") == 3
    assert page.count("<h3>Patient P00") == 3


def test_a_section_without_questions_says_that_all_is_known(ranking, cohort):
    found = questions(ranking.for_patient("P003"), cohort=cohort)
    assert "All inputs of the model are known" in QuestionSection(found).section_html()


def test_names_of_a_user_are_escaped_in_the_section(asked):
    marked = asked.assign(feature="<b>x</b>", column="<b>x</b>", table="<i>t</i>")
    marked.attrs = asked.attrs
    page = QuestionSection(marked).section_html()
    assert "<b>" not in page
    assert "<i>" not in page
