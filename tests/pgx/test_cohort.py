"""A cohort as a frame; expected values are the calls of its samples one by one."""

import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from genorx import pgx
from genorx._core.workers import sharing
from genorx.errors import NotAnswerableError, UsageError
from genorx.knowledge import default_pack

HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
)


def write(path, samples, genes, changes):
    """All sites reference; ``changes`` maps rsid to one GT a sample."""
    lines = [HEAD + "\t".join(samples)]
    for gene in genes:
        for p in default_pack().genes[gene].positions:
            calls = changes.get(p.rsid, ["0/0"] * len(samples))
            lines.append("\t".join([p.chrom, str(p.pos), ".", p.ref, ",".join(p.alts), ".", ".", ".", "GT", *calls]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def cohort(tmp_path):
    changes = {
        "rs1800460": ["0/0", "0/1", "1/1", "./."],
        "rs1142345": ["0/0", "0/1", "1/1", "0/0"],
        "rs3918290": ["0/0", "0/1", "0/0", "1/1"],
    }
    return write(tmp_path / "c.vcf", ["A", "B", "C", "D"], ["TPMT", "DPYD", "CYP2C9"], changes)


def test_the_frame_says_what_single_calls_say(cohort):
    frame = pgx.call_cohort(cohort)
    assert list(frame.index) == ["A", "B", "C", "D"]
    for report in pgx.call(cohort):
        for gene in ("TPMT", "DPYD", "CYP2C9"):
            row, one = frame.loc[report.sample], report.genes[gene]
            assert row[f"{gene}_diplotype"] == " OR ".join(one.call.diplotypes)
            assert row[f"{gene}_phenotype"] == one.phenotypes[0]


def test_phenotypes_are_ordered_and_activity_is_a_number(cohort):
    frame = pgx.call_cohort(cohort)
    tpmt = frame["TPMT_phenotype"]
    assert tpmt.cat.ordered
    assert list(tpmt.sort_values().dropna().astype(str))[:2] == ["Poor Metabolizer", "Intermediate Metabolizer"]
    assert frame["DPYD_activity"].tolist() == [2.0, 1.0, 2.0, 0.0]
    assert str(frame["DPYD_activity"].dtype) == "Float64"


def test_a_gene_without_data_is_missing_and_never_reference(cohort):
    frame = pgx.call_cohort(cohort)
    for name in ("CYP2C19_diplotype", "CYP2C19_phenotype", "CYP2C19_activity", "TPMT_activity"):
        assert frame[name].isna().all()
    assert "CYP2D6_diplotype" not in frame


@pytest.mark.parametrize("workers", [2, 3])
def test_one_file_gives_the_same_bytes_with_any_number_of_processes(cohort, monkeypatch, workers):
    """Patterns are shared by pieces of two, so that each gene has several."""
    monkeypatch.setattr("genorx.pgx.cohort._PATTERNS", 2)
    one, several = pgx.call_cohort(cohort), pgx.call_cohort(cohort, workers=workers)
    pd.testing.assert_frame_equal(one, several)
    assert one.to_csv() == several.to_csv()
    assert one.attrs == several.attrs


def test_samples_taken_some_at_a_time_give_the_same(cohort, monkeypatch):
    whole, reports = pgx.call_cohort(cohort), [report.to_dict() for report in pgx.call_files([cohort])]
    monkeypatch.setattr("genorx.pgx.cohort.TOGETHER", 3)
    monkeypatch.setattr("genorx.pgx.cohort._PATTERNS", 1)
    monkeypatch.setattr("genorx.pgx.calling.TOGETHER", 3)
    monkeypatch.setattr("genorx.pgx.calling._BLOCK", 2)
    monkeypatch.setattr("genorx.pgx.matching.patterns._REMEMBERED", 1)
    monkeypatch.setattr("genorx.pgx.guidance.guidance._REMEMBERED", 1)
    some = pgx.call_cohort(cohort)
    pd.testing.assert_frame_equal(whole, some)
    assert whole.attrs == some.attrs
    assert [report.to_dict() for report in pgx.iter_reports([cohort])] == reports
    with sharing(2):
        assert [report.to_dict() for report in pgx.iter_reports([cohort])] == reports


def test_several_files_give_the_same_with_one_and_two_processes(tmp_path, cohort):
    other = write(tmp_path / "d.vcf", ["E"], ["TPMT"], {"rs1800460": ["0|1"], "rs1142345": ["1|0"]})
    one, two = pgx.call_cohort([cohort, other]), pgx.call_cohort([cohort, other], workers=2)
    pd.testing.assert_frame_equal(one, two)
    assert one.loc["E", "TPMT_phenotype"] == "Poor Metabolizer"


def test_reports_of_several_files_are_the_same_with_one_and_two_processes(tmp_path, cohort):
    other = write(tmp_path / "d.vcf", ["E"], ["TPMT"], {"rs1800460": ["0|1"], "rs1142345": ["1|0"]})
    one = pgx.call_files([cohort, other])
    with sharing(2):
        two = pgx.call_files([cohort, other])
    assert [report.to_dict() for report in one] == [report.to_dict() for report in two]


def test_a_sample_in_two_files_and_no_workers_are_refused(cohort):
    with pytest.raises(UsageError) as error:
        pgx.call_cohort([cohort, cohort])
    assert error.value.code == "sample-twice"
    with pytest.raises(UsageError) as error:
        pgx.call_cohort(cohort, workers=0)
    assert error.value.code == "workers"


def test_the_page_shows_drugs_that_change_and_escapes_names(tmp_path):
    path = write(
        tmp_path / "x.vcf", ["<b>"], ["CYP2C19"], {"rs4244285": ["1/1"], "rs3758581": ["1/1"], "rs12769205": ["1/1"]}
    )
    (report,) = pgx.call(path)
    assert report.genes["CYP2C19"].call.diplotypes == ("*2/*2",)
    text = report.to_html()
    assert "clopidogrel" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text.replace("<b>serious</b>", "").replace("<b>warning</b>", "")
    assert "<script" not in text
    assert "clopidogrel" in report._repr_html_()
    assert report.to_frame().set_index("gene").loc["CYP2C19", "phenotype"] == "Poor Metabolizer"


def test_drugs_are_drawn_by_action(tmp_path):
    path = write(
        tmp_path / "x.vcf", ["A"], ["CYP2C19"], {"rs4244285": ["1/1"], "rs3758581": ["1/1"], "rs12769205": ["1/1"]}
    )
    (report,) = pgx.call(path)
    ax = pgx.plot_drugs(report)
    assert "clopidogrel" in {label.get_text() for label in ax.get_yticklabels()}
    assert "was not computed" in ax.get_xlabel()
    places = {label.get_text(): tick for tick, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    row = [label.get_text() for label in ax.get_yticklabels()].index("clopidogrel")
    assert ax.collections[row].get_offsets().tolist() == [[places["avoid"], row]]
    some = replace(report, certainty={"clopidogrel": 0.75})
    ax = pgx.plot_drugs(some)
    ticks = {tick: label.get_text() for tick, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    own = {float(dot.get_offsets()[0][0]) for dot in ax.collections if len(dot.get_offsets())}
    assert own == {0.75, min(ticks)}  # what is not known is not drawn as certain
    assert ticks[min(ticks)] == "not\ncomputed"
    (empty,) = pgx.call(path, drugs=["abacavir"])
    with pytest.raises(NotAnswerableError) as error:
        pgx.plot_drugs(empty)
    assert error.value.code == "no-guidance"


def test_calling_loads_no_statistics_library():
    heavy = ("sklearn", "scipy", "sksurv", "lifelines", "matplotlib")
    code = f"import sys; from genorx import pgx; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_files_of_one_chromosome_each_are_one_cohort(tmp_path, cohort):
    """TPMT lies on chromosome 6, DPYD on 1, CYP2C9 on 10."""
    lines = cohort.read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    paths = []
    for chrom in ("chr1", "chr3", "chr6", "chr10"):
        paths.append(tmp_path / f"{chrom}.vcf")
        own = [line for line in lines if line.startswith(f"{chrom}\t")]
        paths[-1].write_text("\n".join([*head, *own]) + "\n")
    one, parts = pgx.call_cohort(cohort), pgx.call_cohort(paths, workers=2)
    pd.testing.assert_frame_equal(one, parts)
    codes = {finding["code"] for finding in parts.attrs["findings"]}
    assert "pgx-files-joined" in codes
    assert "pgx-no-site" not in codes
    for report, together in zip(pgx.call(cohort), pgx.call_files(paths), strict=True):
        assert {n: g.to_dict() for n, g in together.genes.items()} == {n: g.to_dict() for n, g in report.genes.items()}


def test_files_of_the_same_sites_are_not_put_together(cohort):
    """They may be of other people whose samples have the same names."""
    assert [report.sample for report in pgx.call_files([cohort, cohort])] == ["A", "B", "C", "D"] * 2
