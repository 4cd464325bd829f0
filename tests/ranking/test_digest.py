"""The digest of a model follows its content, though it is computed once."""

from genorx.datasets import make_trial
from genorx.ranking import TreatmentRanker, load_model


def test_the_digest_is_that_of_the_file_and_follows_what_changes(tmp_path):
    ranker = TreatmentRanker(n_draws=20).fit(make_trial(150, genes=2, seed=3).cohort())
    first = ranker.digest_
    assert ranker.digest_ == first == ranker.save(tmp_path / "a.model")
    assert load_model(tmp_path / "a.model").digest_ == first
    ranker.metrics_["folds"] = 5
    second = ranker.digest_
    assert second != first
    assert second == ranker.save(tmp_path / "b.model")
    ranker.fits_[0].model.beta_[0] += 1e-9
    assert ranker.digest_ not in (first, second)
