"""Calendar identity of a visit: a UID that survives a move, a sequence number, and a status.

Source: RFC 5545, sections 3.8.4.7 (UID), 3.8.7.4 (SEQUENCE), 3.8.1.11 (STATUS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from genorx.care.ids import identity

if TYPE_CHECKING:
    from genorx.care.schedule.schedule import Visit


class Identity(BaseModel):
    """A visit as known to calendars: ``sequence`` counts changes of its day or time; a removed visit is cancelled.

    ``start`` and ``end`` are instants; None without a time zone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    uid: str
    kind: str
    cycle: int
    day: int
    date: str
    start: str | None = None
    end: str | None = None
    sequence: int = 0
    status: Literal["tentative", "cancelled"] = "tentative"

    @property
    def when(self) -> tuple[str, str | None, str | None]:
        """Day, start and end."""
        return self.date, self.start, self.end

    def follows(self, before: Identity | None) -> Identity:
        """Return this identity with the sequence number that follows the previous one."""
        if before is None:
            return self
        changed = (self.when, self.status) != (before.when, before.status)
        return self.model_copy(update={"sequence": before.sequence + changed})


def visit_uid(plan_id: str, kind: str, cycle: int, day: int) -> str:
    """Return the UID of a visit, from its plan, kind, cycle and day, not its date."""
    return identity("visit", plan_id, kind, cycle, day)


def identities(plan_id: str, visits: Iterable[Visit], previous: Mapping[str, Identity]) -> tuple[Identity, ...]:
    """Return identities for calendars: the visits in order, then removed ones, as cancelled."""
    found = [_of_visit(plan_id, each).follows(previous.get(uid)) for uid, each in _named(plan_id, visits)]
    left = {each.uid for each in found}
    gone = (each.model_copy(update={"status": "cancelled"}).follows(each) for each in previous.values())
    return (*found, *(each for each in gone if each.uid not in left))


def _named(plan_id: str, visits: Iterable[Visit]) -> Iterator[tuple[str, Visit]]:
    for each in visits:
        yield visit_uid(plan_id, each.kind, each.cycle, each.day), each


def _of_visit(plan_id: str, visit: Visit) -> Identity:
    return Identity(
        uid=visit_uid(plan_id, visit.kind, visit.cycle, visit.day),
        kind=visit.kind,
        cycle=visit.cycle,
        day=visit.day,
        date=visit.date,
        start=visit.start,
        end=visit.end,
    )


def previous_identities(record: Mapping[str, Any]) -> dict[str, Identity]:
    """Return the identities in a schedule's JSON by UID; raises pydantic's ``ValidationError``."""
    plan = record["plan"]
    stated = plan.get("identities")
    if stated is None:
        stated = [each | {"uid": visit_uid(plan["id"], each["kind"], each["cycle"], each["day"])} for each in
                record["visits"]]  # fmt: skip
    return {each.uid: each for each in (Identity.model_validate(one) for one in stated)}
