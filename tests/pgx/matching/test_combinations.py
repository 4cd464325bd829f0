"""Expected calls are worked examples of PharmCAT's combination mode (release 3.1.1)."""


def test_two_alleles_on_both_strands_combine(call_one):
    found = call_one("CYP2B6", {"rs8192709": "1/1", "rs3211371": "2/2"}, combinations=True)
    assert found["diplotypes"] == ["[*2 + *5]/[*2 + *5]"]
    assert found["phenotypes"] == ["n/a"]
    assert "combination-call" in found["warnings"]


def test_ugt1a1_combines_single_alleles_only(call_one):
    """*6, *28 and *80 on one strand: *80+*28 is an allele of its own and is no part of a combination."""
    found = call_one("UGT1A1", {"rs887829": "0|1", "rs3064744": "0|2", "rs4148323": "0|1"}, combinations=True)
    assert found["diplotypes"] == ["*1/[*6 + *28 + *80]"]


def test_without_the_option_nothing_is_called(call_one):
    assert not call_one("CYP2B6", {"rs8192709": "1/1", "rs3211371": "2/2"})["called"]


def test_a_longer_allele_swallows_those_inside_it(call_one):
    """CYP2B6 *13 (rs3745274, rs2279343, rs12721655 ...) over *6 on one strand; *6 with *14 on the other."""
    from genorx.knowledge import default_pack

    gene = default_pack().genes["CYP2B6"]

    def changes(name):
        return {gene.positions[i].pos for i in gene.by_name[name].bases}

    first, second = changes("*13") | changes("*6"), changes("*6") | changes("*14")
    calls = {pos: f"{int(pos in first)}|{int(pos in second)}" for pos in first | second}
    calls = {next(p.rsid or p.pos for p in gene.positions if p.pos == pos): gt for pos, gt in calls.items()}
    assert call_one("CYP2B6", calls, combinations=True)["diplotypes"] == ["*13/[*6 + *14]"]


def test_four_unphased_changes_give_eight_pairs(call_one):
    from genorx.knowledge import default_pack

    gene = default_pack().genes["CYP2B6"]
    singles = [a for a in gene.alleles if len(a.bases) == 1][:4]
    calls = {}
    for allele in singles:
        (index,) = allele.bases
        position = gene.positions[index]
        calls[position.rsid or position.pos] = f"0/{[position.ref, *position.alts].index(allele.bases[index])}"
    found = call_one("CYP2B6", calls, combinations=True)["diplotypes"]
    names = [a.name for a in singles]
    assert len(found) == 8
    assert found[0] == f"*1/[{' + '.join(names)}]"


def test_an_undocumented_base_becomes_a_partial_allele(call_one):
    found = call_one("TPMT", {"rs1800462": "0/1"}, alt={"rs1800462": ("T",)}, combinations=True)
    assert found["diplotypes"] == ["*1/g.18143724C>T"]


def test_a_half_call_goes_straight_to_combinations(call_one):
    found = call_one("CYP2C19", {"rs4244285": "./1"}, combinations=True)
    assert found["called"]
    assert any("?" in name for name in found["diplotypes"])


def test_unphased_combinations_say_so(call_one):
    found = call_one("CYP2B6", {"rs8192709": "0/1", "rs3211371": "1/2"}, combinations=True)
    assert {"combination-call", "combination-unphased"} <= set(found["warnings"])


def test_too_many_open_phases_are_not_listed_one_by_one_and_that_is_said(call_one):
    """Sixteen unphased heterozygous sites of CYP2B6 leave 2^15 strand pairs."""
    from genorx.knowledge import default_pack

    sites = default_pack().genes["CYP2B6"].positions[:16]
    found = call_one("CYP2B6", {p.rsid or p.pos: "0/1" for p in sites}, combinations=True)
    assert not found["called"]
    assert "too-many-phases" in found["warnings"]
