"""Whole files as each caller writes them: its header, its order of columns, its layout of reads.

Written by hand after the callers' documentation; in every file the tumour has 30 reads for the reference and 12 for the
change, the normal 40 and 0.
"""

import pytest

from genorx.oncology import read_alterations
from tests.oncology.reading.vcf_text import write_vcf

SNV = ("7", 140453136, "A", "T")  # BRAF V600E on GRCh37
DELETION = ("7", 55242464, "AGGAATTAAGAGAAGC", "A")  # EGFR c.2235_2249del

CALLERS = {
    "mutect": (
        SNV, ("TCGA-XX-A001-10A", "TCGA-XX-A001-01A"), ['##MuTect="analysis_type=MuTect cosmic=[]"'],
        "SOMATIC", "GT:AD:BQ:DP:FA:SS", "0:40,0:.:40:0.0:0", "0/1:30,12:31:42:0.286:2",
    ),
    "mutect2": (
        SNV, ("S-B", "S-A"), ["##normal_sample=S-B", "##tumor_sample=S-A"], "DP=82;TLOD=31.5",
        "GT:AD:AF:DP:F1R2:F2R1:SB", "0/0:40,0:0.02:40:20,0:20,0:20,20,0,0", "0/1:30,12:0.29:42:14,6:16,6:15,15,6,6",
    ),
    "muse": (
        SNV, ("TUMOR", "NORMAL"), [], "SOMATIC", "GT:DP:AD:BQ:SS", "0/0:40:40,0:30,.:.", "0/1:42:30,12:30,31:2",
    ),
    "radia": (
        SNV, ("DNA_NORMAL", "DNA_TUMOR", "RNA_TUMOR"), ["##SAMPLE=<ID=DNA_TUMOR,SampleName=T1>"], "SOMATIC;SS=2",
        "GT:DP:AD:AF:INS:DEL", "0/0:40:40,0:1.0,0.0:0:0", "0/1:42:30,12:0.71,0.29:0:0", "./.:.:.,.:.,.:.:.",
    ),
    "pindel": (
        DELETION, ("NORMAL", "TUMOR"), [], "END=55242479;SVTYPE=DEL;SVLEN=-15", "GT:AD", "0/0:40,0", "0/1:30,12",
    ),
    "strelka": (
        SNV, ("NORMAL", "TUMOR"), ["##source=strelka"], "SOMATIC;QSS=90;SGT=AA->AT",
        "DP:FDP:SDP:SUBDP:AU:CU:GU:TU", "40:0:0:0:40,40:0,0:0,0:0,0", "42:0:0:0:30,31:0,0:0,0:12,13",
    ),
    "strelka indels": (
        DELETION, ("NORMAL", "TUMOR"), ["##source=strelka"], "SOMATIC;QSI=90", "DP:DP2:TAR:TIR:TOR",
        "40:40:40,40:0,0:0,0", "42:42:30,31:12,13:0,0",
    ),
    "varscan": (
        SNV, ("NORMAL", "TUMOR"), ["##source=VarScan2"], "SOMATIC;SS=2;SSC=31", "GT:GQ:DP:RD:AD:FREQ:DP4",
        "0/0:.:40:40:0:0%:20,20,0,0", "0/1:.:42:30:12:28.57%:15,15,6,6",
    ),
    "somaticsniper": (
        SNV, ("NORMAL", "TUMOR"), [], ".", "GT:IGT:DP:DP4:BCOUNT:GQ:SS", "0/0:0/0:40:20,20,0,0:40,0,0,0:99:0",
        "0/1:0/1:42:15,15,6,6:30,0,0,12:99:2",
    ),
    "caveman": (
        SNV, ("NORMAL", "TUMOUR"), ["##SAMPLE=<ID=TUMOUR,SampleName=PD1a>"], "DP=82;MP=1.0",
        "GT:FAZ:FCZ:FGZ:FTZ:RAZ:RCZ:RGZ:RTZ:PM", "0|0:20:0:0:0:20:0:0:0:0.0", "0|1:16:0:0:7:14:0:0:5:0.29",
    ),
    "cgppindel": (
        DELETION, ("NORMAL", "TUMOUR"), ["##SAMPLE=<ID=TUMOUR,SampleName=PD1a>"], "PC=D;LEN=15",
        "GT:PP:NP:PB:NB:PD:ND:PR:NR:PU:NU", "./.:0:0:0:0:20:20:20:20:0:0", "./.:7:5:7:5:22:20:22:20:7:5",
    ),
    "freebayes": (
        SNV, ("T9_normal", "T9_tumor"), [], ".", "GT:DP:RO:QR:AO:QA", "0/0:40:40:900:0:0", "0/1:42:30:900:12:400",
    ),
}  # fmt: skip
NAMES = {
    "mutect": "TCGA-XX-A001-01A",
    "mutect2": "S-A",
    "radia": "DNA_TUMOR",
    "caveman": "TUMOUR",
    "cgppindel": "TUMOUR",
    "freebayes": "T9_tumor",
}


@pytest.mark.parametrize("caller", CALLERS)
def test_each_callers_file_gives_tumour_column_and_reads(tmp_path, caller):
    place, samples, lines, info, keys, normal, tumour, *more = CALLERS[caller]
    tumour_first = samples[0] == "TUMOR"
    columns = (tumour, normal) if tumour_first else (normal, tumour, *more)
    path = write_vcf(tmp_path / "a.vcf", [(*place, info, keys, *columns)], samples=samples, lines=lines)
    found = read_alterations(path)
    (fact,) = found
    assert fact.label == ("BRAF V600E" if place is SNV else "EGFR E746_A750del")
    assert found.sample == NAMES.get(caller, "TUMOR")
    assert found.normal == samples[1 if tumour_first else 0]
    reads = [fact.details.get(name) for name in ("t_ref_count", "t_alt_count", "t_depth", "n_ref_count", "n_alt_count")]
    assert reads == [30, 12, 42, 40, 0]
    assert (fact.origin, fact.accepted) == ("somatic", True)
