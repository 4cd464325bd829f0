"""Practices made with other seeds, and with nothing planted; the maker counts units and vials by a way of its own."""

import numpy as np
import pytest

from genorx.audit import Auditor, Facts, Records, read_claims
from genorx.audit.written import table_text
from genorx.datasets import make_claims_practice

KEY = ["claim_id", "line", "rule"]


def _audited(practice, folder):
    practice.write(folder)
    auditor = Auditor(as_of="2026-01-01").fit(Records.load(folder / "records"))
    return auditor, auditor.check(read_claims(folder / "claims.csv"), Facts.load(folder / "facts"))


def _judge(seed, folder):
    practice = make_claims_practice(seed=seed)
    auditor, found = _audited(practice, folder)
    assert found[KEY].to_numpy().tolist() == practice.truth[KEY].to_numpy().tolist()
    assert np.rint(found["amount"] * 100).tolist() == np.rint(practice.truth["amount"].astype(float) * 100).tolist()
    assert len(found.merge(practice.look_alikes, on=["claim_id", "line"])) == 0
    kinds = dict(zip(practice.providers["npi"], practice.providers["kind"], strict=True))
    flagged = auditor.providers(found).query("flagged == 1")["npi"]
    assert {kinds.get(npi, "like the peers") for npi in flagged} <= {"inflated units", "panel for everybody"}
    assert len(set(flagged)) >= 4  # of five


def test_every_planted_line_is_found_to_the_cent_and_no_other(tmp_path):
    """Truth and amounts are those of the maker; five providers stand out, three have heavy patients."""
    _judge(1, tmp_path)


def test_an_interchange_gives_the_bytes_that_a_table_gives(tmp_path):
    """The same claims as CSV and as X12 837, professional and institutional."""
    practice = make_claims_practice(seed=3, patients=300, planted=3)
    auditor, found = _audited(practice, tmp_path)
    facts = Facts.load(tmp_path / "facts")
    for form in ("837P", "837I"):
        claims = read_claims(practice.write_as(form, tmp_path / f"batch.{form}"))
        assert table_text(auditor.check(claims, facts)) == table_text(found)
        assert auditor.info()["segments_unread"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 13))
def test_so_it_is_with_other_seeds(seed, tmp_path):
    _judge(seed, tmp_path)


def _judge_nothing_planted(seed, folder):
    auditor, found = _audited(make_claims_practice(seed=seed, planted=0), folder)
    assert len(found) == 0
    return int(auditor.providers(found)["flagged"].sum())


def test_nothing_is_found_where_nothing_is_planted(tmp_path):
    assert _judge_nothing_planted(101, tmp_path) == 0


@pytest.mark.slow
def test_so_it_is_in_twelve_practices(tmp_path):
    """No line in any of them, and one provider at most in all."""
    assert sum(_judge_nothing_planted(seed, tmp_path / str(seed)) for seed in range(102, 114)) <= 1
