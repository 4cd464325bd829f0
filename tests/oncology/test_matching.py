"""Hits on the embedded evidence: cases built here from the rows themselves, and the rules of docs/guide/oncology.md."""

import pytest

from genorx.errors import FINDINGS
from genorx.oncology import default_evidence, display_protein_change, find_disease, match, rank_therapies
from genorx.oncology.alteration_input import as_alteration


@pytest.fixture(scope="module")
def groups():
    found = {}
    for record in default_evidence():
        found.setdefault(record.predicate, set()).add(record.evidence_id)
    return found


def ids(hits, exact=None):
    return {hit.evidence_id for hit in hits if exact is None or hit.exact is exact}


def test_the_atoms_of_every_alternative_return_their_rows_as_exact(groups):
    """For every row of the table."""
    for predicate, wanted in groups.items():
        for alternative in predicate:
            assert wanted <= ids(match([atom.to_dict() for atom in alternative]), exact=True)


def _in_other_words(atom):
    """Return an atom as another program might write it: lists for text, words of the field, names in other fields."""
    data = atom.to_dict()
    words = {
        "loss_of_function": "Loss-of-function",
        "gain_of_function": "GoF",
        "mutation": "any",
        "oncogenic": "Activating",
    }
    if "class" in data:
        data["class"] = words.get(data["class"], data["class"].upper())
    if "exons" in data and atom.type == "exon":
        data["exons"] = [str(number) for number in atom.exons]
        data["kind"] = data["kind"].capitalize()
    if "call" in data:
        data["call"] = {"amplification": "AMP", "deletion": "Deep Deletion"}.get(data["call"], data["call"].upper())
    if atom.type in ("expression", "loh") and "text" in data:
        data["name"] = data.pop("text").lower()
    if atom.type == "fusion":
        data = {
            "type": "fusion",
            "five": atom.five or "v",
            "three": atom.three or "v",
            **{k: data[k] for k in ("exons", "negated") if k in data},
        }
    if atom.type == "protein":
        data["change"] = f"p.({display_protein_change(atom.change).removeprefix('p.')})"
    return data


def test_atoms_in_the_words_of_other_programs_return_their_rows_too(groups):
    for predicate, wanted in groups.items():
        for alternative in predicate:
            assert wanted <= ids(match([_in_other_words(atom) for atom in alternative]), exact=True), alternative


def test_no_atom_of_a_conjunction_alone_returns_the_row(groups):
    """Number 10: conjunctions without a single-atom alternative."""
    conjunctions = {p: rows for p, rows in groups.items() if min(len(alternative) for alternative in p) >= 2}
    assert len(conjunctions) >= 130
    for predicate, rows in conjunctions.items():
        for atom in {atom for alternative in predicate for atom in alternative}:
            assert not rows & ids(match([atom.to_dict()]))


def test_each_single_atom_alternative_returns_the_row(groups):
    alternatives = {p: rows for p, rows in groups.items() if len(p) > 1}
    assert len(alternatives) >= 63
    for predicate, rows in alternatives.items():
        for alternative in predicate:
            if len(alternative) == 1:
                assert rows <= ids(match([alternative[0].to_dict()]))


def test_another_change_of_the_same_residue_is_never_an_exact_hit():
    """Number 9, forbidden: for each substitution in the table, the rows on other changes of its residue."""
    by_place = {}
    for record in default_evidence():
        if len(record.predicate) == 1 and len(record.predicate[0]) == 1 and record.predicate[0][0].type == "protein":
            fact = as_alteration(record.predicate[0][0])
            if fact.change.kind == "substitution":
                by_place.setdefault((fact.atom.gene, fact.change.start), {}).setdefault(fact.atom.change, set()).add(
                    record.evidence_id
                )
    several = {place: changes for place, changes in by_place.items() if len(changes) > 1}
    assert len(several) > 50
    for (gene, _), changes in several.items():
        for change, own in changes.items():
            forbidden = set().union(*(rows for other, rows in changes.items() if other != change)) - own
            assert not forbidden & ids(match([f"{gene} {change}"]))


def best(alterations, disease, **options):
    hits = match(alterations, disease, **options)
    return [hit for hit in hits if hit.evidence_type == "predictive" and hit.effect == "sensitivity" and hit.tier]


#: Approved pairs (drug labels of the United States).
ON_LABEL = [
    ("BRAF V600E", "MEL", "Vemurafenib"),
    ("EGFR L858R", "LUAD", "Osimertinib"),
    ("KIT W557_K558del", "GIST", "Imatinib"),
    ("BCR::ABL1", "CML", "Imatinib"),
    ("ERBB2 amplification", "BRCA", "Trastuzumab"),
    ("IDH1 R132H", "AML", "Ivosidenib"),
    ("EML4::ALK", "LUAD", "Alectinib"),
    ("IDH2 R140Q", "AML", "Enasidenib"),  # CIViC writes "IDH2 Mutation": R140 is known by other rows
    ("FLT3 ITD", "AML", "Midostaurin"),  # CIViC writes "FLT3 Mutation"
    ("FLT3 E598_Y599insDYVDFREY", "AML", "Midostaurin"),  # an ITD by its protein change
]


@pytest.mark.parametrize(("alteration", "disease", "drug"), ON_LABEL)
def test_on_label_pairs_are_in_tier_one_with_civic_alone(alteration, disease, drug):
    tiers = {hit.tier for hit in best([alteration], disease) if drug in hit.therapies and hit.record.source == "civic"}
    assert tiers & {"I-A", "I-B"}


def test_pan_cancer_level_b_and_solid_to_blood_are_never_tier_one():
    """Number 18, over every predictive row of the table."""
    alterations = [atom for record in default_evidence() for alternative in record.predicate for atom in alternative
                   if not atom.negated]  # fmt: skip
    for disease in ("MEL", "AML"):
        for hit in match(alterations, disease, evidence_types=["predictive"]):
            if hit.tier and hit.tier.startswith("I-"):
                assert hit.disease.lineage_agrees
                assert not (hit.relation == "pan_cancer" and hit.letter == "B")


def test_quiet_features_give_nothing_above_gene_level():
    """Number 16: changes that no row names, in genes that rows do name."""
    genes = sorted({atom.gene for record in default_evidence() for a in record.predicate for atom in a if atom.gene})[
        :250
    ]
    hits = match([f"{gene} A7777G" for gene in genes], "MEL")
    assert all(hit.gene_level for hit in hits if hit.evidence_type == "predictive" and hit.effect == "sensitivity")
    assert all(hit.tier in (None, "III") for hit in hits if hit.effect == "sensitivity")


def test_a_gene_level_match_defines_a_tier_only_for_a_change_known_to_matter():
    assert best(["BRCA1 Q1756fs"], "HGSOC")[0].tier == "I-A"
    assert best(["BRCA1 A7777G"], "HGSOC")[0].tier == "III"
    known = {"type": "protein", "gene": "BRCA1", "change": "A7777G", "classes": ["pathogenic"]}
    assert best([known], "HGSOC")[0].tier == "I-A"


def test_germline_rows_take_germline_changes_and_somatic_ones_only_as_extrapolation():
    row = next(r for r in default_evidence() if r.origin == "germline" and r.profile_label == "BRCA2 Mutation"
               and r.evidence_type == "predictive")  # fmt: skip
    lof = {"type": "protein", "gene": "BRCA2", "change": "S1982fs"}
    germline = {h.evidence_id: h for h in match([lof | {"origin": "germline"}], "HGSOC")}
    assert germline[row.evidence_id].exact
    somatic = {h.evidence_id: h for h in match([lof | {"origin": "somatic"}], "HGSOC")}
    assert not somatic[row.evidence_id].exact
    assert "extrapolation" in somatic[row.evidence_id].reason
    missense = match([{"type": "protein", "gene": "BRCA2", "change": "A7777G", "origin": "somatic"}], "HGSOC")
    assert row.evidence_id not in ids(missense)
    assert "germline" in missense.left_out[row.evidence_id]


def test_a_somatic_row_takes_no_germline_change():
    hits = match([{"type": "protein", "gene": "BRAF", "change": "V600E", "origin": "germline"}], "MEL")
    assert not [hit for hit in hits if hit.record.origin == "somatic"]
    assert hits.left_out


def test_drug_metabolism_defines_no_tier():
    hits = match([{"type": "star_allele", "gene": "DPYD", "name": "DPYD*2A", "zygosity": "homozygous"}], "COAD")
    assert [hit.tier for hit in hits] == [None] * len(hits)
    assert len(hits) == 1


def test_flagged_rows_define_no_tier():
    for hit in match(
        [atom for r in default_evidence() if "flagged" in r.flags for a in r.predicate for atom in a], "LUAD"
    ):
        if "flagged" in hit.record.flags:
            assert hit.tier is None


def test_a_change_on_another_transcript_defines_no_tier_above_three_unless_its_place_agrees():
    """EGFR L858R is L813R on another isoform (an alias in CIViC)."""
    from dataclasses import replace

    other = replace(as_alteration("EGFR L813R"), other_changes=("L858R",))
    found = [hit for hit in match([other], "LUAD") if hit.record.profile_label == "EGFR L858R" and hit.tier]
    assert {hit.tier for hit in found} <= {"III", "R-III"}
    assert all("another transcript" in hit.reason for hit in found)
    sure = replace(other, known_alleles=frozenset({("EGFR", "L858R")}))
    assert "I-A" in {hit.tier for hit in match([sure], "LUAD")}


def test_reduced_sensitivity_is_a_weak_warning_that_excludes_nothing():
    rows = [row for row in default_evidence() if row.effect == "reduced_sensitivity"]
    assert {row.level for row in rows} >= {"B", "C"}
    hits = [hit for hit in match(["BRAF V600E"], "COAD") if hit.effect == "reduced_sensitivity"]
    assert {hit.tier for hit in hits} == {"R-III"}
    single = next(option for option in rank_therapies(match(["BRAF V600E"], "COAD")) if option.name == "Dabrafenib")
    assert {hit.evidence_id for hit in hits} & {hit.evidence_id for hit in single.resistance}
    assert single.advice != "not_advised"


def test_inside_a_tier_rating_citations_and_review_decide_then_the_id():
    """With rows made here of one row of the table."""
    from dataclasses import replace

    from genorx.oncology import EvidenceTable

    base = next(row for row in default_evidence() if row.evidence_id == "civic:EID9851")
    rows = [
        replace(base, evidence_id="t:1", rating=3, therapies=("A",), reviewed="2020-01-01"),
        replace(base, evidence_id="t:2", rating=5, therapies=("B",), reviewed="2020-01-01"),
        replace(base, evidence_id="t:3", rating=3, therapies=("C",), reviewed="2020-01-01", citations=("pmid:1",)),
        replace(base, evidence_id="t:4", rating=3, therapies=("C",), reviewed="2019-01-01", citations=("pmid:2",)),
        replace(base, evidence_id="t:5", rating=3, therapies=("A", "D"), reviewed="2021-01-01"),
        replace(base, evidence_id="t:6", rating=3, therapies=("A", "E"), reviewed="2021-01-01"),
    ]
    found = [hit.evidence_id for hit in match(["BRAF V600E"], "COAD", EvidenceTable(records=tuple(rows)))]
    assert found == ["t:2", "t:3", "t:4", "t:5", "t:6", "t:1"]


def test_an_unknown_tumour_type_is_shown_and_not_ranked():
    """Tumour-agnostic rows too: whether "any solid tumour" holds for an unknown one is not known."""
    hits = match(["BRAF V600E"], "no such tumour")
    assert len(hits) > 50
    assert {hit.tier for hit in hits} == {None}
    assert {hit.relation for hit in hits} == {"unmapped"}
    assert {option.rank for option in rank_therapies(hits)} == {None}
    assert [finding.code for finding in hits.findings] == ["tumour-type-unknown"]


def test_an_ambiguous_tumour_type_is_said_with_its_candidates():
    finding = match(["ABL1 T315I"], "ALL").findings[0]
    assert finding.code == "tumour-type-ambiguous"
    assert "BLL" in finding.message
    assert "TLL" in finding.message


def test_without_a_tumour_type_nothing_has_a_tier():
    hits = match(["BRAF V600E"])
    assert {hit.tier for hit in hits} == {None}
    assert {hit.relation for hit in hits} == {"not_stated"}


def test_an_empty_change_matches_nothing_and_is_said():
    hits = match([{"type": "protein", "gene": "BRAF", "change": ""}], "MEL")
    assert len(hits) == 0
    assert [finding.code for finding in hits.findings] == ["protein-change-unreadable"]


def test_an_x_that_may_have_meant_any_residue_is_said():
    """EGFR G719X is a group of substitutions in reports, APC R213X a stop."""
    finding = match(["EGFR G719X"], "LUAD").findings[0]
    assert finding.code == "alteration-ambiguous"
    assert finding.message.endswith("write EGFR G719")
    assert match(["APC R213X"], "COAD").findings == []


def test_an_alteration_in_no_known_form_is_said_and_not_lost():
    hits = match(["EGFR frobnication", "EGFR L858R"], "LUAD")
    assert [each.code for each in hits.findings] == ["alteration-not-understood"]
    assert "EGFR frobnication" in hits.findings[0].message


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("EGFR ex19del", "EGFR exon 19 deletion"),
        ("EGFR EX20INS", "EGFR exon 20 insertion"),
        ("METex14", "MET exon 14 skipping"),
        ("MET ex14 skipping", "MET exon 14 skipping"),
        ("KIT ex11 mutation", "KIT exon 11 mutation"),
        ("EGFRvIII", "EGFR vIII"),
        ("EGFR p.(Leu858Arg)", "EGFR L858R"),
        ("TMB 12/Mb", "TMB High"),
        ("TMB 12.5 mut/Mb", "TMB High"),
        ("TMB: 12/Mb", "TMB High"),
        ("EML4-ALK fusion", "EML4::ALK"),
        ("EML4-ALK V1", "EML4::ALK"),
        ("EML4(e6)::ALK(e20)", "EML4::ALK e6::e20"),
        ("FGFR2-?", "FGFR2 fusion"),
        ("BCR-ABL", "BCR::ABL1"),
        ("BRAF V600E mutation", "BRAF V600E"),
        ("EGFR mutant", "EGFR mutation"),
        ("EGFR del19", "EGFR exon 19 deletion"),
        ("TERT C228T", "TERT Promoter"),  # 5:1295228 on GRCh37, c.-124C>T; no residue 228
        ("MMRd", "MSI-H"),
        ("mismatch repair deficient", "MSI-H"),
        ("microsatellite instability-high", "MSI-H"),
        ("dMMR", "MSI-H"),  # one biomarker
    ],
)
def test_short_forms_of_reports_are_the_long_ones(short, long):
    hits = match([short], "LUAD")
    assert len(hits) > 0
    assert ids(hits) == ids(match([long], "LUAD"))


def test_a_receptor_that_an_alteration_states_makes_the_subtype_exact():
    """civic:EID1385, PTEN loss in HER2-positive breast cancer (DOID:0060079)."""

    def relation(*facts):
        return next(hit.relation for hit in match(["PTEN loss", *facts], "BRCA") if hit.evidence_id == "civic:EID1385")

    assert relation() == "descendant"
    assert relation("HER2-positive") == relation("ERBB2 amplification") == "exact"
    assert relation("HER2 negative") == "same_organ"


def test_a_burden_below_the_label_is_not_high():
    """10 mutations a megabase, by the label of pembrolizumab."""
    wanted = {hit.evidence_id for hit in match(["TMB 10/Mb"], "LUAD")}
    assert "label:BLA125514-TMB" in wanted
    assert not wanted & {hit.evidence_id for hit in match(["TMB 9.9/Mb"], "LUAD")}


def test_filtered_alterations_are_counted():
    from dataclasses import replace

    hits = match([replace(as_alteration("BRAF V600E"), accepted=False)], "MEL")
    assert len(hits) == 0
    assert [finding.code for finding in hits.findings] == ["alterations-filtered"]


def test_every_hit_has_a_reason_that_names_atom_disease_and_level():
    for hit in match(["BRAF V600E", "PTEN R130*", "EML4::ALK"], "LUAD"):
        assert "is met by" in hit.reason
        assert hit.disease.path in hit.reason
        assert f"level {hit.level}" in hit.reason


def test_hits_do_not_depend_on_the_order_of_the_alterations():
    facts = ["BRAF V600E", "PTEN Loss", "EGFR L858R", "EGFR T790M", "MSI high"]
    one, other = match(facts, "COAD"), match(facts[::-1], "COAD")
    assert [hit.evidence_id for hit in one] == [hit.evidence_id for hit in other]


def test_a_disease_object_and_its_code_give_the_same_hits():
    one, other = match(["BRAF V600E"], "MEL"), match(["BRAF V600E"], find_disease("MEL"))
    assert [hit.to_dict() for hit in one] == [hit.to_dict() for hit in other]


def test_hits_make_a_frame_with_the_names_that_are_fixed():
    names = {"evidence_id", "therapies", "therapy_logic", "direction", "effect", "level", "tier", "relation",
    "strength",
             "exact", "atoms", "reason"}  # fmt: skip
    assert names <= set(match(["BRAF V600E"], "MEL").to_frame().columns)
    hit = match(["BRAF V600E"], "MEL")[0]
    assert all(getattr(hit, name) is not None for name in names)
    assert hit["evidence_id"] == hit.evidence_id


def test_every_oncology_finding_code_is_documented():
    used = {"allele-unknown", "alterations-filtered", "alterations-left-out", "annotation-none", "copy-number-shallow",
            "possible-mnv", "protein-change-unreadable", "tmb-panel-small", "tumour-type-ambiguous",
            "tumour-type-unknown"}  # fmt: skip
    assert used <= set(FINDINGS)


def test_evidence_of_over_three_years_ago_is_named(monkeypatch):
    """The shipped evidence is of 2026-05: 2029-04-30 is within three years of it, 2029-06-01 is not."""
    for day, named in ((1_872_201_600, []), (1_874_966_400, ["civic-evidence"])):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(day))
        assert [f.place for f in match(["BRAF V600E"], disease="MEL").findings if f.code == "stale-knowledge"] == named
