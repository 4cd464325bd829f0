"""Result of ``TreatmentRanker.evaluate``: scores of predictions, and checks of differences between options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.frame_records import to_records
from genorx._core.page import finished
from genorx._core.short_repr import short
from genorx.effects.assessment.policy_value import REFERENCE
from genorx.effects.strategies.strategy_policy import POLICY
from genorx.outcomes.evaluation import Evaluation
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.evaluation.strategy_evaluation import COLUMNS, EVERYBODY

_CHECKS = ("outcome", "option", "measure", "estimate", "lower", "upper", "holds")


@short
@dataclass(frozen=True, kw_only=True)
class TreatmentEvaluation(Evaluation):
    """Out-of-fold scores of predictions, and, with a treatment design, averages and checks of differences.

    Attributes
    ----------
    effects : tuple of OutcomeEffect
        One per outcome; empty without a design.
    negative_controls : DataFrame
        ``outcome``, ``option``, ``measure``, ``estimate``, ``lower``, ``upper``, ``holds``; empty if the study names
        none.
    strategies : DataFrame
        As ``strategy_evaluation.evaluate_strategies``; empty if no strategies are compared.
    labels : mapping of "options", "outcomes", "features" to mapping of name to label
        Labels of the cohort, for pages; data keep the names.
    units : mapping of outcome to str
        Units of the outcomes' times, for pages.
    """

    effects: tuple[OutcomeEffect, ...] = ()
    negative_controls: pd.DataFrame | None = None
    strategies: pd.DataFrame | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)
    units: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the scores, one row per outcome, horizon and measure, then those of effects with their ``option``."""
        scores = self.scores.assign(option="").astype({"horizon": float})
        parts = [scores, *(effect.to_frame() for effect in self.effects), *self._strategy_rows()]
        return pd.concat([part for part in parts if len(part)], ignore_index=True)

    def _strategy_rows(self) -> list[pd.DataFrame]:
        """Return strategies as rows of scores: ``difference_clones``, also in thirds of the gain, gains of policies."""
        if self.strategies is None or self.strategies.empty:
            return []
        found = self.strategies
        group = found["group"].where(found["group"] != EVERYBODY, "").map(lambda name: f" ({name})" if name else "")
        over = found["against"].str.endswith(f"({REFERENCE})").map({True: "reference", False: "best_single_option"})
        measure = ("difference_" + found["method"]).where(found["method"] != POLICY, "policy_gain_over_" + over)
        rows = found[["outcome", "estimate", "lower", "upper"]].assign(
            horizon=np.nan, measure=measure, option=found["strategy"] + group
        )
        return [rows]

    def _repr_html_(self) -> str:
        effects = [effect.to_frame() for effect in self.effects]
        kept = [part for part in effects if len(part)]
        if not kept:
            return super()._repr_html_()
        shown = pd.concat(kept, ignore_index=True)
        for name in ("horizon", "estimate", "lower", "upper"):
            shown[name] = shown[name].map(lambda value: "" if pd.isna(value) else f"{value:.4g}")
        return super()._repr_html_() + finished(str(shown.to_html(index=False, escape=True, border=0)))

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as JSON values, with ``effects`` and ``negative_controls`` beside them."""
        checks = pd.DataFrame(columns=list(_CHECKS)) if self.negative_controls is None else self.negative_controls
        strategies = pd.DataFrame(columns=list(COLUMNS)) if self.strategies is None else self.strategies
        return super().to_dict() | {
            "effects": [effect.to_dict() for effect in self.effects],
            "negative_controls": to_records(checks),
            "strategies": to_records(strategies),
        }
