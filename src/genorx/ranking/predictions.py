"""Predicted outcomes of each patient under each option as one long table, the columns of ``genorx predict``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.progress import report
from genorx._core.workers import map_in_order
from genorx.cohort.study_file.possible import possibility
from genorx.effects.intervals import interval_of
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.errors import Finding, shown
from genorx.ranking.answer.estimates import estimate, quantities
from genorx.ranking.answer.standing import Question
from genorx.ranking.model.alignment import Aligned
from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]
_BLOCK, _LIGHT = 50, 1000  # patients at a time: with whole curves, and without
_ESTIMATES = ("patient_id", "option", "outcome", "measure", "horizon", "unit", "estimate", "lower", "upper")
_COLUMNS = ("patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk")


def prediction_frame(question: Question, aligned: Aligned) -> pd.DataFrame:
    """Return one row per patient, option, outcome and horizon.

    Numbers are empty outside the support, and for an option that is not possible.
    """
    rows: list[tuple[Any, ...]] = []
    findings = [*aligned.shared, *(one for each in aligned.findings.values() for one in each)]
    impossible = _not_possible(question, aligned.X, findings)
    light = all(fit.by_time or not fit.timed for fit in question.fits)
    size = _LIGHT if light else _BLOCK
    blocks = [aligned.X.iloc[start : start + size] for start in range(0, len(aligned.X), size)]
    work = partial(_predict_block, question, aligned.findings, impossible)
    for done, (made, notes) in enumerate(map_in_order(work, blocks), start=1):
        rows += made
        findings += notes
        report("predict", min(done * size, len(aligned.X)), len(aligned.X))
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame = frame.astype(dict.fromkeys(_COLUMNS[3:], "Float64"))
    frame.attrs["findings"] = tuple(findings)
    return frame


def _predict_block(
    question: Question, known: Mapping[str, list[Finding]], impossible: set[tuple[str, str]], block: pd.DataFrame
) -> tuple[list[tuple[Any, ...]], list[Finding]]:
    """Return the rows of a block of patients, and the findings on them."""
    findings: list[Finding] = []
    by_fit = []
    for fit in question.fits:
        prepared = fit.prepared(block)
        outside = impossible | _outside(fit, prepared, known, findings)
        by_fit.append(_rows(fit, block, prepared, question, outside))
    return [row for position in range(len(block)) for one in by_fit for row in one[position]], findings


def estimate_frame(question: Question, aligned: Aligned, *, times: Sequence[float] | None = None) -> pd.DataFrame:
    """Return one row per patient, option and quantity: survival at times, restricted mean, median, probability.

    ``times`` replace the study's horizons.  Numbers are empty outside the support, and for a median that is not
    reached.
    """
    rows: list[tuple[Any, ...]] = []
    findings = [*aligned.shared, *(one for each in aligned.findings.values() for one in each)]
    impossible = _not_possible(question, aligned.X, findings)
    for fit in question.fits:
        fit_at = replace(fit, horizons=tuple(sorted(times))) if times is not None and fit.timed else fit
        for start in range(0, len(aligned.X), _BLOCK):
            block = aligned.X.iloc[start : start + _BLOCK]
            outside = _outside(fit, fit.prepared(block), aligned.findings, findings)
            rows += _estimates(fit_at, block, question, impossible | outside)
    frame = pd.DataFrame(rows, columns=list(_ESTIMATES))
    frame = frame.astype(dict.fromkeys(("horizon", "estimate", "lower", "upper"), "Float64"))
    frame.attrs["findings"] = tuple(findings)
    return frame


def _estimates(
    fit: OutcomeFit, block: pd.DataFrame, question: Question, outside: set[tuple[str, str]]
) -> list[tuple[Any, ...]]:
    sampled = fit.draw(block, n_draws=question.n_draws, seed=question.seed)
    rows = []
    for row, patient_id in enumerate(map(str, block.index)):
        for quantity in quantities(fit, sampled, row):
            for option in question.options or sampled.options:
                numbers: tuple[Any, ...] = (pd.NA,) * 3
                if option in sampled.options and (patient_id, option) not in outside:
                    found = estimate(quantity, sampled.options.index(option), None)
                    numbers = (found.estimate, found.lower, found.upper)
                what = (quantity.outcome, quantity.measure, quantity.horizon, quantity.unit)
                rows.append((patient_id, option, *what, *numbers))
    return rows


def _rows(
    fit: OutcomeFit, block: pd.DataFrame, prepared: Any, question: Question, outside: set[tuple[str, str]]
) -> list[list[tuple[Any, ...]]]:
    sampled = fit.draw_at_horizons(block, n_draws=question.n_draws, seed=question.seed, known=prepared)
    times, places = zip(*_places(fit, sampled), strict=True)
    predicted = [_predicted(fit, block, sampled, list(places)), *_parts(fit, sampled, list(places))]
    whole: list[list[tuple[Any, ...]]] = []
    for row, patient_id in enumerate(map(str, block.index)):
        own = []
        for option in question.options or sampled.options:
            for each, (place, time) in product(predicted, enumerate(times)):
                numbers: tuple[Any, ...] = (pd.NA,) * 4
                if option in sampled.options and (patient_id, option) not in outside:
                    numbers = each.at(row, sampled.options.index(option), place)
                own.append((patient_id, option, each.outcome, time, *numbers))
        whole.append(own)
    return whole


@dataclass(frozen=True, kw_only=True)
class _Predicted:
    """Predictions of one outcome, or of its cause or grade, each of shape (n_patients, n_options, n_times).

    The limits of a patient's own amount may be the same under all options.
    """

    outcome: str
    point: Floats
    lower: Floats
    upper: Floats
    risk: Floats

    @cached_property
    def _plain(self) -> list[Any]:
        numbers = np.broadcast_arrays(self.point, self.lower, self.upper, self.risk)
        return cast(list[Any], np.stack(numbers, axis=-1).tolist())

    def at(self, row: int, option: int, time: int) -> tuple[float, ...]:
        """Return estimate, limits and risk for a patient, option and time."""
        return tuple(self._plain[row][option][time])


def _predicted(fit: OutcomeFit, block: pd.DataFrame, sampled: EffectDraws, places: list[int]) -> _Predicted:
    point = sampled.point[..., places]
    lower, upper = _limits(fit, block, point, sampled.draws[..., places])
    return _Predicted(outcome=fit.name, point=point, lower=lower, upper=upper, risk=_risk(fit, point))


def _parts(fit: OutcomeFit, sampled: EffectDraws, places: list[int]) -> Iterator[_Predicted]:
    """Yield each cause or grade as outcome NAME:PART."""
    if sampled.parts is None or sampled.part_draws is None:
        return
    risks = fit.family.part_risks(sampled.parts, more_is_better=fit.sign > 0)
    for place, name in enumerate(fit.parts):
        at = (..., place, places)
        lower, upper = interval_of(sampled.part_draws[at])
        yield _Predicted(
            outcome=f"{fit.name}:{name}", point=sampled.parts[at], lower=lower, upper=upper, risk=risks[at]
        )


def _places(fit: OutcomeFit, sampled: EffectDraws) -> list[tuple[Any, int]]:
    """Return each reported time with its index among the draws' times."""
    if not fit.timed:
        return [(pd.NA, 0)]
    return [(horizon, int(np.searchsorted(sampled.times, horizon))) for horizon in fit.horizons]


def _limits(fit: OutcomeFit, block: pd.DataFrame, point: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Return 95 % limits: of a patient's own amount or count if the model has them, otherwise of the fit."""
    ends = None if isinstance(fit.model, EffectEstimator) else fit.family.limits(fit.model, block)
    if ends is not None:
        return ends[:, 0][:, None, None], ends[:, 1][:, None, None]
    lower, upper = interval_of(draws)
    if fit.own_values is None:
        return lower, upper
    own = fit.own_values.limits(point, level=0.95)  # those of a patient without missing values, which widen the draws
    return np.minimum(own[0], fit.own_values.ended(lower)), np.maximum(own[1], fit.own_values.ended(upper))


def _risk(fit: OutcomeFit, point: Floats) -> Floats:
    """Return a score that is higher for a worse prognosis: the probability of the worse end, or a signed amount."""
    if fit.is_amount:
        return -fit.sign * point
    return 1.0 - point if fit.sign > 0 else point


def _not_possible(question: Question, X: pd.DataFrame, findings: list[Finding]) -> set[tuple[str, str]]:
    """Return patients and options that the study's conditions exclude, and add a finding for each."""
    found: set[tuple[str, str]] = set()
    for option in question.options if question.conditions else ():
        for patient_id, patient in X.iterrows():
            known = possibility(option, patient, question.conditions)
            if known.answer is True:
                continue
            who: dict[str, Any] = {"patient_id": str(patient_id)}
            if known.answer is None:
                message = f"{shown(option)} may not be possible: {known.reason}"
                findings.append(Finding(code="possible-unknown", severity="warning", message=message, **who))
                continue
            found.add((str(patient_id), option))
            message = f"{shown(option)} has no estimate: {known.reason}"
            findings.append(Finding(code="option-not-possible", severity="info", message=message, **who))
    return found


def _outside(
    fit: OutcomeFit, prepared: Any, known: Mapping[str, list[Finding]], findings: list[Finding]
) -> set[tuple[str, str]]:
    """Return patients and options without an estimate, and add a finding for each; ``prepared`` by the fit."""
    if not isinstance(fit.model, EffectEstimator):
        return set()
    found: set[tuple[str, str]] = set()
    frame = fit.model.support(prepared)
    names = {patient: [one for one in notes if one.code == "unseen-level"] for patient, notes in known.items()}
    unseen = {patient: notes[0] for patient, notes in names.items() if notes}
    doubtful = ~frame["inside"].to_numpy(bool) | frame["patient_id"].astype(str).isin(list(unseen)).to_numpy(bool)
    for row in frame[doubtful].itertuples(index=False):
        patient_id, option = str(row.patient_id), str(row.option)
        found.add((patient_id, option))
        reason = unseen[patient_id].message if patient_id in unseen else str(row.reason)
        message = f"no estimate of {shown(fit.name)} under {shown(option)}: {reason}"
        findings.append(Finding(code="outside-support", severity="serious", message=message, patient_id=patient_id))
    return found
