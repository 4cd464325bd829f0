"""Words for the advice on an option; the rule that assigns them is in ``effects.decision``."""

from __future__ import annotations

from typing import Literal

#: Kinds of advice on an option.
Advice = Literal["recommend", "reasonable", "equipoise", "not_advised", "no_estimate"]
#: Words for each kind of advice: a word for the table and a sentence for the legend.
ADVICE: dict[Advice, tuple[str, str]] = {
    "recommend": ("recommended", "shown to be better than every other option that could be estimated"),
    "reasonable": (
        "reasonable",
        "not shown to be worse than another, and not recommended: it is not shown to be better than every other, or "
        "nothing is there to compare it with",
    ),
    "equipoise": ("equipoise", "the data do not show which option is better"),
    "not_advised": ("not advised", "another option is shown to be better, or guidance says to avoid a drug of it"),
    "no_estimate": ("no estimate", "the data hold too few patients like this one under the option"),
}

#: Begin of the note that explains names of options by their treatments; labels need no explanation.
NAMED_BY = "an option is named by its treatments"
