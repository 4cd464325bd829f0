"""Grades from 0 to ``highest``, by proportional odds; options are compared by the probability of a threshold grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx.cohort.outcome import Outcome
from genorx.errors import Finding, SupportError, UsageError, shown
from genorx.outcomes.binary.binary_scores import score_binary
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.kinds.base import ChoiceRule, Drawn
from genorx.outcomes.kinds.valued import ResponseFit, ValueFamily, prior_of, rarer
from genorx.outcomes.ordinal.graded_model import check_counting, checked_grades, exceedance, never_seen
from genorx.outcomes.ordinal.ordinal_scores import ranked_probability, score_ordinal
from genorx.outcomes.ordinal.proportional_odds import first_cuts, odds_in_row_space
from genorx.outcomes.protocol import OrdinalModel
from genorx.outcomes.shrinkage.group_prior import empirical_bayes
from genorx.outcomes.shrinkage.scale_uncertainty import over_wide_scales, under_both_tails

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class OrdinalFamily(ValueFamily):
    """The probability of each grade.

    Attributes
    ----------
    highest : int
        Grades are 0, 1, ..., ``highest``.
    at_least : int
        The threshold grade.
    """

    name = "ordinal"
    protocol = OrdinalModel
    ratio = "common_odds_ratio"
    difference = "probability_difference"
    choice = ChoiceRule(of="the grade", score="ranked_probability", margin=2.0)
    highest: int = 5
    at_least: int = 3

    @classmethod
    def of(cls, outcome: Any) -> Self:
        """Return the family of one outcome with its grades."""
        return cls(highest=len(outcome.levels) - 1, at_least=outcome.least)

    def params(self) -> dict[str, Any]:
        """Return the highest grade, and the threshold grade."""
        return {"highest": self.highest, "at_least": self.at_least}

    @property
    def n_grades(self) -> int:
        """Number of all grades, seen or not."""
        return self.highest + 1

    def as_yes_no(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return whether grades are at or above the threshold."""
        return pd.DataFrame({"value": (y["value"] >= self.at_least).astype(float)})

    def check_prognosis(self, y: pd.DataFrame, outcome: Outcome) -> None:
        """Raise an error if no grade, or every grade, reaches the threshold: all predictions would be equal."""
        counts = y["value"] >= self.at_least
        if counts.nunique() < 2:
            who = "everybody" if counts.all() else "nobody"
            raise SupportError(
                f"{who} had grade {shown(outcome.at_least)} or more of {shown(outcome.name)}",
                hint="choose another at_least",
                code="no-events",
            )

    def check_model(self, model: Any, outcome: str) -> None:
        """Raise an error for a model without grade probabilities (``no-grades``)."""
        if not self.suits(model):
            raise UsageError(
                f"{type(model).__name__} gives no probability of each grade of {shown(outcome)}",
                hint="an OrdinalModel does: ChosenOrdinalModel, GroupShrunkOrdinal or CumulativeOrdinal",
                code="no-grades",
            )

    def check_parts(self, parts: Floats | None, outcome: str) -> None:
        """Raise an error for draws of grades other than those of the outcome (``grades-differ``)."""
        if parts is not None and parts.shape[-2] != self.n_grades:
            raise UsageError(
                f"the model of {shown(outcome)} has {parts.shape[-2]} grades, the study {self.n_grades}",
                hint="set its parameter highest to the last grade, counted from 0",
                code="grades-differ",
            )

    def part_risks(self, parts: Floats, *, more_is_better: bool) -> Floats:
        """Return the probability of each grade or a worse one."""
        above = exceedance(parts[..., 0])[..., None]
        return np.asarray(1 - above + parts if more_is_better else above)

    def check(self, y: pd.DataFrame) -> None:
        """Raise an error for invalid grades (``unknown-grade``), and for an ``at_least`` that is no grade."""
        super().check(y)
        check_counting(self.highest, self.at_least)
        checked_grades(y, y["value"], self.highest)

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return which patients are on the rarer side of the threshold."""
        return rarer(value >= self.at_least)

    def compared(self, value: Floats) -> Floats:
        """Return 1 for grades at or above the threshold, otherwise 0."""
        return (value >= self.at_least).astype(float)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit proportional odds; cutpoints are not penalised."""
        seen, code = np.unique(value.astype(np.int64), return_inverse=True)
        if seen.size < 2:
            raise SupportError(f"all patients have grade {seen[0]}", code="no-events", hint="A model needs two grades")
        start, made = first_cuts(code), prior_of(seen.size - 1, **prior)
        likelihood, made = odds_in_row_space(matrix, code, start, made)
        found = over_wide_scales(likelihood, made, empirical_bayes(likelihood, made))
        normal, tails = under_both_tails(likelihood, made, found, heavy=prior.get("heavy_tails", False))
        mode = normal if tails is None else tails
        return ResponseFit(
            heads=start + mode.beta[: start.size],
            beta=mode.beta[start.size :],
            covariance=normal.covariance,
            heavy_covariance=mode.covariance,
            seen=seen,
        )

    def unexplained(self, fit: ResponseFit, value: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Return 1 minus the probabilities of this grade or more, and of more; and the variances of both."""
        code = np.searchsorted(fit.seen, value)
        cuts = np.concatenate([[-np.inf], fit.heads, [np.inf]])
        here, beyond = expit(linear - cuts[code]), expit(linear - cuts[code + 1])
        return 1 - here - beyond, here * (1 - here) + beyond * (1 - beyond)

    def expected(self, fit: ResponseFit, heads: Floats, linear: Floats, stratum: Floats, shares: Floats) -> Floats:
        """Return the probability of ``at_least`` or more, then of each grade, 0 for unseen grades."""
        cuts = np.maximum.accumulate(heads, axis=1)  # drawn cuts may be out of order
        raised = linear[:, None] + stratum
        above = np.einsum("nsk,s->nk", expit(raised[:, :, None] - cuts[:, None, :]), shares)
        ends = np.column_stack([np.ones(len(above)), above, np.zeros(len(above))])
        reaching = ends[:, [int((fit.seen < grade).sum()) for grade in range(self.highest + 2)]]
        return np.column_stack([reaching[:, self.at_least], -np.diff(reaching, axis=1)])

    def unseen(self, fit: ResponseFit) -> list[Finding]:
        """Return a finding on unseen grades, if there are any."""
        return never_seen(fit.seen, self.highest)

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:  # noqa: ARG002
        """Return the probability of reaching the threshold, and that of each grade."""
        grades, drawn = model.predict_grades(X), model.sample_grades(X, n_draws=n_draws, seed=seed)
        return Drawn(
            point=exceedance(grades)[..., [self.at_least]],
            draws=exceedance(drawn)[..., [self.at_least]],
            parts=grades[..., None],
            part_draws=drawn[..., None],
        )

    def evidence(self, y: pd.Series[float]) -> int:
        """Return the number of patients on the rarer side of a threshold, the largest over thresholds."""
        above = [int((y >= k).sum()) for k in range(1, self.highest + 1)]
        return max(min(one, y.size - one) for one in above)

    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:  # noqa: ARG002
        """Return the probability of each grade."""
        return np.asarray(model.predict_grades(X))

    def losses(self, y: pd.Series[float], estimate: Floats, times: Floats) -> Floats:  # noqa: ARG002
        """Return ranked probability scores."""
        return ranked_probability(estimate, y.to_numpy().astype(np.int64))

    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:  # noqa: ARG002
        """Return the probability of each grade."""
        return {"grades": model.predict_grades(X)}

    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return the probability of each grade, or without grades that of reaching the threshold."""
        return {"grades": known[..., 0]} if known.ndim == 3 else {"probability": known[:, 0]}

    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of ``score_ordinal``; without grades, those of reaching the threshold."""
        if "probability" in predicted:
            shared.pop("levels", None)
            return score_binary((y >= self.at_least).astype(float), predicted["probability"], fold, **shared)
        return score_ordinal(y, predicted["grades"], fold, at_least=self.at_least, **shared)
