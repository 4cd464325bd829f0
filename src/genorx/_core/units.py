"""Units of measurement: parsing of UCUM codes, conversion of values, units in names of columns.

A part of UCUM that suffices for records: prefixes, products, quotients, powers and annotations, no parentheses.
Unlike in UCUM, a bare annotation (``{drink}/wk``) is a separate dimension, so that drinks are never cigarettes.
Mass is converted to amount only if the analyte is known (``_core.analytes``).
Source: The Unified Code for Units of Measure, version 2.1, https://ucum.org/ucum.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.analytes import ANALYTES, Analyte, find_analyte
from genorx._core.time_units import DAYS_PER_MONTH, DAYS_PER_YEAR
from genorx.errors import InputError, shown

_PREFIXES = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_PREFIXES |= {"p": 1e-12, "f": 1e-15}
_DAY = 86400.0
_PASCAL = {"g": 1, "m": -1, "s": -2}
_JOULE = {"g": 1, "m": 2, "s": -2}
# factor to g, m, s, mol, and to units without base: international units, equivalents, named counts
_METRIC: dict[str, tuple[float, dict[str, int]]] = {
    "g": (1.0, {"g": 1}),
    "m": (1.0, {"m": 1}),
    "L": (1e-3, {"m": 3}),
    "l": (1e-3, {"m": 3}),
    "s": (1.0, {"s": 1}),
    "mol": (1.0, {"mol": 1}),
    "kat": (1.0, {"mol": 1, "s": -1}),
    "U": (1e-6 / 60, {"mol": 1, "s": -1}),
    "[iU]": (1.0, {"iU": 1}),
    "eq": (1.0, {"eq": 1}),
    "Pa": (1e3, _PASCAL),
    "m[Hg]": (133322.387415e3, _PASCAL),
    "m[H2O]": (9806.65e3, _PASCAL),
    "[MET]": (1.0, {"MET": 1}),
    "J": (1e3, _JOULE),
    "cal": (4184.0, _JOULE),
}
_PLAIN: dict[str, tuple[float, dict[str, int]]] = {
    "min": (60.0, {"s": 1}),
    "h": (3600.0, {"s": 1}),
    "d": (_DAY, {"s": 1}),
    "wk": (7 * _DAY, {"s": 1}),
    "mo": (DAYS_PER_MONTH * _DAY, {"s": 1}),
    "a": (DAYS_PER_YEAR * _DAY, {"s": 1}),
    "%": (1e-2, {}),
    "1": (1.0, {}),
    "[lb_av]": (453.59237, {"g": 1}),
    "[oz_av]": (28.349523125, {"g": 1}),
    "[in_i]": (0.0254, {"m": 1}),
    "[ft_i]": (0.3048, {"m": 1}),
    "Cel": (1.0, {"Cel": 1}),
    "K": (1.0, {"Kelvin": 1}),
    "[degF]": (1.0, {"degF": 1}),
}
# common words for terms of UCUM
_WORDS = {"year": "a", "yr": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "hr": "h", "minute": "min"}
_WORDS |= {"percent": "%", "pct": "%", "mmhg": "mm[Hg]", "lb": "[lb_av]", "pound": "[lb_av]", "oz": "[oz_av]"}
_WORDS |= {"in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]", "iu": "[iU]", "miu": "m[iU]"}
_WORDS |= {"uiu": "u[iU]", "mcg": "ug", "°c": "Cel", "degc": "Cel", "celsius": "Cel", "°f": "[degF]", "degf": "[degF]"}
_WORDS |= {"fahrenheit": "[degF]", "f": "[degF]", "c": "Cel", "cells": "1", "met": "[MET]", "drink": "{drink}"}
_WORDS |= {"cigarette": "{cigarette}", "meq": "meq", "kelvin": "K", "mmol": "mmol", "dl": "dL", "ml": "mL", "ul": "uL"}
_WORDS |= {"mm[hg]": "mm[Hg]", "cig": "{cigarette}", "bpm": "1/min", "kgs": "kg", "gram": "g", "milligram": "mg"}
_COUNTS = ("drink", "cigarette", "serving", "pack")  # annotations that are also written in the plural
_COUNTED = {"cells", "cell", "count", "score", "ratio", "inr"}  # annotations of a plain number
_MAX_POWER = 30
_TERM = re.compile(r"(?P<atom>10[*^]|.*?[^\d+\-^])\^?(?P<power>[+-]?\d+)?$")


class UnitError(InputError):
    """An unknown unit, or two units that cannot be converted to each other."""

    default_code = "unit"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as ``factor`` times base units (g, m, s, mol, ...) to powers."""

    factor: float
    dims: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Linear:
    """A conversion: ``slope * value + intercept``."""

    slope: float
    intercept: float = 0.0

    def __call__(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return converted values; missing values (NaN) remain missing."""
        return self.slope * np.asarray(values, dtype=np.float64) + self.intercept


def _spelled(text: str) -> str:
    """Return a unit's text with one spelling of the micro sign, spaces, powers of ten and ``1.73 m2``."""
    code = text.strip().replace("\u00b5", "u").replace("\u03bc", "u").replace("\u00b2", "2").replace("·", ".")
    code = re.sub(r"(?<!\{)1\.73\s*m\^?2", "{1.73m2}", code).replace("{1.73_m2}", "{1.73m2}")
    code = re.sub(r"\s*(?:/|\bper\b)\s*", "/", code)
    code = re.sub(r"[x×]\s*(?=10)|(?<=\d)\s+(?=/)", "", code)
    code = re.sub(r"\b(?:1[eE]|10\s*(?:\*\*|[*^]))\+?(\d+)", r"10*\1", code)
    code = re.sub(r"^[kK]/(?=u[lL]$)", "10*3/", code)
    return re.sub(r"\s+", ".", code)


def _term(text: str, whole: str) -> tuple[float, Counter[str]]:
    """Parse one term, such as ``dL``, ``m2``, ``10*9`` or ``{drink}``: return its factor and dimensions."""
    bare = re.sub(r"(?<=[^{])\{[^}]*\}$", "", text)
    if note := re.fullmatch(r"\{([^}]+)\}", bare):
        one = note[1].removesuffix("s")
        named = one if one in _COUNTS else note[1]
        return 1.0, Counter() if named in _COUNTED else Counter({f"{{{named}}}": 1})
    if re.fullmatch(r"[1-9]\d{0,8}", bare):
        return float(bare), Counter()
    match = _TERM.fullmatch(bare)
    power = int(match["power"] or 1) if match and len(match["power"] or "") <= 3 else 0
    if match is None or not 0 < abs(power) <= _MAX_POWER:
        raise _unknown(whole)
    if match["atom"] in ("10*", "10^"):
        return 10.0**power, Counter()
    factor, dims = _atom(match["atom"], whole)
    return factor**power, Counter({name: value * power for name, value in dims.items()})


def _unknown(text: str) -> UnitError:
    return UnitError(f"unit {shown(text)!r} is not known", hint="use a UCUM code such as mmol/L, 10*9/L or kg")


def _atom(name: str, whole: str) -> tuple[float, dict[str, int]]:
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _METRIC:
        return _METRIC[name]
    if name[:1] in _PREFIXES and name[1:] in _METRIC:
        factor, dims = _METRIC[name[1:]]
        return _PREFIXES[name[0]] * factor, dims
    word = name.casefold()
    spelled = _WORDS.get(word) or _WORDS.get(word.removesuffix("s"))
    if spelled is None or spelled == name:
        raise _unknown(whole)
    unit = parse_unit(spelled)
    return unit.factor, dict(unit.dims)


@lru_cache(maxsize=1024)
def parse_unit(text: str) -> Unit:
    """Parse the text of a unit.

    Parameters
    ----------
    text : str
        UCUM code (``mmol/L``, ``10*9/L``, ``[lb_av]``) or a common spelling (``years``, ``1e9/L``, ``mmHg``, ``lb``).

    Raises
    ------
    UnitError
        If a part of the text is not known.

    Examples
    --------
    >>> parse_unit("10^9/L") == parse_unit("10*3/uL")
    True
    """
    factor, dims, sign = 1.0, Counter[str](), 1
    spelled = _spelled(text)
    pieces = re.split(r"([./])(?![^{]*\})", spelled)
    if re.search(r"\d\.\d", re.sub(r"\{[^}]*\}", "", spelled)):  # UCUM has no decimal fractions: 1.5 would be 1 times 5
        raise _unknown(text)
    if "" in pieces[2::2] or pieces[-1] == "":  # only the term before the first separator may be empty, as in /uL
        raise _unknown(text)
    for piece in pieces:
        if piece in (".", "/"):
            sign = -1 if piece == "/" else 1
        elif piece:
            one, powers = _term(piece, text)
            factor *= one**sign
            for name, power in powers.items():
                dims[name] += sign * power
    return Unit(float(f"{factor:.15g}"), tuple(sorted((name, power) for name, power in dims.items() if power)))


# Conversions with a zero point, or by convention instead of mass.
# HbA1c: NGSP % = 0.09148 * IFCC mmol/mol + 2.152; Hoelzel W et al. 2004, Clin Chem 50:166.
_TEMPERATURES = {
    (("Cel", 1),): Linear(1.0),
    (("degF", 1),): Linear(5 / 9, -160 / 9),
    (("Kelvin", 1),): Linear(1.0, -273.15),
}
_HBA1C = {1e-2: Linear(1.0), 1e-3: Linear(0.09148, 2.152)}
# grams of ethanol: US standard drink (NIAAA), UK unit (10 mL)
_ETHANOL = {"{drink}": 14.0, "{ukunit}": 8.0}


def _invert(first: Linear, second: Linear) -> Linear:
    """Return the conversion that applies ``first``, then the inverse of ``second``."""
    return Linear(first.slope / second.slope, (first.intercept - second.intercept) / second.slope)


def _swap(unit: Unit, old: str, new: str, per_old: float) -> Unit:
    """Return ``unit`` with each power of ``old`` replaced by ``per_old`` times ``new``."""
    dims = Counter(dict(unit.dims))
    power = dims.pop(old, 0)
    dims[new] += power
    kept = tuple(sorted((name, value) for name, value in dims.items() if value))
    return Unit(unit.factor * per_old**power, kept)


def _in_mass(unit: Unit, analyte: Analyte) -> Unit:
    """Return ``unit`` with amounts, equivalents and international units of ``analyte`` converted to grams."""
    if analyte.name == "alcohol":
        for name, grams in _ETHANOL.items():
            unit = _swap(unit, name, "g", grams)
    if analyte.catalytic:
        return _enzyme_units(unit)
    if analyte.molar_mass is None:
        return unit
    if analyte.valence:
        unit = _swap(unit, "eq", "mol", 1 / analyte.valence)
    if analyte.iu_per_mol:
        unit = _swap(unit, "iU", "mol", 1 / analyte.iu_per_mol)
    return _swap(unit, "mol", "g", analyte.molar_mass)


def _enzyme_units(unit: Unit) -> Unit:
    """Return ``unit`` with "IU" read as the enzyme unit, 1 umol/min."""
    power = dict(unit.dims).get("iU", 0)
    swapped = _swap(unit, "iU", "mol", 1e-6 / 60)
    dims = Counter(dict(swapped.dims))
    dims["s"] -= power
    return Unit(swapped.factor, tuple(sorted((name, value) for name, value in dims.items() if value)))


def conversion(from_unit: str, to_unit: str, analyte: str | None = None) -> Linear:
    """Return the conversion between two units.

    Parameters
    ----------
    from_unit, to_unit : str
        UCUM codes or common spellings.
    analyte : str, optional
        Name of a substance (``glucose``), or of a column about one; required between mass and amount.

    Raises
    ------
    UnitError
        If a unit is not known, or the two are of different dimensions.

    Examples
    --------
    >>> round(conversion("mg/dL", "mmol/L", "glucose").slope, 4)
    0.0555
    """
    first, second = parse_unit(from_unit), parse_unit(to_unit)
    substance = None if analyte is None else ANALYTES.get(analyte) or find_analyte(analyte)
    if substance is not None and substance.name == "hba1c" and not first.dims and not second.dims:
        if first.factor in _HBA1C and second.factor in _HBA1C:
            return _invert(_HBA1C[first.factor], _HBA1C[second.factor])
    elif first.dims in _TEMPERATURES and second.dims in _TEMPERATURES:
        return _invert(_TEMPERATURES[first.dims], _TEMPERATURES[second.dims])
    if first.dims != second.dims and substance is not None:
        first, second = _in_mass(first, substance), _in_mass(second, substance)
    if first.dims != second.dims:
        what = f" of {shown(analyte)}" if analyte else ""
        hint = "name a unit of the same kind; between mass and amount the column's name must give the substance"
        raise UnitError(f"{shown(from_unit)!r}{what} cannot be converted to {shown(to_unit)!r}", hint=hint)
    return Linear(float(f"{first.factor / second.factor:.14g}"))  # 1, not 0.999999999999998


def convert(values: ArrayLike, from_unit: str, to_unit: str, analyte: str | None = None) -> NDArray[np.float64]:
    """Convert values to another unit; see :func:`conversion`.

    Parameters
    ----------
    values : array-like of float, any shape
        Values; NaN is missing and remains NaN.
    from_unit, to_unit : str
        UCUM codes or common spellings.
    analyte : str, optional
        Name of a substance, or of a column about one; required between mass and amount.
    """
    return conversion(from_unit, to_unit, analyte)(values)


_NAME_TERMS = {"g": "g", "mg": "mg", "ug": "ug", "mcg": "ug", "ng": "ng", "pg": "pg", "kg": "kg", "l": "L", "dl": "dL"}
_NAME_TERMS |= {"ml": "mL", "ul": "uL", "mol": "mol", "mmol": "mmol", "umol": "umol", "nmol": "nmol", "pmol": "pmol"}
_NAME_TERMS |= {"u": "U", "iu": "[iU]", "miu": "m[iU]", "uiu": "u[iU]", "ukat": "ukat", "meq": "meq", "min": "min"}
_NAME_TERMS |= {"minutes": "min", "mins": "min", "hours": "h", "hrs": "h"}
_NAME_TERMS |= {"h": "h", "hour": "h", "day": "d", "d": "d", "week": "wk", "wk": "wk", "month": "mo", "year": "a"}
_NAME_TERMS |= {"1e9": "10*9", "1e3": "10*3", "1e12": "10*12", "1e6": "10*6", "m2": "m2", "cm": "cm", "mm": "mm"}
_NAME_TERMS |= {"drinks": "{drink}", "cigarettes": "{cigarette}", "cigs": "{cigarette}", "cells": "1"}
_NAME_TERMS |= {"servings": "{serving}", "portions": "{serving}", "kcal": "kcal", "kj": "kJ"}
_LAST_WORDS = {"years": "a", "yrs": "a", "months": "mo", "weeks": "wk", "days": "d", "hours": "h", "pct": "%"}
_LAST_WORDS |= {"percent": "%", "cm": "cm", "mm": "mm", "kg": "kg", "lb": "[lb_av]", "lbs": "[lb_av]", "bpm": "1/min"}
_LAST_WORDS |= {"inches": "[in_i]", "mmhg": "mm[Hg]", "celsius": "Cel", "fahrenheit": "[degF]", "degc": "Cel"}
_LAST_WORDS |= {"mg": "mg", "ml": "mL"}
_LAST_WORDS |= {"mgdl": "mg/dL", "mmoll": "mmol/L", "umoll": "umol/L", "gdl": "g/dL", "mgl": "mg/L", "ngml": "ng/mL"}
# an amount and a volume side by side are a concentration without "per": creatinine_mg_dl, platelets_10e9_l
_AMOUNTS = {"g", "mg", "ug", "mcg", "ng", "pg", "mol", "mmol", "umol", "nmol", "pmol", "u", "iu", "miu", "uiu", "ukat"}
_AMOUNTS |= {"meq", "1e9", "1e3", "1e12", "1e6", "cells"}
_VOLUMES = ("l", "dl", "ml", "ul")
# short words that are a unit only after these names
_AFTER_NAME = {"m": "m", "in": "[in_i]", "ft": "[ft_i]", "f": "[degF]", "c": "Cel", "g": "g", "y": "a", "d": "d"}
_NAMES_BEFORE = {"m": "height", "in": "height", "ft": "height", "f": "temperature", "c": "temperature", "g": "weight"}
_NAMES_BEFORE |= {"y": "age", "d": "age"}
_SHORT_NAMES = {"ht": "height", "temp": "temperature", "wt": "weight"}
_WHOLE_NAMES = {
    "pack_years": ("pack_years", "{pack}.a"),
    "packyears": ("pack_years", "{pack}.a"),
    "alcohol_units_per_week": ("alcohol", "{ukunit}/wk"),
}
_RATES = {"ml_min_1_73m2": "mL/min/{1.73m2}", "ml_min_173m2": "mL/min/{1.73m2}", "ml_min": "mL/min"}
_RATES |= {"mg_week": "mg/wk", "mg_day": "mg/d", "g_day": "g/d", "mm_hg": "mm[Hg]", "kg_m2": "kg/m2"}
_RATES |= {"met_min_per_week": "[MET].min/wk", "met_min_week": "[MET].min/wk"}


@lru_cache(maxsize=4096)
def unit_of_name(name: str) -> tuple[str, str | None]:
    """Split a column name into the name without unit, and the unit, if it has one.

    Examples
    --------
    >>> unit_of_name("wbc_1e9_per_l"), unit_of_name("age_years"), unit_of_name("Height (cm)"), unit_of_name("sex")
    (('wbc', '10*9/L'), ('age', 'a'), ('Height', 'cm'), ('sex', None))
    >>> unit_of_name("creatinine_mg_dl"), unit_of_name("Platelets_x10^9/L"), unit_of_name("height_m")
    (('creatinine', 'mg/dL'), ('platelets', '10*9/L'), ('height', 'm'))
    >>> unit_of_name("exercise_hours_per_week")
    ('exercise', 'h/wk')
    """
    if bracket := re.fullmatch(r"(.*?\S)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]", name):
        return (bracket[1], bracket[2]) if _known(bracket[2]) else (name, None)
    low = "_".join(re.findall(r"[a-z0-9]+", name.casefold()))
    low = re.sub(r"(?<=_)x?10_?[e^]?_?(3|6|9|12)(?=_)|(?<=_)k(?=_(per_)?ul$)", lambda found: f"1e{found[1] or 3}", low)
    if low in _WHOLE_NAMES:
        return _WHOLE_NAMES[low]
    for suffix, unit in _RATES.items():
        if low.endswith(f"_{suffix}"):
            return low.removesuffix(f"_{suffix}"), unit
    words = low.split("_")
    if len(words) >= 3 and words[-2] == "per":
        return _quotient(words, name)
    if len(words) >= 3 and words[-2] in _AMOUNTS and words[-1] in _VOLUMES:
        return "_".join(words[:-2]), f"{_NAME_TERMS[words[-2]]}/{_NAME_TERMS[words[-1]]}"
    if len(words) >= 2 and words[-1] in _LAST_WORDS:
        return "_".join(words[:-1]), _LAST_WORDS[words[-1]]
    if len(words) >= 2 and _SHORT_NAMES.get(words[-2], words[-2]) == _NAMES_BEFORE.get(words[-1]):
        return "_".join(words[:-1]), _AFTER_NAME[words[-1]]
    return name, None


def _quotient(words: list[str], name: str) -> tuple[str, str | None]:
    above, below = _NAME_TERMS.get(words[-3]), _NAME_TERMS.get(words[-1])
    if above is None and below == "uL":  # platelets_per_ul
        return "_".join(words[:-2]), "/uL"
    if above is None or below is None:
        return name, None
    counted = above.startswith("{")
    return "_".join(words[:-2] if counted else words[:-3]) or words[-3], f"{above}/{below}"


def _known(text: str) -> bool:
    try:
        parse_unit(text)
    except UnitError:
        return False
    return True
