"""Bad input through the doors that users take: each kind refused by its code, or named in a finding; never silent."""

import gzip
import os

import pytest

from genorx.cli.app import run
from genorx.errors import GenorxError
from genorx.oncology import EvidenceTable, default_evidence, import_evidence, match, rank_therapies, read_alterations
from tests.oncology.reading.vcf_text import VEP, csq, write_vcf
from tests.oncology.test_importers import civic_row, write_civic

V600E = {"allele": "T", "terms": "missense_variant", "symbol": "BRAF", "protein": "p.Val600Glu"}
PAIR = ("GT:AD:DP", "0/0:30,0:30", "0/1:20,10:30")
LINE = ("7", 140453136, "A", "T", csq(V600E), *PAIR)


def evidence(tmp_path, variants, *options):
    """Return the command's exit status and its file, None where there is none."""
    out = tmp_path / "answer.json"
    words = ["evidence", "--variants", str(variants), "--disease", "MEL", "--out", str(out), *options]
    status = run(words)
    return status, out if out.exists() else None


def code_of(call, *args, **options):
    with pytest.raises(GenorxError) as caught:
        call(*args, **options)
    assert caught.value.reason
    return caught.value.code


def test_unknown_columns(tmp_path):
    row = civic_row()
    path = write_civic(tmp_path / "c.tsv", [row], header=[*list(row)[:-1], "surprise"])
    assert code_of(import_evidence, "civic-tsv", path) == "evidence-columns"


def test_duplicated_ids(tmp_path):
    table = import_evidence("civic-tsv", write_civic(tmp_path / "c.tsv", [civic_row(), civic_row()]))
    assert (len(table), [row.reason for row in table.rejected]) == (1, ["evidence id appears twice"])


def test_missing_levels(tmp_path):
    table = import_evidence("civic-tsv", write_civic(tmp_path / "c.tsv", [civic_row(evidence_level="")]))
    assert (len(table), [row.reason for row in table.rejected]) == (0, ["level is missing"])


def test_a_changed_byte_in_a_pack(tmp_path, capsys):
    """As a layer of the command: status 3, the code, and no file."""
    folder = EvidenceTable(records=default_evidence().records[:5], manifest={"name": "mine"}).write(tmp_path / "pack")
    content = bytearray((folder / "evidence.tsv.gz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "evidence.tsv.gz").write_bytes(bytes(content))
    assert evidence(tmp_path, "BRAF V600E", "--layer", str(folder)) == (3, None)
    assert "error[pack-checksum]" in capsys.readouterr().err


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_file_of_evidence(tmp_path, keep):
    whole = gzip.compress(
        write_civic(tmp_path / "c.tsv", [civic_row(evidence_id=str(n)) for n in range(200)]).read_bytes()
    )
    (tmp_path / "cut.tsv.gz").write_bytes(whole[: int(keep * len(whole))])
    assert code_of(import_evidence, "civic-tsv", tmp_path / "cut.tsv.gz") == "evidence-file"


def test_a_truncated_file_of_variants(tmp_path, capsys):
    whole = gzip.compress(write_vcf(tmp_path / "a.vcf", [LINE], infos=[VEP]).read_bytes())
    (tmp_path / "cut.vcf.gz").write_bytes(whole[:-20])
    assert evidence(tmp_path, tmp_path / "cut.vcf.gz") == (3, None)
    assert "error[" in capsys.readouterr().err


def test_a_vcf_cut_within_a_line_is_said(tmp_path):
    path = write_vcf(tmp_path / "a.vcf", [LINE], infos=[VEP])
    path.write_bytes(path.read_bytes()[:-1])
    assert "last-line-open" in {finding.code for finding in read_alterations(path).findings}


def test_a_truncated_maf(tmp_path):
    head = "Hugo_Symbol\tVariant_Classification\tHGVSp_Short\tTumor_Sample_Barcode\n"
    (tmp_path / "x.maf").write_text(head + "BRAF\tMissense_Mutation\tp.V600E\tT1\nPTEN\tNonsen", encoding="utf-8")
    assert code_of(read_alterations, tmp_path / "x.maf") == "table-row"


def test_a_vcf_without_annotation(tmp_path):
    """Answered by exact alleles, and said in a serious finding of the answer itself."""
    path = write_vcf(tmp_path / "a.vcf", [("7", 140453136, "A", "T", ".", *PAIR), ("7", 5, "A", "T", ".", *PAIR)])
    found = read_alterations(path)
    assert [fact.label for fact in found] == ["BRAF V600E"]
    serious = {finding.code: finding for finding in found.findings if finding.severity == "serious"}
    assert "only exact known alleles" in serious["annotation-none"].message
    assert "not aligned to a reference" in next(f.message for f in found.findings if f.code == "allele-unknown")


@pytest.mark.parametrize("change", ["", "p.?", "p.=", None, "c.1799T>A"])
def test_an_empty_protein_change_matches_nothing(change):
    hits = match([{"type": "protein", "gene": "BRAF", "change": change}], "MEL")
    assert len(hits) == 0
    assert not rank_therapies(hits)


def test_an_unknown_tumour_type_is_shown_and_not_ranked_with_candidates(tmp_path, capsys):
    hits = match(["BRAF V600E"], "melanom")
    assert len(hits) > 50
    assert {hit.tier for hit in hits} == {None}
    assert {option.rank for option in rank_therapies(hits)} == {None}
    (finding,) = hits.findings
    assert finding.code == "tumour-type-unknown"
    assert "MEL (Melanoma)" in finding.message


def test_swapped_tumour_and_normal(tmp_path, capsys):
    """By name, and where the names say nothing by the reads."""
    path = write_vcf(tmp_path / "a.vcf", [LINE], infos=[VEP])
    assert evidence(tmp_path, path, "--sample", "NORMAL") == (3, None)
    assert "error[tumour-normal-swapped]" in capsys.readouterr().err
    rows = [("7", 100 * n, "A", "T", csq(V600E), "AD:DP", "20,10:30", "30,0:30") for n in range(1, 15)]
    path = write_vcf(tmp_path / "b.vcf", rows, infos=[VEP], samples=("A", "B"))
    assert evidence(tmp_path, path, "--sample", "B", "--normal", "A") == (3, None)
    assert "error[tumour-normal-swapped]" in capsys.readouterr().err


def test_assembly_mismatch(tmp_path, capsys):
    path = write_vcf(tmp_path / "a.vcf", [LINE], infos=[VEP])
    assert evidence(tmp_path, path, "--assembly", "GRCh38") == (3, None)
    assert "error[assembly-wrong]" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("start", [b"##fileformat=VCFv4.2\n", b"Hugo_Symbol\tVariant_Classification\n", b""])
def test_a_line_of_two_gibibytes(tmp_path, start):
    """A sparse file: no line end in 2 GiB.  It is refused after as much as a line may have, and never held whole."""
    path = tmp_path / "long.txt"
    with open(path, "wb") as handle:
        handle.write(start)
        handle.seek(2 << 30)
        handle.write(b"x")
    if os.stat(path).st_blocks * 512 > 1 << 20:
        pytest.skip("the file system has no sparse files")
    assert code_of(read_alterations, path) == "line-too-long"
