"""Tumour-wide markers: the burden that MOAlmanac prints for its example, and what is refused."""

import pytest

from genorx.errors import InputError
from genorx.oncology import burden_of, match, microsatellite, mutational_burden, read_text, repair_score
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.reading import AlterationSet


def test_the_burden_of_moalmanacs_example_is_6_821():
    """204 mutations over 29.908096 megabases, MOAlmanac's example (Reardon B et al. 2021, Nat Cancer 2:1102)."""
    burden = mutational_burden(204, 29.908096, numerator="non-silent")
    assert burden.value == pytest.approx(6.821, abs=5e-4)
    assert not burden.high
    assert "6.82" in burden.alteration().notes[0]


def test_changes_of_a_text_count_each_though_they_have_no_place():
    """By hand: two changes and one of them again; they were one mutation."""
    assert burden_of(read_text("BRAF V600E; TP53 R248Q; TP53 R248Q"), 1.0).mutations == 2


def test_ten_mutations_a_megabase_are_high_as_the_label_says():
    assert mutational_burden(340, 34, numerator="coding").high
    assert not mutational_burden(339, 34, numerator="coding").high
    hits = match([mutational_burden(400, 34, numerator="coding").alteration()], "PAAD")
    assert hits[0].evidence_id == "label:BLA125514-TMB"


def test_small_panels_are_warned_of_and_very_small_ones_refused():
    assert mutational_burden(9, 0.9, numerator="missense").findings[0].code == "tmb-panel-small"
    assert mutational_burden(9, 1.0, numerator="missense").findings == ()
    for bad in ((9, 0.4), (-1, 30), (9, float("nan"))):
        with pytest.raises(InputError) as caught:
            mutational_burden(*bad, numerator="coding")
        assert caught.value.code == "tmb-input"
    with pytest.raises(InputError):
        mutational_burden(9, 30, numerator="everything")


def test_a_burden_counts_accepted_non_silent_somatic_changes_once():
    facts = [as_alteration({"type": "protein", "gene": "A", "change": change, "place": str(n), **more})
             for n, (change, more) in enumerate([("V1E", {}), ("V2E", {}), ("V3=", {}), ("V4E",
             {"origin": "germline"})])]  # fmt: skip
    burden = burden_of(AlterationSet(alterations=facts), 2.0)
    assert burden.value == 1.0
    assert "filters" in burden.alteration().notes[0]


def test_a_score_needs_the_cut_off_of_its_tool():
    """MSIsensor calls 3.5 per cent and more unstable (Niu B et al. 2014, Bioinformatics 30:1015)."""
    high = microsatellite(12.3, cutoff=3.5, method="MSIsensor")
    assert (high.label, high.notes) == ("MSI High", ("score 12.3, MSIsensor calls 3.5 and more unstable",))
    assert microsatellite(1, cutoff=3.5, method="MSIsensor").label == "MSI Stable"
    for bad in ({}, {"cutoff": 3.5}, {"method": "MSIsensor"}):
        with pytest.raises(InputError) as caught:
            microsatellite(12.3, **bad)
        assert caught.value.code == "marker-state"


@pytest.mark.parametrize(
    ("word", "value"), [("MSI-H", "High"), ("dMMR", "High"), ("MSS", "Stable"), ("pMMR", "Stable"), ("MSI-L", "Low")]
)
def test_microsatellite_words(word, value):
    assert microsatellite(word).atom.value == value


def test_only_msi_high_meets_the_label():
    assert "Dostarlimab" in {
        drug for hit in match([microsatellite("dMMR", method="staining")], "UCEC") for drug in hit.therapies
    }
    assert len(match([microsatellite("MSS")], "UCEC")) == 0
    with pytest.raises(InputError) as caught:
        microsatellite("19 % indels")
    assert caught.value.code == "marker-state"


def test_a_repair_score_says_platform_and_cut_off():
    fact = repair_score(42, cutoff=42, platform="GIS")
    assert fact.atom.value == "High"
    assert "GIS calls 42" in fact.notes[0]
    assert repair_score(41.9, cutoff=42, platform="GIS").atom.value == "Low"
