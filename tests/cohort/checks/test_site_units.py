"""Sites that give a measurement in another unit; simulated with known truth."""

import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.checks.site_units import site_unit_findings


def made(name, unit, median, spread, *, factor=1.0, shift=1.0, seed=0):
    """Features of 40 patients at each of three sites; site C has ``factor`` by its unit and ``shift`` by nature."""
    rng = np.random.default_rng(seed)
    patients = pd.Index([f"P{number}" for number in range(120)], name="patient_id")
    site = pd.Series(np.repeat(["A", "B", "C"], 40), index=patients, name="centre")
    values = median * np.exp(rng.normal(0, spread, 120)) * np.where(site == "C", factor * shift, 1.0)
    spec = FeatureSpec(name=name, kind="number", group="laboratory", unit=unit, source="lab.csv")
    return site_unit_findings(pd.DataFrame({name: pd.array(values, dtype="Float64")}, index=patients), [spec], site)


@pytest.mark.parametrize(
    ("name", "unit", "median", "spread", "factor", "said"),
    [
        ("crp", "mg/L", 8.0, 1.0, 0.1, "mg/dL times 10 is mg/L"),
        ("hb", "g/dL", 11.5, 0.15, 0.6206, "mmol/L times 1.611 is g/dL"),
        ("bilirubin", "mg/dL", 0.8, 0.9, 17.1, "umol/L divided by 17.1 is mg/dL"),
    ],
)
def test_a_site_in_another_unit_is_named_with_the_factor(name, unit, median, spread, factor, said):
    """Values so scattered (or units so near) that the values alone do not tell; by chance one site in ten is missed."""
    found = [made(name, unit, median, spread, factor=factor, seed=seed) for seed in range(40)]
    assert sum(map(len, found)) >= 33
    for findings in filter(None, found):
        (finding,) = findings
        assert (finding.code, finding.severity) == ("unit-suspect", "serious")
        assert finding.message.startswith('"centre" C: values fit ')
        assert said in finding.message
        assert finding.place == f'lab.csv: column "{name}"'


@pytest.mark.parametrize(
    ("name", "unit", "median", "spread", "shift"),
    [
        ("crp", "mg/L", 8.0, 1.0, 1.0),
        ("crp", "mg/L", 8.0, 1.0, 3.0),
        ("bilirubin", "mg/dL", 0.8, 0.9, 5.0),
        ("hb", "g/dL", 11.5, 0.15, 1.0),
        ("hb", "g/dL", 11.5, 0.15, 0.8),
    ],
)
def test_a_site_whose_patients_are_more_ill_is_not(name, unit, median, spread, shift):
    for seed in range(40):
        assert made(name, unit, median, spread, shift=shift, seed=seed) == ()
