"""State occupation: against the room's competing risks, a plain product of matrices, and closed forms."""

from fractions import Fraction

import numpy as np
import pytest

from genorx.errors import HorizonError, UsageError
from genorx.survival import cumulative_incidence, kaplan_meier, state_occupation, transition_hazards

ILLNESS_DEATH = [(0, 1), (0, 2), (1, 2)]


def _illness_death(n: int, seed: int) -> tuple[np.ndarray, ...]:
    """Spells of an illness-death process with ties (whole days), late censoring and both ways to die."""
    rng = np.random.default_rng(seed)
    ill, die, after = (np.ceil(rng.exponential(scale, n)) for scale in (40, 90, 30))
    stop = np.ceil(rng.uniform(5, 120, n))
    rows = []
    for one in range(n):
        first = min(ill[one], die[one], stop[one])
        if ill[one] < die[one] and ill[one] < stop[one]:
            rows.append((0, 0.0, first, 1))
            last = min(ill[one] + after[one], stop[one])
            rows.append((1, first, last, 2 if ill[one] + after[one] <= stop[one] else -1))
        else:
            rows.append((0, 0.0, first, 2 if die[one] <= stop[one] else -1))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def test_occupation_is_the_product_of_matrices():
    """Independent: matrices I + dA built time by time from the definition, counting rows one by one."""
    state, entry, exit_, to = _illness_death(150, seed=1)
    hazards = transition_hazards(state, entry, exit_, to, transitions=ILLNESS_DEATH)
    found = state_occupation(hazards, transitions=ILLNESS_DEATH, n_states=3)
    now = np.array([1.0, 0.0, 0.0])
    for time in sorted(set(exit_[to >= 0])):
        matrix = np.eye(3)
        for origin, target in ILLNESS_DEATH:
            there = sum(s == origin and a < time <= b for s, a, b in zip(state, entry, exit_, strict=True))
            made = sum(s == origin and b == time and t == target for s, b, t in zip(state, exit_, to, strict=True))
            if there:
                matrix[origin, target] += made / there
                matrix[origin, origin] -= made / there
        now = now @ matrix
        np.testing.assert_allclose(found.at([time])[:, 0], now, atol=1e-12)
    np.testing.assert_allclose(found.probability.sum(axis=0), 1.0, atol=1e-12)


def test_two_causes_are_aalen_johansen_of_competing_risks():
    """The room's ``cumulative_incidence`` (checked against R's cmprsk in its own tests), to 1e-10."""
    rng = np.random.default_rng(3)
    time, cause = np.ceil(rng.exponential(30, 300)), rng.integers(0, 3, 300)
    pairs = [(0, 1), (0, 2)]
    target = np.where(cause > 0, cause, -1)
    hazards = transition_hazards(np.zeros(300, int), np.zeros(300), time, target, transitions=pairs)
    found = state_occupation(hazards, transitions=pairs, n_states=3)
    for which in (1, 2):
        expected = cumulative_incidence(time, cause, of=which)
        np.testing.assert_allclose(found.at(expected.times)[which], expected.incidence, atol=1e-10)


def test_one_transition_is_kaplan_meier_with_late_entry():
    rng = np.random.default_rng(5)
    entry = rng.uniform(0, 5, 200)
    entry[:40] = 0.0
    time, event = entry + 0.1 + rng.exponential(20, 200), rng.random(200) < 0.7
    hazards = transition_hazards(np.zeros(200, int), entry, time, np.where(event, 1, -1), transitions=[(0, 1)])
    found = state_occupation(hazards, transitions=[(0, 1)], n_states=2)
    curve = kaplan_meier(time, event, entry=entry)
    at = np.quantile(time[event], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found.at(at)[0], curve.at(at), atol=1e-10)
    assert found.survival([0])[-1] == pytest.approx(found.probability[0, -1])


def test_restricted_means_by_hand():
    """Two patients: one falls ill at 1 and dies at 3, one dies at 2: by hand (1 + 2)/2 healthy, (2 + 0)/2 ill."""
    hazards = transition_hazards([0, 1, 0], [0, 1, 0], [1, 3, 2], [1, 2, 2], transitions=ILLNESS_DEATH)
    found = state_occupation(hazards, transitions=ILLNESS_DEATH, n_states=3)
    np.testing.assert_allclose(found.restricted_means(3.0), [1.5, 1.0, 0.5])
    np.testing.assert_allclose(found.restricted_means(2.5), [1.5, 0.75, 0.25])


def test_hazards_of_many_patients_at_once_are_those_of_each():
    state, entry, exit_, to = _illness_death(60, seed=2)
    hazards = transition_hazards(state, entry, exit_, to, transitions=ILLNESS_DEATH)
    scale = np.array([0.5, 0.9])[:, None, None]
    from dataclasses import replace

    both = state_occupation(
        replace(hazards, increments=hazards.increments * scale), transitions=ILLNESS_DEATH, n_states=3
    )
    for row in range(2):
        one = state_occupation(
            replace(hazards, increments=hazards.increments * scale[row, 0, 0]), transitions=ILLNESS_DEATH, n_states=3
        )
        np.testing.assert_array_equal(both.probability[row], one.probability)


def test_spells_that_cannot_be_are_refused():
    with pytest.raises(UsageError) as unlisted:
        transition_hazards([0], [0], [1], [2], transitions=[(0, 1)])
    assert unlisted.value.code == "transition-unlisted"
    with pytest.raises(UsageError) as backwards:
        transition_hazards([0], [2], [1], [1], transitions=[(0, 1)])
    assert backwards.value.code == "entry-after-time"
    with pytest.raises(UsageError) as missing:
        transition_hazards([0], [np.nan], [1], [1], transitions=[(0, 1)])
    assert missing.value.code == "time-missing"
    hazards = transition_hazards([0], [0], [1], [1], transitions=[(0, 1)])
    with pytest.raises(UsageError):
        state_occupation(hazards, transitions=[(0, 0)], n_states=2)
    with pytest.raises(HorizonError):
        state_occupation(hazards, transitions=[(0, 1)], n_states=2).at([2.0])


def test_hazards_above_one_are_refused():
    from dataclasses import replace

    hazards = transition_hazards([0, 0], [0, 0], [1, 1], [1, 2], transitions=[(0, 1), (0, 2)])
    with pytest.raises(UsageError) as above:
        state_occupation(replace(hazards, increments=hazards.increments * 2), transitions=[(0, 1), (0, 2)], n_states=3)
    assert above.value.code == "hazard-above-one"


def _exact(spells, n_states, start):
    """Aalen-Johansen in fractions, row by row from the definition: at risk are those with entry < t <= end."""
    times = sorted({end for _, _, end, target in spells if target >= 0})
    now, found = list(start), []
    for time in times:
        after = list(now)
        for state in range(n_states):
            there = [one for one in spells if one[0] == state and one[1] < time <= one[2]]
            for _, _, end, target in there:
                if end == time and target >= 0:
                    moved = now[state] * Fraction(1, len(there))
                    after[target] += moved
                    after[state] -= moved
        now = after
        found.append([float(one) for one in now])
    return times, np.array(found).T


def _spells(rng, pairs, n_states):
    """Patients in whole days, some of whom come under observation late and in a later state."""
    rows = []
    for _ in range(int(rng.integers(5, 40))):
        state = 0 if rng.random() < 0.8 else int(rng.integers(0, n_states))
        time = int(rng.integers(0, 6))
        stop = time + int(rng.integers(1, 25))
        while ways := [target for origin, target in pairs if origin == state]:
            stay, target = int(rng.integers(1, 7)), int(rng.choice(ways))
            if time + stay > stop:
                if stop > time:
                    rows.append((state, time, stop, -1))
                break
            rows.append((state, time, time + stay, target))
            state, time = target, time + stay
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_occupation_is_the_exact_aalen_johansen_estimate(seed):
    """Independent: exact fractions; ties, late entry, absorbing states, a transition without events, and a ring."""
    rng = np.random.default_rng(seed)
    n_states = int(rng.integers(3, 6))
    pairs = [(one, other) for one in range(n_states) for other in range(one + 1, n_states)]
    pairs = pairs[:-1] + ([(1, 0)] if seed % 3 == 0 else [])
    spells = _spells(rng, pairs, n_states)
    state, entry, end, target = (np.array(column) for column in zip(*spells, strict=True))
    hazards = transition_hazards(state, entry, end, target, transitions=[*pairs, (n_states - 1, 0)])
    start = [Fraction(1, n_states)] * n_states if seed % 2 else [Fraction(1)] + [Fraction(0)] * (n_states - 1)
    times, expected = _exact(spells, n_states, start)
    found = state_occupation(
        hazards, transitions=[*pairs, (n_states - 1, 0)], n_states=n_states, start=np.array(start, dtype=float)
    )
    np.testing.assert_array_equal(found.times[1:], times)
    np.testing.assert_allclose(found.probability[:, 1:], expected, atol=1e-10)
    np.testing.assert_allclose(found.probability.sum(axis=0), 1.0, atol=1e-12)


@pytest.mark.parametrize("start", [1, np.int64(1), np.uint8(1), [0, 1, 0], [0.0, 1.0, 0.0]])
def test_the_start_is_an_index_of_any_kind_or_probabilities(start):
    """By hand: the only patient in state 1 leaves it for 2 at time 3."""
    hazards = transition_hazards([0, 1, 0], [0, 1, 0], [1, 3, 2], [1, 2, 2], transitions=ILLNESS_DEATH)
    found = state_occupation(hazards, transitions=ILLNESS_DEATH, n_states=3, start=start)
    np.testing.assert_array_equal(found.at([0, 2, 3]), [[0, 0, 0], [1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("start", [3, -1, True, [1, 1, 1], [1, 0], [0.5, 0.5, np.nan], [1.5, -0.5, 0], "0"])
def test_a_start_that_is_no_distribution_over_the_states_is_refused(start):
    hazards = transition_hazards([0], [0], [1], [1], transitions=ILLNESS_DEATH)
    with pytest.raises(UsageError) as caught:
        state_occupation(hazards, transitions=ILLNESS_DEATH, n_states=3, start=start)
    assert caught.value.code == "start-state"


def test_increments_that_are_no_hazards_are_refused():
    from dataclasses import replace

    hazards = transition_hazards([0], [0], [1], [1], transitions=ILLNESS_DEATH)
    for increments, code in [
        (hazards.increments[:1], "shape"),
        (-hazards.increments, "hazard-missing"),
        (hazards.increments * np.nan, "hazard-missing"),
    ]:
        with pytest.raises(UsageError) as caught:
            state_occupation(replace(hazards, increments=increments), transitions=ILLNESS_DEATH, n_states=3)
        assert caught.value.code == code


@pytest.mark.parametrize(("state", "target"), [(np.nan, 1), (0.5, 1), ("a", 1), (-1, 1), (0, np.nan), (0, -2)])
def test_states_are_numbers_from_0(state, target):
    with pytest.raises(UsageError) as caught:
        transition_hazards([state], [0], [1], [target], transitions=[(0, 1)])
    assert caught.value.code == "state-number"


def test_a_transition_listed_twice_would_count_its_events_twice():
    with pytest.raises(UsageError, match="twice"):
        transition_hazards([0], [0], [1], [1], transitions=[(0, 1), (0, 1)])


def test_the_states_at_a_missing_time_are_not_those_of_the_end():
    hazards = transition_hazards([0], [0], [1], [1], transitions=[(0, 1)])
    with pytest.raises(HorizonError):
        state_occupation(hazards, transitions=[(0, 1)], n_states=2).at([np.nan])
