"""Value of information of an open question: possible answers, the resolved uncertainty, the later advice."""

from __future__ import annotations
