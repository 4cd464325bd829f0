"""The models under scikit-learn's own checks of estimators."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from genorx.outcomes import (
    BoostedLogistic,
    ChosenBinaryModel,
    ChosenSurvivalModel,
    ElasticNetCox,
    ElasticNetLogistic,
    ForestLogistic,
    GroupShrunkCox,
    GroupShrunkLogistic,
    SurvivalBoosting,
    SurvivalForest,
)

EXPECTED = {
    "check_dataframe_column_names_consistency": "columns are found by name, so that their order is no matter",
}


def times_of(y):
    """Numbers as survival: each event comes at its number, the smallest at 1."""
    if y is None:
        return None
    number = np.real(np.asarray(y)).astype(float)
    time = 1 + number - number.min(initial=np.inf)
    return np.array(
        list(zip(np.ones(len(time), dtype=bool), time, strict=True)), dtype=[("event", "?"), ("time", "<f8")]
    )


class _ByNumber:
    """A survival model that takes a number in place of an outcome: the checks know nothing of censoring."""

    def fit(self, X, y):
        return super().fit(X, times_of(y))

    def score(self, X, y):
        return super().score(X, times_of(y))


class CoxByNumber(_ByNumber, GroupShrunkCox):
    """``GroupShrunkCox`` by number."""


class NetByNumber(_ByNumber, ElasticNetCox):
    """``ElasticNetCox`` by number."""


class ForestByNumber(_ByNumber, SurvivalForest):
    """``SurvivalForest`` by number."""


class BoostingByNumber(_ByNumber, SurvivalBoosting):
    """``SurvivalBoosting`` by number."""


class ChosenByNumber(_ByNumber, ChosenSurvivalModel):
    """``ChosenSurvivalModel`` by number."""


@pytest.mark.filterwarnings("ignore:labels are:genorx.errors.GenorxWarning")
@parametrize_with_checks(
    [
        GroupShrunkLogistic(),
        ElasticNetLogistic(n_refits=1),
        BoostedLogistic(n_trees=20, n_refits=1),
        ForestLogistic(n_bags=5),
        ChosenBinaryModel(candidates={"default": GroupShrunkLogistic(), "net": ElasticNetLogistic(n_refits=1)}),
    ],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_the_yes_or_no_models_are_classifiers(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:all coefficients are zero")  # scikit-survival's, of numbers without a signal
@parametrize_with_checks(
    [
        CoxByNumber(),
        NetByNumber(n_refits=2, n_alphas=5, folds=2),
        ForestByNumber(n_bags=2, trees_per_bag=2),
        BoostingByNumber(n_trees=5, n_refits=1),
        ChosenByNumber(candidates={"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(n_trees=5)}, folds=2),
    ],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_survival_models_keep_the_conventions(estimator, check):
    check(estimator)
