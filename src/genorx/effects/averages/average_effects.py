"""Average effect of each option on a continuous or binary outcome, by four standard estimators side by side.

``unadjusted`` compares means; ``weighted`` weights each patient by one over the probability of the option received;
``standardised`` averages the predictions of a regression under each option (the parametric g-formula);
``doubly_robust`` corrects the regression by weighted residuals and is consistent if either of the two models is
correct.

No fitted model is needed, and the average is over all patients compared.  ``effects.assessment`` answers another
question: whether a fitted model's differences hold, out of fold, in the patients with overlap; averages of survival are
there too.
Outcomes of single patients are ``effects.adjusted.response_effect``.
Source: Hernan MA, Robins JM 2020, Causal Inference: What If, chapters 12 and 13; Robins JM, Rotnitzky A, Zhao LP 1994,
JASA 89:846.  Intervals are by influence functions that account for the estimation of both models (Stefanski LA, Boos DD
2002, Am Stat 56:29).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.number_words import number
from genorx._core.page import finished
from genorx._core.proportion import NORMAL_975
from genorx._core.short_repr import short
from genorx._core.threads import single_threaded
from genorx.cohort.cohort import Cohort
from genorx.effects.adjusted.alignment import Strata, align
from genorx.effects.adjusted.compared import Compared, compare
from genorx.effects.averages.adjustment_terms import AdjustmentTerms, adjustment_terms
from genorx.effects.averages.option_regressions import OptionChances, OutcomeByOption, fit_chances, fit_outcome
from genorx.effects.overlap.overlap import SMALLEST_PROPENSITY
from genorx.errors import Finding, InputError, SupportError, UsageError, shown
from genorx.outcomes.kinds import family_of

Floats = NDArray[np.float64]
#: Methods, in the order in which they are reported.
METHODS = ("unadjusted", "weighted", "standardised", "doubly_robust")
_FEWEST = 10  # fewest patients of an option
_ALWAYS = ("one version of each treatment", "patients whose outcome is not known are like those whose outcome is known")


@short
@dataclass(frozen=True, kw_only=True)
class AverageEffects:
    """Average difference of each option from the reference, in the patients compared.

    Attributes
    ----------
    frame : DataFrame
        One row per option and method: ``option``, ``reference``, ``method``, ``estimate`` (difference of means, or of
        probabilities), ``std_error``, ``lower``, ``upper`` (95 %), ``patients`` (all compared).
    weights : DataFrame
        One row per option: ``patients``, observed ``mean`` outcome, ``largest_weight``, ``effective_n`` (Kish) of the
        weights, ``smallest_chance`` (smallest propensity of the option among all patients compared).
    balance : DataFrame
        Standardised mean difference of each term (no squares) between an option and the reference, ``before`` and
        ``after`` weighting: above 0.1 is an imbalance.
    left_out : int
        Patients with features who are not compared, as their outcome or option is not known.
    terms : tuple of str
        Columns of both regressions; ``products`` are those whose products with the options enter that of the outcome.
    assumptions : tuple of str
        Conditions under which a difference is an effect; the unadjusted one is not unless treatment was randomised.
    findings : tuple of Finding
        Findings, such as large weights or filled covariates.
    """

    frame: pd.DataFrame
    weights: pd.DataFrame
    balance: pd.DataFrame
    left_out: int
    terms: tuple[str, ...]
    products: tuple[str, ...]
    assumptions: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``frame``."""
        return self.frame.copy()

    def _repr_html_(self) -> str:
        numbers = self.frame[["estimate", "lower", "upper"]]
        digits = 2 if numbers.abs().max().max() >= 1.0 else 3  # differences of probabilities are small
        shown_ = self.frame.drop(columns="std_error").to_html(
            index=False, float_format=lambda value: number(value, digits), border=0
        )
        notes = [f"{self.left_out} patients are not compared: outcome or option not known."] if self.left_out else []
        notes += [finding.message for finding in self.findings]
        notes += [f"Assumed: {text}." for text in self.assumptions]
        return finished(shown_ + "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")


@single_threaded
def average_effects(
    X: Any,
    y: Any,
    *,
    treatment: Any,
    strata: Strata = None,
    reference: str | None = None,
    covariates: Sequence[str] | None = None,
    squares: bool = True,
    products: Sequence[str] = (),
    randomised: bool = False,
) -> AverageEffects:
    """Return the average effect of each option by four estimators: unadjusted, weighted, g-formula, doubly robust.

    For the average alone, with prespecified regressions: an effect to be published, or compared with a publication.  To
    check a fitted ``ResponseEffect`` use ``assess``: its doubly robust average is that of other patients (those with
    overlap) by other regressions (shrunk, cross-fitted), so the two differ somewhat.

    Parameters
    ----------
    X : DataFrame of shape (n_patients, n_features)
        Numbers enter with their squares, categories (also ordered ones) with one column per level; missing values are
        filled with the mean and marked by an indicator.
    y : DataFrame with ``value``, or array of shape (n_patients,)
        Amounts, or 0 and 1.
    treatment, strata
        As in ``ResponseEffect.fit``; strata enter both regressions as levels.
    reference : str, optional
        Option with which the others are compared; by default the first.
    covariates : sequence of str, optional
        Features to adjust for; all by default.
    squares : bool
        Whether the squares of numbers enter the regressions.
    products : sequence of str
        Covariates whose products with the options enter the regression of the outcome.
    randomised : bool
        Whether treatment was randomised; changes the stated assumptions, not the computation.

    Raises
    ------
    UsageError
        If a covariate is no feature (``no-such-feature``), or as ``align`` and ``compare``.
    InputError
        If a value of the outcome is missing or infinite (``value-missing``).
    SupportError
        If an option has fewer than 10 patients (``too-few-events``) or covariates predict it perfectly
        (``no-overlap``).

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(300)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> found = gx.effects.average_effects(X, made.outcomes["toxicity"], treatment=made.treatment, reference="standard")
    >>> found.frame["method"].tolist()
    ['unadjusted', 'weighted', 'standardised', 'doubly_robust']
    """
    given = align(X, y, treatment, None, strata)
    _check_values(given.y)
    compared = compare(
        _chosen(given.X, covariates),
        given.y,
        given.treatment,
        given.strata,
        reference=reference,
        event=pd.Series(True, index=given.y.index),
        min_events=_FEWEST,
    )
    taken = compared.X
    if len(compared.stratum_names) > 1:
        names = np.array(compared.stratum_names, dtype=object)[compared.strata]
        taken = taken.assign(**{"(stratum)": pd.Categorical(names)})
    terms = adjustment_terms(taken, squares=squares, products=products)
    return _averages(compared, terms, len(given.X) - len(compared.X), randomised=randomised)


def cohort_average_effects(cohort: Cohort, outcome: str | None = None, **options: Any) -> AverageEffects:
    """Return the average effect of each option of a cohort's design on one of its outcomes.

    Parameters
    ----------
    cohort : Cohort
        Cohort whose design defines each option from its first day on (``baseline``, ``landmark``).
    outcome : str, optional
        Name of the outcome; by default the one that the study ranks by, otherwise its first.  For grades, the effect is
        on the probability of reaching the threshold grade.
    **options
        ``covariates``, ``squares``, ``products`` of ``average_effects``.

    Raises
    ------
    SupportError
        If the cohort has no design (``no-design``), or options begin later (``start-stop``).
    UsageError
        If there is no such outcome (``no-outcome``), or as ``average_effects``.
    """
    name = outcome or cohort.primary or next(iter(cohort.outcomes), "")
    if name not in cohort.outcomes:
        there = ", ".join(map(shown, cohort.outcomes)) or "none"
        raise UsageError(f"no outcome {shown(name)!r}", hint=f"the cohort has {there}", code="no-outcome")
    design = cohort.design
    if design is None:
        raise SupportError(
            "the study has no treatment: there is nothing to compare", hint="add [treatment]", code="no-design"
        )
    if design.start is not None:
        raise SupportError(
            "averages by weighting require every treatment to begin at time zero",
            hint="use a landmark, or clones with censoring weights",
            code="start-stop",
        )
    known = family_of(cohort.outcomes[name]).as_yes_no(cohort.outcomes[name].frame)
    return average_effects(
        cohort.features.loc[design.treatment.index],
        known.loc[known.index.intersection(design.treatment.index, sort=False)],
        treatment=design.treatment,
        strata=design.strata,
        reference=design.reference,
        randomised=design.randomised,
        **options,
    )


def _check_values(y: pd.DataFrame) -> None:
    if "value" not in y:
        raise UsageError(
            "averages are computed for amounts and yes-or-no outcomes; y has no column value",
            hint="for survival use assess",
            code="outcome-columns",
        )
    if not np.isfinite(y["value"].to_numpy(dtype=float, na_value=np.nan)).all():
        raise InputError("a value of the outcome is missing or infinite", code="value-missing")


def _chosen(X: pd.DataFrame, covariates: Sequence[str] | None) -> pd.DataFrame:
    if covariates is None:
        return X
    unknown = [name for name in covariates if name not in X.columns]
    if unknown:
        raise UsageError(
            f"no feature {shown(unknown[0])!r} to adjust for",
            hint=f"there are {', '.join(map(shown, list(X.columns)[:30]))}",
            code="no-such-feature",
        )
    return X[list(covariates)]


def _averages(compared: Compared, terms: AdjustmentTerms, left_out: int, *, randomised: bool) -> AverageEffects:
    value = compared.y["value"].to_numpy(dtype=float)
    n_options = len(compared.options)
    chances = fit_chances(terms, compared.option, n_options)
    binary = set(np.unique(value)) <= {0.0, 1.0}
    expected = fit_outcome(terms, compared.option, n_options, value, binary=binary)
    had = np.eye(n_options)[compared.option]
    weight = had / chances.chance
    found = {
        "unadjusted": _weighted(had, value),
        "weighted": _carried(_weighted(weight, value), weight, value, chances, terms),
        "standardised": _standardised(expected),
        "doubly_robust": _doubly_robust(weight, value, chances, expected, terms),
    }
    rows = []
    for code, option in enumerate(compared.options[1:], start=1):
        for method in METHODS:
            mean, influence = found[method]
            estimate = float(mean[code] - mean[0])
            away = influence[:, code] - influence[:, 0]
            error = float(away.std() / np.sqrt(len(away)))
            ends = (estimate - NORMAL_975 * error, estimate + NORMAL_975 * error)
            rows.append((option, compared.options[0], method, estimate, error, *ends, len(value)))
    names = ["option", "reference", "method", "estimate", "std_error", "lower", "upper", "patients"]
    weights = _weights(compared, weight, chances.chance, found["unadjusted"][0])
    return AverageEffects(
        frame=pd.DataFrame(rows, columns=names),
        weights=weights,
        balance=_balance(compared, weight, terms),
        left_out=left_out,
        terms=terms.names,
        products=tuple(terms.names[place] for place in terms.products),
        assumptions=_assumptions(compared, randomised=randomised),
        findings=(*_overlap(weights), *_filled(terms)),
    )


def _weighted(weight: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean under each option and each patient's influence function, treating weights as known."""
    mean = (weight * value[:, None]).sum(axis=0) / weight.sum(axis=0)
    return mean, weight * (value[:, None] - mean) / weight.mean(axis=0)


def _carried(
    known: tuple[Floats, Floats], weight: Floats, value: Floats, chances: OptionChances, terms: AdjustmentTerms
) -> tuple[Floats, Floats]:
    """Return the weighted mean and influence function, accounting for estimated weights."""
    mean, influence = known
    residual = (value[:, None] - mean) / weight.mean(axis=0)
    return mean, influence + _through_chances(weight * residual, chances, terms)


def _through_chances(part: Floats, chances: OptionChances, terms: AdjustmentTerms) -> Floats:
    """Return how estimated propensities contribute to the influence of the mean of ``part`` (weight x residual)."""
    n_options = part.shape[1]
    added = np.empty_like(part)
    for code in range(n_options):
        here = np.eye(n_options)[code, 1:]
        # the weight is one over the probability: its derivative is minus the weight times that of the log probability
        slopes = -(part[:, [code]] * (here - chances.chance[:, 1:])).T @ terms.values / len(part)
        added[:, code] = chances.influence @ slopes.ravel()
    return added


def _standardised(expected: OutcomeByOption) -> tuple[Floats, Floats]:
    mean = expected.mean.mean(axis=0)
    slopes = np.einsum("nk,knc->kc", expected.slope, expected.columns) / len(expected.mean)
    return mean, expected.mean - mean + expected.influence @ slopes.T


def _doubly_robust(
    weight: Floats, value: Floats, chances: OptionChances, expected: OutcomeByOption, terms: AdjustmentTerms
) -> tuple[Floats, Floats]:
    residual = weight * (value[:, None] - expected.mean)
    score = expected.mean + residual
    slopes = np.einsum("nk,knc->kc", expected.slope * (1 - weight), expected.columns) / len(value)
    carried = expected.influence @ slopes.T + _through_chances(residual, chances, terms)
    return score.mean(axis=0), score - score.mean(axis=0) + carried


def _weights(compared: Compared, weight: Floats, chance: Floats, mean: Floats) -> pd.DataFrame:
    rows = []
    for code, option in enumerate(compared.options):
        own = weight[compared.option == code, code]
        number = float(own.sum() ** 2 / (own**2).sum())
        rows.append((option, own.size, float(mean[code]), float(own.max()), number, float(chance[:, code].min())))
    names = ["option", "patients", "mean", "largest_weight", "effective_n", "smallest_chance"]
    return pd.DataFrame(rows, columns=names)


def _balance(compared: Compared, weight: Floats, terms: AdjustmentTerms) -> pd.DataFrame:
    had = np.eye(len(compared.options))[compared.option]
    rows = []
    for place, name in enumerate(terms.names):
        if place == 0 or name.endswith("^2"):
            continue
        values = terms.values[:, place]
        spread = [values[compared.option == code].var() for code in range(len(compared.options))]
        for code, option in enumerate(compared.options[1:], start=1):
            scale = float(np.sqrt((spread[code] + spread[0]) / 2)) or 1.0
            gaps = []
            for weights in (had, weight):
                means = (weights * values[:, None]).sum(axis=0) / weights.sum(axis=0)
                gaps.append(float(means[code] - means[0]) / scale)
            rows.append((option, name, *gaps))
    return pd.DataFrame(rows, columns=["option", "term", "before", "after"])


def _assumptions(compared: Compared, *, randomised: bool) -> tuple[str, ...]:
    if randomised:
        return ("treatment was randomised", *_ALWAYS)
    listed = ", ".join(compared.X.columns) or "nothing"
    return (
        f"no cause of both treatment and outcome is missing from: {listed}",
        "the regressions are specified correctly: that of the option for weighted, of the outcome for standardised, "
        "either for doubly_robust",
        *_ALWAYS,
    )


def _overlap(weights: pd.DataFrame) -> list[Finding]:
    findings = []
    for row in weights.to_dict("records"):
        if row["smallest_chance"] < SMALLEST_PROPENSITY:
            message = (
                f"some patients hardly ever had {shown(row['option'])} (chance {row['smallest_chance']:.3f}): "
                f"its average rests on few, largest weight {row['largest_weight']:.1f}"
            )
            findings.append(Finding(code="weights-large", severity="warning", message=message))
    return findings


def _filled(terms: AdjustmentTerms) -> list[Finding]:
    if not terms.filled:
        return []
    stated = ", ".join(f"{shown(name)} ({count})" for name, count in terms.filled.items())
    message = f"missing covariates were filled with the mean and marked, patients in brackets: {stated}"
    return [Finding(code="imputed", severity="info", message=message)]
