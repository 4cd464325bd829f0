"""A change that holds a site's base among others is no reference call for the site; expected by hand.

The site is rs9923231 of VKORC1, chr16:31096368 C>T; pharmacogenes and published formulas leave it open as well.
"""

import pandas as pd
import pytest

import genorx as gx
from genorx import published
from genorx.features import features_of_files

from ..vcf_files import HEAD

PANEL = """
assembly = "GRCh38"
[[sites]]
id = "vkorc1"
chrom = "16"
pos_GRCh38 = 31096368
ref = "C"
alt = "T"
"""
RECORDS = {
    # records, and the dosage where a site without a record is missing, and where it is the reference
    "31096368 . CA TG . PASS . GT 0/1": (None, None),  # two bases, the site's T among them
    "31096368 . CA GG . PASS . GT 0/1": (0, 0),  # two bases, no T at the site
    "31096368 . CA TG . PASS . GT 0/0": (0, 0),
    "31096368 . CA C . PASS . GT 0/1": (0, 0),  # the next base is deleted
    "31096368 . C CA . PASS . GT 0/1": (0, 0),  # behind it is inserted
    "31096368 . CA TA . PASS . GT 0/1": (1, 1),  # the same change, written with a base more
    "31096367 . GC GT . PASS . GT 0/1": (1, 1),
    "31096367 . GC AT . PASS . GT 1/1": (None, None),
    "31096366 . TGC T . PASS . GT 0/1": (None, None),  # the base is deleted on one strand
    "31096366 . TGC T . PASS . GT 0/0": (None, 0),  # which says nothing of the site's own change
    "31096366 . TGC T . PASS . GT 0/1|31096368 . C T . PASS . GT 0/1": (1, 1),  # its own record says more
}


@pytest.fixture
def write(write_vcf):
    def make(records):
        rows = [f"chr16 {each}" for each in records.split("|")]
        return write_vcf(rows, head=[*HEAD, "##contig=<ID=chr16,length=90338345>"])

    return make


@pytest.mark.parametrize("records", RECORDS)
def test_a_change_over_a_site_leaves_it_open(write, tmp_path, records):
    (tmp_path / "panel.toml").write_text(PANEL)
    path, found = write(records), []
    for absent in ("missing", "reference"):
        frame = features_of_files([path], tmp_path / "panel.toml", origin="germline", absent=absent).frame
        value = frame["vkorc1"].iloc[0]
        found.append(None if value is pd.NA else int(value))
    assert tuple(found) == RECORDS[records]


@pytest.mark.parametrize("records", [each for each, wanted in RECORDS.items() if wanted == (None, None)])
def test_the_other_rooms_leave_it_open_too(write, records):
    path = write(records)
    (report,) = gx.pgx.call(path, absent="reference")
    assert not report.to_dict()["genes"]["VKORC1"]["called"]
    assert published.warfarin_genes(path, absent="reference")["vkorc1"].isna().all()
