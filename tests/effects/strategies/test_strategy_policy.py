"""What choosing by patient is worth where a strategy acts: in made courses a treatment helps some and harms others."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.effects.assessment.policy_value import GAINS, LOSES, NOT_SHOWN
from genorx.effects.strategies import strategy_policy

ASKED = Strategy(name="early", state="ill", treatment="drug", within=30.0)
NEVER = Strategy(name="never")


def cohort(effect, n=600, seed=0):
    """Return features, course and design; half of all, by lot, begin on day 10, when hazards are multiplied."""
    rng = np.random.default_rng(seed)
    patients = pd.Index([f"p{number:03d}" for number in range(n)], name="patient_id")
    marker = rng.integers(0, 2, n)
    treated = rng.random(n) < 0.5
    rate = np.where(treated, np.where(marker == 1, *effect), 1.0) / 200
    time = 10 + rng.exponential(1 / rate)
    until = np.minimum(time, 700.0)
    dead = patients[time <= 700]
    entries = [pd.DataFrame({"patient_id": patients, "state": "ill", "time": 0.0})]
    entries.append(pd.DataFrame({"patient_id": dead, "state": "dead", "time": time[time <= 700]}))
    course = Course(
        states=("ill", "dead"),
        transitions=(("ill", "dead"),),
        start="ill",
        alive=("ill",),
        unit="days",
        horizons=(400.0,),
        entries=pd.concat(entries, ignore_index=True),
        followed=pd.Series(until, index=patients),
    )
    begins = pd.DataFrame({"patient_id": patients[treated], "treatment": "drug", "time": 10.0, "state": "ill"})
    design = StrategyDesign(
        strategies=(ASKED, NEVER), reference="never", begins=begins, strata=pd.Series("", index=patients)
    )
    return pd.DataFrame({"marker": marker}, index=patients), course, design


def asked(effect, gain, **stated):
    X, course, design = cohort(effect)
    return strategy_policy(X, course, design, "early", gain(X["marker"]), horizon=400.0, n_boot=30, **stated)


def test_choosing_gains_where_some_are_helped_and_others_harmed():
    """Truth: hazard ratio 0.4 with the marker and 2.5 without; half of the patients lose or gain over 60 days each."""
    table = asked((0.4, 2.5), lambda marker: marker - 0.5)
    assert table["reason"].tolist() == [GAINS, GAINS]
    assert table["against"].tolist()[1] == "everybody never (reference)"
    assert (table["estimate"] > 25).all()
    assert table["patients"].tolist() == [600, 600]


def test_choosing_the_wrong_way_loses():
    table = asked((0.4, 2.5), lambda marker: 0.5 - marker)
    assert table["reason"].tolist()[1] == LOSES


def test_treating_all_gains_nothing_over_treating_all():
    """Everybody is predicted to gain: the policy is the best single option, and differs from it by nothing."""
    table = asked((0.4, 0.4), lambda marker: marker + 1.0)
    assert table["estimate"].tolist()[0] == 0
    assert table["reason"].tolist() == [NOT_SHOWN, GAINS]


def test_where_clones_cannot_tell_there_is_a_reason():
    """Two patients are predicted to gain: too few began among them."""
    table = asked((0.4, 2.5), lambda marker: pd.Series(np.arange(len(marker)) < 2, marker.index) - 0.5)
    assert "estimate" not in table
    assert table["reason"].item().startswith("among those predicted to gain: ")


@pytest.mark.parametrize("left_out", ["p000", "p001"])
def test_who_has_no_prediction_is_left_out(left_out):
    table = asked((0.4, 2.5), lambda marker: (marker - 0.5).drop(left_out))
    assert table["patients"].tolist() == [599, 599]
