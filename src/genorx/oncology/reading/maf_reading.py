"""Alterations from mutation annotation format (MAF) tables, new and old, of one tumour or of a cohort.

Source: GDC MAF format 1.0; column names of vcf2maf, Oncotator and Funcotator.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from genorx._core.numerals import whole_number
from genorx.errors import AssemblyError, shown
from genorx.knowledge.gene_dates import gene_dates
from genorx.oncology.alteration import Alteration, classes_of_terms
from genorx.oncology.evidence_index import evidence_index
from genorx.oncology.pack import default_evidence
from genorx.oncology.reading.consequence_entry import ConsequenceEntry, frequency_of
from genorx.oncology.reading.doubts import count_details, germline_doubt, subclonal_doubt
from genorx.oncology.reading.known_alleles import AlleleIndex, chosen_facts
from genorx.oncology.reading.maf_columns import CLASS, PLACE, MafOptions, maf_counts
from genorx.oncology.reading.text_table import TextTable
from genorx.oncology.reading.transcript_choice import alterations_of, with_notes
from genorx.oncology.reading.whose import Tumours
from genorx.variants.assembly import bare_contig, maf_assembly, normal_assembly
from genorx.variants.calls import accepted_maf_filter
from genorx.variants.consequence import MAF_UNDECIDED, Effect, maf_effect

_PROTEIN = ("HGVSp_Short", "Protein_Change", "HGVSp", "amino_acid_change", "AAChange", "Amino_Acid_Change")
_CDNA = ("HGVSc", "cDNA_Change", "Codon_Change")
_FREQUENCY = ("gnomAD_AF", "gnomADe_AF", "gnomADg_AF", "MAX_AF", "ExAC_AF")
_NO_CLASS = "changes without class and protein change"
_UNKNOWN_CLASS = "changes of an unknown class"
_SPLICE_REGION = "changes near a splice site whose effect on splicing is not known"


def read_maf(path: str | Path, *, options: MafOptions | None = None) -> Tumours:
    """Return the alterations of every tumour of a MAF, by barcode.

    Raises
    ------
    TableError
        ``table-columns``; ``alteration-file`` if more than a tenth of the rows have an unknown class.
    AssemblyError
        ``assembly-wrong`` if the table names another assembly than the caller.
    """
    return _MafJob(TextTable(path), options or MafOptions()).run()


class _MafJob:
    """Conversion of one table to alterations."""

    def __init__(self, table: TextTable, options: MafOptions) -> None:
        self.table, self.options = table, options
        if not all(table.has(*group) for group in PLACE):
            table.need(("Hugo_Symbol",), CLASS)
        evidence = options.evidence or default_evidence()
        self.alleles, self.index = AlleleIndex(evidence.alleles), evidence_index(evidence)

    def run(self) -> Tumours:
        """Read all rows."""
        table, found = self.table, Tumours("maf")
        for number, cells, held in found.rows(table):
            assembly = self._assembly(cells, number)
            held.assembly = held.assembly or assembly
            facts = self._facts(cells, assembly)
            if not facts:
                held.left_out[self._no_use(cells)] += 1
            held.alterations.extend(self._completed(fact, cells, f"line {number}") for fact in facts)
        found.refuse_unknown(table.path, (_UNKNOWN_CLASS,))
        named = {gene for held in found.values() for fact in held.alterations for gene in fact.genes}
        for held in found.values():
            held.findings.extend(gene_dates(sorted(named), table.path.name))
        return found.stated(table.path)

    def _assembly(self, cells: dict[str, str], number: int) -> str | None:
        text, requested = self.table.first(cells, "NCBI_Build"), self.options.assembly
        own = maf_assembly(text)
        expected = None if requested is None else normal_assembly(requested)
        if own and expected and own != expected:
            reason = f"NCBI_Build is {shown(text)}, but assembly {expected} was given"
            raise AssemblyError(reason, file=self.table.path, place=number, code="assembly-wrong")
        return own or expected

    def _no_use(self, cells: dict[str, str]) -> str:
        gene, kind = self.table.first(cells, "Hugo_Symbol"), self.table.first(cells, *CLASS).lower()
        if not gene or gene == "Unknown":
            return "rows without a gene"
        if _is_silent(kind):
            return "silent or non-coding changes"
        if _is_splice_region(kind):
            return _SPLICE_REGION
        return _UNKNOWN_CLASS if kind and _is_unknown(kind) else _NO_CLASS

    def _facts(self, cells: dict[str, str], assembly: str | None) -> list[Alteration]:
        first = self.table.first
        chrom, start, ref, alt = (first(cells, *group) for group in PLACE)
        key = None
        if assembly and (pos := whole_number(start)) is not None and ref and alt:
            key = self.alleles.find(assembly, bare_contig(chrom), pos, ref, alt)
        by_place = self.alleles.alterations(key) if key else []
        gene = first(cells, "Hugo_Symbol")
        if not gene or gene == "Unknown" or not first(cells, *CLASS):
            return by_place  # a position with its alleles is enough
        entries = [self._entry(cells, gene), *_other_effects(first(cells, "all_effects"))]
        found = alterations_of(entries, lambda name, change: (name.upper(), change) in self.index.changes)
        names = self.alleles.names(key) if key else frozenset()
        return [replace(fact, known_alleles=fact.known_alleles | names) for fact in chosen_facts(found, by_place)]

    def _entry(self, cells: dict[str, str], gene: str) -> ConsequenceEntry:
        first = self.table.first
        kind = first(cells, *CLASS)
        cdna = first(cells, *_CDNA).rpartition(":")[2]
        return ConsequenceEntry(
            gene=gene,
            terms="" if _is_silent(kind) else kind,
            transcript=first(cells, "Transcript_ID", "Annotation_Transcript"),
            protein=_protein(kind, first(cells, *_PROTEIN)),
            cdna=cdna if cdna.startswith("c.") else "",
            exon=first(cells, "Exon_Number", "Transcript_Exon"),
            protein_position=first(cells, "Protein_position"),
            picked=True,
            rsids=first(cells, "dbSNP_RS"),
            frequency=frequency_of(first(cells, *_FREQUENCY)),
            clinical=first(cells, "CLIN_SIG"),
        )

    def _germline(self, cells: dict[str, str]) -> bool:
        return self.table.first(cells, "Mutation_Status").casefold() == "germline"

    def _completed(self, fact: Alteration, cells: dict[str, str], place: str) -> Alteration:
        table, options = self.table, self.options
        status = table.first(cells, "FILTER")
        tumour, normal = (maf_counts(table, cells, letter) for letter in "tn")
        details = {
            **fact.details,
            "chrom": table.first(cells, "Chromosome"),
            "pos": table.first(cells, *PLACE[1]),
            "ref": table.first(cells, "Reference_Allele"),
            "alt": table.first(cells, "Tumor_Seq_Allele2"),
            "filter": status,
            **count_details(tumour, normal),
        }
        accepted = accepted_maf_filter(status, options.filters)
        completed = replace(
            fact,
            origin="germline" if self._germline(cells) else fact.origin or options.origin,
            accepted=accepted,
            details={name: value for name, value in details.items() if value not in ("", None)},
            place=place,
        )
        unpaired = normal.depth is None and not table.first(cells, "Matched_Norm_Sample_Barcode")
        doubt = germline_doubt(completed, tumour, self.index.hotspots) if unpaired else ""
        return with_notes(completed, doubt, subclonal_doubt(completed, tumour, options.purity))


def _is_unknown(kind: str) -> bool:
    """Return whether a class is none that is known, not even one that says nothing."""
    return maf_effect(kind) is None and not classes_of_terms(kind) and kind not in MAF_UNDECIDED


def _is_silent(kind: str) -> bool:
    """Return whether a class leaves the protein as it is, by the rule of features."""
    effect = maf_effect(kind)
    return effect is not None and effect <= Effect.SILENT


def _is_splice_region(kind: str) -> bool:
    return kind.lower().removesuffix("_variant") == "splice_region"


def _protein(kind: str, text: str) -> str:
    """Return the protein change of a row; vcf2maf's mark of a splice site is none near a site, only at it."""
    marked = _is_splice_region(kind) and text.casefold().endswith("_splice")
    return "" if marked or _is_silent(kind) else text


def _other_effects(text: str) -> list[ConsequenceEntry]:
    """Return the entries of vcf2maf's column ``all_effects``: ``GENE,consequence,HGVSp,transcript,RefSeq;``."""
    return [_other_effect(part.split(",")) for part in text.split(";") if part.count(",") >= 3 and part[0] != ","]


def _other_effect(cells: list[str]) -> ConsequenceEntry:
    """Read one entry; a consequence of several terms may itself hold commas."""
    at = next((at for at, cell in enumerate(cells) if at > 1 and re.match(r"(?:ENS|[NX][MR]_)", cell)), len(cells))
    protein = cells[at - 1] if cells[at - 1].startswith("p.") else ""
    terms = [cell for cell in cells[1:at] if cell and cell != protein]
    return ConsequenceEntry(
        gene=cells[0], terms="&".join(terms), protein=protein, transcript="".join(cells[at : at + 1])
    )
