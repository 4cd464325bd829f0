"""scikit-learn's transformer interface without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar

from genorx.errors import UsageError

_Own = TypeVar("_Own", bound="Transformer")


class Transformer:
    """A transformer for a ``Pipeline`` that ``sklearn.base.clone`` can copy; its settings are its attributes."""

    #: Names of the settings with their defaults.
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __repr__(self) -> str:
        changed = [f"{key}={value!r}" for key, value in self.get_params().items() if value != self._defaults[key]]
        return f"{type(self).__name__}({', '.join(changed)})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002  scikit-learn's signature
        """Return the settings by name."""
        return {key: getattr(self, key) for key in self._defaults}

    def set_params(self: _Own, **changed: Any) -> _Own:
        """Change settings.

        Raises
        ------
        UsageError
            If a name is not a setting.
        """
        for key, value in changed.items():
            if key not in self._defaults:
                hint = f"settings: {', '.join(self._defaults)}"
                raise UsageError(f"{type(self).__name__} has no setting {key!r}", hint=hint)
            setattr(self, key, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Declare a transformer that needs no target."""
        return SimpleNamespace(
            estimator_type=None,
            requires_fit=True,
            no_validation=True,
            array_api_support=False,
            non_deterministic=False,
            target_tags=SimpleNamespace(required=False, one_d_labels=False, two_d_labels=False),
            transformer_tags=SimpleNamespace(preserves_dtype=[]),
            input_tags=SimpleNamespace(pairwise=False, sparse=False, allow_nan=True, positive_only=False),
        )
