"""Progress reaches a listener, and only inside its block."""

from genorx._core.progress import listening, track


def test_a_listener_hears_each_step():
    heard = []
    with listening(lambda task, done, total: heard.append((task, done, total))):
        assert list(track("ab", "letters", total=2)) == ["a", "b"]
    list(track("c", "letters"))
    assert heard == [("letters", 0, 2), ("letters", 1, 2), ("letters", 2, 2)]
