"""Predicted outcomes of patients after a change of a modifiable factor, beside the unchanged ones, from the same draws.

What a model expects of patients with another value is a *prediction*: patients who differ in one factor differ in
others.  It is an *effect* only where the factor is the treatment that the study's design compares.
How features change together is ``cohort.lifestyle.change``.
Source: Hernan MA, Robins JM 2020, Causal Inference: What If, chapters 1 to 3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from genorx._core.short_repr import short
from genorx.cohort.kinds.base import DataKind
from genorx.cohort.lifestyle.change import Changed, change_lifestyle
from genorx.effects.intervals import interval_of, share_above
from genorx.effects.protocol import EffectEstimator
from genorx.errors import Finding, UsageError, shown
from genorx.ranking.answer.block_numbers import BlockQuantity, drawn_quantities
from genorx.ranking.answer.estimates import Quantity
from genorx.ranking.answer.standing import Question
from genorx.ranking.model.alignment import Aligned
from genorx.ranking.model.outcome_fit import OutcomeFit

_BLOCK = 20
_HEAD = ("patient_id", "option", "outcome", "measure", "horizon", "unit")
_NUMBERS = (
    "estimate",
    "lower",
    "upper",
    "changed",
    "changed_lower",
    "changed_upper",
    "difference",
    "difference_lower",
    "difference_upper",
    "probability_better",
)
_PREDICTION = (
    "prediction: what the model expects of patients who have this value and are otherwise alike. It is an association; "
    "these data do not show what changing the factor would do"
)


@short
@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """Outcomes of patients before and after a change.

    Attributes
    ----------
    changes : dict of str to str
        Factor and value, in words.
    kind : {"prediction", "effect"}
        An effect if the factor is the treatment of the design; otherwise a prediction.
    label : str
        Meaning and limits of the difference, in one sentence.
    frame : DataFrame
        One row per patient, option, outcome, measure and horizon: ``estimate``, ``lower``, ``upper`` before the change;
        ``changed``, ``changed_lower``, ``changed_upper`` after it; ``difference`` (after minus before) with its 95 %
        interval; ``probability_better`` that the change is an improvement; ``reason`` if there is no estimate.  For an
        effect, "before" is the reference option, and the option is the requested one.
    followed, kept : tuple of str
        Recomputed features; features of the past, which stay.
    time_units : dict of str to str
        Unit of the horizons, by outcome.
    free : dict of str to str
        As in ``Ranking``.
    findings : tuple of Finding
        Findings on the change.
    """

    changes: dict[str, str]
    kind: Literal["prediction", "effect"]
    label: str
    frame: pd.DataFrame
    followed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    time_units: dict[str, str] = field(default_factory=dict)
    free: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def free_of(self, outcome: str) -> str:
        """Return the adjective for a patient without the event of an outcome."""
        return self.free.get(outcome, DataKind.free)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``frame``."""
        return self.frame.copy()

    def to_dict(self, patient_id: str) -> dict[str, Any]:
        """Return one patient's part as JSON values."""
        own = self.frame[self.frame["patient_id"] == patient_id].drop(columns="patient_id").astype(object)
        return {
            "changes": self.changes,
            "kind": self.kind,
            "label": self.label,
            "followed": list(self.followed),
            "kept": list(self.kept),
            "rows": own.where(own.notna(), None).to_dict("records"),
        }

    def beside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``Ranking.to_frame`` with the numbers after the change in additional columns."""
        columns = {name: name for name in _NUMBERS[3:6]}
        columns |= {name: name.replace("difference", "change") for name in _NUMBERS[6:9]}
        columns |= {"probability_better": "change_probability_better", "reason": "change_reason"}
        keys = list(_HEAD[:5])
        own = self.frame[[*keys, *columns]].rename(columns=columns)
        return frame.merge(own, on=keys, how="left", validate="m:1")

    def _repr_html_(self) -> str:
        from genorx.report.what_if_table import what_if_html

        return what_if_html(self)


@short
@dataclass(frozen=True, kw_only=True)
class Asked:
    """The query of a ranking, kept so that the same model and patients can be queried again.

    Attributes
    ----------
    question : Question
    aligned : Aligned
    factors : mapping of column to mapping of level to option
        Columns that are the treatment of the design.
    assumptions : tuple of str
        Conditions under which a difference between options is an effect.
    avoided : mapping of patient id to set of options
        Options that guidance advises against.
    """

    question: Question
    aligned: Aligned
    factors: Mapping[str, Mapping[str, str]]
    assumptions: tuple[str, ...]
    avoided: Mapping[str, Collection[str]] = field(default_factory=dict)

    def what_if(self, changes: Mapping[str, Any], patients: Sequence[str] | None = None) -> WhatIf:
        """Return the outcomes of all patients, or of some, after a change."""
        aligned = self.aligned
        if patients is not None:
            aligned = replace(aligned, X=aligned.X.loc[[str(name) in set(patients) for name in aligned.X.index]])
        treatment = option_of(changes, self.factors)
        if treatment is not None:
            return compared_change(self.question, aligned, *treatment, self.assumptions)
        return predicted_change(self.question, aligned, changes)


def predicted_change(question: Question, aligned: Aligned, changes: Mapping[str, Any]) -> WhatIf:
    """Return predictions after a change of features.

    Raises
    ------
    UsageError
        As ``cohort.lifestyle.change.change_lifestyle``.
    """
    specs = tuple(question.specs.values())
    changed = change_lifestyle(aligned.X, specs, changes)
    no_estimate = dict(changed.refused) | _out_of_range(changed, question, [*changes, *changed.followed])
    findings = [_finding("what-if-refused", "serious", why, patient) for patient, why in no_estimate.items()]
    findings += _follow_findings(changed)
    rows = []
    for start in range(0, len(aligned.X), _BLOCK):
        before, after = aligned.X.iloc[start : start + _BLOCK], changed.X.iloc[start : start + _BLOCK]
        for fit in question.fits:
            block = _Block(
                question=question,
                fit=fit,
                before=before,
                after=after,
                aligned=aligned,
                findings=findings,
                no_estimate=no_estimate,
            )
            rows += list(block.rows())
    return WhatIf(
        changes={name: "a function of its value" if callable(value) else str(value) for name, value in changes.items()},
        kind="prediction",
        label=_PREDICTION,
        frame=_framed(rows, aligned),
        followed=tuple(changed.followed),
        kept=tuple(changed.kept),
        time_units=_time_units(question),
        free={fit.name: fit.free() for fit in question.fits},
        findings=tuple(findings),
    )


def compared_change(
    question: Question, aligned: Aligned, factor: str, option: str, assumptions: Sequence[str]
) -> WhatIf:
    """Return the effect of the option that corresponds to a changed factor, against the reference option."""
    findings: list[Finding] = []
    rows = []
    for start in range(0, len(aligned.X), _BLOCK):
        block = aligned.X.iloc[start : start + _BLOCK]
        for fit in question.fits:
            both = _Block(question=question, fit=fit, before=block, after=block, aligned=aligned, findings=findings)
            rows += list(both.against(option))
    held = "; ".join(assumption.rstrip(".") for assumption in assumptions)
    return WhatIf(
        changes={factor: option},
        kind="effect",
        label=f"effect of {option} against {question.reference}, as the study's design compares them, if: {held}",
        frame=_framed(rows, aligned),
        time_units=_time_units(question),
        free={fit.name: fit.free() for fit in question.fits},
        findings=tuple(findings),
    )


def _time_units(question: Question) -> dict[str, str]:
    timed = [fit for fit in question.fits if fit.timed]
    return {name: fit.unit for fit in timed for name in (fit.name, *(f"{fit.name}:{part}" for part in fit.parts))}


def option_of(changes: Mapping[str, Any], factors: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    """Return the factor that is the design's treatment, and the requested option; otherwise None.

    Raises
    ------
    UsageError
        If features and treatment are changed together (``what-if-mixed``), or the value is no option
        (``no-such-option``).
    """
    changed = [name for name in changes if name in factors]
    if not changed:
        return None
    if len(changes) > 1:
        raise UsageError(
            f"{shown(changed[0])!r} is the treatment, and is changed together with others",
            hint="change the treatment alone: the design compares no other factor",
            code="what-if-mixed",
        )
    factor, value = changed[0], str(changes[changed[0]])
    options = factors[factor]
    option = options.get(value, value if value in options.values() else None)
    if option is None:
        known = ", ".join(map(shown, dict.fromkeys([*options, *options.values()])))
        raise UsageError(
            f"{shown(value)!r} of {shown(factor)!r} is not an option of the design",
            hint=f"it compares {known}",
            code="no-such-option",
        )
    return factor, option


@dataclass(kw_only=True)
class _Block:
    """One outcome for a block of patients, before and after; findings are added to ``findings``."""

    question: Question
    fit: OutcomeFit
    before: pd.DataFrame
    after: pd.DataFrame
    aligned: Aligned
    findings: list[Finding]
    no_estimate: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        same = self.after is self.before
        self.patients = [str(patient) for patient in self.before.index]
        (self.options, self.reported), self.outside = self._draw(self.before), _outside(self.fit, self.before)
        self.reported_after = self.reported if same else self._draw(self.after)[1]
        self.outside_after = self.outside if same else _outside(self.fit, self.after)

    def _draw(self, X: pd.DataFrame) -> tuple[tuple[str, ...], list[BlockQuantity]]:
        return drawn_quantities(self.fit, X, n_draws=self.question.n_draws, seed=self.question.seed)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield rows of a change of features, under each option."""
        for row, patient in enumerate(self.patients):
            for before, after in zip(self.reported, self.reported_after, strict=True):
                one, other = before.of(row), after.of(row)
                for option in self.question.options or self.options:
                    why = self._reason(patient, option, self.outside)
                    why_after = self.no_estimate.get(patient) or self._reason(patient, option, self.outside_after)
                    if why_after and not why and patient not in self.no_estimate:
                        self._say(patient, option, why_after)
                    places = self._place(option, why), self._place(option, why_after or why)
                    yield self._row((patient, option), (one, other), places, why_after or why)

    def against(self, option: str) -> Iterator[tuple[Any, ...]]:
        """Yield rows of an option against the reference."""
        reference = self.question.reference
        for row, patient in enumerate(self.patients):
            for one in (quantity.of(row) for quantity in self.reported):
                why = self._reason(patient, reference, self.outside)
                why_after = self._reason(patient, option, self.outside)
                for name, reason in ((reference, why), (option, why_after)):
                    if reason:
                        self._say(patient, name, reason)
                places = self._place(reference, why), self._place(option, why_after)
                yield self._row((patient, option), (one, one), places, why_after or why)

    def _reason(self, patient: str, option: str, outside: Mapping[tuple[str, str], str]) -> str | None:
        unseen = [one for one in self.aligned.findings.get(patient, []) if one.code == "unseen-level"]
        if unseen and isinstance(self.fit.model, EffectEstimator):
            return unseen[0].message
        if option not in self.options:
            return outside.get((patient, option), f"{shown(option)} was not compared")
        return outside.get((patient, option))

    def _place(self, option: str, why: str | None) -> int | None:
        return None if why else self.options.index(option)

    def _say(self, patient: str, option: str, why: str) -> None:
        message = f"no estimate of {shown(self.fit.name)} under {shown(option)} after the change: {why}"
        found = _finding("what-if-refused", "serious", message, patient)
        if found not in self.findings:
            self.findings.append(found)

    def _row(
        self,
        who: tuple[str, str],
        pair: tuple[Quantity, Quantity],
        places: tuple[int | None, int | None],
        why: str | None,
    ) -> tuple[Any, ...]:
        (one, other), (at, to) = pair, places
        head = (*who, one.outcome, one.measure, one.horizon, one.unit)
        gap: tuple[Any, ...] = (None,) * 4
        if at is not None and to is not None and one.measure != "median":
            away = other.draws[:, to] - one.draws[:, at]
            better = float(share_above(one.sign * away))
            gap = (float(other.point[to] - one.point[at]), *map(float, interval_of(away)), better)
        return (*head, *_numbers(one, at), *_numbers(other, to), *gap, why or "")


def _numbers(quantity: Quantity, place: int | None) -> tuple[float | None, ...]:
    """Return estimate and interval; None if there is none, or a median is not reached."""
    if place is None:
        return (None, None, None)
    draws = quantity.draws[:, place]
    values = [float(quantity.point[place]), *map(float, interval_of(draws))]
    return tuple(value if np.isfinite(value) else None for value in values)


def _outside(fit: OutcomeFit, X: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the reason, by patient and option, for an option without support."""
    if not isinstance(fit.model, EffectEstimator):
        return {}
    rows = fit.model.support(X).itertuples(index=False)
    return {(str(row.patient_id), str(row.option)): str(row.reason) for row in rows if not row.inside}


def _out_of_range(changed: Changed, question: Question, moved: Sequence[str]) -> dict[str, str]:
    """Return patients with changed values outside the training range."""
    found: dict[str, str] = {}
    for name in moved:
        spec = question.specs[name]
        if spec.kind not in ("number", "integer") or spec.lower is None or spec.upper is None:
            continue
        values = changed.X[name].to_numpy(dtype=float, na_value=np.nan)
        for patient, value in zip(map(str, changed.X.index), values, strict=True):
            if spec.outside(float(value)) is None:
                continue
            rule = f"{spec.lower:g} to {spec.upper:g}, the training range"
            if patient not in changed.refused:
                found.setdefault(patient, f"after the change {shown(name)} {value:g} lies outside {rule}")
    return found


def _follow_findings(changed: Changed) -> list[Finding]:
    findings = []
    if changed.followed:
        message = f"recomputed, since they follow from the change: {', '.join(map(shown, changed.followed))}"
        findings.append(_finding("what-if-follows", "info", message))
    if changed.kept:
        message = f"unchanged, since they are of the past: {', '.join(map(shown, changed.kept))}"
        findings.append(_finding("what-if-kept", "info", message))
    return findings


def _finding(code: str, severity: Any, message: str, patient: str | None = None) -> Finding:
    return Finding(code=code, severity=severity, message=message, patient_id=patient)


def _framed(rows: Sequence[tuple[Any, ...]], aligned: Aligned) -> pd.DataFrame:
    """Return the rows as a frame, patients in the given order and grouped by option."""
    frame = pd.DataFrame(rows, columns=[*_HEAD, *_NUMBERS, "reason"])
    place = {str(patient): number for number, patient in enumerate(aligned.X.index)}
    frame = frame.sort_values("patient_id", key=lambda names: names.map(place), kind="stable", ignore_index=True)
    return frame.astype(dict.fromkeys(("horizon", *_NUMBERS), "Float64"))
