"""Imports of optional dependencies at the point of use."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from genorx.errors import MissingExtraError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional dependency, or raise an error that names the extra to install.

    Raises
    ------
    MissingExtraError
        If the top package of ``module`` is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise  # installed but broken: show the real fault
        raise MissingExtraError(f"{module} is not installed", hint=f"pip install 'genorx[{extra}]'") from error
