"""The model file: JSON and plain arrays in an uncompressed zip, read without running any of its content.

Layout: ``manifest.json`` (format, digests), ``values.json``, ``arrays/00000.npy`` and on.  The writer is
deterministic, and the reader takes a file only if writing its content again gives the same bytes; so a changed byte
anywhere, an extra member, a second copy of a member or text after the end are all refused.  Digests detect damage and
careless edits; they are no signature: whoever can write the file can also write digests.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx._core.provenance import json_digest
from genorx._core.short_repr import short
from genorx._core.whole_files import atomic_path
from genorx.errors import ModelFileError, shown

FORMAT = "genorx-model"
FORMAT_VERSION = 2  # the first one stored hazards by event time, which disclose patients

_HINT = "copy the file again from its source, or fit again"
_FILE = FileKind(
    name="model file",
    error=ModelFileError,
    code="model-damaged",
    absent="file-not-found",
    absent_hint="genorx fit makes one",
    damaged_hint=_HINT,
)
_MAX_MEMBERS = 20_000
_MANIFEST, _VALUES = "manifest.json", "values.json"
_ARRAY_NAME = re.compile(r"arrays/\d{5}\.npy")
_ARRAY_KINDS = "biufU"  # no objects: they would need pickle
# The header of an array as numpy writes it: nothing else is accepted, so that nothing has to be evaluated.
_ARRAY_HEADER = re.compile(
    rb"\{'descr': '(?P<dtype>[<|][biufU]\d{1,9})', 'fortran_order': False, 'shape': \((?P<shape>[\d, ]*)\), \} *\n"
)
_ARRAY_MAGIC = b"\x93NUMPY\x01\x00"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
# Errors of zipfile for a file that is no zip file, or that was truncated or altered.
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)


@short
@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Content of a model file.

    Attributes
    ----------
    values : dict
        JSON values.
    arrays : dict of str to array
        Numbers, booleans or fixed-width text.
    digest : str
        SHA-256 over format, values and arrays.
    """

    values: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    digest: str


def bundle_digest(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the digest of a model file with this content."""
    digest: str = json.loads(_members(values, arrays)[_MANIFEST])["digest"]
    return digest


def content_mark(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a fingerprint of the content, much faster than its digest."""
    found = hashlib.sha256(_compact(values))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype} {np.shape(arrays[name])}".encode())
        found.update(array.data.cast("B") if array.size else b"")
    return found.hexdigest()


def write_bundle(path: str | Path, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write a model file atomically, and return its digest; same content, same bytes.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> import numpy as np
    >>> from genorx.ranking import read_bundle
    >>> digest = write_bundle(folder / "own.model", {"name": "a"}, {"beta": np.array([0.5])})
    >>> float(read_bundle(folder / "own.model").arrays["beta"][0])
    0.5
    """
    members = _members(values, arrays)
    with atomic_path(path) as part:
        part.write_bytes(_archive(members))
    digest: str = json.loads(members[_MANIFEST])["digest"]
    return digest


def read_bundle(path: str | Path) -> Bundle:
    """Read a model file and verify every byte of it.

    Raises
    ------
    ModelFileError
        ``model-damaged``: it cannot be read as a model file; ``model-changed``: it can, but was changed since it was
        written; ``model-too-new``: written by a later genorx; ``model-too-old``: written by an earlier one.
    """
    data = _read(Path(path))
    members = _unpack(data, path)
    manifest = _json(members[_MANIFEST], path, _MANIFEST)
    _check_format(manifest, path)
    values = _json(members[_VALUES], path, _VALUES)
    names = values.pop("arrays", None)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _fault("model-damaged", "it does not list its arrays", path, _VALUES)
    stored = [name for name in members if _ARRAY_NAME.fullmatch(name)]
    if len(names) != len(set(names)) or len(names) != len(stored):
        raise _fault("model-damaged", f"it lists {len(names)} arrays and holds {len(stored)}", path, _VALUES)
    arrays = {name: _array(members[_array_name(i)], path, _array_name(i)) for i, name in enumerate(names)}
    rewritten = _members(values, arrays)
    if rewritten[_MANIFEST] != members[_MANIFEST]:
        raise _fault("model-changed", f"its content does not match its digests{_which(manifest, members)}", path)
    if _archive(rewritten) != data:
        raise _fault("model-changed", "it holds bytes that genorx did not write", path)
    return Bundle(values=values, arrays=arrays, digest=manifest["digest"])


def _fault(code: str, reason: str, path: str | Path, place: str | None = None) -> ModelFileError:
    hint = {
        "model-too-new": "upgrade genorx, or fit again with this version",
        "model-too-old": "fit again, and delete this file and its copies: data of patients can be recovered from it",
    }.get(code, _HINT)
    return ModelFileError(reason, file=path, place=place, hint=hint, code=code)


def _array_name(index: int) -> str:
    return f"arrays/{index:05d}.npy"


def _members(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, bytes]:
    names = sorted(arrays)
    plain = json.loads(_compact({**values, "arrays": names}))  # keys become text here, as they will when read
    members = {_VALUES: _dump(plain)}
    for index, name in enumerate(names):
        members[_array_name(index)] = _npy(name, arrays[name])
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "members": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
        },
    }
    manifest["digest"] = json_digest(manifest)
    return {_MANIFEST: _dump(manifest), **members}


def _dump(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _compact(value: Any) -> bytes:
    """Return JSON without indentation, which takes a tenth of the time."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")


def _npy(name: str, array: NDArray[Any]) -> bytes:
    values = np.ascontiguousarray(array)
    values = values.reshape(np.shape(array))  # ascontiguousarray turns a scalar into an array of one dimension
    if values.dtype.kind not in _ARRAY_KINDS:
        raise TypeError(f"array {name!r} has dtype {values.dtype}; a model file holds numbers, booleans and text")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, values.astype(values.dtype.newbyteorder("<")), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _archive(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _FIXED_DATE)
            info.create_system = 3  # the same on every platform
            archive.writestr(info, content)
    return buffer.getvalue()


def _read(path: Path) -> bytes:
    with _FILE.open(path) as handle:
        check("model_bytes", os.fstat(handle.fileno()).st_size, file=path)
        return handle.read()


def _unpack(data: bytes, path: str | Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_members(infos, len(data), path)
            return {info.filename: archive.read(info) for info in infos}
    except ModelFileError:
        raise
    except _ZIP_FAULTS as error:
        # the text of the error may repeat content of the file
        raise _fault("model-damaged", f"it cannot be read as a model file ({type(error).__name__})", path) from error


def _check_members(infos: list[zipfile.ZipInfo], size: int, path: str | Path) -> None:
    """Raise an error, before unpacking, for members that could expand, hide or be duplicate."""
    names = [info.filename for info in infos]
    if len(names) > _MAX_MEMBERS or len(names) != len(set(names)):
        raise _fault("model-damaged", f"it has {len(names)} members, with duplicates or more than {_MAX_MEMBERS}", path)
    for info in infos:
        if info.filename not in {_MANIFEST, _VALUES} and not _ARRAY_NAME.fullmatch(info.filename):
            raise _fault("model-changed", f"it has a member {shown(info.filename)!r} that no model file has", path)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise _fault("model-damaged", f"member {info.filename} is compressed", path)
    if sum(info.file_size for info in infos) > size:
        raise _fault("model-damaged", "its members are larger than the file", path)
    missing = {_MANIFEST, _VALUES} - set(names)
    if missing:
        raise _fault("model-damaged", f"it has no {sorted(missing)[0]}", path)


def _json(content: bytes, path: str | Path, member: str) -> dict[str, Any]:
    try:
        value = _FILE.parsed(content.decode(), path, member)
    except UnicodeDecodeError as error:
        raise _fault("model-damaged", "the text is not UTF-8", path, member) from error
    if not isinstance(value, dict):
        raise _fault("model-damaged", "it is not a JSON object", path, member)
    return value


def _check_format(manifest: dict[str, Any], path: str | Path) -> None:
    version = manifest.get("format_version")
    if manifest.get("format") != FORMAT or not isinstance(version, int) or isinstance(version, bool):
        raise _fault("model-damaged", "it is not marked as a genorx model", path, _MANIFEST)
    if version > FORMAT_VERSION:
        reason = f"format {version} is later than {FORMAT_VERSION}, the latest that this genorx reads"
        raise _fault("model-too-new", reason, path, _MANIFEST)
    if version < FORMAT_VERSION:
        reason = f"format {version} is of an earlier genorx, and this one reads format {FORMAT_VERSION}"
        raise _fault("model-too-old", reason, path, _MANIFEST)


def _array(content: bytes, path: str | Path, member: str) -> NDArray[Any]:
    """Return the array of one member; its header may not declare more than the member contains."""
    start = len(_ARRAY_MAGIC) + 2
    stop = start + int.from_bytes(content[start - 2 : start], "little")
    header = _ARRAY_HEADER.fullmatch(content[start:stop])
    if header is None or not content.startswith(_ARRAY_MAGIC):
        raise _fault("model-damaged", "it is not an array", path, member)
    try:
        dtype = np.dtype(header["dtype"].decode())
        shape = tuple(int(size) for size in header["shape"].split(b",") if size.strip())
        count = math.prod(shape)
        if not dtype.itemsize or len(content) - stop != count * dtype.itemsize:
            raise ValueError("more or less than the member holds")
        return np.frombuffer(content, dtype=dtype, count=count, offset=stop).reshape(shape)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        shown_header = shown(header[0].decode().strip())
        raise _fault("model-damaged", f"an array with the header {shown_header} is refused", path, member) from error


def _which(manifest: dict[str, Any], members: Mapping[str, bytes]) -> str:
    listed = manifest.get("members")
    listed = listed if isinstance(listed, dict) else {}
    for name, content in members.items():
        entry = listed.get(name)
        digest = entry.get("sha256") if isinstance(entry, dict) else None
        if name != _MANIFEST and digest != hashlib.sha256(content).hexdigest():
            return f"; {name} was altered"
    return ""
