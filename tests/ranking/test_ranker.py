"""From a made cohort to an answer: order, intervals, refusals, the model file."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx._core.feature_spec import FeatureSpec
from genorx._core.workers import sharing
from genorx.effects import SurvivalEffect
from genorx.errors import HorizonError, ModelFileError, SupportError, UsageError
from genorx.outcomes import GroupShrunkCox
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.estimates import bands_of


def test_the_better_option_comes_first_and_the_difference_has_its_sign(ranking):
    """Truth: hazard ratio 0.45 of ``new`` for everybody."""
    for answer in ranking:
        first = answer.options[0]
        assert first.option == "new"
        assert first.difference.estimate > 0
        assert first.difference.measure == "rmst"
        assert first.difference.horizon == 3.0
        assert first.difference.unit == "years"


def test_a_recommendation_stands_exactly_where_the_interval_excludes_zero(ranking):
    """Two options: shown better and an interval beyond 0 are the same statement about the same draws."""
    for answer in ranking:
        first = answer.options[0]
        assert (first.advice == "recommend") == (first.difference.lower > 0)
        assert (first.advice == "recommend") == (first.difference.probability_better >= 0.975)


def test_the_reference_has_no_difference_against_itself(ranking):
    reference = next(each for each in ranking.answers[0].options if each.option == "standard")
    assert reference.difference is None
    assert all(each.difference is None for each in reference.estimates)


def test_an_option_with_too_few_events_gets_no_estimate_and_a_reason(ranking, cohort):
    taken = cohort.design.treatment
    frame = cohort.outcomes["os"].frame[taken == "rare"]
    events = int((frame["event"] & (frame["time"] <= 3)).sum())  # follow-up is cut at the horizon
    for answer in ranking:
        rare = answer.options[-1]
        assert (rare.option, rare.rank, rare.advice, rare.estimates) == ("rare", None, "no_estimate", ())
        assert rare.no_estimate_reason == f"{events} events under rare; 20 are needed for an estimate"
    assert "option-not-estimated" in [finding.code for finding in ranking.findings]


def test_a_harm_stands_beside_the_benefit_and_does_not_change_the_order(ranking):
    """Truth: odds ratio 2.7 of toxicity under ``new``, which stays first; worse toxicity is said as such."""
    toxicity = [each for each in ranking.answers[0].options[0].estimates if each.outcome == "toxicity"]
    assert [each.measure for each in toxicity] == ["probability"]
    assert toxicity[0].difference.estimate > 0
    assert toxicity[0].difference.probability_better < 0.5


def test_survival_falls_with_time_within_its_band_and_the_restricted_mean_is_its_area(ranking):
    option = ranking.answers[0].options[0]
    curve = option.curves[0]
    assert curve.times[0] == 0
    assert np.all(np.diff(curve.estimate) <= 0)
    assert np.all((curve.lower <= curve.estimate) & (curve.estimate <= curve.upper))
    rmst = next(each for each in option.estimates if each.measure == "rmst")
    assert rmst.estimate == pytest.approx(np.trapezoid(curve.estimate, curve.times))
    at_three = next(each for each in option.estimates if each.horizon == 3.0 and each.measure == "survival")
    assert at_three.estimate == curve.estimate[-1]


def test_curves_change_no_number(ranker, patients_of, cohort):
    """To the bit, of a patient of whom all is known and of one of whom not; the draws are the same."""
    patients = patients_of(cohort, "P0000", "P0030", "P0100")
    with_curves, without = (ranker.rank(patients, curves=each) for each in (True, False))
    pd.testing.assert_frame_equal(with_curves.to_frame(), without.to_frame(), check_exact=True)
    assert with_curves.answers[0].options[0].curves
    assert not without.answers[0].options[0].curves


def test_the_bands_of_curves_keep_no_draws(ranker, cohort):
    fit = ranker.fits_[0]
    sampled = fit.draw(cohort.features.iloc[:3], n_draws=20, seed=0)
    for band in bands_of(fit, sampled):
        assert not np.shares_memory(band.estimate, sampled.point)


def test_an_answer_keeps_no_draws(ranking):
    """2 MB a patient before: a curve that was a view kept the draws of all patients beside it."""
    curves = [curve for option in ranking.answers[0].options for curve in option.curves]
    assert curves
    arrays = [array for curve in curves for array in (curve.times, curve.estimate, curve.lower, curve.upper)]
    assert all(array.base is None or array.base.size <= 2 * array.size for array in arrays)


def test_estimates_at_any_time_agree_with_the_ranking_and_with_the_curve(ranker, ranking, cohort, patients_of):
    """The same draws: restricted mean as ranked, survival at the horizon as ranked, and falling between."""
    table = ranker.estimate(patients_of(cohort, "P0030"), times=[1.0, 2.0, 3.0]).query("outcome == 'os'")
    for option in ranking["P0030"].options:
        own = table[table["option"] == option.option].set_index(["measure", "horizon"])
        for each in option.estimates:
            if each.outcome == "os" and each.measure in ("rmst", "survival"):
                row = own.loc[(each.measure, each.horizon)]
                numbers = [row["estimate"], row["lower"], row["upper"]]
                # areas of a smooth curve summed over another grid of times differ a little
                assert numbers == pytest.approx([each.estimate, each.lower, each.upper], rel=1e-5)
        survival = own.loc["survival"]["estimate"]
        assert survival.isna().all() == (option.advice == "no_estimate")
        assert survival.isna().all() or survival.is_monotonic_decreasing


def test_probabilities_to_be_the_best_sum_to_one(ranking):
    for answer in ranking:
        shares = [each.probability_best for each in answer.options if each.probability_best is not None]
        assert sum(shares) == pytest.approx(1)


def test_a_patient_alone_gets_the_same_answer_as_among_others(ranker, ranking, cohort, patients_of):
    alone = ranker.rank(patients_of(cohort, "P0030"))
    assert alone.to_json() == ranking.for_patient("P0030").to_json()


def test_processes_that_share_the_patients_give_the_same_bytes_and_findings(ranker, cohort, patients_of):
    """The same whatever the number of workers; 60 patients are three blocks and two."""
    patients = patients_of(cohort, *cohort.features.index[:60])
    alone, table = ranker.rank(patients), ranker.predict(patients)
    with sharing(2):
        shared, other = ranker.rank(patients), ranker.predict(patients)
    assert shared.to_json() == alone.to_json()
    assert shared.findings == alone.findings
    pd.testing.assert_frame_equal(other, table)
    assert other.attrs["findings"] == table.attrs["findings"]


@pytest.mark.slow
def test_processes_that_share_the_outcomes_fit_and_evaluate_the_same(cohort):
    made = []
    for workers in (1, 2):
        with sharing(workers):
            ranker = TreatmentRanker(n_draws=50).fit(cohort)
            ranker.evaluate(cohort, folds=2, n_boot=5)
        made.append((ranker.digest_, ranker.findings_))
    assert made[0] == made[1]


def test_the_order_of_columns_and_rows_changes_nothing(ranker, ranking, cohort, patients_of):
    mixed = cohort.features[["TP53", "sex", "ecog", "age_years"]].sample(frac=1, random_state=1)
    shuffled = dataclasses.replace(cohort, features=mixed, specs=cohort.specs[::-1])
    again = TreatmentRanker(n_draws=400).fit(shuffled).rank(patients_of(cohort, "P0000", "P0030", "P0100"))
    pd.testing.assert_frame_equal(again.to_frame(), ranking.to_frame())


def test_a_missing_value_is_named_and_not_taken_as_zero(ranking):
    findings = {finding.code: finding for finding in ranking["P0000"].findings}
    assert "age_years" in findings["imputed"].message
    assert not [finding for finding in ranking["P0030"].findings if finding.code == "imputed"]


def test_a_patient_of_whom_nothing_is_known_is_named_as_such(ranker, cohort, patients_of):
    """The estimate is that of nobody in particular: a warning, where one gap is a note."""
    given = patients_of(cohort, "P0030")
    empty = dataclasses.replace(given, features=given.features.reindex(["nobody"]).set_axis(["P0030"]))
    found = ranker.predict(empty).attrs["findings"]
    said = [(one.severity, one.patient_id) for one in found if one.code == "imputed"]
    assert said == [("warning", "P0030")]


def test_a_value_outside_the_range_of_an_option_gets_no_estimate_that_names_the_feature(ranker, cohort, patients_of):
    answer = ranker.rank(patients_of(cohort, "P0001", age_years=140.0))["P0001"]
    assert {each.advice for each in answer.options} == {"no_estimate"}
    assert "age_years 140" in answer.options[0].no_estimate_reason
    codes = [finding.code for finding in answer.findings]
    assert "outside-support" in codes
    assert "outside-training-range" in codes


def test_beyond_the_oldest_nobody_has_an_estimate_a_rank_or_a_direction(ranker, cohort, patients_of):
    """Age moves the hazard, by 0.4 a standard deviation of 8 years: two years beyond the oldest is beyond all."""
    oldest = float(cohort.features["age_years"].max())
    for years in (2.0, 10.0, 40.0):
        answer = ranker.rank(patients_of(cohort, "P0030", age_years=oldest + years))["P0030"]
        assert {each.advice for each in answer.options} == {"no_estimate"}
        assert not [each for each in answer.options if each.estimates or each.reasons or each.rank]
        compared = [each for each in answer.options if each.support is not None]
        assert len(compared) == 2
        assert all(each.support.effective_n < 5 and "age_years" in each.no_estimate_reason for each in compared)


@pytest.mark.parametrize(("years", "severity"), [(2.0, "warning"), (40.0, "serious")])
def test_a_prognosis_far_from_its_training_says_so_as_serious(made_cohort, patients_of, years, severity):
    """The range of ages is about 45 years wide: a tenth of it is between."""
    cohort = made_cohort(design=False, binary=False)
    made = TreatmentRanker(survival=GroupShrunkCox(), n_draws=50).fit(cohort)
    oldest = float(cohort.features["age_years"].max())
    frame = made.predict(patients_of(cohort, "P0030", age_years=oldest + years))
    said = [one.severity for one in frame.attrs["findings"] if one.code == "outside-training-range"]
    assert said == [severity]
    assert frame["estimate"].notna().all()


def test_an_unseen_level_gets_no_estimate_and_is_named(ranker, cohort, patients_of):
    answer = ranker.rank(patients_of(cohort, "P0001", sex="x"))["P0001"]
    assert {each.advice for each in answer.options} == {"no_estimate"}
    assert "sex is text of 1 character, and was not seen" in answer.options[0].no_estimate_reason  # no cell is repeated
    assert "unseen-level" in [finding.code for finding in answer.findings]


def test_an_absent_feature_is_missing_for_all_and_named(ranker, cohort, patients_of):
    given = patients_of(cohort, "P0030")
    fewer = dataclasses.replace(
        given, features=given.features.drop(columns="age_years"), specs=tuple(s for s in given.specs[1:])
    )
    found = ranker.rank(fewer)
    assert "feature-absent" in [finding.code for finding in found.findings]
    assert "imputed" in [finding.code for finding in found["P0030"].findings]


def test_a_column_that_the_model_does_not_know_is_named_and_changes_nothing(ranker, ranking, cohort, patients_of):
    given = patients_of(cohort, "P0030")
    more = dataclasses.replace(
        given,
        features=given.features.assign(shoe=pd.array([43.0], dtype="Float64")),
        specs=(*given.specs, FeatureSpec(name="shoe", kind="number", group="clinical")),
    )
    found = ranker.rank(more)
    assert [f.message for f in found.findings if f.code == "column-not-in-model"] == [
        "1 column is not features of the model and were left out: shoe"
    ]
    pd.testing.assert_frame_equal(found.to_frame(), ranking.for_patient("P0030").to_frame())


def test_another_assembly_is_refused(ranker, cohort, patients_of):
    other = dataclasses.replace(patients_of(cohort, "P0030"), assembly="GRCh37")
    with pytest.raises(ModelFileError) as caught:
        ranker.rank(other)
    assert caught.value.code == "model-assembly"


@pytest.mark.parametrize("change", [{"kind": "category"}, {"unit": "mo"}])
def test_a_feature_of_another_kind_or_unit_is_refused(ranker, cohort, patients_of, change):
    given = patients_of(cohort, "P0030")
    specs = (dataclasses.replace(given.specs[0], **change), *given.specs[1:])
    with pytest.raises(ModelFileError, match="age_years") as caught:
        ranker.predict(dataclasses.replace(given, specs=specs))
    assert caught.value.code == "model-schema"


def test_records_without_any_feature_of_the_model_are_refused(ranker, cohort):
    strange = dataclasses.replace(
        cohort,
        features=pd.DataFrame({"x": pd.array([1.0], dtype="Float64")}, index=pd.Index(["P1"])),
        specs=(FeatureSpec(name="x", kind="number", group="clinical"),),
    )
    with pytest.raises(ModelFileError) as caught:
        ranker.rank(strange)
    assert caught.value.code == "model-schema"


def test_a_horizon_beyond_the_last_follow_up_under_an_option_is_refused_by_ranking_and_by_effects(cohort):
    """Options with 20 events and more have a say: the earlier of their last follow-up times is the limit."""
    frame, taken = cohort.outcomes["os"].frame, cohort.design.treatment
    end = min(frame.loc[taken == option, "time"].max() for option in ("standard", "new"))
    late = end + 0.01
    with pytest.raises(HorizonError) as caught:
        TreatmentRanker().fit(dataclasses.replace(cohort, horizon=late))
    with pytest.raises(HorizonError) as same:
        SurvivalEffect(reference="standard", horizon=late).fit(cohort.features, frame, treatment=taken)
    for error in (caught.value, same.value):
        assert error.exit_code == 4
        assert f"horizon {late:g} lies beyond {end:g}, the last follow-up" in error.reason


def test_between_the_last_event_and_the_last_follow_up_the_curve_stays_where_it_is(cohort):
    """By hand: nobody dies after year 3, so the mean up to 4 is that up to 3 and one year times survival at 3."""
    frame = cohort.outcomes["os"].frame
    seen = frame.assign(event=frame["event"] & (frame["time"] < 3.0))
    os = dataclasses.replace(cohort.outcomes["os"], frame=seen, horizons=(3.0,))
    found = {}
    for horizon in (3.0, 4.0):
        asked = dataclasses.replace(cohort, outcomes={"os": os}, horizon=horizon)
        table = TreatmentRanker(n_draws=20).fit(asked).estimate(asked).set_index("measure")
        found[horizon] = table.loc["rmst", "estimate"].to_numpy(float)
        survival = table.loc["survival", "estimate"].to_numpy(float)
    # the two fits have steps of time of their own
    np.testing.assert_allclose(found[4.0], found[3.0] + survival, rtol=5e-3)


def test_a_further_horizon_beyond_follow_up_is_left_out_and_named(cohort):
    late = dataclasses.replace(cohort.outcomes["os"], horizons=(1.0, 3.0, 50.0))
    made = TreatmentRanker(n_draws=50).fit(dataclasses.replace(cohort, outcomes={"os": late}))
    assert made.fits_[0].horizons == (1.0, 3.0)
    assert [finding.code for finding in made.findings_].count("horizon-beyond-follow-up") == 1


def test_without_horizons_the_longest_with_enough_at_risk_is_taken(cohort):
    """Censoring is uniform on 4 to 9 years: some time after 3 each option still has 10 % and 20 at risk."""
    bare = dataclasses.replace(cohort.outcomes["os"], horizons=())
    made = TreatmentRanker(n_draws=50).fit(dataclasses.replace(cohort, outcomes={"os": bare}, horizon=None))
    horizon = made.fits_[0].restricted
    taken, frame = cohort.design.treatment, bare.frame
    for option in ("standard", "new"):
        times = frame.loc[taken == option, "time"]
        assert (times >= horizon).sum() >= max(20, 0.1 * len(times))
    assert horizon > 3


def test_a_secondary_outcome_that_cannot_be_fitted_is_left_out_and_named(cohort):
    same = cohort.outcomes["toxicity"].frame.assign(value=0.0)
    outcomes = {**cohort.outcomes, "toxicity": dataclasses.replace(cohort.outcomes["toxicity"], frame=same)}
    made = TreatmentRanker(n_draws=50).fit(dataclasses.replace(cohort, outcomes=outcomes))
    assert [fit.name for fit in made.fits_] == ["os"]
    assert "outcome-not-estimated" in [finding.code for finding in made.findings_]


def test_a_primary_outcome_without_events_stops_the_fit(cohort):
    none = cohort.outcomes["os"].frame.assign(event=False)
    outcomes = {"os": dataclasses.replace(cohort.outcomes["os"], frame=none)}
    with pytest.raises(SupportError) as caught:
        TreatmentRanker().fit(dataclasses.replace(cohort, outcomes=outcomes))
    assert caught.value.code == "no-events"


@pytest.mark.parametrize(("change", "code"), [({"outcomes": {}}, "no-outcome"), ({"primary": "pfs"}, "no-outcome")])
def test_a_cohort_without_the_outcome_to_rank_by_is_refused(cohort, change, code):
    with pytest.raises(UsageError) as caught:
        TreatmentRanker().fit(dataclasses.replace(cohort, **change))
    assert caught.value.code == code


def test_a_binary_outcome_can_be_what_options_are_ranked_by(cohort, patients_of):
    """Truth: toxicity has odds ratio 2.7 under ``new`` and lower is better, so ``standard`` comes first."""
    made = TreatmentRanker(n_draws=200).fit(dataclasses.replace(cohort, primary="toxicity", horizon=None))
    found = made.rank(patients_of(cohort, "P0030"))
    assert found.horizon is None
    first = found["P0030"].options[0]
    assert first.option == "standard"
    new = next(each for each in found["P0030"].options if each.option == "new")
    assert new.difference.measure == "probability"
    assert new.difference.estimate > 0
    assert new.difference.probability_better < 0.1


def test_the_model_file_gives_the_same_answer_and_the_same_bytes(ranker, ranking, cohort, patients_of, tmp_path):
    digest = ranker.save(tmp_path / "m")
    assert digest == ranker.digest_ == ranking.provenance["model"]
    loaded = load_model(tmp_path / "m")
    patients = patients_of(cohort, "P0000", "P0030", "P0100")
    assert loaded.rank(patients).to_json() == ranking.to_json()
    pd.testing.assert_frame_equal(loaded.predict(patients), ranker.predict(patients))
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "m").read_bytes()


def test_the_same_cohort_and_seed_give_the_same_bytes(cohort, ranker, tmp_path):
    ranker.save(tmp_path / "a")
    TreatmentRanker(n_draws=400).fit(cohort).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_drawing_with_another_seed_leaves_the_model_what_it_is(ranker, ranking, cohort, patients_of, tmp_path):
    """The digest is that of the file; the seed of the draws stands beside it and moves intervals a little."""
    ranker.save(tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    loaded.seed = 7
    found = loaded.rank(patients_of(cohort, "P0030"))
    assert found.provenance["model"] == ranking.provenance["model"]
    assert found.provenance["seed"] == 7
    left, right = found["P0030"].options[0].difference, ranking["P0030"].options[0].difference
    assert left.estimate == right.estimate
    assert left.lower != right.lower
    # a 2.5 % quantile of 400 normal draws has an error of 0.13 spreads; three errors of a difference are 0.3 of 1.96
    assert left.lower == pytest.approx(right.lower, abs=0.3 * (right.estimate - right.lower))


def test_the_model_file_names_no_patient(ranker, tmp_path):
    ranker.save(tmp_path / "m")
    assert b"P00" not in (tmp_path / "m").read_bytes()


def test_a_sound_file_that_holds_no_ranker_is_damaged(tmp_path):
    from genorx.ranking import write_bundle

    write_bundle(tmp_path / "m", {"hello": 1}, {})
    with pytest.raises(ModelFileError) as caught:
        load_model(tmp_path / "m")
    assert caught.value.code == "model-damaged"


def test_a_file_with_a_class_that_is_not_ours_is_refused(ranker, tmp_path):
    from genorx.ranking import read_bundle, write_bundle

    ranker.save(tmp_path / "m")
    bundle = read_bundle(tmp_path / "m")
    bundle.values["outcomes"][0]["model"]["class"] = "os.system"
    write_bundle(tmp_path / "m", bundle.values, bundle.arrays)
    with pytest.raises(ModelFileError) as caught:
        load_model(tmp_path / "m")
    assert caught.value.code == "model-too-new"


def test_the_ranker_is_cloned_like_any_estimator(ranker):
    copy = clone(ranker)
    assert copy.get_params() == ranker.get_params()
    assert not hasattr(copy, "fits_")


def test_predict_gives_one_row_a_patient_option_outcome_and_horizon(ranker, cohort, patients_of):
    frame = ranker.predict(patients_of(cohort, "P0030", "P0100"))
    assert list(frame.columns) == ["patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk"]
    assert len(frame) == 2 * 3 * (2 + 1)
    toxicity = frame[frame["outcome"] == "toxicity"]
    assert toxicity["time"].isna().all()
    assert frame.loc[frame["option"] == "rare", ["estimate", "lower", "upper", "risk"]].isna().all(axis=None)
    known = frame[frame["option"] != "rare"]
    assert (known["lower"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["upper"]).all()
    os = known[known["outcome"] == "os"]
    assert os["risk"].to_numpy(float) == pytest.approx(1 - os["estimate"].to_numpy(float))


def test_predictions_and_rankings_say_the_same(ranker, ranking, cohort, patients_of):
    frame = ranker.predict(patients_of(cohort, "P0030")).query("option == 'new' and outcome == 'os'")
    said = [each for each in ranking["P0030"].options[0].estimates if each.measure == "survival"]
    assert frame["estimate"].tolist() == [each.estimate for each in said]
    assert frame["lower"].tolist() == [each.lower for each in said]


def test_predictions_outside_the_support_are_empty_and_named(ranker, cohort, patients_of):
    frame = ranker.predict(patients_of(cohort, "P0030", age_years=140.0))
    assert frame["estimate"].isna().all()
    assert "outside-support" in {finding.code for finding in frame.attrs["findings"]}


def test_notes_say_who_is_compared_and_what_must_hold(ranking):
    assert ranking.notes[0].startswith("Compared from time zero on: standard ")
    assert "hazard ratio" in ranking.notes[1]
    assert ranking.notes[-1] == "No unmeasured confounding."


def test_provenance_holds_digests_versions_seed_and_day(ranking):
    assert set(ranking.provenance) == {"model", "study", "patients", "knowledge", "versions", "seed", "date"}
    assert ranking.provenance["study"] == "0" * 64
    assert ranking.provenance["patients"] == "1" * 64
    assert json.loads(ranking.to_json())[0]["provenance"]["seed"] == 0
