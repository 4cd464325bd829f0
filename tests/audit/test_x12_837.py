"""X12 837 files written by hand from the implementation guides 005010X222A1 and 005010X223A2.

Each expected value is what the guide's element says: CLM01 the claim, SV101-2 the procedure, SV104 the quantity, ...
"""

import math

import pytest

from genorx.audit import read_claims
from genorx.errors import TableError

CLAIM = """CLM*C1*150.50***11:B:1*Y*A*Y*Y
HI*ABK:C50.919*ABF:Z511
LX*1
SV1*HC:J9035:JW:59:::a text*100.50*UN*27*12**2:1
DTP*472*D8*20240105
LX*2
SV1*HC:Q0084*50*UN*1***1
DTP*472*RD8*20240105-20240106"""


def row(claims, claim, line):
    found = claims[(claims["claim_id"] == claim) & (claims["line"] == line)]
    assert len(found) == 1
    return found.iloc[0]


def codes(claims):
    return [finding.code for finding in claims.attrs["findings"]]


def test_every_column_of_a_professional_line(interchange, subscriber):
    claims = read_claims(interchange(subscriber, CLAIM))
    assert row(claims, "C1", 1).to_dict() == {
        "file": "batch.837",
        "format": "837P",
        "claim_id": "C1",
        "line": 1,
        "patient_id": "MEM1",
        "npi": "1111111112",
        "billing_npi": "1111111112",
        "service_date": "2024-01-05",
        "service_end": "2024-01-05",
        "code": "J9035",
        "units": 27.0,
        "unit_type": "UN",
        "modifiers": "JW 59",  # components 3 to 6; the 7th is a text
        "diagnosis": "Z511 C50919",  # pointers 2:1
        "frequency": "1",
        "original_claim": "",
        "charge": 100.5,
        "revenue": "",
        "ndc": "",
        "place": "12",  # of the line, not of the claim
        "status": "active",
    }
    second = row(claims, "C1", 2)
    assert (second["service_date"], second["service_end"]) == ("2024-01-05", "2024-01-06")
    assert (second["place"], second["diagnosis"]) == ("11", "C50919")
    assert codes(claims) == []


def test_every_column_of_an_institutional_line(interchange, subscriber):
    claim = """CLM*I1*300***13:A:7*Y*A*Y*Y
DTP*434*RD8*20240201-20240203
REF*F8*I0
HI*BK:C189
HI*BF:I10*BF:E119
LX*1
SV2*0636*HC:J9263:JZ*200*UN*324
DTP*472*D8*20240202
LX*2
SV2*0450**100*UN*1"""
    claims = read_claims(interchange(subscriber, claim, guide="005010X223A2"))
    first, second = row(claims, "I1", 1), row(claims, "I1", 2)
    assert first[["format", "code", "modifiers", "revenue"]].tolist() == ["837I", "J9263", "JZ", "0636"]
    assert first[["frequency", "original_claim", "place"]].tolist() == ["7", "I0", "13"]
    assert first["diagnosis"] == "C189 I10 E119"
    assert second[["code", "revenue", "charge"]].tolist() == ["", "0450", 100.0]
    assert (second["service_date"], second["service_end"]) == ("2024-02-01", "2024-02-03")  # the statement's days


def test_the_segment_says_the_format_not_the_guide(interchange, subscriber):
    claims = read_claims(interchange(subscriber, CLAIM, guide="005010X223A2"))
    assert set(claims["format"]) == {"837P"}


def test_what_another_payer_says_is_nothing_of_the_claim(interchange, subscriber):
    """Loops 2320, 2330 and 2430 name another subscriber, provider, claim, code, quantity and day."""
    claim = """CLM*C1*100***11:B:1*Y*A*Y*Y
HI*ABK:C3490
NM1*82*1*DOC*A****XX*2222222222
SBR*S*18*******MB
CAS*PR*1*10
AMT*D*90
NM1*IL*1*ROE*JANE****MI*OTHER
NM1*82*1*DOC*Z****XX*9999999999
NM1*PR*2*MEDICARE*****PI*X
REF*F8*PAYERCONTROL
DTP*472*D8*20200101
LX*1
SV1*HC:J9271*100*UN*200***1
DTP*472*D8*20240105
SVD*X*80*HC:J9999**5
CAS*CO*45*20
DTP*573*D8*20240301"""
    claims = read_claims(interchange(subscriber, claim))
    line = row(claims, "C1", 1)
    assert line[["patient_id", "npi", "original_claim"]].tolist() == ["MEM1", "2222222222", ""]
    assert line[["code", "units", "service_date"]].tolist() == ["J9271", 200.0, "2024-01-05"]
    assert claims.attrs["segments_unread"] == {"AMT": 1, "CAS": 2, "SVD": 1}


def test_who_rendered_a_line_and_who_did_not(interchange, subscriber):
    """NM1*82 of the claim holds for all lines, of a line for it alone; 71, 72, 77 and 87 render nothing."""
    claim = """NM1*87*2*PAYTO*****XX*8888888888
CLM*C1*20***11:B:1*Y*A*Y*Y
NM1*71*1*A*B****XX*7171717171
NM1*72*1*A*B****XX*7272727272
NM1*77*2*PLACE*****XX*7777777777
LX*1
SV1*HC:Q0084*10*UN*1***1
NM1*82*1*DOC*B****XX*3333333333
LX*2
SV1*HC:Q0083*10*UN*1***1"""
    claims = read_claims(interchange(subscriber, claim))
    assert row(claims, "C1", 1)["npi"] == "3333333333"
    assert row(claims, "C1", 2)["npi"] == row(claims, "C1", 2)["billing_npi"] == "1111111112"


def test_dependents_are_people_of_their_own(interchange, subscriber):
    """A dependent has its own number, else the subscriber's with #1, #2 in the order of its dependents."""
    claim = "CLM*{}*10***11:B:1*Y*A*Y*Y\nLX*1\nSV1*HC:Q0084*10*UN*1***1\nDTP*472*D8*20240105"
    text = f"""{subscriber}
HL*3*2*23*0
NM1*QC*1*DOE*KID
{claim.format("K1")}
HL*4*2*23*0
NM1*QC*1*DOE*OTHER****MI*OWN
{claim.format("K2")}
HL*5*2*23*0
NM1*QC*1*DOE*THIRD
{claim.format("K3")}
HL*6*1*22*0
NM1*IL*1*ROE*R****MI*MEM2
{claim.format("K4")}
HL*7*6*23*0
NM1*QC*1*ROE*KID
{claim.format("K5")}"""
    claims = read_claims(interchange(text))
    people = dict(zip(claims["claim_id"], claims["patient_id"], strict=True))
    assert people == {"K1": "MEM1#1", "K2": "OWN", "K3": "MEM1#3", "K4": "MEM2", "K5": "MEM2#1"}


def test_a_new_billing_provider_and_a_new_transaction_begin_anew(interchange, subscriber):
    second = """SE*14*0001
ST*837*0002*005010X222A1
CLM*C9*10***11:B:1*Y*A*Y*Y
LX*1
SV1*HC:Q0084*10*UN*1***1
DTP*472*D8*20240105
SE*6*0002"""
    claims = read_claims(interchange(subscriber, CLAIM, second))
    assert row(claims, "C9", 1)[["patient_id", "npi", "billing_npi"]].tolist() == ["", "", ""]


def test_the_drug_number_of_a_line(interchange, subscriber):
    claim = CLAIM.replace("LX*2", "LIN**N4*50242006001\nCTP****27*UN\nLX*2")
    claims = read_claims(interchange(subscriber, claim))
    assert claims["ndc"].tolist() == ["50242006001", ""]
    assert claims.attrs["segments_unread"] == {"CTP": 1}


@pytest.mark.parametrize("breaks", ["", "\n", "\r\n", "\n\n"])
def test_line_breaks_between_segments_change_nothing(interchange, subscriber, breaks):
    claims = read_claims(interchange(subscriber, CLAIM, breaks=breaks))
    assert claims["units"].tolist() == [27.0, 1.0]


@pytest.mark.parametrize(("element", "component", "terminator"), ["|>!", "*<\n", "^:\x1c", "\x1d\x1f\x1e"])
def test_other_separators(interchange, subscriber, element, component, terminator):
    path = interchange(subscriber, CLAIM, breaks="")
    text = path.read_text().replace("^", "_")
    made = text.replace("*", element).replace(":", component).replace("~", terminator)
    path.write_bytes(made.encode())
    assert read_claims(path)["modifiers"].tolist() == ["JW 59", ""]


def test_several_interchanges_with_separators_of_their_own(interchange, subscriber):
    path = interchange(subscriber, CLAIM)
    first = path.read_text()
    second = first.replace("C1*", "D1*").replace("\n", "").replace("*", "|").replace("~", "'")
    path.write_text(first + "\n\n" + second)
    claims = read_claims(path)
    assert claims["claim_id"].tolist() == ["C1", "C1", "D1", "D1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_names_in_any_script_are_passed_over(interchange, subscriber, encoding):
    claims = read_claims(interchange(subscriber.replace("JOHN", "JÖRG"), CLAIM, encoding=encoding))
    assert claims["patient_id"].tolist() == ["MEM1", "MEM1"]
    assert not claims.isin(["DOE", "JÖRG"]).any(axis=None)


def test_a_date_of_zeros_is_no_date(interchange, subscriber):
    claim = CLAIM.replace("D8*20240105", "D8*00000000")
    claims = read_claims(interchange(subscriber, claim))
    assert row(claims, "C1", 1)[["service_date", "service_end"]].tolist() == ["", ""]
    assert codes(claims) == ["claim-date-missing"]


def test_the_claims_own_day_stands_in(interchange, subscriber):
    claim = CLAIM.replace("HI*", "DTP*472*D8*20240110\nHI*").replace("DTP*472*D8*20240105\n", "")
    assert row(read_claims(interchange(subscriber, claim)), "C1", 1)["service_date"] == "2024-01-10"


def test_a_claim_without_lines_is_a_finding(interchange, subscriber):
    claims = read_claims(interchange(subscriber, CLAIM, "CLM*C2*10***11:B:1*Y*A*Y*Y"))
    assert codes(claims) == ["claim-without-lines"]
    assert set(claims["claim_id"]) == {"C1"}


def test_charges_that_do_not_add_up_are_a_finding(interchange, subscriber):
    claims = read_claims(interchange(subscriber, CLAIM.replace("150.50", "150.51")))
    assert codes(claims) == ["claim-total"]
    assert claims.attrs["findings"][0].place == "batch.837: claim C1"


@pytest.mark.parametrize("end", ["SE*99*0001", "SE*15*0002"])
def test_a_count_that_does_not_fit_is_a_finding(interchange, subscriber, end):
    claims = read_claims(interchange(subscriber, CLAIM, end))
    assert codes(claims) == ["segment-count"]
    assert len(claims) == 2


def test_units_that_are_not_there_are_not_known(interchange, subscriber):
    claims = read_claims(interchange(subscriber, CLAIM.replace("*UN*27*12", "***12")))
    assert math.isnan(row(claims, "C1", 1)["units"])


def refused(path):
    with pytest.raises(TableError) as caught:
        read_claims(path)
    assert caught.value.exit_code == 3
    assert str(path) == caught.value.file
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("UN*27", "UN*-27", "claim-units"),
        ("UN*27", "UN*many", "claim-units"),
        ("*100.50*", "*-100.50*", "claim-charge"),
        ("*100.50*", "*1,000*", "claim-charge"),
        ("LX*2", "LX*1", "claim-line-twice"),
    ],
)
def test_amounts_and_lines_that_cannot_be(interchange, subscriber, old, new, code):
    error = refused(interchange(subscriber, CLAIM.replace(old, new)))
    assert (error.code, error.place) == (code, "claim C1 line 1")


def test_a_file_that_is_cut(interchange, subscriber):
    path = interchange(subscriber, CLAIM)
    text = path.read_text()
    path.write_text(text[: text.index("IEA")])
    assert refused(path).code == "claims-truncated"
    path.write_text(text.replace("SE*15*0001~", ""))
    assert refused(path).code == "claims-truncated"
    path.write_text(text[:60])
    assert refused(path).code == "claims-truncated"
    path.write_text(text[: text.index("GE*")] + text)
    assert refused(path).code == "claims-truncated"


def test_other_transactions_are_refused(interchange, subscriber):
    assert refused(interchange(subscriber, CLAIM, kind="835")).code == "claims-format"


@pytest.mark.parametrize("change", [("*:~", "*A~"), ("*:~", "*~~"), ("*P*:~", "*P:~  "), ("ISA*00*  ", "ISA*00*")])
def test_separators_that_cannot_be(interchange, subscriber, change):
    path = interchange(subscriber, CLAIM)
    path.write_text(path.read_text().replace(*change, 1))
    assert refused(path).code == "claims-format"


def test_dental_lines_are_refused_by_name(interchange, subscriber):
    error = refused(interchange(subscriber, "CLM*C1*1***11:B:1*Y*A*Y*Y\nLX*1\nSV3*AD:D1110*1"))
    assert error.code == "claims-format"
    assert "SV3" in str(error.hint)


def test_no_name_is_in_an_error(interchange, subscriber):
    error = refused(interchange(subscriber, CLAIM.replace("UN*27", "UN*-27")))
    assert "DOE" not in str(error)
    assert "JOHN" not in str(error)
