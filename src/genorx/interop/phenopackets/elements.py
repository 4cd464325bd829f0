"""A phenopacket and its elements: objects, codes, times and ages, each with its path for errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from genorx._core.strict_json import Number
from genorx.errors import InputError, shown
from genorx.interop.reading.dates import day_of, years_of_duration
from genorx.interop.reading.json_files import Document
from genorx.interop.reading.notes import Notes

#: Systems of prefixes whose code system has its own URL.
SYSTEMS = {"LOINC": "http://loinc.org"}
Element = Mapping[str, Any]
_CURIE = re.compile(r"([A-Za-z][\w.]*):[^\s/]+")


class Packet:
    """A packet with its file and path."""

    def __init__(self, content: Element, document: Document, path: str, notes: Notes, shared: Element) -> None:
        self.content, self.document, self.path, self.notes = content, document, path, notes
        self.meta = self.object(content, "metaData") or shared
        version = self.meta.get("phenopacketSchemaVersion")
        self.second = isinstance(version, str) and version.startswith("2")

    def place(self, path: str = "") -> str | None:
        """Return a path in the packet for errors."""
        return self.document.place(".".join(each for each in (self.path, path) if each))

    def refuse(self, reason: str, path: str, code: str = "phenopacket", hint: str | None = None) -> InputError:
        """Return an error with its place in the packet."""
        return InputError(reason, file=self.document.file, place=self.place(path), hint=hint, code=code)

    def object(self, of: Element, name: str) -> Element:
        """Return an object element; empty if absent."""
        found = of.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self.refuse(f"{name} is not an object", name)
        return found

    def objects(self, of: Element, name: str) -> list[Element]:
        """Return an element that is a list of objects; empty if absent."""
        found = of.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.refuse(f"{name} is not a list of objects", name)
        return found

    def text(self, of: Element, name: str) -> str | None:
        """Return a text element; None if absent or empty."""
        found = of.get(name)
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise self.refuse(f"{name} is not text", name)
        return str(found)

    def number(self, of: Element, name: str) -> float | None:
        """Return a numeric element, which may be text, as for large numbers in protobuf."""
        found = of.get(name)
        if found is None or found == "":
            return None
        try:
            return float(found) if isinstance(found, str | Number) else self._no_number(name)
        except ValueError:
            return self._no_number(name)

    def _no_number(self, name: str) -> float:
        raise self.refuse(f"{name} is not a number", name)

    def curie(self, found: Element) -> tuple[str | None, str | None, str | None]:
        """Return system, code and name of an ontology class: the prefix, the whole CURIE, the label.

        For LOINC the code is the part after the prefix, since its system has a URL.
        """
        whole, label = self.text(found, "id"), self.text(found, "label")
        if whole is None:
            return None, None, label
        prefix, colon, rest = whole.partition(":")
        if not colon:
            return None, whole, label
        if prefix in SYSTEMS:
            return SYSTEMS[prefix], rest, label
        return prefix, whole, label

    def check_prefixes(self, *, strict: bool) -> None:
        """Add findings, or raise an error, on prefixes that ``metaData.resources`` does not declare.

        Raises
        ------
        InputError
            ``prefix-not-declared`` if ``strict``.
        """
        declared = {str(each.get("namespacePrefix", "")).upper() for each in self.objects(self.meta, "resources")}
        for prefix in self._prefixes():
            if prefix.upper() in declared:
                continue
            text = f"codes have the prefix {shown(prefix)}, which metaData.resources does not declare"
            if strict:
                raise self.refuse(text, "metaData.resources", "prefix-not-declared")
            self.notes.add("prefix-not-declared", "warning", text, place=self.place("metaData.resources"))

    def _prefixes(self) -> list[str]:
        """Return the prefixes of all codes of the packet: ids of ontology classes, and of genes."""
        met: dict[str, None] = {}
        waiting: list[Any] = [value for name, value in self.content.items() if name != "metaData"]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                waiting.extend(value.values())
                named = [value.get("id")] if set(value) <= {"id", "label"} else []
                for text in (*named, value.get("valueId")):
                    if isinstance(text, str) and (found := _CURIE.fullmatch(text)):
                        met[found[1]] = None
        return list(met)

    def day(self, of: Element, name: str) -> str | None:
        """Return a timestamp element as a day.

        Raises
        ------
        InputError
            ``date`` if it is not a date.
        """
        found = self.text(of, name)
        if found is None:
            return None
        made = day_of(found)
        if made is None:
            raise self.refuse("this is not a valid date", name, "date")
        return made

    def time_day(self, found: Element) -> str | None:
        """Return the day of a TimeElement: its timestamp, otherwise the start of its interval."""
        if "timestamp" in found:
            return self.day(found, "timestamp")
        return self.day(self.object(found, "interval"), "start")

    def years(self, found: Element) -> float | None:
        """Return the years of a TimeElement or an Age; None for a gestational age."""
        if "gestationalAge" in found:
            return None
        age = found.get("age", found)
        if isinstance(age, dict):
            age = age.get("iso8601duration", age.get("age"))
        return years_of_duration(age) if isinstance(age, str) else None
