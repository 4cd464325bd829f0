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
                opens = call.phase_set is not None and call.first != call.second  # a homozygous call tells no side
                more = {**sides, call.phase_set: side} if opens else sides
                grown.append(({**sequence, index: call.second if side else call.first}, more))
        tree = grown
    return {tuple(sorted(sequence.items())) for sequence, _ in tree}


def fits(entry, base):
    return entry == base or base in WOBBLES.get(entry, ())


class Literal:
    """Section by section: the table of the sample, the sequences each allele matches, pairs and their scores."""

    def __init__(self, sample):
        self.sample = sample
        self.sequences = strands(sample)
        present = sorted(sample.bases)
        own = {a.name: {i: b for i, b in a.bases.items() if i in present} for a in sample.gene.alleles}
        self.own = {n: bases for n, bases in own.items() if bases or len(present) == len(sample.gene.positions)}
        filled = {n: {i: bases.get(i, "A") for i in present} for n, bases in self.own.items()}
        self.matched = {n: [s for s in self.sequences if all(fits(e[i], b) for i, b in s)] for n, e in filled.items()}

    def cost(self, name, chosen):
        return sum(e in WOBBLES and all(dict(s)[i] == "A" for s in chosen) for i, e in self.own[name].items())

    def complementary(self, one, two):
        return all(
            (self.sample.bases[i].first == self.sample.bases[i].second) == (a == b)
            for (i, a), (_, b) in zip(one, two, strict=True)
        )

    def score(self, one, two, s, t):
        seen = ({s, t}, {s, t}) if one == two else ({s}, {t})
        return len(self.own[one]) - self.cost(one, seen[0]) + len(self.own[two]) - self.cost(two, seen[1])

    def pairs(self):
        found = {}
        names = [n for n in self.own if self.matched[n]]
        for one, two in combinations_with_replacement(names, 2):
            if one == two and len(self.sequences) > 1 and len(self.matched[one]) < 2:
                continue
            both = [(s, t) for s in self.matched[one] for t in self.matched[two] if self.complementary(s, t)]
            if both:
                pair = tuple(sorted((one, two), key=name_key))
                found[pair] = max(self.score(one, two, s, t) for s, t in both)
        return sorted(found.items(), key=lambda item: (-item[1], *map(name_key, item[0])))


@settings(max_examples=400, deadline=None)
@given(samples())
def test_the_matcher_agrees_with_the_rules_read_literally(sample):
    if not sample.bases:
        return
    assert [(d.alleles, d.score) for d in match_diplotypes(sample)] == Literal(sample).pairs()
