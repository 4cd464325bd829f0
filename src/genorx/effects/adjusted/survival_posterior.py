"""Posterior draws of survival and cumulative incidence under each option, from the fits of all causes.

One Cox model per cause on the same rows; survival is ``exp(-sum of cumulative hazards)``, incidence follows from the
increments by the product formula.
Source: Putter H, Fiocco M, Geskus RB 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.curve_numbers import CurveNumbers, CurveRequest, area_under, medians
from genorx.effects.many_curves import CurveTable, survival_of
from genorx.outcomes.competing.competing_curves import curves_of
from genorx.outcomes.encoding.completed import SetsOfPatient, ValueSets
from genorx.outcomes.shrinkage.cox_fit import CoxFit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_FEW = 8  # times processed for all patients together


@dataclass(frozen=True, kw_only=True)
class SurvivalPosterior:
    """Coefficients and baseline hazards of each cause on a grid; the best estimate first, then the draws.

    Attributes
    ----------
    times : array of shape (n_times,)
    coefficients : tuple of arrays of shape (n_options, 1 + n_draws, n_features)
        Coefficients of ``OptionColumns.features`` under each option; one array per cause.
    hazards : tuple of arrays of shape (n_cells, 1 + n_draws, n_times)
        Cumulative baseline hazards by cell: stratum, or stratum and option.
    cells : array of int, shape (n_strata, n_options)
        Index of the baseline of each stratum and option.
    shares : array of shape (n_strata,)
        Weights by which curves are averaged over strata.
    tables : dict
        Tabulated values of the curves of an option.
    """

    times: Floats
    coefficients: tuple[Floats, ...]
    hazards: tuple[Floats, ...]
    cells: Ints
    shares: Floats
    tables: dict[tuple[int, int, bytes, bool], CurveTable] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def draw(
        cls,
        fits: tuple[CoxFit, ...],
        columns: OptionColumns,
        times: Floats,
        cells: Ints,
        shares: Floats,
        *,
        n_draws: int,
        seed: int,
    ) -> SurvivalPosterior:
        """Draw from each cause's posterior; half under the normal prior, half under the heavy-tailed one.

        Intervals of the first alone are too wide, of the second too narrow (``benchmarks/effects.py``).
        """
        coefficients, hazards = [], []
        for cause, fit in enumerate(fits):
            drawn = fit.draw(n_draws, np.random.default_rng([seed, cause]))
            betas = np.vstack([fit.beta, drawn.beta])
            coefficients.append(np.stack([columns.coefficients(betas, code) for code in range(columns.n_options)]))
            levels = [
                np.vstack([base.cumulative(times)[None, :], drawn.cumulative(times, stratum)])
                for stratum, base in enumerate(fit.baseline)
            ]
            hazards.append(np.stack(levels))
        return cls(times=times, coefficients=tuple(coefficients), hazards=tuple(hazards), cells=cells, shares=shares)

    @property
    def n_rows(self) -> int:
        """Number of rows: the best estimate and the draws."""
        return int(self.coefficients[0].shape[1])

    def sampled(self, features: Floats, sets: ValueSets) -> Floats:
        """Survival, shape (1 + n_draws, n_patients, n_options, n_times); ``features`` has a row per imputation."""
        n_options = len(self.coefficients[0])
        curves = np.empty((self.n_rows, sets.n_patients, n_options, self.times.size))
        if self.times.size <= _FEW:
            self._fill(curves, features, sets)
            return curves
        for row, one in enumerate(sets.patients(self.n_rows - 1)):
            for code in range(n_options):
                curves[:, row, code] = self.survival(features[one.rows], code, one)
        return curves

    def _fill(self, curves: Floats, features: Floats, sets: ValueSets) -> None:
        """Compute survival at a few times, for all patients together; without competing causes."""
        patients = list(sets.patients(self.n_rows - 1))
        by_patient = [one.linears(self.coefficients[0], features[one.rows]) for one in patients]
        for code in range(len(self.coefficients[0])):
            falling = -np.exp(np.stack([each[code][-self.n_rows :] for each in by_patient]))
            levels = [(share, self.hazards[0][cell]) for share, cell in self._cells(code)]
            for time in range(self.times.size):
                curves[:, :, code, time] = survival_of(falling, [(share, level[:, time]) for share, level in levels]).T
            for row, one in enumerate(patients):
                if not one.single:
                    own = self._best(by_patient[row][code][: one.weight.size], code)
                    curves[0, row, code] = one.together(own)[0]

    def _cells(self, option: int) -> Iterator[tuple[float, int]]:
        """Yield the weight of each stratum, and its baseline under an option."""
        yield from zip(map(float, self.shares), map(int, self.cells[:, option]), strict=True)

    def numbers(
        self, features: Floats, sets: ValueSets, request: CurveRequest, options: tuple[str, ...]
    ) -> CurveNumbers:
        """Summaries of the curves of ``sampled``, without computing the curves; without competing causes."""
        shape = (sets.n_patients, len(options), self.n_rows)
        at, area, median = np.empty((request.horizons.size, *shape)), np.empty(shape), np.empty(shape)
        patients = list(sets.patients(self.n_rows - 1))
        several = np.flatnonzero([not one.single for one in patients])
        by_patient = [one.linears(self.coefficients[0], features[one.rows]) for one in patients]
        for code in range(len(options)):
            linear = [each[code] for each in by_patient]
            rows = np.stack([each[-self.n_rows :] for each in linear])
            at[:, :, code], area[:, code], median[:, code] = self._table(code, request).numbers(rows)
            if several.size:
                own = [(linear[place][: patients[place].weight.size], patients[place]) for place in several.tolist()]
                best = np.concatenate([one.together(self._best(each, code)) for each, one in own])
                at[:, several, code, 0] = best[:, request.horizons].T
                area[several, code, 0] = area_under(best[:, : request.upto], request.times[: request.upto])
                median[several, code, 0] = medians(best, request.times) if request.medians else np.nan
        return CurveNumbers(options=options, at=at, area=area, median=median)

    def _table(self, option: int, request: CurveRequest) -> CurveTable:
        """Return the table of an option, cached for later patients."""
        key = (option, request.upto, request.horizons.tobytes(), request.medians)
        if key not in self.tables:
            strata = [(share, np.ascontiguousarray(self.hazards[0][cell].T)) for share, cell in self._cells(option)]
            self.tables[key] = CurveTable(strata, request)
        return self.tables[key]

    def _best(self, linear: Floats, option: int) -> Floats:
        """Return the best estimate for each imputation, shape (n_sets, n_times)."""
        total: Floats | float = 0.0
        ratios = np.exp(linear)
        for share, cell in self._cells(option):
            alive = np.exp(-ratios[:, None] * self.hazards[0][cell][0])
            total = total + (alive if share == 1.0 else alive * share)
        return np.asarray(total)

    def sampled_causes(self, features: Floats, sets: ValueSets, times: Ints) -> tuple[Floats, Floats]:
        """Survival as in ``sampled`` at some ``times`` (grid indices), and incidence of each cause.

        Causes precede times: (1 + n_draws, n_patients, n_options, n_causes, n_times).
        """
        shape = (sets.n_patients, len(self.coefficients[0]))
        alive = np.empty((*shape, self.n_rows, times.size))
        ended = np.empty((*shape, len(self.coefficients), self.n_rows, times.size))
        for row, one in enumerate(sets.patients(self.n_rows - 1)):
            for code in range(shape[1]):
                survival, incidence = self.curves(features[one.rows], code, one)
                alive[row, code], ended[row, code] = survival[:, times], incidence[..., times]
        return np.moveaxis(alive, 2, 0), np.moveaxis(ended, 3, 0)

    def survival(self, features: Floats, option: int, sets: SetsOfPatient) -> Floats:
        """Survival of one patient, shape (1 + n_draws, n_times).

        Parameters
        ----------
        features : array of shape (n_sets, n_features)
            Features of the patient, one row per imputation of unknown ones.
        option : int
        sets : SetsOfPatient
        """
        total: Floats | float = 0.0
        for share, hazards in self._hazards(features, option, sets, sign=-1.0):
            hazard = hazards[0]
            for other in hazards[1:]:
                hazard += other
            alive = np.exp(hazard, out=hazard)
            if share != 1.0:
                alive *= share
            total = alive if isinstance(total, float) else np.add(total, alive, out=total)
        return sets.together(np.asarray(total))

    def curves(self, features: Floats, option: int, sets: SetsOfPatient) -> tuple[Floats, Floats]:
        """Survival as in ``survival``, and cumulative incidence of each cause, shape (n_causes, 1 + n_draws, n_times).

        They sum to 1 at each time.  Within a step of time the causes' hazards keep their ratio.
        """
        survival: Floats | float = 0.0
        incidence: Floats | float = 0.0
        for share, hazards in self._hazards(features, option, sets):
            alive, ended = curves_of(np.stack(hazards))
            survival, incidence = survival + share * alive, incidence + share * ended
        return sets.together(np.asarray(survival)), np.stack([sets.together(each) for each in np.asarray(incidence)])

    def _hazards(
        self, features: Floats, option: int, sets: SetsOfPatient, sign: float = 1.0
    ) -> Iterator[tuple[float, list[Floats]]]:
        """Yield the weight of each stratum and the causes' cumulative hazards, in the rows of ``sets.spread``."""
        relative = [sign * np.exp(sets.linear(table[option], features))[:, None] for table in self.coefficients]
        for share, cell in self._cells(option):
            levels = [sets.spread(level[cell]) for level in self.hazards]
            yield share, [own * level for own, level in zip(relative, levels, strict=True)]
