"""Every error that genorx raises on purpose, and every finding that it attaches to a result.

::

    GenorxError                  (exit 3 unless said otherwise)
    ├── UsageError               exit 2: the call itself is wrong
    ├── InputError               exit 3: a file, table or value cannot be used
    │   ├── VariantFileError     a VCF, BCF or gVCF that is damaged or invalid
    │   │   └── AssemblyError    wrong, mixed or unknown reference assembly
    │   ├── PanelError           a panel file that cannot be used
    │   ├── StudyError           the study file, or files that contradict it
    │   ├── TableError           a record table
    │   ├── PackError            a knowledge pack, or the source of one
    │   ├── OutsideCallError     a table of outside calls of pharmacogenes
    │   ├── ImageError           an image, a mask, or settings of measurement
    │   ├── ModelFileError       a model file that is damaged, changed, too new or made for other data
    │   ├── LimitError           a file that exceeds the limits of its reader
    │   └── MissingExtraError    an optional dependency that is not installed
    ├── OutputError              exit 3: an output that cannot be written: disk full, no permission
    └── NotAnswerableError       exit 4: these data cannot answer the question
        ├── HorizonError         a horizon beyond follow-up
        ├── RegionError          a region without a voxel
        └── SupportError         nothing to compare, no overlap, too few events

An error prints as one line, ``error[CODE] FILE:PLACE: reason. hint``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genorx._codes import ERROR_TABLES, FINDING_TABLES
from genorx._singular import singular
from genorx._visible import visible

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["info", "warning", "serious"]

# Name of a column: words, with the characters of units and spreadsheets between them.
_NAME = re.compile(r"[\w .:/()\[\]%^*+#&?'µ°~<>=@$!\\-]*")
#: Length of the longest user text that is repeated in a message.
_SHOWN = 80


def shown(text: object) -> str:
    """Return user text for one line of a message: hidden characters escaped, length limited."""
    clean = visible(str(text)[: _SHOWN + 1], one_line=True)
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


def cell_description(cell: object) -> str:
    """Describe a patient's cell without personal data: a number as it is, a text by its length.

    >>> cell_description("2.5"), cell_description("Mustermann"), cell_description(3.0)
    ('2.5', 'text of 10 characters', '3')
    """
    text = f"{cell:g}" if isinstance(cell, float) else str(cell).strip()
    try:
        float(text)
    except ValueError:
        return f"text of {len(text)} character{'' if len(text) == 1 else 's'}"
    return shown(text)


def written(text: str, signs: str) -> str:
    """Describe a field for a message: in quotes if it has only the given characters, otherwise by its length.

    A field with other characters may hold the content of another field, such as a note on the patient after a lost tab.

    >>> written("0/3/x", "0123456789./|"), written("0//1", "0123456789./|")
    ('text of 5 characters', "'0//1'")
    """
    return repr(shown(text)) if set(text) <= set(signs) else cell_description(text)


def look_like_names(header: Iterable[str]) -> bool:
    """Return whether the first line of a table can be its header: no numbers, and only characters of names."""
    return not any(name[:1].isdigit() or not _NAME.fullmatch(name) for name in header if name)


def listed_columns(names: Iterable[str], most: int = 30) -> str:
    """List the columns of a table for a message, unless its first line is not a header.

    A table without a header begins with a person's data, which an error does not repeat.
    """
    known = list(names)
    if not look_like_names(known):
        return "the first line looks like data, not like names of columns"
    return f"the columns are: {', '.join(shown(name) for name in known[:most])}{', ...' if len(known) > most else ''}"


class GenorxError(Exception):
    """Base of every error raised on purpose; the command prints it and exits with ``exit_code``.

    Parameters
    ----------
    reason : str
        The fault, with value and rule; without full stop and personal data.
    file : path, optional
        File with the fault.
    place : str or int, optional
        Line number, ``row 12 column "age_years"``, or ``chr10:94781859 sample P0001``.
    hint : str, optional
        How to correct it.
    code : str, optional
        Stable kebab-case name of the fault, a key of ``ERRORS``; by default that of the class.
    """

    exit_code = 3
    default_code = "genorx"

    def __init__(
        self,
        reason: str,
        *,
        file: str | Path | None = None,
        place: str | int | None = None,
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        self.reason = (
            reason if code == "feature-count" else singular(reason)
        )  # where the words are those of scikit-learn
        self.file = None if file is None else str(file)
        self.place = None if place is None else str(place)
        self.hint = hint
        self.code = code or self.default_code
        super().__init__(str(self))

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, self.place) if part is not None)
        text = f"error[{self.code}] {where}: {self.reason}" if where else f"error[{self.code}] {self.reason}"
        text = f"{text}. {self.hint}" if self.hint else text
        return visible(" ".join(text.splitlines()), one_line=True)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """Support pickling, so that the error can be returned from a worker process."""
        make = partial(type(self), file=self.file, place=self.place, hint=self.hint, code=self.code)
        return make, (self.reason,)

    def to_dict(self) -> dict[str, str | None]:
        """Return ``code``, ``file``, ``place``, ``reason`` and ``hint``, as printed by ``--errors json``."""
        names = ("code", "file", "place", "reason", "hint")
        return {name: getattr(self, name) for name in names}


class UsageError(GenorxError, ValueError):
    """A wrong call: an argument that is invalid for any data."""

    exit_code = 2
    default_code = "usage"


class InputError(GenorxError, ValueError):
    """A file, table or value that cannot be used."""

    default_code = "input"


class VariantFileError(InputError):
    """A VCF, gVCF or BCF file that is damaged or invalid."""

    default_code = "variant-file"


class AssemblyError(VariantFileError):
    """The reference assembly is wrong, mixed, or cannot be determined."""

    default_code = "assembly"


class PanelError(InputError):
    """A panel file that cannot be used."""

    default_code = "panel"


class StudyError(InputError):
    """A study file that is invalid, or whose files contradict it."""

    default_code = "study"


class TableError(InputError):
    """A record table that cannot be read, or whose content violates a rule.

    Parameters
    ----------
    faults : sequence of dict, optional
        All faults of the table: ``row``, ``column``, ``rule``, ``code``; the message names the first.
    """

    default_code = "table"

    def __init__(self, reason: str, *, faults: Sequence[Mapping[str, Any]] = (), **where: Any) -> None:
        super().__init__(reason, **where)
        self.faults = tuple(dict(fault) for fault in faults)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        make, arguments = super().__reduce__()
        return partial(make, faults=self.faults), arguments

    @property
    def failures(self) -> pd.DataFrame:
        """All faults as a frame with columns ``row``, ``column``, ``rule``, ``code``; without values of patients."""
        import pandas as pd

        return pd.DataFrame(list(self.faults), columns=["row", "column", "rule", "code"])


class PackError(InputError):
    """A knowledge pack, or a source to build one from, that is damaged, changed, too new or contradicts itself."""

    default_code = "pack"


class OutsideCallError(InputError):
    """A table of outside calls of pharmacogenes that violates its format."""

    default_code = "outside-call"


class ImageError(InputError):
    """An image or mask that cannot be used, masks that do not fit, or invalid settings of measurement."""

    default_code = "image"


class ModelFileError(InputError):
    """A model file that is damaged, changed, too new, or made for another assembly or schema."""

    default_code = "model-file"


class LimitError(InputError):
    """A file that exceeds a limit: header lines, rows, cells, decompressed bytes (``genorx.limits``)."""

    default_code = "limit-exceeded"


class MissingExtraError(InputError, ImportError):
    """An optional dependency that is required but not installed."""

    default_code = "missing-extra"


class OutputError(GenorxError, OSError):
    """An output that cannot be written: the disk is full, the folder is absent or not writable."""

    default_code = "out-not-written"


class NotAnswerableError(GenorxError):
    """These data cannot answer the question."""

    exit_code = 4
    default_code = "not-answerable"


class HorizonError(NotAnswerableError, ValueError):
    """A horizon lies beyond the end of follow-up."""

    default_code = "horizon"


class RegionError(NotAnswerableError, ValueError):
    """A region of an image has no voxel to measure."""

    default_code = "mask-empty"


class SupportError(NotAnswerableError, ValueError):
    """Nothing to compare, no overlap, or too few patients or events."""

    default_code = "support"


class GenorxWarning(UserWarning):
    """Information for a caller that changes no clinical result."""


#: Explanation of every error code, from which the list in the documentation is made.
ERRORS: dict[str, str] = {code: text for table in ERROR_TABLES for code, text in table.items()}
#: Explanation of every finding code, from which the list in the documentation is made.
FINDINGS: dict[str, str] = {code: text for table in FINDING_TABLES for code, text in table.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An observation about a result that a user must know.

    Attributes
    ----------
    code : str
        Key of ``FINDINGS``.
    severity : {"info", "warning", "serious"}
        ``serious`` means that the result may be wrong or unusable for this patient.
    message : str
        One sentence that names the value and the rule.
    patient_id : str, optional
        The patient concerned; None for all.
    place : str, optional
        File, row, column or site of the observation.
    """

    code: str
    severity: Severity
    message: str
    patient_id: str | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        if self.code not in FINDINGS:
            raise KeyError(f"finding code {self.code!r} is not in genorx.errors.FINDINGS")
        object.__setattr__(self, "message", singular(self.message))

    def to_dict(self) -> dict[str, str | None]:
        """Return the finding as a plain dictionary, its keys in a fixed order."""
        names = ("code", "severity", "patient_id", "place", "message")
        return {name: getattr(self, name) for name in names}
