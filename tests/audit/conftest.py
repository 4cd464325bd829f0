"""Files of claims as a stranger would write them from the implementation guides."""

import pytest

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*P*:~"


@pytest.fixture
def interchange(tmp_path):
    """Return a function that writes segments as a file of one interchange, SE counted unless it is there."""

    def write(*segments, name="batch.837", guide="005010X222A1", breaks="\n", encoding="utf-8", kind="837"):
        inner = [segment for each in segments for segment in each.split("\n") if segment]
        counted = [] if any(each.startswith("SE*") for each in inner) else [f"SE*{len(inner) + 2}*0001"]
        start = [f"GS*HC*S*R*20240101*1200*1*X*{guide}", f"ST*{kind}*0001*{guide}"]
        whole = [*start, *inner, *counted, "GE*1*1", "IEA*1*000000001"]
        path = tmp_path / name
        path.write_bytes((ISA + breaks + "".join(f"{each}~{breaks}" for each in whole)).encode(encoding))
        return path

    return write


SUBSCRIBER = """HL*1**20*1
NM1*85*2*CLINIC*****XX*1111111112
HL*2*1*22*0
SBR*P*18*******CI
NM1*IL*1*DOE*JOHN****MI*MEM1"""


@pytest.fixture
def subscriber():
    """Loops 2000A and 2000B: who bills, and the subscriber MEM1."""
    return SUBSCRIBER
