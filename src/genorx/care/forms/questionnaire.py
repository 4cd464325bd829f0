"""Record tables of a study as a FHIR R4 Questionnaire, and patients' known values as QuestionnaireResponses.

Missing is no answer: never 0, never "no".
Source: HL7 FHIR R4 4.0.1, Questionnaire and QuestionnaireResponse (https://hl7.org/fhir/R4/questionnaire.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx.care.answer import no_such
from genorx.care.forms.cells import ELEMENTS
from genorx.care.forms.form import Form, FormItem, FormTable
from genorx.care.forms.pack_years import enable_when
from genorx.interop.fhir_in.elements import UCUM

if TYPE_CHECKING:
    from genorx.cohort import Study

Json = dict[str, Any]
#: Extension of an answer: the file and row of its source.
SOURCE = "urn:genorx:source"
_UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_LIMITS = tuple(f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("minValue", "maxValue"))
_EVERYBODY = "all"


def questionnaire(study: Study | str | Path, fill: str | None = None) -> Any:
    """Return a FHIR R4 Questionnaire for a study's record tables, and known values of patients as responses to it.

    There is one group per table, with one item for each column except the patient's id, excluded columns, and those
    used as outcome or treatment.  Variant files are not opened.

    Parameters
    ----------
    study : Study or path
        Study whose record tables become the form.
    fill : str, optional
        Id of a patient whose known values are filled in, or ``all``; by default none.

    Returns
    -------
    dict, or tuple of dict and dict
        The Questionnaire; with a patient also the QuestionnaireResponse; with ``all`` a dict of responses by patient
        id.

    Raises
    ------
    UsageError
        ``no-such-patient``.
    InputError
        As ``Study.read`` and ``Study.load``, for the record tables.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import genorx as gx
    >>> files = gx.datasets.write_demo(folder)
    >>> form = gx.care.questionnaire(files.study)
    >>> form["resourceType"], len(form["item"])
    ('Questionnaire', 3)
    """
    form = form_of(study)
    made = _questionnaire(form)
    if fill is None:
        return made
    if fill == _EVERYBODY:
        return made, {patient: _response(form, patient) for patient in form.patients}
    if fill not in form.patients:
        raise no_such("patient", fill, list(form.patients))
    return made, _response(form, fill)


def form_of(study: Study | str | Path) -> Form:
    """Return the form of a study, or of its file."""
    from genorx.cohort import Study

    return Form.of(study if isinstance(study, Study) else Study.read(study))


def _questionnaire(form: Form) -> Json:
    conditions = enable_when(form)
    groups = [
        {
            "linkId": table.stem,
            "text": table.stem,
            "type": "group",
            "item": [_item(item) | conditions.get(item.link, {}) for item in table.items],
        }
        for table in form.tables
        if table.items
    ]
    return {
        "resourceType": "Questionnaire",
        "id": form.url.rpartition(":")[2],
        "url": form.url,
        "title": form.name,
        "status": "draft",
        "subjectType": ["Patient"],
        "item": groups,
    }


def _item(item: FormItem) -> Json:
    extensions = [*_unit(item), *_limits(item)]
    made: Json = {"extension": extensions} if extensions else {}
    made |= {"linkId": item.link, "text": item.text, "type": item.kind}
    if item.kind == "choice":
        made["answerOption"] = [{"valueCoding": _coding(item, level)} for level in item.cells.levels]
    return made


def _unit(item: FormItem) -> Iterator[Json]:
    if item.unit is not None:
        yield {"url": _UNIT, "valueCoding": {"system": UCUM, "code": item.unit, "display": item.unit}}


def _limits(item: FormItem) -> Iterator[Json]:
    if item.limits is None:
        return
    for url, end in zip(_LIMITS, item.limits, strict=True):
        whole = item.kind == "integer" and end.is_integer()
        yield {"url": url, "valueInteger": int(end)} if whole else {"url": url, "valueDecimal": end}


def _coding(item: FormItem, level: str) -> Json:
    return {"system": item.system, "code": level, "display": level}


def _response(form: Form, patient: str) -> Json:
    groups = [{"linkId": table.stem, "item": answers} for table in form.tables if (answers := _answers(table, patient))]
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": form.url,
        "status": "completed",
        "subject": {"identifier": {"value": patient}},
    }
    return response | ({"item": groups} if groups else {})


def _answers(table: FormTable, patient: str) -> list[Json]:
    """Return a patient's known values from a table."""
    place = table.rows.get(patient)
    if place is None:
        return []
    source = {"url": SOURCE, "valueString": f"{table.raw.path.name}: {table.raw.place(place)}"}
    cells = table.records[place]
    return [
        {"linkId": item.link, "answer": [{"extension": [source], ELEMENTS[item.kind]: _value(item, cell)}]}
        for item in table.items
        if (cell := cells[item.column]) is not None
    ]


def _value(item: FormItem, cell: str) -> Any:
    value = item.cells.to_value(cell)
    if item.kind == "choice":
        return {"system": item.system, "code": value}
    if item.kind == "quantity":
        return {"value": value, "unit": item.unit, "system": UCUM, "code": item.unit}
    return value
