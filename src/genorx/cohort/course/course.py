"""Courses of patients through states: entry times into states, and the end of each follow-up.

A state is entered at most once: the transitions form no ring.  A second remission is a state of its own.
Models of transitions are in ``outcomes``, state occupation probabilities in ``survival``.
Source: Andersen PK, Keiding N 2002, Stat Methods Med Res 11:91; Putter H et al. 2007, Stat Med 26:2389.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.short_repr import short


@short
@dataclass(frozen=True, kw_only=True)
class Course:
    """States, transitions between them, and the entries of each patient.

    Attributes
    ----------
    states : tuple of str
    transitions : tuple of (str, str)
        From a state to another; a state without outgoing transitions is absorbing.
    start : str
        State in which every patient is at time 0.
    alive : tuple of str
        States that count as being alive: survival is the time in any of them.
    unit : {"days", "weeks", "months", "years"}
    horizons : tuple of float
        Times, in ``unit``, at which the outcome is reported, ascending.
    entries : DataFrame
        ``patient_id``, ``state``, ``time`` (in ``unit``, from the study's origin): one row per patient and state
        entered, the start state at 0 included; by patient in the order of ``followed``, then by time.
    followed : Series of float, index ``patient_id``
        Time to which the state of each patient is known: entry into an absorbing state, else the end of follow-up.
    """

    states: tuple[str, ...]
    transitions: tuple[tuple[str, str], ...]
    start: str
    alive: tuple[str, ...]
    unit: str
    entries: pd.DataFrame
    followed: pd.Series[float]
    horizons: tuple[float, ...] = ()

    @property
    def patients(self) -> pd.Index[Any]:
        """Patient ids, in the order of ``followed``."""
        return self.followed.index

    @property
    def absorbing(self) -> tuple[str, ...]:
        """States without outgoing transitions."""
        return absorbing_states(self.states, self.transitions)

    def leaving(self, state: str) -> tuple[tuple[str, str], ...]:
        """Return the transitions out of a state."""
        return tuple(each for each in self.transitions if each[0] == state)

    @cached_property
    def spells(self) -> pd.DataFrame:
        """Sojourn times of each patient in each transient state.

        Columns ``patient_id``, ``state``, ``entry``, ``exit`` (both in ``unit`` from the study's origin, ``exit``
        later than ``entry``) and ``next``: the state that was entered at ``exit``, missing where follow-up ended.
        A state that was entered on the last day of follow-up has no row.
        """
        rows = self.entries
        last = ~rows["patient_id"].duplicated(keep="last").to_numpy()
        end = rows["patient_id"].map(self.followed).to_numpy(dtype=float)
        spells = pd.DataFrame(
            {
                "patient_id": rows["patient_id"].to_numpy(),
                "state": rows["state"].to_numpy(),
                "entry": rows["time"].to_numpy(dtype=float),
                "exit": np.where(last, end, rows["time"].shift(-1).to_numpy(dtype=float)),
                "next": rows["state"].shift(-1).mask(last).astype(object).to_numpy(),
            }
        )
        kept = ~spells["state"].isin(self.absorbing) & (spells["exit"] > spells["entry"])
        return spells[kept].reset_index(drop=True)

    def counts(self) -> pd.DataFrame:
        """Return the number of events and of patients at risk of each transition.

        Columns ``from``, ``to``, ``events`` (patients with the transition), ``at_risk`` (patients who were in
        ``from``), ``time_at_risk`` (their time there, in ``unit``).
        """
        spells = self.spells
        rows = []
        for origin, target in self.transitions:
            there = spells[spells["state"] == origin]
            events = int((there["next"] == target).sum())
            time = float((there["exit"] - there["entry"]).sum())
            rows.append({"from": origin, "to": target, "events": events, "at_risk": len(there), "time_at_risk": time})
        return pd.DataFrame(rows, columns=["from", "to", "events", "at_risk", "time_at_risk"])

    def survival(self) -> pd.DataFrame:
        """Return ``time`` and ``event`` of leaving the states that count as alive, indexed by ``patient_id``."""
        dead = self.entries[~self.entries["state"].isin(self.alive)].groupby("patient_id", sort=False)["time"].min()
        died = dead.reindex(self.patients)
        return pd.DataFrame({"time": died.fillna(self.followed).astype(float), "event": died.notna()})

    def entered(self, state: str) -> pd.Series[float]:
        """Return each patient's entry time into a state; patients who never entered it are absent."""
        rows = self.entries[self.entries["state"] == state]
        return rows.set_index("patient_id")["time"].astype(float)

    def only(self, patients: Iterable[str]) -> Course:
        """Return the course of these patients only, in the given order."""
        followed = self.followed.loc[list(patients)]
        rows = self.entries[self.entries["patient_id"].isin(followed.index)]
        return replace(self, entries=in_order(rows, followed.index, self.states, self.transitions), followed=followed)


def absorbing_states(states: Sequence[str], transitions: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the states without outgoing transitions."""
    left = {origin for origin, _ in transitions}
    return tuple(state for state in states if state not in left)


def state_order(states: Sequence[str], transitions: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the states in topological order; the states of a cycle are absent."""
    open_ = {state: {origin for origin, target in transitions if target == state} for state in states}
    order: list[str] = []
    while ready := [state for state in open_ if not open_[state] - set(order)]:
        order += ready
        for state in ready:
            del open_[state]
    return tuple(order)


def in_order(
    rows: pd.DataFrame, patients: pd.Index[Any], states: Sequence[str], transitions: Iterable[tuple[str, str]]
) -> pd.DataFrame:
    """Sort entries by patient, then time; on one day by the order of the states."""
    rank = {state: place for place, state in enumerate(state_order(states, transitions))}
    keys = pd.DataFrame(
        {
            "patient": patients.get_indexer(pd.Index(rows["patient_id"])),
            "time": rows["time"].to_numpy(dtype=float),
            "state": rows["state"].map(rank).to_numpy(),
        }
    )
    places = keys.sort_values(["patient", "time", "state"], kind="stable").index
    return rows.iloc[places].reset_index(drop=True)
