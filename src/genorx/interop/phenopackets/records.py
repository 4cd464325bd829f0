"""Subject, features, diseases, measurements and medical actions of a phenopacket as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genorx.interop.phenopackets.elements import Element, Packet

Row = dict[str, Any]
_SEX = {"MALE": "male", "FEMALE": "female", "OTHER_SEX": "other"}


def subject_row(packet: Packet, subject: Element) -> Row:
    """Return the row of ``patients``."""
    vital = packet.object(subject, "vitalStatus")
    age = packet.years(packet.object(subject, "timeAtLastEncounter"))
    if age is None:
        age = packet.years(packet.object(subject, "ageAtCollection"))
    dead = vital.get("status") == "DECEASED"
    return {
        "sex": _SEX.get(str(subject.get("sex"))),
        "birth_date": packet.day(subject, "dateOfBirth"),
        "age_years": age,
        "deceased": 1.0 if dead else 0.0 if vital.get("status") == "ALIVE" else None,
        "death_date": packet.time_day(packet.object(vital, "timeOfDeath")),
    }


def condition_rows(packet: Packet) -> Iterator[tuple[str, Row]]:
    """Yield the rows of phenotypic features and diseases, including excluded ones."""
    for each in packet.objects(packet.content, "phenotypicFeatures"):
        yield "conditions", _condition(packet, each, "type", "phenotype")
    for each in packet.objects(packet.content, "diseases"):
        stages = [packet.curie(stage)[1] for stage in packet.objects(each, "diseaseStage")]
        joined = "; ".join(stage for stage in stages if stage)
        yield "conditions", _condition(packet, each, "term", "disease") | {"stage": joined or None}


def _condition(packet: Packet, found: Element, name: str, kind: str) -> Row:
    system, code, label = packet.curie(packet.object(found, name))
    onset = packet.object(found, "onset") or packet.object(found, "ageOfOnset")
    excluded = found.get("excluded", found.get("negated", False)) is True
    return {
        "kind": kind,
        "system": system,
        "code": code,
        "name": label,
        "excluded": float(excluded),
        "onset_date": packet.time_day(onset),
        "onset_age_years": packet.years(onset),
    }


def measurement_rows(packet: Packet) -> Iterator[tuple[str, Row]]:
    """Yield the rows of measurements, of the packet and its biosamples; a complex value has one row per quantity."""
    for holder in (packet.content, *packet.objects(packet.content, "biosamples")):
        for each in packet.objects(holder, "measurements"):
            system, code, label = packet.curie(packet.object(each, "assay"))
            when = packet.time_day(packet.object(each, "timeObserved"))
            shared = {"system": system, "code": code, "name": label, "date": when}
            complex_value = packet.object(each, "complexValue")
            if complex_value:
                for typed in packet.objects(complex_value, "typedQuantities"):
                    system, code, label = packet.curie(packet.object(typed, "type"))
                    quantity = _quantity(packet, packet.object(typed, "quantity"))
                    yield "measurements", {**shared, "system": system, "code": code, "name": label, **quantity}
            else:
                yield "measurements", {**shared, **_value(packet, packet.object(each, "value"))}


def _value(packet: Packet, value: Element) -> Row:
    if "ontologyClass" in value:
        system, code, label = packet.curie(packet.object(value, "ontologyClass"))
        return {"value_system": system, "value_code": code, "value_text": label}
    return _quantity(packet, packet.object(value, "quantity"))


def _quantity(packet: Packet, quantity: Element) -> Row:
    unit = packet.object(quantity, "unit")
    identifier, label = packet.text(unit, "id"), packet.text(unit, "label")
    packet.curie(unit)
    ucum = identifier.partition(":")[2] if identifier and identifier.startswith("UCUM:") else None
    return {"value": packet.number(quantity, "value"), "unit": ucum or label}


def medical_action_rows(packet: Packet) -> Iterator[tuple[str, Row]]:
    """Yield the rows of medical actions: treatments, and procedures, radiotherapies and regimens."""
    for each in packet.objects(packet.content, "medicalActions"):
        if "treatment" in each:
            yield "medications", _treatment(packet, packet.object(each, "treatment"))
        if "procedure" in each:
            found = packet.object(each, "procedure")
            yield "procedures", _procedure(packet, found, "code", packet.object(found, "performed"))
        if "radiationTherapy" in each:
            yield "procedures", _procedure(packet, packet.object(each, "radiationTherapy"), "modality", {})
        if "therapeuticRegimen" in each:
            yield "procedures", _regimen(packet, packet.object(each, "therapeuticRegimen"))


def _treatment(packet: Packet, found: Element) -> Row:
    system, code, label = packet.curie(packet.object(found, "agent"))
    doses = packet.objects(found, "doseIntervals")
    spans = [packet.object(each, "interval") for each in doses]
    first = _quantity(packet, packet.object(doses[0], "quantity")) if doses else {}
    return {
        "kind": "treatment",
        "system": system,
        "code": code,
        "name": label,
        "start": packet.day(spans[0], "start") if spans else None,
        "end": packet.day(spans[-1], "end") if spans else None,
        "dose": first.get("value"),
        "dose_unit": first.get("unit"),
    }


def _procedure(packet: Packet, found: Element, name: str, when: Element) -> Row:
    system, code, label = packet.curie(packet.object(found, name))
    return {"system": system, "code": code, "name": label, "date": packet.time_day(when)}


def _regimen(packet: Packet, found: Element) -> Row:
    named = packet.object(found, "ontologyClass") or packet.object(found, "externalReference")
    system, code, label = packet.curie(named)
    started = packet.time_day(packet.object(found, "startTime"))
    status = packet.text(found, "regimenStatus")
    return {"system": system, "code": code, "name": label, "date": started, "status": status}
