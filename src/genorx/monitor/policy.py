"""The policy of changes: which are allowed, on which evidence, and with which checks.

A TOML file in the form of a predetermined change control plan: ``[description]``, ``[protocol]``, ``[impact]``.  Absent
keys have the defaults of ``Policy``.
Source: FDA, Marketing Submission Recommendations for a Predetermined Change Control Plan for AI-Enabled Device Software
Functions (final guidance, December 2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from genorx._core.files import FileKind
from genorx._core.provenance import json_digest
from genorx._core.short_repr import short
from genorx.errors import InputError, UsageError, shown

#: Changes of a model, from the smallest to the largest.
CHANGES = ("recalibrate_baseline", "recalibrate_slope", "refit")
_FILE = FileKind(name="policy", error=InputError, code="policy", absent="file-not-found", damaged="policy-toml")


@short
@dataclass(frozen=True, kw_only=True)
class Policy:
    """Allowed changes of a model, and the criteria for accepting one.

    Attributes
    ----------
    allowed : tuple of str
        Changes that may be proposed, of ``recalibrate_baseline``, ``recalibrate_slope``, ``refit``; by default all.
    forbidden : tuple of str
        Changes that may not be proposed.
    responsible : str
        Person who accepts a change; printed, not checked.
    looks : int or None
        Number of planned looks; None for the default of the plan.
    alpha : float or None
        Probability of a false alarm over all planned looks; None for the default of the plan.
    grace, window : float or None
        Grace period and moving window, in the unit of the outcome; None for the defaults of the plan.
    brier_errors : float
        Number of standard errors by which the paired Brier score may be worse.
    ratio_least, ratio_most : float
        Limits of observed over expected events, overall and in declared subgroups.
    subgroups : tuple of str
        Features by whose levels the ratio is checked.
    value_errors : float
        Number of standard errors by which the value of choosing by the model may be lower.
    false_claims : float
        Largest share of patients with a recommendation after permuting the arms.

    Examples
    --------
    >>> import genorx as gx
    >>> policy = gx.monitor.Policy(allowed=("recalibrate_baseline",), responsible="the head of the clinic", looks=8)
    >>> policy.allowed
    ('recalibrate_baseline',)
    """

    allowed: tuple[str, ...] = CHANGES
    forbidden: tuple[str, ...] = ()
    responsible: str = ""
    looks: int | None = None
    alpha: float | None = None
    grace: float | None = None
    window: float | None = None
    brier_errors: float = 1.0
    ratio_least: float = 0.8
    ratio_most: float = 1.25
    subgroups: tuple[str, ...] = ()
    value_errors: float = 1.0
    false_claims: float = 0.05

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read the TOML file.

        Raises
        ------
        InputError
            ``file-not-found``; ``policy-toml``: not TOML; ``policy-key``: an unknown section or key; ``policy-value``:
            an invalid value; ``policy-contradiction``: a change both allowed and forbidden, or limits in the wrong
            order.
        """
        return cls.of(_FILE.read_toml(path), file=path)

    @classmethod
    def of(cls, values: Mapping[str, Any], *, file: str | Path | None = None) -> Self:
        """Build the policy from the values of a file, validated."""
        stated: dict[str, Any] = {}
        for section, content in values.items():
            if section not in _KEYS or not isinstance(content, Mapping):
                hint = f"sections are {', '.join(_KEYS)}"
                raise InputError(f"there is no section {shown(section)!r}", file=file, code="policy-key", hint=hint)
            for key, value in content.items():
                if key not in _KEYS[section]:
                    hint = f"[{section}] has {', '.join(_KEYS[section])}"
                    raise InputError(f"[{section}] has no key {shown(key)!r}", file=file, code="policy-key", hint=hint)
                stated[key] = _taken(key, value, file)
        made = cls(**stated)
        made._refuse_contradiction(file)
        return made

    def _refuse_contradiction(self, file: str | Path | None) -> None:
        both = sorted({*self.allowed} & {*self.forbidden})
        if both:
            reason = f"{shown(both[0])!r} is both allowed and forbidden"
            raise InputError(reason, file=file, code="policy-contradiction", hint="name it once")
        if self.ratio_least > self.ratio_most:
            reason = f"ratio_least {self.ratio_least:g} is above ratio_most {self.ratio_most:g}"
            raise InputError(reason, file=file, code="policy-contradiction")

    def allows(self, action: str) -> bool:
        """Return whether a change may be proposed; keeping and holding are always allowed."""
        return action not in CHANGES or (action in self.allowed and action not in self.forbidden)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return json_digest(self.to_dict())


_KEYS: dict[str, tuple[str, ...]] = {
    "description": ("allowed", "forbidden", "responsible"),
    "protocol": ("looks", "alpha", "grace", "window"),
    "impact": ("brier_errors", "ratio_least", "ratio_most", "subgroups", "value_errors", "false_claims"),
}


def _taken(key: str, value: Any, file: str | Path | None) -> Any:
    """Return a value of the file in the policy's type."""
    kind = {each.name: str(each.type) for each in fields(Policy)}[key]
    if kind.startswith("tuple"):
        good = isinstance(value, list) and all(isinstance(each, str) for each in value)
        good = good and (key == "subgroups" or all(each in CHANGES for each in value))
        what = "a list of names" if key == "subgroups" else f"a list of {', '.join(CHANGES)}"
        if good:
            return tuple(dict.fromkeys(value))
    elif kind == "str":
        good, what = isinstance(value, str), "text"
        if good:
            return value
    else:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        good = number and value >= 0 and (key not in ("looks", "alpha", "window") or value > 0)
        good = good and (key not in ("alpha", "false_claims") or value < 1)
        good = good and (key != "looks" or isinstance(value, int))
        what = "a whole number of 1 or more" if key == "looks" else "a number in its range"
        if good:
            return value if key == "looks" else float(value)
    raise InputError(f"{key!r} is not {what}", file=file, code="policy-value")


def policy_of(policy: Policy | str | Path | Mapping[str, Any] | None) -> Policy:
    """Return a policy from a file, values, or the defaults.

    Raises
    ------
    UsageError
        If it is none of these (``usage``).
    InputError
        As ``Policy.read``.
    """
    if policy is None:
        return Policy()
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, Mapping):
        return Policy.of(policy)
    if isinstance(policy, str | Path):
        return Policy.read(policy)
    raise UsageError(f"a policy is a path, not a {type(policy).__name__}", code="usage")
