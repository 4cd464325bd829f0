"""Answers built on an effect estimator whose numbers are known: what is passed on, and what must be said."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from genorx.effects import EffectDraws, EffectEstimator
from genorx.errors import UsageError
from genorx.ranking import TreatmentRanker
from genorx.ranking.answer.estimates import difference, estimate, quantities
from genorx.ranking.model.outcome_fit import OutcomeFit


class KnownEffect(BaseEstimator):
    """Exponential survival with the rates given for each option; ``outside`` and ``alike`` rule the support."""

    def __init__(self, rates=(0.2, 0.1), spread=0.05, outside=(), alike=50.0):
        self.rates = rates
        self.spread = spread
        self.outside = outside
        self.alike = alike

    def fit(self, X, y, *, treatment, strata=None):
        self.options_ = ("standard", "new")
        return self

    def sample(self, X, times=None, *, n_draws=400, seed=0):
        noise = np.exp(self.spread * np.random.default_rng(seed).standard_normal((n_draws, 2)))
        point = np.exp(-np.array(self.rates)[:, None] * times)
        draws = np.exp(-(noise * self.rates)[:, :, None] * times)
        shape = (len(X), *point.shape)
        return EffectDraws(
            options=self.options_,
            times=times,
            point=np.broadcast_to(point, shape),
            draws=np.broadcast_to(draws[:, None], (n_draws, *shape)),
        )

    def support(self, X):
        rows = [(i, o) for i in X.index for o in self.options_]
        frame = pd.DataFrame(rows, columns=["patient_id", "option"])
        inside = ~frame["option"].isin(self.outside)
        return frame.assign(
            effective_n=float(self.alike), propensity=0.5, inside=inside, outside_feature="", reason="made so"
        )

    def drivers(self, X):
        rows = [(i, o, "TP53", 1.0, -0.5) for i in X.index for o in self.options_]
        return pd.DataFrame(rows, columns=["patient_id", "option", "feature", "prognosis", "effect"])

    def state(self):
        return {}, {}

    @classmethod
    def from_state(cls, values, arrays):
        return cls()


def _rank(cohort, patients_of, **known):
    bare = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})
    made = TreatmentRanker(effect=KnownEffect(**known), n_draws=500).fit(bare)
    return made.rank(patients_of(cohort, "P0030"))


def test_any_estimator_that_keeps_the_protocol_can_stand_in(cohort, patients_of):
    """By hand: RMST to 3 of an exponential of rate r is (1 - exp(-3 r)) / r."""
    assert isinstance(KnownEffect(), EffectEstimator)
    answer = _rank(cohort, patients_of)["P0030"]
    first = answer.options[0]
    assert (first.option, first.advice) == ("new", "recommend")
    expected = (1 - np.exp(-0.3)) / 0.1 - (1 - np.exp(-0.6)) / 0.2
    assert first.difference.estimate == pytest.approx(expected, abs=1e-4)
    assert answer.options[-1].no_estimate_reason == "rare was not compared"


def test_equal_options_are_in_equipoise_and_both_first(cohort, patients_of):
    answer = _rank(cohort, patients_of, rates=(0.15, 0.15))["P0030"]
    assert [(each.rank, each.advice) for each in answer.options[:2]] == [(1, "equipoise")] * 2


def test_reasons_say_what_a_driver_does_for_the_patient(cohort, patients_of):
    """A positive log hazard is worse for a survival outcome of which more is better."""
    reasons = _rank(cohort, patients_of)["P0030"].options[0].reasons
    assert [(each.kind, each.direction, each.size) for each in reasons] == [
        ("prognosis", "worse", 1.0),
        ("effect", "better", -0.5),
    ]


def test_a_direction_beyond_the_range_of_an_option_is_neither_better_nor_worse(cohort, patients_of, monkeypatch):
    def drivers(_, X):
        rows = [(i, "new", *one) for i in X.index for one in (("age", -0.82, 0.0, True), ("TP53", 1.0, 0.0, False))]
        return pd.DataFrame(rows, columns=["patient_id", "option", "feature", "prognosis", "effect", "beyond"])

    monkeypatch.setattr(KnownEffect, "drivers", drivers)
    answer = _rank(cohort, patients_of)["P0030"]
    first = answer.options[0]
    assert [each.feature for each in first.reasons] == ["TP53"]
    said = [finding for finding in answer.findings if finding.code == "direction-not-shown"]
    assert [finding.message for finding in said] == [
        "age lies beyond the range of patients who had new: its direction is not shown"
    ]


def test_without_the_reference_no_difference_is_given_and_that_is_said(cohort, patients_of):
    answer = _rank(cohort, patients_of, outside=("standard",))["P0030"]
    assert answer.options[0].option == "new"
    assert answer.options[0].advice == "reasonable"
    assert answer.options[0].difference is None
    codes = [finding.code for finding in answer.findings]
    assert "reference-outside" in codes
    assert "nothing-to-compare" in codes
    assert "outside-support" in codes


def test_few_patients_alike_are_said(cohort, patients_of):
    answer = _rank(cohort, patients_of, alike=1.5)["P0030"]
    said = [finding.message for finding in answer.findings if finding.code == "few-alike"]
    assert sorted(said) == ["1.5 patients like this one had new", "1.5 patients like this one had standard"]


def test_an_outcome_without_support_under_a_ranked_option_is_left_out_and_said(cohort, patients_of):
    """Survival ranks both options; the second survival outcome does not cover the patient under ``new``."""
    second = dataclasses.replace(cohort.outcomes["os"], name="pfs")
    made = TreatmentRanker(effect=KnownEffect(), n_draws=50).fit(
        dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"], "pfs": second})
    )
    made.fits_[1].model.set_params(outside=("new",))
    answer = made.rank(patients_of(cohort, "P0030"))["P0030"]
    new = next(each for each in answer.options if each.option == "new")
    assert {each.outcome for each in new.estimates} == {"os"}
    assert "outcome-outside-support" in [finding.code for finding in answer.findings]


def test_a_model_of_somebody_else_ranks_but_is_not_saved(cohort, tmp_path):
    bare = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})
    made = TreatmentRanker(effect=KnownEffect()).fit(bare)
    with pytest.raises(UsageError) as caught:
        made.save(tmp_path / "m")
    assert caught.value.code == "model-class"
    assert not list(tmp_path.iterdir())


def _fit(better: str = "longer") -> OutcomeFit:
    return OutcomeFit(
        name="os",
        kind="survival",
        unit="years",
        better=better,
        role="benefit",
        horizons=(2.0,),
        restricted=4.0,
        model=KnownEffect(),
    )


def _sampled(fit: OutcomeFit, draws: np.ndarray) -> EffectDraws:
    """Straight lines from 1 with the slopes given: S(t) = 1 - slope t; one patient, two options."""
    curves = 1 - draws[:, None, :, None] * fit.times
    return EffectDraws(options=("a", "b"), times=fit.times, point=curves.mean(axis=0), draws=curves)


def test_numbers_of_straight_curves_are_those_of_geometry():
    """S = 1 - 0.2 t: S(2) = 0.6, area to 4 is 4 - 1.6 = 2.4, half is reached at 2.5; slope 0.1 never gets there."""
    fit = _fit()
    sampled = _sampled(fit, np.tile([0.2, 0.1], (10, 1)))
    by_measure = {each.measure: each for each in quantities(fit, sampled, 0)}
    assert by_measure["survival"].point == pytest.approx([0.6, 0.8])
    assert by_measure["rmst"].point == pytest.approx([2.4, 3.2])
    assert by_measure["median"].point == pytest.approx([2.5, np.inf])
    median = [estimate(by_measure["median"], option, 0) for option in (0, 1)]
    assert (median[0].estimate, median[1].estimate) == (pytest.approx(2.5), None)
    assert (median[1].lower, median[1].upper, median[1].difference) == (None, None, None)


def test_numbers_of_many_patients_do_not_keep_their_curves_in_memory():
    """Whole curves of 1,000 patients through four states are more than 1 GB; what is reported of them is not."""
    fit = _fit()
    sampled = _sampled(fit, np.tile([0.2, 0.1], (10, 1)))
    found = quantities(fit, sampled, slice(None))
    for each in found:
        assert not np.shares_memory(each.draws, sampled.draws), each.measure
        assert not np.shares_memory(each.point, sampled.point), each.measure


def test_a_difference_is_option_minus_reference_with_quantiles_of_the_draws():
    """Slopes of b: 0.1 in 39 draws, 0.3 in one: better in 97.5 %; area differs by 8 x (0.2 - slope)."""
    fit = _fit()
    sampled = _sampled(fit, np.column_stack([np.full(40, 0.2), [0.1] * 39 + [0.3]]))
    rmst = quantities(fit, sampled, 0)[1]
    found = difference(rmst, 1, 0)
    assert found.probability_better == pytest.approx(0.975)
    assert found.estimate == pytest.approx(8 * (0.2 - (39 * 0.1 + 0.3) / 40))
    assert found.upper == pytest.approx(0.8)
    assert found.lower == pytest.approx(-0.8 + 0.975 * 1.6)  # between the smallest draw and the next, linearly
    shorter = quantities(_fit("shorter"), sampled, 0)[1]
    assert difference(shorter, 1, 0).probability_better == pytest.approx(0.025)
    assert difference(rmst, 0, 0) is None
    assert difference(rmst, 1, None) is None
