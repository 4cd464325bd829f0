"""Survival of a patient under each option, and differences between options, from one Cox model per cause.

Main effects and products are shrunk by group (Gerstung M et al. 2017, Nat Genet 49:332); the option itself is shrunk
only for a cause with few events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import rounded_up
from genorx._core.threads import single_threaded
from genorx.effects.adjusted.adjusted import AdjustedEffect, Encoded, under
from genorx.effects.adjusted.alignment import align, check_outcome
from genorx.effects.adjusted.baselines import cells_of, own_baselines
from genorx.effects.adjusted.cause_fits import fit_causes, rare_causes
from genorx.effects.adjusted.compared import Compared, compare, reference_of
from genorx.effects.adjusted.confounding import PropensityLogits
from genorx.effects.adjusted.first_cox import first_cox
from genorx.effects.adjusted.start_stop import OptionRows, as_treated
from genorx.effects.adjusted.survival_posterior import SurvivalPosterior
from genorx.effects.adjusted.treatment_table import RestrictedDraws, treatment_table
from genorx.effects.averages.averages import mean_difference
from genorx.effects.curve_numbers import CurveNumbers, CurveRequest
from genorx.effects.overlap.horizon import checked_horizon, cut_at
from genorx.effects.protocol import EffectDraws
from genorx.outcomes.encoding.completed import ValueSets
from genorx.outcomes.shrinkage.covariance import variances
from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.survival.cox_state import cox_from, cox_state

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_POPULATION_DRAWS = 100
_GRID = 80  # time steps for the integration of curves
_BLOCK = 100  # patients at a time: draws of all would not fit into memory


@dataclass(eq=False, repr=False, kw_only=True)
class SurvivalEffect(AdjustedEffect):
    """Estimate restricted mean survival under each option and the differences; abstain without support.

    A group-shrunk Cox model over all options (one per cause).  Its columns are the encoded features; for each option
    except the reference their products with it, shrunk on a separate scale; and, if treatment was not randomised, the
    logits of a penalised propensity score, not shrunk.  Each option has its own baseline in each stratum if it has 20
    events (of each cause) and follow-up to the horizon there; otherwise options share the strata's baselines and enter
    as indicators that are not shrunk.  Causes with few events beside a more common one have fewer columns: see
    ``adjusted.cause_fits``.  If a treatment begins later, the patient has a row before and a row after the start.

    Predictions average over the strata, by their share of the patients compared, since a new patient belongs to none.
    A patient who is not covered by the patients compared has no estimate, see ``effects.overlap.support``.

    Parameters
    ----------
    horizon : float, optional
        Time up to which restricted means are computed, in the unit of ``time``; by default the latest at which 10 %,
        and at least 20, of the patients of every option are at risk.
    reference : str, optional
        Option with which the others are compared; the first by default.
    randomised : bool
        Whether treatment was randomised: then there is no propensity score, and ranges and similar patients are those
        of all options together.
    specs : sequence of FeatureSpec, optional
        Kinds and shrinkage groups of the features; inferred by default.
    min_events, min_alike : int, float
        Events of an option, and effective number of similar patients who had it, below which there is no estimate.
    min_difference : float
        Smallest relevant difference of restricted means, in the unit of ``time``; a recommendation needs more.
    n_draws : int
        Number of posterior draws for intervals.
    interactions : sequence of str, optional
        Features whose effect may differ between options; all by default.
    seed : int
        Seed of the draws.

    Attributes
    ----------
    horizon_ : float
        Time up to which restricted means are computed.
    options_ : tuple of str
        Options with an estimate, the reference first.
    follow_up_ : dict
        Last follow-up time under each option, rounded up.
    starts_later_ : bool
        Whether times at which treatments began were given.
    causes_told_ : bool
        Whether competing causes were given.
    rare_causes_ : dict
        Number of events of each rare cause, for which options are assumed to act alike on all patients.

    Examples
    --------
    >>> from genorx.datasets import make_trial
    >>> trial = make_trial(300, effect="constant", seed=1)
    >>> model = SurvivalEffect(horizon=36, reference="standard", randomised=True)
    >>> model = model.fit(trial.features, trial.outcomes[["time", "event"]], treatment=trial.treatment)
    >>> list(model.effect(trial.features).columns)
    ['new']
    """

    horizon: float | None = None
    min_difference: float = 0.0
    n_draws: int = 400

    @single_threaded
    def fit(self, X: Any, y: Any, *, treatment: Any = None, start: Any = None, strata: Any = None) -> Self:
        """Fit to survival of patients whose treatment is known.

        Parameters
        ----------
        X : DataFrame or array of shape (n_patients, n_features)
            Features known when the options are compared.
        y : DataFrame with ``time`` and ``event``, or structured array of (event, time)
            ``time`` (>= 0) is counted from the day from which options are compared.  A column ``cause`` (0 for
            censored, 1 for the cause of interest, 2 and above for the others) distinguishes competing events; ``event``
            is 1 for all of them.
        treatment : array-like of shape (n_patients,)
            Option of each patient.
        start : array-like of float, optional
            When treatment began, on the scale of ``time``; NaN under the reference.  If it is later than follow-up or
            the horizon, the patient counts under the reference.
        strata : array-like or DataFrame, optional
            Strata within which options are compared.

        Raises
        ------
        UsageError, InputError
            If inputs do not fit together, or hold impossible values.
        HorizonError
            If the horizon lies beyond the follow-up of an option.
        SupportError
            If fewer than two options have ``min_events`` events, or the reference does not.
        """
        given = align(X, y, treatment, start, strata, model=self)
        check_outcome(given.y)
        reference = reference_of(given.treatment, self.reference)
        self.horizon_ = checked_horizon(given, self.horizon, self.min_events)
        cut = cut_at(given.y, self.horizon_)
        taken, begun = given.treatment, given.start
        if begun is not None:
            taken, begun = as_treated(taken, begun, cut, reference)
        compared = compare(
            given.X,
            cut,
            taken,
            given.strata,
            reference=reference,
            event=_counted(given.y, cut, taken, self.min_events),
            min_events=self.min_events,
        )
        self._fit_rows(
            compared, None if begun is None else np.asarray(begun.reindex(compared.y.index), dtype=np.float64)
        )
        self.follow_up_ = _last_follow_up(compared, given.y)
        return self

    def _fit_rows(self, compared: Compared, start: Floats | None) -> None:
        self.starts_later_, self.causes_told_ = start is not None, "cause" in compared.y
        own = start is None and own_baselines(compared, self.horizon_)
        rows = OptionRows.make(compared, start)
        self.cells_ = cells_of(len(compared.stratum_names), len(compared.options), own=own)
        stratum = self.cells_[compared.strata[rows.patient], rows.option]
        Z = self._learn_columns(
            compared, indicators=not own, scores=self._scores(compared, start), first=first_cox(rows, stratum)
        )
        matrix = self.columns_.matrix(Z[rows.patient], rows.option)
        self.fits_ = fit_causes(self.columns_, matrix, rows, stratum)
        share = np.array([fit.n_events for fit in self.fits_]) / sum(fit.n_events for fit in self.fits_)
        self.beta_ = np.sum([part * fit.beta for part, fit in zip(share, self.fits_, strict=True)], axis=0)
        self._drawn: dict[Any, SurvivalPosterior] = {}
        self._learn_support(compared, Z)
        self.population_ = self._summarise(compared, Z, rows)

    @property
    def rare_causes_(self) -> dict[int, int]:
        """Rare causes, from 1, beside a more common one, with their number of events by the horizon."""
        return rare_causes([fit.n_events for fit in self.fits_])

    def _scores(self, compared: Compared, start: Floats | None) -> Any:
        """Return the method to fit propensity scores; None for the default."""
        if start is None or self.randomised:
            return None
        time = compared.y["time"].to_numpy(float)
        until = np.where(compared.option > 0, np.minimum(np.nan_to_num(start), time), time)
        return lambda Z, group: PropensityLogits.of_starts(Z, compared.option, compared.strata, until, group=group)

    @single_threaded
    def sample(
        self, X: Any, times: Floats | None = None, *, n_draws: int | None = None, seed: int | None = None
    ) -> EffectDraws:
        """Draws of survival at ``times`` under each option of ``options_``, and of each cause's incidence.

        Parameters
        ----------
        X : DataFrame
            Features of the patients.
        times : array of shape (n_times,), optional
            Ascending times, not checked against ``follow_up_``; by default 81 up to the horizon.
        n_draws, seed : int, optional
            Those of the estimator by default.
        """
        at = self._times() if times is None else np.asarray(times, dtype=float)
        return self._sample(*self.encode(X).encoded, at, n_draws, seed)

    @single_threaded
    def sample_numbers(
        self, X: Any, request: CurveRequest, *, n_draws: int | None = None, seed: int | None = None
    ) -> CurveNumbers:
        """Draw the reported summaries of ``sample``'s curves; without competing causes."""
        Z, sets = self.encode(X).encoded
        posterior = self._posterior(request.times, n_draws, seed)
        return posterior.numbers(self.columns_.features(Z), sets, request, self.options_)

    def _sample(self, Z: Floats, sets: ValueSets, times: Floats, n_draws: int | None, seed: int | None) -> EffectDraws:
        if self.causes_told_:
            return self._sample_causes(Z, sets, times, n_draws, seed)
        curves = self._posterior(times, n_draws, seed).sampled(self.columns_.features(Z), sets)
        return EffectDraws(options=self.options_, times=times, point=curves[0], draws=curves[1:])

    def _sample_causes(
        self, Z: Floats, sets: ValueSets, times: Floats, n_draws: int | None, seed: int | None
    ) -> EffectDraws:
        grid = np.union1d(self._times(), times)  # incidences need short time steps
        posterior = self._posterior(grid, n_draws, seed)
        curves, causes = posterior.sampled_causes(self.columns_.features(Z), sets, np.searchsorted(grid, times))
        return EffectDraws(
            options=self.options_,
            times=times,
            point=curves[0],
            draws=curves[1:],
            parts=causes[0],
            part_draws=causes[1:],
        )

    def _posterior(self, times: Floats, n_draws: int | None = None, seed: int | None = None) -> SurvivalPosterior:
        """Draws on a grid of times; the last ones are cached, since many patients share them."""
        chosen = (self.n_draws if n_draws is None else n_draws, self.seed if seed is None else seed)
        key = (*chosen, times.tobytes())
        if key not in self._drawn:
            known = (self.fits_, self.columns_, times, self.cells_, self.stratum_shares_)
            drawn = SurvivalPosterior.draw(*known, n_draws=chosen[0], seed=chosen[1])
            self._drawn.clear()
            self._drawn[key] = drawn
        return self._drawn[key]

    def _times(self) -> Floats:
        return np.linspace(0.0, self.horizon_, _GRID + 1)

    @single_threaded
    def restricted(self, X: Any) -> RestrictedDraws:
        """Restricted means, survival and incidence at the horizon under each option: best estimate, then draws."""
        frame = self._frame(X)
        return self._restricted(self._sets(frame), [str(name) for name in frame.index])

    @single_threaded
    def _values(self, encoded: Encoded) -> Floats:
        return self._restricted(encoded, [""] * encoded[1].n_patients).means

    def _restricted(self, encoded: Encoded, patients: Sequence[str], n_draws: int | None = None) -> RestrictedDraws:
        Z, sets = encoded
        posterior, features = self._posterior(self._times(), n_draws), self.columns_.features(Z)
        if not self.causes_told_:
            found = posterior.numbers(features, sets, CurveRequest.means(posterior.times), self.options_)
            return RestrictedDraws(
                patients=tuple(patients),
                options=self.options_,
                means=np.ascontiguousarray(np.moveaxis(found.area, -1, 0)),
                survival=found.at[0, :, :, 0],
                incidence=None,
            )
        shape = (posterior.n_rows, sets.n_patients, len(self.options_))
        means, alive = np.empty(shape), np.empty(shape[1:])
        incidence = np.empty(shape[1:])
        for row, one in enumerate(sets.patients(shape[0] - 1)):
            for code in range(shape[2]):
                curves = posterior.survival(features[one.rows], code, one)
                means[:, row, code] = np.trapezoid(curves, posterior.times, axis=1)
                alive[row, code] = curves[0, -1]
                incidence[row, code] = posterior.curves(features[one.rows], code, one)[1][0, 0, -1]
        return RestrictedDraws(
            patients=tuple(patients), options=self.options_, means=means, survival=alive, incidence=incidence
        )

    def drivers(self, X: pd.DataFrame, *, cause: int | None = None) -> pd.DataFrame:
        """As ``AdjustedEffect.drivers``: for any event (mean over causes weighted by events), or one cause, from 1."""
        return self._drivers(X, self.beta_ if cause is None else self.fits_[cause - 1].beta)

    @single_threaded
    def rank(self, X: Any) -> pd.DataFrame:
        """Return the arms for each patient with estimates, intervals, rank, advice and reason.

        Returns
        -------
        DataFrame
            One row per patient and option: ``patient_id, treatment, rmst, rmst_lo, rmst_hi, survival_at_horizon,
            delta_vs_reference, delta_lo, delta_hi, rank, advice, reason``, and ``cif_at_horizon`` with competing
            causes.  Numbers are missing under an option that similar patients did not have.
        """
        frame = self._frame(X)
        parts = []
        for begin in range(0, len(frame), _BLOCK):
            block = frame.iloc[begin : begin + _BLOCK]
            encoded = self._sets(block)
            drawn = self._restricted(encoded, [str(name) for name in block.index])
            parts.append(
                treatment_table(
                    drawn,
                    self._support(block, encoded),
                    self._moved_by(block, encoded),
                    basis="trial" if self.randomised else "adjusted, observational",
                    choosing=self._averages(),
                    min_difference=self.min_difference,
                )
            )
        return pd.concat(parts, ignore_index=True)

    def _summarise(self, compared: Compared, Z: Floats, rows: OptionRows) -> pd.DataFrame:
        def means(part: Floats) -> Floats:
            known = (part, ValueSets.known(len(part)))
            return self._restricted(known, [""] * len(part), _POPULATION_DRAWS).means

        mean = mean_difference(means, Z)
        measure = f"rmst_difference_{self.horizon_:g}"
        table = self._population("hazard_ratio", self._log_ratios(compared, Z, rows), measure, mean)
        if not self.causes_told_:
            return table
        for cause in range(1, len(self.fits_) + 1):
            name = f"hazard_ratio_cause_{cause}"
            own = self._population(name, self._log_ratios(compared, Z, rows, cause), measure, mean)
            table = pd.concat([table, own[own["measure"] == name]], ignore_index=True)
        return table

    def _log_ratios(
        self, compared: Compared, Z: Floats, rows: OptionRows, cause: int | None = None
    ) -> tuple[Floats, Floats]:
        """Return log hazard ratios of the options, and their standard errors, from a fit without interactions."""
        matrix, group = self.columns_.without_products(Z[rows.patient], rows.option)
        stratum = compared.strata[rows.patient]
        fit = fit_cox(matrix, rows.time, rows.events(cause), entry=rows.entry, group=group, stratum=stratum)
        effects = slice(1 - len(self.options_), None)
        return fit.beta[effects], np.sqrt(variances(fit.covariance))[effects]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the estimator."""
        values, arrays = self._shared_state()
        values |= {name: getattr(self, name) for name in ("horizon", "min_difference", "n_draws")}
        values |= {"horizon_reached": self.horizon_, "follow_up": self.follow_up_, "fits": []}
        values |= {"starts_later": self.starts_later_, "causes_told": self.causes_told_}
        arrays["cells"] = self.cells_
        for cause, fit in enumerate(self.fits_):
            own, own_arrays = cox_state(fit)
            values["fits"].append(own)
            arrays |= {f"fits.{cause}.{name}": array for name, array in own_arrays.items()}
        return values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted estimator from ``state``; runs no code of the file."""
        names = ("reference", "randomised", "horizon", "min_events", "min_alike", "min_difference", "n_draws", "seed")
        made = cls(**{name: values[name] for name in names})._take_shared_state(values, arrays)
        made.horizon_ = float(values["horizon_reached"])
        made.starts_later_, made.causes_told_ = bool(values["starts_later"]), bool(values["causes_told"])
        made.cells_, made.follow_up_, made._drawn = arrays["cells"], dict(values["follow_up"]), {}
        made.fits_ = tuple(cox_from(own, under(f"fits.{cause}.", arrays)) for cause, own in enumerate(values["fits"]))
        return made


def _counted(y: pd.DataFrame, cut: pd.DataFrame, taken: pd.Series[Any], min_events: int) -> pd.Series[bool]:
    """Return the events counted for an option: all, if half of the required number occur by the horizon; else those."""
    rows = cut.index.intersection(taken.index, sort=False)
    early = cut.loc[rows, "event"].astype(bool)
    by_then = early.groupby(taken.loc[rows].astype("object"), observed=True).transform("sum")
    enough = (by_then >= min_events / 2).reindex(y.index, fill_value=False)
    counted: pd.Series[bool] = (y["event"].astype(bool) & enough) | cut["event"].astype(bool)
    return counted


def _last_follow_up(compared: Compared, y: pd.DataFrame) -> dict[str, float]:
    """Return the time of the last follow-up under each option, rounded up, not cut at the horizon."""
    time = y.loc[compared.y.index, "time"].to_numpy(float)
    return {name: rounded_up(float(time[compared.option == code].max())) for code, name in enumerate(compared.options)}
