"""Single-threaded linear algebra: a fixed order of summation, so that results do not depend on the number of cores.

The matrices of a cohort are small; with several cores their algebra is slower, on a busy machine many times slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def single_threaded(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function to run with one thread of BLAS and OpenMP; the caller's setting is restored afterwards."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1):
            return function(*args, **kwargs)

    return run
