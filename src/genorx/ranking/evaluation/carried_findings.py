"""Findings of a model's stored evaluation that speak against its answers: every ranking repeats them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from genorx.errors import Finding
from genorx.outcomes.evaluation import score_findings
from genorx.ranking.evaluation.strategy_evaluation import strategy_findings

_CARRIED = ("no-skill", "strategy-checks-differ")
_NUMBERS = ("estimate", "lower", "upper")


def carried_findings(metrics: Mapping[str, Any], unit: str) -> tuple[Finding, ...]:
    """Return findings on outcomes predicted no better than their average and on strategies that checks contradict.

    One finding if there was no evaluation; ``unit`` is the time unit of the primary outcome.
    """
    if "scores" not in metrics:
        message = (
            "the model was fitted without an evaluation: how well it predicts, and whether its differences hold on "
            "average, is not known here; genorx fit --folds 5 puts both into the model, genorx evaluate shows them"
        )
        return (Finding(code="not-evaluated", severity="info", message=message),)
    return tuple(each for each in _found(metrics, unit) if each.code in _CARRIED)


def _found(metrics: Mapping[str, Any], unit: str) -> Iterator[Finding]:
    rows = pd.DataFrame(metrics["scores"])
    if "measure" in rows:
        for name, own in rows.groupby("outcome", sort=False):
            yield from score_findings(own, str(name))
    strategies = pd.DataFrame(metrics.get("strategies", ()))
    if not strategies.empty:
        yield from strategy_findings(strategies.astype(dict.fromkeys(_NUMBERS, float)), unit)
