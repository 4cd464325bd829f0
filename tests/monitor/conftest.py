"""Made histories that several tests look at."""

import pytest

from genorx.datasets import make_monitoring_history
from genorx.monitor import Monitor


@pytest.fixture(scope="session")
def quiet():
    """Forty-eight months in which nothing changes."""
    return make_monitoring_history("none", seed=11)


@pytest.fixture(scope="session")
def risen():
    """The hazard is 1.5 times as high from month 18 on."""
    return make_monitoring_history("baseline_up", seed=11)


@pytest.fixture
def watched(quiet):
    """A monitor of the quiet history, without a look."""
    return Monitor.from_tables(quiet.base, quiet.spec)


@pytest.fixture
def snapshot(quiet):
    """The quiet history's month 24, free to be spoilt."""
    return quiet.snapshots[24.0].copy()
