"""Reference calls of low quality are no calls in every form of a file; the least quality is that of pharmacogenes.

Expected values are counted by hand from the rule of ``docs/guide/variants.md``: GQ 20, or depth 10 where there is none.
"""

import importlib.util

import pandas as pd
import pytest

import genorx as gx
from genorx.variants.zarr_convert import convert

from ..vcf_files import HEAD

MORE = [
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="quality">',
    '##FORMAT=<ID=RGQ,Number=1,Type=Integer,Description="quality of the reference">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="likelihoods">',
]
SITES = [
    # record, and the dosage of the site in three samples: None is no call
    ("chr1 100 . A <NON_REF> . PASS END=109 GT:GQ:DP 0/0:5:30 0/0:20:1 0/0:.:9", 105, [None, 0, None]),
    ("chr1 200 . A . . PASS . GT:RGQ 0|0:19 0/0:. 0:99", 200, [None, 0, None]),  # one allele of two
    ("chr1 300 . A <*> . PASS END=300 GT:MIN_DP:DP 0/0:9:30 0/0:10:30 0/0:0:30", 300, [None, 0, None]),
    ("chr1 400 . A <NON_REF> . PASS . GT 0/0 0/0 ./.", 400, [0, 0, None]),
    ("chr1 500 . A <NON_REF> . PASS . GT:FT:GQ 0/0:PASS:5 0/0:q10:40 0/0:.:40", 500, [None, None, 0]),
    ("chr1 600 . A C . PASS . GT:GQ 0/0:5 0/1:5 1/1:5", 600, [0, 1, 2]),  # an ALT was looked for
]
FORMS = ["a.vcf", "a.vcf.gz", "a.bcf", "a.vcz"]


@pytest.fixture
def panel(tmp_path):
    sites = "".join(
        f'[[sites]]\nid = "s{at}"\nchrom = "1"\npos_GRCh38 = {at}\nref = "A"\nalt = "C"\n' for _, at, _ in SITES
    )
    genes = tmp_path / "genes.tsv"
    genes.write_text("chr1\t90\t110\tONE\nchr1\t190\t210\tTWO\n")
    path = tmp_path / "panel.toml"
    path.write_text(f'assembly = "GRCh38"\n[genes]\ntable = "genes.tsv"\n{sites}')
    return path


@pytest.fixture
def file_of(write_vcf):
    def make(form, columns=slice(None)):
        rows = []
        for record, _, _ in SITES:
            parts = record.split()
            rows.append(" ".join([*parts[:9], *parts[9:][columns]]))
        samples = list("abc")[columns]
        if form != "a.vcz":
            return write_vcf(rows, samples=samples, name=form, head=HEAD + MORE)
        if importlib.util.find_spec("bio2zarr") is None:
            pytest.skip("bio2zarr writes the store")
        path = write_vcf(rows, samples=samples, name="store.vcf.gz", head=HEAD + MORE)
        return convert(path, path.with_name("store.vcz"))

    return make


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("columns", [slice(None), slice(0, 1), slice(2, 3)])
def test_reference_calls_of_low_quality_are_no_calls_in_every_form(file_of, panel, form, columns):
    frame = gx.variant_features(file_of(form, columns), panel)
    for _, at, wanted in SITES:
        found = [None if value is pd.NA else int(value) for value in frame[f"s{at}"]]
        assert found == wanted[columns], at
    # of the first gene the reference is seen where a record is trusted; of the second likewise
    assert [None if v is pd.NA else int(v) for v in frame["ONE"]] == [None, 0, None][columns]
    assert [None if v is pd.NA else int(v) for v in frame["TWO"]] == [None, 0, 0][columns]


@pytest.mark.parametrize("form", FORMS)
def test_a_finding_counts_them(file_of, panel, form):
    """By hand: two at 100, one each at 200, 300 and 500; a depth of 0 is named otherwise."""
    path = file_of(form)
    findings = gx.variant_features(path, panel).attrs["findings"]
    (finding,) = [each for each in findings if each["code"] == "reference-quality"]
    assert "first of 5" in finding["message"]
    (finding,) = [each for each in gx.read_genotypes(path).findings if each.code == "reference-quality"]
    assert "first of 5" in finding.message
    assert gx.read_genotypes(path).dosage[0].tolist() == [0, 0, 0]  # as written
