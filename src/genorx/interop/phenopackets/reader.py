"""Phenopackets, families and cohorts to record tables.

Source: GA4GH Phenopacket Schema 1.0 and 2.0 (https://phenopacket-schema.readthedocs.io).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from genorx._core.progress import track
from genorx.errors import InputError, UsageError, shown
from genorx.interop.phenopackets.elements import Packet
from genorx.interop.phenopackets.records import (
    condition_rows,
    measurement_rows,
    medical_action_rows,
    subject_row,
)
from genorx.interop.phenopackets.variants import variant_rows
from genorx.interop.reading.json_files import Document, documents, json_paths
from genorx.interop.reading.notes import Notes
from genorx.interop.reading.record_tables import RecordTables, made_tables
from genorx.interop.reading.rows import Rows

_HUMAN = "NCBITaxon:9606"


def read_phenopackets(
    path: str | Path | Iterable[str | Path], *, patient_id: str = "subject", strict: bool = False
) -> RecordTables:
    """Return the record tables of phenopackets of version 1 or 2: single ones, families, cohorts.

    Parameters
    ----------
    path : path, or list of paths
        JSON files, NDJSON (one packet per line), or a folder of them.
    patient_id : {"subject", "packet"}
        Id that names the patient, ``"subject"`` by default; subjects of published packets are often named "patient" or
        "proband".
    strict : bool
        Whether a code whose prefix is not declared in the packet is an error.  The default is False.

    Returns
    -------
    RecordTables

    Raises
    ------
    InputError
        ``phenopacket``, ``patient-twice``, ``not-human``, ``date``, ``prefix-not-declared``; and those of the JSON.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import json
    >>> packet = {"id": "k1", "subject": {"id": "s1", "sex": "FEMALE"}}
    >>> packet |= {"metaData": {"phenopacketSchemaVersion": "2.0", "resources": []}}
    >>> _ = (folder / "packet.json").write_text(json.dumps(packet))
    >>> read_phenopackets(folder / "packet.json").patients[["patient_id", "sex"]].values.tolist()
    [['s1', 'female']]
    """
    if patient_id not in ("subject", "packet"):
        raise UsageError('patient_id is "subject" or "packet"')
    reader = _Reader(by_packet=patient_id == "packet", strict=strict)
    paths = json_paths(path)
    for each in track(paths, "reading phenopackets", len(paths)):
        for document in documents(each):
            reader.take(document)
    return made_tables(
        reader.rows.frames(),
        reader.notes.findings(),
        {"format": "phenopackets", "files": [path.name for path in paths]},
    )


class _Reader:
    def __init__(self, *, by_packet: bool, strict: bool) -> None:
        self.by_packet, self.strict = by_packet, strict
        self.rows, self.notes = Rows(), Notes()
        self.seen: set[str] = set()

    def take(self, document: Document) -> None:
        for content, path, is_member, shared in _packets(document):
            self._packet(Packet(content, document, path, self.notes, shared), is_member=is_member)

    def _packet(self, packet: Packet, *, is_member: bool) -> None:
        subject = packet.object(packet.content, "subject")
        if not packet.text(subject, "id"):
            raise packet.refuse("there is no subject.id", "subject.id")
        if not is_member:
            for name in ("id", "metaData"):
                if not packet.content.get(name):
                    raise packet.refuse(f"there is no {name}", name)
        taxonomy = packet.object(subject, "taxonomy").get("id")
        if taxonomy not in (None, "", _HUMAN):
            raise packet.refuse(f"the subject is {shown(taxonomy)}, not human", "subject.taxonomy", "not-human")
        whose = self._whose(packet, str(subject["id"]))
        rows = self.rows
        rows.add("patients", subject_row(packet, subject) | {"patient_id": whose})
        source = f"{packet.document.file.name}#Phenopacket/{packet.content.get('id') or subject['id']}"
        for table, row in (
            *condition_rows(packet),
            *measurement_rows(packet),
            *medical_action_rows(packet),
            *variant_rows(packet),
        ):
            rows.add(table, row | {"patient_id": whose, "source": source})
        self._files(packet)
        packet.check_prefixes(strict=self.strict)

    def _whose(self, packet: Packet, subject: str) -> str:
        whose = str(packet.content.get("id") or subject) if self.by_packet else subject
        if whose in self.seen:
            hint = None if self.by_packet else 'patient_id="packet" uses the ids of the packets (--id packet)'
            reason = "two packets have the same patient id"
            raise packet.refuse(reason, "id" if self.by_packet else "subject.id", "patient-twice", hint)
        self.seen.add(whose)
        return whose

    def _files(self, packet: Packet) -> None:
        listed = [packet.content, *packet.objects(packet.content, "biosamples")]
        for holder in listed:
            for name in ("files", "htsFiles"):
                for each in packet.objects(holder, name):
                    uri = shown(each.get("uri") or "a file")
                    self.notes.add("file-named", "info", f"a file is named and not opened: {uri}", place=packet.place())


def _packets(document: Document) -> Iterator[tuple[Mapping[str, Any], str, bool, Mapping[str, Any]]]:
    """Yield each packet of a document, its path, whether it is a relative or member, and inherited declarations."""
    value = document.value
    if not isinstance(value, dict):
        raise InputError("this is no phenopacket", file=document.file, place=document.place(), code="phenopacket")
    if "proband" not in value and "members" not in value:
        yield value, "", False, {}
        return
    for name in ("id", "metaData"):
        if not value.get(name):
            place = document.place(name)
            raise InputError(f"there is no {name}", file=document.file, place=place, code="phenopacket")
    meta = value["metaData"] if isinstance(value["metaData"], dict) else {}
    if "proband" in value:
        yield _is_object(value["proband"], document, "proband"), "proband", True, meta
    for name in ("relatives", "members"):
        listed = value.get(name) or []
        if not isinstance(listed, list):
            raise InputError(f"{name} is no list", file=document.file, place=document.place(name), code="phenopacket")
        for number, each in enumerate(listed):
            path = f"{name}[{number}]"
            yield _is_object(each, document, path), path, True, meta


def _is_object(value: Any, document: Document, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError("this is no phenopacket", file=document.file, place=document.place(path), code="phenopacket")
    return value
