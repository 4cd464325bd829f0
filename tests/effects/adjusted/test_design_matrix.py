"""Coefficients of the features under an option are those of the columns, put together."""

import numpy as np
import pytest

from genorx.effects.adjusted.confounding import PropensityLogits
from genorx.effects.adjusted.design_matrix import OptionColumns


@pytest.mark.parametrize("indicators", [True, False])
@pytest.mark.parametrize("n_scores", [0, 2])
def test_the_linear_predictor_is_that_of_the_columns(indicators, n_scores):
    """Reference: the columns of ``matrix`` times the coefficients, option by option."""
    rng = np.random.default_rng(0)
    columns = OptionColumns(
        used=np.array([0, 2, 3, 4]),
        main_group=np.zeros(4, dtype=np.int64),
        product_kind=np.zeros(4, dtype=np.int64),
        with_means=(),
        logits=PropensityLogits(weights=rng.normal(size=(n_scores, 4)), centre=rng.normal(size=n_scores)),
        n_options=3,
        indicators=indicators,
        modifying=np.array([1, 3]),
    )
    Z = rng.normal(size=(7, 6))
    betas = rng.normal(size=(5, columns.matrix(Z, np.zeros(7, dtype=np.int64)).shape[1]))
    for code in range(3):
        expected = columns.matrix(Z, np.full(7, code)) @ betas.T
        assert columns.features(Z) @ columns.coefficients(betas, code).T == pytest.approx(expected)
