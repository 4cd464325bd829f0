"""Whether the patients compared cover a new patient under each option, and by how many they do.

Source: the rules of effects.md 3; reasons name the feature that is outside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import Compared, count_of
from genorx.effects.overlap.coverage import OptionCoverage, patients_of
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY, Overlap
from genorx.errors import shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_COLUMNS = ("patient_id", "option", "effective_n", "patients", "propensity", "inside", "outside_feature", "reason")


@dataclass(frozen=True, kw_only=True)
class OptionSupport:
    """Coverage by single features and overlap of all together, for each option.

    Attributes
    ----------
    options : tuple of str
        Options with an estimate, the reference first.
    counts : DataFrame, index option
        ``patients`` and ``events`` of every option.
    min_events : int
    coverage : OptionCoverage
    overlap : Overlap
    """

    options: tuple[str, ...]
    counts: pd.DataFrame
    min_events: int
    coverage: OptionCoverage
    overlap: Overlap

    @classmethod
    def fit(
        cls,
        compared: Compared,
        Z: Floats,
        prognosis: Floats,
        *,
        min_events: int,
        randomised: bool,
        columns: Ints,
        drivers: Collection[str],
        seed: int,
    ) -> Self:
        """Learn from the patients compared, their encoded features and prognosis under the reference."""
        return cls(
            options=compared.options,
            counts=compared.counts,
            min_events=min_events,
            coverage=OptionCoverage.fit(
                compared.X, compared.option, len(compared.options), drivers=drivers, by_lot=randomised
            ),
            overlap=Overlap.fit(Z, prognosis, compared.option, randomised=randomised, columns=columns, seed=seed),
        )

    def frame(self, X: pd.DataFrame, Z: Floats, prognosis: Floats) -> pd.DataFrame:
        """Return one row a patient and option, as ``EffectEstimator.support`` says, and ``patients`` of the option."""
        propensity = self.overlap.propensity(Z)
        number = self.overlap.effective_number(prognosis, propensity)
        patients = list(zip(X.index, patients_of(X), propensity, number, strict=True))
        counts = {str(name): count_of(self.counts, str(name)) for name in self.counts.index}
        rows = [
            (patient_id, *self._judge(name, counts[name], patient, propensity=shares, number=alike))
            for patient_id, patient, shares, alike in patients
            for name in counts
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({"effective_n": float, "patients": int, "propensity": float, "inside": bool})

    def _judge(
        self, name: str, counts: tuple[int, int], patient: dict[str, Any], *, propensity: Floats, number: Floats
    ) -> tuple[Any, ...]:
        patients, events = counts
        if name not in self.options:
            reason = f"{events} events under {shown(name)}; {self.min_events} are needed for an estimate"
            return name, np.nan, patients, np.nan, False, "", reason
        code = self.options.index(name)
        head = (name, float(number[code]), patients, float(propensity[code]))
        found = self.coverage.outside(patient, code)
        if found:
            return (*head, False, found.feature, found.reason)
        if propensity[code] < SMALLEST_PROPENSITY:
            reason = (
                f"patients like this one hardly ever had {shown(name)}: "
                f"probability {propensity[code]:.3f}, below {SMALLEST_PROPENSITY}"
            )
            return (*head, False, "propensity", reason)
        return (*head, True, "", "")

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays from which ``from_state`` makes the same."""
        values = {
            "options": list(self.options),
            "all_options": [str(name) for name in self.counts.index],
            "patients": [int(n) for n in self.counts["patients"]],
            "events": [int(n) for n in self.counts["events"]],
            "min_events": self.min_events,
            "coverage": self.coverage.values(),
        }
        return values, self.overlap.arrays()

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make the support from what ``state`` gave."""
        index: Sequence[str] = values["all_options"]
        counts = pd.DataFrame(
            {"patients": values["patients"], "events": values["events"]}, index=pd.Index(index, name="option")
        )
        return cls(
            options=tuple(values["options"]),
            counts=counts,
            min_events=int(values["min_events"]),
            coverage=OptionCoverage.from_values(values["coverage"]),
            overlap=Overlap.from_arrays(arrays),
        )
