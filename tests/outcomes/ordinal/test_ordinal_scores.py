"""Scores of grades: by hand, against scipy and scikit-learn, and on a known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from genorx.outcomes import GroupShrunkOrdinal, evaluate_ordinal, score_ordinal
from genorx.outcomes.ordinal.ordinal_scores import ordinal_c, ranked_probability
from genorx.survival.resampling import bootstrap_counts


@pytest.fixture(scope="module")
def scored():
    """600 patients of proportional odds in a, cuts -0.5, 1, 2 and 4.2, predicted by the truth; folds of no meaning."""
    rng = np.random.default_rng(5)
    a = 1.2 * rng.normal(size=600)
    reached = 1 / (1 + np.exp(-(a[:, None] - np.array([-0.5, 1.0, 2.0, 4.2]))))
    chance = -np.diff(np.column_stack([np.ones(600), reached, np.zeros(600)]), axis=1)
    grade = (rng.random(600)[:, None] < reached).sum(axis=1).astype(float)
    y = pd.Series(grade, index=[f"P{i}" for i in range(600)])
    fold = np.arange(600) % 3
    return y, chance, score_ordinal(y, chance, fold, at_least=2, n_boot=100, outcome="tox")


def test_the_ranked_probability_score_by_hand():
    """Epstein 1969: chances .2, .5, .3; grade 0: .8^2 + .3^2; grade 1: .2^2 + .3^2; grade 2: .2^2 + .7^2."""
    chance = np.tile([0.2, 0.5, 0.3], (3, 1))
    np.testing.assert_allclose(ranked_probability(chance, np.array([0, 1, 2])), [0.73, 0.13, 0.53])


def test_the_order_of_pairs_by_hand_and_by_scipy():
    """By hand: of pairs (0, 1), (0, 2), (1, 2) two are in order.  scipy.stats.somersd: C = (1 + D) / 2."""
    once = np.ones((1, 3))
    assert ordinal_c(np.array([0.5, 0.4, 1.0]), np.array([0, 1, 2]), once)[0] == pytest.approx(2 / 3)
    assert ordinal_c(np.array([0.5, 0.5, 1.0]), np.array([0, 1, 2]), once)[0] == pytest.approx(2.5 / 3)
    rng = np.random.default_rng(3)
    grade, expected = rng.integers(0, 5, 80), rng.integers(0, 9, 80).astype(float)
    counts = bootstrap_counts(80, 3)
    found = ordinal_c(expected, grade, counts)
    assert found[0] == pytest.approx((1 + stats.somersd(grade, expected).statistic) / 2)
    rows = np.repeat(np.arange(80), counts[2].astype(int))  # a bootstrap sample, written out
    assert found[2] == pytest.approx((1 + stats.somersd(grade[rows], expected[rows]).statistic) / 2)


def test_two_grades_have_the_order_of_the_area_under_the_curve():
    """Independent: scikit-learn's roc_auc_score."""
    rng = np.random.default_rng(4)
    grade, expected = rng.integers(0, 2, 60), rng.normal(size=60)
    assert ordinal_c(expected, grade, np.ones((1, 60)))[0] == pytest.approx(roc_auc_score(grade, expected))


def test_the_shares_of_the_other_folds_are_what_skill_is_against(scored):
    """By hand from the definition: 1 - ratio of the mean scores; log score of the grade that was had."""
    y, chance, found = scored
    grade, fold = y.to_numpy().astype(int), np.arange(600) % 3
    shares = np.stack([np.bincount(grade[fold != k], minlength=5) / (fold != k).sum() for k in fold])
    own, typical = (ranked_probability(each, grade).mean() for each in (chance, shares))
    assert found.value("ranked_probability", outcome="tox") == pytest.approx(own)
    assert found.value("ranked_probability_average", outcome="tox") == pytest.approx(typical)
    assert found.value("ranked_probability_skill", outcome="tox") == pytest.approx(1 - own / typical)
    assert found.value("log_score", outcome="tox") == pytest.approx(-np.log(chance[np.arange(600), grade]).mean())


def test_each_threshold_is_calibrated_and_the_grades_that_count_are_the_outcome_itself(scored):
    """Known truth: predictions are right, so slopes are about 1; grade 4 or more, had by few, has wide limits."""
    y, chance, found = scored
    assert found.counts["outcome"].tolist() == ["tox", "tox>=1", "tox>=3", "tox>=4"]
    assert (y >= 4).sum() >= 10
    slopes = found.scores[found.scores["measure"] == "calibration_slope"]
    assert ((slopes["lower"] < 1) & (slopes["upper"] > 1)).all()
    auc = roc_auc_score(y >= 2, chance[:, 2:].sum(axis=1))
    assert found.value("auc", outcome="tox") == pytest.approx(auc)
    assert set(found.calibration["outcome"]) == {"tox", "tox>=1", "tox>=3", "tox>=4"}
    assert found.findings == ()
    named = score_ordinal(y, chance, np.zeros(600), at_least=2, levels=list("VWXYZ"), n_boot=0, outcome="tox")
    assert named.counts["outcome"].tolist() == ["tox", "tox>=W", "tox>=Y", "tox>=Z"]


def test_a_threshold_that_few_reached_has_no_scores_of_its_own():
    """Nine of sixty had grade 2: ten on either side are needed; grades that count are scored whatever their number."""
    y = pd.Series([0.0] * 30 + [1.0] * 21 + [2.0] * 9, index=[f"P{i}" for i in range(60)])
    chance = np.tile([0.5, 0.35, 0.15], (60, 1))
    found = score_ordinal(y, chance, np.arange(60) % 2, at_least=1, n_boot=20)
    assert found.counts["outcome"].tolist() == ["grade"]
    rare = score_ordinal(y, chance, np.arange(60) % 2, at_least=2, n_boot=20)
    assert rare.counts["outcome"].tolist() == ["grade", "grade>=1"]


def test_grades_without_skill_are_named():
    """Chances that are those of the shares gain nothing: a finding of all grades, and one of those that count."""
    y = pd.Series([0.0, 1.0, 2.0, 0.0] * 30, index=[f"P{i}" for i in range(120)])
    found = score_ordinal(y, np.tile([0.5, 0.25, 0.25], (120, 1)), np.arange(120) % 3, at_least=1, n_boot=30)
    assert [one.place for one in found.findings if one.code == "no-skill"] == ["grade, all grades", "grade"]


def test_a_model_is_scored_on_patients_it_has_not_seen():
    """Known truth: grades hang on a alone, so noise features must not help; skill is that of the truth or less."""
    rng = np.random.default_rng(8)
    X = pd.DataFrame(rng.normal(size=(500, 12)), index=[f"P{i}" for i in range(500)])
    reached = 1 / (1 + np.exp(-(1.2 * X[0].to_numpy()[:, None] - np.array([-0.5, 1.0]))))
    y = pd.Series((rng.random(500)[:, None] < reached).sum(axis=1).astype(float), index=X.index)
    found = evaluate_ordinal(GroupShrunkOrdinal(highest=2, at_least=2), X, y, folds=3, n_boot=50)
    chance = -np.diff(np.column_stack([np.ones(500), reached, np.zeros(500)]), axis=1)
    best = score_ordinal(y, chance, np.zeros(500), at_least=2, n_boot=0)
    truth = best.value("ranked_probability_skill")
    assert 0.1 < found.value("ranked_probability_skill") < truth
    assert found.value("ordinal_c") == pytest.approx(best.value("ordinal_c"), abs=0.03)
