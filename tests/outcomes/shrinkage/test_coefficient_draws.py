"""Draws of coefficients: their covariance, and that they do not depend on how LAPACK writes eigenvectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx.outcomes.axes import with_fixed_signs
from genorx.outcomes.shrinkage.coefficient_draws import draw_around
from genorx.outcomes.shrinkage.symmetric_root import root_of


def _covariance(values, seed):
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))[0]
    return (turn * np.array(values)) @ turn.T


@given(st.lists(st.sampled_from([0.0, 0.5, 0.5, 2.0, 3.0]), min_size=1, max_size=6), st.integers(0, 1000))
def test_the_root_turns_with_its_covariance(values, seed):
    """Algebra: only the symmetric root of Q C Q' is Q R Q'; eigenvectors of equal values are otherwise arbitrary."""
    covariance = _covariance(values, seed)
    turn = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=covariance.shape))[0]
    root = root_of(covariance)
    assert root @ root == pytest.approx(covariance, abs=1e-9)
    assert root_of(turn @ covariance @ turn.T) == pytest.approx(turn @ root @ turn.T, abs=1e-6)


def test_draws_are_those_of_other_eigenvectors(monkeypatch):
    """LAPACK may return each eigenvector with either sign: draws are the same (they differed by 0.5 years once)."""
    covariance = _covariance([0.2, 0.2, 1.0, 4.0], 3)

    def draws():
        return draw_around(np.ones(4), covariance, covariance / 2, 50, np.random.default_rng(0))

    before, eigh = draws(), np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda matrix: (eigh(matrix)[0], eigh(matrix)[1] * [-1, 1, -1, 1]))
    assert draws() == pytest.approx(before, abs=1e-12)


def test_every_second_draw_has_the_heavy_covariance():
    """Known truth: 40,000 draws; sampling error of a variance of 1 is 0.01."""
    drawn = draw_around(np.zeros(2), np.diag([1.0, 4.0]), np.diag([9.0, 1.0]), 40_000, np.random.default_rng(1))
    assert drawn[::2].var(axis=0) == pytest.approx([1.0, 4.0], rel=0.05)
    assert drawn[1::2].var(axis=0) == pytest.approx([9.0, 1.0], rel=0.05)


@given(st.integers(0, 1000), st.lists(st.sampled_from([-1.0, 1.0]), min_size=3, max_size=3))
def test_axes_have_one_sign(seed, signs):
    """Algebra: whatever sign comes in, the same axes come out."""
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 3)))[0]
    assert (with_fixed_signs(axes * signs) == with_fixed_signs(axes)).all()
    assert with_fixed_signs(np.array([[0.5], [-0.5]])).tolist() == [[0.5], [-0.5]]  # equally large: the first decides
