"""Display texts of a guidance row: phenotype or activity score, action, strength."""

from __future__ import annotations


def phenotype_words(phenotype: str) -> str:
    """Return a phenotype for display; a bare number is labelled as an activity score.

    >>> phenotype_words("1.0 (Intermediate Metabolizer)"), phenotype_words("Poor Metabolizer")
    ('activity score 1.0 (Intermediate Metabolizer)', 'Poor Metabolizer')
    """
    return f"activity score {phenotype}" if phenotype.lstrip("≥≤<>")[:1].isdigit() else phenotype


def action_words(action: str) -> str:
    """Return the text of a coded action.

    >>> action_words("no_recommendation")
    'no recommendation'
    """
    return action.replace("_", " ")


def strength_words(strength: str) -> str:
    """Return the strength of a recommendation by its source; empty if none is given.

    >>> strength_words("Strong"), strength_words("N/A"), strength_words("")
    ('Strong', 'not graded', 'not graded')
    """
    return "not graded" if strength.casefold() in ("", "n/a") else strength
