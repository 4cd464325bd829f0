"""Linear algebra with one thread, and the caller's setting afterwards."""

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from genorx._core.threads import single_threaded


def _threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_inside_there_is_one_thread_and_outside_what_the_caller_set():
    np.linalg.inv(np.eye(3))  # loads the library
    with threadpool_limits(limits=2):
        assert single_threaded(_threads)() == {1}
        assert _threads() == {2}
