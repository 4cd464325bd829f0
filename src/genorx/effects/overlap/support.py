"""Whether the patients compared cover a new patient under each option, and by how many they do.

The rule, with what it costs, is ``docs/guide/support.md``; reasons name the feature that is outside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import Compared, count_of
from genorx.effects.overlap.coverage import OptionCoverage, measured, patients_of
from genorx.effects.overlap.likeness import Alike, FewestAlike, ValueLikeness
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY, Overlap
from genorx.errors import shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_COLUMNS = ("patient_id", "option", "effective_n", "patients", "propensity", "inside", "outside_feature", "reason")


@dataclass(frozen=True, kw_only=True)
class OptionSupport:
    """Coverage by single features, and how many patients are alike, for each option.

    Attributes
    ----------
    options : tuple of str
        Options with an estimate, the reference first.
    counts : DataFrame, index option
        ``patients`` and ``events`` of every option.
    min_events : int
    min_alike : float
        Effective number of patients alike that an estimate needs.
    coverage : OptionCoverage
    overlap : Overlap
    likeness : ValueLikeness
    """

    options: tuple[str, ...]
    counts: pd.DataFrame
    min_events: int
    min_alike: float
    coverage: OptionCoverage
    overlap: Overlap
    likeness: ValueLikeness

    @classmethod
    def fit(
        cls,
        compared: Compared,
        Z: Floats,
        prognosis: Floats,
        scaled: pd.DataFrame,
        *,
        min_events: int,
        min_alike: float,
        randomised: bool,
        columns: Ints,
        matters: Collection[str],
        seed: int,
    ) -> Self:
        """Learn from the patients compared.

        Parameters
        ----------
        compared : Compared
        Z, prognosis : arrays
            Encoded features, and the linear predictor under the reference.
        scaled : DataFrame
            Numbers on the scale on which the model takes them.
        columns : array of int
            Encoded columns from which the propensity is learnt.
        matters : collection of str
            Features that move the prognosis or a difference: in these a patient needs others alike.
        """
        n_options = len(compared.options)
        numbers = {str(name) for name in compared.X.columns if measured(compared.X[name])}
        return cls(
            options=compared.options,
            counts=compared.counts,
            min_events=min_events,
            min_alike=min_alike,
            coverage=OptionCoverage.fit(compared.X, compared.option, n_options, by_lot=randomised),
            overlap=Overlap.fit(Z, prognosis, compared.option, randomised=randomised, columns=columns, seed=seed),
            likeness=ValueLikeness.fit(scaled, numbers & set(matters), compared.option, n_options, by_lot=randomised),
        )

    def frame(self, X: pd.DataFrame, Z: Floats, prognosis: Floats, scaled: pd.DataFrame) -> pd.DataFrame:
        """Return one row a patient and option, as ``EffectEstimator.support`` says, and ``patients`` of the option."""
        propensity = self.overlap.propensity(Z)
        beyond = self.coverage.beyond(X)
        scores, values = self.overlap.numbers(prognosis, propensity), self.likeness.numbers(scaled, beyond)
        fewest = FewestAlike(scores=scores, values=values, beyond=beyond)
        counts = {str(name): count_of(self.counts, str(name)) for name in self.counts.index}
        rows = [
            (patient_id, *self._judge(name, counts[name], patient, propensity=propensity[row], alike=fewest.at(row)))
            for row, (patient_id, patient) in enumerate(zip(X.index, patients_of(X), strict=True))
            for name in counts
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({"effective_n": float, "patients": int, "propensity": float, "inside": bool})

    def _judge(
        self,
        name: str,
        counts: tuple[int, int],
        patient: dict[str, Any],
        *,
        propensity: Floats,
        alike: Sequence[Alike],
    ) -> tuple[Any, ...]:
        patients, events = counts
        if name not in self.options:
            reason = f"{events} events under {shown(name)}; {self.min_events} are needed for an estimate"
            return name, np.nan, patients, np.nan, False, "", reason
        code = self.options.index(name)
        head = (name, alike[code].number, patients, float(propensity[code]))
        found = self.coverage.outside(patient, code)
        if found:
            return (*head, False, found.feature, found.reason)
        if propensity[code] < SMALLEST_PROPENSITY:
            reason = (
                f"patients like this one hardly ever had {shown(name)}: "
                f"probability {propensity[code]:.3f}, below {SMALLEST_PROPENSITY}"
            )
            return (*head, False, "propensity", reason)
        if alike[code].number < self.min_alike:
            return (*head, False, alike[code].feature, self._few(name, code, patient, alike[code]))
        return (*head, True, "", "")

    def _few(self, name: str, code: int, patient: dict[str, Any], alike: Alike) -> str:
        """Return the reason where fewer patients are alike than are needed."""
        needed = f"had {shown(name)}; {self.min_alike:g} are needed"
        if alike.score:
            return f"{alike.number:.1f} patients of a {alike.feature} like this one's {needed}"
        value = f"{shown(alike.feature)} {patient[alike.feature]:g}"
        if not alike.beyond:
            return f"{alike.number:.1f} patients of a value like {value} {needed}"
        lower, upper = self.coverage.ranges[alike.feature][code]
        return f"{value} lies outside {lower:g} to {upper:g}, and {alike.number:.1f} patients near it {needed}"

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays from which ``from_state`` makes the same."""
        likeness, arrays = self.likeness.state()
        values = {
            "options": list(self.options),
            "all_options": [str(name) for name in self.counts.index],
            "patients": [int(n) for n in self.counts["patients"]],
            "events": [int(n) for n in self.counts["events"]],
            "min_events": self.min_events,
            "min_alike": self.min_alike,
            "coverage": self.coverage.values(),
            "likeness": likeness,
        }
        return values, self.overlap.arrays() | {f"likeness.{name}": array for name, array in arrays.items()}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make the support from what ``state`` gave."""
        index: Sequence[str] = values["all_options"]
        counts = pd.DataFrame(
            {"patients": values["patients"], "events": values["events"]}, index=pd.Index(index, name="option")
        )
        along = {k.removeprefix("likeness."): array for k, array in arrays.items() if k.startswith("likeness.")}
        return cls(
            options=tuple(values["options"]),
            counts=counts,
            min_events=int(values["min_events"]),
            min_alike=float(values["min_alike"]),
            coverage=OptionCoverage.from_values(values["coverage"]),
            overlap=Overlap.from_arrays(arrays),
            likeness=ValueLikeness.from_state(values["likeness"], along),
        )
