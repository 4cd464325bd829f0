"""A few mutated files of each format in every run; ``nox -s fuzz`` tries many for a set time.

A file that breaks a rule is saved under ``GENORX_FUZZ_KEEP`` (by default
``fuzz-faults``), and its format and seed make it again.
"""

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mutators import mutated
from .oracle import Tally, attempt, fuzz_one
from .readers import COMMANDS, READERS
from .seeds import all_seeds

SLOW = {"study", "study.table", "table.csv", "table.semicolon", "table.csv.gz", "table.parquet"}
KEEP = Path(os.environ.get("GENORX_FUZZ_KEEP", "fuzz-faults"))


class Seeds(dict):
    """Files that hypothesis does not write out when it shows a failure."""

    def __repr__(self):
        return "seeds"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    return Seeds(all_seeds(tmp_path_factory.mktemp("seeds")))


def stated(tally):
    """The faults as a failing test shows them, each saved."""
    return [f"{fault.kind} seed {fault.seed}: {fault.rule} ({fault.save(KEEP)})" for fault in tally.faults]


def test_every_format_has_a_reader_and_a_seed(seeds):
    assert set(seeds) == set(READERS)
    assert set(COMMANDS) <= set(READERS)


@pytest.mark.parametrize("kind", [kind for kind in READERS if kind not in ("model", "pack.gz")])
def test_a_file_that_nobody_damaged_is_taken_by_its_first_reader(kind, seeds, tmp_path):
    tally = Tally()
    attempt(kind, seeds[kind], 0, tmp_path, tally)
    assert stated(tally) == []
    assert tally.taken[kind] == 1


@pytest.mark.parametrize("kind", list(READERS))
def test_mutated_files_are_taken_or_refused_by_an_error_of_the_tree(kind, seeds, tmp_path):
    """The same seeds in every run, so that a failure is the change's; others by ``nox -s fuzz``."""
    tally = Tally()
    for seed in range(4 if kind in SLOW else 15):
        fuzz_one(kind, seeds[kind], seed, tmp_path, tally)
    assert stated(tally) == []
    assert tally.total == (4 if kind in SLOW else 15)


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_a_command_ends_with_a_status_and_one_line_and_leaves_a_whole_output_or_none(kind, seeds, tmp_path):
    tally = Tally()
    for seed in range(2):
        data = mutated(seeds[kind], random.Random(f"command {kind} {seed}"))
        attempt(kind, data, seed, tmp_path, tally, command=True)
    assert stated(tally) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(set(READERS) - SLOW)), data=st.binary(max_size=300))
def test_any_bytes_are_refused_or_taken(kind, data, tmp_path):
    """What hypothesis finds, it makes small."""
    tally = Tally()
    attempt(kind, data, 0, tmp_path, tally)
    assert stated(tally) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(set(READERS) - SLOW)), place=st.floats(0, 1), odd=st.text(max_size=8))
def test_any_text_in_any_place_is_refused_or_taken(kind, place, odd, seeds, tmp_path):
    data = seeds[kind]
    at = int(place * len(data))
    tally = Tally()
    attempt(kind, data[:at] + odd.encode("utf-8", "surrogatepass") + data[at:], 0, tmp_path, tally)
    assert stated(tally) == []
