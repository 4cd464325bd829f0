"""The same odd text through the readers of numbers and of days: what a text means does not hang on the room.

Expected: only ASCII digits are digits (``_core.numerals``), as in every format that is read; a word for "not known" of
``_core.words`` is missing in every table.
"""

import pandas as pd
import pytest

import genorx as gx
from genorx._core.words import MISSING_TEXT
from genorx.audit.days import day_of as day_of_claims
from genorx.care.days import day_of as day_of_care
from genorx.cohort.tables.dates import iso_day
from genorx.cohort.tables.raw import parse_numbers, read_raw
from genorx.errors import GenorxError
from genorx.imaging import read_measurements
from genorx.interop.reading.dates import as_day
from genorx.interop.scores import read_score
from genorx.published.inputs.table_file import read_patients

ODD = ["５", "٣", "²", "1_000", "0x10", "−3", "3.5 mg", "1e400"]
FULL_WIDTH_DAY = "２０２０-01-02"


def in_study(text, folder):
    (folder / "t.csv").write_text(f"id;x\na;1\nb;2\nc;3\nd;{text}\n", encoding="utf-8")
    return parse_numbers(read_raw(folder / "t.csv"), "x").tolist()[-1]


def in_published(text, folder):
    (folder / "t.csv").write_text(f"patient_id,bilirubin_umol_l,albumin_g_l\na,20,40\nb,{text},40\n", encoding="utf-8")
    frame, _ = read_patients(folder / "t.csv")
    return gx.published.load("albi@2015").evaluate(frame)


def in_images(text, folder):
    head = "patient_id,original_firstorder_Mean,original_firstorder_Median"
    (folder / "t.csv").write_text(f"{head}\na,1,1\nb,{text},1\n", encoding="utf-8")
    return read_measurements(folder / "t.csv", source="pyradiomics").iloc[1, 0]


def in_score(text, folder):
    names = "chr_name\tchr_position\teffect_allele\tother_allele\teffect_weight"
    content = f"#pgs_id=PGS1\n#genome_build=GRCh38\n{names}\n10\t5\tT\tC\t{text}\n"
    (folder / "s.txt").write_text(content, encoding="utf-8")
    return read_score(folder / "s.txt").rows["weight"].iloc[0]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("room", [in_study, in_published, in_images, in_score])
def test_what_is_no_number_is_none_in_every_room(room, text, tmp_path):
    with pytest.raises(GenorxError):
        room(text, tmp_path)


@pytest.mark.parametrize("text", sorted(MISSING_TEXT))
@pytest.mark.parametrize("room", [in_study, in_images])
def test_a_word_for_not_known_is_missing_in_every_table(room, text, tmp_path):
    assert pd.isna(room(text, tmp_path))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-01-02", (2020, 1, 2)),
        ("2020-01-02T10:00:00Z", (2020, 1, 2)),
        ("2020-02-30", None),
        ("2020-1-2", None),
        ("01/02/2020", None),
        ("2020-05", None),
        (FULL_WIDTH_DAY, None),
    ],
)
def test_a_text_is_the_same_day_in_every_room(text, day):
    """Rooms differ only in what they refuse besides: care takes no time of the day, claims also read 20200102."""
    wanted = None if day is None else pd.Timestamp(*day).date()
    assert iso_day(text) == as_day(text) == wanted
    claims = day_of_claims(text)
    assert (None if claims is None else (pd.Timestamp(0) + pd.Timedelta(days=claims)).date()) == wanted
    if wanted is None:
        with pytest.raises(GenorxError):
            day_of_care(text, "start")
    elif len(text) == 10:
        assert day_of_care(text, "start") == wanted


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (("1,5", "2,5", "3"), [1.5, 2.5, 3.0]),
        (("1,5", "2,5", "1.234"), None),  # a point is no decimal sign there: a column of text
        (("a,b", "c", "d"), None),
        (("1,5", "2,5", "inf"), None),
    ],
)
def test_a_covariate_of_a_monitored_table_is_read_as_in_a_study(cells, wanted, tmp_path):
    """Of a file with a decimal comma; text stays as it is written."""
    from genorx.monitor.reading import _Cells

    rows = "".join(f"P{row};{row},5;{cell}\n" for row, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text("patient_id;time;x\n" + rows, encoding="utf-8")
    found = _Cells(tmp_path / "t.csv", "t").mixed("x")
    assert found.tolist() == (list(cells) if wanted is None else wanted)
