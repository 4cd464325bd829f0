"""Suspension of Python's cyclic garbage collector while many long-lived objects are created.

The collector would examine them repeatedly as more are created: a fifth of the time of ranking many patients.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Suspend the cyclic garbage collector for the block; also a decorator.  Reference counting still works."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
