"""A fitted model and later patients whose hazard is known: looks, a proposal, a comparison, a registry."""

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx.errors import InputError, NotAnswerableError, SupportError, UsageError
from genorx.monitor import AdviceLog, Monitor, Registry, compare

_OS = {"kind": "survival", "time": "days", "event": "died", "unit": "days", "horizons": [365], "better": "longer"}
_RESPONSE = {"kind": "binary", "value": "response", "better": "higher"}


def made(n, seed, *, factor=1.0, begin=0.0):
    """Patients of two arms, followed to two years after ``begin``; the hazard is ``factor`` times the first one's."""
    rng = np.random.default_rng(seed)
    age, smoker, arm = rng.normal(60, 10, n), rng.integers(0, 2, n), rng.choice(["a", "b"], n)
    index = 0.04 * (age - 60) + 0.5 * smoker - 0.4 * (arm == "b")
    latent = rng.exponential(700 / np.exp(index) / factor)
    arrived = begin + rng.uniform(0, 640, n)
    followed = begin + 730 - arrived
    response = rng.random(n) < 1 / (1 + np.exp(-(0.3 - index + np.log(factor))))
    frame = pd.DataFrame(
        {
            "patient_id": [f"S{seed}P{i}" for i in range(n)],
            "age_years": age.round(1),
            "crp_mg_l": rng.gamma(2, 5, n).round(1),
        }
    )
    frame["smoker"], frame["arm"] = smoker, arm
    frame["days"], frame["died"] = np.minimum(latent, followed).round(1) + 0.1, latent <= followed
    frame["response"] = response.astype(int)
    return frame, pd.Series(arrived, index=frame["patient_id"])


def cohort(frame, outcomes=None, *, design=True, specs=None):
    stated = {"reference": "a", "randomised": True} if design else None
    features = frame if design else frame.drop(columns="arm")
    return gx.Cohort.from_frames(
        features, outcomes=outcomes or {"os": _OS}, treatment="arm" if design else None, design=stated, specs=specs
    )


@pytest.fixture(scope="module")
def model():
    return gx.TreatmentRanker(n_draws=60).fit(cohort(made(700, 1)[0]))


def look(model, factor, **more):
    frame, arrived = made(700, 7, factor=factor, begin=3000.0)
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    return watched, watched.check(cohort(frame), as_of=3730.0, arrived=arrived, **more), frame


def test_a_model_is_kept_where_the_hazard_is_as_it_was(model):
    _, report, _ = look(model, 1.0)
    assert report.action == "keep"
    assert report.update is None


def test_days_of_arrival_may_be_a_mapping(model):
    """The same days as a series, with the same look."""
    frame, arrived = made(700, 9, begin=3000.0)
    given = [
        Monitor(model, {"protocol": {"looks": 2, "window": 730}}).check(cohort(frame), as_of=3730.0, arrived=each)
        for each in (arrived, arrived.to_dict())
    ]
    assert given[0].to_json() == given[1].to_json()


def test_a_higher_hazard_is_proposed_as_a_new_baseline(model):
    """The truth is log(1.9) = 0.64; the proposal names its parent, and the old model is as it was."""
    watched, report, frame = look(model, 1.9)
    before = model.digest_
    assert report.action == "recalibrate_baseline"
    assert report.update["intercept"] == pytest.approx(np.log(1.9), abs=0.25)
    new = watched.propose(report)
    assert new.training_["lineage"]["parent"] == before == model.digest_
    assert new.digest_ != before
    people = cohort(frame).only(frame["patient_id"].iloc[:20])
    old_risk, new_risk = (each.predict(people)["estimate"].mean() for each in (model, new))
    assert new_risk < old_risk - 0.1
    again = Monitor(new, {"protocol": {"looks": 2, "window": 730}})
    frame2, arrived2 = made(700, 9, factor=1.9, begin=3000.0)
    assert again.check(cohort(frame2), as_of=3730.0, arrived=arrived2).action == "keep"


def test_a_proposal_is_saved_and_read_again(model, tmp_path):
    watched, report, frame = look(model, 1.9)
    new = watched.propose(report)
    new.save(tmp_path / "new.model")
    read = gx.load_model(tmp_path / "new.model")
    people = cohort(frame).only(frame["patient_id"].iloc[:5])
    pd.testing.assert_frame_equal(read.predict(people), new.predict(people))


def test_draws_carry_the_uncertainty_of_the_update(model):
    watched, report, _ = look(model, 1.9)
    new = watched.propose(report)
    line = new.fits_[0].recalibration[0][1]
    assert line.covariance[0, 0] > 0
    drawn = line.draws(pd.DataFrame(index=range(3)), np.zeros(3), n_draws=4000, seed=1)
    assert drawn.std(axis=0)[0] == pytest.approx(line.error(pd.DataFrame(index=range(3)), np.zeros(3))[0], rel=0.05)


def test_a_forbidden_change_is_not_proposed_and_keep_proposes_nothing(model):
    frame, arrived = made(700, 7, factor=1.9, begin=3000.0)
    rules = {
        "description": {"allowed": ["refit"], "forbidden": ["recalibrate_baseline"]},
        "protocol": {"looks": 2, "window": 730},
    }
    watched = Monitor(model, rules)
    report = watched.check(cohort(frame), as_of=3730.0, arrived=arrived)
    with pytest.raises(UsageError) as caught:
        watched.propose(report)
    assert caught.value.code == "policy-forbids"
    kept, report, _ = look(model, 1.0)
    with pytest.raises(UsageError) as nothing:
        kept.propose(report)
    assert nothing.value.code == "nothing-to-propose"


def test_a_better_model_is_accepted_and_a_worse_one_is_not(model):
    watched, report, _ = look(model, 1.9)
    new = watched.propose(report)
    later = cohort(made(600, 12, factor=1.9, begin=5000.0)[0])
    judged = compare(model, new, later, policy={"impact": {"subgroups": ["smoker"], "ratio_least": 0.6}})
    assert judged.accept, judged.reasons
    ratios = judged.checks[judged.checks["check"] == "observed by expected"]
    assert {"", "smoker=0", "smoker=1"} <= {str(each).replace(".0", "") for each in ratios["place"]}
    back = compare(new, model, later)
    assert not back.accept
    assert any("observed by expected" in reason for reason in back.reasons)


def test_few_events_and_other_outcomes_are_not_compared(model):
    frame, _ = made(60, 13)
    with pytest.raises(SupportError) as caught:
        compare(model, model, cohort(frame.assign(died=[True] * 5 + [False] * 55)))
    assert caught.value.code == "monitor-few-events"


def test_models_of_an_amount_are_not_compared():
    """It has neither events nor probabilities; it ended in a KeyError."""
    outcomes = {"crp": {"kind": "continuous", "value": "crp_mg_l", "unit": "mg/L", "better": "lower"}}
    people = cohort(made(120, 1)[0].drop(columns=["days", "died", "response"]), outcomes, design=False)
    model = gx.TreatmentRanker(n_draws=20).fit(people)
    with pytest.raises(SupportError, match="kind continuous") as caught:
        compare(model, model, people)
    assert caught.value.code == "monitor-outcome"


def test_arrivals_with_ids_that_pandas_made_floats_are_those_of_the_patients(model):
    """A merge makes 101.0 of 101: the patients are the same, and none is without a day of arrival."""
    frame, arrived = made(700, 7, begin=3000.0)
    frame["patient_id"] = np.arange(len(frame)) + 101
    for ids in (frame["patient_id"], frame["patient_id"].astype(float)):
        report = Monitor(model).check(cohort(frame), as_of=3730.0, arrived=arrived.set_axis(ids))
        assert "without a day of arrival" not in " ".join(finding.message for finding in report.findings)
        assert report.action == "keep"


def test_a_date_that_is_none_and_a_table_for_a_model_are_refused(model):
    frame, arrived = made(100, 7)
    watched = Monitor(model)
    with pytest.raises(UsageError) as caught:
        watched.check(cohort(frame), as_of="in June", arrived=arrived)
    assert caught.value.code == "no-date"
    with pytest.raises(UsageError) as table:
        watched.check(frame, as_of="2026-06-30")
    assert table.value.code == "not-a-cohort"


def test_without_days_of_arrival_everybody_counts_and_it_is_said(model):
    frame, _ = made(700, 7, factor=1.9)
    report = Monitor(model, {"protocol": {"looks": 2}}).check(cohort(frame), as_of="2026-06-30")
    assert report.action != "keep"
    assert "monitor-no-arrival" in {each.code for each in report.findings}


def test_a_model_that_keeps_nothing_of_its_development_data_says_what_it_lacks(model):
    import copy

    older = copy.copy(model)
    older.training_ = {key: value for key, value in model.training_.items() if key != "monitoring"}
    with pytest.raises(NotAnswerableError, match="quantiles, levels, shares of missing values") as caught:
        Monitor(older)
    assert caught.value.code == "model-without-base"


def test_a_binary_outcome_is_looked_at():
    """Log odds 0.9 higher than the model's."""
    outcomes = {"response": _RESPONSE}
    drop = ["days", "died"]
    model = gx.TreatmentRanker(n_draws=40).fit(cohort(made(700, 1)[0].drop(columns=drop), outcomes, design=False))
    frame, arrived = made(600, 8, factor=2.5, begin=3000.0)
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    report = watched.check(cohort(frame.drop(columns=drop), outcomes, design=False), as_of=3730.0, arrived=arrived)
    assert report.action == "recalibrate_baseline"
    assert report.update["intercept"] == pytest.approx(np.log(2.5), abs=0.35)
    people = cohort(frame.drop(columns=drop), outcomes, design=False).only(frame["patient_id"].iloc[:9])
    assert (watched.propose(report).predict(people)["estimate"] > model.predict(people)["estimate"]).all()


def test_competing_causes_are_looked_at_one_by_one():
    """The hazard of relapse is doubled, that of death as it was."""

    def two_causes(n, seed, factor, begin):
        rng = np.random.default_rng(seed)
        age = rng.normal(60, 10, n)
        relapse = rng.exponential(900 / np.exp(0.03 * (age - 60)) / factor)
        death = rng.exponential(1500, n)
        arrived = begin + rng.uniform(0, 640, n)
        end = begin + 730 - arrived
        time = np.minimum(np.minimum(relapse, death), end)
        cause = np.where(time == end, 0, np.where(relapse < death, 1, 2))
        frame = pd.DataFrame({"patient_id": [f"C{seed}P{i}" for i in range(n)], "age_years": age.round(1)})
        frame["days"], frame["cause"] = time.round(1) + 0.1, cause
        return frame, pd.Series(arrived, index=frame["patient_id"])

    stated = {
        "kind": "competing",
        "time": "days",
        "event": "cause",
        "causes": ["relapse", "death"],
        "unit": "days",
        "horizons": [365],
    }
    make = lambda frame: gx.Cohort.from_frames(frame, outcomes={"end": stated})  # noqa: E731
    model = gx.TreatmentRanker(n_draws=40).fit(make(two_causes(400, 1, 1.0, 0.0)[0]))
    frame, arrived = two_causes(400, 5, 2.0, 3000.0)
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    report = watched.check(make(frame), as_of=3730.0, arrived=arrived)
    assert [each.part for each in report.updates] == ["relapse"]
    new = watched.propose(report)
    people = make(frame).only(frame["patient_id"].iloc[:5])
    one, two = (each.predict(people).set_index(["patient_id", "outcome"])["estimate"] for each in (model, new))
    assert (two.xs("end:relapse", level=1) > one.xs("end:relapse", level=1)).all()
    assert (two.xs("end:death", level=1) < one.xs("end:death", level=1)).all()
    sums = two.groupby("patient_id").sum()
    assert np.allclose(sums.to_numpy(dtype=float), 1.0)


def test_a_proposal_from_patients_of_unknown_arrival_is_kept_in_a_registry(model, tmp_path):
    """Everybody counts then, and "arrived after" has no number, which JSON could not hold either."""
    frame, _ = made(700, 7, factor=1.9, begin=3000.0)
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    report = watched.check(cohort(frame), as_of=3730.0)
    assert report.update["arrived_after"] is None
    assert "inf" not in report.reasons[0]
    reg = Registry(tmp_path / "models")
    reg.add(model)
    new = watched.propose(report)
    assert reg.load(reg.add(new)).digest_ == new.digest_


def test_a_cohort_without_the_outcome_that_is_looked_at_is_refused(model):
    frame, arrived = made(200, 7, begin=3000.0)
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    with pytest.raises(SupportError) as caught:
        watched.check(cohort(frame, {"other": {**_RESPONSE}}), as_of=3730.0, arrived=arrived)
    assert caught.value.code == "monitor-outcome"
    assert "'os'" in str(caught.value)


def test_a_registry_keeps_models_with_parents_and_finds_a_changed_byte(model, tmp_path):
    watched, report, _ = look(model, 1.9)
    new = watched.propose(report)
    reg = Registry(tmp_path / "models")
    first, second = reg.add(model, reason="first"), reg.add(new)
    assert reg.add(model) == first
    table = reg.list()
    assert table["id"].tolist() == [first, second]
    assert table["parent"].isna().tolist() == [True, False]
    assert table["parent"].iloc[1] == model.digest_
    assert "was made from" in reg.diff(first, second)
    assert reg.load(second[:6]).digest_ == new.digest_
    reg.verify()
    target = tmp_path / "models" / f"{second}.model"
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(bytes(data))
    with pytest.raises(InputError) as caught:
        reg.verify()
    assert caught.value.code == "registry-changed"


def test_advice_that_was_followed_is_named_and_its_probability_kept(model, tmp_path):
    frame, _ = made(700, 7, begin=3000.0)
    people = cohort(frame).only(frame["patient_id"].iloc[:90])
    ranking = model.rank(people)
    log = AdviceLog(tmp_path / "advice.jsonl")
    for answer in ranking.answers:
        log.add(ranking, option_given=answer.options[0].option, patient_id=answer.patient_id)
    stated = log.read()
    nothing = stated["advised"] == ""  # patients outside the training range have no option of the first rank
    assert (stated["followed"] == ~nothing).all()
    assert stated["probability"][~nothing].between(0.9, 1.0).all()
    assert stated["probability"][nothing].isna().all()
    _, report, _ = look(model, 1.0, advice=log)
    assert {"monitor-feedback", "monitor-overlap-vanishes"} <= {each.code for each in report.findings}
    with pytest.raises(UsageError) as caught:
        log.add(ranking, option_given="b")
    assert caught.value.code == "usage"


def test_the_command_counts_looks_in_the_registry(model, tmp_path, capfd):
    from genorx.cli.app import run

    frame, arrived = made(400, 21, begin=0.0)
    days = pd.to_datetime("2020-01-01") + pd.to_timedelta(arrived.to_numpy().round(), unit="D")
    frame.assign(died=frame["died"].astype(int)).to_csv(tmp_path / "t.csv", index=False)
    pd.DataFrame({"patient_id": frame["patient_id"], "arrived": days.strftime("%Y-%m-%d")}).to_csv(
        tmp_path / "a.csv", index=False
    )
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\npatient_id = "patient_id"\n[[tables]]\npath = "t.csv"\nrole = "clinical"\n'
        'exclude = ["days", "died", "response", "arm"]\n[[tables]]\n'
        'path = "a.csv"\nrole = "clinical"\nexclude = ["arrived"]\n'
        '[treatment]\ntable = "t.csv"\ncolumn = "arm"\nrandomised = true\nreference = "a"\n'
        '[outcomes.os]\ntable = "t.csv"\nkind = "survival"\ntime = "days"\nevent = "died"\nunit = "days"\n'
        'horizons = [365]\nbetter = "longer"\n[ranking]\nprimary = "os"\nhorizon = 365\n'
    )
    model.save(tmp_path / "m.model")
    line = [
        "monitor",
        str(tmp_path / "m.model"),
        str(tmp_path / "study.toml"),
        "--registry",
        str(tmp_path / "reg"),
        "--quiet",
    ]
    assert run([*line, "--as-of", "2022-01-01", "--out", str(tmp_path / "r.json")]) == 0, capfd.readouterr().err
    assert run([*line, "--as-of", "2022-04-01", "--out", str(tmp_path / "s.json")]) == 3
    assert "snapshot-twice" in capfd.readouterr().err
    assert not (tmp_path / "s.json").exists()
    assert [entry["look"] for entry in Registry(tmp_path / "reg").looks()] == [1]


@pytest.mark.parametrize("name", ["assembly", "panel", "pharmacogene knowledge"])
def test_another_assembly_panel_or_knowledge_release_holds(model, name):
    """A fault of the data, not of the calibration, although the hazard is 1.9 times as high as well."""
    import copy
    from dataclasses import replace

    older = copy.copy(model)
    older.assembly_ = "GRCh37"
    older.training_ = {**model.training_, "releases": {"panel": "a1", "pharmacogene knowledge": "2024-01-31"}}
    frame, arrived = made(700, 7, factor=1.9, begin=3000.0)
    same = {"panel": "a1", "pharmacogene knowledge": "2024-01-31", "assembly": "GRCh37"}
    for change, action in ({}, "recalibrate_baseline"), ({name: "other"}, "hold"):
        told = same | change
        people = replace(
            cohort(frame), assembly=told["assembly"], releases={key: told[key] for key in told if key != "assembly"}
        )
        report = Monitor(older, {"protocol": {"looks": 2, "window": 730}}).check(people, as_of=3730.0, arrived=arrived)
        assert report.action == action
    assert report.findings[0].code == "monitor-other-release"
    assert report.checks.loc[report.checks["severity"] == "hold", "place"].tolist() == [name]
    assert "other" in report.reasons[0]


def test_after_an_evaluation_the_base_is_that_of_patients_whom_no_model_had_seen():
    """Coefficients of the base against those of a regression on each fold's own numbers, made here by hand."""
    from dataclasses import replace

    from scipy.optimize import minimize

    from genorx.outcomes.folds import hash_folds
    from genorx.outcomes.recalibration.base import Base
    from genorx.ranking.model.alignment import align
    from genorx.ranking.model.own_outcomes import own_outcomes

    people = cohort(made(260, 1)[0])
    fitted = gx.TreatmentRanker(n_draws=20).fit(people)
    inside = Base.from_dict(fitted.training_["monitoring"])
    fitted.evaluate(people, folds=3, n_boot=10)
    outside = Base.from_dict(fitted.training_["monitoring"])
    assert outside.patients == inside.patients == 260
    X = align(people, fitted.specs_, assembly=None).X
    fold, rows, expected, happened = hash_folds(X.index, 3), [], [], []
    for held in range(3):
        others = made(260, 1)[0].set_index("patient_id").loc[X.index[fold != held]].reset_index()
        model = gx.TreatmentRanker(n_draws=20).fit(cohort(others)).fits_[0].model
        own = own_outcomes(replace(fitted.fits_[0], model=model), X[fold == held], people).patients
        rows.append(outside.parts[0].directions.rows(own.described, own.index[:, 0]))
        expected += own.expected[:, 0].tolist()
        happened += (own.event > 0).tolist()
    rows, expected, happened = np.concatenate(rows), np.array(expected), np.array(happened)
    begun = expected > 0

    def deviance(coefficients):
        index = np.log(expected[begun]) + rows[begun] @ coefficients
        return np.sum(np.exp(index)) - happened[begun] @ index

    by_hand = minimize(deviance, np.zeros(rows.shape[1])).x
    assert outside.parts[0].prior.mean == pytest.approx(by_hand, abs=0.01)  # what a file keeps is rounded
    # a model tells those apart a little better whom it was fitted to
    assert outside.parts[0].prior.mean[1] < inside.parts[0].prior.mean[1]


def test_patients_with_an_option_that_the_model_does_not_know_are_counted_and_left_out(model):
    """They were taken for patients of the first option."""
    frame, arrived = made(700, 7, begin=3000.0)
    frame.loc[frame.index[:50], "arm"] = "c"
    watched = Monitor(model, {"protocol": {"looks": 2, "window": 730}})
    report = watched.check(cohort(frame), as_of=3730.0, arrived=arrived)
    assert report.provenance["patients"] == 650
    assert any(each.code == "monitor-left-out" and "50 patients" in each.message for each in report.findings)


def test_a_treatment_that_has_come_to_harm_is_named_and_the_update_is_of_that_arm():
    """The hazard under b is 2.2 times what it was, under a what it was: b had the better survival, and has not now."""
    ranker = gx.TreatmentRanker(n_draws=40).fit(cohort(made(900, 1)[0]))
    frame, arrived = made(900, 8, begin=3000.0)
    harmed, under_b = made(900, 8, factor=2.2, begin=3000.0)[0], frame["arm"] == "b"
    frame.loc[under_b, ["days", "died"]] = harmed.loc[under_b, ["days", "died"]]
    rules = {"protocol": {"looks": 2, "window": 730}, "impact": {"subgroups": ["smoker"]}}
    watched = Monitor(ranker, rules)
    report = watched.check(cohort(frame), as_of=3730.0, arrived=arrived)
    assert report.action == "refit"
    assert "most clearly arm=b" in report.reasons[0]
    lower, upper = report.update["intervals"]["arm=b"]
    assert 0.0 < lower < np.log(2.2) < upper + 0.1
    assert {"arm b", "smoker=0", "smoker=1"} <= set(report.checks["place"])
    people = cohort(frame).only(frame["patient_id"].iloc[:60])
    before, after = (
        each.predict(people).groupby("option")["estimate"].mean() for each in (ranker, watched.propose(report))
    )
    assert before["b"] > before["a"]
    assert after["b"] < before["b"] - 0.08 < after["a"]
    with pytest.raises(UsageError) as caught:
        Monitor(ranker, {"impact": {"subgroups": ["eye"]}}).check(cohort(frame), as_of=3730.0, arrived=arrived)
    assert caught.value.code == "policy-value"
