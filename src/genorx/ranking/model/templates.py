"""The user's models by kind of outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genorx._core.nearest import did_you_mean
from genorx.cohort.kinds import DATA_KINDS
from genorx.errors import UsageError, shown


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Unfitted models by kind of outcome, cloned for each outcome; absent kinds have genorx's defaults.

    ``models`` are for a prognosis, ``effects`` compare options.
    """

    models: Mapping[str, Any] = field(default_factory=dict)
    effects: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


def templates_of(
    models: Mapping[str, Any] | None,
    effects: Mapping[str, Any] | None,
    *,
    survival: Any = None,
    binary: Any = None,
    effect: Any = None,
    binary_effect: Any = None,
    seed: int = 0,
) -> Templates:
    """Return the models by kind, including those of the older keywords.

    Parameters
    ----------
    models, effects : mapping of kind of outcome to model, or None
    survival, binary : model, optional
        Same as ``models={"survival": ..., "binary": ...}``.
    effect, binary_effect : effect estimator, optional
        Same as entries of ``effects``: ``effect`` for each kind that is a time (except courses through states),
        ``binary_effect`` for each that is a value.
    seed : int

    Raises
    ------
    UsageError
        For an unknown kind of outcome (``unknown-kind``), and a kind given twice (``two-models``).
    """
    timed = {name: effect for name, kind in DATA_KINDS.items() if kind.timed and not kind.has_states}
    valued = {name: binary_effect for name, kind in DATA_KINDS.items() if not kind.timed}
    return Templates(
        models=_by_kind("models", models, {"survival": survival, "binary": binary}),
        effects=_by_kind("effects", effects, timed | valued),
        seed=seed,
    )


def _by_kind(keyword: str, given: Mapping[str, Any] | None, older: Mapping[str, Any]) -> dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        reason = f"{keyword} is a {type(given).__name__}, not a mapping of kind to model"
        raise UsageError(reason, hint=f'such as {keyword}={{"survival": ...}}', code="unknown-kind")
    chosen = {kind: each for kind, each in older.items() if each is not None}
    for kind, each in (given or {}).items():
        if kind not in DATA_KINDS:
            hint = did_you_mean(kind, DATA_KINDS, f"kinds: {', '.join(DATA_KINDS)}")
            raise UsageError(f'{keyword}: "{shown(kind)}" is no kind of outcome', hint=hint, code="unknown-kind")
        if chosen.get(kind, each) is not each:
            reason = f'two models are given for outcomes of kind "{kind}"'
            raise UsageError(reason, hint=f"name it in {keyword} or by the older keyword", code="two-models")
        chosen[kind] = each
    return {kind: each for kind, each in chosen.items() if each is not None}
