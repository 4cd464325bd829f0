"""Strata in which all patients had one option: the same patients through every comparison of options.

A difference between options that share no stratum is one between the strata, so no room gives one.  Strata of one
option beside others say nothing of it; a study and plain tables report them.
"""

import json

import numpy as np
import pytest

import genorx as gx
from genorx.datasets import make_trial
from genorx.effects import ResponseEffect, SurvivalEffect, average_effects
from genorx.effects.plain_tables import TablesSpec, effects_from_tables
from genorx.errors import SupportError

AGE = "age_years"


@pytest.fixture(scope="module")
def trial():
    return make_trial(160, seed=3)


def by_study(trial, strata, _):
    frame = trial.features[[AGE]].assign(arm=trial.treatment, trial=strata)
    outcomes = {"os": {"table": trial.outcomes, "unit": "months", "horizons": [24]}}
    design = {"reference": "standard", "strata": ["trial"]}
    return gx.Cohort.from_frames(frame, outcomes=outcomes, treatment="arm", design=design).findings


def by_tables(trial, strata, folder):
    frame = trial.features[[AGE]].assign(arm=trial.treatment, trial=strata, months=trial.outcomes["time"])
    frame.assign(died=trial.outcomes["event"].astype(int)).to_csv(folder / "t.csv", index_label="id")
    frame[[AGE]].head(3).to_csv(folder / "u.csv", index_label="id")
    spec = {"id": "id", "treatment": "arm", "time": "months", "event": "died", "covariates": [AGE], "horizon": 24}
    (folder / "s.json").write_text(
        json.dumps(spec | {"randomised": True, "reference": "standard", "strata": ["trial"]})
    )
    return effects_from_tables(folder / "t.csv", folder / "u.csv", TablesSpec.read(folder / "s.json"))[2]


def by_survival_effect(trial, strata, _):
    model = SurvivalEffect(horizon=24, reference="standard", min_events=5)
    model.fit(trial.features[[AGE]], trial.outcomes, treatment=trial.treatment, strata=strata)


def by_response_effect(trial, strata, _):
    model = ResponseEffect(kind="binary", reference="standard", min_events=5)
    y = trial.outcomes["event"].astype(float).to_frame("value")
    model.fit(trial.features[[AGE]], y, treatment=trial.treatment, strata=strata)


def by_average(trial, strata, _):
    y = trial.outcomes["event"].astype(float).to_frame("value")
    average_effects(trial.features[[AGE]], y, treatment=trial.treatment, strata=strata, reference="standard")


REPORTING = (by_study, by_tables)
ROOMS = (*REPORTING, by_survival_effect, by_response_effect, by_average)


def _one_of_ten(trial):
    """Ten patients of "new" are stratum A; the others, of both options, B."""
    taken = np.flatnonzero(trial.treatment == "new")[:10]
    return np.where(np.isin(np.arange(len(trial.treatment)), taken), "A", "B")


@pytest.mark.parametrize("room", ROOMS)
def test_options_that_share_no_stratum_are_compared_nowhere(room, trial, tmp_path):
    with pytest.raises(SupportError) as caught:
        room(trial, np.where(trial.treatment == "new", "A", "B"), tmp_path)
    assert (caught.value.code, caught.value.exit_code) == ("nothing-to-compare", 4)


def test_averages_by_weighting_need_every_option_in_every_stratum(trial, tmp_path):
    """Positivity: patients of a stratum that had one option have a propensity of 0 or 1, so no weight."""
    with pytest.raises(SupportError) as caught:
        by_average(trial, _one_of_ten(trial), tmp_path)
    assert caught.value.code == "no-overlap"


@pytest.mark.parametrize("room", ROOMS[:-1])
def test_strata_of_one_option_beside_others_are_no_reason_to_refuse(room, trial, tmp_path):
    found = room(trial, _one_of_ten(trial), tmp_path)
    if room in REPORTING:
        (finding,) = [each for each in found if each.code == "one-option-stratum"]
        assert finding.severity == "warning"
        assert finding.message.startswith("1 of 2 strata, 10 patients")
