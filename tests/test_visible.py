"""Hidden characters as escapes; expected sets are those of the Unicode standard, read from Python's own database."""

import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from genorx._visible import visible


def test_every_control_direction_and_zero_width_character_is_shown():
    """Unicode general categories Cc, Zl, Zp, Cs, and the controls of direction (UAX 9) and width."""
    named = (
        "\u200b\u200c\u200d\u2060\ufeff\u00ad\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or character in named:
            assert visible(character, one_line=True).isascii(), hex(code)


def test_what_people_write_stays():
    for text in ("Müller-Lüdenscheidt", "山田", "محمد", "95 %", "a\tb\n", "é", "α≥β"):
        assert visible(text) == text


@given(st.text())
def test_the_text_of_json_keeps_its_meaning(text):
    written = json.dumps({"name": text}, ensure_ascii=False)
    assert json.loads(visible(written)) == {"name": text}
