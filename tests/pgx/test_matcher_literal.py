"""The calls against the rules read literally (``literal``): names, order and scores, warnings of HapB3.

Definitions, genotypes and phases are randomised.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.knowledge import GeneDefinition, NamedAllele, Position
from genorx.pgx.matching.combinations import combine
from genorx.pgx.matching.genotype import Bases, GeneSample
from genorx.pgx.matching.hapb3 import HAPB3, INTRONIC
from genorx.pgx.matching.lowest_function import call_lowest_function
from genorx.pgx.matching.matcher import match_diplotypes
from tests.pgx.literal import Literal, Lowest, combined_pairs


@st.composite
def genes(draw):
    n = draw(st.integers(1, 4))
    positions = tuple(Position(chrom="chr1", pos=100 + i, ref="A", alts=("C", "G")) for i in range(n))
    own = draw(st.lists(st.sampled_from("AAAM"), min_size=n, max_size=n))
    alleles = [NamedAllele(name="*1", reference=True, bases=dict(enumerate(own)))]
    for number in range(2, draw(st.integers(2, 6)) + 1):
        bases = draw(st.dictionaries(st.integers(0, n - 1), st.sampled_from("CGAMRSV"), min_size=1, max_size=n))
        alleles.append(NamedAllele(name=f"*{number}", bases=bases))
    return GeneDefinition(gene="G", chrom="chr1", version="1", positions=positions, alleles=tuple(alleles))


@st.composite
def lowest_genes(draw):
    """DPYD with its two sites of HapB3 and some single changes, or RYR1 with single changes only."""
    name = draw(st.sampled_from(["DPYD", "DPYD", "RYR1"]))
    places = [(97573860 + i, "A", ("C", "G")) for i in range(draw(st.integers(1, 3)))]
    alleles = [
        NamedAllele(name=f"c.{i}A>{b}", bases={i: b})
        for i in range(len(places))
        for b in draw(st.sets(st.sampled_from("CG")))
    ]
    if name == "DPYD":
        exon, intron = len(places), len(places) + 1
        places += [(97573863, "C", ("T",)), (97579893, "G", ("C",))]
        alleles += [
            NamedAllele(name=HAPB3, bases={exon: "T", intron: "C"}),
            NamedAllele(name=INTRONIC, bases={intron: "C"}),
        ]
    positions = tuple(Position(chrom="chr1", pos=pos, ref=ref, alts=alts) for pos, ref, alts in places)
    reference = NamedAllele(name="Reference", reference=True, bases={i: p.ref for i, p in enumerate(positions)})
    return GeneDefinition(gene=name, chrom="chr1", version="1", positions=positions, alleles=(reference, *alleles))


@st.composite
def samples(draw, of=genes, *, half=False):
    gene = draw(of())
    bases = {}
    for index, position in enumerate(gene.positions):
        if draw(st.integers(0, 7)) == 0:
            continue
        choices = [position.ref, *position.alts]
        first, second = draw(st.sampled_from(choices)), draw(st.sampled_from(choices))
        if half and draw(st.integers(0, 7)) == 0:
            first = None
        phased = draw(st.booleans())
        phase_set = draw(st.sampled_from([None, "1", "2"])) if phased else None
        numbers = ["." if base is None else str(choices.index(base)) for base in (first, second)]
        bases[index] = Bases(first, second, phased, phase_set, "/|"[phased].join(numbers))
    return GeneSample(gene, bases)


@settings(max_examples=400, deadline=None)
@given(samples(half=True))
def test_the_matcher_agrees_with_the_rules_read_literally(sample):
    if sample.bases:
        assert [(d.alleles, d.score) for d in match_diplotypes(sample)] == Literal(sample).pairs()


@settings(max_examples=400, deadline=None)
@given(samples(half=True), st.booleans())
def test_combinations_agree_with_the_rules_read_literally(sample, partials):
    if sample.bases:
        found = combine(sample, partials=partials)
        assert [(d.alleles, d.score) for d, _, _ in found] == combined_pairs(sample, partials=partials)


@settings(max_examples=600, deadline=None)
@given(samples(of=lowest_genes, half=True), st.booleans())
def test_lowest_function_genes_agree_with_the_rules_read_literally(sample, others):
    if sample.bases:
        found, literal = call_lowest_function(sample, other_variants=others), Lowest(sample, others=others)
        assert {d.alleles for d in found.diplotypes} == literal.calls
        assert list(found.alleles) == literal.alleles
        assert set(found.warnings) == literal.warnings
