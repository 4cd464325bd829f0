"""A registry, a policy and an advice log: append-only, whole after a kill, and a changed byte is found."""

import json
import shutil

import pytest

from genorx.cli.app import run
from genorx.errors import InputError, UsageError
from genorx.monitor import Policy
from genorx.monitor.journal import Journal


def _journal(tmp_path):
    return Journal(tmp_path / "j.jsonl", "registry-changed")


def test_a_line_that_was_never_finished_counts_for_nothing_and_is_taken_away(tmp_path):
    journal = _journal(tmp_path)
    journal.append({"a": 1})
    with open(journal.path, "ab") as handle:
        handle.write(b'{"a": 2, "numb')  # killed here
    assert [entry["a"] for entry in journal.read()] == [1]
    journal.append({"a": 3})
    assert [entry["a"] for entry in journal.read()] == [1, 3]


@pytest.mark.parametrize("change", ["byte", "line gone", "line twice", "not json"])
def test_a_changed_journal_is_refused_with_its_line(tmp_path, change):
    journal = _journal(tmp_path)
    for value in range(3):
        journal.append({"a": value})
    lines = journal.path.read_bytes().splitlines(keepends=True)
    if change == "byte":
        lines[1] = lines[1].replace(b'"a": 1', b'"a": 7')
    elif change == "line gone":
        del lines[1]
    elif change == "line twice":
        lines.insert(1, lines[0])
    else:
        lines[1] = b"nothing\n"
    journal.path.write_bytes(b"".join(lines))
    with pytest.raises(InputError) as caught:
        journal.read()
    assert caught.value.code == "registry-changed"
    assert caught.value.place in {"2", "3"}


@pytest.mark.parametrize("value", [0, 2])
def test_a_writer_finds_a_line_that_was_changed_after_it_was_written(tmp_path, value):
    journal = _journal(tmp_path)
    for each in range(3):
        journal.append({"a": each})
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"number": %d' % (value + 1), b'"number": 9'))
    with pytest.raises(InputError) as caught:
        journal.append({"a": 3})
    assert (caught.value.code, caught.value.place) == ("registry-changed", str(value + 1))


def test_two_writers_and_a_journal_that_began_anew_keep_one_chain(tmp_path):
    one, two = _journal(tmp_path), _journal(tmp_path)
    for each, journal in enumerate((one, two, one)):
        assert journal.append({"a": each})["number"] == each + 1
    assert [entry["a"] for entry in two.read()] == [0, 1, 2]
    one.path.unlink()
    assert one.append({"a": 9})["number"] == two.append({"a": 10})["number"] - 1 == 1
    assert [entry["a"] for entry in one.read()] == [9, 10]


def test_an_entry_reads_only_what_others_have_written_since(tmp_path, monkeypatch):
    journal = _journal(tmp_path)
    journal.append({"a": 0})
    read, entry = [], journal._entry
    monkeypatch.setattr(journal, "_entry", lambda line, number: read.append(number) or entry(line, number))
    journal.append({"a": 1})
    assert read == []
    _journal(tmp_path).append({"a": 2})
    journal.append({"a": 3})
    assert read == [3]


def test_a_policy_that_allows_what_it_forbids_is_refused(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('[description]\nallowed = ["refit"]\nforbidden = ["refit"]\n')
    with pytest.raises(InputError) as caught:
        Policy.read(path)
    assert caught.value.code == "policy-contradiction"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[nothing]\n", "policy-key"),
        ("[impact]\nnothing = 1\n", "policy-key"),
        ('[description]\nallowed = ["everything"]\n', "policy-value"),
        ("[protocol]\nlooks = 0\n", "policy-value"),
        ("[protocol\n", "policy-toml"),
        ("[impact]\nratio_least = 2.0\n", "policy-contradiction"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path, text, code):
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        Policy.read(path)
    assert caught.value.code == code


def test_a_silent_policy_has_the_defaults():
    """Brier not worse by one standard error, O/E within 0.8 to 1.25."""
    policy = Policy.of({})
    assert (policy.brier_errors, policy.ratio_least, policy.ratio_most) == (1.0, 0.8, 1.25)
    assert policy.allows("refit")
    assert not Policy.of({"description": {"forbidden": ["refit"], "allowed": []}}).allows("refit")


def test_json_of_a_policy_is_plain():
    assert json.loads(json.dumps(Policy().to_dict()))["ratio_most"] == 1.25


def test_no_such_model(tmp_path):
    from genorx.monitor import Registry

    with pytest.raises(UsageError) as caught:
        Registry(tmp_path).load("abc")
    assert caught.value.code == "no-such-model"
    with pytest.raises(InputError) as empty:
        Registry(tmp_path).verify()
    assert empty.value.code == "registry-empty"
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("is_file", [False, True])
def test_listing_a_registry_that_is_not_there_is_refused(tmp_path, capfd, is_file):
    """A mistyped folder looked like a registry without models."""
    if is_file:
        (tmp_path / "models").write_text("")
    assert run(["registry", "list", str(tmp_path / "models")]) == 3
    said = capfd.readouterr()
    assert (said.out, "error[registry-empty]" in said.err) == ("", True)
    assert run(["registry", "list", str(tmp_path)]) == 0  # a folder without models has a head and no rows
    assert capfd.readouterr().out.count("\n") == 1
