"""Properties of distinct calls as arrays with one value per call: dosage, no-call reason, allele numbers, phase.

The sources are those of ``calls``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from genorx.variants.call_table import FIXED_CALLS
from genorx.variants.calls import CARRYING, NO_CALL_REASONS, Call, Kind, no_call_reason
from genorx.variants.sex_chromosomes import call_class

#: In place of an allele number, for a call with fewer alleles than another.
ABSENT = -2
#: Values of ``dosage`` for written genotypes that are no-calls, by reason.
MARKS = {reason: -2 - number for number, reason in enumerate(NO_CALL_REASONS) if reason != "low-quality"}


@dataclass(frozen=True, slots=True, eq=False)
class CallArrays:
    """Distinct calls by code.

    Attributes
    ----------
    dosage : int8 array of shape (n_calls,)
        -1 without a genotype, one of ``MARKS`` if a written genotype is a no-call.  As written where the
        reference is of low quality, which ``kinds`` tells.
    written : bool array of shape (n_calls,)
        Whether a genotype is written.
    alleles : int16 array of shape (n_calls, ploidy)
        Allele numbers; -1 missing, -2 beyond the ploidy of a call.
    phased : bool array of shape (n_calls,)
        Whether a call is phased.
    phase_sets : object array of shape (n_calls,), or None
        Phase sets; None if no call has one.
    kinds : uint8 array of shape (n_calls,)
        Values of ``Kind``.
    carrying : bool array of shape (n_calls,)
        Whether some allele is known not to be the reference.
    classes : uint8 array of shape (n_calls,)
        Classes as returned by ``sex_chromosomes.call_class``.
    """

    dosage: NDArray[np.int8]
    written: NDArray[np.bool_]
    alleles: NDArray[np.int16]
    phased: NDArray[np.bool_]
    phase_sets: NDArray[np.object_] | None
    kinds: NDArray[np.uint8]
    carrying: NDArray[np.bool_]
    classes: NDArray[np.uint8]


def call_arrays(calls: Sequence[Call]) -> CallArrays:
    """Return the properties of calls."""
    return _fixed() if calls is FIXED_CALLS else _made(calls)


@cache
def _fixed() -> CallArrays:
    return _made(FIXED_CALLS)


def _made(calls: Sequence[Call]) -> CallArrays:
    ploidy = max((len(call.genotype.alleles) for call in calls), default=2)
    alleles = np.full((len(calls), max(ploidy, 2)), ABSENT, dtype=np.int16)
    for number, call in enumerate(calls):
        alleles[number, : len(call.genotype.alleles)] = call.genotype.alleles
    reasons = [no_call_reason(call, accepted=True) for call in calls]
    dosage = [MARKS.get(reason, min(_written(call), 127)) for call, reason in zip(calls, reasons, strict=True)]
    sets = [call.phase_set for call in calls]
    return CallArrays(
        dosage=np.array(dosage, dtype=np.int8),
        written=np.array([bool(no_call_reason(call, accepted=False)) for call in calls], dtype=np.bool_),
        alleles=alleles,
        phased=np.array([call.genotype.phased for call in calls], dtype=np.bool_),
        phase_sets=np.array(sets, dtype=np.object_) if any(sets) else None,
        kinds=np.array([call.kind for call in calls], dtype=np.uint8),
        carrying=np.array([call.kind in CARRYING for call in calls], dtype=np.bool_),
        classes=np.array([call_class(call.genotype, call.kind) for call in calls], dtype=np.uint8),
    )


def _written(call: Call) -> int:
    """Return a dosage; a reference call of low quality counts as written here, and as a no-call where one decides."""
    return call.genotype.dosage if call.kind == Kind.LOW_QUALITY else call.dosage
