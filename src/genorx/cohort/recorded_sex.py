"""Recorded sex compared with the sex chromosomes of the patient's germline sample.

A difference means that the sample, the row or the entry belongs to another person, or that a person's sex chromosomes
differ from those expected; the calls cannot show which.
Source of the codes 1 and 2: ISO/IEC 5218.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from genorx._core.words import BOOLEANS, plain_level
from genorx.cohort.tables.columns import name_form
from genorx.errors import Finding, Severity
from genorx.variants.sex_chromosomes import SexCalls

_NAMES = ("sex", "sex_at_birth", "birth_sex", "biological_sex", "patient_sex", "gender", "patient_gender")
_OF_ONE = {"male": "male", "is_male": "male", "sex_male": "male", "female": "female", "is_female": "female"}
_OF_ONE |= {"sex_female": "female"}
_MALE = frozenset({"m", "male", "man", "boy", "masculine", "mannlich", "männlich", "homme", "masculin", "hombre"})
_FEMALE = frozenset({"f", "female", "w", "woman", "girl", "feminine", "weiblich", "femme", "féminin", "mujer"})
_WORDS = dict.fromkeys(_MALE, "male") | dict.fromkeys(_FEMALE, "female")
_ISO = {"1": "male", "2": "female"}
#: Words for yes and no, except f and t: "f" in a column ``female`` may be false, or female.
_ANSWERS = {word: answer for word, answer in BOOLEANS.items() if word not in {"f", "t"}}
_OTHER = {"male": "female", "female": "male"}
_CODES: dict[bool, tuple[str, Severity, str]] = {
    True: ("sex-mismatch", "serious", "is the sample another person's?"),
    False: (
        "sex-not-clear",
        "warning",
        "mosaicism, another number of X chromosomes, a mixed sample, or another person?",
    ),
}


def sex_column(columns: Iterable[str]) -> str | None:
    """Return the column of recorded sex; None if no name matches.

    >>> sex_column(["age", "Sex"]), sex_column(["age", "female"]), sex_column(["age"])
    ('Sex', 'female', None)
    """
    forms = {name_form(name): name for name in reversed(list(columns))}
    return next((forms[name] for name in (*_NAMES, *_OF_ONE) if name in forms), None)


def recorded_sex(cells: pd.Series[str]) -> pd.Series[str]:
    """Return ``male``, ``female`` or missing for each patient; 0 and 1 are ambiguous.

    Parameters
    ----------
    cells : Series of str, index ``patient_id``
        Recorded sex; its name is that of the column.
    """
    plain = cells.dropna().map(lambda cell: plain_level(str(cell)).strip().casefold())
    one = _OF_ONE.get(name_form(str(cells.name)))
    if one is not None:
        meaning = {word: one if answer else _OTHER[one] for word, answer in _ANSWERS.items()}
    else:
        coded = bool((plain == "2").any()) and set(plain) <= {"0", "1", "2", "3", "9"}
        meaning = _WORDS | (_ISO if coded else {})
    return plain.map(meaning).dropna()


def sex_of(text: str) -> str | None:
    """Return ``male`` or ``female`` for a synonym of either, None for anything else, including numbers.

    >>> sex_of(" F "), sex_of("man"), sex_of("1")
    ('female', 'male', None)
    """
    return _WORDS.get(text.strip().casefold())


def sex_findings(cells: pd.Series[str], sexes: Mapping[str, SexCalls], place: str) -> tuple[Finding, ...]:
    """Return a finding for each patient whose sample has the other sex (serious), or is unclear (warning).

    Parameters
    ----------
    cells : Series of str, index ``patient_id``
        Recorded sex of each patient.
    sexes : mapping of sample to SexCalls
    place : str
        Table and column, for the finding.
    """
    findings = []
    for patient, sex in recorded_sex(cells).items():
        calls = sexes.get(str(patient))
        if calls is None or not (_is_other(sex, calls) or _is_unclear(sex, calls)):
            continue
        message = f"the recorded sex is {sex}, the sample has {_described(calls)}"
        code, severity, advice = _CODES[_is_other(sex, calls)]
        finding = Finding(
            code=code, severity=severity, message=f"{message}: {advice}", patient_id=str(patient), place=place
        )
        findings.append(finding)
    return tuple(findings)


def _is_other(sex: str, calls: SexCalls) -> bool:
    """Return whether X, and Y if known, match the other sex; XXY and X0 do not."""
    if sex == "male":
        return calls.x_copies == "two" and calls.y != "called"
    return calls.x_copies == "one" and calls.y != "not called"


def _is_unclear(sex: str, calls: SexCalls) -> bool:
    if calls.x_copies == "between":
        return True
    if sex == "male":
        return calls.x_copies == "two"
    return calls.x_copies == "one"


def _described(calls: SexCalls) -> str:
    """Describe the calls on the sex chromosomes, with the numbers."""
    copies = {"one": "one X chromosome", "two": "two X chromosomes"}.get(calls.x_copies, "neither one X nor two")
    counts = f"{calls.heterozygous} of {calls.carried} changes on X are heterozygous"
    if calls.x_copies == "one" and calls.haploid:
        counts = f"{calls.haploid} of {calls.known} calls on X have one allele"
    y = f"Y is called at {calls.y_called} of {calls.y_records} records" if calls.y_records else "no record on Y"
    return f"{copies} ({counts}, {y})"
