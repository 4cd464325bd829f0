"""Text from files on cards: plain in a summary, escaped in Markdown, limited in length, without hidden characters."""

from __future__ import annotations

import re

from genorx._visible import visible
from genorx.care.cards.check import MOST_SUMMARY

#: Largest number of characters of a text from a file on a card.
_MOST = 300
_MARKUP = re.compile(r"([\\`*_\[\]|~])")
_BRACKETS = str.maketrans({"<": None, ">": None})
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def _bounded(text: str, most: int) -> str:
    line = visible(" ".join(text[: 4 * most].split()), one_line=True)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def plain(text: str, most: int = _MOST) -> str:
    r"""Return text as one line without angle brackets.

    >>> plain("5-FU <b>\n now")
    '5-FU b now'
    """
    return _bounded(text.translate(_BRACKETS), most)


def summary(text: str) -> str:
    """Return text as a card's summary: one line of fewer than 140 characters."""
    return plain(text, MOST_SUMMARY)


def markdown(text: str) -> str:
    r"""Escape text for Markdown, within a line that begins with a word of the card itself.

    >>> markdown("a_b <i>")
    'a\\_b &lt;i&gt;'
    """
    return _MARKUP.sub(r"\\\1", _bounded(text, _MOST).translate(_ENTITIES))
