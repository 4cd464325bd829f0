"""Changes to the bytes of a file, as transfer, editors, other programs and attackers make them."""

import gzip
import json
import random
import zlib
from collections.abc import Callable

_NUMBERS = [
    *(b"-1", b"0", b"00", b"1e999", b"nan", b"inf", b"-inf", b"1e300", b"4294967296", b"9" * 20, b"9" * 4400, b"0x1f"),
    *(b"1_000", b".", b"", b" ", b"+5", b"32768", b"2147483647", b"-2147483648", b"1.5"),
    *("²".encode(), "٣".encode(), "１２".encode()),  # digits of str.isdigit, not of a file
]
_TEXTS = [
    *(b"\0", b"\r", b"\r\n", b"\n", b"\t", b",", b";", b":", b"|", b"/", b"=", b"<", b">", b'"', b"'", b"#", b"##"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[31m", "\u202e".encode(), b"=1+1", b"../../x", b"x" * 5000, b"\xe9"),
    *(b"PASS", b"GT:GT", b"|0|1", b"END=9", b"*", b"[1:5[A", b"./.", b"0/1/1", b"<NON_REF>", b"p.V600E", b"::"),
    *(b"{}", b"[]", b"null", b"true", b"[" * 300),
]
_SPLITS = (b"\t", b",", b";", b":", b"|", b"=", b'"', b" ")


def flip(data: bytes, rng: random.Random) -> bytes:
    """Change one to four bytes."""
    new = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if new:
            new[rng.randrange(len(new))] = rng.randrange(256)
    return bytes(new)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Keep the beginning, the end, or all but a middle."""
    one, two = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return rng.choice([data[:one], data[one:], data[:one] + data[two:]])


def insert(data: bytes, rng: random.Random) -> bytes:
    """Put odd text anywhere."""
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(_TEXTS + _NUMBERS) + data[place:]


def lines(data: bytes, rng: random.Random) -> bytes:
    """Drop, double, swap or empty lines, or give them other ends."""
    parts = data.splitlines(keepends=True)
    if not parts:
        return data
    at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    kind = rng.randrange(6)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts.insert(other, parts[at])
    elif kind == 2:
        parts[at], parts[other] = parts[other], parts[at]
    elif kind == 3:
        parts[at] = rng.choice([b"\n", b"\t\n", b" \n", b"#\n"])
    elif kind == 4:
        end = rng.choice([b"\r", b"\r\n", b"\n\n", b"", b"\x0b", "\u2028".encode()])
        return b"".join(part.rstrip(b"\r\n") + end for part in parts)
    else:
        parts[at] = parts[at].rstrip(b"\r\n")
    return b"".join(parts)


def fields(data: bytes, rng: random.Random) -> bytes:
    """Change, drop, double or swap what stands between separators of one line."""
    parts = data.splitlines(keepends=True)
    if not parts:
        return data
    at = rng.randrange(len(parts))
    separator = rng.choice([each for each in _SPLITS if each in parts[at]] or [b"\t"])
    cells = parts[at].split(separator)
    one, two = rng.randrange(len(cells)), rng.randrange(len(cells))
    kind = rng.randrange(5)
    if kind == 0:
        del cells[one]
    elif kind == 1:
        cells.insert(two, cells[one])
    elif kind == 2:
        cells[one], cells[two] = cells[two], cells[one]
    else:
        cells[one] = rng.choice(_NUMBERS if kind == 3 else _TEXTS)
    parts[at] = separator.join(cells)
    return b"".join(parts)


def number(data: bytes, rng: random.Random) -> bytes:
    """Put another number in the place of one."""
    places = [place for place, byte in enumerate(data) if 48 <= byte <= 57]
    if not places:
        return data
    start = stop = rng.choice(places)
    while start and 48 <= data[start - 1] <= 57:
        start -= 1
    while stop < len(data) and 48 <= data[stop] <= 57:
        stop += 1
    return data[:start] + rng.choice(_NUMBERS) + data[stop:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Repeat a stretch, up to some 100,000 bytes."""
    one, two = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    piece = data[one:two]
    times = rng.choice([2, 3, 10, 100])
    return data[:one] + piece * (times if len(piece) * times < 100_000 else 2) + data[two:]


def header(data: bytes, rng: random.Random) -> bytes:
    """Damage the first lines only."""
    stop = rng.randrange(1, min(len(data), 600) + 1)
    return rng.choice([flip, cut, insert, lines, fields, number])(data[:stop], rng) + data[stop:]


def values(data: bytes, rng: random.Random) -> bytes:
    """Change one value of a JSON text: another type, nested, gone, or under another key."""
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return flip(data, rng)
    places: list[tuple[dict | list, object]] = []
    stack = [root]
    while stack:
        each = stack.pop()
        if isinstance(each, dict | list):
            keys = list(each) if isinstance(each, dict) else range(len(each))
            places += [(each, key) for key in keys]
            stack += [each[key] for key in keys]
    if not places:
        return data
    holder, key = rng.choice(places)
    kind = rng.randrange(4)
    odd = [None, True, -1, 0, 10**25, 1e308, "", "²", "x", [], {}, [[]], {"a": {}}, "\u202e", "a\nb"]
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [holder[key]]
    elif kind == 2 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder[key] = rng.choice(odd)
    return json.dumps(root).encode()


def repack(data: bytes, rng: random.Random) -> bytes:
    """Change the text of a gzip file and pack it again."""
    try:
        text = gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return flip(data, rng)
    return gzip.compress(mutated(text, rng), 1, mtime=0)


TEXT: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, insert, lines, fields, number, repeat, header)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes after one to three changes."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kinds = [*TEXT]
        if data[:2] == b"\x1f\x8b":
            kinds += [repack] * 8
        elif data[:1] in (b"{", b"["):
            kinds += [values] * 8
        if data:
            data = rng.choice(kinds)(data, rng)
    return data
