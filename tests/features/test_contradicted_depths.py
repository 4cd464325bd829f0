"""Genotypes of two alleles with reads of one are no calls in germline files, in every form and every room.

The rule is PharmCAT's for AD; it is none for tumours, of which one allele may have no read left.
"""

import importlib.util

import numpy as np
import pandas as pd
import pytest

import genorx as gx
from genorx._core import compiled
from genorx.features import features_of_files
from genorx.interop import score
from genorx.oncology import read_alterations
from genorx.variants.zarr_convert import convert

from ..vcf_files import HEAD

AD = '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="depths of alleles">'
MORE = [
    AD,
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="likelihoods">',
    "##contig=<ID=chr10,length=133797422>",
]
CSQ = "CSQ=A|missense_variant|MODERATE|CYP2C19|ENSG00000165841|1"
CELLS = {
    # call: dosage of the site; None is no call
    "0/1:30,0:30": None,
    "0/1:0,30:30": None,
    "0|1:30,0:.": None,
    "0/1:30,1:31": 1,
    "0/1:.:30": 1,
    "0/1:.,.:30": 1,
    "0/1:0,0:30": 1,  # no read is told of either
    "0/1": 1,
    "0/0:30,0:30": 0,
    "1/1:0,30:30": 2,
    "1/1:30,0:30": 2,  # of one allele only
    "./.:30,0:30": None,
}
NAMES = [f"S{number}" for number in range(len(CELLS))]
FORMS = ["a.vcf", "a.vcf.gz", "a.bcf", "a.vcz"]
PANEL = """
assembly = "GRCh38"
[genes]
[[sites]]
id = "rs4244285"
chrom = "10"
pos_GRCh38 = 94781859
ref = "G"
alt = "A"
"""


@pytest.fixture
def panel(tmp_path):
    path = tmp_path / "panel.toml"
    path.write_text(PANEL)
    return path


@pytest.fixture
def file_of(write_vcf):
    def make(form, cells, head=(*HEAD, *MORE)):
        # a second record, so that no reader takes the first for the last of its kind
        rows = [f"chr10 {at} . G A . PASS {CSQ} GT:AD:DP {' '.join(cells)}" for at in (94781859, 94781900)]
        if form != "a.vcz":
            return write_vcf(rows, samples=NAMES[: len(cells)], name=form, head=list(head))
        if importlib.util.find_spec("bio2zarr") is None:
            pytest.skip("bio2zarr writes the store")
        path = write_vcf(rows, samples=NAMES[: len(cells)], name="store.vcf.gz", head=list(head))
        return convert(path, path.with_name("store.vcz"))

    return make


def plain(column):
    return [None if value is pd.NA else int(value) for value in column]


@pytest.mark.parametrize("switch", ["", "0"])
@pytest.mark.parametrize("form", FORMS)
def test_depths_that_contradict_a_call_leave_none_in_every_form(file_of, panel, form, switch, monkeypatch):
    monkeypatch.setenv(compiled.SWITCH, switch)
    path, wanted = file_of(form, list(CELLS)), list(CELLS.values())
    made = features_of_files([path], panel, origin="germline")
    assert plain(made.frame["rs4244285"]) == wanted
    assert plain(made.frame["CYP2C19"]) == [None if each is None else min(each, 1) for each in wanted]
    said = {finding.code: finding.message for finding in made.findings}
    assert "genotypes of two alleles with reads of one at sites are no-calls (first of 3)" in said["depth-mismatch"]
    assert "6 of them genotypes of two alleles with reads of one" in said["no-calls"]
    tumour = features_of_files([path], panel, origin="somatic").frame
    assert plain(tumour["rs4244285"])[:3] == [1, 1, 1]  # 0/1 of a caller of tumours says no more than "changed"


@pytest.mark.parametrize("origin", [None, "germline", "somatic"])
def test_a_panel_of_sites_alone_is_of_germline_variants_unless_stated(file_of, panel, origin):
    """Expected: the dosages of a germline study; a panel with genes may be of a tumour."""
    path, wanted = file_of("a.vcf", list(CELLS)), list(CELLS.values())
    said = {} if origin is None else {"origin": origin}
    with_genes = gx.variant_features(path, panel, **said)
    panel.write_text(PANEL.replace("[genes]\n", ""))
    alone = gx.variant_features(path, panel, **said)
    assert (plain(alone["rs4244285"]) == wanted) is (origin != "somatic")
    assert (plain(with_genes["rs4244285"]) == wanted) is (origin == "germline")


@pytest.mark.parametrize("cell", CELLS)
def test_a_file_of_one_sample_is_read_alike(file_of, panel, cell):
    for form in FORMS:
        frame = features_of_files([file_of(form, [cell])], panel, origin="germline").frame
        assert plain(frame["rs4244285"]) == [CELLS[cell]], form
        assert plain(frame["CYP2C19"]) == [None if CELLS[cell] is None else min(CELLS[cell], 1)], form


@pytest.mark.parametrize("cell", CELLS)
def test_every_room_of_germline_variants_says_the_same(file_of, tmp_path, cell):
    """Pharmacogenes, scores and germline alterations of a tumour; expected is the site's dosage."""
    path, dosage = file_of("a.vcf", [cell]), CELLS[cell]
    (report,) = gx.pgx.call(path)
    assert report.to_dict()["genes"]["CYP2C19"]["called"] is (dosage is not None)
    table = tmp_path / "score.txt"
    table.write_text(
        "#genome_build=GRCh38\n#pgs_id=PGS1\n#weight_type=beta\n"
        "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight\n10\t94781859\tA\tG\t1\n"
    )
    found = score(path, table, impute="none", min_overlap=0).scores
    assert (np.nan if found["missing"].iloc[0] else found["score"].iloc[0]) == pytest.approx(
        np.nan if dosage is None else dosage, nan_ok=True
    )
    carried = {each.place.split()[0] for each in read_alterations(path, origin="germline")}
    assert bool(carried) is bool(dosage)


@pytest.mark.parametrize(("line", "applies"), [(AD, True), (AD.replace("=R", "=2"), False), (None, True)])
def test_depths_count_as_the_header_declares_them(file_of, panel, line, applies):
    """As pharmacogenes have it: with another Number than R depths are none of alleles; undeclared they are."""
    head = [*HEAD, *MORE[1:], *([] if line is None else [line])]
    frame = features_of_files([file_of("a.vcf", ["0/1:30,0:30", "0/1:30,0:30"], head)], panel, origin="germline").frame
    assert plain(frame["rs4244285"]) == ([None, None] if applies else [1, 1])
