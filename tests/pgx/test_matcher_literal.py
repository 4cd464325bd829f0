"""The matcher against the rules read literally: every strand sequence listed, every allele compared with each.

Definitions, genotypes and phases are drawn at random; the two must agree on names, order and scores.
"""

from itertools import combinations_with_replacement

from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.knowledge import GeneDefinition, NamedAllele, Position
from genorx.knowledge.definition import WOBBLES
from genorx.pgx.genotype import Bases, GeneSample
from genorx.pgx.matcher import match_diplotypes
from genorx.pgx.naming import name_key


@st.composite
def genes(draw):
    n = draw(st.integers(1, 4))
    positions = tuple(Position(chrom="chr1", pos=100 + i, ref="A", alts=("C", "G")) for i in range(n))
    alleles = [NamedAllele(name="*1", reference=True, bases=dict.fromkeys(range(n), "A"))]
    for number in range(2, draw(st.integers(2, 6)) + 1):
        bases = draw(st.dictionaries(st.integers(0, n - 1), st.sampled_from("CGAMRSV"), min_size=1, max_size=n))
        alleles.append(NamedAllele(name=f"*{number}", bases=bases))
    return GeneDefinition(gene="G", chrom="chr1", version="1", positions=positions, alleles=tuple(alleles))


@st.composite
def samples(draw):
    gene = draw(genes())
    bases = {}
    for index in range(len(gene.positions)):
        if draw(st.integers(0, 7)) == 0:
            continue
        first, second = draw(st.sampled_from("ACG")), draw(st.sampled_from("ACG"))
        phased = draw(st.booleans())
        phase_set = draw(st.sampled_from([None, "1", "2"])) if phased else None
        bases[index] = Bases(first, second, phased, phase_set, "")
    return GeneSample(gene, bases)


def strands(sample):
    """All strand sequences, built position by position as a tree."""
    tree = [({}, {"global": 0}), ({}, {"global": 1})]
    for index, call in sorted(sample.bases.items()):
        grown = []
        for sequence, sides in tree:
            if call.first == call.second or (call.phased and call.phase_set is None):
                branches = [sides["global"]]
            elif call.phased:
                branches = [sides[call.phase_set]] if call.phase_set in sides else [0, 1]
            else:
                branches = [0, 1]
            for side in branches:
                more = {**sides, call.phase_set: side} if call.phase_set else sides
                grown.append(({**sequence, index: call.second if side else call.first}, more))
        tree = grown
    return {tuple(sorted(sequence.items())) for sequence, _ in tree}


def fits(entry, base):
    return entry == base or base in WOBBLES.get(entry, ())


def literal(sample):
    """Pairs with scores, by the rules as written."""
    present = sorted(sample.bases)
    table = {}
    for allele in sample.gene.alleles:
        own = {i: b for i, b in allele.bases.items() if i in present}
        if len(present) < len(sample.gene.positions) and not own:
            continue
        table[allele.name] = (len(own), {i: own.get(i, "A") for i in present}, own)
    sequences = strands(sample)
    matched = {n: [s for s in sequences if all(fits(e[i], b) for i, b in s)] for n, (_, e, _) in table.items()}

    def cost(name, chosen):
        own = table[name][2]
        return sum(e in WOBBLES and all(dict(s)[i] == "A" for s in chosen) for i, e in own.items())

    def complementary(one, two):
        for (i, a), (_, b) in zip(one, two, strict=True):
            call = sample.bases[i]
            if (call.first == call.second) != (a == b):
                return False
        return True

    found = {}
    names = [n for n in table if matched[n]]
    for one, two in combinations_with_replacement(names, 2):
        if one == two and len(sequences) > 1 and len(matched[one]) < 2:
            continue
        scores = []
        for s in matched[one]:
            for t in matched[two]:
                if complementary(s, t):
                    seen = ({s, t}, {s, t}) if one == two else ({s}, {t})
                    scores.append(table[one][0] - cost(one, seen[0]) + table[two][0] - cost(two, seen[1]))
        if scores:
            found[tuple(sorted((one, two), key=name_key))] = max(scores)
    return sorted(found.items(), key=lambda item: (-item[1], *map(name_key, item[0])))


@settings(max_examples=400, deadline=None)
@given(samples())
def test_the_matcher_agrees_with_the_rules_read_literally(sample):
    if not sample.bases:
        return
    assert [(d.alleles, d.score) for d in match_diplotypes(sample)] == literal(sample)
