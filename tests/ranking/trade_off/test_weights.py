"""Which weights hold, and by what options are ordered, where several studies say something."""

import dataclasses

import pytest

from genorx.cohort.study_file.utility import Utility, Weight
from genorx.errors import SupportError, UsageError
from genorx.ranking import TreatmentRanker
from genorx.ranking.model.outcome_fit import OutcomeFit
from genorx.ranking.trade_off.weights import chosen_utility, usable_utility

OS = {"os": Weight(quality=0.8), "toxicity": Weight(loss=3.0)}
OTHER = {"os": Weight(quality=1.0)}


def _fit(name, kind):
    role, better = ("benefit", "longer") if kind == "survival" else ("harm", "lower")
    return OutcomeFit(
        name=name, kind=kind, unit="years", better=better, role=role, horizons=(), restricted=3.0, model=None
    )


FITS = (_fit("os", "survival"), _fit("toxicity", "binary"))


@pytest.mark.parametrize(
    ("called", "patients", "model", "outcomes", "orders"),
    [
        (None, None, Utility(outcomes=OS, orders=True), OS, True),
        (None, Utility(outcomes=OTHER), Utility(outcomes=OS, orders=True), OTHER, True),
        (None, Utility(outcomes=OTHER, orders=False), Utility(outcomes=OS, orders=True), OTHER, False),
        (None, Utility(orders=False), Utility(outcomes=OS, orders=True), OS, False),
        (None, Utility(outcomes=OTHER, orders=True), Utility(outcomes=OS), OTHER, True),
        (Utility(outcomes=OTHER), Utility(orders=False), Utility(outcomes=OS, orders=True), OTHER, False),
        (None, Utility(outcomes=OTHER), None, OTHER, False),
    ],
)
def test_the_nearest_that_names_weights_gives_them_and_the_nearest_that_says_the_order_gives_that(
    called, patients, model, outcomes, orders
):
    """By the rule of the guide, benefit against harm: what a study does not say stays as the model has it."""
    found, findings = chosen_utility((called, patients, model), FITS)
    assert findings == ()
    assert found.outcomes == outcomes
    assert found.orders is orders


def test_without_weights_there_is_no_utility_whatever_is_said_of_the_order():
    assert chosen_utility((None, Utility(orders=False), None), FITS) == (None, ())


def test_weights_of_an_outcome_that_was_not_fitted_are_refused():
    with pytest.raises(UsageError) as caught:
        chosen_utility((None, Utility(outcomes=OS), None), FITS[:1])
    assert caught.value.code == "utility-outcome"


def test_a_model_keeps_no_weights_that_it_cannot_use_and_says_so():
    """Weights beside the primary order are left out and named; an order by them cannot be made and stops the fit."""
    assert usable_utility(Utility(outcomes=OS), ["pain"]) == (Utility(outcomes=OS), ())
    lost, findings = usable_utility(Utility(outcomes=OS), ["toxicity"])
    assert lost is None
    assert [finding.code for finding in findings] == ["utility-not-weighed"]
    with pytest.raises(SupportError) as caught:
        usable_utility(Utility(outcomes=OS, orders=True), ["toxicity"])
    assert caught.value.code == "utility-outcome"
    assert "toxicity" in caught.value.reason


def test_patients_with_weights_of_their_own_are_ordered_as_the_model_orders(made_cohort, patients_of):
    """Toxicity worth 3 years puts standard first (``test_utility``), and 0 years new, by utility both times."""
    cohort = dataclasses.replace(made_cohort(500, seed=4), utility=Utility(outcomes=OS, orders=True))
    fitted = TreatmentRanker(n_draws=100).fit(cohort)
    patient = patients_of(cohort, "P0030")
    mild = Utility(outcomes={"os": Weight(quality=0.8), "toxicity": Weight(loss=0.0)})
    first = {}
    for name, utility in {"model": None, "mild": mild, "primary": Utility(orders=False)}.items():
        ranking = fitted.rank(dataclasses.replace(patient, utility=utility))
        first[name] = (ranking.answers[0].options[0].option, any("by utility" in note for note in ranking.notes))
    assert first == {"model": ("standard", True), "mild": ("new", True), "primary": ("new", False)}


def test_an_outcome_that_the_fit_leaves_out_does_not_stop_rankings(made_cohort, patients_of):
    """Nobody had toxicity, so it is left out; the default utility stands in for the weights that name it."""
    cohort = made_cohort(400)
    none = cohort.outcomes["toxicity"].frame.assign(value=0.0)
    outcomes = cohort.outcomes | {"toxicity": dataclasses.replace(cohort.outcomes["toxicity"], frame=none)}
    cohort = dataclasses.replace(cohort, outcomes=outcomes, utility=Utility(outcomes=OS))
    fitted = TreatmentRanker(n_draws=50).fit(cohort)
    ranking = fitted.rank(patients_of(cohort, "P0030"))  # the study of the fit is that of the patients, weights and all
    codes = [finding.code for finding in ranking.findings]
    assert "outcome-not-estimated" in codes
    assert codes.count("utility-not-weighed") == 1
    assert ranking.answers[0].options[0].option == "new"
