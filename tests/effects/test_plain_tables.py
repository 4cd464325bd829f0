"""The command ``genorx effects``: columns, invariances, refusals."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genorx.cli.app import run
from genorx.cohort.tables.raw import read_raw
from genorx.datasets import make_effect_tables
from genorx.effects import plain_tables
from genorx.effects.plain_tables import TablesSpec, effects_from_tables, read_training
from genorx.errors import InputError, SupportError

COLUMNS = [
    "patient_id",
    "treatment",
    "rmst",
    "rmst_lo",
    "rmst_hi",
    "survival_at_horizon",
    "delta_vs_reference",
    "delta_lo",
    "delta_hi",
    "rank",
    "advice",
    "reason",
]


def _write(folder, tables, **changes):
    """Write the three files; ``changes`` go into the spec."""
    places = [folder / name for name in ("train.csv", "test.csv", "spec.json")]
    tables.train.to_csv(places[0], index=False)
    tables.test.to_csv(places[1], index=False)
    places[2].write_text(json.dumps(tables.spec | changes), encoding="utf-8")
    return places


def _run(places, out):
    names = ("--train", "--test", "--spec", "--out")
    return run(["effects", *[str(each) for pair in zip(names, [*places, out], strict=True) for each in pair]])


@pytest.fixture(scope="module")
def tables():
    """Qualitative interaction at random, with a text covariate and gaps."""
    made = make_effect_tables("qualitative", n=300, n_test=30, seed=7)
    rng = np.random.default_rng(0)
    for frame in (made.train, made.test):
        frame["site"] = rng.choice(["north", "south", "east"], len(frame))
        frame.loc[rng.random(len(frame)) < 0.1, "x3"] = np.nan
        frame.loc[rng.random(len(frame)) < 0.1, "site"] = None
    made.spec["covariates"] += ["site"]
    return made


@pytest.fixture(scope="module")
def answer(tables, tmp_path_factory):
    """The table of the command."""
    folder = tmp_path_factory.mktemp("effects")
    places = _write(folder, tables)
    assert _run(places, folder / "out.csv") == 0
    return pd.read_csv(folder / "out.csv")


def test_the_table_has_the_columns_of_the_contract_and_a_row_for_each_patient_and_arm(answer, tables):
    assert list(answer.columns) == COLUMNS
    assert len(answer) == 2 * len(tables.test)
    assert set(answer["advice"]) <= {"recommend", "equipoise", "abstain"}
    assert answer.loc[answer["advice"] != "recommend", "reason"].str.len().min() > 0
    assert answer.groupby("patient_id")["rank"].apply(lambda ranks: sorted(ranks) == [1, 2]).all()


def test_rank_difference_and_interval_agree_with_each_other(answer):
    known = answer.dropna()
    assert (known["delta_lo"] <= known["delta_vs_reference"]).all()
    assert (known["delta_vs_reference"] <= known["delta_hi"]).all()
    wide = known.pivot(index="patient_id", columns="treatment", values="rmst")
    delta = known[known["treatment"] == "new"].set_index("patient_id")["delta_vs_reference"]
    np.testing.assert_allclose(wide["new"] - wide["standard"], delta.loc[wide.index], atol=1e-9)
    top = known[known["rank"] == 1].set_index("patient_id")["treatment"].loc[delta.index]
    assert top.tolist() == np.where(delta > 0, "new", "standard").tolist()
    advised = known.set_index("patient_id").query("advice == 'recommend' and treatment == 'new'")
    assert (advised["delta_lo"] > 0).all()


def test_differences_are_near_the_truth(answer, tables):
    """Known truth: the correlation over 30 patients of an effect that runs from -14 to 12 months."""
    delta = answer[answer["treatment"] == "new"].set_index("patient_id")["delta_vs_reference"].dropna()
    truth = (tables.truth["new"] - tables.truth["standard"]).loc[delta.index]
    assert np.corrcoef(delta, truth)[0, 1] > 0.85


def test_a_patient_alone_twice_and_with_columns_permuted_gets_the_same_bytes(answer, tables, tmp_path):
    shuffled = list(tables.spec["covariates"])[::-1]
    train = tables.train.sample(frac=1, random_state=3)[sorted(tables.train.columns, reverse=True)]
    one = tables.test.iloc[[4]][["patient_id", *shuffled]]
    train.to_csv(tmp_path / "train.csv", index=False)
    one.to_csv(tmp_path / "test.csv", index=False)
    (tmp_path / "spec.json").write_text(json.dumps(tables.spec | {"covariates": shuffled}), encoding="utf-8")
    outs = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for out in outs:
        assert _run([tmp_path / "train.csv", tmp_path / "test.csv", tmp_path / "spec.json"], out) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    alone = pd.read_csv(outs[0])
    together = answer[answer["patient_id"] == one["patient_id"].iloc[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_blocks_and_processes_change_no_byte(answer, tables, tmp_path, monkeypatch):
    """30 patients in blocks of 20, shared by two processes, against one block in one."""
    monkeypatch.setattr(plain_tables, "_BLOCK", 20)
    places = _write(tmp_path, tables)
    options = zip(("--train", "--test", "--spec", "--out"), [*places, tmp_path / "out.csv"], strict=True)
    assert run(["effects", *[str(each) for pair in options for each in pair], "--workers", "2"]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), answer, check_exact=True)


def test_competing_causes_bring_their_incidence(tmp_path):
    """Truth: incidence of cause 1 at the horizon; an error of at most 0.07 is asked for."""
    made = make_effect_tables("competing", n=500, n_test=100, seed=3)
    places = _write(tmp_path, made)
    table, model, _ = effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    assert len(model.fits_) == 2
    wide = table.pivot(index="patient_id", columns="treatment", values="cif_at_horizon").loc[made.truth.index]
    error = np.sqrt(np.nanmean((wide[made.incidence.columns] - made.incidence).to_numpy() ** 2))
    assert error < 0.08
    assert (table["cif_at_horizon"] + table["survival_at_horizon"]).max() <= 1


def test_a_treatment_that_starts_late_is_not_credited_with_the_time_before(tmp_path):
    """Truth by simulation: the mean difference; who ignores the start finds at least 2 months too much."""
    made = make_effect_tables("late start", n=800, n_test=150, seed=2)
    places = _write(tmp_path, made)
    table, _, _ = effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    blind = {key: value for key, value in made.spec.items() if key != "time_to_treatment"}
    naive, _, _ = effects_from_tables(places[0], places[1], TablesSpec.of(blind))
    truth = (made.truth["new"] - made.truth["standard"]).mean()
    ours, theirs = (each[each["treatment"] == "new"]["delta_vs_reference"].mean() for each in (table, naive))
    assert abs(ours - truth) < 0.08 * 36
    assert theirs - truth > abs(ours - truth) + 2


def test_strata_are_compared_within(tmp_path):
    """The arm was given more often in the stratum of high hazard: strata undo that (truth: no effect)."""
    made = make_effect_tables("none", n=600, n_test=60, seed=5)
    rng = np.random.default_rng(1)
    place = rng.random(600) < 0.5
    took = rng.random(600) < np.where(place, 0.8, 0.2)
    made.train["arm"] = np.where(took, "new", "standard")
    made.train["time"] = (made.train["time"] * np.where(place, 0.4, 1.0)).clip(0.01)
    made.train.loc[place & (made.train["time"] > 30), "event"] = 0
    made.train["trial"] = np.where(place, "A", "B")
    places = _write(tmp_path, made, strata=["trial"])
    table, _, _ = effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    mean = table[table["treatment"] == "new"]["delta_vs_reference"].mean()
    blind, _, _ = effects_from_tables(places[0], places[1], TablesSpec.of(made.spec))
    assert abs(mean) < 3
    assert blind[blind["treatment"] == "new"]["delta_vs_reference"].mean() < -4


def test_strata_of_one_arm_each_are_refused_and_some_are_named(tmp_path):
    """A difference between arms of different strata is one between the strata: it came out as 0 give or take a life."""
    made = make_effect_tables("none", n=200, n_test=5, seed=5)
    made.train["trial"] = np.where(made.train["arm"] == "new", "A", "B")
    places = _write(tmp_path, made, strata=["trial"])
    with pytest.raises(SupportError) as caught:
        effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    assert (caught.value.code, caught.value.exit_code) == ("nothing-to-compare", 4)
    made.train["trial"] = np.where(np.arange(200) < 10, made.train["arm"], "C")
    raw = read_raw(_write(tmp_path, made, strata=["trial"])[0])
    known = read_training(raw, TablesSpec.read(places[2]), dict.fromkeys(made.spec["covariates"], True))
    (found,) = [each for each in known.findings if each.code == "one-option-stratum"]
    assert found.message.startswith("2 of 3 strata, 10 patients")


def _spoil(train, spec, kind):  # noqa: C901 (one line a case)
    match kind:
        case "one arm":
            train["arm"] = "standard"
        case "arm without events":
            train.loc[train["arm"] == "new", "event"] = 0
        case "horizon":
            spec["horizon"] = 500
        case "horizon in another unit":
            train["time"] = 365.25 * (train["time"] + 1.0)
        case "negative time":
            train.loc[3, "time"] = -1
        case "treatment among covariates":
            spec["covariates"] = [*spec["covariates"], "arm"]
        case "treatment copied":
            train["copy"] = train["arm"].map({"new": 1, "standard": 0})
            spec["covariates"] = [*spec["covariates"], "copy"]
        case "outcome copied":
            train["copy"] = train["time"]
            spec["covariates"] = [*spec["covariates"], "copy"]
        case "infinite":
            train["x1"] = train["x1"].astype(object)
            train.loc[5, "x1"] = "inf"
        case "doubled id":
            train.loc[1, "patient_id"] = train.loc[0, "patient_id"]
        case "reference":
            spec["reference"] = "nobody"
        case "no start":
            train["start"] = np.nan
            spec["time_to_treatment"] = "start"
        case "event":
            train.loc[2, "event"] = 2
        case "spec value":
            spec["randomised"] = "yes"
        case "no column":
            spec["time"] = "months"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("one arm", 4, "too-few-events"),
        ("arm without events", 4, "too-few-events"),
        ("horizon", 4, "horizon"),
        ("horizon in another unit", 3, "horizon-unit"),
        ("negative time", 3, "time-negative"),
        ("treatment among covariates", 3, "role-in-covariates"),
        ("treatment copied", 3, "role-in-covariates"),
        ("outcome copied", 3, "role-in-covariates"),
        ("infinite", 3, "infinite-value"),
        ("doubled id", 3, "duplicate-patient"),
        ("reference", 3, "no-such-option"),
        ("no start", 3, "start-missing"),
        ("event", 3, "event-value"),
        ("spec value", 3, "spec-value"),
        ("no column", 3, "no-column"),
    ],
)
def test_bad_input_is_refused_with_its_code_and_no_file(kind, status, code, tmp_path, capsys):
    made = make_effect_tables("none", n=120, n_test=5, seed=1)
    _spoil(made.train, made.spec, kind)
    made.test["copy"] = 1
    places = _write(tmp_path, made)
    assert _run(places, tmp_path / "out.csv") == status
    assert f"error[{code}] {tmp_path}" in capsys.readouterr().err  # the contract: a code, and the file
    assert not (tmp_path / "out.csv").exists()


def test_what_cannot_be_used_but_does_no_harm_is_left_out(tmp_path):
    """A constant, an empty column and a row without outcome: the answer stands, the row is counted."""
    made = make_effect_tables("none", n=200, n_test=5, seed=1)
    for frame in (made.train, made.test):
        frame["same"], frame["empty"] = 3, np.nan
    made.train.loc[0, "time"] = np.nan
    made.spec["covariates"] += ["same", "empty"]
    places = _write(tmp_path, made)
    table, model, findings = effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    assert table["rmst"].notna().any()
    assert {"same", "empty"} <= set(model.encoder_.dropped_)
    assert [each.code for each in findings] == ["empty-column", "outcome-unknown"]


def test_a_category_that_nobody_compared_had_abstains_by_name(tables, tmp_path):
    test = tables.test.iloc[:2].assign(site=["moon", "north"])
    places = _write(tmp_path, tables)
    test.to_csv(places[1], index=False)
    table, _, _ = effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    first = table[table["patient_id"] == test["patient_id"].iloc[0]]
    assert set(first["advice"]) == {"abstain"}
    assert first["reason"].str.contains("site").all()
    assert first["rmst"].isna().all()


def test_a_spec_that_is_no_json_or_lacks_a_key_is_refused(tmp_path):
    from genorx.errors import InputError

    place = tmp_path / "spec.json"
    for text, code in (("{", "spec-json"), ("[]", "spec-json"), ("{}", "spec-key")):
        place.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            TablesSpec.read(place)
        assert caught.value.code == code


def test_a_covariate_that_no_training_patient_has_is_told_and_judges_nobody(tmp_path):
    """All test patients have it; nobody is turned away for it, and the answers are those without the column."""
    made = make_effect_tables("none", n=120, n_test=5, seed=1)
    made.train["blood"], made.test["blood"] = np.nan, 3.5
    plain = TablesSpec.of(made.spec)
    wide = TablesSpec.of(made.spec | {"covariates": [*made.spec["covariates"], "blood"]})
    places = _write(tmp_path, made)
    table, _, findings = effects_from_tables(places[0], places[1], wide)
    assert [finding.code for finding in findings] == ["empty-column"]
    pd.testing.assert_frame_equal(table, effects_from_tables(places[0], places[1], plain)[0])


def test_covariates_that_tell_nothing_leave_the_mean_difference(tmp_path):
    """One constant column, treatment not said to be randomised: all patients get the same answer."""
    made = make_effect_tables("none", n=150, n_test=4, seed=1)
    made.train["same"] = made.test["same"] = 1
    places = _write(tmp_path, made)
    spec = TablesSpec.of(made.spec | {"covariates": ["same"], "randomised": False})
    table, _, _ = effects_from_tables(places[0], places[1], spec)
    assert table.groupby("treatment")["rmst"].nunique().eq(1).all()
    assert set(table["advice"]) == {"equipoise"}


def test_a_time_longer_than_a_life_is_refused_with_its_row(tables, tmp_path):
    """1e300 is a follow-up in no unit; the second patient stands in row 3."""
    train = tables.train.copy()
    train[tables.spec["time"]] = train[tables.spec["time"]].astype(float)
    train.loc[train.index[1], tables.spec["time"]] = 1e300
    places = _write(tmp_path, replace(tables, train=train))
    with pytest.raises(InputError) as caught:
        effects_from_tables(places[0], places[1], TablesSpec.read(places[2]))
    assert (caught.value.code, caught.value.place) == ("impossible-follow-up", f'row 3 column "{tables.spec["time"]}"')


def test_arms_that_look_like_one_are_said(tables, tmp_path):
    """A space and a hyphen make no other arm."""
    train = tables.train.copy()
    arm = tables.spec["treatment"]
    reference = tables.spec["reference"]
    train[arm] = train[arm].astype(str)
    other = next(name for name in train[arm].unique() if name != reference)
    train[arm] = train[arm].replace({other: "Drug A", reference: "Standard"})
    train.loc[train.index[train[arm] == "Drug A"][:40], arm] = "drug-a"
    places = _write(tmp_path, replace(tables, train=train), reference="Standard")
    raw = read_raw(places[0])
    spec = TablesSpec.read(places[2])
    found = read_training(raw, spec, dict.fromkeys(spec.covariates, False)).findings
    assert [each.severity for each in found if each.code == "near-duplicate-levels"] == ["serious"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("covariates", 0), ("covariates", [{}]), ("reference", []), ("id", []), ("horizon", 10**400), ("event_type", {})],
)
def test_a_value_of_another_kind_in_the_specification_is_refused(key, value):
    """What mutated specifications ended with: TypeError, OverflowError."""
    given = {
        "id": "i",
        "treatment": "a",
        "time": "t",
        "event": "e",
        "covariates": ["x"],
        "horizon": 1,
        "randomised": True,
    }
    with pytest.raises(InputError) as caught:
        TablesSpec.of(given | {"reference": "r"} | {key: value})
    assert caught.value.code == "spec-value"
