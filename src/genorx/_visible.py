"""User text made safe to show: control, direction and zero-width characters become escapes.

A name may hold a character that reverses the text beside it (U+202E), hides the text after it or is invisible; two such
names look alike.  Data keep these characters; pages, tables, messages and JSON text show them as escapes.
Source: Unicode Standard, property Default_Ignorable_Code_Point, general categories Cc, Zl, Zp and Cs;
Boucher N, Anderson R 2023, Trojan Source, USENIX Security (CVE-2021-42574).
"""

from __future__ import annotations

import re

_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters except tab and line feed
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\u2028\u2029\ud800-\udfff"
)
_ANYWHERE = re.compile(f"[{_HIDDEN}]")
_IN_A_LINE = re.compile(f"[{_HIDDEN}\t\n]")


def visible(text: str, *, one_line: bool = False) -> str:
    r"""Return text with hidden characters as JSON escapes (``\u202e``).

    In a JSON file the meaning is unchanged: when read again, it gives the same data.

    Parameters
    ----------
    one_line : bool
        Whether to show tabs and line feeds as escapes too.

    Examples
    --------
    >>> visible("P1" + chr(0x202E) + "x")
    'P1\\u202ex'
    """
    if not one_line and text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text  # most long texts: no search needed
    return (_IN_A_LINE if one_line else _ANYWHERE).sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code > 0xFFFF:  # JSON writes surrogate pairs
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
