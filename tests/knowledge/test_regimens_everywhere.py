"""A regimen's acronym stands for its drugs in every room that reads names of drugs.

Expected drugs are those of the trials: de Gramont 2000 (FOLFOX), Douillard 2000 (FOLFIRI), Conroy 2011 (FOLFIRINOX).
"""

import pytest

from genorx._core.packaged import packaged_rows
from genorx.audit.case import as_in_facts
from genorx.care import read_regimens
from genorx.care.cards.drafts import draft_drugs
from genorx.care.cards.hook_request import DraftOrder, HookRequest
from genorx.knowledge import default_pack
from genorx.knowledge.drug_names import drugs_in, regimen_drugs
from genorx.oncology import match, rank_therapies
from genorx.oncology.drug_safety import drug_genes
from genorx.oncology.therapies import ModelEstimate
from genorx.pgx.calling import _wanted
from genorx.ranking.answer.evidence import _key

SPELLED = ["FOLFOX", "mFOLFOX6", "folfox-4", "FOLFOX regimen", "Modified FOLFOX6"]


@pytest.mark.parametrize("written", SPELLED)
def test_folfox_has_fluorouracil_for_every_reader(written):
    drugs = ["fluorouracil", "leucovorin", "oxaliplatin"]
    assert list(regimen_drugs(written)) == drugs
    assert drug_genes(written) == {"fluorouracil": ("DPYD",)}  # oncology's note
    guided, findings = _wanted([written], default_pack())  # gx.pgx.call(drugs=...)
    assert guided == ["fluorouracil"]
    assert {each.code for each in findings} == {"drug-unknown"}  # oxaliplatin and leucovorin, which nothing knows
    order = DraftOrder(type="MedicationRequest", id="1", status="draft", system=None, code=None, text=written)
    request = HookRequest(hook="order-sign", orders=(order,))
    drafts = draft_drugs(request, "order-sign", (), (), None)
    assert all(drafts.has(drug) for drug in drugs)  # cards
    assert _key(written) == _key("Oxaliplatin + Fluorouracil + Leucovorin")  # evidence of an option


def test_a_drug_that_the_patient_cannot_have_takes_its_regimens_away():
    estimates = {"FOLFIRI": ModelEstimate(estimate=1.0, lower=0.5, upper=1.5)}
    hits = match(["BRAF V600E"], "COAD")
    for name in ("fluorouracil", "5-FU", "Irinotecan Hydrochloride"):
        options = rank_therapies(hits, estimates=estimates, excluded={name: "no DPYD"})
        (found,) = [each for each in options if each.name == "FOLFIRI"]
        assert found.advice == "not_advised"
        assert "no DPYD" in found.reason


def test_synonyms_are_one_drug_in_claims_too():
    import pandas as pd

    assert as_in_facts(pd.Series(["5-FU", "Xeloda"]), ["fluorouracil", "capecitabine"]).tolist() == [
        "fluorouracil",
        "capecitabine",
    ]


def test_regimens_of_care_have_the_drugs_that_their_acronym_says():
    for name, regimen in read_regimens().items():
        assert set(regimen_drugs(name)) <= set(regimen.drugs)


def test_no_acronym_is_a_drug_of_a_pack_and_no_word_near_one_is_a_regimen():
    rows = packaged_rows("genorx.knowledge", "tables", "regimens.tsv")
    assert {row["name"] for row in rows}.isdisjoint(default_pack().drugs)
    for text in ("folic acid", "facit", "fec-100 mg tablets of iron", "tpfx", ""):
        assert regimen_drugs(text) == ()
        assert all(name is None for _, name in drugs_in(text, {"fluorouracil"}))
