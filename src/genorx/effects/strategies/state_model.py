"""Hazards of the transitions out of one state, with treatments begun in it or before.

One group-shrunk Cox model per transition on start-stop rows; transitions with few events are as in
``adjusted.cause_fits``.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (a shrunk model per transition); Suissa S 2008, Am J Epidemiol
167:492.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.adjusted.cause_fits import fit_causes
from genorx.effects.adjusted.confounding import PropensityLogits
from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.adjusted.start_stop import OptionRows
from genorx.effects.strategies.state_columns import StateColumns
from genorx.outcomes.encoding.feature_columns import EncodedColumn
from genorx.outcomes.multistate.entry_time import EntryTime
from genorx.outcomes.multistate.state_rows import Clock, Spells, StateRows
from genorx.outcomes.shrinkage.cox_fit import CoxFit
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.cox_state import cox_from, cox_state

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEWEST = 10  # fewest patients who begin a treatment in a state for its effects there to be estimated


@dataclass(frozen=True, kw_only=True)
class TreatedSpells:
    """Spells in one state, with the treatments begun in it and before.

    Attributes
    ----------
    spells : Spells
    here : tuple of str
        Treatments that strategies begin in the state, and that began there in 10 patients or more.
    elsewhere, earlier : tuple of str
        Treatments that began here, but do so in no strategy; treatments that began in an earlier state.
    begun : dict of str to array of shape (n_spells,)
        Time since time zero at which each treatment began in the state; NaN if it did not.
    before : dict of str to array of bool, shape (n_spells,)
        Whether each treatment had begun when the state was entered.
    """

    spells: Spells
    here: tuple[str, ...]
    elsewhere: tuple[str, ...]
    earlier: tuple[str, ...]
    begun: dict[str, Floats]
    before: dict[str, NDArray[np.bool_]]

    @classmethod
    def of(cls, spells: Spells, begins: pd.DataFrame, patients: pd.Index[str], planned: Sequence[str]) -> Self:
        """Build the spells; ``planned`` are the treatments that a strategy begins in the state."""
        begun, before = {}, {}
        for name in dict.fromkeys(begins["treatment"]):
            own = begins[begins["treatment"] == name].set_index("patient_id")["time"].astype(float)
            time = own.reindex(patients).to_numpy(float)[spells.patient]
            inside = (time >= spells.entry) & (time < spells.exit)
            begun[str(name)], before[str(name)] = np.where(inside, time, np.nan), time < spells.entry
        counts = {name: int(np.isfinite(time).sum()) for name, time in begun.items()}
        here = tuple(name for name in planned if counts.get(name, 0) >= _FEWEST)
        return cls(
            spells=spells,
            here=here,
            elsewhere=tuple(name for name, count in counts.items() if count and name not in here),
            earlier=tuple(name for name, had in before.items() if had.any()),
            begun=begun,
            before=before,
        )

    def first(self) -> tuple[Ints, Floats]:
        """Return which treatment of ``here`` began first (from 1; 0 none), and the time since entry when it did."""
        times = np.stack([np.full(self.spells.entry.size, np.inf), *(self.begun[name] for name in self.here)], axis=1)
        times = np.where(np.isnan(times), np.inf, times)
        code = np.where(np.isfinite(times).any(axis=1), times.argmin(axis=1), 0)
        until = np.minimum(times.min(axis=1), self.spells.exit) - self.spells.entry
        least = (
            float((self.spells.exit - self.spells.entry).min()) / 2
        )  # a treatment that begins on the day of entry counts as just after it
        return code.astype(np.int64), np.maximum(until, least)

    def rows(self, clock: Clock) -> tuple[StateRows, Ints, Floats]:
        """Return start-stop rows, the treatment of ``here`` in each, and indicators of the other treatments."""
        names = [*self.here, *self.elsewhere]
        rows = StateRows.make(self.spells, [self.begun[name] for name in names], clock)
        start = rows.begin + (self.spells.entry[rows.spell] if clock == "reset" else 0.0)
        inside = [self.begun[name][rows.spell] <= start for name in names]
        treated = np.zeros(rows.spell.size, dtype=np.int64)
        for code in range(1, len(self.here) + 1):
            treated[inside[code - 1]] = code
        flags = [self.before[name][rows.spell] for name in self.earlier] + inside[len(self.here) :]
        return rows, treated, np.stack(flags, axis=1).astype(float) if flags else np.zeros((treated.size, 0))


@dataclass(frozen=True, kw_only=True)
class StateModel:
    """Fitted hazards out of one state.

    Attributes
    ----------
    state : str
    targets : tuple of str
    here : tuple of str
        Treatments that begin in the state, with codes from 1.
    columns : StateColumns
    fits : tuple of CoxFit
        One per target.
    """

    state: str
    targets: tuple[str, ...]
    here: tuple[str, ...]
    columns: StateColumns
    fits: tuple[CoxFit, ...]

    def scores(self, n_encoded: int) -> Floats:
        """Return the weights of the propensity scores in this state, for encoded features and a constant."""
        logits, used = self.columns.options.logits, self.columns.options.used
        found = np.zeros((len(logits.centre), n_encoded + 1))
        found[:, used], found[:, -1] = logits.weights, -logits.centre
        return found

    @classmethod
    def fit(
        cls,
        treated: TreatedSpells,
        Z: Floats,
        encoded: Sequence[EncodedColumn],
        strata: Ints,
        *,
        clock: Clock,
        history: bool,
        earlier_scores: Floats,
        interactions: Sequence[str] | None,
    ) -> Self:
        """Fit to the spells of one state.

        Parameters
        ----------
        treated : TreatedSpells
        Z : array of shape (n_patients, n_encoded)
        encoded : sequence of EncodedColumn
        strata : array of int, shape (n_patients,)
        clock : {"forward", "reset"}
        history : bool
            Whether the time of entry is a covariate.
        earlier_scores : array of shape (n_scores, n_encoded + 1)
            Propensity scores of the treatments in earlier states.
        interactions : sequence of str, optional
            Features whose effect may differ with treatment.
        """
        spells = treated.spells
        own, codes = Z[spells.patient], _codes(strata[spells.patient])
        first, until = treated.first()

        def scores(part: Floats, group: Ints) -> PropensityLogits:
            return PropensityLogits.of_starts(part, first, codes, until, group=group)

        options = OptionColumns.fit(
            own,
            encoded,
            first,
            codes,
            randomised=not treated.here,
            indicators=bool(treated.here),
            scores=scores if treated.here else None,
            interactions=interactions,
        )
        columns = StateColumns(
            options=options,
            earlier=treated.earlier,
            elsewhere=treated.elsewhere,
            weights=earlier_scores if treated.earlier else np.zeros((0, Z.shape[1] + 1)),
            entry=EntryTime.fit(spells.entry) if history else None,
        )
        return cls(
            state=spells.state,
            targets=spells.targets,
            here=treated.here,
            columns=columns,
            fits=_fit(treated, columns, own, codes, clock),
        )

    def column_names(self, encoded: Sequence[EncodedColumn]) -> tuple[list[str], list[str]]:
        """Return the name and the feature of each column of the fits."""
        options = self.columns.options
        own = [encoded[int(place)] for place in options.used]
        pairs = [(column.name, column.source) for column in own]
        for name in self.here:
            pairs += [(f"{own[int(k)].name} with {name}", own[int(k)].source) for k in options.modifying]
        pairs += [(f"score {place + 1}", "propensity") for place in range(len(options.logits.centre))]
        pairs += [(f"{name} here", name) for name in self.here]
        pairs += [(f"{name} earlier", name) for name in self.columns.earlier]
        pairs += [(f"{name} outside strategies", name) for name in self.columns.elsewhere]
        pairs += [(f"earlier score {place + 1}", "propensity") for place in range(len(self.columns.weights))]
        if self.columns.entry is not None:
            pairs.append(("time of entry", "time of entry"))
        return [name for name, _ in pairs], [feature for _, feature in pairs]

    def state_values(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
        columns, arrays = self.columns.state()
        values: dict[str, Any] = {"state": self.state, "targets": list(self.targets), "here": list(self.here)}
        values |= {"columns": columns, "fits": []}
        for place, fit in enumerate(self.fits):
            own, own_arrays = cox_state(fit)
            values["fits"].append(own)
            arrays |= named_below(f"fits.{place}", own_arrays)
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore the model from ``state_values``."""
        fits = [cox_from(own, arrays_below(f"fits.{place}", arrays)) for place, own in enumerate(values["fits"])]
        return cls(
            state=values["state"],
            targets=tuple(values["targets"]),
            here=tuple(values["here"]),
            columns=StateColumns.from_state(values["columns"], arrays),
            fits=tuple(fits),
        )


def _fit(treated: TreatedSpells, columns: StateColumns, own: Floats, strata: Ints, clock: Clock) -> tuple[CoxFit, ...]:
    rows, code, flags = treated.rows(clock)
    matrix = columns.matrix(own[rows.spell], code, flags, treated.spells.entry[rows.spell])
    entry = rows.begin if rows.begin.any() else None
    stated = OptionRows(patient=rows.spell, option=code, entry=entry, time=rows.end, cause=rows.cause)
    stratum = strata[rows.spell]
    fits = fit_causes(columns, matrix, stated, stratum)
    if not stratum.any():
        return fits
    # a new patient belongs to no stratum: the baseline is that of all patients
    return tuple(
        replace(fit, baseline=PartialLikelihood(matrix, rows.end, rows.cause == cause, entry=entry).baselines(fit.beta))
        for cause, fit in enumerate(fits, start=1)
    )


def _codes(strata: Ints) -> Ints:
    return np.unique(strata, return_inverse=True)[1].astype(np.int64)
