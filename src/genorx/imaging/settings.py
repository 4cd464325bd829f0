"""Settings of one measurement configuration, validated, and files with several of them.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx._core.provenance import json_digest
from genorx.errors import ImageError, shown
from genorx.imaging.codes import FAMILIES, LEVELLED
from genorx.imaging.families.aggregation import DIRECTIONAL
from genorx.imaging.image import MODALITIES
from genorx.imaging.resampling import METHODS

#: A settings file, for errors of opening it.
SETTINGS_FILE = FileKind(name="settings file", error=ImageError, code="file-unreadable", absent="file-absent")
_BY_SLICE = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb")
_BY_VOLUME = ("3D_avg", "3D_comb")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Settings of one measurement configuration; the attributes are the arguments of ``IBSIFeatures``, validated."""

    by_slice: bool = False
    spacing: tuple[float, float, float] | None = None
    interpolation: str = "linear"
    mask_interpolation: str = "linear"
    mask_threshold: float = 0.5
    round_intensities: bool | str = "auto"
    intensity_range: tuple[float, float] | None = None
    outlier_sigma: float | None = None
    bins: int | None = None
    bin_width: float | None = None
    ivh_bins: int | None = None
    ivh_bin_width: float | None = None
    families: tuple[str, ...] = FAMILIES
    aggregations: tuple[str, ...] | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """Aggregations of textures: as requested, otherwise those of the dimension."""
        if self.aggregations is not None:
            return self.aggregations
        return _BY_SLICE if self.by_slice else _BY_VOLUME

    @property
    def levelled(self) -> bool:
        """Whether a family needs grey levels."""
        return any(family in LEVELLED for family in self.families)

    def rounds(self, modality: str) -> bool:
        """Return whether intensities of a modality are rounded."""
        return modality == "CT" if self.round_intensities == "auto" else bool(self.round_intensities)

    def to_dict(self) -> dict[str, Any]:
        """Return all settings as JSON values; infinite ones are text."""
        plain: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            plain[each.name] = [_finite(item) for item in value] if isinstance(value, tuple) else _finite(value)
        return plain

    @property
    def digest(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of the settings."""
        return json_digest(self.to_dict())[:12]


#: Names of the settings.
KEYS = tuple(each.name for each in fields(Configuration))


def checked(values: Mapping[str, Any], *, file: str | Path | None = None, place: str | None = None) -> Configuration:
    """Return settings as a validated configuration.

    Raises
    ------
    ImageError
        ``settings`` for an unknown key, an invalid value, or two definitions of the same bins.
    """
    try:
        return _configuration(values)
    except ImageError as error:
        raise ImageError(error.reason, file=file, place=place, hint=error.hint, code="settings") from error


def _configuration(values: Mapping[str, Any]) -> Configuration:
    for key in values:
        if key not in KEYS:
            raise ImageError(f'there is no setting "{shown(key)}"', hint=f"settings: {', '.join(KEYS)}")
    for one, other in (("bins", "bin_width"), ("ivh_bins", "ivh_bin_width")):
        if values.get(one) is not None and values.get(other) is not None:
            raise ImageError(f"{one} and {other} both define the same bins", hint="set one of them")
    return Configuration(**{key: _CHECKS[key](key, value) for key, value in values.items() if value is not None})


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ImageError(f"{key} must be true or false")
    return value


def _rounding(key: str, value: Any) -> bool | str:
    if value != "auto" and not isinstance(value, bool):
        raise ImageError(f'{key} must be "auto", true or false')
    return "auto" if isinstance(value, str) else bool(value)


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in allowed:
            raise ImageError(f"{key} must be one of {', '.join(allowed)}")
        return str(value)

    return check


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ImageError(f"{key} must be a number")
    return float(value)


def _above_zero(key: str, value: Any) -> float:
    number = _number(key, value)
    if not 0 < number < math.inf:
        raise ImageError(f"{key} must be a number above 0")
    return number


def _share(key: str, value: Any) -> float:
    number = _above_zero(key, value)
    if number > 1:
        raise ImageError(f"{key} must be a share above 0 and at most 1")
    return number


def _count(key: str, value: Any) -> int:
    number = _above_zero(key, value)
    if number != int(number):
        raise ImageError(f"{key} must be a whole number of at least 1")
    return int(number)


def _spacing(key: str, value: Any) -> tuple[float, float, float]:
    sides = [value] * 3 if isinstance(value, int | float) else list(value) if isinstance(value, list | tuple) else []
    if len(sides) != 3:
        raise ImageError(f"{key} must be one number or three, in mm")
    x, y, z = (_above_zero(key, side) for side in sides)
    return x, y, z


def _range(key: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ImageError(f"{key} must be a list of the lowest and the highest intensity")
    low, high = (_number(key, end) for end in value)
    if low > high:
        raise ImageError(f"{key} has its lower limit above its upper limit")
    return low, high


def _names(allowed: tuple[str, ...]) -> Callable[[str, Any], tuple[str, ...]]:
    def check(key: str, value: Any) -> tuple[str, ...]:
        if value == "all":
            return allowed
        if not isinstance(value, list | tuple) or not value or any(name not in allowed for name in value):
            raise ImageError(f'{key} must be "all" or a list of {", ".join(allowed)}')
        return tuple(name for name in allowed if name in value)

    return check


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "by_slice": _flag,
    "spacing": _spacing,
    "interpolation": _one_of(METHODS),
    "mask_interpolation": _one_of(METHODS),
    "mask_threshold": _share,
    "round_intensities": _rounding,
    "intensity_range": _range,
    "outlier_sigma": _above_zero,
    "bins": _count,
    "bin_width": _above_zero,
    "ivh_bins": _count,
    "ivh_bin_width": _above_zero,
    "families": _names(FAMILIES),
    "aggregations": _names(DIRECTIONAL),
}


def _finite(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def read_configurations(path: str | Path) -> tuple[dict[str, Configuration], str | None]:
    """Return the configurations of a settings file by name, and its image modality.

    Parameters
    ----------
    path : path
        TOML file with the keys of one configuration at the top, named ``default``, or with tables
        ``[configuration.NAME]``; ``modality`` is at the top in either case.

    Raises
    ------
    ImageError
        ``settings``; or as any file that cannot be read.
    """
    found = SETTINGS_FILE.read_toml(path, code="settings")
    modality = found.pop("modality", None)
    if modality is not None and modality not in MODALITIES:
        raise ImageError(f"modality must be one of {', '.join(MODALITIES)}", file=path, code="settings")
    named = found.pop("configuration", None)
    if named is None:
        return {"default": checked(found, file=path)}, modality
    if not isinstance(named, dict) or not named or not all(isinstance(each, dict) for each in named.values()):
        raise ImageError("configurations must be tables [configuration.NAME]", file=path, code="settings")
    if found:
        reason = f'"{shown(next(iter(found)))}" is given beside tables [configuration.NAME]'
        raise ImageError(reason, file=path, hint="put it into the configurations", code="settings")
    return {
        str(name): checked(each, file=path, place=f"configuration.{shown(name)}") for name, each in named.items()
    }, modality
