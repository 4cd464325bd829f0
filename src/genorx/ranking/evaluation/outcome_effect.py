"""Evaluation of the differences between options in one outcome: averages, checks, other landmark days.

They are computed by ``ranking.evaluation.effect_evaluation``; the tables are those of ``effects.assess``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from genorx._core.frame_records import from_records, to_records
from genorx._core.short_repr import short
from genorx.effects.assessment.assessment import EffectReport
from genorx.ranking.answer.answer import Measure

_ROW = ("outcome", "horizon", "measure", "estimate", "lower", "upper", "option")
_HEAD = ("outcome", "role", "measure", "unit", "horizon", "better", "reference", "landmark", "reason")
_NUMBERS = ("horizon", "estimate", "lower", "upper")
_POLICIES = ("best_single_option", "reference", "current_practice")


@short
@dataclass(frozen=True, kw_only=True)
class OutcomeEffect:
    """Averages and checks of the differences between options in one outcome, out of fold.

    Attributes
    ----------
    outcome : str
    role : str
        As in ``cohort.Outcome``.
    measure : {"rmst", "probability", "value"}
        Compared quantity: the restricted mean up to ``horizon``, a probability, an amount.
    unit : str
        Unit of the differences; empty for a probability.
    horizon : float or None
    better : {"higher", "lower"}
        Sign of a good difference.
    reference : str
    landmark : float or None
        Day after time zero from which options are compared; None unless the design is a landmark.
    report : EffectReport or None
        None if no option's difference can be estimated.
    reason : str
        Reason why there is no report.
    landmarks : DataFrame
        The mean difference from other landmark days, this one among them: ``landmark``, ``option``, ``identified``,
        ``reason``, ``estimate``, ``lower``, ``upper``, ``model``, ``patients``.
    """

    outcome: str
    role: str
    measure: Measure
    unit: str
    horizon: float | None
    better: Literal["higher", "lower"]
    reference: str
    landmark: float | None
    report: EffectReport | None
    reason: str
    landmarks: pd.DataFrame

    @property
    def identified(self) -> tuple[str, ...]:
        """Options whose difference from the reference is identified by these data."""
        return () if self.report is None else self.report.identified

    def to_dict(self) -> dict[str, Any]:
        """Return all as JSON values; tables of the report are beside ``outcome``."""
        head: dict[str, Any] = {name: getattr(self, name) for name in _HEAD}
        head |= {"identified": list(self.identified), "landmarks": to_records(self.landmarks)}
        return head | ({} if self.report is None else self.report.to_dict())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OutcomeEffect:
        """Return the object of a dictionary from ``to_dict``."""
        return cls(
            **{name: values[name] for name in _HEAD},
            report=EffectReport.from_dict(values) if "averages" in values else None,
            landmarks=from_records(values["landmarks"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the main numbers as rows of ``Evaluation.scores``, with their option."""
        rows = [] if self.report is None else list(self._rows(self.report))
        return pd.DataFrame(rows, columns=list(_ROW)).astype(dict.fromkeys(_NUMBERS, float))

    def _rows(self, report: EffectReport) -> Iterator[tuple[Any, ...]]:
        for measure, table, column in (
            ("effect_mean", report.averages, "estimate"),
            ("effect_calibration_slope", report.slopes, "slope"),
            ("effect_rate", report.rate, "autoc"),
            ("effect_outcome", report.means, "estimate"),
        ):
            for row in table.to_dict(orient="records"):
                yield self._row(measure, row[column], row["lower"], row["upper"], row["option"])
        for row in report.thirds.to_dict(orient="records"):
            yield self._row(f"effect_third_{row['third']}", row["estimate"], row["lower"], row["upper"], row["option"])
        for row in report.averages.to_dict(orient="records"):
            yield self._row("effect_e_value", row["e_value"], row["e_value_limit"], None, row["option"])
        for row in report.options.to_dict(orient="records"):
            if row["identified"]:
                yield self._row("effective_patients", row["effective_n"], None, None, row["option"])
                yield self._row("share_clipped", row["clipped"], None, None, row["option"])
        for option, own in report.balance.groupby("option", sort=False):
            for when in ("before", "after"):
                largest = float(own[when].abs().max())
                yield self._row(f"largest_imbalance_{when}", largest, None, None, str(option))
        yield from self._policies(report)

    def _policies(self, report: EffectReport) -> Iterator[tuple[Any, ...]]:
        for place, row in enumerate(report.policy.to_dict(orient="records")):
            if place == 0:
                yield self._row("policy_value", row["value"], row["value_lower"], row["value_upper"], "")
            else:
                name = f"policy_gain_over_{_POLICIES[place - 1]}"
                yield self._row(name, row["gain"], row["lower"], row["upper"], row["option"])
        yield self._row("claims", report.claims, None, None, "")
        yield self._row("claims_by_chance", report.claims_by_chance, None, None, "")

    def _row(self, measure: str, estimate: Any, lower: Any, upper: Any, option: Any) -> tuple[Any, ...]:
        return (self.outcome, self.horizon, measure, estimate, lower, upper, option)
