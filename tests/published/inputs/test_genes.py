"""Genes of published models from variant files written here; what each file says is known by construction."""

import numpy as np
import pandas as pd
import pytest

from genorx import pgx, published
from genorx.errors import UsageError, VariantFileError
from genorx.oncology import read_alterations

# lengths of GRCh38 and GRCh37 (NCBI assembly reports) let the assembly be told
GRCH38 = {"chr7": 159345973, "chr10": 133797422, "chr16": 90338345, "chr17": 83257441, "chr13": 114364328}
GRCH37 = {"7": 159138663, "10": 135534747, "16": 90354753}
INFO = [
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="VEP. Format: Allele|Consequence|IMPACT|SYMBOL|Gene|ALLELE_NUM">',
    '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="ClinVar">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths">',
]


@pytest.fixture
def write(tmp_path):
    """``write(rows, samples, contigs)`` -> path; rows are written with spaces for tabs."""

    def make(rows, samples=("A",), contigs=None):
        contigs = GRCH38 if contigs is None else contigs
        head = [
            "##fileformat=VCFv4.3",
            *(f"##contig=<ID={name},length={size}>" for name, size in contigs.items()),
            *INFO,
        ]
        columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
        path = tmp_path / "a.vcf"
        lines = [*head, "\t".join(columns), *("\t".join(row.split()) for row in rows)]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return make


def test_warfarin_genes_are_counted_on_the_genes_strand(write):
    """PharmVar, CPIC: rs1799853 T is *2, rs1057910 C is *3, rs9923231 T is A on the gene's strand."""
    path = write(
        [
            "chr10 94942290 . C T . PASS . GT 0/1 0/0 ./.",
            "chr10 94981296 . A C . PASS . GT 0/1 1/1 0/0",
            "chr16 31096368 . C T . PASS . GT 1/1 0/1 0/0",
        ],
        ("A", "B", "C"),
    )
    made = published.warfarin_genes(path)
    assert made["cyp2c9"].tolist()[:2] == ["*2/*3", "*3/*3"]
    assert made["cyp2c9"].isna().tolist() == [False, False, True]
    assert made["vkorc1"].tolist() == ["AA", "AG", "GG"]
    assert made["vkorc1_a"].tolist() == [2, 1, 0]
    assert [(each["patient_id"], each["code"]) for each in made.attrs["findings"]] == [
        ("C", "published-gene-not-covered")
    ]
    rows = pd.DataFrame(
        {"age_decade": 6, "height_cm": 170, "weight_kg": 70, "inducer": 0, "amiodarone": 0}, index=made.index
    )
    dose = published.load("iwpc@2009").evaluate(rows.join(made[["cyp2c9", "vkorc1"]]))["dose"]
    root = 5.6044 - 0.2614 * 6 + 0.0087 * 170 + 0.0128 * 70 - 0.1032
    expected = [root - 1.9206 - 1.6974, root - 2.3312 - 0.8677, root - 0.2188]  # by hand; C's CYP2C9 is unknown
    np.testing.assert_allclose(dose, np.square(expected), rtol=1e-9)


def test_a_site_without_record_is_unknown_unless_the_file_was_looked_at(write):
    """Design, decision 1: absent record = missing unless the study says otherwise."""
    path = write(["chr10 94942290 . C T . PASS . GT 0/1"])
    assert published.warfarin_genes(path)[["cyp2c9", "vkorc1"]].isna().all(axis=None)
    stated = published.warfarin_genes(path, absent="reference")
    assert stated[["cyp2c9", "vkorc1"]].iloc[0].tolist() == ["*1/*2", "GG"]


def test_cyp3a5_star_3_is_the_reference_base_of_grch37_and_a_change_on_grch38(write):
    """rs776746: reference T on GRCh38, C (which is *3) on GRCh37; table of positions of PyPGx 0.27."""
    newer = write(["chr7 99672916 . T C . PASS . GT 0/1"])
    assert published.cyp3a5_genes(newer, absent="reference")["cyp3a5"].tolist() == ["*1/*3"]
    older = write(["7 99270539 . C T . PASS . GT 0/1"], contigs=GRCH37)
    assert published.cyp3a5_genes(older, absent="reference")["cyp3a5"].tolist() == ["*1/*3"]
    assert published.cyp3a5_genes(older)["cyp3a5"].isna().all()  # *6 and *7 were not looked at
    nothing = write([], contigs=GRCH37)
    assert published.cyp3a5_genes(nothing, absent="reference")["cyp3a5"].tolist() == ["*3/*3"]


def test_carriers_of_cyp3a5_star_6_are_named_and_refused_by_the_dose(write):
    """README: CYP3A5 *6 and *7 are not in the model."""
    path = write(["chr7 99665212 . C T . PASS . GT 0/1", "chr7 99672916 . T C . PASS . GT 0/1"])
    made = published.cyp3a5_genes(path, absent="reference")
    assert made["cyp3a5"].tolist() == ["*3/*6"]
    frame = made.assign(day=10, steroid_sparing=0, age=50, ccb=0)
    assert published.load("tacrolimus-passey@2011").evaluate(frame)["clearance"].isna().all()


def _csq(gene, consequence="missense_variant"):
    return f"CSQ=T|{consequence}|MODERATE|{gene}|ENSG|1"


def test_genes_of_ipssm_that_the_panel_does_not_cover_are_unknown(write, marrow):
    """Panel not covering a gene = unknown; the three scenarios are the answer."""
    path = write(
        [
            f"chr7 100 . C T . PASS {_csq('EZH2', 'stop_gained')} GT:AD 0/1:60,40",
            f"chr7 200 . C T . PASS {_csq('ASXL1', 'synonymous_variant')} GT:AD 0/1:60,40",
            f"chr17 7674000 . C T . PASS {_csq('TP53')} GT:AD 0/1:30,70",
        ]
    )
    genes = {"EZH2", "ASXL1", "TP53", "FLT3"}
    made = published.ipssm_genes(path, genes).iloc[0]
    assert made["EZH2"] == 1
    assert made["ASXL1"] == 0
    assert pd.isna(made["FLT3"])  # an internal tandem duplication was not looked for
    assert pd.isna(made["MLL_PTD"])
    assert pd.isna(made["SRSF2"])
    assert made["TP53mut"] == "1"
    assert made["TP53maxvaf"] == pytest.approx(0.7)
    clinical = marrow().drop(columns=[*made.index, "TP53loh"]).reset_index(drop=True)
    frame = clinical.join(made.to_frame().T.reset_index(drop=True))
    found = published.load("ipssm@1.0.0").evaluate(frame).iloc[0]
    assert found["best.score"] < found["mean.score"] < found["worst.score"]


@pytest.mark.parametrize(
    ("form", "cell", "share"),
    [
        ("GT:AD", "0/1:30,70", 0.7),
        ("GT:AF:AD", "0/1:0.65:30,70", 0.7),  # counted reads before the caller's own number
        ("GT:AF", "0/1:0.65", 0.65),
        ("GT:FREQ", "0/1:65%", 0.65),  # VarScan
        ("GT:RO:AO", "0/1:30:70", 0.7),  # FreeBayes
        ("GT:CU:TU:DP", "0/1:30,31:70,72:100", 0.7),  # Strelka
        ("GT:AF", "0/1:inf", None),
        ("GT:AF", "0/1:.", None),
    ],
)
def test_allele_fractions_are_those_of_evidence(write, form, cell, share):
    """By hand from each caller's fields; ``read_alterations`` reads the same file."""
    path = write([f"chr17 7674000 . C T . PASS {_csq('TP53')} {form} {cell}"])
    found = published.ipssm_genes(path, {"TP53"}).iloc[0]["TP53maxvaf"]
    assert pd.isna(found) if share is None else found == pytest.approx(share)
    (fact,) = read_alterations(path)
    assert fact.details.get("t_vaf") == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(("cell", "carrier"), [("0/1:30,28", 1), ("0/1:30,0", None)])
def test_a_germline_call_that_its_reads_contradict_is_none(write, cell, carrier):
    stop = _csq("BRCA2", "stop_gained")
    path = write([f"chr13 32340300 . G T . PASS {stop};CLNSIG=Pathogenic GT:AD {cell}"])
    made = published.brca_carriers(path, covered=True)["brca"]
    assert [None if pd.isna(each) else each for each in made] == [carrier]


def test_two_changes_of_tp53_are_two_or_more_and_a_covered_gene_without_record_is_unmutated(write):
    rows = [f"chr17 {position} . C T . PASS {_csq('TP53')} GT:AD 0/1:60,40" for position in (7674000, 7674100)]
    everything = {each.name for each in published.load("ipssm@1.0.0").card.inputs} | {"TP53", "FLT3_ITD"}
    made = published.ipssm_genes(write(rows), everything)
    assert made["TP53mut"].tolist() == ["2 or more"]
    assert made.drop(columns=["TP53mut", "TP53maxvaf"]).eq(0).all(axis=None)
    assert not made.attrs["findings"]


@pytest.mark.parametrize(("call", "changed"), [("./.:60,40", None), ("./1:60,40", 1)])
def test_a_no_call_in_a_covered_gene_is_not_unmutated(write, call, changed):
    """A no-call is not a reference call; half of one has a change, of TP53 one or more."""
    path = write(
        [
            f"chr7 100 . C T . PASS {_csq('EZH2', 'stop_gained')} GT:AD {call}",
            f"chr17 7674000 . C T . PASS {_csq('TP53')} GT:AD {call}",
        ]
    )
    made = published.ipssm_genes(path, {"EZH2", "TP53", "ASXL1"}).iloc[0]
    assert pd.isna(made["EZH2"]) if changed is None else made["EZH2"] == changed
    assert pd.isna(made["TP53mut"])
    assert pd.isna(made["TP53maxvaf"])
    assert made["ASXL1"] == 0


def test_only_pathogenic_variants_of_brca_count(write):
    """BRCA from germline VCF (P/LP only)."""
    stop = _csq("BRCA2", "stop_gained")
    rows = [
        f"chr13 32340300 . G T . PASS {stop};CLNSIG=Pathogenic/Likely_pathogenic GT 0/1 0/0 0/0 ./.",
        f"chr17 43071077 . G T . PASS {_csq('BRCA1')};CLNSIG=Uncertain_significance GT 0/0 0/1 0/0 0/0",
        f"chr17 43071099 . G T . PASS {_csq('BRCA1', 'stop_gained')} GT 0/0 0/0 0/1 0/0",
    ]
    path = write(rows, ("carrier", "vus", "unsaid", "nocall"))
    made = published.brca_carriers(path, covered=True)
    assert made["brca"].tolist()[:2] == [1, 0]
    assert made["brca"].isna().tolist() == [False, False, True, True]
    assert {each["patient_id"] for each in made.attrs["findings"]} == {"unsaid", "nocall"}
    assert {each["code"] for each in made.attrs["findings"]} == {"published-brca-uncertain"}
    assert published.brca_carriers(path)["brca"].isna().tolist() == [False, True, True, True]


def test_a_file_without_assembly_or_annotation_is_refused(write):
    with pytest.raises(UsageError) as caught:
        published.warfarin_genes(write(["1 100 . C T . PASS . GT 0/1"], contigs={"1": 1000}))
    assert caught.value.code == "assembly-unknown"
    path = write([])
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "ID=CSQ" not in line) + "\n")
    with pytest.raises(VariantFileError) as caught:
        published.brca_carriers(path)
    assert caught.value.code == "annotation-absent"


@pytest.mark.parametrize(
    "written", ["LowQual . GT 0/1", "PASS . GT:DP 0/1:0", "PASS . GT 0/0/1", "PASS . GT:FT 0/0:q10"]
)
def test_a_call_that_does_not_count_is_no_reference_where_absent_sites_are(write, written):
    path = write([f"chr10 94942290 . C T . {written}"])
    assert published.warfarin_genes(path, absent="reference")["cyp2c9"].isna().all()


VKORC1 = {
    # records of rs9923231, C>T: T is A on the gene's strand
    "C T . PASS . GT 0/1": "AG",
    "c t . PASS . GT 0/1": "AG",  # soft-masked bases are bases
    "C T,G . PASS . GT 0/2": None,  # a base that the formulas do not know
    "C T,* . PASS . GT 0/2": None,  # the site lies in a deletion on one strand
    "C T . PASS . GT 1": None,  # one strand of two
    "G T . PASS . GT 0/1": None,  # not the assembly's base
    "C T . PASS . GT 0/1|C G . PASS . GT 0/0": "AG",  # split by ALT, in any order
    "C G . PASS . GT 0/0|C T . PASS . GT 0/1": "AG",
    "C T . PASS . GT 0/1|CA C . PASS . GT 0/0": "AG",
    "C T . PASS . GT 0/1|C T . PASS . GT 0/0": None,  # records that differ
    "C <NON_REF> . . END=31096400 GT:GQ 0/0:40": "GG",
    "C <NON_REF> . . END=31096400 GT:GQ 0/0:5": None,  # pharmacogenes ask GQ 20 of a block
    "C <NON_REF> . . END=31096400 GT:MIN_DP 0/0:3": None,  # ... or depth 10
    "C <NON_REF> . . END=31096400 GT:MIN_DP 0/0:10": "GG",
    "T <NON_REF> . . END=31096400 GT:GQ 0/0:40": None,
    "C T . PASS . GT:AD 0/1:30,0": None,  # two alleles are called, and all reads show one
    "C T . PASS . GT:AD 0/1:30,2": "AG",
    "C T . PASS . GT:AD 1/1:0,30": "AA",
}


@pytest.mark.parametrize("absent", ["missing", "reference"])
@pytest.mark.parametrize("records", VKORC1)
def test_a_base_that_the_file_does_not_tell_is_unknown(write, records, absent):
    """By the rules of pharmacogenes: what is not known is neither reference nor change, also where absent sites are."""
    made = published.warfarin_genes(write([f"chr16 31096368 . {each}" for each in records.split("|")]), absent=absent)
    assert made["vkorc1"].where(made["vkorc1"].notna(), None).tolist() == [VKORC1[records]]


@pytest.mark.parametrize("records", [each for each, vkorc1 in VKORC1.items() if vkorc1 is not None])
def test_a_known_base_is_that_of_the_pharmacogene_report(write, records):
    """rs9923231 of VKORC1 in both rooms; ``reference`` is C, ``variant`` T on the plus strand."""
    path = write([f"chr16 31096368 . {each}" for each in records.split("|")])
    (diplotype,) = pgx.call(path)[0].genes["VKORC1"].call.diplotypes
    assert diplotype.count("variant") == published.warfarin_genes(path)["vkorc1_a"].iloc[0]


@pytest.mark.parametrize(("gt", "code"), [("0/x", "genotype"), ("0/2", "genotype-without-alt")])
def test_a_genotype_that_names_no_allele_is_refused(write, gt, code):
    path = write([f"chr17 7675000 . C T . PASS {_csq('TP53')} GT {gt}"])
    with pytest.raises(VariantFileError) as error:
        published.ipssm_genes(path, {"TP53"})
    assert error.value.code == code
