"""How many processes read a cohort where nobody says; expected by the rule that the help states."""

import pysam
import pytest

from genorx._core.workers import processes
from genorx.datasets import write_pgx_cohort


@pytest.fixture
def cohort(tmp_path):
    """A bgzip file with its index: larger than nothing is worth three processes here."""
    write_pgx_cohort(tmp_path / "c.vcf", n=3)
    lines = (tmp_path / "c.vcf").read_text().splitlines(keepends=True)
    head = [line for line in lines if line.startswith("#")]
    rows = sorted(lines[len(head) :], key=lambda line: (line.split("\t")[0], int(line.split("\t")[1])))
    path = tmp_path / "c.vcf.gz"
    with pysam.BGZFile(str(path), "wb") as out:
        out.write("".join(head + rows).encode())
    pysam.tabix_index(str(path), preset="vcf")
    return path


@pytest.mark.parametrize(
    ("bytes_each", "options", "expected"),
    [(1, (), 3), (1, ("--workers", "2"), 2), (32 << 20, (), 1)],
    ids=["worth it", "as said", "too small"],
)
@pytest.mark.parametrize("command", ["features", "pgx"])
def test_a_cohort_with_an_index_is_read_by_as_many_processes_as_are_worth_it(
    genorx, cohort, tmp_path, monkeypatch, command, bytes_each, options, expected
):
    seen = []
    monkeypatch.setattr("genorx._core.workers.cores", lambda: 3)
    monkeypatch.setattr("genorx._core.workers._BYTES_EACH", bytes_each)
    monkeypatch.setattr(f"genorx.cli.{command}.check_out", lambda *_args, **_more: seen.append(processes()))
    more = ("--panel", "sites") if command == "features" else ("--drugs", "clopidogrel")
    result = genorx(command, cohort, *more, "--out", tmp_path / "o.csv", *options)
    assert (result.status, seen) == (0, [expected])
