"""The sex that a table records, against the sex chromosomes of the patient's germline sample.

A difference says that the sample, the row or the entry is another person's, or that a person's chromosomes are not
those that the record suggests; which of these, the calls do not tell.
Source of the codes 1 and 2: ISO/IEC 5218.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from genorx.cohort.tables.columns import name_form
from genorx.cohort.tables.levels import plain_level
from genorx.errors import Finding, shown
from genorx.variants.sex_chromosomes import SexCalls

_NAMES = ("sex", "sex_at_birth", "birth_sex", "biological_sex", "patient_sex", "gender", "patient_gender")
_OF_ONE = {"male": "male", "is_male": "male", "sex_male": "male", "female": "female", "is_female": "female"}
_OF_ONE |= {"sex_female": "female"}
_MALE = frozenset({"m", "male", "man", "boy", "masculine", "mannlich", "männlich", "homme", "masculin", "hombre"})
_FEMALE = frozenset({"f", "female", "w", "woman", "girl", "feminine", "weiblich", "femme", "féminin", "mujer"})
_ISO = {"1": "male", "2": "female"}
_YES, _NO = frozenset({"1", "yes", "true"}), frozenset({"0", "no", "false"})
_OTHER = {"male": "female", "female": "male"}
_SOME = 5


def sex_column(columns: Iterable[str]) -> str | None:
    """Return the column that records the sex; None where no name says so.

    >>> sex_column(["age", "Sex"]), sex_column(["age", "female"]), sex_column(["age"])
    ('Sex', 'female', None)
    """
    forms = {name_form(name): name for name in reversed(list(columns))}
    return next((forms[name] for name in (*_NAMES, *_OF_ONE) if name in forms), None)


def recorded_sex(cells: pd.Series[str]) -> pd.Series[str]:
    """Return ``male``, ``female`` or missing of each patient; of 0 and 1 nobody knows which is which.

    Parameters
    ----------
    cells : Series of str, index ``patient_id``
        Named as the column.
    """
    plain = cells.dropna().map(lambda cell: plain_level(str(cell)).strip().casefold())
    one = _OF_ONE.get(name_form(str(cells.name)))
    if one is not None:
        meaning = dict.fromkeys(_YES, one) | dict.fromkeys(_NO, _OTHER[one])
    else:
        coded = bool((plain == "2").any()) and set(plain) <= {"0", "1", "2", "3", "9"}
        meaning = dict.fromkeys(_MALE, "male") | dict.fromkeys(_FEMALE, "female") | (_ISO if coded else {})
    return plain.map(meaning).dropna()


def sex_findings(cells: pd.Series[str], sexes: Mapping[str, SexCalls], place: str) -> tuple[Finding, ...]:
    """Return a serious finding for each patient whose sample is of the other sex, and one of all that are not clear.

    Parameters
    ----------
    cells : Series of str, index ``patient_id``
        Column of the sex.
    sexes : mapping of sample to SexCalls
    place : str
        Table and column.
    """
    findings, unclear = [], []
    for patient, sex in recorded_sex(cells).items():
        calls = sexes.get(str(patient))
        if calls is None:
            continue
        if _is_other(sex, calls):
            message = f"the record says {sex}, the sample {_told(calls)}: is it of another person?"
            finding = Finding(
                code="sex-mismatch", severity="serious", message=message, patient_id=str(patient), place=place
            )
            findings.append(finding)
        elif _is_unclear(sex, calls):
            unclear.append(str(patient))
    if unclear:
        some = ", ".join(map(shown, unclear[:_SOME])) + (", ..." if len(unclear) > _SOME else "")
        message = (
            f"the sex chromosomes of {len(unclear)} samples are not clear: X and Y disagree, or X lies between one "
            f"and two, as in mosaics, mixed samples and other numbers of X: {some}"
        )
        findings.append(Finding(code="sex-not-clear", severity="warning", message=message, place=place))
    return tuple(findings)


def _is_other(sex: str, calls: SexCalls) -> bool:
    """Tell whether X, and Y where it is known, are those of the other sex; XXY and X0 are not."""
    if sex == "male":
        return calls.x_copies == "two" and calls.y != "called"
    return calls.x_copies == "one" and calls.y != "not called"


def _is_unclear(sex: str, calls: SexCalls) -> bool:
    if calls.x_copies == "between":
        return True
    if sex == "male":
        return calls.x_copies == "two"
    return calls.x_copies == "one"


def _told(calls: SexCalls) -> str:
    if calls.x_copies == "two":
        seen = f"two X chromosomes ({calls.heterozygous} of {calls.carried} changes on X are heterozygous"
    elif calls.haploid:
        seen = f"one X chromosome ({calls.haploid} of {calls.known} calls on X are of one allele"
    else:
        seen = f"one X chromosome ({calls.heterozygous} of {calls.carried} changes on X are heterozygous"
    y = {"called": f", Y is called at {calls.y_called} of {calls.y_records} records"}
    return f"{seen}{y.get(calls.y, f', Y: {calls.y}')})"
