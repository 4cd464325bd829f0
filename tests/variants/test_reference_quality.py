"""The rule of reference quality is the same for one sample's text and for many samples' numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genorx.variants.reference_quality import DEPTH_KEYS, QUALITY_KEYS, shows_reference, too_low

_KEYS = (*QUALITY_KEYS, *DEPTH_KEYS)
_samples = st.dictionaries(st.sampled_from(_KEYS), st.one_of(st.none(), st.integers(0, 60)), max_size=len(_KEYS))


@given(st.lists(_samples, min_size=1, max_size=8))
def test_one_sample_is_judged_as_among_many(samples):
    """Expected is the reading of each sample alone."""
    alone = [
        shows_reference({key: "." if number is None else str(number) for key, number in each.items()})
        for each in samples
    ]
    numbers = {
        key: np.array([np.nan if each.get(key) is None else float(each[key]) for each in samples]) for key in _KEYS
    }
    assert (~too_low(numbers, (len(samples),))).tolist() == alone
