"""Transplantation against chemotherapy in the AML knowledge bank, from day 90 after remission on."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort import Study
from genorx.effects import SurvivalEffect

# lifelines 0.30 calls pandas in a way that pandas 3.1 warns of
pytestmark = pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")


@pytest.fixture(scope="module")
def landmark(tmp_path_factory, aml, write_aml_study):
    """Cohort without variants, with the risk class that the anchors adjust for."""
    folder = tmp_path_factory.mktemp("aml")
    cohort = Study.read(write_aml_study(folder, aml, variants=False, exclude=())).load()
    return cohort, cohort.design.follow_up(cohort.outcomes["os"].frame, unit="days")


def _lifelines(y, treatment, covariates, strata):
    from lifelines import CoxPHFitter

    frame = y.join(covariates).assign(tx=(treatment.loc[y.index] == "transplant").astype(float))
    by = None
    if strata is not None:
        frame, by = frame.assign(stratum=strata.loc[y.index]), ["stratum"]
    fit = CoxPHFitter().fit(frame, "time", "event", strata=by)
    return fit.params_["tx"], fit.standard_errors_["tx"]


@pytest.mark.slow
def test_the_landmark_rows_give_back_the_published_ratio(landmark):
    """README of the data: 0.84 (0.64-1.10) from a landmark 90 days after remission, unadjusted; lifelines."""
    cohort, y = landmark
    log, error = _lifelines(y, cohort.design.treatment, pd.DataFrame(index=y.index), None)
    interval = np.exp([log, log - 1.96 * error, log + 1.96 * error])
    assert interval == pytest.approx([0.84, 0.64, 1.10], abs=0.01)


@pytest.mark.slow
def test_adjusted_for_age_and_risk_class_within_trials_it_agrees_with_lifelines(landmark):
    """lifelines' Cox on the same rows, strata and covariates, without shrinkage: 0.72 (0.54-0.95)."""
    cohort, y = landmark
    features = cohort.features.loc[y.index, ["age_years", "eln2010_risk"]]
    specs = [spec for spec in cohort.specs if spec.name in features.columns]
    model = SurvivalEffect(reference="chemotherapy", specs=specs).fit(
        features, y, treatment=cohort.design.treatment, strata=cohort.design.strata
    )
    found = model.population_effect().set_index("measure").loc["hazard_ratio"]
    risk = pd.get_dummies(features["eln2010_risk"].astype(object).fillna("missing"), drop_first=True).astype(float)
    covariates = risk.assign(age=features["age_years"].astype(float))
    log, error = _lifelines(y, cohort.design.treatment, covariates, cohort.design.strata)
    assert np.exp(log) == pytest.approx(0.717, abs=0.005)
    assert np.log(found["estimate"]) == pytest.approx(log, abs=0.05)
    width = (np.log(found["upper"]) - np.log(found["lower"])) / (2 * 1.96)
    assert width == pytest.approx(error, rel=0.1)
    assert found["patients"] == 137
