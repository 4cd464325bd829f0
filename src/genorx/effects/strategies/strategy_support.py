"""Support of a strategy at entry into the state in which it decides: whether similar patients followed it.

A strategy needs similar patients who began the treatment in its state, and similar patients who did not in the states
of other strategies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.course import Strategy
from genorx.effects.adjusted.compared import Compared
from genorx.effects.adjusted.feature_parts import FeatureParts
from genorx.effects.adjusted.pair_columns import PairColumns
from genorx.effects.overlap.support import OptionSupport
from genorx.effects.strategies.state_model import StateModel, TreatedSpells
from genorx.errors import shown
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.state_arrays import arrays_below, named_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: A state, and a treatment that a strategy begins in it.
Decision = tuple[str, str]
_COLUMNS = ("patient_id", "option", "effective_n", "patients", "propensity", "inside", "outside_feature", "reason")


@dataclass(frozen=True, kw_only=True)
class DecisionSupport:
    """Support of beginning one treatment in one state, and of not doing so.

    Attributes
    ----------
    options : OptionSupport or None
        None if too few patients began, or did not.
    reason : str
        Reason why there is none.
    beta : array
        Coefficients of the encoded features for the prognosis in the state.
    began : int
        Number of patients who began in time.
    """

    options: OptionSupport | None
    reason: str
    beta: Floats
    began: int

    @classmethod
    def fit(
        cls,
        treated: TreatedSpells,
        model: StateModel,
        X: pd.DataFrame,
        Z: Floats,
        encoder: FeatureEncoder,
        *,
        treatment: str,
        within: float | None,
        min_events: int,
        min_alike: float,
        seed: int,
    ) -> Self:
        """Learn from patients who entered the state.

        Compared are patients who began within the stated time, and patients who were still in the state, untreated,
        when half of the former had begun: patients who left it early do not show how the treatment was decided.
        """
        beta, spells = _mean_effects(model, Z.shape[1]), treated.spells
        rows, option = _decided(treated, treatment, within)
        names = (f"no {treatment} in {model.state}", f"{treatment} in {model.state}")
        counts = pd.DataFrame(
            {
                "patients": [int((option == code).sum()) for code in (0, 1)],
                "events": [int((spells.cause[rows][option == code] > 0).sum()) for code in (0, 1)],
            },
            index=pd.Index(names, name="option"),
        )
        few = counts.index[(counts["events"] < min_events).to_numpy()].tolist()
        if few or treatment not in model.here:
            events = int(counts["events"].min())
            reason = f"{events} transitions under {shown(few[0] if few else names[1])}; {min_events} are needed"
            return cls(options=None, reason=reason, beta=beta, began=int(option.sum()))
        part, own = X.iloc[spells.patient[rows]], Z[spells.patient[rows]]
        straight = [place for place, column in enumerate(encoder.columns_) if column.kind != "spline"]
        support = OptionSupport.fit(
            Compared(
                X=part,
                y=pd.DataFrame(index=part.index),
                options=names,
                option=option,
                strata=np.zeros(rows.size, dtype=np.int64),
                stratum_names=("",),
                counts=counts,
            ),
            own,
            _prognosis(own, beta),
            encoder.scaled(part),
            min_events=min_events,
            min_alike=min_alike,
            randomised=False,
            columns=np.array(straight, dtype=np.int64),
            matters=_mattering(model, encoder, own, part.index, names),
            seed=seed,
        )
        return cls(options=support, reason="", beta=beta, began=int(option.sum()))

    def frame(self, X: pd.DataFrame, Z: Floats, scaled: pd.DataFrame, *, began: bool) -> pd.DataFrame:
        """Return one row per patient: support of having begun, or of not having begun."""
        if self.options is None:
            blank = {"effective_n": np.nan, "propensity": np.nan, "inside": False, "outside_feature": ""}
            return pd.DataFrame(blank | {"reason": self.reason}, index=X.index).assign(patients=self.began)
        found = self.options.frame(X, Z, _prognosis(Z, self.beta), scaled, named=True)
        return found[found["option"] == self.options.options[int(began)]].set_index("patient_id")

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
        options, arrays = (None, {}) if self.options is None else self.options.state()
        return {"options": options, "reason": self.reason, "began": self.began}, arrays | {"prognosis_beta": self.beta}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore the support from ``state``."""
        options = values["options"]
        return cls(
            options=None if options is None else OptionSupport.from_state(options, arrays),
            reason=values["reason"],
            beta=arrays["prognosis_beta"],
            began=int(values["began"]),
        )


@dataclass(frozen=True, kw_only=True)
class StrategySupport:
    """Support of every strategy.

    Attributes
    ----------
    strategies : tuple of Strategy
    decisions : dict of (state, treatment) to DecisionSupport
    """

    strategies: tuple[Strategy, ...]
    decisions: dict[Decision, DecisionSupport]

    def frame(
        self, X: pd.DataFrame, Z: Floats, scaled: pd.DataFrame, start: str, before: Sequence[str]
    ) -> pd.DataFrame:
        """Return one row per patient and strategy, with the columns of ``EffectEstimator.support``.

        Parameters
        ----------
        X, Z, scaled
            Features, encoded features, and numeric features on the scale of the model.
        start : str
            State in which the patients are.
        before : sequence of str
            States that they cannot enter any more, whose decisions are past.
        """
        relevant = {key: one for key, one in self.decisions.items() if key[0] not in before or key[0] == start}
        known = {
            (key, began): one.frame(X, Z, scaled, began=began)
            for key, one in relevant.items()
            for began in (False, True)
        }
        parts = []
        for strategy in self.strategies:
            own = (strategy.state, strategy.treatment)
            needed = [known[(key, key == own)] for key in relevant]
            parts.append(_joined(needed, X.index).assign(option=strategy.name))
        whole = pd.concat(parts)
        order = np.arange(len(whole)).reshape(len(parts), len(X)).T.ravel()
        return whole.iloc[order].reset_index(names="patient_id")[list(_COLUMNS)]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON values and arrays for ``from_state``."""
        values: list[dict[str, Any]] = []
        arrays: dict[str, NDArray[Any]] = {}
        for place, (key, one) in enumerate(self.decisions.items()):
            own, own_arrays = one.state()
            values.append({"state": key[0], "treatment": key[1], "support": own})
            arrays |= named_below(f"{place}", own_arrays)
        return {"decisions": values}, arrays

    @classmethod
    def from_state(
        cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], strategies: tuple[Strategy, ...]
    ) -> Self:
        """Restore the support from ``state``."""
        decisions = {
            (one["state"], one["treatment"]): DecisionSupport.from_state(
                one["support"], arrays_below(f"{place}", arrays)
            )
            for place, one in enumerate(values["decisions"])
        }
        return cls(strategies=strategies, decisions=decisions)


def _joined(needed: list[pd.DataFrame], index: pd.Index[Any]) -> pd.DataFrame:
    """Return each patient's least supported decision."""
    names = ["effective_n", "patients", "propensity", "inside", "outside_feature", "reason"]
    if not needed:
        blank = {"effective_n": np.nan, "patients": 0, "propensity": np.nan, "inside": True}
        return pd.DataFrame(blank | {"outside_feature": "", "reason": ""}, index=index)
    inside = np.stack([one["inside"].to_numpy(bool) for one in needed])
    number = np.stack([one["effective_n"].to_numpy(float) for one in needed])
    worst = np.lexsort((np.nan_to_num(number, nan=-1.0), inside), axis=0)[0]
    columns = {
        name: np.stack([one[name].to_numpy(object) for one in needed])[worst, np.arange(len(index))] for name in names
    }
    kinds = {"effective_n": float, "patients": int, "propensity": float, "inside": bool}
    return pd.DataFrame(columns, index=index).astype(kinds)


def _decided(treated: TreatedSpells, treatment: str, within: float | None) -> tuple[Ints, Ints]:
    """Return the spells with a treatment decision, and whether the treatment began in time."""
    spells = treated.spells
    since = treated.begun.get(treatment, np.full(spells.entry.size, np.nan)) - spells.entry
    began = np.isfinite(since) & (since <= (np.inf if within is None else within))
    middle = float(np.median(since[began])) if began.any() else 0.0
    stayed = ~np.isfinite(since) & (spells.exit - spells.entry > middle)
    rows = np.flatnonzero(began | stayed | (np.isfinite(since) & ~began))
    return rows, began[rows].astype(np.int64)


def _mean_effects(model: StateModel, n_encoded: int) -> Floats:
    """Return coefficients of the untreated, averaged over the transitions by their events, shape (n_encoded,)."""
    weight = np.array([fit.n_events for fit in model.fits], dtype=float)
    tables = [
        model.columns.coefficients(fit.beta[None, :], n_encoded, treated=0, earlier=None)[0, :-1] for fit in model.fits
    ]
    return np.asarray((weight / weight.sum()) @ np.stack(tables))


def _prognosis(Z: Floats, beta: Floats) -> Floats:
    """Return the linear predictor, summed patient by patient so that results do not depend on batching."""
    return np.array([float(np.sum(row * beta)) for row in Z])


def _mattering(
    model: StateModel, encoder: FeatureEncoder, Z: Floats, index: pd.Index[Any], names: tuple[str, str]
) -> set[str]:
    """Return the features with an effect on a hazard in the state, or on a treatment's effect."""
    size = model.columns.options.groups().size
    found: set[str] = set()
    for fit in model.fits:
        parts = FeatureParts(
            encoder=encoder,
            pairs=PairColumns.fit(Z, encoder.columns_, ()),
            columns=model.columns.options,
            options=(names[0], *model.here),
            beta=fit.beta[:size],
        )
        found |= parts.mattering(Z, index, parts.sizes(Z, index))
    return found
