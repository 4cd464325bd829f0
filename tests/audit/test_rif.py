"""Research files of Medicare carrier claims, by the names of their record layout."""

import pytest

from genorx.audit import read_claims
from genorx.errors import TableError

NAMES = "CLM_ID|LINE_NUM|BENE_ID|PRF_PHYSN_NPI|CARR_CLM_BLG_NPI_NUM|LINE_1ST_EXPNS_DT|LINE_LAST_EXPNS_DT|HCPCS_CD"
NAMES += "|HCPCS_1ST_MDFR_CD|HCPCS_2ND_MDFR_CD|LINE_SRVC_CNT|LINE_SBMTD_CHRG_AMT|LINE_ICD_DGNS_CD|LINE_NDC_CD"
NAMES += "|LINE_PLACE_OF_SRVC_CD|LINE_PMT_AMT"
LINE = '-1|1|-100|9999999995|8888888888|27-OCT-1999|28-Oct-1999|J9035|JW|59|3|186.00|C50919|50242006001|11|"7'


@pytest.fixture
def read(tmp_path):
    def write(*lines, names=NAMES):
        path = tmp_path / "carrier.csv"
        path.write_text("\n".join([names, *lines]) + "\n")
        return read_claims(path)

    return write


def test_every_column_of_a_line(read):
    assert read(LINE).iloc[0].to_dict() == {
        "file": "carrier.csv",
        "format": "rif",
        "claim_id": "-1",
        "line": 1,
        "patient_id": "-100",
        "npi": "9999999995",
        "billing_npi": "8888888888",
        "service_date": "1999-10-27",
        "service_end": "1999-10-28",
        "code": "J9035",
        "units": 3.0,
        "unit_type": "",
        "modifiers": "JW 59",
        "diagnosis": "C50919",
        "frequency": "1",  # where there is no CLM_FREQ_CD
        "original_claim": "",
        "charge": 186.0,
        "revenue": "",
        "ndc": "50242006001",
        "place": "11",
        "status": "active",
    }


def test_who_billed_stands_in_for_who_rendered(read):
    assert read(LINE.replace("9999999995", ""))["npi"].tolist() == ["8888888888"]


def test_a_frequency_that_is_told(read):
    assert read(LINE + "|8", names=NAMES + "|CLM_FREQ_CD")["frequency"].tolist() == ["8"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("27-OCT-1999", "30-FEB-1999", "claim-date"),
        ("27-OCT-1999", "27-XXX-1999", "claim-date"),
        ("27-OCT-1999", "00000000", "claim-date"),
        ("|3|", "|-3|", "claim-units"),
        ("|186.00|", "|x|", "claim-charge"),
        ("|2|-100", "|x|-100", "claims-format"),
        ('|"7', "", "claims-format"),
    ],
)
def test_what_is_refused(read, old, new, code):
    with pytest.raises(TableError) as caught:
        read(LINE, LINE.replace("-1|1|", "-1|2|").replace(old, new))
    assert caught.value.code == code
    assert str(caught.value.place).startswith("row 3")


@pytest.mark.parametrize("name", ["LINE_NUM", "BENE_ID", "LINE_SRVC_CNT"])
def test_columns_that_are_needed(read, name):
    with pytest.raises(TableError) as caught:
        read(LINE, names=NAMES.replace(name, "OTHER"))
    assert caught.value.code == "column-missing"
    assert name in caught.value.reason
