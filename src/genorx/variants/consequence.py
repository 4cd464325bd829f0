"""Class of a change's effect on a gene, in six ordered classes, from Sequence Ontology terms.

Source: Sequence Ontology as used by Ensembl VEP, SnpEff and bcftools csq; classes of Ellrott 2018 (MAF), with
splice sites (the two bases of donor and acceptor) separate from the wider splice region.
"""

from __future__ import annotations

from enum import IntEnum


class Effect(IntEnum):
    """Class of a consequence, least to most severe; ``OTHER`` and above are non-silent."""

    OUTSIDE = 0  # not in the gene: upstream, downstream, intergenic, regulatory
    SILENT = 1  # in the gene, protein unchanged: synonymous, intron, UTR, non-coding
    OTHER = 2  # changes the protein or may: splice region, start lost, stop lost, terms that are not known here
    MISSENSE = 3
    INFRAME = 4
    SPLICE = 5
    TRUNCATING = 6


_OUTSIDE = (
    "upstream_gene", "downstream_gene", "intergenic", "intergenic_region", "conserved_intergenic", "",
    "regulatory_region", "regulatory_region_ablation", "regulatory_region_amplification", "tf_binding_site",
    "tfbs_ablation", "tfbs_amplification", "sequence_feature", "structural_interaction", "protein_protein_contact",
)  # fmt: skip
_SILENT = (
    "synonymous", "stop_retained", "start_retained", "intron", "conserved_intron", "intragenic",
    "5_prime_utr", "3_prime_utr", "5_prime_utr_premature_start_codon_gain", "5_prime_utr_truncation",
    "3_prime_utr_truncation", "non_coding", "non_coding_exon", "non_coding_transcript", "non_coding_transcript_exon",
    "nc_transcript", "nmd_transcript", "mature_mirna", "exon_region",
)  # fmt: skip
_EFFECTS: dict[str, Effect] = {
    **dict.fromkeys(_OUTSIDE, Effect.OUTSIDE),
    **dict.fromkeys(_SILENT, Effect.SILENT),
    **dict.fromkeys(("missense", "rare_amino_acid"), Effect.MISSENSE),
    **dict.fromkeys(
        ("inframe_insertion", "inframe_deletion", "inframe_altering", "conservative_inframe_insertion",
         "conservative_inframe_deletion", "disruptive_inframe_insertion", "disruptive_inframe_deletion"),
        Effect.INFRAME,
    ),
    **dict.fromkeys(("splice_donor", "splice_acceptor"), Effect.SPLICE),
    **dict.fromkeys(("stop_gained", "frameshift", "transcript_ablation", "exon_loss"), Effect.TRUNCATING),
}  # fmt: skip

#: Name of each non-silent class in the columns of features.
CLASS_NAMES = {
    Effect.TRUNCATING: "truncating",
    Effect.MISSENSE: "missense",
    Effect.INFRAME: "inframe",
    Effect.SPLICE: "splice",
    Effect.OTHER: "other",
}


def effect_of(terms: str) -> Effect:
    """Return the most severe class of ``&``-joined terms; an unknown term counts as ``OTHER``.

    >>> effect_of("missense_variant&splice_region_variant").name, effect_of("intron_variant").name
    ('MISSENSE', 'SILENT')
    """
    return max(_effect_of_term(term) for term in terms.split("&"))


def _effect_of_term(term: str) -> Effect:
    # bcftools csq writes "missense" for "missense_variant", and "*" before changes after a stop
    name = term.strip().lstrip("*").lower().removesuffix("_variant")
    return _EFFECTS.get(name, Effect.OTHER)


class EffectsByTerms(dict[str, Effect]):
    """Cache of ``effect_of``: a file has few distinct combinations of terms."""

    def __missing__(self, terms: str) -> Effect:
        if len(self) > 10_000:
            self.clear()
        effect = self[terms] = effect_of(terms)
        return effect
