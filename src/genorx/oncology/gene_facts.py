"""Gene facts for matching: residues of exons and domains, tumour suppressors, promoter positions.

Residues are those of the MANE Select transcripts, exon numbers those that evidence uses (PIK3CA counts its first,
non-coding exon; NPM1's last coding exon is 11 in CIViC and 12 in older papers).
Source: Ensembl and UniProt entries of the genes; tumour suppressors by the 20/20 rule of Vogelstein B et al. 2013,
Science 339:1546, and the genes of homologous recombination and mismatch repair.
"""

from __future__ import annotations

#: First and last residue of exons, by gene and exon number; a residue split by an exon border belongs to both.
EXON_RESIDUES: dict[str, dict[int, tuple[int, int]]] = {
    "BRAF": {11: (439, 478), 15: (581, 620)},
    "CALR": {9: (352, 417)},
    "CTNNB1": {3: (5, 80)},
    "EGFR": {18: (688, 728), 19: (729, 761), 20: (762, 823), 21: (824, 875)},
    "ERBB2": {19: (737, 769), 20: (769, 831)},
    "HRAS": {2: (1, 37), 3: (38, 97)},
    "KIT": {8: (411, 448), 9: (449, 514), 11: (550, 591), 13: (627, 664), 14: (664, 714), 17: (788, 828)},
    "KRAS": {2: (1, 37), 3: (38, 97), 4: (97, 150)},
    "MET": {14: (963, 1010)},
    "NPM1": {11: (283, 294), 12: (283, 294)},
    "NRAS": {2: (1, 37), 3: (38, 97), 4: (97, 150)},
    "PDGFRA": {12: (552, 596), 14: (632, 667), 18: (814, 854)},
    "PIK3CA": {10: (514, 555), 21: (979, 1068)},
}

#: First and last residue of regions that evidence names, by gene and plain name.
REGION_RESIDUES: dict[str, dict[str, tuple[int, int]]] = {
    "ABL1": {"ploop": (244, 256), "tkd": (242, 493)},
    "EGFR": {"tkd": (712, 979), "kinase": (712, 979)},
    "ERBB2": {"kinase": (720, 987), "tkd": (720, 987)},
    "FLT3": {"tkd": (610, 943)},
    "STAT3": {"sh2": (580, 670)},
    "TP53": {"dnabinding": (102, 292)},
}
#: Residues in which an in-frame duplication or insertion of FLT3 is an internal tandem duplication.
ITD_RESIDUES = {"FLT3": (569, 630)}
#: Least number of residues added by such a change.
ITD_SHORTEST = 3
#: Exons 14 and 15 of the same gene with the intron between them, by assembly: contig, first and last base.
ITD_SPANS: dict[tuple[str, str], tuple[str, int, int]] = {
    ("FLT3", "GRCh37"): ("13", 28608024, 28608351),
    ("FLT3", "GRCh38"): ("13", 28033887, 28034214),
}
#: Positions in cDNA notation of promoter mutations.
PROMOTER_CDNA = {"TERT": frozenset({"c.-124C>T", "c.-146C>T", "c.-124C>A", "c.-138_-139delinsTT"})}
#: Genomic alleles of these mutations: (assembly, chrom, pos, ref, alt) on the plus strand.
PROMOTER_ALLELES: dict[tuple[str, str, int, str, str], tuple[str, str]] = {
    ("GRCh37", "5", 1295228, "G", "A"): ("TERT", "c.-124C>T"),
    ("GRCh37", "5", 1295250, "G", "A"): ("TERT", "c.-146C>T"),
    ("GRCh38", "5", 1295113, "G", "A"): ("TERT", "c.-124C>T"),
    ("GRCh38", "5", 1295135, "G", "A"): ("TERT", "c.-146C>T"),
}

TUMOUR_SUPPRESSORS = frozenset((
    "APC", "ARID1A", "ARID1B", "ARID2", "ASXL1", "ATM", "ATR", "ATRX", "AXIN1", "B2M", "BAP1", "BARD1", "BRCA1",
    "BRCA2",
    "BRIP1", "CASP8", "CDC73", "CDH1", "CDK12", "CDKN1A", "CDKN1B", "CDKN2A", "CDKN2B", "CDKN2C", "CEBPA", "CHEK1",
    "CHEK2",
    "CIC", "CREBBP", "CUX1", "CYLD", "DAXX", "DDX3X", "DICER1", "EP300", "ERCC2", "FANCA", "FANCC", "FANCD2", "FANCL",
    "FAT1",
    "FBXW7", "FH", "FLCN", "FUBP1", "GATA3", "IKZF1", "KDM5C", "KDM6A", "KEAP1", "KMT2C", "KMT2D", "LRP1B", "LZTR1",
    "MAP2K4", "MAP3K1", "MAX", "MEN1", "MLH1", "MRE11", "MSH2", "MSH6", "MUTYH", "NBN", "NCOR1", "NF1", "NF2", "PALB2",
    "PBRM1", "PHF6", "PIK3R1", "PMS2", "POLE", "PPP2R1A", "PRDM1", "PTCH1", "PTEN", "PTPRD", "RAD50", "RAD51B",
    "RAD51C",
    "RAD51D", "RAD54L", "RASA1", "RB1", "RNF43", "RUNX1", "SDHA", "SDHB", "SDHC", "SDHD", "SETD2", "SMAD2", "SMAD4",
    "SMARCA4", "SMARCB1", "SOCS1", "STAG2", "STK11", "SUFU", "TET2", "TNFAIP3", "TP53", "TP63", "TRAF3", "TSC1",
    "TSC2", "VHL",
    "WT1", "ZFHX3", "ZRSR2",
))  # fmt: skip

#: Genes with star alleles: PharmVar (pharmvar.org/genes), the TPMT Nomenclature Committee
#: (Appell ML et al. 2013, Pharmacogenet Genomics 23:242) and the UGT nomenclature, as far as CPIC writes guidelines.
STAR_GENES = frozenset({
    "CYP2B6", "CYP2C9", "CYP2C19", "CYP2D6", "CYP3A4", "CYP3A5", "CYP4F2", "DPYD", "NAT2", "NUDT15", "SLCO1B1", "TPMT",
    "UGT1A1",
})  # fmt: skip
#: Genes of drug metabolism: variants are notes on drugs, never targets.  G6PD has no stars; UGT1A is UGT1A1's locus.
PHARMACOGENES = STAR_GENES | {"G6PD", "UGT1A"}
