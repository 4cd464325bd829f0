"""MAF, copy number, segments, fusions, signatures and lists, with small files written here."""

import pytest

from genorx.errors import AssemblyError, InputError, TableError, UsageError
from genorx.oncology import match, match_cohort, read_alterations
from genorx.oncology.reading.read_alterations import tell_kind

MAF = ["Hugo_Symbol", "NCBI_Build", "Chromosome", "Start_Position", "Variant_Classification", "Reference_Allele",
"Tumor_Seq_Allele2",
       "Tumor_Sample_Barcode", "HGVSp_Short", "HGVSc", "t_alt_count", "FILTER"]  # fmt: skip
ROWS = [
    ["BRAF", "GRCh37", "7", "140453136", "Missense_Mutation", "A", "T", "T1", "p.V600E", "c.1799T>A", "12", "PASS"],
    ["PTEN", "GRCh37", "10", "1", "Nonsense_Mutation", "C", "T", "T1", "p.R130*", "", "", "PASS"],
    ["TERT", "GRCh37", "5", "1295228", "5'Flank", "G", "A", "T1", "", "", "", "PASS"],
    ["TTN", "GRCh37", "2", "5", "Silent", "G", "A", "T1", "p.A5=", "", "", "PASS"],
    ["BRCA1", "GRCh37", "17", "5", "Splice_Site", "G", "A", "T1", "", "", "", "PASS"],
    ["KRAS", "GRCh37", "12", "5", "Missense_Mutation", "G", "A", "T2", "p.G12D", "", "", "common_variant"],
]


def write(path, rows, separator="\t", head=()):
    path.write_text("\n".join([*head, *(separator.join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def labels(found):
    return [fact.label for fact in found]


@pytest.fixture
def maf(tmp_path):
    return write(tmp_path / "x.maf", [MAF, *ROWS], head=["#version 2.4", "## made by hand"])


def test_a_maf_gives_changes_promoters_and_splice_sites(maf):
    found = read_alterations(maf, sample="T1")
    assert labels(found) == ["BRAF V600E", "PTEN R130*", "TERT Promoter", "BRCA1 splice"]
    assert found.left_out == {"silent or non-coding changes": 1}
    assert (found.records, found.assembly) == (5, "GRCh37")
    assert found[0].details["t_alt_count"] == 12


def test_a_maf_of_several_tumours_needs_a_choice_and_a_cohort_takes_all(maf):
    with pytest.raises(TableError) as caught:
        read_alterations(maf)
    assert caught.value.code == "sample-choice"
    with pytest.raises(TableError):
        read_alterations(maf, sample="T3")
    cohort = match_cohort(maf, "MEL")
    assert set(cohort) == {"T1", "T2"}
    assert len(cohort["T2"]) == 0  # its only change is marked by a filter
    assert cohort["T1"][0].tier == "I-A"
    assert list(match_cohort(maf, "MEL", samples=["T2"])) == ["T2"]
    with pytest.raises(UsageError) as asked:
        match_cohort(maf, "MEL", samples=["T3"])
    assert asked.value.code == "no-such-sample"


def test_older_column_names_and_oncotator_are_read(tmp_path):
    head = ["Hugo_Symbol", "Start_position", "Variant_Classification", "Protein_Change", "Tumor_Sample_Barcode"]
    found = read_alterations(write(tmp_path / "x.maf", [head, ["EGFR", "1", "In_Frame_Del", "p.ELREA746del", "T"]]))
    assert len(found) == 1
    found = read_alterations(write(tmp_path / "y.maf", [head, ["EGFR", "1", "In_Frame_Del", "p.E746_A750del", "T"]]))
    assert labels(found) == ["EGFR E746_A750del"]


def test_a_place_with_its_alleles_is_enough(tmp_path):
    """Gene and change, or allele and assembly.  EGFR c.2235_2249del, rs121913421."""
    head = ["NCBI_Build", "Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2"]
    rows = [
        ["38", "chr7", 140753336, "A", "T"], ["38", "7", 55174772, "GGAATTAAGAGAAGC", "-"],
        ["38", "5", 1295113, "G", "A"], ["38", "7", 5, "A", "T"],
    ]  # fmt: skip
    found = read_alterations(write(tmp_path / "x.maf", [head, *rows]))
    assert labels(found) == ["BRAF V600E", "EGFR E746_A750del", "TERT Promoter"]
    assert found.left_out == {"rows without a gene": 1}
    assert {hit.strength for hit in match(found, "MEL") if hit.record.profile_label == "BRAF V600E"} == {6}


def test_a_germline_row_of_a_maf_is_kept_apart(tmp_path):
    rows = [[*MAF, "Mutation_Status"], [*ROWS[0], "Germline"], [*ROWS[1], "Somatic"]]
    assert [fact.origin for fact in read_alterations(write(tmp_path / "x.maf", rows))] == ["germline", "somatic"]


def test_dpyd_2a_in_a_somatic_maf_is_a_note_on_drugs(tmp_path):
    row = ["DPYD", "GRCh37", "1", "97915614", "Splice_Site", "C", "T", "T1", "", "c.1905+1G>A", "12", "PASS"]
    (fact,) = read_alterations(write(tmp_path / "x.maf", [MAF, row]))
    assert (fact.label, fact.origin) == ("DPYD DPYD*2A", "germline")
    assert len(match([fact], "COAD")) == 0


def test_the_assembly_of_a_maf_is_checked_and_its_filters_can_be_chosen(maf):
    with pytest.raises(AssemblyError) as caught:
        read_alterations(maf, sample="T1", assembly="GRCh38")
    assert caught.value.code == "assembly-wrong"
    assert not read_alterations(maf, sample="T2", assembly="hg19")[0].accepted
    assert read_alterations(maf, sample="T2", filters=None)[0].accepted
    assert read_alterations(maf, sample="T2", filters=["common_variant"])[0].accepted


def test_what_a_maf_says_of_position_frequency_and_purity_is_used_as_in_a_vcf(tmp_path):
    head = [*MAF[:-2], "t_alt_count", "t_ref_count", "Protein_position", "gnomAD_AF", "CLIN_SIG", "FILTER"]
    start = ["NF2", "GRCh37", "22", "5", "Nonsense_Mutation", "C", "T", "T1"]
    rows = [
        [*start, "p.R590*", "", 10, 190, "590/595", "", "", "PASS"],
        [*start, "p.R57*", "", 90, 110, "57/595", "0.02", "pathogenic", "PASS"],
    ]
    late, early = read_alterations(write(tmp_path / "x.maf", [head, *rows]), purity=0.8)
    assert (late.loss_of_function, early.loss_of_function) == (False, True)
    assert "subclonal?" in " ".join(late.notes)
    assert "presumed germline" in " ".join(early.notes)
    assert "pathogenic" in early.classes


def test_the_same_changes_are_read_from_a_maf_and_from_a_vcf_with_its_annotation(shared, tmp_path):
    """vcf2maf's own table; the VCF is written here from that table's columns."""
    from tests.oncology.reading.vcf_text import VEP, csq, write_vcf

    path = shared / "data" / "interop" / "maf" / "test_b38_output.maf"
    found = read_alterations(path)
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    rows = []
    for cells in (dict(zip(lines[0], line, strict=True)) for line in lines[1:]):
        entry = {
            "allele": cells["Allele"], "terms": cells["Consequence"].replace(",", "&"), "symbol": cells["SYMBOL"],
            "protein": cells["HGVSp"], "cdna": cells["HGVSc"], "exon": cells["EXON"], "pick": "1",
            "position": cells["Protein_position"], "known": "&".join(cells["Existing_variation"].split(",")),
        }  # fmt: skip
        ref, alt = (cells[name].replace("-", "") for name in ("Reference_Allele", "Tumor_Seq_Allele2"))
        before = "" if ref and alt else "A"  # the base before an insertion or deletion: any will do here
        pos = int(cells["Start_Position"]) - (1 if before and ref else 0)
        counts = [f"{cells[f'{s}_ref_count'] or '.'},{cells[f'{s}_alt_count'] or '.'}" for s in "nt"]
        entry["allele"] = alt or "-"
        rows.append(("21", pos, before + ref, before + alt, csq(entry), "GT:AD", *(f"0/1:{c}" for c in counts)))
    rows.sort(key=lambda row: row[1])
    other = read_alterations(
        write_vcf(tmp_path / "a.vcf", rows, infos=[VEP], assembly="GRCh38", lines=["##contig=<ID=21>"])
    )

    def shape(fact):
        splice = "splice" in fact.all_classes  # the table writes X168_splice where VEP has no protein change
        counts = fact.details.get("t_alt_count"), fact.details.get("t_ref_count")
        return repr((fact.genes if splice else fact.label, sorted(fact.all_classes), counts))

    assert len(found) > 5
    assert sorted(map(shape, found)) == sorted(map(shape, other))


def test_a_trusted_breakpoint_stands_for_a_pair_of_genes(tmp_path):
    rows = [ARRIBA[0], ["CD74", "ROS1", 1, "low", "."], ["CD74", "ROS1", 30, "high", "in-frame"]]
    found = read_alterations(write(tmp_path / "f.tsv", rows))
    assert [(fact.accepted, fact.place) for fact in found] == [(True, "line 3")]
    assert sum(found.left_out.values()) == 1


def test_a_row_cut_short_is_an_error_with_its_line(tmp_path):
    path = write(tmp_path / "x.maf", [MAF, ROWS[0], ROWS[1][:4]])
    with pytest.raises(TableError) as caught:
        read_alterations(path)
    assert (caught.value.code, caught.value.place) == ("table-row", "3")


def test_gistic_numbers_give_amplification_and_deletion_and_leave_the_shallow_ones(tmp_path):
    rows = [["Hugo_Symbol", "Entrez_Gene_Id", "T1"], ["ERBB2", 1, 2], ["PTEN", 2, -2], ["RB1", 3, -1.5], ["MYC", 4, 1],
            ["TP53", 5, -1], ["EGFR", 6, 0], ["ALK", 7, "NA"]]  # fmt: skip
    path = write(tmp_path / "cna.txt", rows)
    found = read_alterations(path)
    assert labels(found) == ["ERBB2 amplification", "PTEN deletion", "RB1 deletion"]
    assert "copy-number-shallow" in [finding.code for finding in found.findings]
    assert sum(found.left_out.values()) == 4
    assert labels(read_alterations(path, shallow=True))[3:] == ["MYC gain", "TP53 loss"]


def test_words_of_a_call_column_are_read(tmp_path):
    found = read_alterations(write(tmp_path / "cna.csv", [["gene", "call"], ["ERBB2", "AMP"], ["PTEN", "HOMDEL"]], ","))
    assert labels(found) == ["ERBB2 amplification", "PTEN deletion"]


def test_several_columns_of_calls_need_a_choice(tmp_path):
    path = write(tmp_path / "cna.txt", [["Hugo_Symbol", "Entrez_Gene_Id", "T1", "T2"], ["ERBB2", 1, 2, 0]])
    with pytest.raises(TableError) as caught:
        read_alterations(path)
    assert caught.value.code == "sample-choice"
    assert labels(read_alterations(path, sample="T1")) == ["ERBB2 amplification"]


@pytest.mark.parametrize(
    ("head", "values", "expected"),
    [
        ("total", (8, 0, 2), ["ERBB2 amplification", "PTEN deletion"]),
        ("log2", (2.0, -5.0, 0.0), ["ERBB2 amplification", "PTEN deletion"]),
    ],
)
def test_segments_call_the_genes_that_they_cover_by_half(tmp_path, head, values, expected):
    """Eight copies amplify, none are a deletion; log2 2 of a diploid genome is eight copies, -5 a sixteenth."""
    rows = [
        ["chrom", "start", "end", head],
        ["chr17", 1000, 3000, values[0]],
        ["10", 1, 900, values[1]],
        ["7", 1, 9000, values[2]],
    ]
    genes = write(
        tmp_path / "genes.bed",
        [["17", 1200, 2000, "ERBB2"], ["10", 100, 800, "PTEN"], ["7", 5, 60, "EGFR"], ["17", 2900, 5000, "FAR"]],
    )
    path = write(tmp_path / "x.seg", rows)
    assert tell_kind(path) == "segments"
    assert labels(read_alterations(path, genes=genes)) == expected
    with pytest.raises(UsageError):
        read_alterations(path)


def test_major_and_minor_copies_are_added(tmp_path):
    genes = write(tmp_path / "genes.bed", [["17", 1200, 2000, "ERBB2"]])
    path = write(tmp_path / "x.seg", [["chrom", "start", "end", "nMajor", "nMinor"], ["17", 1000, 3000, 5, 1]])
    assert labels(read_alterations(path, genes=genes)) == ["ERBB2 amplification"]


STAR = [
    ["#FusionName", "JunctionReadCount", "SpanningFragCount", "LeftGene", "RightGene"],
    ["EML4--ALK", 12, 5, "EML4^ENSG1.1", "ALK^ENSG2.2"],
    ["EML4--ALK", 3, 5, "EML4^ENSG1.1", "ALK^ENSG2.2"],
]
ARRIBA = [["#gene1", "gene2", "split_reads1", "confidence", "reading_frame"], ["EML4", "ALK", 12, "high", "in-frame"],
          ["CD74", "ROS1", 1, "low", "."], ["TTN(1200),X(30)", "RET", 9, "medium", "out-of-frame"]]  # fmt: skip
CATCHER = [
    ["Gene_1_symbol(5end_fusion_partner)", "Gene_2_symbol(3end_fusion_partner)", "Spanning_unique_reads"],
    ["EML4", "ALK", 9],
]


@pytest.mark.parametrize("rows", [STAR, ARRIBA, CATCHER])
def test_each_fusion_caller_gives_eml4_alk(tmp_path, rows):
    path = write(tmp_path / "fusions.tsv", rows)
    assert tell_kind(path) == "fusions"
    found = read_alterations(path)
    assert found[0].label == "EML4::ALK"
    assert match(found, "LUAD")[0].tier == "I-A"


def test_low_confidence_is_marked_and_frames_are_said(tmp_path):
    found = read_alterations(write(tmp_path / "f.tsv", ARRIBA))
    assert [fact.accepted for fact in found] == [True, False, True]
    assert found[2].notes == ("the caller's reading frame is out of frame",)
    assert found[2].atom.five == "TTN"


def test_further_breakpoints_of_a_pair_are_counted(tmp_path):
    assert read_alterations(write(tmp_path / "f.tsv", STAR)).left_out == {"further breakpoints of a pair of genes": 1}


def test_signatures_below_six_per_cent_are_left_out_and_sums_checked(tmp_path):
    """MOAlmanac's share of 0.06."""
    found = read_alterations(write(tmp_path / "s.tsv", [["signature", "contribution"], ["SBS3", 0.5], ["SBS1", 0.02]]))
    assert labels(found) == ["SBS3"]
    assert sum(found.left_out.values()) == 1
    for bad in ([["SBS3", 0.8], ["SBS1", 0.8]], [["SBS3", "much"]], [["SBS3", -0.1]]):
        with pytest.raises(TableError) as caught:
            read_alterations(write(tmp_path / "bad.tsv", [["signature", "contribution"], *bad]))
        assert caught.value.code == "signature-shares"


def test_a_list_and_json_are_read_and_a_bad_line_is_named(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# mine\nBRAF V600E\nEML4::ALK\nERBB2\tamplification\n", encoding="utf-8")
    assert labels(read_alterations(path)) == ["BRAF V600E", "EML4::ALK", "ERBB2 amplification"]
    path.write_text("BRAF V600E\nBRAF V600E AND PTEN Loss\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_alterations(path, kind="list")
    assert (caught.value.code, caught.value.place) == ("alteration", "2")
    path.write_text('[{"type": "protein", "gene": "BRAF", "change": "V600E"}, "PTEN Loss"]', encoding="utf-8")
    assert labels(read_alterations(path)) == ["BRAF V600E", "PTEN loss"]
    path.write_text('[{"type": "weather"}]', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_alterations(path)
    assert (caught.value.code, caught.value.place) == ("atom-type", "item 1")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_alterations(path)
    assert caught.value.code == "alteration-file"


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(UsageError):
        read_alterations(write(tmp_path / "x", [["a"]]), kind="poem")


def test_tables_without_their_columns_are_refused(tmp_path):
    for kind in ("maf", "copy-number", "fusions", "signatures"):
        with pytest.raises(TableError) as caught:
            read_alterations(write(tmp_path / "x.tsv", [["a", "b"], ["1", "2"]]), kind=kind)
        assert caught.value.code == "table-columns"
    (tmp_path / "empty.tsv").write_text("\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_alterations(tmp_path / "empty.tsv", kind="maf")
    assert caught.value.code == "table-empty"


def test_former_names_of_genes_in_a_file_are_read_as_approved_ones(tmp_path):
    """HGNC: H3F3A is now H3-3A, as CIViC writes it; p.K28M is the K27M of reports."""
    rows = [MAF, ["H3F3A", "GRCh37", "1", "226252135", "Missense_Mutation", "A", "T", "T1", "p.K28M", "", "", "PASS"]]
    hits = match(read_alterations(write(tmp_path / "a.maf", rows, "\t")), "GBM")
    assert hits.alterations[0].label == "H3-3A K28M"
    assert {5} <= {hit.strength for hit in hits}


def test_a_table_without_a_row_and_one_with_dates_for_genes_say_so(tmp_path):
    """An empty answer says nothing of a tumour without rows; a gene that is a date is no gene any more."""
    found = read_alterations(write(tmp_path / "a.maf", [MAF]))
    assert [each.code for each in found.findings] == ["file-without-records"]
    dated = [MAF, ROWS[0], ["2-Sep", *ROWS[0][1:8], "p.V6E", *ROWS[0][9:]]]
    assert "gene-date" in {each.code for each in read_alterations(write(tmp_path / "b.maf", dated)).findings}
