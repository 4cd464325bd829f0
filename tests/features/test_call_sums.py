"""Sums over calls by compiled loops and by arrays: those of a loop over the calls, one by one."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genorx.features import call_sums
from genorx.features.call_kernels import count_bits, join_bits
from genorx.features.call_sums import ALLELES, FILTERED, HALF, CallSums
from genorx.features.genes import LOOKED, NO_CALL

by_both = pytest.mark.usefixtures("both_ways")
CALLS = [
    LOOKED,
    LOOKED | 8,
    LOOKED | 8 | 16,
    LOOKED | 64,
    NO_CALL,
    NO_CALL | HALF | 8,
    NO_CALL | HALF | 32,
    FILTERED,
    0,
]


def one_by_one(bits, counted, changing):
    """What each call adds, as the docstring of ``CallSums.counts`` has it."""
    counts = np.zeros((5, bits.shape[1]), dtype=np.int64)
    for line in counted:
        for sample, call in enumerate(bits[line].tolist()):
            counts[3, sample] += bool(call & NO_CALL)
            counts[4, sample] += bool(call & FILTERED)
    for hits, lines in changing.items():
        for line in lines:
            for sample, call in enumerate(bits[line].tolist()):
                is_known = bool(call & HALF and call & hits)
                counts[0, sample] += sum(bool(call & hits & allele) for allele in ALLELES)
                counts[1, sample] += bool(call & LOOKED) or is_known
                counts[2, sample] += bool(call & NO_CALL) and not is_known
    return counts.tolist()


@by_both
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), records=st.sampled_from([1, 5, 63, 64, 130]), samples=st.integers(1, 40))
def test_counts_are_those_of_calls_one_by_one(seed, records, samples):
    rng = np.random.default_rng(seed)
    bits = rng.choice(np.array(CALLS, dtype=np.uint8), (records, samples))
    counted = [line for line in rng.permutation(records).tolist() if rng.random() < 0.9]
    changing = {}
    for line in counted:
        hits = int(rng.choice([0, 8, 8, 24, 120]))
        if hits:
            changing.setdefault(hits, []).append(line)
    assert CallSums(bits).counts(counted, changing).tolist() == one_by_one(bits, counted, changing)


@by_both
@pytest.mark.parametrize("at_once", [1, 64, 1 << 20])
def test_groups_have_the_bits_that_occur_in_their_records(monkeypatch, at_once):
    monkeypatch.setattr(call_sums, "_MOST_JOINED", at_once)
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 256, (50, 7), dtype=np.uint8)
    groups = [rng.choice(50, size, replace=False).tolist() for size in (1, 2, 9, 50, 3)]
    found = [each.tolist() for each in CallSums(bits).joined(groups)]
    assert found == [np.bitwise_or.reduce(bits[lines]).tolist() for lines in groups]


@pytest.mark.parametrize("kernel", [join_bits, count_bits])
def test_each_kernel_is_compiled_where_the_tests_above_are(both_ways, kernel):
    assert (kernel.after(0) is not None) == (both_ways == "compiled")
