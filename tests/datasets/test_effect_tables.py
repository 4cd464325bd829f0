"""Scenarios of the effects engine: their truth against simulation, and their words."""

import numpy as np
import pytest

from genorx.datasets import SCENARIOS, make_effect_tables
from genorx.errors import UsageError


def test_restricted_means_agree_with_what_happens_to_many_patients():
    """lifelines' Kaplan-Meier area to 36 months in 8,000 patients at random; standard error about 0.3 months."""
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    tables = make_effect_tables("qualitative", n=8000, n_test=4000, seed=1)
    for arm in ("standard", "new"):
        had = tables.train["arm"] == arm
        curve = KaplanMeierFitter().fit(tables.train["time"][had], tables.train["event"][had])
        assert restricted_mean_survival_time(curve, t=36) == pytest.approx(tables.truth[arm].mean(), abs=0.9)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_has_tables_that_fit_its_spec(name):
    tables = make_effect_tables(name, n=120, n_test=10, seed=2)
    needed = {value for key, value in tables.spec.items() if isinstance(value, str) and key not in ("reference",)}
    assert needed <= set(tables.train.columns)
    assert {*tables.spec["covariates"], "patient_id"} == set(tables.test.columns)
    assert tables.truth.index.tolist() == tables.test["patient_id"].tolist()
    assert set(tables.train["arm"]) == set(tables.truth.columns)
    assert np.isfinite(tables.truth.to_numpy()).all()


def test_where_there_is_no_overlap_nobody_has_the_arm():
    tables = make_effect_tables("no overlap", n=600, n_test=300, seed=3)
    corner = (tables.train["x1"] > 0.5) & (tables.train["x2"] > -0.5)
    assert not (tables.train["arm"][corner] == "new").any()
    assert (~tables.overlap).mean() == pytest.approx(0.21, abs=0.07)


def test_a_late_start_lies_before_the_end_of_follow_up():
    train = make_effect_tables("late start", n=400, n_test=2, seed=4).train
    treated = train["arm"] == "new"
    assert (train["start"][treated] < train["time"][treated]).all()
    assert train["start"][~treated].isna().all()


def test_a_scenario_that_is_not_there_is_refused():
    with pytest.raises(UsageError) as caught:
        make_effect_tables("miracle")
    assert caught.value.code == "scenario"
