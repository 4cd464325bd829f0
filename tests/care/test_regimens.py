"""Packs of regimens: the shipped one, a user's on top of it, and all that is wrong with a file at once."""

import re
from pathlib import Path

import pytest

from genorx import care
from genorx.care.regimen import Check, Hold, Regimen, read_regimens
from genorx.care.regimen.pack import regimen_of
from genorx.errors import InputError, UsageError

GOOD = {"name": "r", "cycle_days": 21, "days": [1, 8], "cycles": 3, "source": "a paper"}
OWN = """
[regimen.folfiri]
cycle_days = 21
days = [1]
cycles = 4
source = "local protocol 7"
[regimen.mine]
title = "Mine"
options = ["arm b"]
cycle_days = 28
days = [1, 8, 15]
cycles = 6
window = 2
laboratory = ["neutrophils"]
source = "local protocol 8"
[[regimen.mine.check]]
name = "ECG"
when = "day"
day = 8
reason = "QT"
source = "label"
code = "34534-8"
system = "http://loinc.org"
[[regimen.mine.hold]]
measure = "bilirubin"
above = 50
unit = "umol/L"
action = "stop"
source = "label"
"""


def test_at_least_six_regimens_are_shipped_each_with_a_source():
    """docs/guide/care_plan.md: six at least, of which one with DPYD and one with UGT1A1 checks."""
    shipped = read_regimens()
    assert len(shipped) >= 6
    assert all(re.search(r"doi:10\.\d{4,}/", each.source) for each in shipped.values())
    checks = {name: " ".join(check.name for check in each.checks) for name, each in shipped.items()}
    assert "DPYD" in checks["capecitabine"]
    assert "UGT1A1" in checks["folfiri"]
    folfiri = shipped["folfiri"]  # Douillard 2000: every two weeks
    assert (folfiri.cycle_days, folfiri.days, folfiri.options) == (14, (1,), ("folfiri",))
    assert shipped.findings == ()


def test_the_shipped_file_says_that_the_local_protocol_counts():
    text = Path(care.__file__).with_name("regimen").joinpath("regimens.toml").read_text(encoding="utf-8")
    assert "local protocol has priority" in text


def test_a_pack_stands_on_top_of_the_shipped_one(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    pack = read_regimens(path)
    assert pack["folfiri"].cycle_days == 21
    assert "capecitabine" in pack
    assert [(each.code, each.place) for each in pack.findings] == [("regimen-replaced", "regimen 'folfiri'")]
    mine = pack.of_option("arm b")
    assert (mine.label, mine.checks[0].day, mine.holds[0].words) == ("Mine", 8, "bilirubin above 50 umol/L")
    assert regimen_of(mine.to_dict()) == mine


def test_names_that_are_not_there_are_told_with_the_nearest(tmp_path):
    with pytest.raises(UsageError) as error:
        read_regimens().named("folfirri")
    assert (error.value.code, "folfiri" in error.value.hint) == ("no-such-regimen", True)
    with pytest.raises(UsageError) as error:
        read_regimens().of_option("xeloxx")
    assert (error.value.code, "xelox" in error.value.hint) == ("no-such-regimen", True)
    path = tmp_path / "two.toml"
    path.write_text(OWN.replace('options = ["arm b"]', 'options = ["folfiri"]'))
    with pytest.raises(UsageError) as error:
        read_regimens(path).of_option("folfiri")
    assert error.value.code == "regimen-needed"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"cycle_days": 0}, "cycle_days"),
        ({"cycle_days": True}, "cycle_days"),
        ({"cycles": 0}, "cycles"),
        ({"cycles": 2501}, "at most 5000 visits"),
        ({"days": []}, "days"),
        ({"days": [2, 8]}, "first day of a cycle is 1"),
        ({"days": [1, 8, 8]}, "in increasing order"),
        ({"days": [1, 15, 8]}, "in increasing order"),
        ({"days": [1, 22]}, "day 22 is beyond the cycle"),
        ({"window": 21}, "0 to 20"),
        ({"window": -1}, "0 to 20"),
        ({"source": " "}, "source"),
        ({"source": ""}, "source"),
        ({"drugs": [""]}, "drugs"),
        ({"checks": [Check("n", "day", "r", "s")]}, "check[0].day"),
        ({"checks": [Check("n", "day", "r", "s", day=22)]}, "1 to 21"),
        ({"checks": [Check("n", "before_start", "r", "s", code="c")]}, "a code needs its system"),
        ({"checks": [{"name": "n"}]}, "checks[0]"),
        ({"holds": [Hold("m", "u", "hold", "s")]}, "below, or above"),
        ({"holds": [Hold("m", "u", "hold", "s", below=1.0, above=2.0)]}, "below, or above"),
        ({"holds": [Hold("m", "u", "wait", "s", below=1.0)]}, "hold[0].action"),
    ],
)
def test_a_regimen_that_breaks_a_rule_is_refused(change, word):
    with pytest.raises(InputError) as error:
        Regimen(**GOOD | change)
    assert (error.value.code, word in error.value.reason) == ("regimen", True), error.value.reason


def test_window_may_be_all_but_the_cycle_and_lists_and_mappings_are_taken():
    made = Regimen("r", 21, [1, 8], 3, window=20, checks=[{"name": "n", "when": "before_start", "reason": "r",
                                                          "source": "s"}], source="s")  # fmt: skip
    assert (made.window, made.days, made.checks) == (20, (1, 8), (Check("n", "before_start", "r", "s"),))


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(
        '[regimen.a]\ncycle_days = 14\ndays = [1]\ncycels = 3\ncycles = "x"\nsource = "s"\n'
        "[regimen.b]\ncycle_days = 7\n"
    )
    with pytest.raises(InputError) as error:
        read_regimens(path)
    said = str(error.value)
    for word in ('unknown key "regimen.a.cycels"', "regimen.a.cycles", 'key "regimen.b.days" is missing', "source"):
        assert word in said
    assert 'did you mean "cycles"?' in said
    assert ":4: unknown key" in said


def test_rules_of_several_regimens_are_told_at_once_with_their_lines(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(OWN.replace("days = [1]", "days = [2]").replace("cycles = 6", "cycles = 0"))
    with pytest.raises(InputError) as error:
        read_regimens(path)
    assert (error.value.code, error.value.place) == ("regimen", "2")
    assert "'mine'" in error.value.reason


@pytest.mark.parametrize(
    ("text", "code"), [("a = [", "toml"), ("", "missing-key"), ("[regimen]\nx = 1", "wrong-value")]
)
def test_a_file_that_is_no_pack_is_refused(tmp_path, text, code):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_regimens(path)
    assert error.value.code == code
