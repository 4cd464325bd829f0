"""Packs of regimens: TOML files, the user's with priority over the shipped one, with all faults reported at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from genorx._core.files import FileKind
from genorx._core.provenance import json_digest
from genorx.care.answer import no_such
from genorx.care.regimen.regimen import Check, Hold, HoldAction, Regimen, When
from genorx.cohort.faults import Faults
from genorx.cohort.study_file.toml_lines import line_of
from genorx.cohort.study_file.toml_sections import CLOSED, TomlSections, parse_toml
from genorx.errors import Finding, InputError, UsageError, shown

_FILE = FileKind(name="pack of regimens", error=InputError, code="regimen", absent="file-not-found")
_Text = Annotated[str, Field(min_length=1)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
#: Note on every use of a shipped regimen.
LOCAL_PROTOCOL = "shipped with genorx, with its source; the local protocol has priority"


class _CheckTable(BaseModel):
    model_config = CLOSED
    name: _Text
    when: When
    reason: _Text
    source: _Text
    day: int | None = None
    code: _Text | None = None
    system: _Text | None = None


class _HoldTable(BaseModel):
    model_config = CLOSED
    measure: _Text
    below: _Finite | None = None
    above: _Finite | None = None
    unit: _Text
    action: HoldAction
    source: _Text


class _RegimenTable(BaseModel):
    model_config = CLOSED
    title: _Text | None = None
    options: list[_Text] | None = None
    drugs: list[_Text] = []
    cycle_days: int
    days: list[int]
    cycles: int
    window: int = 0
    laboratory: list[_Text] = []
    source: _Text
    check: list[_CheckTable] = []
    hold: list[_HoldTable] = []

    def regimen(self, name: str) -> Regimen:
        """Return the regimen; raises as ``Regimen`` does."""
        return Regimen(
            name,
            self.cycle_days,
            tuple(self.days),
            self.cycles,
            window=self.window,
            drugs=tuple(self.drugs),
            laboratory=tuple(self.laboratory),
            checks=tuple(Check(**each.model_dump()) for each in self.check),
            holds=tuple(Hold(**each.model_dump()) for each in self.hold),
            source=self.source,
            title=self.title,
            options=tuple(self.options or ()),
        )


class _PackFile(BaseModel):
    model_config = CLOSED
    regimen: dict[_Text, _RegimenTable]


_SECTIONS: dict[tuple[str, ...], type[BaseModel]] = {
    ("regimen", "*"): _RegimenTable,
    ("regimen", "*", "check", "*"): _CheckTable,
    ("regimen", "*", "hold", "*"): _HoldTable,
}
_PACK = TomlSections(whole=_PackFile, sections=_SECTIONS)
_ONE = TomlSections(whole=_RegimenTable, sections={("check", "*"): _CheckTable, ("hold", "*"): _HoldTable})


class RegimenPack(Mapping[str, Regimen]):
    """Regimens by name.

    Attributes
    ----------
    findings : tuple of Finding
        ``regimen-replaced`` for each shipped regimen replaced by the user's.
    shipped : frozenset of str
        Names of the regimens shipped with genorx.

    Examples
    --------
    >>> from genorx.care import RegimenPack, read_regimens
    >>> own = RegimenPack({"folfiri": read_regimens()["folfiri"]})
    >>> list(own)
    ['folfiri']
    """

    def __init__(
        self,
        regimens: Mapping[str, Regimen],
        *,
        findings: tuple[Finding, ...] = (),
        shipped: frozenset[str] = frozenset(),
    ) -> None:
        self._regimens = dict(regimens)
        self.findings = findings
        self.shipped = shipped

    def __getitem__(self, name: str) -> Regimen:
        """Return a regimen.

        Raises
        ------
        KeyError
            If there is none; ``named`` suggests similar names.
        """
        return self._regimens[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._regimens)

    def __len__(self) -> int:
        return len(self._regimens)

    @property
    def digest(self) -> str:
        """SHA-256 of the regimens."""
        return json_digest({name: each.to_dict() for name, each in self._regimens.items()})

    def named(self, name: str) -> Regimen:
        """Return a regimen by its name.

        Raises
        ------
        UsageError
            ``no-such-regimen``, with the most similar names.
        """
        if name not in self._regimens:
            raise no_such("regimen", name, list(self._regimens))
        return self._regimens[name]

    def of_option(self, option: str) -> Regimen:
        """Return the regimen assigned to an option of a study.

        Raises
        ------
        UsageError
            ``no-such-regimen`` if there is none, ``regimen-needed`` if there are several.
        """
        found = [each for each in self.values() if option in each.options]
        if len(found) > 1:
            names = ", ".join(shown(each.name) for each in found)
            reason = f"several regimens belong to the option {shown(option)!r}"
            raise UsageError(reason, hint=f"name one of {names}", code="regimen-needed")
        if not found:
            known = sorted({name for each in self.values() for name in (*each.options, each.name)})
            near = no_such("regimen", option, known).hint
            reason, hint = (
                f"no regimen belongs to the option {shown(option)!r}",
                f"{near}; or name one by regimen= (--regimen)",
            )
            raise UsageError(reason, hint=hint, code="no-such-regimen")
        return found[0]


@cache
def _shipped() -> dict[str, Regimen]:
    text = files("genorx.care.regimen").joinpath("regimens.toml").read_text(encoding="utf-8")
    return _of_text(text, None)


def read_regimens(path: str | Path | None = None) -> RegimenPack:
    """Return the shipped regimens, and those of a file, which take precedence.

    Parameters
    ----------
    path : path, optional
        TOML file with a table ``[regimen.NAME]`` for each regimen.  A shipped regimen of the same name is replaced.

    Raises
    ------
    InputError
        All faults at once: ``toml``, ``unknown-key``, ``missing-key``, ``wrong-value``, ``regimen``.

    Examples
    --------
    >>> pack = read_regimens()
    >>> pack["folfiri"].cycle_days
    14
    """
    shipped = _shipped()
    if path is None:
        return RegimenPack(shipped, shipped=frozenset(shipped))
    own = _of_text(_FILE.read_text(path), Path(path))
    replaced = [name for name in own if name in shipped]
    findings = tuple(
        Finding(
            code="regimen-replaced",
            severity="info",
            message=f"the file's regimen {shown(name)!r} replaces the one shipped with genorx",
            place=f"regimen {shown(name)!r}",
        )
        for name in replaced
    )
    return RegimenPack({**shipped, **own}, findings=findings, shipped=frozenset(shipped) - set(replaced))


def _of_text(text: str, path: Path | None) -> dict[str, Regimen]:
    values = parse_toml(text, path)
    tables = _PACK.validated(values, text, path).regimen
    faults, made = Faults(), {}
    for name, table in tables.items():
        try:
            made[name] = table.regimen(name)
        except InputError as error:
            line = line_of(text, ("regimen", name))
            faults.add(InputError(f"regimen {shown(name)!r}: {error.reason}", file=path, place=line, code=error.code))
    faults.raise_if_any()
    return made


def regimen_of(values: Mapping[str, Any], file: str | Path | None = None) -> Regimen:
    """Return the regimen of a dictionary from ``Regimen.to_dict``.

    Raises
    ------
    InputError
        As ``read_regimens``.
    """
    rest = {key: each for key, each in values.items() if key != "name" and each is not None}
    parts = {key: [_known(each) for each in rest[key]] for key in ("check", "hold") if isinstance(rest.get(key), list)}
    return _ONE.validated(rest | parts, path=file).regimen(str(values.get("name", "")))


def _known(values: Any) -> Any:
    return {key: each for key, each in values.items() if each is not None} if isinstance(values, Mapping) else values
