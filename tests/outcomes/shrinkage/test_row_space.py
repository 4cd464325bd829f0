"""Fits with more columns than rows, against the same posterior computed in all columns."""

from dataclasses import replace

import numpy as np
import pytest

from genorx.outcomes.continuous.student_t import with_heavy_residuals
from genorx.outcomes.shrinkage import group_prior, scale_uncertainty
from genorx.outcomes.shrinkage.covariance import (
    around,
    covariance_arrays,
    covariances_from,
    log_determinant,
    variance_around,
    variances,
)
from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.shrinkage.gaussian import fit_gaussian
from genorx.outcomes.shrinkage.logistic_fit import fit_logistic
from genorx.outcomes.shrinkage.row_space import RowSpace
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance

N, GENES, CLINICAL = 40, 60, 3
GROUP = np.concatenate([np.zeros(CLINICAL, int), np.ones(GENES, int), np.full(GENES, 2), [-1]])


def _columns(seed=1):
    """Return clinical columns, genes with one strong effect, their products with an option, and the option."""
    rng = np.random.default_rng(seed)
    genes = rng.normal(size=(N, GENES)) + 0.3 * rng.normal(size=(N, 1))
    taken = (rng.random(N) < 0.5).astype(float)
    Z = np.column_stack([rng.normal(size=(N, CLINICAL)), genes, genes * (taken - 0.5)[:, None], taken])
    linear = 0.5 * Z[:, 0] + 1.5 * Z[:, CLINICAL + 3] + 0.4 * taken
    return Z, linear, rng


def _cox(**stated):
    Z, linear, rng = _columns()
    time, end = rng.exponential(np.exp(-linear)), rng.uniform(0.5, 3.0, N)
    return fit_cox(Z, np.minimum(time, end), time <= end, group=GROUP, floor={2: 0.2}, **stated)


def _logistic(**stated):
    Z, linear, rng = _columns()
    return fit_logistic(Z, (rng.logistic(size=N) < linear).astype(float), group=GROUP, **stated)


def _both(monkeypatch, fitted):
    """Return a fit in the row space, and the same in all columns, without averaging over the scales of wide groups."""
    with monkeypatch.context() as patched:
        patched.setattr(scale_uncertainty, "wide_groups", lambda _: [])
        narrow = fitted()
        patched.setattr(group_prior.RowSpace, "of", lambda *_: None)
        return narrow, fitted()


def _same(narrow, dense):
    assert isinstance(narrow, WideCovariance)
    np.testing.assert_allclose(around(np.eye(len(dense)), narrow), dense, rtol=1e-6, atol=1e-9 * np.abs(dense).max())
    np.testing.assert_allclose(variances(narrow), np.diag(dense), rtol=1e-7)


@pytest.mark.parametrize("stated", [{"uncertain_scales": [2]}, {"each_scale": [0, 1], "group_means": [0, 2]}])
def test_a_cox_fit_is_that_in_all_columns(monkeypatch, stated):
    """Modes, covariances, variances, group means and effective numbers, under the normal and the heavy-tailed prior."""
    found, expected = _both(monkeypatch, lambda: _cox(heavy_tails=True, **stated))
    assert np.abs(expected.beta).max() > 0.2
    for name in ("beta", "normal_beta", "log_likelihood", "std_error"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-6, atol=1e-9)
    _same(found.covariance, expected.covariance)
    _same(found.heavy[1], expected.heavy[1])
    for name in ("penalty", "group_mean", "edf"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-8)
    np.testing.assert_allclose(found.baseline[0].increments, expected.baseline[0].increments, rtol=1e-6)
    assert found.baseline[0].risk_means.shape == expected.baseline[0].risk_means.shape


def test_the_scale_of_a_wide_group_is_averaged_over(monkeypatch):
    """Its standard errors exceed those at the likeliest scale, also beside products averaged over together."""
    genes = slice(CLINICAL, CLINICAL + GENES)
    for stated in ({}, {"uncertain_scales": [2]}):
        averaged = _cox(**stated)
        with monkeypatch.context() as patched:
            patched.setattr(scale_uncertainty, "wide_groups", lambda _: [])
            likeliest = _cox(**stated)
        assert np.all(averaged.std_error[genes] > 1.05 * likeliest.std_error[genes])


def test_log_evidence_is_that_in_all_columns(monkeypatch):
    found, expected = _both(monkeypatch, _cox)
    assert found.log_evidence(GROUP) == pytest.approx(expected.log_evidence(GROUP), rel=1e-8)
    assert log_determinant(found.covariance) == pytest.approx(np.linalg.slogdet(expected.covariance)[1], rel=1e-10)


def test_a_logistic_fit_is_that_in_all_columns(monkeypatch):
    """Averaged over the scale of each group, with differences of posteriors."""
    found, expected = _both(monkeypatch, lambda: _logistic(each_scale=True))
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-6, atol=1e-9)
    assert found.intercept == pytest.approx(expected.intercept, rel=1e-6)
    _same(found.covariance, expected.covariance)


def test_a_linear_fit_is_that_in_all_columns(monkeypatch):
    """Also with t residuals, and the variance of a new patient's linear predictor."""
    Z, linear, rng = _columns()
    value = linear + rng.normal(size=N)

    def fitted():
        made = fit_gaussian(Z, value, group=GROUP)
        return made, with_heavy_residuals(made, Z, value)

    both = _both(monkeypatch, fitted)
    new = np.random.default_rng(3).normal(size=(70, 1 + Z.shape[1]))
    for found, expected in zip(*both, strict=True):
        np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-5, atol=1e-7)
        assert found.sigma == pytest.approx(expected.sigma, rel=1e-6)
        mine, theirs = (variance_around(new, one.covariance) for one in (found, expected))
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)


def test_draws_have_the_covariance_and_do_not_depend_on_the_basis():
    """10,000 draws; a rotation of the directions other than the mean and the last leaves each draw as it is."""
    one = _cox(heavy_tails=True).heavy[1]
    rows = np.random.default_rng(5).normal(size=(4, one.size))
    drawn = one.draw(10_000, np.random.default_rng(1)) @ rows.T
    expected = around(rows, one)
    error = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / 10_000)  # of a normal covariance
    assert np.abs((np.cov(drawn, rowvar=False) - expected) / error).max() < 4
    assert np.abs(drawn.mean(axis=0) / drawn.std(axis=0)).max() < 4 / 100

    rng = np.random.default_rng(6)
    wide, turns = {}, np.eye(len(one.parts[0].inner))
    for g, group in one.space.wide.items():
        turn = np.eye(group.basis.shape[1])
        turn[1:-1, 1:-1] = np.linalg.qr(rng.normal(size=(len(turn) - 2, len(turn) - 2)))[0]
        wide[g] = replace(group, basis=group.basis @ turn)
        turns[one.space.places[g], one.space.places[g]] = turn
    (part,) = one.parts
    turned = replace(part, inner=turns.T @ part.inner @ turns)
    other = replace(one, space=replace(one.space, wide=wide), parts=(turned,))
    mine, theirs = (each.draw(5, np.random.default_rng(7)) for each in (one, other))
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)


def test_memory_is_that_of_rows_times_columns():
    """3,000 columns: a covariance of all columns has 9 million numbers, the basis 3,000 x 22."""
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(20, 3000))
    fit = fit_cox(Z, rng.exponential(size=20), np.ones(20), group=np.zeros(3000, int), heavy_tails=True)
    arrays = covariance_arrays(covariance=fit.covariance, heavy_covariance=fit.heavy[1])
    assert sum(each.size for each in arrays.values()) < 3000 * 40
    drawn = fit.draw(3, np.random.default_rng(1)).beta
    restored = covariances_from(arrays, ["covariance", "heavy_covariance"])
    for name, one in (("covariance", fit.covariance), ("heavy_covariance", fit.heavy[1])):
        np.testing.assert_array_equal(
            restored[name].draw(2, np.random.default_rng(4)), one.draw(2, np.random.default_rng(4))
        )
    assert drawn.shape == (3, 3000)


def test_directions_are_no_single_patient():
    """Each direction is of all rows: no row of the columns is a multiple of one, up to the mean."""
    Z, _, _ = _columns()
    space = RowSpace.of(Z, GROUP)
    for one in space.wide.values():
        rows = Z[:, one.members] - Z[:, one.members].mean(axis=1, keepdims=True)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert np.abs(rows @ one.basis).max() < 0.9


def test_a_group_with_as_many_columns_as_rows_is_fitted_as_it_is():
    Z, _, _ = _columns()
    assert RowSpace.of(Z[:, : N + 2], np.zeros(N + 2, int)) is None
    assert RowSpace.of(Z[:, : N + 3], np.zeros(N + 3, int)).narrow.size == 0
