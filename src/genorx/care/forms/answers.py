"""Answers to a study's questionnaire as rows of its tables, with the words and units of its files.

All faults of a response are reported at once.  The rows are checked by the study's rules in ``forms.audit``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.output import FORMULA_STARTS
from genorx._core.strict_json import typed
from genorx._core.units import UnitError, conversion, parse_unit, unit_of_name
from genorx.care.forms.cells import ELEMENTS
from genorx.care.forms.form import Form, FormItem, FormTable
from genorx.care.forms.questionnaire import form_of
from genorx.cohort.faults import Faults
from genorx.cohort.tables.raw import TEXT
from genorx.errors import Finding, InputError, shown
from genorx.interop.fhir_in.elements import UCUM
from genorx.interop.reading.dates import is_moment

if TYPE_CHECKING:
    from genorx.cohort import Study

Json = Mapping[str, Any]
_KIND = "QuestionnaireResponse"
_TOO_LARGE = 1e300  # NaN and infinity are not below it either


def answers(response: Json | str | Path, study: Study | str | Path) -> dict[str, pd.DataFrame]:
    """Return the answers of one patient as rows of the study's tables.

    Parameters
    ----------
    response : dict or path
        A QuestionnaireResponse to the questionnaire of this study.
    study : Study or path
        Study of the questionnaire.

    Returns
    -------
    dict of str to DataFrame
        One row for each table, by the stem of its file: the patient's id, then the columns of the form, in the order of
        the file, as text in the file's spelling; unanswered items are missing.  ``attrs["findings"]`` has the findings,
        such as converted units.

    Raises
    ------
    InputError
        All faults of the response at once: ``other-questionnaire``, ``response-status``, ``answer-unknown``,
        ``answer-twice``, ``answer-type``, ``answer-unit``, ``answer-level``, ``no-subject``; ``fhir`` for any other
        resource; for a file also as the strict reading of JSON and FHIR.
    """
    form = form_of(study)
    value, file = _read(response)
    reading = _Answers(form=form, file=file)
    reading.take(value)
    reading.faults.raise_if_any()
    return {table.stem: reading.row(table) for table in form.tables}


def _read(response: Json | str | Path) -> tuple[Json, str | None]:
    """Return the response and its file."""
    if not isinstance(response, str | Path):
        _check_kind([response], None)
        return response, None
    from genorx.interop.fhir_in.walk import check_dates, resources_of
    from genorx.interop.reading.json_files import documents

    path, found = Path(response), []
    for document in documents(path):
        for resource, at, _ in resources_of(document):
            check_dates(resource, document, at)
            found.append(typed(resource))
    _check_kind(found, str(path))
    return found[0], str(path)


def _check_kind(found: list[Any], file: str | None) -> None:
    kinds = [each.get("resourceType") if isinstance(each, Mapping) else None for each in found]
    if kinds != [_KIND]:
        reason = f"one {_KIND} is needed, there {'is' if len(found) == 1 else 'are'} {len(found)} resources"
        if len(found) == 1:
            reason = f"this is a {shown(kinds[0])}, not a {_KIND}" if kinds[0] else "there is no resourceType"
        raise InputError(reason, file=file, code="fhir")


@dataclass(kw_only=True)
class _Answers:
    """Answers by item, with faults and findings."""

    form: Form
    file: str | None
    patient: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def take(self, response: Json) -> None:
        """Read a response."""
        if _text(response.get("questionnaire")).partition("|")[0] != self.form.url:  # a version may follow it
            hint = "answers must be to the questionnaire of this study with these tables"
            self._fault("the response is to another questionnaire", "questionnaire", "other-questionnaire", hint)
            return
        if response.get("status") == "entered-in-error":
            self._fault("the response was entered in error", "status", "response-status")
        self.patient = _text(_object(_object(response.get("subject")).get("identifier")).get("value"))
        if not self.patient:
            self._fault("the response names no patient", "subject.identifier.value", "no-subject")
        seen: set[str] = set()
        for item, path in _items(response):
            self._item(item, path, seen)

    def _item(self, item: Json, path: str, seen: set[str]) -> None:
        link = item.get("linkId")
        known = self.form.by_link.get(link) if isinstance(link, str) else None
        given = [each for each in _list(item.get("answer")) if isinstance(each, Mapping)]
        if known is None:
            if not isinstance(link, str) or link not in {table.stem for table in self.form.tables}:
                self._fault(f"the study has no item {shown(link)!r}", path, "answer-unknown")
            elif given:
                self._fault(f"the group {shown(link)!r} has an answer of its own", path, "answer-type")
            return
        if known.link in seen or len(given) > 1:
            self._fault(f"{shown(known.link)!r} is answered twice", path, "answer-twice")
            return
        seen.add(known.link)
        for answer in given:
            self._answer(known, answer, f"{path}.answer[0]")

    def _answer(self, item: FormItem, answer: Json, path: str) -> None:
        element = ELEMENTS[item.kind]
        values = {name: value for name, value in answer.items() if name.startswith("value")}
        if not values:
            return
        if list(values) != [element]:
            self._fault(f"{shown(item.link)!r} asks for {element}", path, "answer-type")
            return
        try:
            cell = _TAKEN[item.kind](self, item, values[element])
        except _AnswerError as error:
            self._fault(error.reason, f"{path}.{element}", error.code)
            return
        if cell is not None:
            self.cells[item.link] = cell

    def _fault(self, reason: str, path: str, code: str, hint: str | None = None) -> None:
        self.faults.add(InputError(reason, file=self.file, place=path or None, hint=hint, code=code))

    def note(self, code: str, message: str, item: FormItem) -> None:
        """Record a finding about an answer."""
        self.findings.append(
            Finding(code=code, severity="warning", message=message, patient_id=self.patient or None, place=item.link)
        )

    def row(self, table: FormTable) -> pd.DataFrame:
        """Return the row of a table, with findings."""
        cells = {self.form.patient_id: self.patient} | {item.column: self.cells.get(item.link) for item in table.items}
        frame = pd.DataFrame({name: pd.Series([cell], dtype=TEXT) for name, cell in cells.items()})
        links = {item.link for item in table.items}
        frame.attrs["findings"] = tuple(finding for finding in self.findings if finding.place in links)
        return frame


class _AnswerError(Exception):
    """An answer that does not fit its item."""

    def __init__(self, reason: str, code: str = "answer-type") -> None:
        super().__init__(reason, code)
        self.reason, self.code = reason, code


def _object(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _items(response: Json) -> Iterator[tuple[Json, str]]:
    """Yield every item of a response with its path, at any depth."""
    waiting: list[tuple[Any, str]] = [(response, "")]
    while waiting:
        holder, path = waiting.pop(0)
        for number, each in enumerate(_list(_object(holder).get("item"))):
            here = f"{path}.item[{number}]".removeprefix(".")
            yield _object(each), here
            waiting.append((each, here))
            waiting += [
                (answer, f"{here}.answer[{at}]") for at, answer in enumerate(_list(_object(each).get("answer")))
            ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_LARGE


def _quantity(reading: _Answers, item: FormItem, value: Any) -> str | None:
    quantity = _object(value)
    number = quantity.get("value")
    if number is None or not _is_number(number) or quantity.get("comparator"):
        raise _AnswerError(f"{shown(item.link)!r} asks for a number with a unit")
    unit = quantity.get("code") if quantity.get("system") == UCUM else None
    return item.cells.to_cell(_in_unit(reading, item, number, _text(unit) or _text(quantity.get("unit"))))


def _in_unit(reading: _Answers, item: FormItem, number: float, unit: str) -> float:
    """Convert a number to the unit of the file."""
    wanted = item.unit or "1"
    if unit == wanted:
        return number
    try:
        if unit and parse_unit(unit) == parse_unit(wanted):
            return number
        linear = conversion(unit, wanted, unit_of_name(item.column)[0])
    except UnitError as error:
        stated = f"in {shown(unit)!r}" if unit else "without a unit"
        reason = f"{shown(item.link)!r} is requested in {shown(wanted)!r} and was answered {stated}"
        raise _AnswerError(reason, "answer-unit") from error
    converted = float(f"{float(linear(number)):.12g}")
    message = f"{number:g} {shown(unit)} was converted to {converted:g} {shown(wanted)}"
    reading.note("answer-converted", message, item)
    return converted


def _decimal(_: _Answers, item: FormItem, value: Any) -> str | None:
    if not _is_number(value):
        raise _AnswerError(f"{shown(item.link)!r} asks for a number")
    return item.cells.to_cell(value)


def _integer(_: _Answers, item: FormItem, value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _AnswerError(f"{shown(item.link)!r} asks for a whole number")
    return item.cells.to_cell(value)


def _boolean(_: _Answers, item: FormItem, value: Any) -> str | None:
    if not isinstance(value, bool):
        raise _AnswerError(f"{shown(item.link)!r} asks for true or false")
    return item.cells.to_cell(value)


def _choice(_: _Answers, item: FormItem, value: Any) -> str | None:
    coding = _object(value)
    if not isinstance(coding.get("code"), str):
        raise _AnswerError(f"{shown(item.link)!r} asks for one of its levels")
    if coding["code"] not in item.cells.levels or coding.get("system", item.system) != item.system:
        raise _AnswerError(f"the answer to {shown(item.link)!r} is none of its levels", "answer-level")
    return item.cells.to_cell(coding["code"])


def _date(_: _Answers, item: FormItem, value: Any) -> str | None:
    cell = item.cells.to_cell(value) if isinstance(value, str) and is_moment(value) else None
    if cell is None:
        raise _AnswerError(f"{shown(item.link)!r} asks for a day (YYYY-MM-DD)")
    return cell


def _string(reading: _Answers, item: FormItem, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _AnswerError(f"{shown(item.link)!r} asks for text")
    if value.startswith(FORMULA_STARTS):
        reading.note("answer-formula", "the text begins like a formula: a spreadsheet may run it", item)
    return value or None


_TAKEN = {
    "quantity": _quantity,
    "decimal": _decimal,
    "integer": _integer,
    "boolean": _boolean,
    "choice": _choice,
    "date": _date,
    "text": _string,
}
