"""Options of ``genorx rank`` that a fitted model would ignore are refused: who gives one expects it to act."""

import pytest


@pytest.mark.parametrize("batch", [(), ("--batch", 5)])
@pytest.mark.parametrize(
    "more", [("--reference", "transplant"), ("--horizon", 3), ("--min-gain", 0), ("--threshold", 0.03), ("--id", "who")]
)
def test_options_of_published_models_are_wrong_usage_with_a_fitted_one(fitted, genorx, tmp_path, more, batch):
    out = tmp_path / "ranking.csv"
    result = genorx("rank", fitted.model, fitted.patients, "--out", out, *more, *batch)
    assert result.status == 2
    assert f"{more[0]} belongs to --published" in result.err
    assert not out.exists()
