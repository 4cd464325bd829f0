"""What is printed of a result: some lines, whatever it holds; a list of results is still a list."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from genorx._core.short_repr import Results, short


@short
@dataclass(frozen=True)
class Many:
    name: str
    rows: pd.DataFrame
    values: np.ndarray
    texts: tuple[str, ...]
    known: dict[str, int]
    hidden: int = field(default=1, repr=False)


@pytest.fixture
def many():
    rows = pd.DataFrame({"a": range(5000), "b": range(5000)})
    return Many("x" * 5000, rows, np.zeros((7, 3)), tuple("abcdefgh"), {str(k): k for k in range(999)})


def test_sizes_stand_for_what_is_large(many):
    text = repr(many)
    assert len(text) < 2000
    assert "rows=<DataFrame 5000 x 2>, values=<ndarray 7 x 3>, texts=<8 str>, known=<999 entries>" in text
    assert "hidden" not in text
    assert repr(Many("a\u202eb", many.rows, many.values, (), {})).startswith("Many(name='a\\\\u202eb'")


def test_a_list_of_results_names_the_first_and_counts_the_others(many):
    found = Results([many] * 500)
    assert len(repr(found)) <= 2000
    assert "... and 498 more" in repr(found)
    assert found == [many] * 500
    assert isinstance(found, list)
    assert "497 more are not shown" in found._repr_html_()
    assert repr(Results()) == "[]"
