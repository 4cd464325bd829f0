"""Tumour types: joins counted from OncoTree and the Disease Ontology, former codes, relations by hand."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.oncology import find_disease, match
from genorx.oncology.disease import relate
from genorx.oncology.vocabulary import vocabulary


def test_227_codes_share_an_nci_concept_with_the_disease_ontology():
    """Counted from OncoTree 2025-10 and the Disease Ontology: 227 of 898 codes."""
    book = vocabulary()
    shared = [node for node in book.types.values() if any(book.by_nci.get(concept) for concept in node.nci)]
    assert (len(book.types), len(shared)) == (898, 227)
    for node in shared:
        wanted = {doid for concept in node.nci for doid in book.by_nci.get(concept)}
        assert set(find_disease(node.code).doids) == wanted


def test_all_35_former_codes_are_found_under_their_present_ones(shared):
    """The pairs are read here from the raw tree."""
    path = shared / "data" / "oncology" / "oncotree" / "oncotree_2025_10_03.json.gz"
    tree = json.loads(gzip.decompress(path.read_bytes()))
    pairs, codes = {}, set()

    def walk(node):
        codes.add(node["code"])
        for former in {*node["history"], *node["precursors"], *node["revocations"]}:
            pairs.setdefault(former, set()).add(node["code"])
        for child in node["children"].values():
            walk(child)

    walk(tree["TISSUE"])
    assert len(pairs) == 35
    for former, present in pairs.items():
        found = set(find_disease(former).codes)
        assert found == ({former} if former in codes else present)


def test_all_stays_ambiguous():
    found = find_disease("ALL")
    assert found.codes == ["BLL", "TLL"]
    assert found.ambiguous
    assert [candidate.code for candidate in found.candidates] == ["BLL", "TLL"]


def test_a_code_gives_ids_and_ancestors_of_both_vocabularies():
    """Lung adenocarcinoma: NSCLC and lung above it in OncoTree; DOID 3908, 3905, 1324, 162 in the Disease Ontology."""
    found = find_disease("LUAD")
    assert found["doids"] == ["DOID:3910"]
    assert found["doid_ancestors"] == ["DOID:3908", "DOID:3905", "DOID:1324", "DOID:162"]
    assert found["code_ancestors"] == ["NSCLC", "LUNG"]
    assert found["tissue"] == "LUNG"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("melanoma", "MEL"), ("DOID:1909", "MEL"), ("NCIt:C3224", "MEL"), ("oncotree:MEL", None),
        ("ONCOTREE:MEL", "MEL"),
        ("Glioblastoma Multiforme", "GB"), ("GBM", "GB"), ("MM", "PCM"), ("luad", "LUAD"), ("aCML", "ACML"),
        ("Acute myeloid leukaemia", "AML"), ("Non-Small Cell Lung Cancer", "NSCLC"),
    ],
)  # fmt: skip
def test_codes_ids_and_names_find_their_type(query, code):
    assert find_disease(query).codes == [code or "MEL"]


@pytest.mark.parametrize(
    ("study", "codes"),
    [
        ("OV", ["HGSOC"]), ("KIRC", ["CCRCC"]), ("KIRP", ["PRCC"]), ("KICH", ["CHRCC"]), ("LIHC", ["HCC"]),
        ("LAML", ["AML"]), ("UVM", ["UM"]), ("THCA", ["THPA"]), ("DLBC", ["DLBCLNOS"]), ("MESO", ["PLMESO"]),
        ("PCPG", ["PHC", "PGNG"]), ("LGG", ["ASTR", "ODG", "GNOS"]), ("TCGA-OV", ["HGSOC"]), ("TCGA-BRCA", ["BRCA"]),
        ("TCGA-TGCT", ["SEM", "NSGCT"]), ("TGCT", ["TGCT"]), ("ESCA", ["ESCA"]),
    ],
)  # fmt: skip
def test_study_abbreviations_of_the_cancer_genome_atlas_find_their_tumours(study, codes):
    """What each study collected: TCGA study abbreviations, National Cancer Institute (gdc.cancer.gov)."""
    found = find_disease(study)
    assert found.codes == codes
    assert found.ambiguous is (len(codes) > 1)


def test_all_33_studies_of_the_cancer_genome_atlas_are_known():
    studies = (
        "ACC BLCA BRCA CESC CHOL COAD DLBC ESCA GBM HNSC KICH KIRC KIRP LAML LGG LIHC LUAD LUSC MESO OV PAAD PCPG "
        "PRAD READ SARC SKCM STAD TGCT THCA THYM UCEC UCS UVM"
    )
    for study in studies.split():
        assert find_disease(study).codes
        assert find_disease(f"TCGA-{study}").codes


def test_a_code_that_means_another_tumour_in_a_study_is_said():
    """TGCT is tenosynovial giant cell tumour in OncoTree, testicular germ cell tumour in TCGA."""
    finding = match(["KIT D816V"], "TGCT").findings[0]
    assert finding.code == "tumour-type-ambiguous"
    assert "SEM, NSGCT" in finding.message
    assert not match(["KIT D816V"], "LUAD").findings


def test_an_unknown_type_is_said_with_those_that_it_may_have_meant():
    assert "LUAD (Lung Adenocarcinoma)" in match(["KRAS G12C"], "lung adenocarcinom").findings[0].message


def test_an_unknown_type_is_empty_and_says_so():
    found = find_disease("no such tumour")
    assert not found
    assert found.codes == found.doids == []
    assert found.how == "nothing"


def rel(patient, doid, scope="specific", label="x", receptors=frozenset()):
    return relate(find_disease(patient), disease_id=doid, label=label, scope=scope, receptors=receptors)


@pytest.mark.parametrize(
    ("patient", "doid", "relation"),
    [
        ("LUAD", "DOID:3910", "exact"),
        ("LUAD", "DOID:3908", "ancestor"),
        ("NSCLC", "DOID:3910", "descendant"),
        ("LUAD", "DOID:5409", "same_organ"),
        ("LUAD", "DOID:1909", "other"),
        ("SKCM", "DOID:1909", "ancestor"),
        ("BRCA", "DOID:1612", "ancestor"),
        ("COAD", "DOID:9256", "ancestor"),
        ("BLCA", "DOID:2671", "ancestor"),
        ("LUNE", "DOID:3910", "same_organ"),
        ("LUAD", "DOID:99999999", "unmapped"),
    ],
)
def test_the_relation_of_evidence_to_a_patient(patient, doid, relation):
    assert rel(patient, doid, label="no such disease").relation == relation


def test_solid_and_blood_never_agree():
    assert not rel("LUAD", "DOID:8552").lineage_agrees
    assert not rel("CML", "DOID:1909").lineage_agrees
    assert rel("CML", None, "any_solid").relation == "other"
    assert rel("LUAD", None, "any_solid").relation == "pan_cancer"
    assert rel("LUAD", "DOID:2531", "any_blood").relation == "other"
    assert rel("CML", "DOID:162", "any_cancer").relation == "pan_cancer"


def test_a_breast_cancer_named_by_receptor_needs_the_receptor():
    assert rel("BRCA", "DOID:0060079").relation == "descendant"
    assert rel("BRCA", "DOID:0060079", receptors=frozenset({("HER2", "positive")})).relation == "exact"
    assert rel("BRCA", "DOID:0060079", receptors=frozenset({("HER2", "negative")})).relation == "same_organ"


def test_every_relation_names_the_way_in_words():
    for code in ("LUAD", "AML", "ALL", "nonsense"):
        for doid in ("DOID:3910", "DOID:162", "DOID:1", None):
            assert rel(code, doid).path


def test_the_hand_made_bridge_names_its_targets_as_the_ontology_does():
    """Every target that is in the cancer subset carries its name; a renumbered term would show here."""
    from genorx.oncology.pack import DATA

    book = vocabulary()
    lines = (DATA / "bridge.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    assert {key for kind, key, _, _ in rows if kind == "tissue"} == set(find_disease("TISSUE").codes) | {
        node.code for node in book.types.values() if node.parent == "TISSUE"
    }
    for kind, key, target, name in rows:
        if target in book.terms and kind != "term":
            assert book.terms[target].name == name
        if kind in ("code", "under"):
            assert key in book.types
            assert not book.direct(key)


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_text_is_answered(text):
    assert isinstance(find_disease(text).codes, list)


@pytest.mark.parametrize("query", ["Cancer", "DOID:162"])
def test_cancer_without_more_has_no_tissue_and_no_lineage(query):
    """OncoTree joins DOID:162 by its code MT, which stands under the brain; rows for any solid tumour stay unproven."""
    found = find_disease(query)
    assert (found.doids, found.tissue, found.lineage) == (["DOID:162"], None, "unknown")
    assert not rel(query, None, scope="any_solid").lineage_agrees
    assert rel(query, None, scope="any_cancer").lineage_agrees
    assert find_disease("CUP").lineage == "solid"
