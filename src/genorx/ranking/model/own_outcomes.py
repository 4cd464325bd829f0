"""A cohort's observed outcomes beside a fitted ranker's predictions under each patient's own option.

Monitoring of new data compares the two; the primary outcome is monitored if it is a time to an event (of one or of
several competing causes) or a binary outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.cohort import Cohort
from genorx.effects.protocol import EffectEstimator
from genorx.errors import NotAnswerableError, SupportError, shown
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.likelihood import PROBABILITY, within_edges
from genorx.outcomes.recalibration.patients import Patients, plain_covariates, plain_texts
from genorx.outcomes.recalibration.steps import cumulative_hazards, log_at_the_end
from genorx.ranking.model.alignment import align
from genorx.ranking.model.outcome_fit import AS_TREATED, OutcomeFit

if TYPE_CHECKING:
    from genorx.ranking.ranker import TreatmentRanker

Floats = NDArray[np.float64]
_BLOCK = 200
_WATCHED = ("survival", "competing", "binary")


@dataclass(frozen=True, kw_only=True)
class OwnOutcomes:
    """Patients, the parts of the outcome, and the type of likelihood."""

    patients: Patients
    parts: tuple[str, ...]
    kind: str


def own_outcomes(fit: OutcomeFit, X: pd.DataFrame, cohort: Cohort, arrived: pd.Series | None = None) -> OwnOutcomes:
    """Return outcomes of a cohort beside the predictions of a fitted outcome.

    Parameters
    ----------
    fit : OutcomeFit
    X : DataFrame
        Features of the cohort, in the form of the model.
    cohort : Cohort
    arrived : Series of float, index ``patient_id``, optional
        Time of arrival in the outcome's unit.

    Raises
    ------
    SupportError
        ``monitor-outcome``: the outcome is of another kind, or the cohort lacks it, or no patient can be included.
    """
    if fit.kind not in _WATCHED:
        reason = f"{shown(fit.name)!r} is of kind {fit.kind}, which is not compared with observed outcomes"
        raise SupportError(reason, hint=f"kinds that are: {', '.join(_WATCHED)}", code="monitor-outcome")
    happened = _happened(fit, cohort)
    option = _own_option(fit, cohort, X)
    known = X.index.isin(happened.index) & option.notna().to_numpy()
    if not known.any():
        reason = f"no patient has the outcome {shown(fit.name)!r} and an option that the model knows"
        raise SupportError(reason, code="monitor-outcome")
    X, option = X[known], option[known]
    happened = happened.loc[X.index]
    curves = _curves(fit, X, option)
    time, event = _time_and_event(fit, happened)
    expected, index = _hazards(fit, curves, time) if fit.timed else _probabilities(curves)
    left_out = int((~known).sum())
    patients = Patients(
        ids=X.index.to_numpy(dtype=object).astype(str).astype(object),
        arrived=None if arrived is None else arrived.reindex(X.index).to_numpy(dtype=float),
        time=time,
        event=event,
        expected=expected,
        index=index,
        covariates=plain_covariates(X),
        site=None if cohort.site is None else plain_texts(cohort.site.reindex(X.index)),
        arm=None if cohort.design is None else plain_texts(option),
        lag=None,
        groups=pd.DataFrame(index=range(len(X))),
        left_out={"without the outcome or an option of the model": left_out} if left_out else {},
        doubled=0,
        name=cohort.name or "cohort",
    )
    return OwnOutcomes(patients=patients, parts=fit.causes or (fit.name,), kind="survival" if fit.timed else "binary")


def _happened(fit: OutcomeFit, cohort: Cohort) -> pd.DataFrame:
    found = cohort.outcomes.get(fit.name)
    if found is None or found.kind != fit.kind:
        listed = ", ".join(shown(name) for name in cohort.outcomes) or "none"
        reason = f"the cohort has no outcome {shown(fit.name)!r} of kind {fit.kind}"
        raise SupportError(reason, hint=f"it has {listed}", code="monitor-outcome")
    if cohort.design is None or not fit.timed:
        return found.frame
    return cohort.design.follow_up(found.frame, unit=found.unit)


def _own_option(fit: OutcomeFit, cohort: Cohort, X: pd.DataFrame) -> pd.Series:
    """Return each patient's option, None for one that the model does not know.

    For a prognosis, ``as_treated`` for all patients.
    """
    if not isinstance(fit.model, EffectEstimator):
        return pd.Series(AS_TREATED, index=X.index, dtype=object)
    if cohort.design is None or not len(X):
        return pd.Series(None, index=X.index, dtype=object)
    treatment = cohort.design.treatment.astype(object).reindex(X.index)
    return treatment.where(treatment.isin(fit.draw(X.iloc[:1], n_draws=1, seed=0).options), None)


def _curves(fit: OutcomeFit, X: pd.DataFrame, option: pd.Series) -> dict[str, Floats]:
    """Return ``point`` (n, n_times) and ``parts`` (n, n_parts, n_times) under each patient's own option."""
    point, parts = [], []
    for start in range(0, len(X), _BLOCK):
        block = X.iloc[start : start + _BLOCK]
        drawn = fit.draw(block, n_draws=2, seed=0)
        place = [drawn.options.index(each) for each in option.loc[block.index]]
        rows = np.arange(len(block))
        point.append(drawn.point[rows, place])
        if drawn.parts is not None:
            parts.append(drawn.parts[rows, place])
    made = {"point": np.concatenate(point)}
    if parts:
        made["parts"] = np.concatenate(parts)
    return made


def _time_and_event(fit: OutcomeFit, happened: pd.DataFrame) -> tuple[Floats, NDArray[np.int64]]:
    """Return follow-up, cut where the model's curves end, and the event in it."""
    if not fit.timed:
        value = happened["value"].to_numpy(dtype=float)
        return np.zeros(len(value)), (value > 0.5).astype(np.int64)
    time = happened["time"].to_numpy(dtype=float)
    code = happened["cause"] if fit.causes else happened["event"]
    event = code.astype(float).to_numpy(dtype=float).astype(np.int64)
    end = float(fit.times[-1])
    return np.minimum(time, end), np.where(time > end, 0, event)


def _hazards(fit: OutcomeFit, curves: dict[str, Floats], time: Floats) -> tuple[Floats, Floats]:
    """Return cumulative hazards at the end of follow-up, and the log of those at the last time."""
    curve = cumulative_hazards(curves["point"], curves.get("parts"))
    at = np.stack([_interpolated(fit.times, curve[:, part], time) for part in range(curve.shape[1])], axis=1)
    return at, log_at_the_end(curve)


def _interpolated(times: Floats, curves: Floats, at: Floats) -> Floats:
    place = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    share = (at - times[place]) / (times[place + 1] - times[place])
    rows = np.arange(len(at))
    made: Floats = curves[rows, place] + share * (curves[rows, place + 1] - curves[rows, place])
    return made


def _probabilities(curves: dict[str, Floats]) -> tuple[Floats, Floats]:
    probability = within_edges(curves["point"][:, :1])
    return probability, PROBABILITY.offset(probability)


def monitoring_base(
    ranker: TreatmentRanker,
    cohort: Cohort,
    fits: Sequence[OutcomeFit],
    *,
    outside: Mapping[int, Any] | None = None,
    folds: int = 0,
) -> dict[str, Any] | None:
    """Return the training cohort's data for monitoring, as JSON values; None for other kinds.

    Parameters
    ----------
    ranker : TreatmentRanker
    cohort : Cohort
    fits : sequence of OutcomeFit
    outside : mapping of int to model, optional
        Models fitted to the patients outside each of ``folds`` folds.  Each patient's numbers are then those of a model
        fitted without the patient, as for new patients; otherwise those of the model itself, which is slightly more
        accurate in its own training patients.
    folds : int
    """
    if fits[0].kind not in _WATCHED:
        return None
    X = align(cohort, ranker.specs_, assembly=ranker.assembly_).X
    try:
        if outside:
            own = _out_of_fold(fits[0], X, cohort, outside, hash_folds(X.index, folds, seed=ranker.seed))
        else:
            own = own_outcomes(fits[0], X, cohort)
        return Base.of(own.patients, own.parts, own.kind).coarse().to_dict()
    except NotAnswerableError:  # no patient, or no event: reported when data are monitored
        return None


def _out_of_fold(
    fit: OutcomeFit, X: pd.DataFrame, cohort: Cohort, outside: Mapping[int, Any], fold: NDArray[np.integer[Any]]
) -> OwnOutcomes:
    parts = [
        own_outcomes(replace(fit, model=model), X[fold == held], cohort) for held, model in sorted(outside.items())
    ]
    return replace(parts[0], patients=Patients.joined([each.patients for each in parts]))


def base_out_of_fold(
    ranker: TreatmentRanker, cohort: Cohort, models: Mapping[tuple[str, int], Any], folds: int
) -> dict[str, Any] | None:
    """Return the monitoring data by out-of-fold models; None unless all folds have one.

    Parameters
    ----------
    ranker, cohort, folds
        As in ``monitoring_base``.
    models : mapping of (outcome, fold) to model
        Models fitted to the patients outside each fold.
    """
    outside = {fold: model for (outcome, fold), model in models.items() if outcome == ranker.fits_[0].name}
    if len(outside) < folds:
        return None
    return monitoring_base(ranker, cohort, ranker.fits_, outside=outside, folds=folds)
