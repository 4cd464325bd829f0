"""Python's search for cycles of objects, left out while many objects are made that all stay.

The search looks at what was made again and again as more is made: a fifth of the time of ranking many patients.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Make objects without a search for cycles among them; also a decorator.  What has no cycle is freed as ever."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
