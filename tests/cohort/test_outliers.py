"""Amounts far beyond all others: found where there are some, rarely where there are none."""

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.outliers import far_doses, far_values, named_far, reads_as_dose


def test_the_outlier_of_the_warfarin_cohort_is_the_only_one(shared):
    """The paper sets 315 mg/week aside (N Engl J Med 2009;360:753); its next doses are 230 and 157.5 mg/week."""
    dose = pd.read_csv(shared / "data/iwpc/iwpc_tidy.csv.gz", usecols=["dose_mg_week"])["dose_mg_week"]
    dose = dose[dose > 0].to_numpy()
    assert dose[far_values(dose)].tolist() == [315.0]
    assert dose[far_doses(dose)].tolist() == [315.0]


def test_changes_of_weight_have_none(shared):
    """Changes in NHEFS go from -41 to 49 kg, with a kurtosis above that of a normal law; none is a slip of the pen."""
    change = pd.read_csv(shared / "data/nhefs/nhefs.csv", usecols=["wt82_71"])["wt82_71"].dropna().to_numpy()
    assert not far_values(change).any()


@pytest.mark.parametrize(
    ("draw", "most"),
    [
        (lambda rng, n: rng.normal(0, 1, n), 0.01),
        (lambda rng, n: rng.exponential(1, n), 0.04),
        (lambda rng, n: rng.lognormal(0, 1, n), 0.04),
        (lambda rng, n: rng.lognormal(8, 1.5, n), 0.04),
        (lambda rng, n: rng.standard_t(5, n), 0.10),
    ],
    ids=["normal", "exponential", "lognormal", "costs", "t5"],
)
@pytest.mark.parametrize("size", [100, 1000])
def test_skewed_and_heavy_tailed_amounts_are_rarely_called_far(draw, most, size):
    """By simulation: no value is wrong, so each cohort of 200 in which one is named is a false alarm."""
    rng = np.random.default_rng(size)
    alarms = [far_values(draw(rng, size)).any() for _ in range(200)]
    assert np.mean(alarms) <= most


@pytest.mark.parametrize(
    ("draw", "wrong", "least"),
    [
        (lambda rng: rng.gamma(6, 5.5, 300), 315.0, 0.9),
        (lambda rng: rng.normal(35, 8, 300), 315.0, 0.95),
        (lambda rng: rng.normal(2, 8, 300), 120.0, 0.95),
        (lambda rng: rng.normal(2, 8, 300), -120.0, 0.95),
    ],
)
def test_one_wrong_value_is_found(draw, wrong, least):
    """By simulation: a dose ten times the mean, or a change 15 standard deviations off, among 300."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(100):
        value = draw(rng)
        value[17] = wrong
        found.append(far_values(value)[17])
    assert np.mean(found) >= least


def test_too_few_values_and_values_that_are_alike_tell_nothing():
    assert not far_values(np.array([1.0, 2.0, 1000.0])).any()
    assert not far_values(np.array([5.0] * 40 + [1000.0])).any()
    assert not far_doses(np.array([5.0] * 40 + [1000.0])).any()


def test_doses_are_also_judged_by_the_rule_of_the_dose_model():
    """By hand: roots 4, 5 and 6 have median 5 and robust spread 1.4826; 8 of them are 11.9, so (5 + 12)^2 is far."""
    dose = np.array([16.0, 25.0, 36.0] * 5 + [289.0])
    assert list(named_far(dose, dose=True)) == [15]
    assert list(named_far(dose, dose=False)) == []  # 16 values have no tail


@pytest.mark.parametrize(
    ("unit", "name", "dose"),
    [
        ("mg/week", "amount", True),
        ("mg per week", "amount", True),
        ("[iU]/d", "heparin", True),
        ("", "dose_mg_week", True),
        ("g/d", "alcohol", False),
        ("kg/a", "weight_change", False),
        ("mmol/L", "potassium", False),
        ("bottles/week", "wine", False),
        ("", "overdosed", False),
    ],
)
def test_units_and_names_say_what_a_dose_is(unit, name, dose):
    assert reads_as_dose(unit, name) is dose
