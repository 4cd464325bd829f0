"""Rows that apply to a person: expected rows are those of CPIC and DPWG of 2024-03-25, read in their files."""

import pytest

from genorx.knowledge import default_pack
from genorx.pgx.guidance.guidance import find_guidance
from genorx.pgx.guidance.phenotype import no_result, read_pair

PACK = default_pack()


def reading(gene, *alleles, counted=True, **given):
    return read_pair(gene, alleles or None, PACK.phenotypes.get(gene), counted=counted, **given)


def rows(drug, *readings, source="CPIC"):
    found = find_guidance({r.gene: tuple(x for x in readings if x.gene == r.gene) for r in readings}, PACK, [drug])
    return [row for row in found[drug] if row.guideline.source == source]


@pytest.mark.parametrize(
    ("gene", "alleles", "phenotype", "key"),
    [
        ("CYP2C9", ("*1", "*999"), "Indeterminate", "n/a"),
        ("CYP2D6", ("*1", "*999"), "Indeterminate", "n/a"),
        ("DPYD", ("Reference", "c.99999A>T"), "Indeterminate", "n/a"),
        ("CYP2C19", ("*1", "*999"), "n/a", "n/a"),
        ("TPMT", ("*1", "*999"), "n/a", "n/a"),
    ],
)
def test_a_pair_outside_the_table_has_no_meaning(gene, alleles, phenotype, key):
    found = reading(gene, *alleles)
    assert (found.phenotypes, found.keys) == ((phenotype,), (key,))
    assert not found.meaningful


def test_nothing_known_is_no_result_and_no_key_of_a_table():
    found = no_result("CYP2D6", PACK.phenotypes["CYP2D6"])
    assert (found.phenotypes, found.scores, found.keys) == (("No Result",),) * 3
    assert not found.known
    assert not found.meaningful


def test_a_gene_without_phenotype_table_has_no_key_and_is_known_all_the_same():
    found = reading("CYP4F2", "*1", "*3")
    assert found.keys == ()
    assert found.meaningful


def test_a_phenotype_from_outside_stands_for_all_of_its_scores():
    found = reading("CYP2D6", phenotype="Intermediate Metabolizer", counted=False)
    assert found.keys == ("0.25", "0.5", "0.75", "1.0")
    assert {row.keys["CYP2D6"] for row in rows("codeine", found)} == {"0.25", "0.5", "0.75", "1.0"}


def test_two_genes_have_one_row():
    """CYP2C19 *38/*38 and CYP2D6 *1/*3: amitriptyline, Moderate, a quarter less."""
    (found,) = rows("amitriptyline", reading("CYP2C19", "*38", "*38"), reading("CYP2D6", "*1", "*3"))
    stated = found.to_dict()
    assert stated["lookup_keys"] == {"CYP2C19": "Normal Metabolizer", "CYP2D6": "1.0"}
    assert (stated["classification"], stated["action"], stated["dose_change_pct"]) == ("Moderate", "reduce", -25)
    assert (stated["dosing"], stated["alternatives"]) == (True, False)


def test_one_gene_of_two_is_found_by_the_row_for_no_result_of_the_other():
    (found,) = rows("amitriptyline", reading("CYP2C19", "*1", "*1"))
    assert found.keys == {"CYP2C19": "Normal Metabolizer", "CYP2D6": "No Result"}
    (found,) = rows("azathioprine", reading("TPMT", "*1", "*3C"))
    assert found.keys == {"NUDT15": "No Result", "TPMT": "Intermediate Metabolizer"}


def test_several_populations_have_a_row_each():
    assert [r.row.population for r in rows("voriconazole", reading("CYP2C19", "*2", "*2"))] == ["adults", "pediatrics"]
    found = rows("carbamazepine", reading("HLA-B", "*15:02", "*07:02"))
    assert {r.row.population for r in found} == {"CBZ naive", "CBZ-no alternatives", "CBZ use >3mos"}
    assert len(found) == 3


def test_several_calls_of_a_gene_have_the_rows_of_each():
    found = rows("clopidogrel", reading("CYP2C19", "*1", "*4"), reading("CYP2C19", "*1", "*17"))
    assert {r.keys["CYP2C19"] for r in found} == {"Intermediate Metabolizer", "Rapid Metabolizer"}


def test_a_row_on_a_diplotype_goes_before_those_on_phenotypes_but_not_for_outside_calls():
    (found,) = rows("phenytoin", reading("CYP2C9", "*1", "*3"), source="DPWG")
    assert found.keys == {"CYP2C9": "*1/*3"}
    (found,) = rows("irinotecan", reading("UGT1A1", "*28", "*28"), source="DPWG")
    assert found.keys == {"UGT1A1": "*28/*28"}
    (found,) = rows("irinotecan", reading("UGT1A1", "*28", "*28", counted=False), source="DPWG")
    assert found.keys == {"UGT1A1": "Poor Metabolizer"}


def test_a_row_applies_to_its_own_drugs_only():
    """CPIC's guideline on G6PD has many drugs; nitrofurantoin's rows are its own."""
    deficient = reading("G6PD", phenotype="Deficient", counted=False)
    assert {r.row.action for r in rows("nitrofurantoin", deficient)} == {"monitor"}
    assert {r.row.action for r in rows("dapsone", deficient)} == {"avoid"}
    assert all("nitrofurantoin" in r.row.drugs for r in rows("nitrofurantoin", deficient))


def test_warfarin_of_cpic_is_always_there_once_and_leaves_the_dose_to_its_algorithm():
    for known in ((), (reading("CYP2C9", "*1", "*2"),)):
        (found,) = rows("warfarin", *known) if known else find_guidance({}, PACK, ["warfarin"])["warfarin"]
        assert found.row.action == "no_recommendation"
        assert set(found.keys) == {"CYP2C9", "CYP4F2", "VKORC1"}


def test_every_drug_of_the_pack_is_listed_and_only_warfarin_has_something_to_say_of_nobody():
    found = find_guidance({}, PACK)
    assert tuple(found) == PACK.drugs
    assert [drug for drug, rows_ in found.items() if rows_] == ["warfarin"]


def test_a_status_of_hla_is_looked_up_whatever_else_is_typed():
    found = reading("HLA-B", "*57:01", "*15:02")
    assert found.keys == ("*15:02 positive", "*57:01 positive", "*58:01 negative")
    assert {r.row.action for r in rows("abacavir", found)} == {"avoid"}
    assert {r.row.action for r in rows("allopurinol", found)} == {"standard"}
