"""Binary, continuous, count and ordinal outcomes under each option, from one model with shrunk effects.

Source: as ``effects.adjusted.survival_effect``; odds, means and rates (``outcomes.kinds``) replace hazards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.effects.adjusted.adjusted import AdjustedEffect, Encoded
from genorx.effects.adjusted.alignment import align
from genorx.effects.adjusted.compared import Compared, compare
from genorx.effects.adjusted.corner_screen import FirstLook
from genorx.effects.adjusted.design_matrix import FREE, OptionColumns
from genorx.effects.adjusted.proportional_options import uneven_options
from genorx.effects.adjusted.treatment_table import RestrictedDraws, treatment_table
from genorx.effects.averages.averages import mean_difference
from genorx.effects.protocol import EffectDraws
from genorx.errors import Finding, UsageError
from genorx.outcomes.encoding.completed import ValueSets
from genorx.outcomes.kinds import ResponseFit, family_seen, value_family

Floats = NDArray[np.float64]
_POPULATION_DRAWS = 1000  # with 200 draws a limit is uncertain by a tenth of the interval's width


@dataclass(eq=False, repr=False, kw_only=True)
class ResponseEffect(AdjustedEffect):
    """Estimate the expected value of an outcome under each option, and the differences, adjusted and within strata.

    Columns are as in ``SurvivalEffect``; options and strata enter as indicators that are not shrunk.  Predictions
    average over the strata by their share of the patients compared.

    Parameters
    ----------
    reference, randomised, specs, min_alike, seed
        As in ``SurvivalEffect``.
    kind : {"auto", "binary", "continuous", "count", "ordinal"}
        Kind of the values: yes or no, 1 or 0 (logistic model; the probability is compared); an amount (linear; its
        mean); a count (log-linear, Poisson or negative binomial; its mean); a grade 0, 1, ..., ``highest``
        (proportional odds; the probability of ``at_least`` or more).  "auto": yes or no if all are 0 or 1, otherwise an
        amount.
    highest, at_least : int
        For grades: the highest grade, and the threshold grade.
    better : {"higher", "lower"}
        Direction of a better outcome; used by ``rank``.
    min_events : int
        Number of patients with the rarer of the two outcomes (grades at or above the threshold, or below; for a count:
        above 0; for an amount: all patients) below which an option has no estimate.
    min_difference : float
        Smallest relevant difference, in the unit of the outcome (a probability for yes or no and grades).
    n_draws : int
        Number of posterior draws for intervals.
    interactions : sequence of str, optional
        Features whose effect may differ between options; all by default.

    Attributes
    ----------
    kind_ : ValueFamily
        Kind of the values.
    fit_ : ResponseFit
        Fitted coefficients and their covariance.
    findings_ : tuple of Finding
        ``grade-never-seen``, and ``odds-not-proportional`` if one odds ratio for all grades may mislead.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(300)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> effect = gx.effects.ResponseEffect(reference="standard", randomised=True)
    >>> effect = effect.fit(X, made.outcomes["toxicity"], treatment=made.treatment)
    >>> effect.effect(X.head(3)).shape
    (3, 1)
    """

    kind: Literal["auto", "binary", "continuous", "count", "ordinal"] = "auto"
    highest: int = 5
    at_least: int = 3
    better: Literal["higher", "lower"] = "higher"
    min_events: int = 10
    min_difference: float = 0.0
    n_draws: int = 400

    @single_threaded
    def fit(self, X: Any, y: Any, *, treatment: Any = None, strata: Any = None) -> Self:
        """Fit to ``y``, a frame with ``value`` or an array of shape (n_patients,).

        Raises
        ------
        UsageError, SupportError
            As ``effects.adjusted.compared.compare``.
        UsageError
            If a value of a binary outcome is neither 0 nor 1 (``not-binary``).
        InputError
            If a value is missing or infinite (``value-missing``), a count is below 0 (``negative-count``) or no whole
            number (``not-a-count``), or a grade is not among 0, 1, ..., ``highest`` (``unknown-grade``).
        """
        given = align(X, y, treatment, None, strata, model=self)
        if "value" not in given.y:
            raise UsageError("y needs the column value", code="outcome-columns")
        name = family_seen(given.y["value"]) if self.kind == "auto" else self.kind
        self.kind_ = value_family(name, highest=self.highest, at_least=self.at_least)
        self.kind_.check(given.y)
        counted = self.kind_.counted(given.y["value"])
        compared = compare(
            given.X,
            given.y,
            given.treatment,
            given.strata,
            reference=self.reference,
            event=counted,
            min_events=self.min_events,
        )
        value = compared.y["value"].to_numpy(float)
        n_events = int(counted.loc[compared.y.index].sum())
        first = partial(self._first_look, compared, value, n_events)
        Z = self._learn_columns(compared, indicators=True, first=first, strongest=False)
        wide, prior = self._design(self.columns_, compared, Z, n_events)
        sparse = {"sparse": self.columns_.sparse_groups()} if self.kind_.draws_sparse else {}
        self.fit_ = self.kind_.fit(wide, value, **prior, **sparse)
        self.beta_ = self.fit_.beta
        self._learn_support(compared, Z)
        self.population_ = self._summarise(compared, Z, value)
        return self

    def _design(
        self, columns: OptionColumns, compared: Compared, Z: Floats, n_events: int
    ) -> tuple[Floats, dict[str, Any]]:
        """Return the matrix with the strata, and arguments of the fitter."""
        prior = columns.prior(n_events)
        wide = np.column_stack([columns.matrix(Z, compared.option), self._strata(compared)])
        free = np.full(wide.shape[1] - prior["group"].size, FREE)
        return wide, prior | {"group": np.concatenate([prior["group"], free])}

    def _first_look(
        self, compared: Compared, value: Floats, n_events: int, columns: OptionColumns, Z: Floats
    ) -> FirstLook:
        """Fit without pairs, under the normal prior at its most likely scales."""
        wide, prior = self._design(columns, compared, Z, n_events)
        fit = self.kind_.fit(wide, value, **prior | {"heavy_tails": False, "uncertain_scales": ()})
        residual, weight = self.kind_.unexplained(fit, value, wide @ fit.beta)
        patient = np.arange(len(value))
        return FirstLook(beta=fit.beta, patient=patient, option=compared.option, residual=residual, weight=weight)

    @single_threaded
    def sample(
        self,
        X: Any,
        times: Floats | None = None,  # noqa: ARG002 (the protocol's; such an outcome has no time)
        *,
        n_draws: int | None = None,
        seed: int | None = None,
    ) -> EffectDraws:
        """Draws of the probability, or mean amount, under each option of ``options_``."""
        chosen = (self.n_draws if n_draws is None else n_draws, self.seed if seed is None else seed)
        return self._sample(*self.encode(X).encoded, *chosen)

    @single_threaded
    def _values(self, encoded: Encoded) -> Floats:
        return _stacked(self._sample(*encoded, self.n_draws, self.seed))

    def rank(self, X: Any) -> pd.DataFrame:
        """Options of each patient with estimates, intervals, rank, advice and reason.

        Returns
        -------
        DataFrame
            Columns of ``SurvivalEffect.rank`` with ``estimate, lower, upper`` in place of the restricted means.
        """
        frame = self._frame(X)
        sign = 1.0 if self.better == "higher" else -1.0
        encoded = self._sets(frame)
        values = sign * self._values(encoded)
        drawn = RestrictedDraws(
            patients=tuple(str(name) for name in frame.index),
            options=self.options_,
            means=values,
            survival=np.full(values.shape[1:], np.nan),
        )
        basis = "trial" if self.randomised else "adjusted, observational"
        table = treatment_table(
            drawn,
            self._support(frame, encoded),
            self._moved_by(frame, encoded),
            basis=basis,
            choosing=self._averages(higher_is_better=sign > 0),
            min_difference=self.min_difference,
        )
        return _turned(table, sign)

    def _sample(self, Z: Floats, sets: ValueSets, n_draws: int, seed: int) -> EffectDraws:
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        n_heads, n_strata = self.fit_.heads.size, len(self.stratum_names_)
        heads = draws[:, :n_heads]
        stratum = np.column_stack([np.zeros(len(draws)), draws[:, draws.shape[1] - (n_strata - 1) :]])
        options, features = range(len(self.options_)), self.columns_.features(Z)
        coefficients = [self.columns_.coefficients(draws[:, n_heads:], code) for code in options]
        found = np.empty((len(draws), sets.n_patients, len(options), 1 + self.kind_.n_grades))
        for row, one in enumerate(sets.patients(n_draws)):
            own = (one.spread(heads), one.spread(stratum))
            for code in options:
                linear = one.linear(coefficients[code], features[one.rows])
                values = self.kind_.expected(self.fit_, own[0], linear, own[1], self.stratum_shares_)
                found[:, row, code] = one.together(values)
        value, grades = found[..., :1], found[..., 1:, None]
        stated = {"parts": grades[0], "part_draws": grades[1:]} if self.kind_.n_grades else {}
        return EffectDraws(options=self.options_, times=np.zeros(0), point=value[0], draws=value[1:], **stated)

    def _strata(self, compared: Compared) -> Floats:
        others = np.arange(1, len(self.stratum_names_))
        return np.asarray((compared.strata[:, None] == others).astype(float))

    def _summarise(self, compared: Compared, Z: Floats, value: Floats) -> pd.DataFrame:
        def means(part: Floats) -> Floats:
            return _stacked(self._sample(part, ValueSets.known(len(part)), _POPULATION_DRAWS, self.seed))

        mean = mean_difference(means, Z)
        matrix, group = self.columns_.without_products(Z, compared.option)
        strata = self._strata(compared)
        wide = np.column_stack([strata, matrix])
        n_effects, labels = len(self.options_) - 1, np.concatenate([np.full(strata.shape[1], FREE), group])
        self.findings_: tuple[Finding, ...] = ()
        if self.kind_.ratio is None:
            return self._population(None, (np.zeros(n_effects), np.zeros(n_effects)), self.kind_.difference, mean)
        fit = self.kind_.fit(wide, value, group=labels)
        if self.kind_.n_grades:
            uneven = uneven_options(
                wide, value.astype(np.int64), fit, group=labels, options=self.options_, option=compared.option
            )
            self.findings_ = (*self.kind_.unseen(fit), *uneven)
        return self._population(self.kind_.ratio, fit.effects(n_effects), self.kind_.difference, mean)

    @property
    def scale_(self) -> float:
        """Standard deviation by which an amount is scaled for the model; 1 for other kinds."""
        return self.fit_.scale

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the estimator."""
        values, arrays = self._shared_state()
        own = {name: getattr(self, name) for name in _PARAMETERS} | {"kind": self.kind_.name}
        fit, fit_arrays = self.fit_.state()
        return values | own | {"fit": fit}, arrays | fit_arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted estimator from ``state``; runs no code of the file."""
        names = ("reference", "randomised", "min_events", "min_alike", "seed", "kind", *_PARAMETERS)
        made = cls(**{name: values[name] for name in names})._take_shared_state(values, arrays)
        made.kind_ = value_family(made.kind, highest=made.highest, at_least=made.at_least)
        made.fit_, made.findings_ = ResponseFit.from_state(values["fit"], arrays, made.beta_), ()
        return made


_PARAMETERS = ("highest", "at_least", "better", "min_difference", "n_draws")


def _turned(table: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Return the table with numbers on the outcome's original scale and under its names."""
    names = {"rmst": "estimate", "rmst_lo": "lower", "rmst_hi": "upper"}
    table = table.drop(columns="survival_at_horizon").rename(columns=names)
    if sign > 0:
        return table
    for low, high in (("lower", "upper"), ("delta_lo", "delta_hi")):
        table[low], table[high] = -table[high], -table[low]
    return table.assign(estimate=-table["estimate"], delta_vs_reference=0.0 - table["delta_vs_reference"])


def _stacked(sampled: EffectDraws) -> Floats:
    return np.concatenate([sampled.point[None], sampled.draws])[..., 0]
