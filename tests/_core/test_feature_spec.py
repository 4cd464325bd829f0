"""Which values lie outside what a feature was in training."""

import numpy as np
import pytest

from genorx._core.feature_spec import FeatureSpec

VALUES = np.array([np.nan, 10.0, 20.0, 20.0 + 1e-12, 20.5, 9.0, 8.0, np.inf])


@pytest.mark.parametrize("ends", [(10.0, 20.0), (None, 20.0), (10.0, None), (None, None)])
def test_many_values_are_judged_as_one(ends):
    spec = FeatureSpec(name="age", kind="number", group="clinical", lower=ends[0], upper=ends[1])
    one_by_one = [place for place, value in enumerate(VALUES) if spec.outside(float(value)) is not None]
    assert spec.places_outside(VALUES) == one_by_one


def test_a_tenth_of_the_range_is_worth_a_warning():
    """By hand: 10 to 20, so 20.5 and 9 are a warning, 8 is two tenths below; a missing value is no finding."""
    spec = FeatureSpec(name="age", kind="number", group="clinical", lower=10.0, upper=20.0)
    assert [spec.outside(float(value)) for value in VALUES[:7]] == [
        None, None, None, None, "warning", "warning", "serious",
    ]  # fmt: skip
    assert spec.places_outside(VALUES) == [4, 5, 6, 7]
