"""Duplicate resources: equal content counts once, different content under one id is refused.

Two hashes of eight bytes and the place of each resource are kept, so that a million resources take a few megabytes.
"""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx.errors import InputError
from genorx.interop.fhir_in.elements import Resource
from genorx.interop.reading.json_files import Document

#: Text of a resource that does not depend on the order of its keys.
_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, check_circular=False).encode


class Seen:
    """All resources so far, by type and id."""

    def __init__(self) -> None:
        self._names, self._contents = array("q"), array("q")
        self._lines, self._files = array("i"), array("i")
        self._paths: list[str] = []
        self._known: list[Path] = []

    def add(self, resource: Resource, document: Document, path: str) -> int:
        """Register a resource; return its number."""
        number = len(self._names)
        name = resource.get("id")
        content = _text(resource)
        self._names.append(hash((resource["resourceType"], name)) if name else hash((number, content)))
        self._contents.append(hash(content))
        if not self._known or self._known[-1] != document.file:
            self._known.append(document.file)
        self._files.append(len(self._known) - 1)
        if document.line is None or path:  # several in one document: the path distinguishes them
            self._paths.append(document.place(path) or "")
            self._lines.append(-len(self._paths))
        else:
            self._lines.append(document.line)
        return number

    def repeated(self) -> NDArray[np.int64]:
        """Return the numbers of resources that repeat an earlier one.

        Raises
        ------
        InputError
            ``resource-twice`` if two of the same type and id differ in content.
        """
        if not self._names:
            return np.empty(0, dtype=np.int64)
        names = np.frombuffer(self._names, dtype=np.int64)
        contents = np.frombuffer(self._contents, dtype=np.int64)
        order = np.argsort(names, kind="stable")
        again = np.flatnonzero(names[order][1:] == names[order][:-1]) + 1
        for place in again:
            if contents[order[place]] != contents[order[place - 1]]:
                self._refuse(int(order[place]))
        return np.sort(order[again]).astype(np.int64)

    def _refuse(self, number: int) -> None:
        line = self._lines[number]
        place = f"line {line}" if line >= 0 else self._paths[-line - 1]
        reason = "a resource of this type and id occurs here and before, with different content"
        file = self._known[self._files[number]]
        raise InputError(reason, file=file, place=place or None, code="resource-twice")
