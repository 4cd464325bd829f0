"""A word means the same in every table: yes and no, sexes, what is unknown, names of assemblies."""

import pandas as pd
import pytest

from genorx._core.words import BOOLEANS, MISSING_TEXT
from genorx.audit.fact_reading import _READERS
from genorx.cohort.recorded_sex import sex_of
from genorx.interop.reading.places import bare_chromosome, known_assembly
from genorx.published import load
from genorx.variants.assembly import normal_assembly


@pytest.mark.parametrize("word", sorted(BOOLEANS))
def test_words_for_yes_and_no_are_read_alike(word):
    assert _READERS["flag"](word.upper()) is bool(BOOLEANS[word])
    frame = pd.DataFrame({"flag": [word.capitalize()]})
    assert _flags(frame).tolist() == [float(BOOLEANS[word])]


def _flags(frame):
    from genorx.published.inputs.reading import _number

    return frame["flag"].map(lambda text: _number(text, flag=True))


@pytest.mark.parametrize("word", sorted(MISSING_TEXT))
def test_a_published_model_takes_for_unknown_what_a_study_does(word):
    """A cell of "-" or "not done" was a fault in one and unknown in the other."""
    albi = load("albi@2015")
    assert albi.evaluate(pd.DataFrame({"bilirubin_umol_l": [word], "albumin_g_l": ["40"]}))["score"].isna().all()


@pytest.mark.parametrize(("word", "sex"), [("F", "female"), ("weiblich", "female"), ("man", "male"), ("2", None)])
def test_words_for_sexes_are_read_alike(word, sex):
    assert sex_of(word) == sex
    assert _READERS["sex"](word) == sex


@pytest.mark.parametrize(
    ("name", "assembly"),
    [("hg19", "GRCh37"), ("human_g1k_v37", "GRCh37"), ("b37", "GRCh37"), ("hs37", "GRCh37"), ("GRCh38.p13", "GRCh38")],
)
def test_an_assembly_has_the_same_names_in_variants_and_in_records(name, assembly):
    assert normal_assembly(name) == known_assembly(name) == assembly
    assert known_assembly("mm10") is None


def test_a_contig_is_named_alike():
    assert [bare_chromosome(name) for name in ("chrM", "M", "chr7", None)] == ["MT", "MT", "7", None]
