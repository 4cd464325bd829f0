"""Cards: for each drug, gene and action, for evidence and the model; for draft orders those of their drugs alone."""

import json
import uuid

import pytest

from genorx import care
from genorx.errors import InputError, UsageError

ACTIONS = ("avoid", "alternative", "reduce", "increase", "monitor", "standard", "no_recommendation")
INDICATOR = {"avoid": "critical", "alternative": "warning", "reduce": "warning", "increase": "warning",
             "monitor": "info"}  # fmt: skip


def safety(gene, drug, action, **more):
    row = {"gene": gene, "phenotype": "Poor Metabolizer", "drug": drug, "action": action, "strength": "Strong"}
    return row | {"source": "CPIC 1"} | more


def evidence(number, tier, therapy="Cetuximab", **more):
    row = {"source": "civic", "id": f"civic:EID{number}", "tier": tier, "relation": "exact", "level": "A"}
    return row | {"direction": "supports", "therapy": therapy, "reason": ""} | more


def answer(*options, patient_id="P1", **more):
    """One patient's object of a ranking; an option is (name, advice, safety rows, evidence rows)."""
    listed = [{"option": name, "rank": n, "advice": advice, "safety": rows, "evidence": proofs, "difference": None}
              for n, (name, advice, rows, proofs) in enumerate(options, start=1)]  # fmt: skip
    return {"patient_id": patient_id, "reference": "old", "options": listed,
            "comparison": {"study": "trial"},
            "provenance": {"model": "m", "knowledge": {"civic": "1"}}} | more  # fmt: skip


def order(drug, number=1, **more):
    return {"resourceType": "MedicationRequest", "id": f"m{number}", "status": "draft", "intent": "order",
            "medicationCodeableConcept": {"text": drug}} | more  # fmt: skip


def call(*orders, hook="order-sign", **more):
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in orders]}
    context = {"userId": "Practitioner/1", "patientId": "P1", "draftOrders": bundle} | more
    return {"hook": hook, "hookInstance": "i", "context": context}


def stated(made):
    assert care.check_cards(made.message) == []
    return [(each["indicator"], each["summary"].split(":")[0]) for each in made.message["cards"]]


def test_each_action_has_its_indicator_and_silent_ones_no_card():
    """docs/guide/care_cards.md, rule 1, for every action there is."""
    rows = [safety(f"G{n}", f"drug{n}", action) for n, action in enumerate(ACTIONS)]
    made = care.cards(answer(("a", "reasonable", rows, [])), hook="patient-view")
    wanted = {(INDICATOR[action], f"drug{n}") for n, action in enumerate(ACTIONS) if action in INDICATOR}
    assert set(stated(made)) == wanted
    assert [each["indicator"] for each in made.message["cards"]] == ["critical", *["warning"] * 3, "info"]


def test_one_card_for_each_drug_gene_and_action_of_all_options():
    rows = [safety("DPYD", "fluorouracil", "reduce"), safety("DPYD", "fluorouracil", "reduce", source="DPWG 2"),
            safety("DPYD", "Fluorouracil", "avoid"), safety("UGT1A1", "fluorouracil", "reduce")]  # fmt: skip
    options = [("a", "reasonable", rows[:2], []), ("b", "reasonable", rows[1:], [])]
    made = care.cards(answer(*options), hook="patient-view")
    assert stated(made) == [("critical", "Fluorouracil"), ("warning", "fluorouracil"), ("warning", "fluorouracil")]
    assert ["DPYD" in each["summary"] for each in made.message["cards"]] == [True, True, False]
    assert made.message["cards"][1]["source"]["label"] == "CPIC 1"
    assert "DPWG 2" in made.message["cards"][1]["detail"]


def test_evidence_of_the_first_tiers_informs_and_of_resistance_warns():
    """docs/guide/care_cards.md, rule 2: I-A and I-B info, R-I warning, each id once."""
    rows = [evidence(1, "I-A"), evidence(2, "I-B"), evidence(3, "R-I"), evidence(4, "II-C"), evidence(5, "R-II")]
    options = [("a", "reasonable", [], rows), ("b", "reasonable", [], rows[:1])]
    made = care.cards(answer(*options), hook="patient-view")
    assert [each["indicator"] for each in made.message["cards"]] == ["warning", "info", "info"]
    assert "civic:EID3" in made.message["cards"][0]["summary"]
    assert made.message["cards"][0]["source"]["label"] == "civic"


def test_the_model_has_a_card_where_the_first_option_is_recommended(ranking):
    """docs/guide/care_cards.md, rule 3: difference with interval and unit, and "model of STUDY"."""
    made = care.cards(ranking, hook="patient-view", patient_id="P1")
    (card,) = [each for each in made.message["cards"] if each["source"]["label"] == "model of trial"]
    assert card["indicator"] == "info"
    assert "+20 days (95 % interval 5 to 40)" in card["summary"]
    assert "model of trial" in card["summary"]
    for advice in ("reasonable", "equipoise", "not_advised", "no_estimate"):
        assert care.cards(answer(("a", advice, [], [])), hook="patient-view").message == {"cards": []}
    later = answer(("a", "reasonable", [], []), ("b", "recommend", [], []))
    assert care.cards(later, hook="patient-view").message == {"cards": []}


def test_draft_orders_have_cards_of_their_drugs_alone():
    rows = [safety("DPYD", "capecitabine", "avoid"), safety("CYP2D6", "codeine", "avoid")]
    told_by = answer(("a", "recommend", rows, [evidence(1, "I-A"), evidence(2, "I-A", "Codeine + Cetuximab")]))
    made = care.cards(told_by, hook="order-sign", request=call(order("Codeine phosphate 30 mg tablet")))
    assert stated(made) == [("critical", "codeine"), ("info", "Codeine + Cetuximab")]
    assert made.findings == ()
    (suggestion,) = made.message["cards"][0]["suggestions"]
    assert made.message["cards"][0]["selectionBehavior"] == "at-most-one"
    assert suggestion["actions"] == [
        {"type": "delete", "description": "Remove the draft order of codeine", "resourceId": "MedicationRequest/m1"}
    ]
    assert uuid.UUID(suggestion["uuid"]).version == 5


def test_only_an_order_to_avoid_has_a_suggestion():
    rows = [safety("UGT1A1", "irinotecan", "reduce"), safety("CYP2D6", "codeine", "avoid")]
    request = call(order("irinotecan"), order("codeine", 2, id=None))
    request["context"]["draftOrders"]["entry"][1]["resource"].pop("id")
    made = care.cards(answer(("a", "reasonable", rows, [])), hook="order-sign", request=request)
    assert stated(made) == [("critical", "codeine"), ("warning", "irinotecan")]
    assert not [each for each in made.message["cards"] if "suggestions" in each]


@pytest.mark.parametrize("words", [
    "codeine", "Codeine Phosphate 30 MG Oral Tablet", "codeine sulfate 15 MG Oral Tablet [Codeisan]",
    "12 HR codeine 30 MG Extended Release Oral Tablet", "codeine 25 MG/ML Injectable Solution",
    "acetaminophen 300 MG / codeine phosphate 30 MG Oral Tablet",
])  # fmt: skip
def test_drugs_are_found_by_the_names_that_orders_have(words):
    """Forms of RxNorm: salt, dose, form, brand in brackets, several ingredients."""
    whole = answer(("a", "reasonable", [safety("CYP2D6", "codeine", "avoid")], []))
    assert stated(care.cards(whole, hook="order-sign", request=call(order(words)))) == [("critical", "codeine")]
    coded = {"text": "as told", "coding": [{"display": words}]}
    by_code = call(order("", medicationCodeableConcept=coded))
    assert stated(care.cards(whole, hook="order-sign", request=by_code)) == [("critical", "codeine")]


def test_a_drug_for_the_skin_is_not_the_drug_in_the_blood():
    whole = answer(("a", "reasonable", [safety("DPYD", "fluorouracil", "avoid")], []))
    made = care.cards(whole, hook="order-sign", request=call(order("fluorouracil 5 % topical cream")))
    assert made.message == {"cards": []}
    assert [each.code for each in made.findings] == ["order-no-guidance"]


def test_of_order_select_the_selected_orders_count_where_any_are():
    rows = [safety("A", "codeine", "avoid"), safety("B", "tramadol", "avoid")]
    orders = (order("codeine"), order("tramadol", 2))
    whole = answer(("a", "reasonable", rows, []))
    some = call(*orders, hook="order-select", selections=["MedicationRequest/m2"])
    assert stated(care.cards(whole, hook="order-select", request=some)) == [("critical", "tramadol")]
    both = call(*orders, hook="order-select", selections=[])
    assert len(stated(care.cards(whole, hook="order-select", request=both))) == 2
    signed = call(*orders, selections=["MedicationRequest/m2"])
    assert len(stated(care.cards(whole, hook="order-sign", request=signed))) == 2


def test_a_draft_drug_without_guidance_is_a_finding_and_not_safe():
    rows = [safety("A", "codeine", "standard")]
    request = call(order("codeine"), order("Paracetamol 500 mg", 2), order("", 3))
    made = care.cards(answer(("a", "reasonable", rows, [])), hook="order-sign", request=request)
    assert made.message == {"cards": []}
    assert [(each.code, each.place) for each in made.findings] == [
        ("order-no-guidance", "MedicationRequest/m2"), ("order-no-guidance", "MedicationRequest/m3")]  # fmt: skip
    assert all("not mean that it is safe" in each.message for each in made.findings)
    assert "does not mean that it is safe" in made._repr_html_()


def test_pharmacogenes_speak_of_drugs_that_no_option_has(reports):
    """An order of a drug outside the ranking: rows of the patient's report make its cards."""
    report = next(each for each in reports if each.sample == "S0001")
    drug, rows = next((drug, rows) for drug, rows in report.drugs.items()
                      if any(row.row.action in INDICATOR for row in rows))  # fmt: skip
    wanted = {INDICATOR[row.row.action] for row in rows if row.row.action in INDICATOR}
    bare = answer(("a", "reasonable", [], []), patient_id="S0001")
    request = call(order(drug), patientId="S0001")
    assert [each.code for each in care.cards(bare, hook="order-sign", request=request).findings] == [
        "order-no-guidance"
    ]
    made = care.cards(bare, hook="order-sign", request=request, pgx=reports)
    assert {indicator for indicator, _ in stated(made)} == wanted
    assert made.findings == ()


def test_what_a_call_lacks_is_a_finding():
    bare = answer(("a", "reasonable", [], []))
    made = care.cards(bare, hook="order-sign")
    assert [each.code for each in made.findings] == ["hook-no-orders"]
    other = call(hook="order-select", patientId="someone")
    assert [each.code for each in care.cards(bare, hook="order-sign", request=other).findings] == [
        "hook-other", "hook-patient"]  # fmt: skip


def test_a_hook_that_is_unknown_is_wrong_usage(ranking):
    with pytest.raises(UsageError) as error:
        care.cards(ranking, hook="encounter-start", patient_id="P1")
    assert (error.value.code, error.value.exit_code) == ("hook-unknown", 2)


def test_the_same_answer_gives_the_same_bytes_and_ids_of_version_5(ranking, ranking_file):
    one = care.cards(ranking, hook="patient-view", patient_id="P1")
    assert one.to_json() == care.cards(ranking_file, hook="patient-view", patient_id="P1").to_json()
    ids = [each["uuid"] for each in one.message["cards"]]
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(each).version for each in ids} == {5}
    other = care.cards(ranking, hook="patient-view", patient_id="P2")
    assert not {each["uuid"] for each in other.message["cards"]} & set(ids)


def test_warnings_and_critical_cards_have_reasons_to_override(ranking):
    for card in care.cards(ranking, hook="patient-view", patient_id="P1").message["cards"]:
        assert ("overrideReasons" in card) == (card["indicator"] != "info")
        for reason in card.get("overrideReasons", ()):
            assert (set(reason), reason["system"]) == ({"code", "system", "display"}, "urn:genorx:override")
        assert set(card["extension"]["org.genorx.provenance"]) == {"model", "knowledge", "version"}


def test_texts_of_files_are_escaped_bounded_and_on_one_line():
    """HTML and Markdown of a file, 2 MB of text, characters that are not seen, an address that is none."""
    evil = "<img src=x onerror=alert(1)> [a](javascript:x) **b**\n# c \u202e"
    rows = [safety(evil, "codeine " + evil, "avoid", source=evil, url="javascript:alert(1)"),
            safety("B", "x" * 2_000_000, "reduce", url="https://cpicpgx.org/g")]  # fmt: skip
    made = care.cards(answer((evil, "recommend", rows, [evidence(1, "R-I", evil, reason=evil)]),
                             comparison={"study": "s" * 500}), hook="patient-view")  # fmt: skip
    assert care.check_cards(made.message) == []
    for card in made.message["cards"]:
        assert len(card["summary"]) < 140
        assert not set("<>\n\u202e") & set(card["summary"])
        assert "<" not in card["detail"]
        assert "](" not in card["detail"].replace("\\](", "")
        assert len(card["detail"]) < 5000
    urls = {each["indicator"]: each["source"].get("url") for each in made.message["cards"][:2]}
    assert urls["critical"] is None
    assert "https://cpicpgx.org/g" in {each["source"].get("url") for each in made.message["cards"]}


def test_nobody_is_named_in_cards_findings_or_errors():
    """Marked names in a call: of the patient, the practitioner, notes, and the access token."""
    marks = ("Mustermann", "1970-01-02", "SECRET-TOKEN", "Dr. Marker", "MRN-4711")
    person = {"resourceType": "Patient", "name": [{"family": marks[0]}], "birthDate": marks[1]}
    note = {"note": [{"text": f"{marks[0]} {marks[3]}"}], "subject": {"display": marks[0]}}
    request = call(order("codeine", **note)) | {"prefetch": {"patient": person}, "fhirServer": "https://x"}
    request |= {"fhirAuthorization": {"access_token": marks[2]}}
    whole = answer(("a", "reasonable", [safety("A", "codeine", "avoid")], []), patient_id=marks[4])
    made = care.cards(whole, hook="order-sign", request=request)
    assert stated(made) == [("critical", "codeine")]
    assert not [mark for mark in marks if mark in made.to_json()]
    read = json.dumps(care.read_hook(request).to_dict())
    assert not [mark for mark in marks if mark in read]
    request["context"]["draftOrders"]["entry"][0]["resource"]["authoredOn"] = f"{marks[0]} 2021-02-30"
    with pytest.raises(InputError) as error:
        care.read_hook(request)
    assert error.value.code == "date"
    assert not [mark for mark in marks if mark in str(error.value)]
