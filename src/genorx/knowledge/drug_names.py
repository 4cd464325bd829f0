"""Recognition of drug names: generic names, salts, doses, some brands, several drugs in one, acronyms of regimens.

Not a drug dictionary: an unrecognised name is returned as unknown, never as a similar one.  A form for the skin or the
eye remains in the name, since the facts are about systemic drugs.
Sources, both made by hand: ``tables/drug_names.tsv`` (other generic names and brands of single drugs),
``tables/regimens.tsv`` (drugs of regimens).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from genorx._core.packaged import packaged_rows

_SALTS = (
    "acetate|besilate|besylate|bisulfate|bisulphate|bromide|calcium|chloride|citrate|dihydrate|disodium|fumarate|gluconate|hbr"
    "|hcl|hemihydrate|hydrobromide|hydrochloride|hydrogen|magnesium|malate|maleate|mesilate|mesylate|monohydrate"
    "|nitrate|oxalate|pamoate|phosphate|potassium|sodium|succinate|sulfate|sulphate|tartrate|tosylate|trihydrate"
)
_FORMS = (
    "capsules?|chewable|coated|cr|daily|delayed|disintegrating|er|extended|film|infusion|injectable|injection|iv|la|oral"
    "|po|prefilled|prolonged|release|solution|sr|suspension|syringe|tablets?|tabs?|vial|xl|xr"
)
#: The brand after a generic name in RxNorm: "clopidogrel 75 MG Oral Tablet [Plavix]".
_BRAND = re.compile(r"\[[^\]]*\]")
_DOSE = re.compile(
    r"\b\d+(?:[.,]\d+)? ?(?:mg|g|mcg|µg|ug|ml|iu|units?|%)(?: ?/ ?(?:\d+ ?)?(?:ml|h|d|day|kg|m2))?(?!\w)"
)
_HOURS = re.compile(r"\b(?:12|24) ?(?:hr|hours?)\b")
_MORE = re.compile(rf"\b(?:{_SALTS}|{_FORMS})\b")
#: An acronym, whether it is modified ("mFOLFOX6"), and what may follow it.
_REGIMEN = re.compile(r"(?:modified )?(m?)([a-z]+)[ -]?\d{0,2}(?: (?:regimen|protocol|chemotherapy|chemo))?")
_JOINTS = re.compile(r" ?[/+&;,] ?| and | with ")


@cache
def other_names() -> dict[str, str]:
    """Return the generic names by synonym or brand, all in lower case."""
    return {row["name"]: row["generic"] for row in packaged_rows("genorx.knowledge", "tables", "drug_names.tsv")}


@cache
def _regimens() -> dict[str, tuple[str, ...]]:
    rows = packaged_rows("genorx.knowledge", "tables", "regimens.tsv")
    return {row["name"]: tuple(row["drugs"].split("; ")) for row in rows}


def regimen_drugs(text: str) -> tuple[str, ...]:
    """Return the drugs of a regimen by its acronym, in generic names; none for any other text.

    >>> regimen_drugs("mFOLFOX6"), regimen_drugs("FOLFIRI regimen"), regimen_drugs("folic acid")
    (('fluorouracil', 'leucovorin', 'oxaliplatin'), ('fluorouracil', 'leucovorin', 'irinotecan'), ())
    """
    found = _REGIMEN.fullmatch(_plain(text))
    if found is None:
        return ()
    modified, acronym = found.groups()
    return _regimens().get(modified + acronym) or _regimens().get(acronym, ())


def drugs_in(text: str, known: Collection[str]) -> list[tuple[str, str | None]]:
    """Return each drug named in a text: as written, and as a known generic name or None.

    Parameters
    ----------
    text : str
        One drug, or several joined by ``/``, ``+``, ``and`` or a hyphen; a regimen's acronym stands for its drugs.
    known : collection of str
        Generic names in lower case.
    """
    whole = _known(text, known)
    if whole is not None:
        return [(text.strip(), whole)]
    parts = [part.strip() for part in _JOINTS.split(_DOSE.sub(" ", _plain(text))) if part.strip()]
    found: list[tuple[str, str | None]] = []
    for part in parts or [text.strip()]:
        name = _known(part, known)
        if name is None and (several := regimen_drugs(part)):
            found += [(drug, _known(drug, known)) for drug in several]
            continue
        halves = [(half, _known(half, known)) for half in part.split("-")]
        if name is None and len(halves) > 1 and any(each for _, each in halves):
            found += halves
        else:
            found.append((text.strip() if len(parts) < 2 else part, name))
    return found


def generic_drug(text: str) -> str:
    """Return the generic name of a drug as far as it is understood, otherwise its bare name.

    >>> generic_drug("5-FU 500 mg"), generic_drug("Irinotecan Hydrochloride"), generic_drug("Wonderdrug")
    ('fluorouracil', 'irinotecan', 'wonderdrug')
    """
    plain, bare = _plain(text), bare_drug(text)
    return other_names().get(plain) or other_names().get(bare, bare)


def bare_drug(text: str) -> str:
    """Return the name of a drug in lower case, without salt, dose, form and brand.

    >>> bare_drug("Irinotecan Hydrochloride 20 MG/ML Injectable Solution [Camptosar]")
    'irinotecan'
    """
    return " ".join(_MORE.sub(" ", _DOSE.sub(" ", _HOURS.sub(" ", _BRAND.sub(" ", _plain(text))))).split())


def _known(text: str, known: Collection[str]) -> str | None:
    """Return the known generic name of a text: unchanged, by a synonym, or without salt and dose."""
    for name in (_plain(text), bare_drug(text)):
        for each in (name, other_names().get(name, "")):
            if each in known:
                return each
    return None


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").replace("®", "").replace("™", "").split()).strip(" .")
