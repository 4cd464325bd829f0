"""Rows of the mutation table as records of a VCF; how each was placed is counted.

Deletions printed with an elided middle (``ggcgg<14>cgggg``) become ``<DEL>``; FLT3-ITD and MLL-PTD become
``<DUP:TANDEM>``, or ``<INS>`` where untemplated bases were reported.  Mutations without coordinates are kept as
imprecise records on the coding region (CEBPA) or the codon (FLT3 D835), so that no gene is lost.  FILTER is PASS for
the final calls, CallReview for others, ITDUnconfirmed for reads with a duplication that did not enter them.
"""

from __future__ import annotations

import collections
import re

from aml.published_files import integer, number
from aml.reference_bases import left_align
from aml.variant_records import Record, consequence_of, csq_string

# CEBPA: one coding exon on the minus strand, c.N lies at 19:(33793321-N).
CEBPA_CDS = ("19", 33792244, 33793320)
CEBPA_C0 = 33793321
FLT3_EXON14 = ("13", 28608219, 28608351)
FLT3_D835 = ("13", 28592640, 28592642)
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
#: Name of the allele and class of a symbolic allele: structural variants, and those that are none.
SV_CLASS = {
    "<DEL>": ("deletion", "deletion"),
    "<DUP:TANDEM>": ("duplication", "tandem_duplication"),
    "<INS>": ("insertion", "insertion"),
}
OTHER_CLASS = {"<INDEL>": ("indel", "indel"), "<SUB>": ("sub", "substitution")}


class Converter:
    """Turns rows of the mutation table into records and counts how each was placed."""

    def __init__(self, known, itd):
        self.known = known
        self.itd = {r.ID: r for r in itd.itertuples(index=False) if r.FLT3_ITD_status == "ITD"}
        self.report = collections.Counter()

    def _sequence_record(self, row, place, alleles, variant_class, length):
        """A record of written alleles; left-aligned, its padding flagged where that is not known."""
        (chrom, pos), (ref, alt) = place, alleles
        if len(ref) != len(alt):
            pos, ref, alt = left_align(chrom, pos, ref, alt, self.known)
        rec = Record(row, (chrom, pos), ref, alt)
        if "N" in ref:
            rec.info["PADN"] = True
            self.report["padding base unknown (N)"] += 1
        shorter = alt[1:] if len(alt) > len(ref) else "-"
        allele = alt if len(ref) == len(alt) else shorter
        rec.csq = csq_string(row, allele, consequence_of(row, length), variant_class)
        return rec

    def _symbolic_record(self, row, chrom, span, alt, *, term, svlen=None, imprecise=False, sequence=None):
        """A symbolic record; ``span`` is the base before the event, and its last one."""
        before, end = span
        rec = Record(row, (chrom, before), self.known.get(chrom, before), alt)
        svtype = alt.strip("<>").partition(":")[0] if alt in SV_CLASS else None
        if svtype:
            rec.info["SVTYPE"] = svtype
        rec.info["END"] = end
        if svlen is not None:
            rec.info["SVLEN"] = svlen
        if sequence:
            rec.info["SVINSSEQ"] = sequence
        if imprecise:
            rec.info["IMPRECISE"] = True
            rec.info["CIPOS"] = f"0,{max(end - before - 1, 0)}"
            rec.info["CIEND"] = f"-{max(end - before - 1, 0)},0"
        if rec.ref == "N":
            rec.info["PADN"] = True
        name, variant_class = SV_CLASS.get(alt, OTHER_CLASS.get(alt))
        rec.csq = csq_string(row, name, term, variant_class)
        return rec

    def convert(self, row):
        """Records (usually one) for one row of AMLSG_Genetic.txt."""
        records = self._placed(row)
        for rec in records:
            rec.info["GENE"] = row.GENE
            rec.info["ONCOGENICITY"] = row.Result
            rec.info["SRCTYPE"] = row.VARIANT_TYPE
            if row.FINAL_CALL != "OK":
                rec.filter = "CallReview"
            if row.VARIANT_TYPE != "ITD":
                rec.set_depth(number(row.TUM_DEPTH), number(row.PCT_MUT))
        return records

    def _placed(self, row):
        kind, start, end = row.VARIANT_TYPE, integer(row.POSITION), integer(row.MAX_POSITION)
        if kind == "ITD":
            return self._itd(row)
        if kind == "PTD":
            self.report["MLL-PTD as <DUP:TANDEM>"] += 1
            term, length = consequence_of(row, None), end - start + 1
            return [self._symbolic_record(row, row.CHR, (start - 1, end), "<DUP:TANDEM>", svlen=length, term=term)]
        if kind == "Sub":
            return self._substitution(row, start, end)
        if kind == "D" and row.WT not in ("-", "na"):
            return [self._deletion(row, start)]
        if start is not None:  # insertions, two of them typed "D"
            self.report["insertion, explicit alleles"] += 1
            base, sequence = self.known.get(row.CHR, start), row.MT.upper()
            alleles = base, base + sequence
            return [self._sequence_record(row, (row.CHR, start), alleles, "insertion", len(sequence))]
        return [self._cebpa_from_cdna(row)]

    def _substitution(self, row, start, end):
        if start is not None:
            self.report["substitution, explicit alleles"] += 1
            variant_class = "SNV" if len(row.WT) == 1 else "substitution"
            return [self._sequence_record(row, (row.CHR, start), (row.WT.upper(), row.MT.upper()), variant_class, None)]
        if (row.GENE, end) != ("FLT3", FLT3_D835[1]):
            self.report["SKIPPED: substitution without position"] += 1
            return []
        self.report["FLT3 D835, nucleotide change not reported, as <SUB>"] += 1
        term, span = consequence_of(row, None), (FLT3_D835[1] - 1, FLT3_D835[2])
        return [self._symbolic_record(row, row.CHR, span, "<SUB>", term=term, imprecise=True)]

    def _deletion(self, row, start):
        elided = re.fullmatch(r"([acgt]+)<(\d+)>([acgt]+)", row.WT)
        if elided:
            length = len(elided.group(1)) + int(elided.group(2)) + len(elided.group(3))
            self.report["deletion with elided sequence as <DEL>"] += 1
            span, term = (start - 1, start + length - 1), consequence_of(row, length)
            return self._symbolic_record(row, row.CHR, span, "<DEL>", svlen=-length, term=term)
        base = self.known.get(row.CHR, start - 1)
        self.report["deletion, explicit alleles"] += 1
        alleles = base + row.WT.upper(), base
        return self._sequence_record(row, (row.CHR, start - 1), alleles, "deletion", len(row.WT))

    def _cebpa_from_cdna(self, row):
        """CEBPA calls without coordinates: placed by the cDNA change, else on the coding region."""
        chrom, cds_start, cds_end = CEBPA_CDS
        change = re.fullmatch(r"c\.(\d+)(?:_(\d+))?(ins|dup|del)([ACGT]*)", row.CDNA_CHANGE)
        if change is None:
            self.report["CEBPA indel without description as <INDEL>"] += 1
            term = consequence_of(row, None)
            return self._symbolic_record(row, chrom, (cds_start - 1, cds_end), "<INDEL>", term=term, imprecise=True)
        first, last, kind, bases = change.groups()
        last = last or first
        bases = bases.translate(COMPLEMENT)[::-1]
        self.report["CEBPA indel placed from cDNA change"] += 1
        pos = CEBPA_C0 - int(last) - (0 if kind == "ins" else 1)
        base = self.known.get(chrom, pos)
        if kind == "del":
            return self._sequence_record(row, (chrom, pos), (base + bases, base), "deletion", len(bases))
        return self._sequence_record(row, (chrom, pos), (base, base + bases), "insertion", len(bases))

    def _itd_allele(self, row, position, inserted, reads, coverage):
        """One sequenced ITD allele; the duplicated segment ends at ``position``."""
        sequence, untemplated = inserted
        length, whole = len(sequence), untemplated == "."
        span, alt = ((position - length, position), "<DUP:TANDEM>") if whole else ((position, position), "<INS>")
        term = consequence_of(row, length)
        rec = self._symbolic_record(row, "13", span, alt, svlen=length, term=term, sequence=sequence)
        rec.set_depth(coverage, 100.0 * reads / coverage)
        return rec

    def _itd(self, row):
        call = self.itd.get(row.SAMPLE_NAME)
        if call is None:
            chrom, start, end = FLT3_EXON14
            self.report["FLT3-ITD without sequence as IMPRECISE <DUP:TANDEM>"] += 1
            term = consequence_of(row, None)
            return [self._symbolic_record(row, chrom, (start - 1, end), "<DUP:TANDEM>", term=term, imprecise=True)]
        return self._sequenced_itd(row, call)

    def _sequenced_itd(self, row, call):
        place, coverage = int(call.Insertion_pt.split(":")[1]), int(call.Coverage)
        records = [self._itd_allele(row, place, (call.Inserted_sequence, call.NTS), int(call.Read_count), coverage)]
        self.report["FLT3-ITD with sequence"] += 1
        if call.Second_ITD != ".":
            reads, where, _, sequence, _, untemplated = call.Second_ITD.split("___")
            place = int(where.split(":")[1])
            records.append(self._itd_allele(row, place, (sequence, untemplated), int(reads), coverage))
            self.report["FLT3-ITD second allele"] += 1
        return records

    def unconfirmed_itds(self, called, template):
        """ITD read evidence of patients whose final call set has no ITD."""
        records = []
        for pdid in sorted(set(self.itd) - called):
            row = template._replace(SAMPLE_NAME=pdid)
            for rec in self._sequenced_itd(row, self.itd[pdid]):
                rec.info["GENE"] = "FLT3"
                rec.info["ONCOGENICITY"] = "UNCONFIRMED"
                rec.info["SRCTYPE"] = "ITD"
                rec.filter = "ITDUnconfirmed"
                records.append(rec)
                self.report["FLT3-ITD, unconfirmed (FILTER=ITDUnconfirmed)"] += 1
        return records


def build_records(genetic, itd, patients, known):
    """All records of the given patients, sorted, duplicates within a patient merged."""
    genetic = genetic[genetic.SAMPLE_NAME.isin(patients)]
    itd = itd[itd.ID.isin(patients)]
    converter = Converter(known, itd)
    genetic = genetic.rename(columns={"%_MUT_IN_TUM": "PCT_MUT"})
    records, template = [], None
    for row in genetic.itertuples(index=False, name="Row"):
        if row.VARIANT_TYPE == "ITD":
            template = row
        records.extend(converter.convert(row))
    called = set(genetic.SAMPLE_NAME[genetic.VARIANT_TYPE == "ITD"])
    if template is not None:
        records.extend(converter.unconfirmed_itds(called, template))
    records.sort(key=Record.sort_key)
    unique = collections.OrderedDict()
    for rec in records:
        identity = (rec.pdid, *rec.key())
        if identity in unique:
            merged = unique[identity]
            merged.info["NCALLS"] = merged.info.get("NCALLS", 1) + 1
            converter.report["merged into an identical record of the patient (NCALLS)"] += 1
        else:
            unique[identity] = rec
    report = dict(sorted(converter.report.items()))
    report["known reference bases"] = len(known)
    report["conflicting reference bases"] = known.conflicts
    return list(unique.values()), report
