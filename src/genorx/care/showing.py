"""Display of care's results: frames of rows, pages, notebook and report sections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from genorx._core.output import write_text
from genorx._core.page import notebook_part, whole_page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def rows_frame(rows: Iterable[DataclassInstance], kind: type[DataclassInstance], whole: Iterable[str]) -> pd.DataFrame:
    """Return dataclasses as a frame, one column per field; ``whole`` lists the integer columns, others hold objects."""
    values = [asdict(each) for each in rows]
    numbers = frozenset(whole)
    names = [each.name for each in fields(kind)]
    columns = {
        name: pd.Series([row[name] for row in values], dtype="int64" if name in numbers else "object") for name in names
    }
    return pd.DataFrame(columns)


def written(text: str, path: str | Path | None) -> str:
    """Return text, and write it where a path is given."""
    if path is not None:
        write_text(text, path)
    return text


class Shown:
    """Base of results that render as a section: alone on a page, in a notebook, or in a report."""

    #: Heading of the page.
    heading: ClassVar[str]

    @property
    def title(self) -> str:
        """Title of the page."""
        raise NotImplementedError

    def section_html(self) -> str:
        """Return the section (``Ranking.report(path, sections=[...])``); every text of a user is escaped in it."""
        raise NotImplementedError

    def to_html(self) -> str:
        """Return one HTML page."""
        return whole_page(self.title, self.section_html(), heading=self.heading)

    def _repr_html_(self) -> str:
        return notebook_part(self.section_html())
