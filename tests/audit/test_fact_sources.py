"""Public files in the layouts of OIG, CMS and Medicaid, with made rows; no code of the AMA is in them."""

import pytest

from genorx.audit import Facts, import_facts
from genorx.errors import TableError, UsageError

LEIE = """LASTNAME,FIRSTNAME,NPI,DOB,ADDRESS,EXCLTYPE,EXCLDATE,REINDATE,WAIVERDATE
DOE,JOHN,0000000000,19600101,STREET,1128a1,20200101,00000000,00000000
ROE,JANE,1234567893,19600101,STREET,1128a1,20200101,20210101,00000000
POE,JACK,1111111112,19600101,STREET,1128a1,20240301,00000000,00000000
"""
PTP = (
    '"Copyright \xae of the codes: their owner"\t\t\nColumn1/Column2 Edits\t\t\t\t\t\n'
    '"Column 1"\t"Column 2"\t"*=in existence prior to 1996"\t"Effective Date"\t"Deletion Date\n*=no data"'
    '\t"Modifier\n0=not allowed\n1=allowed\n9=not applicable"\t"PTP Edit Rationale"\n'
    "Q0084\tQ0083\t\t20200101\t*\t1\tx\nQ0084\tQ0085\t*\t19960101\t20051231\t0\tx\n"
    "Q0084\tQ0086\t\t20200101\t20200101\t9\tx\n"
)
MUE = '"a line before"\n"HCPCS/CPT\nCode","Practitioner Services MUE Values","MUE Adjudication Indicator","Why"\n'
MUE += "Q0083,1,2 Date of Service Edit: Policy,x\nJ9035,170,3 Date of Service Edit: Clinical,y\nA1,0,1 Line Edit,z\n"
NADAC = "NDC Description,NDC,NADAC Per Unit,Effective Date,Pricing Unit,OTC\nA DRUG,24385005452,0.27,12/21/2022,EA,Y\n"
HCPCS = 'HCPC,SEQNUM,LONG DESCRIPTION,SHORT DESCRIPTION\nJ9035,10,"Injection, bevacizumab, 10 mg",x\n'
HCPCS += 'J9208,10,"Injection, ifosfamide, 1 gram",x\nJ9040,1,"Injection, bleomycin sulfate, 15 units",x\n'
CROSSWALK = """a remark
HCPCS Code,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG
J9035,x,A,50242-0060-01,Avastin,10 MG,4,1,10,10
J9035,x,A,50242-0061-01,Avastin,10 MG,16,1,40,40
J9263,x,A,1,Oxaliplatin,0.5 MG,10,1,100,100
"""


@pytest.fixture
def imported(tmp_path):
    def write(source, text, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode("latin-1"))
        return import_facts(source, path)

    return write


def rows(frame):
    return frame.astype(str).to_numpy().tolist()


def test_exclusions_without_names(imported):
    frame = imported("leie", LEIE)
    assert list(frame.columns) == ["npi", "excluded_from", "reinstated"]
    assert rows(frame) == [["1234567893", "2020-01-01", "2021-01-01"], ["1111111112", "2024-03-01", ""]]
    assert frame.attrs["findings"][0].message == "1 row was left out: without a provider number"


def test_pairs_and_their_days(imported):
    frame = imported("ncci-ptp", PTP)
    assert list(frame.columns) == ["column1", "column2", "modifier_allowed", "valid_from", "valid_to"]
    assert rows(frame) == [
        ["Q0084", "Q0083", "1", "2020-01-01", ""],
        ["Q0084", "Q0085", "0", "1996-01-01", "2005-12-31"],
    ]
    assert [each.code for each in frame.attrs["findings"]] == ["rows-left-out"]


def test_limits_a_day_or_a_line(imported):
    assert rows(imported("ncci-mue", MUE)) == [["Q0083", "1", "day"], ["J9035", "170", "day"], ["A1", "0", "line"]]


def test_prices(imported):
    assert rows(imported("nadac", NADAC)) == [["24385005452", "0.27", "EA", "2022-12-21"]]


def test_units_of_codes(imported):
    frame = imported("hcpcs-units", HCPCS)
    assert rows(frame) == [["J9035", "bevacizumab", "10", "", "true"], ["J9208", "ifosfamide", "1000", "", "true"]]
    crosswalk = imported("hcpcs-units", CROSSWALK)
    assert rows(crosswalk) == [
        ["J9035", "avastin", "10", "100 400", "true"],
        ["J9263", "oxaliplatin", "0.5", "50", "true"],
    ]


@pytest.mark.parametrize(
    ("source", "text", "table"),
    [
        ("leie", LEIE, "exclusions"),
        ("ncci-ptp", PTP, "pairs"),
        ("ncci-mue", MUE, "limits"),
        ("hcpcs-units", CROSSWALK, "drug_codes"),
    ],
)
def test_what_is_imported_can_be_loaded(imported, tmp_path, source, text, table):
    frame = imported(source, text)
    folder = tmp_path / "facts"
    folder.mkdir()
    frame.to_csv(folder / f"{table}.csv", index=False)
    assert len(Facts.load(folder).tables[table]) == len(frame)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("leie", "a,b\n1,2\n"),
        ("leie", ""),
        ("leie", "NPI,EXCLDATE,REINDATE\n"),
        ("leie", "NPI,EXCLDATE,REINDATE\n1234567893,20209901,0\n"),
        ("ncci-ptp", PTP.replace("\t1\tx", "\t7\tx")),
        ("ncci-mue", MUE.replace("Q0083,1,2", "Q0083,one,2")),
        ("ncci-mue", MUE.replace("Q0083,1,2", "Q0083,1,8")),
        ("nadac", NADAC.replace("0.27", "cheap")),
        ("hcpcs-units", LEIE),
    ],
)
def test_unknown_layouts_and_cells(imported, source, text):
    with pytest.raises(TableError) as caught:
        imported(source, text)
    assert (caught.value.code, caught.value.exit_code) == ("facts-format", 3)
    assert "DOE" not in str(caught.value)


def test_an_unknown_source(tmp_path):
    with pytest.raises(UsageError, match="leie"):
        import_facts("other", tmp_path / "x")
