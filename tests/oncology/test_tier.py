"""Levels of CIViC to tiers of AMP/ASCO/CAP (Li MM et al. 2017, J Mol Diagn 19:4), line by line."""

import pytest

from genorx.errors import UsageError
from genorx.oncology import match
from genorx.oncology.disease import DiseaseRelation
from genorx.oncology.tier import level_letter, option_tier, resistance_tier, tier_rank


def relation(kind, agrees=True):
    return DiseaseRelation(relation=kind, lineage_agrees=agrees, path="")


@pytest.mark.parametrize(
    ("letter", "kind", "ours", "pcgr"),
    [
        ("A", "exact", "I-A", "I"), ("B", "exact", "I-B", "I"), ("A", "ancestor", "I-A", "I"),
        ("A", "pan_cancer", "I-A", "I"),
        ("B", "pan_cancer", "II-C", "I"), ("A", "other", "II-C", "II"), ("B", "same_organ", "II-C", "II"),
        ("C", "exact", "II-D", "II"), ("D", "exact", "II-D", "II"), ("E", "exact", "III", "II"),
        ("C", "other", "III", "III"),
        ("D", "pan_cancer", "III", "III"), ("E", "other", "III", "III"), ("A", "descendant", "I-B", "I"),
        ("B", "descendant", "II-C", "I"), ("D", "descendant", "III", "II"),
    ],
)  # fmt: skip
def test_level_and_relation_give_the_tier_of_the_table(letter, kind, ours, pcgr):
    assert option_tier(letter, relation(kind)) == ours
    assert option_tier(letter, relation(kind), scheme="amp-pcgr") == pcgr


def test_three_independent_citations_lift_case_studies_in_the_same_tumour():
    assert option_tier("C", relation("exact"), citations=3) == "II-C"
    assert option_tier("C", relation("exact"), citations=2) == "II-D"


def test_solid_and_blood_evidence_never_exceed_tier_three():
    for letter in "ABCDE":
        assert option_tier(letter, relation("other", agrees=False)) == "III"
        assert option_tier(letter, relation("pan_cancer", agrees=False), scheme="amp-pcgr") == "III"


def test_an_unmapped_disease_or_unknown_level_has_no_tier():
    assert option_tier("A", relation("unmapped")) is None
    assert option_tier("A", relation("not_stated")) is None
    assert option_tier(None, relation("exact")) is None
    assert resistance_tier("A", relation("unmapped")) is None


@pytest.mark.parametrize(
    ("letter", "kind", "tier"),
    [
        ("A", "exact", "R-I"),
        ("B", "ancestor", "R-I"),
        ("C", "exact", "R-II"),
        ("A", "other", "R-II"),
        ("D", "other", "R-III"),
    ],
)
def test_resistance_has_its_own_tiers(letter, kind, tier):
    assert resistance_tier(letter, relation(kind)) == tier


@pytest.mark.parametrize(
    ("scheme", "level", "letter"),
    [
        ("civic", "B", "B"), ("moalmanac", "FDA-Approved", "A"), ("moalmanac", "Preclinical", "D"),
        ("oncokb", "3A", "B"),
        ("oncokb", "R1", "A"), ("cgi", "Late trials", "B"), ("label", "accelerated", "A"), ("civic", "F", None),
        ("lab", "C", "C"),
        ("lab", "gold", None),
    ],
)  # fmt: skip
def test_levels_of_other_scales_have_their_nearest_letter(scheme, level, letter):
    assert level_letter(scheme, level) == letter


def test_better_tiers_come_first_and_none_last():
    order = ["I-A", "I-B", "II-C", "II-D", "III", None]
    assert sorted(order, key=tier_rank) == order


def test_an_unknown_scheme_is_refused():
    with pytest.raises(UsageError):
        match(["BRAF V600E"], "MEL", scheme="best")
