"""A simulated trial or cohort with the exactly known outcome of each patient under each option.

Equations
---------
Features are drawn by ``datasets._population``.  With ``s(x)`` the scores of a patient (standardised numbers, steps of
ordinals, 0/1 for genes, carriers of pharmacogene alleles and current smokers), survival under option ``a`` is Weibull
with proportional hazards,

    S(t | x, a) = exp(-(t / 30)^1.2 * exp(eta(x) + delta_a(x))),   delta_a(x) = main_a + sum_j modifier_aj s_j(x),

so that the restricted mean up to ``h`` has a closed form (incomplete gamma function) and the truth is exact.  A
toxicity follows ``logit p = -1.7 + 0.25 s_age + tox_a + 1.3 * [a is the last option] * s_DPYD``.
Times are in months.

Source of the design: Bender R, Augustin T, Blettner M 2005, Stat Med 24:1713 (survival times with given hazards).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.short_repr import short
from genorx.cohort.cohort import Cohort
from genorx.cohort.design.design import Design
from genorx.cohort.outcome import Outcome
from genorx.datasets import _equations as equations
from genorx.datasets import _population as population
from genorx.datasets._equations import EffectKind, OptionEffect
from genorx.errors import UsageError

Floats = NDArray[np.float64]

_LABORATORY_AND_LIFESTYLE = ("laboratory", "lifestyle")


@short
@dataclass(frozen=True, kw_only=True)
class Trial:
    """Simulated patients, observed data, and the truth.

    Attributes
    ----------
    features : DataFrame, index ``patient_id``
        Observed data; values hidden by ``missing`` are ``<NA>``.
    specs : tuple of FeatureSpec
        One per column of ``features``.
    treatment : Series of category, index ``patient_id``
        Option that each patient had.
    outcomes : DataFrame, index ``patient_id``
        ``time`` (months), ``event`` (bool), ``toxicity`` (0.0 or 1.0), as seen under ``treatment``.
    truth : DataFrame
        One row per patient and option: ``patient_id``, ``option``, ``rmst`` (months, up to ``horizon``), ``survival``
        (probability at ``horizon``), ``toxicity`` (probability), and the differences against the reference
        ``delta_rmst``, ``delta_survival``, ``delta_toxicity``.
    options : tuple of str
        Options; the first is the reference.
    horizon : float
        Horizon in months.
    randomised : bool
        Whether options were assigned at random.
    """

    features: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    treatment: pd.Series
    outcomes: pd.DataFrame
    truth: pd.DataFrame
    options: tuple[str, ...]
    horizon: float
    randomised: bool

    @property
    def reference(self) -> str:
        """The reference option of the differences."""
        return self.options[0]

    def cohort(self) -> Cohort:
        """Return the trial as a cohort with a baseline design, as if its study file had been read."""
        survival = Outcome(
            name="os", kind="survival", frame=self.outcomes[["time", "event"]], unit="months", horizons=(self.horizon,)
        )
        toxicity = Outcome(
            name="toxicity",
            kind="binary",
            frame=self.outcomes[["toxicity"]].set_axis(["value"], axis=1),
            better="lower",
            role="harm",
        )
        index = self.treatment.index
        design = Design(
            kind="baseline",
            options=self.options,
            reference=self.reference,
            treatment=self.treatment,
            origin=pd.Series(0.0, index=index),
            strata=pd.Series("all", index=index, dtype="str"),
            randomised=self.randomised,
        )
        return Cohort(
            features=self.features,
            specs=self.specs,
            outcomes={"os": survival, "toxicity": toxicity},
            design=design,
            name="simulated trial",
            primary="os",
            horizon=self.horizon,
        )


def make_trial(
    n: int = 600,
    *,
    options: Sequence[str] = ("standard", "new"),
    design: Literal["randomised", "indication"] = "randomised",
    effect: EffectKind | Mapping[str, OptionEffect] = "interaction",
    confounding: float = 1.0,
    excluded: Mapping[str, tuple[str, float]] | None = None,
    horizon: float = 36.0,
    censoring: float = 0.35,
    missing: float = 0.0,
    genes: int = 8,
    noise: int = 0,
    seed: int = 0,
) -> Trial:
    """Simulate patients with known truth: restricted mean and survival under every option.

    Parameters
    ----------
    n : int, default 600
        Number of patients.
    options : sequence of str, default ("standard", "new")
        At least two different names; the first is the reference.
    design : {"randomised", "indication"}
        Options at random with equal probability, or later options for patients with a better prognosis (confounding by
        indication).
    effect : {"none", "constant", "interaction", "qualitative", "marker"} or mapping of option to OptionEffect
        none: options have the same effect.  constant: hazard ratio 0.75 for the second option, 0.56 for the third, ...
        interaction: benefit shrinks with age.  qualitative: helps without a TP53 mutation, harms with one.
        marker: helps carriers of one gene (BRAF for the second option, EGFR for the third) and no others.
    confounding : float
        Log odds of the last against the first option per standard deviation of prognosis; for ``design="indication"``
        only.
    excluded : mapping of option to (feature, upper bound), optional
        Patients above the bound never get the option, whatever the design: the data have no information on it for them.
    horizon : float, default 36.0
        Horizon of the truth, in months.
    censoring : float
        Share of patients without an observed event, to which drop-out is tuned; follow-up ends by ``2.5 * horizon`` in
        any case.
    missing : float
        Share of laboratory and lifestyle values hidden at random.
    genes, noise : int
        Numbers of gene columns (real symbols first) and of columns without effect.
    seed : int
        The same seed gives the same patients; more noise columns change nothing else.

    Returns
    -------
    Trial

    Raises
    ------
    UsageError
        If ``n`` < 2, options are fewer than two or repeated, a share is not in [0, 1), or a name is unknown.

    Examples
    --------
    >>> trial = make_trial(400, effect="none", seed=1)
    >>> float(trial.truth["delta_rmst"].abs().max())
    0.0
    """
    options = tuple(options)
    effects = equations.effects_of(options, effect, genes)
    _check(n, options, design, censoring, missing)
    streams = [default_rng(child) for child in SeedSequence(seed).spawn(9)]
    features, specs = _draw_features(streams, n, genes, noise)
    scores = equations.scores_of(features)
    eta = equations.prognosis(scores, n)
    delta = np.column_stack([equations.effect_on(scores, effects[option], n) for option in options])
    log_odds = equations.toxicity_log_odds(scores, options, effects, n)
    allowed = _allowed(features, options, excluded or {})
    chosen = _allocate(streams[5], eta, allowed, confounding if design == "indication" else 0.0)
    log_hazard, own = eta[:, None] + delta, (np.arange(n), chosen)
    outcomes = equations.draw_outcomes(streams[6], log_hazard[own], censoring, 2.5 * horizon)
    outcomes["toxicity"] = (streams[7].random(n) < equations.expit(log_odds[own])).astype(float)
    treatment = pd.Categorical.from_codes(chosen.tolist(), pd.Index(options))
    hidden = [spec.name for spec in specs if spec.group in _LABORATORY_AND_LIFESTYLE]
    index = features.index
    return Trial(
        features=population.hide(features, hidden, missing, streams[8]) if missing else features,
        specs=specs,
        treatment=pd.Series(treatment, index=index, name="treatment"),
        outcomes=outcomes.set_index(index),
        truth=equations.exact_truth(index, options, log_hazard, equations.expit(log_odds), horizon),
        options=options,
        horizon=float(horizon),
        randomised=design == "randomised" and not excluded,
    )


def _check(n: int, options: tuple[str, ...], design: str, censoring: float, missing: float) -> None:
    if n < 2:
        raise UsageError(f"n is {n}, but a trial needs at least 2 patients")
    if len(options) < 2 or len(set(options)) < len(options):
        raise UsageError(f"options are {list(options)}, but at least two different ones are needed")
    if design not in ("randomised", "indication"):
        raise UsageError(f"design is {design!r}, but must be 'randomised' or 'indication'")
    for name, share in (("censoring", censoring), ("missing", missing)):
        if not 0.0 <= share < 1.0:
            raise UsageError(f"{name} is {share}, but a share lies in [0, 1)")


def _draw_features(
    streams: list[Generator], n: int, genes: int, noise: int
) -> tuple[pd.DataFrame, tuple[FeatureSpec, ...]]:
    clinical = population.draw_clinical(streams[0], n)
    parts = {
        "clinical": clinical,
        "laboratory": population.draw_laboratory(streams[1], np.asarray(clinical["stage"].cat.codes, dtype=float)),
        "lifestyle": population.draw_lifestyle(streams[2], n),
        "gene": population.draw_genes(streams[3], n, genes),
        "site": population.draw_sites(streams[4], n),
        "noise": population.draw_noise(streams[4].spawn(1)[0], n, noise),
    }
    frame = pd.DataFrame({name: column for part in parts.values() for name, column in part.items()})
    width = max(4, len(str(n)))
    frame.index = pd.Index([f"P{number:0{width}d}" for number in range(1, n + 1)], name="patient_id", dtype="str")
    return frame, population.specs_of(parts)


def _allowed(
    features: pd.DataFrame, options: tuple[str, ...], excluded: Mapping[str, tuple[str, float]]
) -> NDArray[np.bool_]:
    allowed = np.ones((len(features), len(options)), dtype=bool)
    for option, (name, upper) in excluded.items():
        if option not in options[1:] or name not in features:
            raise UsageError(f"excluded names option {option!r} and feature {name!r}, but one of them does not exist")
        allowed[:, options.index(option)] = features[name].to_numpy(float) <= upper
    return allowed


def _allocate(rng: Generator, eta: Floats, allowed: NDArray[np.bool_], tilt: float) -> NDArray[np.int64]:
    """Assign an option to each patient: softmax of ``tilt`` times prognosis over the order of options."""
    fitness = -(eta - eta.mean()) / eta.std()
    steps = np.linspace(-0.5, 0.5, allowed.shape[1])
    weights = np.where(allowed, np.exp(tilt * fitness[:, None] * steps), 0.0)
    edges = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    chosen = (rng.random(len(eta))[:, None] > edges).sum(axis=1).clip(max=allowed.shape[1] - 1)
    return np.asarray(chosen, dtype=np.int64)
