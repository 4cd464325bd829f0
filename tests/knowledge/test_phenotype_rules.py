"""Every pair of alleles of every phenotype table against the rules that CPIC states for its functions and scores.

The rules are written down again here, apart from the tables: Caudle KE et al. 2017 (Genet Med 19:215) and 2020 (Clin
Transl Sci 13:116) for terms and scores, and CPIC's gene tables; a pair that a table leaves out has no meaning to check.
"""

from itertools import combinations_with_replacement

import pytest

from genorx.knowledge import default_pack

LETTERS = {"Increased": "I", "Normal": "N", "Decreased": "D", "No": "0", "Uncertain": "U", "Unknown": "K"}


def star(pair):
    """CYP2C19 and CYP2B6 without decreased function."""
    by_pair = {
        "II": "Ultrarapid",
        "IN": "Rapid",
        "NN": "Normal",
        "0I": "Intermediate",
        "0N": "Intermediate",
        "00": "Poor",
    }
    return "Indeterminate" if "U" in pair else f"{by_pair[pair]} Metabolizer"


def cyp2c19(pair):
    if "D" in pair and "U" not in pair:
        return "Likely Poor Metabolizer" if "0" in pair else "Likely Intermediate Metabolizer"
    return star(pair)


def cyp2b6(pair):
    if "D" in pair and "U" not in pair:
        return f"{'Poor' if pair in ('DD', '0D') else 'Intermediate'} Metabolizer"
    return star(pair)


def cyp3a4(pair):
    return f"{('Poor', 'Intermediate', 'Normal')[pair.count('N')]} Metabolizer"


def cyp3a5(pair):
    known = {"NN": "Normal Metabolizer", "0N": "Intermediate Metabolizer", "00": "Poor Metabolizer"}
    return known.get(pair, "Possible Intermediate Metabolizer" if "N" in pair else "Indeterminate")


def thiopurine(pair):
    known = {"NN": "Normal Metabolizer", "0N": "Intermediate Metabolizer", "00": "Poor Metabolizer"}
    return known.get(pair, "Possible Intermediate Metabolizer" if "0" in pair else "Indeterminate")


def slco1b1(pair):
    known = {"II": "Increased", "IN": "Normal", "NN": "Normal", "0I": "Decreased", "0N": "Decreased", "00": "Poor"}
    found = known.get(pair, "Possible Decreased" if "0" in pair else None)
    return "Indeterminate" if found is None else f"{found} Function"


def ugt1a1(pair):
    if "K" in pair:
        return "Indeterminate"
    return f"{('Normal', 'Intermediate', 'Poor')[pair.count('D')]} Metabolizer"


def nat2(pair):
    known = {"II": "Rapid", "DI": "Intermediate", "DD": "Poor"}
    return f"{known[pair]} Metabolizer" if pair in known else "Indeterminate"


def abcg2(pair):
    return f"{('Normal', 'Decreased', 'Poor')[pair.count('D')]} Function"


BY_FUNCTION = {
    "CYP2C19": cyp2c19,
    "CYP2B6": cyp2b6,
    "CYP3A4": cyp3a4,
    "CYP3A5": cyp3a5,
    "TPMT": thiopurine,
    "NUDT15": thiopurine,
    "SLCO1B1": slco1b1,
    "UGT1A1": ugt1a1,
    "NAT2": nat2,
    "ABCG2": abcg2,
}


def pairs_of(gene):
    """Yield each pair of alleles with the two entries and what the table makes of them."""
    table = default_pack().phenotypes[gene]
    for names in combinations_with_replacement(sorted(table.classes), 2):
        meaning = table.meaning(names)
        if meaning is not None:
            yield names, [table.alleles[name] for name in names], meaning


@pytest.mark.parametrize("gene", sorted(BY_FUNCTION))
def test_a_phenotype_follows_from_two_functions(gene):
    checked = 0
    for names, alleles, meaning in pairs_of(gene):
        pair = "".join(sorted(LETTERS[allele.function.split()[0]] for allele in alleles))
        assert meaning.phenotype == meaning.key == BY_FUNCTION[gene](pair), names
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize(("gene", "limits"), [("CYP2C9", (0.5, 1.5)), ("DPYD", (0.5, 1.5)), ("CYP2D6", (0.0, 1.0))])
def test_a_phenotype_follows_from_the_sum_of_two_values(gene, limits):
    for names, alleles, meaning in pairs_of(gene):
        values = [allele.activity for allele in alleles]
        if "n/a" in values:
            assert (meaning.phenotype, meaning.score, meaning.key) == ("Indeterminate", "n/a", "n/a"), names
            continue
        total = sum(float(value.lstrip("≥")) for value in values)
        score = f"{'≥' if any(value.startswith('≥') for value in values) else ''}{total:g}"
        assert meaning.score == meaning.key == (score if total % 1 else f"{score}.0"), names
        poor, intermediate = limits
        top = "Ultrarapid" if gene == "CYP2D6" and total > 2.25 else "Normal"
        word = "Poor" if total <= poor else "Intermediate" if total <= intermediate else top
        assert meaning.phenotype == f"{word} Metabolizer", names


def test_one_responsive_allele_is_enough_for_ivacaftor():
    for names, alleles, meaning in pairs_of("CFTR"):
        responsive = any(allele.function == "ivacaftor responsive" for allele in alleles)
        assert meaning.phenotype == f"ivacaftor {'' if responsive else 'non-'}responsive in CF patients", names


@pytest.mark.parametrize("gene", ["CACNA1S", "RYR1"])
def test_one_associated_allele_makes_susceptible_and_none_is_uncertain(gene):
    for names, alleles, meaning in pairs_of(gene):
        bad = any(allele.function.startswith("Malignant") for allele in alleles)
        assert meaning.phenotype == f"{'Malignant Hyperthermia' if bad else 'Uncertain'} Susceptibility", names


def g6pd(classes):
    if "Uncertain function" in classes:
        return "Indeterminate"
    kinds = [each.partition("/")[0] for each in classes]
    if len(kinds) == 1:
        return {"IV": "Normal", "III": "Deficient", "II": "Deficient", "I": "Deficient with CNSHA"}[kinds[0]]
    if kinds == ["IV", "IV"]:
        return "Normal"
    if "IV" in kinds:
        return "Variable"
    return "Deficient with CNSHA" if kinds == ["I", "I"] else "Deficient"


def test_g6pd_goes_by_one_copy_or_two():
    table = default_pack().phenotypes["G6PD"]
    ones = [((name,), table.meaning((name,))) for name in table.classes]
    twos = [(names, meaning) for names, _, meaning in pairs_of("G6PD")]
    for names, meaning in (*ones, *twos):
        assert meaning.phenotype == g6pd([table.alleles[name].function for name in names]), names
    assert len(twos) > 17_000


def test_vkorc1_is_read_by_its_bases_on_the_other_strand():
    table = default_pack().phenotypes["VKORC1"]
    c, t = "rs9923231 reference (C)", "rs9923231 variant (T)"
    assert [table.meaning(pair).phenotype for pair in ((c, c), (c, t), (t, t))] == ["-1639 GG", "-1639 AG", "-1639 AA"]
