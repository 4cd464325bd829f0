"""Calls of the readers of variant files that no data could make right, and names that cannot be."""

import pytest

import genorx as gx
from genorx.errors import PanelError, UsageError, VariantFileError
from genorx.features.study import features_of_files

RECORD = "chr1 100 . A C . PASS . GT 0/1"


def test_a_block_has_one_variant_at_least(write_vcf):
    with pytest.raises(UsageError) as error:
        next(gx.iter_genotypes(write_vcf([RECORD]), block_size=0))
    assert error.value.code == "block-size"


def test_an_assembly_that_is_not_known_is_refused(write_vcf):
    with pytest.raises(UsageError) as error:
        gx.read_genotypes(write_vcf([RECORD]), assembly="hg99")
    assert error.value.code == "assembly-name"


def test_a_contig_whose_name_begins_as_a_header_line_is_none(write_vcf):
    with pytest.raises(VariantFileError) as error:
        gx.read_genotypes(write_vcf([RECORD, "#chr1 200 . A C . PASS . GT 0/1"]))
    assert error.value.code == "contig-name"


def test_two_variants_of_one_name_are_no_columns_of_a_frame(write_vcf):
    """Two deletions from one place, of which only END tells them apart."""
    rows = [f"chr1 100 . A <DEL> . PASS END={end} GT 0/1" for end in (150, 190)]
    matrix = gx.read_genotypes(write_vcf(rows))
    assert matrix.dosage.tolist() == [[1], [1]]
    with pytest.raises(UsageError) as error:
        matrix.to_frame()
    assert error.value.code == "variant-name-twice"


def test_features_of_no_files_are_refused():
    with pytest.raises(UsageError) as error:
        features_of_files([], "genes")
    assert error.value.code == "files-none"


def test_a_panel_that_is_not_there_is_refused(write_vcf, tmp_path):
    with pytest.raises(PanelError) as error:
        gx.variant_features(write_vcf([RECORD]), tmp_path / "absent.toml")
    assert error.value.code == "panel-file"
