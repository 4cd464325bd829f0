"""Numbers on screening declared by a user, each with its source: effect, fatality, harms, costs, weights.

genorx provides none of these numbers, and none has a default.  The consequences are computed in
``published.screening.decision``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from genorx._core.files import FileKind
from genorx._core.short_repr import short
from genorx.errors import InputError, shown

Among = Literal["all", "with", "without"]
Scale = Literal["odds_ratio", "risk_ratio", "hazard_ratio"]

OPTIONS = ("screen", "do_not_screen")
DEATH, COST = "cancer_death", "cost"
_AMONG = ("all", "with", "without")
_SCALES = ("odds_ratio", "risk_ratio", "hazard_ratio")
_FILE = FileKind(name="file of options", error=InputError, code="file", absent="file-absent", damaged="options-toml")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Relative risk of death from the cancer, screened against not, with its interval."""

    relative_risk: float
    lower: float
    upper: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Fatality:
    """Probability that a cancer within the horizon is fatal without screening."""

    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Cost per person screened, and per additional cancer; the source is optional."""

    screen: float
    cancer_found: float
    currency: str
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Harm:
    """A harm of screening: its probability among all, or among those with or without the cancer by the horizon.

    ``weight`` is the number of averted deaths that one such harm is worth; None if not given.
    """

    name: str
    probability: float
    among: Among
    source: str
    weight: float | None = None


@dataclass(frozen=True, kw_only=True)
class Multiplier:
    """A declared relative risk for each person, in a column of the table."""

    column: str
    scale: Scale
    source: str


@short
@dataclass(frozen=True, kw_only=True)
class ScreeningOptions:
    """Effect, harms and costs of screening, as declared by the user.

    Attributes
    ----------
    reference : {"screen", "do_not_screen"}
        Option with which the other is compared.
    effect : Effect
        Relative risk of death from the cancer.
    fatality : Fatality
        Probability that a cancer is fatal without screening.
    threshold : float or None
        Least risk at which to screen, if no weights decide.
    costs : Costs or None
        Costs of screening.
    harms : tuple of Harm
        Harms of screening.
    multipliers : tuple of Multiplier
        Relative risks of each person, in columns of the table.
    """

    reference: str
    effect: Effect
    fatality: Fatality
    threshold: float | None = None
    costs: Costs | None = None
    harms: tuple[Harm, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()

    @property
    def weighed(self) -> bool:
        """Whether there are harms, and each has a weight."""
        return bool(self.harms) and all(harm.weight is not None for harm in self.harms)

    @property
    def sources(self) -> dict[str, str]:
        """Source of each declared number."""
        found = {"effect": self.effect.source, "fatality": self.fatality.source}
        found |= {f"harm {harm.name}": harm.source for harm in self.harms}
        if self.costs is not None and self.costs.source is not None:
            found["costs"] = self.costs.source
        return found | {f"relative risk {each.column}": each.source for each in self.multipliers}

    @classmethod
    def read(cls, path: str | Path) -> ScreeningOptions:
        """Read the TOML file.

        Raises
        ------
        InputError
            ``file-absent``; ``options-toml`` for invalid TOML; ``unknown-key``, ``options-key`` (absent),
            ``options-value``, and ``options-source`` for a number without a source.
        """
        return cls.of(_FILE.read_toml(path), file=Path(path))

    @classmethod
    def of(cls, values: Mapping[str, Any], *, file: Path | None = None) -> ScreeningOptions:
        """Build the options from a file's content, validated.

        Raises
        ------
        InputError, UsageError
            See ``read``; ``threshold`` if it is outside 0 to 1.
        """
        from genorx.survival.screening_input import checked_thresholds  # statistics load slowly: imported on use

        whole = _Section(values, "", file)
        whole.only("screening")
        part = whole.section("screening")
        part.only("reference", "threshold", "effect", "fatality", "costs", "harms", "multipliers")
        threshold = part.number("threshold", needed=False)
        harms = tuple(_harm(each) for each in part.sections("harms"))
        names = [harm.name for harm in harms]
        if twice := [name for name in names if names.count(name) > 1 or name in (DEATH, COST)]:
            raise part.wrong("harms", f"a list of different names: {shown(twice[0])!r} is taken")
        return cls(
            reference=part.choice("reference", OPTIONS),
            effect=_effect(part.section("effect")),
            fatality=_fatality(part.section("fatality")),
            threshold=None if threshold is None else checked_thresholds([threshold])[0],
            costs=_costs(part.section("costs")) if part.has("costs") else None,
            harms=harms,
            multipliers=tuple(_multiplier(each) for each in part.sections("multipliers")),
        )


def _effect(part: _Section) -> Effect:
    part.only("relative_risk", "lower", "upper", "source")
    numbers = {name: part.required_number(name, least=0.0) for name in ("relative_risk", "lower", "upper")}
    if not 0 < numbers["lower"] <= numbers["relative_risk"] <= numbers["upper"]:
        raise part.wrong("relative_risk", "above 0 and between lower and upper")
    return Effect(**numbers, source=part.source())


def _fatality(part: _Section) -> Fatality:
    part.only("value", "source")
    return Fatality(value=part.required_number("value", least=0.0, most=1.0), source=part.source())


def _costs(part: _Section) -> Costs:
    part.only("screen", "cancer_found", "currency", "source")
    amounts = {name: part.required_number(name) for name in ("screen", "cancer_found")}
    source = part.text("source") if part.has("source") else None
    return Costs(**amounts, currency=part.text("currency"), source=source)


def _harm(part: _Section) -> Harm:
    part.only("name", "probability", "among", "weight", "source")
    return Harm(
        name=part.text("name"),
        probability=part.required_number("probability", least=0.0, most=1.0),
        among=part.choice("among", _AMONG),
        weight=part.number("weight", least=0.0, needed=False),
        source=part.source(),
    )


def _multiplier(part: _Section) -> Multiplier:
    part.only("column", "scale", "source")
    return Multiplier(column=part.text("column"), scale=part.choice("scale", _SCALES), source=part.source())


@dataclass(frozen=True)
class _Section:
    """A table of the file, with its place for errors."""

    values: Mapping[str, Any]
    place: str
    file: Path | None = field(repr=False)

    def has(self, key: str) -> bool:
        return key in self.values

    def wrong(self, key: str, what: str) -> InputError:
        return InputError(f"{key!r} is not {what}", file=self.file, place=self.place or None, code="options-value")

    def only(self, *keys: str) -> None:
        """Raise an error for unknown keys."""
        if strange := [key for key in self.values if key not in keys]:
            raise InputError(
                f"unknown key {shown(strange[0])!r}",
                file=self.file,
                place=self.place or None,
                hint=f"there are {', '.join(keys)}",
                code="unknown-key",
            )

    def _value(self, key: str) -> Any:
        if key not in self.values:
            place = self.place or None
            raise InputError(f"there is no {key!r}", file=self.file, place=place, code="options-key")
        return self.values[key]

    def section(self, key: str) -> _Section:
        value = self._value(key)
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a table")
        return _Section(value, f"{self.place}.{key}".lstrip("."), self.file)

    def sections(self, key: str) -> list[_Section]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            raise self.wrong(key, f"a list of tables, [[{self.place}.{key}]]")
        return [_Section(each, f"{self.place}.{key}[{number}]", self.file) for number, each in enumerate(value, 1)]

    def number(
        self, key: str, *, least: float = -math.inf, most: float = math.inf, needed: bool = True
    ) -> float | None:
        if not needed and key not in self.values:
            return None
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
            raise self.wrong(key, "a number")
        if not least <= value <= most:
            raise self.wrong(key, f"at least {least:g}" if most == math.inf else f"between {least:g} and {most:g}")
        return float(value)

    def required_number(self, key: str, *, least: float = -math.inf, most: float = math.inf) -> float:
        value = self.number(key, least=least, most=most)
        if value is None:
            raise self.wrong(key, "a number")
        return value

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "a text")
        return value.strip()

    def choice(self, key: str, known: Sequence[str]) -> Any:
        value = self.text(key)
        if value not in known:
            raise self.wrong(key, f"one of {', '.join(known)}")
        return value

    def source(self) -> str:
        """Return the source of the table's numbers, which is required."""
        value = self.values.get("source")
        if not isinstance(value, str) or not value.strip():
            raise InputError(
                "the numbers have no source",
                file=self.file,
                place=self.place,
                hint='name their source: source = "doi:..."',
                code="options-source",
            )
        return value.strip()
