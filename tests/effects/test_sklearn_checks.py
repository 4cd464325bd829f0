"""The effect estimators under scikit-learn's own checks of estimators."""

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from genorx.effects import ResponseEffect, SurvivalEffect

EXPECTED = {
    "check_dataframe_column_names_consistency": "columns are found by name, so that their order is no matter",
}


def _by_turns(y):
    """Two options by turns: the checks know nothing of treatments."""
    return None if y is None else np.array(["a", "b"])[np.arange(len(y)) % 2]


class SurvivalByTurns(SurvivalEffect):
    """Each has the event, at 1 or at 2 by turns of two: both options have early ones."""

    def fit(self, X, y):
        if y is None:
            return super().fit(X, None, treatment=["a"])
        time = 1.0 + np.arange(len(y)) // 2 % 2
        outcome = np.array(list(zip(time > 0, time, strict=True)), dtype=[("event", "?"), ("time", "<f8")])
        return super().fit(X, outcome, treatment=_by_turns(y))


class ResponseByTurns(ResponseEffect):
    """The number is the amount."""

    def fit(self, X, y):
        return super().fit(X, y if y is None else np.real(y), treatment=["a"] if y is None else _by_turns(y))


@parametrize_with_checks(
    [
        SurvivalByTurns(randomised=True, min_events=1, n_draws=5),
        ResponseByTurns(randomised=True, min_events=1, n_draws=5),
    ],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_effect_estimators_keep_the_conventions(estimator, check):
    check(estimator)
