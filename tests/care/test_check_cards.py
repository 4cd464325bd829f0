"""The rules by which cards may be sent: published valid messages pass, a broken rule is told with its place."""

import copy
import json

import pytest

from genorx.care import check_cards
from genorx.cli.app import run

CARD = {"summary": "s", "indicator": "info", "source": {"label": "l", "url": "https://example.org/a"}}
DELETE = {"type": "delete", "description": "d", "resourceId": "MedicationRequest/1"}
CREATE = {"type": "create", "description": "d", "resource": {"resourceType": "ServiceRequest"}}
LINK = {"label": "l", "url": "https://example.org", "type": "absolute"}
FULL = CARD | {
    "uuid": "any text", "detail": "ANC < 1.5 and <https://example.org>", "selectionBehavior": "any",
    "suggestions": [{"label": "l", "actions": [DELETE, CREATE]}], "links": [LINK],
    "overrideReasons": [{"code": "c", "display": "d"}], "extension": {"x": 1},
}  # fmt: skip


def put(path, value):
    """Return a message of one full card with something else at a path; None takes it away."""
    message = {"cards": [copy.deepcopy(FULL)]}
    at = message
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return message


BAD = [
    (("other",), 1, "other"),
    (("cards",), None, "cards"),
    (("cards",), {}, "cards"),
    (("cards", 0), "text", "cards[0]"),
    (("cards", 0, "summary"), None, "cards[0].summary"),
    (("cards", 0, "summary"), "", "cards[0].summary"),
    (("cards", 0, "summary"), "x" * 140, "cards[0].summary"),
    (("cards", 0, "summary"), 5, "cards[0].summary"),
    (("cards", 0, "indicator"), "hard-stop", "cards[0].indicator"),
    (("cards", 0, "indicator"), "success", "cards[0].indicator"),
    (("cards", 0, "indicator"), None, "cards[0].indicator"),
    (("cards", 0, "source"), None, "cards[0].source"),
    (("cards", 0, "source", "label"), None, "cards[0].source.label"),
    (("cards", 0, "source", "url"), "example.org", "cards[0].source.url"),
    (("cards", 0, "source", "url"), "javascript:alert(1)", "cards[0].source.url"),
    (("cards", 0, "source", "icon"), "/icon.png", "cards[0].source.icon"),
    (("cards", 0, "detail"), "a <b>bold</b> word", "cards[0].detail"),
    (("cards", 0, "detail"), '<img src="x">', "cards[0].detail"),
    (("cards", 0, "detail"), "a <br/> b", "cards[0].detail"),
    (("cards", 0, "detail"), "<!-- c -->", "cards[0].detail"),
    (("cards", 0, "selectionBehavior"), None, "cards[0].selectionBehavior"),
    (("cards", 0, "selectionBehavior"), "all", "cards[0].selectionBehavior"),
    (("cards", 0, "suggestions", 0, "label"), None, "cards[0].suggestions[0].label"),
    (("cards", 0, "suggestions", 0, "actions", 0, "type"), "remove", "cards[0].suggestions[0].actions[0].type"),
    (("cards", 0, "suggestions", 0, "actions", 0, "description"), None,
     "cards[0].suggestions[0].actions[0].description"),
    (("cards", 0, "suggestions", 0, "actions", 0, "resourceId"), None, "cards[0].suggestions[0].actions[0].resourceId"),
    (("cards", 0, "suggestions", 0, "actions", 1, "resource"), None, "cards[0].suggestions[0].actions[1].resource"),
    (("cards", 0, "suggestions", 0, "actions", 1, "resource"), "{}", "cards[0].suggestions[0].actions[1].resource"),
    (("cards", 0, "suggestions", 0, "actions", 1, "resource"), {},
     "cards[0].suggestions[0].actions[1].resource.resourceType"),
    (("cards", 0, "links", 0, "label"), None, "cards[0].links[0].label"),
    (("cards", 0, "links", 0, "url"), "ftp://example.org", "cards[0].links[0].url"),
    (("cards", 0, "links", 0, "type"), "relative", "cards[0].links[0].type"),
    (("cards", 0, "links", 0, "appContext"), "x", "cards[0].links[0].appContext"),
    (("cards", 0, "overrideReasons", 0, "display"), None, "cards[0].overrideReasons[0].display"),
    (("cards", 0, "overrideReasons"), {}, "cards[0].overrideReasons"),
    (("cards", 0, "uuid"), 5, "cards[0].uuid"),
    (("systemActions",), [{"type": "update", "description": "d"}], "systemActions[0].resource"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "place"), BAD)
def test_a_rule_that_is_broken_is_told_with_its_place(path, value, place):
    found = check_cards(put(path, value))
    assert [(each.code, each.severity, each.place) for each in found] == [("card-fault", "serious", place)]


def test_good_messages_pass():
    at_most = FULL | {"selectionBehavior": "at-most-one",
                      "suggestions": [{"label": "a", "isRecommended": True}, {"label": "b"}]}  # fmt: skip
    smart = CARD | {"links": [LINK | {"type": "smart", "appContext": "x"}]}
    for card in (CARD, FULL, at_most, smart, CARD | {"summary": "x" * 139}):
        assert check_cards({"cards": [card]}) == []
    assert check_cards({"cards": [], "systemActions": [CREATE], "extension": {}}) == []


def test_one_at_most_is_recommended_where_one_can_be_taken():
    both = [{"label": "a", "isRecommended": True}, {"label": "b", "isRecommended": True}]
    assert check_cards({"cards": [FULL | {"suggestions": both}]}) == []
    (found,) = check_cards({"cards": [FULL | {"suggestions": both, "selectionBehavior": "at-most-one"}]})
    assert found.place == "cards[0].suggestions"


@pytest.mark.parametrize("message", [None, [], "cards", 3])
def test_what_is_no_object_is_no_message(message):
    assert [each.place for each in check_cards(message)] == ["start"]


def test_published_valid_messages_pass(shared, capfd):
    """Five messages of the Da Vinci test kit."""
    folder = shared / "data" / "administration" / "cds_hooks"
    files = sorted(folder.glob("card_*.json"))
    if not files:
        pytest.skip("administration data absent")
    assert len(files) == 5
    for path in files:
        assert check_cards(json.loads(path.read_text())) == []
    assert run(["care", "check-cards", *map(str, files)]) == 0
    assert capfd.readouterr().out == ""


def test_the_command_prints_a_line_for_each_fault_and_ends_with_3(tmp_path, capfd):
    bad = {"cards": [CARD | {"summary": "", "indicator": "hard-stop"}]}
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    (tmp_path / "good.json").write_text(json.dumps({"cards": [FULL]}))
    out = tmp_path / "faults.json"
    line = ["care", "check-cards", str(tmp_path / "good.json"), str(tmp_path / "bad.json"), "--out", str(out)]
    assert run(line) == 3
    said = capfd.readouterr().err.splitlines()
    assert ["cards[0].summary" in said[0], "cards[0].indicator" in said[1], len(said)] == [True, True, 2]
    assert all(each.startswith(f"error[cards-faulty] {tmp_path / 'bad.json'}:") for each in said)
    assert not out.exists()
    assert run([*line, "--errors", "json"]) == 3
    assert [json.loads(each)["place"] for each in capfd.readouterr().err.splitlines()] == [
        "cards[0].summary", "cards[0].indicator"]  # fmt: skip
    assert run([*line[:3], "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == []


@pytest.mark.parametrize(("text", "code"), [('{"cards": [], "cards": []}', "json-key-twice"), ("<x/>", "not-json"),
                                            ('{"cards": [' + "[" * 101 + "]" * 101 + "]}", "json-depth")])  # fmt: skip
def test_json_is_read_strictly(tmp_path, capfd, text, code):
    (tmp_path / "c.json").write_text(text)
    assert run(["care", "check-cards", str(tmp_path / "c.json")]) == 3
    assert capfd.readouterr().err.startswith(f"error[{code}]")
