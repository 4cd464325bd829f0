"""What one process remembers of a fitted ranker: the cohort that it was fitted to, and the digest of its file.

Both save work and are no part of the model; a ranker that was copied, loaded or sent to another process has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import ref

from numpy.typing import NDArray

from genorx.cohort.cohort import Cohort
from genorx.ranking.model.bundle import bundle_digest, content_mark


class Remembered:
    """Memory of a ranker, empty at first and in every copy.

    Parameters
    ----------
    cohort : Cohort, optional
        The cohort of the fit; it is not kept alive.
    """

    def __init__(self, cohort: Cohort | None = None) -> None:
        self._cohort = None if cohort is None else ref(cohort)
        self._mark, self._digest = "", ""

    def is_of(self, cohort: Cohort) -> bool:
        """Return whether the fit was to this very cohort."""
        return self._cohort is not None and self._cohort() is cohort

    def digest(self, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
        """Return the digest of a model file with this content, computed again only if the content changed."""
        mark = content_mark(values, arrays)
        if mark != self._mark:  # many rankings of one model need the same
            self._mark, self._digest = mark, bundle_digest(values, arrays)
        return self._digest

    def __reduce__(self) -> tuple[type[Remembered], tuple[()]]:
        return type(self), ()
