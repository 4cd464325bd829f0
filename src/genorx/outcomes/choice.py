"""Choice among candidate models: the first is the default, kept unless another is better by a standard error.

Source: Breiman L et al. 1984 (one-standard-error rule).  Scores and folds are defined by each model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.errors import SupportError, UsageError, shown

Floats = NDArray[np.float64]


def configured_candidates(candidates: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return unfitted copies of the candidates, with the given parameters set if they have them.

    Raises
    ------
    UsageError
        If there is no candidate.
    """
    if not candidates:
        raise UsageError("no candidate model was given")
    models = {}
    for name, candidate in candidates.items():
        model = clone(candidate)
        own = model.get_params(deep=False)
        models[name] = model.set_params(**{key: value for key, value in stated.items() if key in own})
    return models


def without_refits(model: Any, *names: str) -> Any:
    """Return an unfitted copy without the refits and inner folds that its point estimates do not need."""
    quick = clone(model)
    own = quick.get_params(deep=False)
    return quick.set_params(**{name: 0 for name in names if name in own})


def compared(
    models: Mapping[str, Any],
    terms: Callable[[Any], Floats],
    *,
    score: str,
    margin: float | Mapping[str, float] = 1.0,
) -> pd.DataFrame:
    """Return the table of a choice; ``terms`` gives each patient's out-of-fold loss by a model.

    A candidate that cannot be fitted to these data is excluded, with the reason in its row.
    """
    found: dict[str, Floats] = {}
    notes = dict.fromkeys(models, "")
    for name, model in models.items():
        try:
            found[name] = terms(model)
        except SupportError as error:
            notes[name] = error.reason
    return choice_table(list(models), found, notes, score=score, margin=margin)


def choice_table(
    names: Sequence[str],
    errors: Mapping[str, Floats],
    notes: Mapping[str, str],
    *,
    score: str,
    groups: NDArray[Any] | None = None,
    margin: float | Mapping[str, float] = 1.0,
) -> pd.DataFrame:
    """Return scores of candidates; the default (the first) is kept unless another is better by ``margin`` errors.

    ``margin`` is one number for all candidates, or one for each.

    With ``groups`` (a code for each patient) the standard error is that of a sum over groups, since patients of a site
    are similar.

    Raises
    ------
    SupportError
        If the default has no score.
    """
    if names[0] not in errors:
        raise SupportError(notes[names[0]], code="no-convergence")
    rows = []
    for name in names:
        difference = errors[name] - errors[names[0]] if name in errors else np.array([np.nan])
        row = {"model": name, score: float(errors[name].mean()) if name in errors else np.nan}
        row |= {"difference": float(difference.mean()), "std_error": _std_error(difference, groups)}
        rows.append(row | {"note": notes[name]})
    table = pd.DataFrame(rows)
    margins = table["model"].map(margin) if isinstance(margin, Mapping) else margin
    better = table["difference"] < -margins * table["std_error"]
    chosen = table.loc[better, score].idxmin() if better.any() else 0
    return table.assign(chosen=table.index == chosen)


def _std_error(difference: Floats, groups: NDArray[Any] | None) -> float:
    if groups is None or difference.size != groups.size:
        return float(difference.std() / np.sqrt(difference.size))
    sums = np.bincount(groups, weights=difference - difference.mean())
    return float(np.sqrt(np.square(sums).sum()) / difference.size)


def chosen_in(table: pd.DataFrame) -> str:
    """Return the name of the chosen model in a table."""
    return str(table.loc[table["chosen"], "model"].iloc[0])


def choice_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON values."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def savable_class(model: Any, classes: Mapping[str, Any]) -> str:
    """Return the name of a chosen model's class.

    Raises
    ------
    UsageError
        If it is not one of genorx's own, which could not be loaded again (``model-class``).
    """
    kind = type(model).__name__
    if classes.get(kind) is not type(model):
        raise UsageError(f"a model of class {shown(kind)} cannot be saved", code="model-class")
    return kind
