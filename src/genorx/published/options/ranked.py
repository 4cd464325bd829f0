"""The options of a published model as a ``Ranking``, like that of a fitted model.

By survival alone the fullest combination is nearly always first.  Each answer therefore gives the gain of every added
treatment on top of the rest and marks an addition that lowers survival, and no option is recommended unless the user
has stated a sufficient gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.errors import Finding, UsageError, shown
from genorx.published.estimates import Estimated
from genorx.published.inputs.inputs import Floats, Inputs, TableSource
from genorx.published.model import PublishedModel, note_options
from genorx.published.options.compared import Compared, Rules

if TYPE_CHECKING:
    from genorx.ranking import Ranking

_WHOLE = TableSource()


def rank_options(
    model: PublishedModel,
    frame: pd.DataFrame,
    *,
    reference: str | None = None,
    outcome: str | None = None,
    horizon: float | None = None,
    options: Sequence[str] | None = None,
    min_gain: float = 0.0,
    threshold: float | None = None,
    harms: Mapping[str, float] | None = None,
    source: TableSource = _WHOLE,
) -> Ranking:
    """Return the options of each patient, best first.

    Parameters
    ----------
    reference : str, optional
        Option with which others are compared; by default that of the model (``none``, ``conservative``).
    outcome : str, optional
        Outcome by which options are ordered; by default ``os``, otherwise the first outcome of the model.
    horizon : float, optional
        Time in the model's unit; by default 10 years if the model has this horizon, otherwise its last one.
    options : sequence of str, optional
        Options to compare; by default all that apply.
    min_gain : float
        Least gain in survival (0.03 is 3 percentage points; 0 by default): an option with an addition that gains less
        is left out, and options that differ by less share a rank.
    threshold : float, optional
        Sufficient gain of an addition; without it no option is recommended.
    harms : mapping of treatment to float, optional
        Loss of survival by a treatment, such as ``{"c": 0.02}``; subtracted before ordering.
    source : TableSource, optional
        Source of the frame, named in findings and errors.

    Returns
    -------
    Ranking
        Options of each patient.  A model without a treatment term gives its single estimate per patient, and a finding
        that nothing was compared.

    Raises
    ------
    TableError, UsageError
        See ``PublishedModel.predict``.
    """
    from genorx.published.options.ranked_answer import published_ranking

    inputs = model.read(frame, source)
    rules = _rules(
        model,
        reference=reference,
        outcome=outcome,
        horizon=horizon,
        min_gain=min_gain,
        threshold=threshold,
        harms=harms or {},
    )
    return published_ranking(_compared(model, inputs, rules, options), frame)


def gains(
    model: PublishedModel, frame: pd.DataFrame, *, horizon: float | None = None, outcome: str | None = None
) -> pd.DataFrame:
    """Return the gain of each treatment on top of the rest of each option.

    Returns
    -------
    DataFrame
        Columns ``patient_id``, ``option``, ``treatment``, ``on_top_of`` and ``gain`` (in survival; 0.03 is 3 percentage
        points).

    Examples
    --------
    >>> import pandas as pd
    >>> from genorx.published import gains, load
    >>> woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    >>> woman |= {"generation": 3, "postmenopausal": 1}
    >>> table = gains(load("predict-breast@2.2"), pd.DataFrame([woman]), horizon=10)
    >>> bool((table["gain"] > 0).all())
    True
    """
    inputs = model.read(frame)
    compared = _compared(model, inputs, _rules(model, outcome=outcome, horizon=horizon), None)
    rows = []
    for option in compared.options:
        shown_to = (compared.available[option].state == 0) & ~inputs.refused
        for each in compared.additions[option]:
            gain = compared.value[option] - compared.value[each.without]
            rows.append(
                pd.DataFrame(
                    {
                        "patient_id": inputs.ids[shown_to],
                        "option": option,
                        "treatment": each.name,
                        "on_top_of": each.without,
                        "gain": gain[shown_to],
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def _rules(
    model: PublishedModel,
    *,
    outcome: str | None,
    horizon: float | None,
    reference: str | None = None,
    min_gain: float = 0.0,
    threshold: float | None = None,
    harms: Mapping[str, float] | None = None,
) -> Rules:
    """Return the user's rules with the model's defaults filled in."""
    known = model.card.horizons
    chosen = horizon if horizon is not None else 10.0 if 10.0 in known else (known[-1] if known else None)
    if chosen is not None:
        model.checked_horizons([chosen])
    named = model.reference_option() if reference is None else reference
    if named not in model.all_options():
        listed = ", ".join(model.all_options())
        raise UsageError(f"{model.id} has no option {shown(named)!r}", hint=f"it has {listed}", code="published-option")
    for name, number in (("min_gain", min_gain), ("threshold", threshold or 0.0)):
        if not 0 <= number < 1:
            raise UsageError(f"{name} {number:g} is not a gain in survival", hint="3 points are 0.03", code="usage")
    first = outcome if outcome is not None else next(iter(model.card.outcome))
    if first not in model.card.outcome:
        listed = ", ".join(model.card.outcome)
        raise UsageError(f"{model.id} has no outcome {shown(first)!r}", hint=f"it has {listed}")
    return Rules(
        outcome=first, horizon=chosen, reference=named, min_gain=min_gain, threshold=threshold, harms=dict(harms or {})
    )


def _compared(model: PublishedModel, inputs: Inputs, rules: Rules, options: Sequence[str] | None) -> Compared:
    chosen = model.chosen_options(inputs, options)
    chosen = chosen if rules.reference in chosen else (rules.reference, *chosen)
    additions = {option: model.additions(inputs, option) for option in chosen}
    parents = {each.without for some in additions.values() for each in some}
    requested = tuple(dict.fromkeys([*chosen, *sorted(parents)]))
    horizons = sorted({*model.card.horizons, *(() if rules.horizon is None else (rules.horizon,))})
    estimates: dict[str, list[Estimated]] = {option: [] for option in requested}
    for each in model.estimates(inputs, horizons, requested):
        estimates[each.option].append(each)
    made = Compared(
        model=model,
        inputs=inputs,
        rules=rules,
        options=chosen,
        available={option: model.availability(inputs, option) for option in chosen},
        estimates=estimates,
        value={option: _value(some, rules) for option, some in estimates.items()},
        additions=additions,
        reasons=inputs.reasons(),
    )
    note_options(inputs, made.available)
    for finding in [*inputs.findings(), *_harm_findings(made)]:
        made.findings.setdefault(finding.patient_id or "", []).append(finding)
    return made


def _value(estimates: Sequence[Estimated], rules: Rules) -> Floats:
    """Return the ordering quantity: larger is better."""
    found = next(each for each in estimates if each.outcome == rules.outcome and each.time == rules.horizon)
    return 1.0 - found.risk


def _harm_findings(made: Compared) -> list[Finding]:
    """Return one finding per patient and treatment that lowers survival on top of the rest."""
    worst: dict[tuple[int, str], tuple[float, str]] = {}
    for option in made.options:
        usable = (made.available[option].state == 0) & ~made.inputs.refused
        for each in made.additions[option]:
            gain = made.value[option] - made.value[each.without]
            for position in np.flatnonzero(usable & (gain < 0)):
                key = (int(position), each.name)
                worst[key] = min(worst.get(key, (0.0, "")), (float(gain[position]), option))
    return [
        Finding(
            code="published-harm",
            severity="warning",
            message=f"{name} lowers survival by up to {-100 * gain:.2f} points (in {option}), by its own harm",
            patient_id=str(made.inputs.ids[position]),
        )
        for (position, name), (gain, option) in sorted(worst.items())
    ]
