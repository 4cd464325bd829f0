"""Copy-number calls in five words: amplification, gain, neutral, loss, deletion.

Segments to calls is ``oncology.reading``.
Source of the numbers: GISTIC 2.0 thresholded calls (Mermel CH et al. 2011, Genome Biol 12:R41); -1.5 is the deep
deletion of cBioPortal's discrete format.  Copies of an amplification and of a gain: defaults of PCGR (Nakken S et al.
2018, Bioinformatics 34:1778).
"""

from __future__ import annotations

import math
import re
from typing import Literal, cast

CopyNumberCall = Literal["amplification", "gain", "neutral", "loss", "deletion"]

#: Least copies of an amplified gene, and of a gained one, where two are neutral.
_AMPLIFIED, _GAINED = 5.0, 3.0

_GISTIC: dict[float, CopyNumberCall] = {
    2.0: "amplification",
    1.0: "gain",
    0.0: "neutral",
    -1.0: "loss",
    -1.5: "deletion",
    -2.0: "deletion",
}
_WORDS: dict[str, CopyNumberCall] = {
    **dict.fromkeys(
        ("amplification", "amp", "amplified", "amplif", "highlevelamplification", "highamplification", "highamp",
         "hlamp", "focalamplification", "highlevelgain", "highgain"), "amplification"),
    **dict.fromkeys(
        ("gain", "gained", "lowlevelgain", "lowgain", "copygain", "copynumbergain", "duplication", "dup", "increase",
         "lowlevelamplification", "singlecopygain", "cngain"), "gain"),
    **dict.fromkeys(
        ("neutral", "diploid", "normal", "nochange", "none", "copyneutral", "wt", "unchanged", "cnneutral", "noevent",
         "balanced"), "neutral"),
    **dict.fromkeys(
        ("loss", "lost", "shallowdeletion", "shallowdel", "hetloss", "hetdel", "heterozygousdeletion",
         "heterozygousloss", "hemizygousdeletion", "hemizygousloss", "hemdel", "singlecopyloss", "copyloss",
         "copynumberloss", "decrease", "lowlevelloss", "monoallelicdeletion", "singlecopydeletion", "onecopyloss",
         "onecopydeletion", "cnloss"), "loss"),
    **dict.fromkeys(
        ("deletion", "del", "deleted", "deepdeletion", "deepdel", "deeploss", "homdel", "homloss",
         "homozygousdeletion", "homozygousloss", "biallelicdeletion", "biallelicloss", "completedeletion",
         "completeloss", "partialdeletion", "homodel", "2copyloss", "twocopyloss", "twocopydeletion"), "deletion"),
}  # fmt: skip


def parse_copy_number(value: object) -> CopyNumberCall | None:
    """Return the copy-number call of a word or of a GISTIC number, or None if it is neither.

    Parameters
    ----------
    value : str or number
        A word in any case (``AMP``, ``Deep Deletion``, ``HOMDEL``), or a GISTIC number from -2 to 2, as number or text.
        Total copy numbers are not GISTIC numbers: 6 gives None.

    Examples
    --------
    >>> parse_copy_number("Deep Deletion"), parse_copy_number(-1.5), parse_copy_number("2"), parse_copy_number(6)
    ('deletion', 'deletion', 'amplification', None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        word = re.sub(r"[\s_\-().]+", "", value.lower())
        if word in _WORDS:
            return _WORDS[word]
    try:
        number = float(cast("float", value))
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else _GISTIC.get(number)


def call_of_copies(copies: float, ploidy: float = 2.0) -> CopyNumberCall:
    """Return the call of a total copy number by limits shifted to the ploidy; less than half a copy is a deletion.

    Examples
    --------
    >>> call_of_copies(6), call_of_copies(2), call_of_copies(0)
    ('amplification', 'neutral', 'deletion')
    """
    extra = ploidy - 2.0
    if copies >= _AMPLIFIED + extra:
        return "amplification"
    if copies >= _GAINED + extra:
        return "gain"
    if copies < 0.5:
        return "deletion"
    return "loss" if copies <= ploidy - 0.5 else "neutral"
