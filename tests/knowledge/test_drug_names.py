"""Names of drugs; what each stands for is what a pharmacist would read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genorx.knowledge import default_pack
from genorx.knowledge.drug_names import drugs_in, other_names
from genorx.pgx.guidance.phenoconversion import modulators

KNOWN = frozenset(default_pack().drugs) | {m.drug for m in modulators()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("clopidogrel", ["clopidogrel"]),
        ("  Clopidogrel ", ["clopidogrel"]),
        ("CLOPIDOGREL BISULFATE 75 mg tablet", ["clopidogrel"]),
        ("Plavix®", ["clopidogrel"]),
        ("codeine phosphate 30mg/5ml oral solution", ["codeine"]),
        ("metoprolol succinate ER", ["metoprolol"]),
        ("5-FU", ["fluorouracil"]),
        ("6-Mercaptopurine", ["mercaptopurine"]),
        ("tioguanine", ["thioguanine"]),
        ("St John’s wort", ["st. john's wort"]),
        ("peginterferon alfa-2a", ["peginterferon alfa-2a"]),
        ("codeine/paracetamol", ["codeine", None]),
        ("codeine 30 mg and acetaminophen 300 mg", ["codeine", None]),
        ("lopinavir-ritonavir", [None, "ritonavir"]),
        ("lumacaftor + ivacaftor", ["lumacaftor", "ivacaftor"]),
        ("esomeprazole", [None]),
        ("escitalopram", ["escitalopram"]),
        ("fluorouracil cream", [None]),
        ("clopidogrel 75 MG Oral Tablet [Plavix]", ["clopidogrel"]),  # RxNorm's names of prescriptions
        ("24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", ["metoprolol"]),
        ("fluorouracil 50 MG/ML Injectable Solution", ["fluorouracil"]),
        ("[Plavix]", [None]),
        ("sodium", [None]),
        ("", [None]),
    ],
)
def test_a_name_is_understood_or_handed_back(text, found):
    assert [name for _, name in drugs_in(text, KNOWN)] == found


def test_what_is_not_understood_keeps_the_writers_words():
    assert drugs_in(" Aspirin-Like ", KNOWN) == [("Aspirin-Like", None)]


def test_other_names_lead_to_drugs_that_are_known_and_are_none_themselves():
    assert set(other_names().values()) <= KNOWN
    assert set(other_names()).isdisjoint(KNOWN)


def test_every_drug_of_the_pack_and_of_the_table_is_understood_in_any_case():
    for drug in KNOWN:
        for written in (drug, drug.upper(), f"{drug} 20 mg", f"{drug} sodium"):
            assert drugs_in(written, KNOWN)[0][1] == drug


@given(st.text(max_size=40))
def test_any_text_gives_only_known_names_or_none(text):
    assert all(name is None or name in KNOWN for _, name in drugs_in(text, KNOWN))
