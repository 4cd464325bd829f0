"""Units and vials: the worked examples of the rule, and every choice of vials tried for made drugs."""

from itertools import product

import numpy as np
import pytest

from genorx.audit.exact import thousandths
from genorx.audit.vials import discarded_units, fewest_vials, greatest_totals, least_totals, units_of
from genorx.errors import InputError


@pytest.mark.parametrize(
    ("dose", "unit", "sizes", "units", "total", "discarded"),
    [
        (305, 10, (100, 400), 31, 400, 9),  # 30.5 rounds up; floor(400 / 10) - 31
        (331, 1, (80, 200, 400), 331, 360, 29),  # 80 + 80 + 200
        (75, 100, (100,), 1, 100, 0),  # floor(1) - 1
        (421, 10, (150,), 43, 450, 2),  # 45 - 43
    ],
)
def test_worked_examples(dose, unit, sizes, units, total, discarded):
    """Hand calculation, stated beside each."""
    held = least_totals(thousandths([dose]), [int(each) for each in thousandths(sizes)])
    assert held.tolist() == [total * 1000]
    assert units_of(dose * 1000, unit * 1000) == units
    assert discarded_units(dose * 1000, held, unit * 1000).tolist() == [discarded]


def _every_choice(dose, sizes):
    """The least total that holds the dose and the fewest vials of it, by trying every number of every size."""
    most = [range(-(-dose // size) + 1) for size in sizes]
    totals = ((sum(n * s for n, s in zip(choice, sizes, strict=True)), sum(choice)) for choice in product(*most))
    return min(each for each in totals if each[0] >= dose)


@pytest.mark.parametrize("seed", range(4))
def test_least_total_and_fewest_vials_are_those_of_an_exhaustive_search(seed):
    """Two hundred made drugs of one to three sizes: the search tries every combination."""
    rng = np.random.default_rng(seed)
    for _ in range(50):
        sizes = sorted({int(each) for each in rng.integers(3, 60, rng.integers(1, 4))} | {int(rng.integers(20, 80))})
        step = int(rng.choice([1, 250, 500, 1000]))  # 0.001, 0.25, 0.5 and 1 mg
        dose = int(rng.integers(1, 150 * step))
        vials = [size * step for size in sizes]
        total = int(least_totals([dose], vials)[0])
        choice = fewest_vials(total, vials)
        assert (total, sum(number for _, number in choice)) == _every_choice(dose, vials)
        assert sum(size * number for size, number in choice) == total


def test_greatest_totals_are_those_that_a_dose_empties():
    """By hand, sizes 80, 200 and 400: of 331 mg 320 = 4 x 80; of 79 none; of 80 and 1,000,000 all."""
    doses = [331_000, 79_999, 80_000, 1_000_000_000]
    assert greatest_totals(doses, [80_000, 200_000, 400_000]).tolist() == [320_000, 0, 80_000, 1_000_000_000]


def test_a_large_dose_is_the_small_one_and_more_of_the_largest_vials():
    """A thousand vials of 400 mg more on both sides: the largest vial is the one that repeats."""
    small = least_totals([305_000, 331_000], [80_000, 200_000, 400_000])
    large = least_totals(np.array([305_000, 331_000]) + 400_000_000, [80_000, 200_000, 400_000])
    assert (large - small).tolist() == [400_000_000] * 2
    assert dict(fewest_vials(400_000_000 + 360_000, [80_000, 200_000, 400_000])) == {
        80_000: 2,
        200_000: 1,
        400_000: 1000,
    }


def test_tenths_that_binary_numbers_do_not_hold_are_exact():
    """0.1 + 0.2 mg is 0.3 mg: three units of 0.1 mg, not four."""
    assert units_of(thousandths(0.1) + thousandths(0.2), thousandths(0.1)) == 3
    assert units_of(thousandths(0.1 + 0.2), thousandths(0.1)) == 3


def test_sizes_without_a_usable_common_divisor_are_refused():
    with pytest.raises(InputError) as caught:
        least_totals([10**12], [700_001, 1_000_001])
    assert caught.value.code == "vials-too-fine"
