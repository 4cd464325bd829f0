"""A new model in the old one's place: what its advice is worth, told from patients whom neither was made from."""

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx.errors import SupportError
from genorx.monitor import Policy, compare
from genorx.monitor.advice_checks import advice_checks
from genorx.ranking.evaluation.choice_value import ChoiceValue, best_options, value_of_choices
from genorx.ranking.model.templates import Templates

_OS = {"kind": "survival", "time": "days", "event": "died", "unit": "days", "horizons": [365], "better": "longer"}
_HALVED = np.log(0.5)


def _patients(n, seed, *, benefit=_HALVED, censored=730.0):
    """Two arms drawn by lot; ``benefit`` is the log hazard ratio of b against a."""
    rng = np.random.default_rng(seed)
    age, arm = rng.normal(60, 10, n), rng.choice(["a", "b"], n)
    latent = rng.exponential(500 / np.exp(0.03 * (age - 60) + benefit * (arm == "b")))
    frame = pd.DataFrame({"patient_id": [f"A{seed}P{i}" for i in range(n)], "age_years": age.round(1), "arm": arm})
    frame["days"], frame["died"] = np.minimum(latent, censored).round(1) + 0.1, latent <= censored
    return gx.Cohort.from_frames(
        frame, outcomes={"os": _OS}, treatment="arm", design={"reference": "a", "randomised": True}
    )


@pytest.fixture(scope="module")
def models():
    """One model of how it is, and one of patients in whom b harmed as much as it helps now."""
    return tuple(
        gx.TreatmentRanker(n_draws=40).fit(_patients(500, seed, benefit=benefit))
        for seed, benefit in ((1, _HALVED), (2, -_HALVED))
    )


def _restricted(hazard, horizon=365.0):
    return (1.0 - np.exp(-hazard * horizon)) / hazard


def test_the_value_of_two_ways_to_choose_is_the_difference_of_the_restricted_means(models):
    """Truth: of exponential times, averaged over the ages of the patients."""
    later = _patients(700, 5)
    good, bad = (best_options(each.fits_[0], later.features) for each in models)
    assert (good == "b").mean() > 0.95
    assert (bad == "a").mean() > 0.95
    told = value_of_choices(later, models[0].fits_[0], Templates(), (good, bad), permutations=0)
    hazard = np.exp(0.03 * (later.features["age_years"].to_numpy(float) - 60)) / 500
    truth = np.mean(_restricted(hazard) - _restricted(hazard * 0.5))
    assert told.gain == pytest.approx(truth, abs=3 * told.std_error)
    assert told.patients + told.without_overlap == 700
    assert np.isnan(told.claims_by_chance)


@pytest.mark.slow
def test_a_model_that_chooses_worse_is_not_accepted_and_its_reverse_is_in_that_respect(models):
    later = _patients(500, 7)
    worse, better = compare(*models, later), compare(*reversed(models), later)
    assert not worse.accept
    assert any("choosing by the new model gains -" in reason for reason in worse.reasons)
    rows = better.checks.set_index("check")
    assert rows.loc["policy value", "passed"] is True
    assert rows.loc["false claims with permuted arms", "new"] <= 0.05
    assert (rows.loc[rows["passed"] == True, "message"] == "").all()  # noqa: E712


def test_where_patients_cannot_tell_another_choice_is_not_accepted_and_the_same_one_is(models):
    few = _patients(16, 9)
    value, claims = advice_checks(*models, few, Policy())
    assert value["passed"] is False
    assert "its value is not known" in value["message"]
    assert claims["passed"] is False
    value, claims = advice_checks(models[0], models[0], few, Policy())
    assert value["passed"] is True
    assert claims["passed"] is None


def test_claims_by_chance_above_the_limit_of_the_policy_are_not_passed(models, monkeypatch):
    from genorx.monitor import advice_checks as module

    told = ChoiceValue(
        first=1.0, second=1.0, gain=0.0, std_error=0.0, patients=9, without_overlap=0, claims_by_chance=0.08
    )
    monkeypatch.setattr(module, "value_of_choices", lambda *_, **__: told)
    later = _patients(40, 11)
    for limit, passed in ((0.05, False), (0.1, True)):
        rules = Policy.of({"impact": {"false_claims": limit}})
        assert list(advice_checks(*models, later, rules))[1]["passed"] is passed


def test_an_option_that_nobody_had_has_no_value(models):
    later = _patients(300, 13)
    nobody = pd.Series("c", index=later.features.index)
    own = best_options(models[0].fits_[0], later.features)
    with pytest.raises(SupportError) as caught:
        value_of_choices(later, models[0].fits_[0], Templates(), (own, nobody), permutations=0)
    assert caught.value.code == "policy-value-unknown"
