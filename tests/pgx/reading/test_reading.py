"""Reading variant files: acceptance rules of PharmCAT 3.1.1, record by record, and what genorx reads beyond them."""

import gzip

import pytest

from genorx import pgx
from genorx.datasets import write_pgx_cohort
from genorx.errors import AssemblyError, UsageError, VariantFileError
from genorx.knowledge import default_pack

# NUDT15 c.415C>T (rs116855232), chr13:48045719 C>T; CYP2C19 rs4244285, chr10:94781859 G>A (*2)
HEAD = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"


@pytest.fixture
def read(tmp_path):
    """Call a VCF of given records (tab for space) with one sample; returns the report as plain values."""

    def run(*records, head=HEAD, samples="S1", name="x.vcf", **options):
        path = tmp_path / name
        columns = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples.split()])
        path.write_text(head + columns + "\n" + "".join("\t".join(r.split(" ")) + "\n" for r in records))
        return [report.to_dict() for report in pgx.call(path, **options)]

    return run


def missing(found, site, gene="CYP2C19"):
    return site in found["genes"][gene]["missing_positions"]


@pytest.mark.parametrize(
    ("record", "codes", "is_missing"),
    [
        ("chr10 94781859 . G A . PASS . GT 0/1", None, False),
        ("chr10 94781859 . g a . PASS . GT 0/1", None, False),
        ("chr10 94781859 . T A . PASS . GT 0/1", ["ref-mismatch"], True),
        ("chr10 94781859 . G A . PASS . DP 7", ["no-genotype"], True),
        ("chr10 94781859 . G A . PASS . GT ./.", None, True),
        ("chr10 94781859 . G A . PASS . GT ./0", None, True),
        ("chr10 94781859 . G A . PASS . GT ./1", ["half-call"], False),
        ("chr10 94781859 . G A . PASS . GT 0/1/1", ["ploidy"], True),
        ("chr10 94781859 . G T . PASS . GT 0/1", ["undocumented-variation"], False),
        ("chr10 94781859 . G A,T . PASS . GT 0/1", None, False),
        ("chr10 94781859 . G A,<*> . PASS . GT 0/1", ["alt-not-bases"], False),
        ("chr10 94781859 . G A,<*> . PASS . GT 0/2", ["alt-not-bases"], True),
        ("chr10 94781859 . G A,* . PASS . GT 0/2", ["undocumented-variation", "alt-not-bases"], True),
        ("chr10 94781859 . G A . q10 . GT 0/1", ["filtered"], True),
    ],
)
def test_each_rule_of_acceptance_leaves_its_warning(read, record, codes, is_missing):
    (found,) = read(record)
    assert found["vcf_warnings"].get("chr10:94781859") == codes
    assert missing(found, "chr10:94781859") is is_missing


def test_a_multi_base_alt_that_a_record_cannot_show_is_warned_of(read):
    """NUDT15 chr13:48037782 has an insertion among its ALTs."""
    (found,) = read("chr13 48037782 . AGGAGTC . . PASS . GT 0/0")
    assert found["vcf_warnings"] == {"chr13:48037782": ["alt-absent"]}
    (found,) = read("chr13 48037782 . AGGAGTC T . PASS . GT 0/0")
    assert found["vcf_warnings"] == {"chr13:48037782": ["alt-mismatch"]}
    assert not missing(found, "chr13:48037782", "NUDT15")


@pytest.mark.parametrize(
    ("declared", "depths", "warnings", "is_missing"),
    [
        ("R", "10,0", {"chr10:94781859": ["depth-mismatch"]}, True),
        ("R", "10,3", {}, False),
        ("R", ".", {}, False),
        (".", "10,0", {}, False),
        ("2", "10,0", {"VCF": ["depth-number"]}, False),
        (None, "10,0", {"VCF": ["depth-undeclared"], "chr10:94781859": ["depth-mismatch"]}, True),
    ],
)
def test_depths_of_one_allele_contradict_a_heterozygous_call(read, declared, depths, warnings, is_missing):
    line = f'##FORMAT=<ID=AD,Number={declared},Type=Integer,Description="">\n' if declared else ""
    (found,) = read(f"chr10 94781859 . G A . PASS . GT:AD 0/1:{depths}", head=HEAD + line)
    assert found["vcf_warnings"] == warnings
    assert missing(found, "chr10:94781859") is is_missing


def test_the_first_of_two_records_stays_and_a_good_one_after_a_dropped_one_is_taken(read):
    first = "chr10 94781859 . G A . PASS . GT 1/1"
    (found,) = read(first, "chr10 94781859 . G A . PASS . GT 0/0")
    assert found["vcf_warnings"]["chr10:94781859"] == ["duplicate-position", "duplicate-disagrees"]
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]
    assert [f["severity"] for f in found["findings"] if f["code"] == "site-contradiction"] == ["serious"]
    (found,) = read(first, first)
    assert found["vcf_warnings"]["chr10:94781859"] == ["duplicate-position"]
    assert "site-contradiction" not in {f["code"] for f in found["findings"]}
    (found,) = read("chr10 94781859 . T A . PASS . GT 0/0", first)
    assert found["vcf_warnings"]["chr10:94781859"] == ["ref-mismatch", "duplicate-position"]
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]
    (found,) = read(first, "chr10 94781859 . GA G . PCATxREF . GT 0/0")
    assert found["vcf_warnings"] == {}


@pytest.mark.parametrize(
    ("genotypes", "whole", "diplotypes"),
    [
        (("0/0", "0/1"), "0/2", ["rs9923231 reference (C)/rs9923231 variant (T)"]),
        (("0/0", "1/1"), "2/2", ["rs9923231 variant (T)/rs9923231 variant (T)"]),
        (("0/0", "0/0"), "0/0", ["rs9923231 reference (C)/rs9923231 reference (C)"]),
        (("0/1", "0/0"), "0/1", []),  # G has no name
    ],
)
def test_an_alt_without_a_name_does_not_hide_the_one_with_a_name(read, genotypes, whole, diplotypes):
    """C>G,T of rs9923231, split by ALT in the order of the letters or not, and in one record: the same call."""
    g, t = (f"chr16 31096368 . C {alt} . PASS . GT {gt}" for alt, gt in zip("GT", genotypes, strict=True))
    for records in ([g, t], [t, g], [f"chr16 31096368 . C G,T . PASS . GT {whole}"]):
        (found,) = read(*records)
        assert found["genes"]["VKORC1"]["diplotypes"] == diplotypes
        assert "duplicate-disagrees" not in found["genes"]["VKORC1"]["warnings"]


UGT1A1_REPEAT = "chr2 233760233 . CAT {} . PASS . GT {}"


@pytest.mark.parametrize(
    ("genotypes", "expected"),
    [
        (("0/0", "0/1", "0/0"), ["*1/*28"]),
        (("0/1", "0/1", "0/0"), ["*28/*36"]),  # in one record it would be 1/2
        (("1/0", "0/1", "0/0"), ["*28/*36"]),
        (("1|0", "0|1", "0|0"), ["*28/*36"]),
        (("1/.", "./1", "./."), ["*28/*36"]),
        (("0/0", "1/1", "0/0"), ["*28/*28"]),
        (("0/1", "1/1", "0/0"), None),  # three ALTs
        (("1|0", "1|0", "0|0"), None),  # two on one strand
        (("0/0", "./.", "0/0"), None),  # one was not looked at
        (("0/0", "0/0", "0/0"), ["*1/*1"]),
    ],
)
def test_records_that_were_split_by_alt_are_read_together(read, genotypes, expected):
    """Six TA of UGT1A1 are *36, seven the reference, eight *28 (bcftools norm -m- writes such records)."""
    alts = ("C", "CATAT", "CATATAT")
    repeat = [UGT1A1_REPEAT.format(alt, gt) for alt, gt in zip(alts, genotypes, strict=True)]
    others = [
        f"chr2 {p.pos} . {p.ref} {','.join(p.alts)} . PASS . GT 0/0"
        for p in default_pack().genes["UGT1A1"].positions
        if p.pos != 233760233
    ]
    (found,) = read(*repeat, *others)
    gene, site = found["genes"]["UGT1A1"], found["vcf_warnings"].get("chr2:233760233", [])
    if expected is None:
        assert gene["missing_positions"] == ["chr2:233760233"]
    else:
        assert gene["diplotypes"] == expected
        assert site == []


@pytest.mark.parametrize(("gt", "code"), [("0/2", "genotype-without-alt"), ("0/x", "genotype"), ("", "genotype")])
def test_a_genotype_that_names_no_allele_is_an_error_with_its_place(read, gt, code):
    with pytest.raises(VariantFileError) as error:
        read(f"chr10 94781859 . G A . PASS . GT {gt}")
    assert error.value.code == code
    assert error.value.place == "chr10:94781859"
    assert "1 the first ALT" in error.value.hint


def test_names_without_chr_are_read(read):
    (found,) = read(
        "10 94781859 . G A . PASS . GT 1/1", head="##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n"
    )
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]


def test_a_file_on_grch37_gives_the_same_call(read):
    """CYP2C19 rs4244285 is chr10:96541616 on GRCh37; rs3758581 has another reference base there."""
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=249250621>\n"
    (found,) = read("10 96541616 . G A . PASS . GT 1/1", head=head)
    assert found["assembly"] == "GRCh37"
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]


def test_an_absent_record_at_a_site_of_another_grch37_reference_is_that_base(read):
    """With absent records as reference, all of CYP2C19 is *1 on GRCh37 and *38 on GRCh38 (rs3758581)."""
    for length, expected in ((249250621, "*1/*1"), (248956422, "*38/*38")):
        head = f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={length}>\n"
        (found,) = read(head=head, absent="reference")
        assert found["genes"]["CYP2C19"]["diplotypes"] == [expected]


def test_a_grch37_file_said_to_be_grch38_is_refused_or_nothing_is_called(read):
    head37 = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=249250621>\n"
    with pytest.raises(AssemblyError) as error:
        read("10 96541616 . G A . PASS . GT 0/0", head=head37, assembly="GRCh38")
    assert error.value.code == "assembly-wrong"
    lying = "##fileformat=VCFv4.2\n##reference=GRCh38\n"
    two = ("10 96541616 . G A . PASS . GT 0/0", "10 96522463 . A G . PASS . GT 0/0")
    with pytest.raises(AssemblyError) as error:
        read(*two, head=lying)
    assert error.value.code == "assembly-contradicted"
    (found,) = read(two[0], head=HEAD)
    assert not any(gene["called"] for gene in found["genes"].values())
    assert [f["code"] for f in found["findings"]] == ["pgx-no-site"]


def test_a_file_of_neither_assembly_is_refused(read):
    """T2T-CHM13v2.0 has chr1 of 248,387,328 bases (NCBI GCF_009914755.1); taken as GRCh38, with absent records as
    reference, each of its people would be *1/*1 everywhere."""
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248387328>\n"
    for how in ({}, {"absent": "reference"}, {"assembly": "GRCh38"}):
        with pytest.raises(AssemblyError) as error:
            read("chr10 95662000 . G A . PASS . GT 0/1", head=head, **how)
        assert (error.value.code, error.value.place) == ("assembly-wrong", "header")
        assert error.value.hint


def test_a_header_without_assembly_leaves_the_choice_to_the_bases(read):
    two = ("10 96541616 . G A . PASS . GT 1/1", "10 96522463 . A G . PASS . GT 0/0")
    (found,) = read(*two, head="##fileformat=VCFv4.2\n")
    assert found["assembly"] == "GRCh37"
    assert "assembly-inferred" in {f["code"] for f in found["findings"]}


def test_many_other_reference_bases_are_refused(read):
    sites = default_pack().genes["CFTR"].positions[:12]
    records = [f"{p.chrom} {p.pos} . {'G' if p.ref[0] != 'G' else 'C'} T . PASS . GT 0/0" for p in sites]
    with pytest.raises(AssemblyError) as error:
        read(*records)
    assert error.value.code == "assembly-contradicted"


@pytest.mark.parametrize("alleles", ["G A", "T C"])
def test_a_flipped_strand_or_swapped_alleles_are_no_call(read, alleles):
    """VKORC1 rs9923231 is C>T on the forward strand; G>A is the other strand, T>C has REF and ALT swapped."""
    (found,) = read(f"chr16 31096368 . {alleles} . PASS . GT 0/1")
    assert not found["genes"]["VKORC1"]["called"]
    assert found["vcf_warnings"] == {"chr16:31096368": ["ref-mismatch"]}


def test_a_block_of_a_gvcf_is_reference_for_sites_inside(read):
    good = "chr10 94761000 . A <NON_REF> . . END=94860000 GT:GQ:MIN_DP 0/0:40:20"
    (found,) = read(good)
    gene = found["genes"]["CYP2C19"]
    assert gene["diplotypes"] == ["*38/*38"]
    assert gene["missing_positions"] == []
    assert "inferred-from-block" in gene["warnings"]
    assert found["findings"] == []
    (found,) = read(good.replace("40:20", "5:20"))
    assert not found["genes"]["CYP2C19"]["called"]
    assert found["vcf_warnings"]["chr10:94781859"] == ["block-quality"]


@pytest.mark.parametrize(("fields", "seen"), [("40:20", True), ("0:0", False), ("15:9", False), (".:12", True)])
def test_a_gvcf_record_of_one_base_needs_the_quality_of_a_block(read, fields, seen):
    """Older callers write 0/0 with quality 0 where there were no reads."""
    (found,) = read(f"chr10 94781859 . G <NON_REF> . . . GT:GQ:DP 0/0:{fields}")
    assert missing(found, "chr10:94781859") is not seen
    assert found["vcf_warnings"]["chr10:94781859"] == ["alt-not-bases", *([] if seen else ["block-quality"])]


def test_a_block_that_begins_at_a_site_with_another_base_says_nothing_of_it(read):
    (found,) = read("chr10 94781859 . T <NON_REF> . . END=94781900 GT:GQ 0/0:40")
    assert missing(found, "chr10:94781859")


def test_a_record_of_the_site_goes_before_a_block(read):
    """CYP2C9 *2 is rs1799853 alone, chr10:94942290 C>T."""
    block = "chr10 94938000 . A <NON_REF> . . END=94990000 GT:GQ 0/0:40"
    (found,) = read(block, "chr10 94942290 . C T,<NON_REF> . . . GT:GQ 1/1:40")
    assert found["genes"]["CYP2C9"]["diplotypes"] == ["*2/*2"]


def test_a_block_that_ends_inside_an_indel_does_not_count_for_it(read):
    whole = "chr13 48037700 . A <NON_REF> . . END=48037800 GT:GQ 0/0:40"
    (found,) = read(whole)
    assert not missing(found, "chr13:48037782", "NUDT15")
    (found,) = read(whole.replace("48037800", "48037785"))
    assert missing(found, "chr13:48037782", "NUDT15")


@pytest.mark.parametrize(
    "record",
    [
        "chr2 233760233 . CAT CATAT . PASS . GT 1/1",  # as defined
        "chr2 233760233 . C CAT . PASS . GT 1/1",  # trimmed
        "chr2 233760233 . CATATAT CATATATAT . PASS . GT 1/1",  # not trimmed
        "chr2 233760248 . A ATA . PASS . GT 1/1",  # shifted to the right end of the repeat
    ],
)
def test_a_repeat_is_the_same_however_it_is_written(read, record):
    """UGT1A1 rs3064744: seven TA on the reference, eight make *28."""
    others = [
        f"chr2 {p.pos} . {p.ref} {','.join(p.alts)} . PASS . GT 0/0"
        for p in default_pack().genes["UGT1A1"].positions
        if p.pos != 233760233
    ]
    (found,) = read(record, *others)
    assert found["genes"]["UGT1A1"]["diplotypes"] == ["*28/*28"]


def test_a_deletion_named_at_its_last_place_is_shifted_to_its_first(read):
    """CFTR F508del-like rs121908745: CCTT>C at chr7:117540156, named g.117540161_117540163del: CTTCTTC repeats."""
    others = [
        f"chr7 {p.pos} . {p.ref} {','.join(p.alts)} . PASS . GT 0/0"
        for p in default_pack().genes["CFTR"].positions
        if p.pos != 117540156
    ]
    defined, _ = read("chr7 117540156 . CCTT C . PASS . GT 1/1 0/0", *(f"{o} 0/0" for o in others), samples="A B")
    shifted, _ = read("chr7 117540160 . CTTC C . PASS . GT 1/1 0/0", *(f"{o} 0/0" for o in others), samples="A B")
    assert defined["genes"]["CFTR"]["called"]
    assert shifted["genes"]["CFTR"]["diplotypes"] == defined["genes"]["CFTR"]["diplotypes"]


def test_samples_are_called_one_by_one_and_one_can_be_chosen(read):
    record = "chr10 94781859 . G A . PASS . GT 1/1 0/0 ./."
    found = read(record, samples="A B C")
    assert [f["sample"] for f in found] == ["A", "B", "C"]
    assert [f["genes"]["CYP2C19"]["called"] for f in found] == [True, True, False]
    assert [f["sample"] for f in read(record, samples="A B C", sample="B")] == ["B"]
    with pytest.raises(VariantFileError) as error:
        read(record, samples="A B C", sample="Z")
    assert error.value.code == "sample-absent"


def test_a_file_without_samples_and_a_wrong_option_are_refused(tmp_path, read):
    path = tmp_path / "none.vcf"
    path.write_text(HEAD + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    with pytest.raises(VariantFileError) as error:
        pgx.call(path)
    assert error.value.code == "samples-none"
    with pytest.raises(UsageError) as usage:
        read(absent="guess")
    assert usage.value.code == "absent"


def test_lines_cut_short_are_refused(read):
    with pytest.raises(VariantFileError) as error:
        read("chr10 94781859 . G A . PASS . GT")
    assert error.value.code == "columns-few"
    with pytest.raises(VariantFileError) as error:
        read("chr10 94781859x . G A . PASS . GT 0/1")
    assert error.value.code == "position"


def test_a_file_of_a_somatic_caller_has_a_finding(read):
    (found,) = read("chr10 94781859 . G A . PASS . GT 0/1", head=HEAD + "##source=Mutect2\n##tumor_sample=S1\n")
    assert "pgx-tumour-file" in {f["code"] for f in found["findings"]}


def test_gzip_is_read_as_text_is(write_vcf, tmp_path):
    path = write_vcf(["TPMT"])
    packed = tmp_path / "x.vcf.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert pgx.call(packed)[0].to_dict() == pgx.call(path)[0].to_dict()


def test_a_variant_only_file_has_no_reference_calls(read):
    (found,) = read("chr10 94781859 . G A . PASS . GT 0/1")
    assert not any(g["called"] for name, g in found["genes"].items() if name != "CYP2C19")


def test_an_unknown_drug_is_a_finding_and_never_an_empty_list(read):
    (found,) = read("chr10 94781859 . G A . PASS . GT 0/1", drugs=["clopidogrel", "aspirinol"])
    assert list(found["drugs"]) == ["clopidogrel"]
    assert [f["code"] for f in found["findings"]] == ["drug-unknown"]


def test_an_indexed_file_gives_what_a_stream_gives(write_vcf, tmp_path, monkeypatch):
    """Large files are read by their index; here the limit is set to zero bytes."""
    import pysam

    path = write_vcf(["TPMT", "CYP2C19", "DPYD"], {"rs1800460": "0/1", "rs1142345": "0/1"})
    lines = path.read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    names = "".join(f"##contig=<ID=chr{n}>\n" for n in (6, 10))
    body = sorted((line for line in lines if line[0] != "#"), key=lambda t: (t.split("\t")[0], int(t.split("\t")[1])))
    plain = tmp_path / "sorted.vcf"
    plain.write_text(f"{head[0]}\n{names}" + "\n".join([*head[1:], *body]) + "\n")
    packed = tmp_path / "sorted.vcf.gz"
    pysam.tabix_compress(str(plain), str(packed))
    pysam.tabix_index(str(packed), preset="vcf")
    streamed = pgx.call(packed)[0].to_dict()
    monkeypatch.setattr("genorx.pgx.reading.walking._INDEX_FROM_BYTES", 0)
    indexed = pgx.call(packed)[0].to_dict()
    streamed.pop("findings"), indexed.pop("findings")
    assert indexed == streamed
    assert streamed["genes"]["TPMT"]["diplotypes"] == ["*1/*3A"]


def test_a_bcf_gives_what_its_text_gives(write_vcf, tmp_path):
    import pysam

    path = write_vcf(["TPMT"], {"rs1800460": "0|1", "rs1142345": "0|1"})
    text = path.read_text().replace("##contig=<ID=chr1,length=248956422>\n", "##contig=<ID=chr6,length=170805979>\n")
    path.write_text(text)
    binary = tmp_path / "x.bcf"
    with pysam.VariantFile(str(path)) as source, pysam.VariantFile(str(binary), "wb", header=source.header) as target:
        for record in source:
            target.write(record)
    assert pgx.call(binary)[0].genes["TPMT"].call.diplotypes == ("*1/*3A",)


def test_a_site_without_a_place_on_grch37_is_missing_with_a_finding(tmp_path, read):
    """Definitions of a user hold GRCh38 places only; those of other sites are not guessed."""
    import json

    definition = {
        "gene": "G",
        "chromosome": "chr1",
        "version": "1",
        "variants": [{"position": 5, "ref": "A", "alts": ["C"]}],
        "namedAlleles": [
            {"name": "*1", "reference": True, "alleles": ["A"]},
            {"name": "*2", "reference": False, "alleles": ["C"]},
        ],
    }
    path = tmp_path / "g.json"
    path.write_text(json.dumps(definition))
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=249250621>\n"
    (found,) = read("chr1 5 . A C . PASS . GT 0/1", head=head, definitions=path)
    assert not found["genes"]["G"]["called"]
    assert "pgx-unplaced" in {f["code"] for f in found["findings"]}
    (found,) = read("chr1 5 . A C . PASS . GT 0/1", definitions=path)
    assert found["genes"]["G"]["diplotypes"] == ["*1/*2"]


def test_definitions_without_a_release_are_used_and_that_is_said(tmp_path, read):
    import json

    definition = {
        "gene": "G",
        "chromosome": "chr1",
        "variants": [{"position": 5, "ref": "A", "alts": ["C"]}],
        "namedAlleles": [{"name": "*1", "reference": True, "alleles": ["A"]}],
    }
    path = tmp_path / "g.json"
    path.write_text(json.dumps(definition))
    (found,) = read("chr1 5 . A C . PASS . GT 0/0", definitions=path)
    assert "no-release" in {f["code"] for f in found["findings"]}


@pytest.mark.parametrize("piece", [2_000, 1 << 21])
def test_a_large_file_that_is_checked_as_tables_gives_what_rows_give(write_vcf, monkeypatch, piece):
    """Files of few columns beyond some size are; here the limit is set to zero bytes, in small and large tables."""
    calls = {"rs1800460": "0/1", "rs1142345": "0/1", "rs3758581": "1/1", "rs12769205": "./1", "rs3918290": None}
    path = write_vcf(["TPMT", "CYP2C19", "DPYD", "NUDT15"], calls)
    lines = [line for line in path.read_text().splitlines() if line[0] != "#"]
    path.write_text(
        path.read_text() + "chr1\t97450000\t.\tG\t<NON_REF>\t.\t.\tEND=97450200\tGT:GQ\t0/0:50\n" + lines[-1] + "\n"
    )
    by_rows = pgx.call(path)[0].to_dict()
    monkeypatch.setattr("genorx.pgx.reading.walking._TABLES_FROM_BYTES", 0)
    monkeypatch.setattr("genorx.pgx.reading.walking.TABLE_PIECE", piece)
    assert pgx.call(path)[0].to_dict() == by_rows


@pytest.mark.parametrize("change", [lambda line: line.rpartition("\t")[0], lambda line: f"{line}\t0/0"])
def test_a_line_far_from_every_site_is_still_one_of_a_file(tmp_path, change):
    """Its columns are not read, but counted: fewer or more than the header has is refused, with the line."""
    path = tmp_path / "c.vcf"
    write_pgx_cohort(path, n=30)
    lines = path.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("chr"))
    far = "\t".join(["chr1", "100", ".", "A", "C", ".", "PASS", ".", "GT", *["0/1"] * 30])
    path.write_text("\n".join([*lines[:first], change(far), *lines[first:]]) + "\n")
    with pytest.raises(VariantFileError) as caught:
        pgx.call_cohort(path)
    assert caught.value.code in {"columns-few", "columns-many"}
    assert f":{first + 1}:" in str(caught.value)
