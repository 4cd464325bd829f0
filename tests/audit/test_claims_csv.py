"""Claims as CSV; each expected value is what the cell says."""

import gzip

import numpy as np
import pandas as pd
import pytest

from genorx import limits
from genorx.audit import read_claims
from genorx.audit.claim_table import NAMES, as_claims
from genorx.errors import LimitError, TableError

HEADER = "claim_id,line,patient_id,npi,service_date,code,units"
LINE = "K1,1,P1,1234567893,2024-01-05,J9035,27"


@pytest.fixture
def table(tmp_path):
    def write(text, name="claims.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(path):
    with pytest.raises(TableError) as caught:
        read_claims(path)
    assert caught.value.exit_code == 3
    return caught.value


def codes(claims):
    return [finding.code for finding in claims.attrs["findings"]]


def test_the_columns_are_those_of_the_table_whatever_the_file_has(table):
    claims = read_claims(table(f"{HEADER}\n{LINE}\n"))
    assert tuple(claims.columns) == NAMES
    assert claims.iloc[0][["file", "format", "status", "service_end"]].tolist() == ["claims.csv", "csv", "active", ""]
    assert np.isnan(claims["charge"][0])


def test_cells_in_the_forms_that_files_have(table):
    text = (
        "claim_id,line,patient_id,npi,service_date,code,units,modifiers,diagnosis,frequency,charge\n"
        'K1,1,P1,1234567893.0,20240105,J9035,27.5, "jw,59" ,"C50.919;c34.90",1.0,1674.1\n'
        "K1,2.0,P1,1234567893,2024-01-05,J9035,3,JW:GC;59,,1,0\n"
    ).replace(' "jw,59" ', '"jw,59"')
    claims = read_claims(table(text))
    assert claims["npi"].tolist() == ["1234567893", "1234567893"]
    assert claims["service_date"].tolist() == ["2024-01-05", "2024-01-05"]
    assert claims["modifiers"].tolist() == ["JW 59", "JW GC 59"]
    assert claims["diagnosis"].tolist() == ["C50919 C3490", ""]
    assert claims["frequency"].tolist() == ["1", "1"]
    assert claims["charge"].tolist() == [1674.1, 0.0]
    assert claims["units"].tolist() == [27.5, 3.0]
    assert codes(claims) == ["id-as-decimal"]


def test_a_mark_gzip_and_windows_line_ends_are_passed_over(table):
    text = f"{HEADER}\r\n{LINE}\r\n"
    plain = read_claims(table(text))
    marked = read_claims(table(b"\xef\xbb\xbf" + text.encode()))
    packed = read_claims(table(gzip.compress(text.encode()), "claims.csv"))
    pd.testing.assert_frame_equal(plain, marked)
    pd.testing.assert_frame_equal(plain, packed)


def test_unknown_columns_are_counted(table):
    claims = read_claims(table(f"{HEADER},name,colour\n{LINE},Doe,red\n"))
    assert codes(claims) == ["column-left-out"]
    assert "2 columns" in claims.attrs["findings"][0].message
    assert not claims.isin(["Doe"]).any(axis=None)


def test_rows_do_not_depend_on_their_order(table):
    lines = [f"K{place},{line},P1,1234567893,2024-01-05,J9035,{place}" for place in (10, 2, 1) for line in (2, 1)]
    one = read_claims(table("\n".join([HEADER, *lines]) + "\n"))
    other = read_claims(table("\n".join([HEADER, *reversed(lines)]) + "\n"))
    pd.testing.assert_frame_equal(one, other)
    assert one["claim_id"].tolist() == ["K1", "K1", "K10", "K10", "K2", "K2"]


def test_codes_with_a_letter_for_a_digit_are_named_and_kept(table):
    claims = read_claims(table(f"{HEADER}\n{LINE.replace('J9035', 'J9O35')}\n"))
    assert claims["code"].tolist() == ["J9O35"]
    assert codes(claims) == ["code-suspect"]
    assert claims.attrs["findings"][0].place == "claims.csv: claim K1 line 1"


def test_a_provider_number_of_nine_digits_is_not_repaired(table):
    assert read_claims(table(f"{HEADER}\n{LINE.replace('1234567893', '123456789')}\n"))["npi"][0] == "123456789"


def test_who_billed_stands_in_for_who_rendered(table):
    line = LINE.replace("1234567893", "")
    claims = read_claims(table(f"{HEADER},billing_npi\n{line},1111111112\n"))
    assert claims[["npi", "billing_npi"]].iloc[0].tolist() == ["1111111112", "1111111112"]


def test_what_is_empty_is_not_known(table):
    claims = read_claims(table(f"{HEADER}\nK1,1,,,,,\n"))
    assert claims.iloc[0][["patient_id", "npi", "service_date", "code"]].tolist() == ["", "", "", ""]
    assert np.isnan(claims["units"][0])
    assert codes(claims) == ["claim-date-missing"]


def test_a_negative_zero_is_zero(table):
    assert str(read_claims(table(f"{HEADER}\n{LINE.replace(',27', ',-0')}\n"))["units"][0]) == "0.0"


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (",27", ",-1", "claim-units", 'row 2 column "units"'),
        (",27", ",many", "claim-units", 'row 2 column "units"'),
        (",27", ",inf", "claim-units", 'row 2 column "units"'),
        (",27", ",1e12", "claim-units", 'row 2 column "units"'),
        ("2024-01-05", "00000000", "claim-date", 'row 2 column "service_date"'),
        ("2024-01-05", "2024-02-30", "claim-date", 'row 2 column "service_date"'),
        ("2024-01-05", "soon", "claim-date", 'row 2 column "service_date"'),
        ("K1,1", "K1,one", "claims-format", 'row 2 column "line"'),
        ("K1,1", "K1,", "claims-format", 'row 2 column "line"'),
        ("K1,1", ",1", "claims-format", 'row 2 column "claim_id"'),
    ],
)
def test_cells_that_cannot_be(table, old, new, code, place):
    error = refused(table(f"{HEADER}\n{LINE.replace(old, new)}\n"))
    assert (error.code, error.place) == (code, place)


def test_a_charge_below_zero(table):
    error = refused(table(f"{HEADER},charge\n{LINE},-0.01\n"))
    assert (error.code, error.place) == ("claim-charge", 'row 2 column "charge"')


def test_the_row_of_a_fault_counts_blank_lines_and_quoted_line_ends(table):
    text = f'{HEADER},note\n{LINE},"a\nb"\n\n{LINE.replace("K1", "K2").replace("27", "x")},c\n'
    assert refused(table(text)).place == 'row 4 column "units"'


def test_a_line_twice(table):
    error = refused(table(f"{HEADER}\n{LINE}\n{LINE}\n"))
    assert (error.code, error.place) == ("claim-line-twice", "claim K1 line 1")


def test_a_line_twice_in_two_files(table):
    paths = table(f"{HEADER}\n{LINE}\n", "a.csv"), table(f"{HEADER}\n{LINE}\n", "b.csv")
    with pytest.raises(TableError) as caught:
        read_claims(*paths)
    assert caught.value.code == "claim-line-twice"


@pytest.mark.parametrize("column", HEADER.split(","))
def test_each_needed_column(table, column):
    error = refused(table(f"{HEADER.replace(column, 'x')}\n{LINE}\n"))
    assert error.code == "column-missing"
    assert column in error.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "hello",
        "a;b\n1;2\n",
        f"{HEADER}\n",
        f"{HEADER}\n{LINE},x\n",
        f"{HEADER}\n{LINE},x\n{LINE},y\n",
        f"{HEADER}\n{LINE}\nK2,1,P1\n",
        f'{HEADER}\n"{LINE}\n',
        "\xef\xbb\xbf".encode("latin-1"),
    ],
)
def test_files_that_are_no_claims(table, text):
    assert refused(table(text)).code == "claims-format"


def test_a_header_that_names_a_column_twice(table):
    assert refused(table(f"{HEADER},units\n{LINE},1\n")).code == "doubled-column"


def test_limits_hold(table):
    with limits(rows=2), pytest.raises(LimitError):
        read_claims(table(f"{HEADER}\n" + f"{LINE}\n" * 5))


def test_a_frame_that_a_user_made_is_taken_as_it_is_meant():
    frame = pd.DataFrame(
        {
            "claim_id": ["K2", "K1"],
            "line": [1, 1],
            "patient_id": ["P1", None],
            "npi": [1234567893, 1234567893],
            "service_date": pd.to_datetime(["2024-01-05", None]),
            "code": pd.Categorical(["J9035", "J9271"]),
            "units": [1, 2],
        }
    )
    claims = as_claims(frame)
    assert tuple(claims.columns) == NAMES
    assert claims["claim_id"].tolist() == ["K1", "K2"]
    assert claims["service_date"].tolist() == ["", "2024-01-05"]
    assert claims["npi"].tolist() == ["1234567893", "1234567893"]
    assert claims["patient_id"].tolist() == ["", "P1"]


@pytest.mark.parametrize(("column", "value", "code"), [("units", -1, "claim-units"), ("charge", -1, "claim-charge")])
def test_a_frame_with_amounts_that_cannot_be(column, value, code):
    frame = pd.DataFrame([dict(zip(HEADER.split(","), ["K1", 1, "P", "1", "2024-01-05", "J1", 1], strict=True))])
    frame[column] = value
    with pytest.raises(TableError) as caught:
        as_claims(frame)
    assert (caught.value.code, caught.value.place) == (code, "claim K1 line 1")


def test_a_frame_with_a_day_that_is_none():
    frame = pd.DataFrame([dict(zip(HEADER.split(","), ["K1", 1, "P", "1", "5.1.2024", "J1", 1], strict=True))])
    with pytest.raises(TableError) as caught:
        as_claims(frame)
    assert caught.value.code == "claim-date"


def test_numbers_of_claims_patients_and_providers_keep_their_zeros(table):
    """Every cell of these columns is made of digits: none of them is a number."""
    claims = read_claims(table(f"{HEADER}\n0070,1,0001,0123456789,2024-01-05,01234,27\n"))
    assert claims.iloc[0][["claim_id", "patient_id", "npi", "code"]].tolist() == ["0070", "0001", "0123456789", "01234"]
