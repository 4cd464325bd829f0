"""Open questions of one patient: unknown inputs, their order, and the possible effect of each answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from genorx.care.information.advice_after import AdviceAfter, advice_after, few_times, width_of
from genorx.care.information.values import InputValues
from genorx.care.information.worth import Worth
from genorx.ranking.answer.standing import Question, Standing, point_values, standings
from genorx.ranking.what_if import Asked

_TOGETHER = 512  # joint draws of all unknown inputs, from which the order is computed
_DRAWS = 250  # of the model's posterior, for the advice after each answer
_ROUNDING = 1e-12  # relative difference of outcomes that counts as none
#: Reason of an input that has only one value in the cohort.
_NOTHING = AdviceAfter(p_change=0.0, expected_gain=0.0, width_after=float("nan"), likely_change="")


@dataclass(frozen=True, kw_only=True)
class OpenQuestions:
    """Questions that can be asked of patients of a ranking.

    Attributes
    ----------
    asked : Asked
        Model and patients of the ranking.
    values : InputValues
        Distribution of unknown inputs, learnt from the cohort.
    cost : mapping of input to float
        Cost of asking for each input, in any one unit.
    draws : int
        Number of values of each input that are evaluated.
    """

    asked: Asked
    values: InputValues
    cost: Mapping[str, float]
    draws: int

    def of(self, patient_id: str, options: Sequence[str]) -> PatientQuestions:
        """Return the questions of one patient, given the options with an estimate."""
        return PatientQuestions(of_all=self, patient_id=patient_id, options=tuple(options))


@dataclass(frozen=True, kw_only=True)
class PatientQuestions:
    """Questions that can be asked of one patient."""

    of_all: OpenQuestions
    patient_id: str
    options: tuple[str, ...]

    def rows(self, top: int) -> list[dict[str, Any]]:
        """Return a row for each of the first ``top`` questions, as described in ``care.questions``."""
        order = self._order(top)
        values, draws = self.of_all.values, self.of_all.draws
        tried = {name: values.alone(self.patient, name, draws) for name in order if values.can_differ(name)}
        after = advice_after(self.question, self.now, tried, avoided=self.avoided)
        width = width_of(self.now, self.now.options[:2])
        return [
            self._row(place, name, after.get(name, replace(_NOTHING, width_after=width)), width)
            for place, name in enumerate(order, start=1)
        ]

    def _row(self, place: int, name: str, after: AdviceAfter, width: float) -> dict[str, Any]:
        return {
            "patient_id": self.patient_id,
            "place": place,
            "feature": name,
            "table": self.of_all.values.specs[name].source,
            "column": name,
            "p_change": after.p_change,
            "expected_gain": after.expected_gain,
            "width_now": width,
            "width_after": after.width_after,
            "cost": self.of_all.cost[name],
            "likely_change": after.likely_change,
        }

    @cached_property
    def patient(self) -> pd.DataFrame:
        """The patient's features as the model's input, one row."""
        features = self.of_all.asked.aligned.X
        return features.loc[[str(name) == self.patient_id for name in features.index]]

    @property
    def question(self) -> Question:
        """The question to the model of the ranking, with fewer draws."""
        return replace(self.of_all.asked.question, n_draws=min(_DRAWS, self.of_all.asked.question.n_draws))

    @property
    def avoided(self) -> Collection[str]:
        """Options that guidance advises against."""
        return self.of_all.asked.avoided.get(self.patient_id, ())

    @cached_property
    def now(self) -> Standing:
        """Outcomes of the options at present."""
        return standings(self.question, self.patient, avoided=self.avoided, times=few_times)[0]

    def _order(self, top: int) -> list[str]:
        """Return the first questions; inputs without effect come last, by cost, then by name."""
        cost = self.of_all.cost
        unknown = (str(name) for name in self.patient.columns[self.patient.isna().iloc[0]])
        missing = sorted(unknown, key=lambda name: (cost[name], name))
        asked = [name for name in missing if self.of_all.values.can_differ(name)]
        if len(self.options) < 2 or not asked:
            return missing[:top]
        together = self.of_all.values.together(self.patient, asked, _TOGETHER)
        outcomes = point_values(self.question, together, self.options, times=few_times)
        mattering = self._mattering(asked, together)
        first = Worth.of(outcomes, together[asked]).order(mattering, cost, top)
        return [*first, *(name for name in missing if name not in mattering)][:top]

    def _mattering(self, asked: list[str], together: pd.DataFrame) -> list[str]:
        """Return inputs that change an option's outcome, or are correlated with other unknown inputs."""
        ends = {name: self.of_all.values.ends(together.iloc[[0]], name) for name in asked}
        outcomes = point_values(self.question, pd.concat(ends.values()), self.options, times=few_times)
        found, first = [], 0
        for name in asked:
            own = outcomes[first : first + len(ends[name])]
            first += len(ends[name])
            moved = np.ptp(own, axis=0) > _ROUNDING * np.abs(own).max()
            if moved.any() or self.of_all.values.tells_of_others(name, asked):
                found.append(name)
        return found
