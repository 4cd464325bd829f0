"""The commands of ``genorx care``: name, function and example of each, a line for each family's module."""

from __future__ import annotations

from collections.abc import Callable

from genorx.cli.care import forms, questions

#: Name, function and example.
COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (
        "questionnaire",
        forms.questionnaire,
        "genorx care questionnaire study.toml --patient P0001 --filled known.json --out questionnaire.json",
    ),
    ("answers", forms.answers, "genorx care answers response.json --study study.toml --out rows"),
    (
        "questions",
        questions.questions,
        "genorx care questions study.model patients.toml --cohort study.toml --out questions.csv",
    ),
)
