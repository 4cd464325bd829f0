"""Benefit against harm of patients as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from genorx.ranking.answer.answer import PatientAnswer
from genorx.ranking.trade_off.trade_off import Acceptability, OptionTradeOff, WinningRange

_NUMBERS = ("utility", "lower", "upper", "difference", "difference_lower", "difference_upper", "probability_best")
_RANGE = ("outcome", "weight", "stated", "lower", "upper", "option")
_ACCEPT = ("threshold", "option", "net_benefit", "probability")


def trade_off_frame(answers: Iterable[PatientAnswer]) -> pd.DataFrame:
    """Return one row per patient and option; see ``Ranking.trade_off``."""
    whole = [(answer.patient_id, answer.trade_off) for answer in answers if answer.trade_off is not None]
    rows = [_row(patient_id, option) for patient_id, found in whole for option in found.options]
    head = ["patient_id", "option", *_NUMBERS, "dominated_by"]
    needed = list(dict.fromkeys(name for row in rows for name in row if name not in head))
    frame = pd.DataFrame(rows, columns=[*head, *needed])
    frame = frame.astype(dict.fromkeys((*_NUMBERS, *needed), "Float64"))
    frame.attrs["rule"] = " / ".join(dict.fromkeys(found.rule for _, found in whole))
    return frame


def ranges_frame(answers: Iterable[PatientAnswer]) -> pd.DataFrame:
    """Return one row per patient, weight and range; see ``Ranking.weight_ranges``."""
    return _frame(_RANGE, [(a.patient_id, each) for a in answers if a.trade_off for each in a.trade_off.ranges])


def acceptability_frame(answers: Iterable[PatientAnswer]) -> pd.DataFrame:
    """Return one row per patient, threshold and option; see ``Ranking.acceptability``."""
    return _frame(_ACCEPT, [(a.patient_id, each) for a in answers if a.trade_off for each in a.trade_off.acceptability])


def _row(patient_id: str, option: OptionTradeOff) -> dict[str, Any]:
    row: dict[str, Any] = {"patient_id": patient_id, "option": option.option}
    row |= {name: getattr(option, name) for name in _NUMBERS}
    row["dominated_by"] = ", ".join(each.by for each in option.dominated_by)
    for each in option.number_needed:
        row[f"number_needed_{each.outcome}"] = each.estimate if each.to == "benefit" else -each.estimate
    return row


def _frame(names: tuple[str, ...], found: list[tuple[str, WinningRange | Acceptability]]) -> pd.DataFrame:
    rows = [(patient_id, *(getattr(each, name) for name in names)) for patient_id, each in found]
    return pd.DataFrame(rows, columns=["patient_id", *names])
