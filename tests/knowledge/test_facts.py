"""A hospital's own pharmacogene facts: read, checked against the shipped pack, used in a call."""

import json

import pytest

import genorx as gx
from genorx.errors import InputError

SITE = {"chrom": "chr10", "pos": 94781859, "ref": "G", "alt": "A"}  # CYP2C19*2, rs4244285 (PharmVar)
OTHER = {"chrom": "10", "pos": 94780653, "ref": "G", "alt": "A"}  # CYP2C19*3, rs4986893


def facts(**more):
    alleles = [
        {"gene": "CYP2C19", "allele": "*1", "function": "Normal function", "variants": []},
        {"gene": "CYP2C19", "allele": "*2", "function": "No function", "variants": [SITE]},
        {"gene": "CYP2C19", "allele": "*900", "function": "Unknown function", "variants": [OTHER]},
    ]
    rows = [{"drug": "clopidogrel", "gene": "CYP2C19", "phenotype": "Poor Metabolizer",
             "text": "Avoid <b>clopidogrel</b>", "strength": "Strong"}]  # fmt: skip
    return {"source": "Hospital", "release": "2026-06-01", "build": "GRCh38", "alleles": alleles,
            "recommendations": rows, **more}  # fmt: skip


def read(folder, content):
    path = folder / "facts.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return gx.knowledge.read_facts(path)


def call(folder, pack, second, first="0/0"):
    path = folder / "s.vcf"
    path.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr10,length=133797422>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\n"
        f"chr10\t94780653\t.\tG\tA\t.\tPASS\t.\tGT\t{first}\nchr10\t94781859\t.\tG\tA\t.\tPASS\t.\tGT\t{second}\n"
    )
    return gx.pgx.call(path, pack=pack)[0]


def test_own_facts_call_and_advise(tmp_path):
    pack = read(tmp_path, facts())
    assert pack.findings(day="2026-07-01") == []
    report = call(tmp_path, pack, "1/1")
    found = report.to_dict()
    assert found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]
    assert found["genes"]["CYP2C19"]["phenotypes"] == ["Poor Metabolizer"]
    assert [row["action"] for row in found["drugs"]["clopidogrel"]] == ["avoid"]
    assert "<b>clopidogrel" not in report.to_html()


@pytest.mark.parametrize("chrom", ["10", "chr10", "CHR10"])
def test_a_chromosome_is_named_as_in_any_variant_file(tmp_path, chrom):
    content = json.loads(json.dumps(facts()).replace('"chr10"', f'"{chrom}"').replace('"10"', f'"{chrom}"'))
    assert f'"{chrom}"' in json.dumps(content)
    assert call(tmp_path, read(tmp_path, content), "1/1").to_dict()["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]


def test_unknown_function_is_indeterminate_and_not_normal(tmp_path):
    found = call(tmp_path, read(tmp_path, facts()), "0/0", first="0/1").to_dict()
    assert found["genes"]["CYP2C19"]["phenotypes"] == ["Indeterminate"]
    assert found["drugs"]["clopidogrel"] == []


def test_places_on_grch37_become_those_of_grch38(tmp_path):
    content = facts(build="GRCh37")
    content["alleles"][1]["variants"] = [{**SITE, "pos": 96541616}]
    content["alleles"][2]["variants"] = [{**OTHER, "pos": 96540410}]
    assert [each.pos for each in read(tmp_path, content).genes["CYP2C19"].positions] == [94780653, 94781859]


def test_scores_stand_for_phenotypes_where_a_gene_is_read_by_score(tmp_path):
    row = {
        "drug": "codeine",
        "gene": "CYP2D6",
        "phenotype": "Poor Metabolizer",
        "text": "Avoid codeine",
        "strength": "",
    }
    pack = read(tmp_path, facts(recommendations=[row]))
    assert [key["CYP2D6"] for key in pack.guidelines[0].rows[0].keys] == ["0.0"]


def test_doubts_are_findings(tmp_path):
    base = facts()["recommendations"][0]
    rows = [base, {**base, "text": "Use the standard dose"}, {**base, "phenotype": "Poor"}]
    pack = read(tmp_path, facts(recommendations=rows, release="2020-01-01"))
    codes = [each.code for each in pack.findings(day="2026-01-01")]
    assert sorted(codes) == ["opposite-rows", "stale-knowledge", "unknown-phenotype-term"]


def changed(**variant):
    content = facts()
    content["alleles"][1]["variants"] = [{**SITE, **variant}]
    return content


def with_allele(**allele):
    content = facts()
    content["alleles"].append({"gene": "CYP2C19", "function": "No function", **allele})
    return content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (facts(release=""), "facts-release"),
        ({name: value for name, value in facts().items() if name != "release"}, "facts-release"),
        (with_allele(allele="*2", variants=[OTHER]), "facts-conflict"),
        (changed(alt="G"), "ref-equals-alt"),
        (changed(pos=96541616), "assembly"),
        (changed(ref="C"), "assembly"),
        (changed(chrom="chr7"), "assembly"),
        (facts(build="hg19b"), "assembly"),
        (facts(alleles=facts()["alleles"][1:]), "reference-allele-count"),
        (with_allele(allele="*1b", variants=[]), "reference-allele-count"),
        (with_allele(gene="BRCA1", allele="*1", variants=[]), "facts-format"),
        (facts(alleles={}), "facts-format"),
        (with_allele(allele="*99", variants=[OTHER], activity="inf"), "facts-format"),
        (with_allele(allele="*99", variants=[OTHER], activity="nan"), "facts-format"),
        ("[1", "json"),
        ('{"source": "a", "source": "b"}', "json-key-twice"),
        ('{"release": NaN}', "json-number"),
    ],
)
def test_facts_that_cannot_be_right_are_refused(tmp_path, content, code):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert caught.value.code == code
    assert caught.value.exit_code == 3
