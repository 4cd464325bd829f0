"""What must hold for any file: it is taken, or refused by an error of the tree that repeats no patient's data."""

import json
import random
import resource
import signal
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from genorx.cli.app import run as run_command
from genorx.errors import GenorxError

from .mutators import mutated
from .names import NAME
from .readers import COMMANDS, READERS, SUFFIXES

#: Seconds of work within which a small file is read or refused; and of the clock, on a machine that does other things.
MOST_SECONDS, MOST_WAIT = 10, 60
#: Growth of the process that a small file may cause.
MOST_BYTES = 1 << 30


#: Kinds of letters that change a line of a terminal: controls, directions, ends of lines, halves of letters.
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


class TooSlow(BaseException):
    """A small file that is still being read after ten seconds."""


@dataclass(frozen=True)
class Fault:
    """A file that was treated otherwise than the rules say."""

    kind: str
    seed: int
    rule: str
    data: bytes

    def save(self, folder: Path) -> Path:
        """Keep the file and what it did, to be tried again."""
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{self.kind}-{self.seed}.{SUFFIXES.get(self.kind, self.kind)}"
        place.write_bytes(self.data)
        place.with_name(f"{place.name}.txt").write_text(f"{self.kind} seed {self.seed}\n{self.rule}\n")
        return place


@dataclass
class Tally:
    """How many files were taken, refused by which code, and what went wrong."""

    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    slowest: tuple[float, str, int] = (0.0, "", 0)  # seconds of work, format, seed

    @property
    def total(self) -> int:
        return self.taken.total() + self.refused.total() + len(self.faults)


@contextmanager
def alarm(work: int, wait: int) -> Iterator[None]:
    """Interrupt what takes longer."""

    def ring(_number: int, _frame: object) -> None:
        raise TooSlow

    timers = {signal.SIGALRM: (signal.ITIMER_REAL, wait), signal.SIGPROF: (signal.ITIMER_PROF, work)}
    before = {number: signal.signal(number, ring) for number in timers}
    for timer, seconds in timers.values():
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def bound_memory() -> None:
    """Let this process grow by no more than a small file may make it grow; more is a MemoryError, so a fault."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    if pages:
        most = pages * resource.getpagesize() + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def attempt(kind: str, data: bytes, seed: int, folder: Path, tally: Tally, *, command: bool = False) -> None:
    """Read one file by one of its readers, or by its command, and count what came of it."""
    place = folder / f"in.{SUFFIXES.get(kind, kind)}"
    place.write_bytes(data)
    readers = READERS[kind]
    begin = time.process_time()
    try:
        with alarm(MOST_SECONDS, MOST_WAIT):
            if command:
                _by_command(kind, place)
            else:
                readers[seed % len(readers)](place)
    except GenorxError as error:
        if NAME.casefold() in str(error).casefold() and not _is_column(error, data):
            tally.faults.append(Fault(kind, seed, f"repeats a patient's data: {error}", data))
        elif any(unicodedata.category(letter) in _HIDDEN for letter in str(error)):
            tally.faults.append(Fault(kind, seed, f"is no line of print: {error!r}", data))
        else:
            tally.refused[kind, error.code] += 1
    except TooSlow:
        tally.faults.append(Fault(kind, seed, f"takes more than {MOST_SECONDS} s", data))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        tally.faults.append(Fault(kind, seed, f"{type(error).__name__}: {str(error)[:300]} at {_where(error)}", data))
    else:
        tally.taken[kind] += 1
    tally.slowest = max(tally.slowest, (time.process_time() - begin, kind, seed))


def _is_column(error: GenorxError, data: bytes) -> bool:
    """Return whether a mutation has written the name into the header: names of columns are no data of a patient."""
    lines = [line for line in data.decode("utf-8", "replace").splitlines() if not line.startswith("#")]
    stated = str(error).partition("the columns are:")
    return NAME.casefold() in (lines or [""])[0].casefold() and NAME.casefold() not in stated[0].casefold()


def _where(error: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/genorx/" in frame.filename] or frames
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(own[-3:]))


class CommandRefused(GenorxError):
    """What a command said of a file, with the code of its line."""


def _by_command(kind: str, place: Path) -> None:
    """Run the format's command; it ends with 0, 3 or 4, one line of error, and an output whole or none."""
    out = place.with_name("out.json")
    out.unlink(missing_ok=True)
    line = [{"FILE": str(place), "OUT": str(out)}.get(word, word) for word in COMMANDS[kind]]
    said = place.with_name("said.txt")
    with said.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        before, sys.stderr = sys.stderr, stream
        try:
            status = run_command([*line, "--errors", "json"])
        finally:
            sys.stderr = before
    text = said.read_text(encoding="utf-8")
    if NAME.casefold() in text.casefold():
        raise AssertionError(f"standard error repeats a patient's data: {text[:300]}")
    if out.exists() != (status == 0) or list(place.parent.glob(".*.part")):
        raise AssertionError(f"status {status}, output there: {out.exists()}")
    if status == 0:
        return
    errors = [json.loads(each) for each in text.splitlines() if each.startswith("{")]
    if status not in (2, 3, 4) or not errors:
        raise AssertionError(f"status {status}: {text[-300:]}")
    raise CommandRefused("refused by the command", code=errors[-1]["code"])


def fuzz_one(kind: str, valid: bytes, seed: int, folder: Path, tally: Tally) -> None:
    """Try one mutated file; the same kind and seed make the same bytes."""
    rng = random.Random(f"{kind}:{seed}")
    data = mutated(valid, rng)
    attempt(kind, data, seed, folder, tally, command=kind in COMMANDS and rng.random() < 0.02)
