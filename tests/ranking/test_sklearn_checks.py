"""The ranker under those of scikit-learn's checks that need no table of numbers, and the others' like on a cohort."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks

from genorx.errors import UsageError
from genorx.outcomes import GroupShrunkCox, GroupShrunkLogistic
from genorx.ranking import TreatmentRanker

CHECKS = (
    "check_estimator_repr",
    "check_valid_tag_types",
    "check_no_attributes_set_in_init",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimators_unfitted",
)


@pytest.mark.parametrize("check", CHECKS)
def test_the_ranker_keeps_the_conventions(check):
    getattr(estimator_checks, check)("TreatmentRanker", TreatmentRanker())


@pytest.mark.parametrize("X", [np.zeros((5, 2)), pd.DataFrame({"age": [60.0]}), None])
def test_what_is_no_cohort_is_refused(X):
    with pytest.raises(UsageError) as caught:
        TreatmentRanker().fit(X)
    assert caught.value.code == "not-a-cohort"


def test_fit_and_predict_leave_all_else_as_it_was(made_cohort):
    """As check_estimators_overwrite_params, check_dict_unchanged, check_fit_idempotent, check_estimators_pickle."""
    cohort = made_cohort(200, design=False)
    ranker = TreatmentRanker(survival=GroupShrunkCox(), binary=GroupShrunkLogistic(), n_draws=20)
    params = ranker.get_params()  # with those of the models within
    assert ranker.fit(cohort) is ranker
    after = ranker.get_params()
    assert after.keys() == params.keys()
    assert all(after[name] is value for name, value in params.items())
    kept = dict(vars(ranker))
    first = ranker.predict(cohort)
    assert vars(ranker).keys() == kept.keys()
    assert all(vars(ranker)[name] is value for name, value in kept.items())
    again = clone(ranker).fit(cohort)
    back = pickle.loads(pickle.dumps(ranker))
    for other in (again, back):
        pd.testing.assert_frame_equal(other.predict(cohort), first)
