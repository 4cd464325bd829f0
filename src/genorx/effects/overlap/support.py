"""Support of an estimate for a new patient under each option: coverage, and number of similar patients.

The rule is in ``docs/guide/support.md``, its cost in ``docs/benchmarks/support.md``; reasons name the feature outside
the range.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.compared import Compared, count_of
from genorx.effects.overlap.coverage import THIS_OPTION, OptionCoverage, Outside, measured, patients_of
from genorx.effects.overlap.likeness import Alike, FewestAlike, ValueLikeness
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY, Overlap
from genorx.errors import shown

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_COLUMNS = ("patient_id", "option", "effective_n", "patients", "propensity", "inside", "outside_feature", "reason")


@dataclass(frozen=True, kw_only=True)
class OptionSupport:
    """Coverage by single features, and number of similar patients, for each option.

    Attributes
    ----------
    options : tuple of str
        Options with an estimate, the reference first.
    counts : DataFrame, index option
        ``patients`` and ``events`` of every option.
    min_events : int
        Events required for an estimate.
    min_alike : float
        Effective number of similar patients required for an estimate.
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
            Numeric features on the scale of the model.
        columns : array of int
            Encoded columns from which the propensity is learnt.
        matters : collection of str
            Features with an effect on the prognosis or on a difference: in these a patient needs similar patients.
        min_events, min_alike, randomised, seed
            As in ``SurvivalEffect``.
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

    def frame(
        self, X: pd.DataFrame, Z: Floats, prognosis: Floats, scaled: pd.DataFrame, *, named: bool = False
    ) -> pd.DataFrame:
        """Return a row per patient and option, as in ``EffectEstimator.support``, with the option's ``patients``.

        With ``named`` every reason names the option: those of a decision are not those that a reader sees beside it.
        """
        propensity, beyond = self.overlap.propensity(Z), self.coverage.beyond(X)
        scores, values = self.overlap.numbers(prognosis, propensity), self.likeness.numbers(scaled, beyond)
        fewest = FewestAlike.of(scores, values, beyond)
        inside = self.coverage.covers(X, len(self.options))
        inside &= ~(propensity < SMALLEST_PROPENSITY) & ~(fewest.number < self.min_alike)
        feature, reason = (np.full(inside.shape, "", dtype=object) for _ in range(2))
        rows = np.flatnonzero(~inside.all(axis=1)).tolist()
        for row, patient in zip(rows, patients_of(X.iloc[rows]), strict=True):
            for code in np.flatnonzero(~inside[row]).tolist():
                option = shown(self.options[code]) if named else THIS_OPTION
                found = self.coverage.outside(patient, code, option=option) or self._why_outside(
                    code, patient, propensity[row, code], fewest.at(row, code)
                )
                feature[row, code], reason[row, code] = found.feature, found.reason
        known = {"effective_n": fewest.number, "propensity": propensity, "inside": inside}
        return self._framed(X.index, known | {"outside_feature": feature, "reason": reason})

    def _framed(self, index: pd.Index[Any], known: dict[str, NDArray[Any]]) -> pd.DataFrame:
        """Return the frame of all options; one with too few events has no numbers."""
        names = [str(name) for name in self.counts.index]
        counts = np.array([count_of(self.counts, name) for name in names], dtype=np.int64)
        blank = {"effective_n": np.nan, "propensity": np.nan, "inside": False, "outside_feature": "", "reason": ""}
        whole = {name: np.full((len(index), len(names)), blank[name], dtype=of.dtype) for name, of in known.items()}
        for place, (name, (_, events)) in enumerate(zip(names, counts, strict=True)):
            if name in self.options:
                for column, values in known.items():
                    whole[column][:, place] = values[:, self.options.index(name)]
            else:
                few = f"{events} events under {shown(name)}; {self.min_events} are needed for an estimate"
                whole["reason"][:, place] = few
        patients = np.repeat(index.to_numpy(), len(names))
        columns: dict[str, Any] = {"patient_id": patients, "option": np.tile(np.array(names, object), len(index))}
        columns |= {name: values.ravel() for name, values in whole.items()}
        columns["patients"] = np.tile(counts[:, 0], len(index))
        return pd.DataFrame(columns)[list(_COLUMNS)]

    def _why_outside(self, code: int, patient: dict[str, Any], propensity: float, alike: Alike) -> Outside:
        """Return why a patient within every feature's range has no estimate under an option."""
        name = self.options[code]
        if propensity < SMALLEST_PROPENSITY:
            reason = (
                f"patients like this one hardly ever had {shown(name)}: "
                f"probability {propensity:.3f}, below {SMALLEST_PROPENSITY}"
            )
            return Outside(feature="propensity", reason=reason)
        return Outside(feature=alike.feature, reason=self._few(name, code, patient, alike))

    def _few(self, name: str, code: int, patient: dict[str, Any], alike: Alike) -> str:
        """Return the reason if fewer patients are similar than required."""
        needed = f"had {shown(name)}; {self.min_alike:g} are needed"
        if alike.score:
            return f"{alike.number:.1f} patients with a {alike.feature} like this one's {needed}"
        value = f"{shown(alike.feature)} {patient[alike.feature]:g}"
        if not alike.beyond:
            return f"{alike.number:.1f} patients with a value like {value} {needed}"
        lower, upper = self.coverage.ranges[alike.feature][code]
        return f"{value} lies outside {lower:g} to {upper:g}, and {alike.number:.1f} patients near it {needed}"

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
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
        """Restore the support from ``state``."""
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
