"""Every hit and every miss has a reason."""

import pytest

from genorx.oncology import default_evidence, explain, match, why_not


def test_every_alteration_and_every_gene_without_a_hit_says_why():
    hits = match(
        ["BRAF V600E", "TTN A5V", "FGFR2 deletion", "BRAF V600=", {"type": "protein", "gene": "X", "change": ""}],
        "COAD",
    )
    found = why_not(hits)
    assert all(each.reason for each in found)
    by_alteration = {each.alteration: each.reason for each in found if each.alteration}
    assert set(by_alteration) == {"TTN A5V", "FGFR2 deletion", "BRAF V600=", "X"}
    assert "no evidence row names" in by_alteration["TTN A5V"]
    assert "none is met by FGFR2 deletion" in by_alteration["FGFR2 deletion"]
    assert "silent" in by_alteration["BRAF V600="]
    genes = {atom.gene.upper() for r in default_evidence() for a in r.predicate for atom in a if atom.gene}
    seen = {each.gene for each in found} | {
        gene for hit in hits for m in hit.matches for gene in [(m.atom.gene or "").upper()]
    }
    assert genes - {"BRAF", "FGFR2", "X"} <= seen


def test_an_assessed_gene_and_one_not_stated_have_other_reasons():
    found = {each.gene: each.reason for each in why_not(match(["BRAF V600E"], "COAD", assessed=["ALK"]))}
    assert found["ALK"] == "assessed, no alteration found"
    assert "not stated" in found["EGFR"]


def test_a_row_explains_why_it_is_a_hit_or_what_it_lacks():
    hits = match(["EGFR L858R"], "LUAD")
    assert "is met by" in explain(hits, hits[0].evidence_id)
    pair = next(r for r in default_evidence() if r.profile_label == "EGFR L858R AND EGFR T790M")
    text = explain(hits, pair.evidence_id)
    assert "EGFR L858R alone does not suffice" in text
    assert "EGFR T790M" in text
    expression = next(r for r in default_evidence() if r.profile_label == "CD274 Expression")
    assert "not assessed" in explain(hits, expression.evidence_id)
    wild = next(r for r in default_evidence() if r.profile_label == "KRAS Wildtype")
    assert "not stated to be assessed" in explain(hits, wild.evidence_id)
    with pytest.raises(KeyError):
        explain(hits, "civic:EID0")


def test_a_row_left_out_for_its_origin_says_so():
    hits = match([{"type": "protein", "gene": "BRAF", "change": "V600E", "origin": "germline"}], "MEL")
    assert "somatic" in explain(hits, next(iter(hits.left_out)))
