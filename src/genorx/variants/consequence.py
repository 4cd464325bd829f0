"""Class of a change's effect on a gene, in six ordered classes, from Sequence Ontology terms and classes of a MAF.

Source: Sequence Ontology as used by Ensembl VEP, SnpEff and bcftools csq; classes of Ellrott 2018 (MAF), with
splice sites (the two bases of donor and acceptor) apart from the wider splice region; GDC MAF format 1.0, with the
classes of Oncotator and Funcotator for codons of start and stop.
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
#: As every term that is not known here; named so that a MAF may have them for a class.
_OTHER = (
    "splice_region", "splice_polypyrimidine_tract", "splice_donor_5th_base", "splice_donor_region", "start_lost",
    "initiator_codon", "stop_lost", "protein_altering", "incomplete_terminal_codon", "coding_sequence",
)  # fmt: skip
_EFFECTS: dict[str, Effect] = {
    **dict.fromkeys(_OTHER, Effect.OTHER),
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

#: Effect of each ``Variant_Classification`` of a MAF, in lower case.
_MAF_EFFECTS: dict[str, Effect] = {
    "missense_mutation": Effect.MISSENSE,
    **dict.fromkeys(("nonsense_mutation", "frame_shift_del", "frame_shift_ins"), Effect.TRUNCATING),
    **dict.fromkeys(("in_frame_del", "in_frame_ins"), Effect.INFRAME),
    "splice_site": Effect.SPLICE,
    **dict.fromkeys(
        ("splice_region", "nonstop_mutation", "translation_start_site", "start_codon_snp", "start_codon_ins",
         "start_codon_del", "stop_codon_ins", "stop_codon_del", "de_novo_start_inframe", "de_novo_start_outofframe"),
        Effect.OTHER,
    ),
    **dict.fromkeys(("silent", "rna", "lincrna", "targeted_region"), Effect.SILENT),
    **dict.fromkeys(("3'utr", "5'utr"), Effect.SILENT),
    **dict.fromkeys(("3'flank", "5'flank", "igr"), Effect.OUTSIDE),
}  # fmt: skip
#: Classes of a MAF by which an annotator says that it could not tell.
MAF_UNDECIDED = frozenset({"could_not_determine", "unknown", "none", "other"})

#: Name in a feature's column of each non-silent class.
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


def maf_effect(text: str) -> Effect | None:
    """Return the class of a MAF's ``Variant_Classification``, which may be a term; None if it says nothing known.

    >>> maf_effect("Splice_Region").name, maf_effect("synonymous_variant").name, maf_effect("Unknown")
    ('OTHER', 'SILENT', None)
    """
    known = _MAF_EFFECTS.get(text.strip().lower())
    if known is not None:
        return known
    terms = [_known_effect(term) for term in text.split("&") if text.strip()]
    return max((effect for effect in terms if effect is not None), default=None)


def _effect_of_term(term: str) -> Effect:
    effect = _known_effect(term)
    return Effect.OTHER if effect is None else effect


def _known_effect(term: str) -> Effect | None:
    # bcftools csq writes "missense" for "missense_variant", and "*" before what lies behind a stop
    return _EFFECTS.get(term.strip().lstrip("*").lower().removesuffix("_variant"))


class EffectsByTerms(dict[str, Effect]):
    """Cache of ``effect_of``: a file has few distinct combinations of terms."""

    def __missing__(self, terms: str) -> Effect:
        if len(self) > 10_000:
            self.clear()
        effect = self[terms] = effect_of(terms)
        return effect
