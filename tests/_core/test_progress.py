"""Progress reaches a listener, and only inside its block."""

import inspect

from genorx._core.progress import listening, track, with_progress


def test_a_listener_hears_each_step():
    heard = []
    with listening(lambda task, done, total: heard.append((task, done, total))):
        assert list(track("ab", "letters", total=2)) == ["a", "b"]
    list(track("c", "letters"))
    assert heard == [("letters", 0, 2), ("letters", 1, 2), ("letters", 2, 2)]


def test_a_method_takes_a_function_that_is_told_of_each_step():
    @with_progress
    def work(items):
        return list(track(items, "letters", total=2))

    heard = []
    assert work("ab", progress=lambda *step: heard.append(step)) == ["a", "b"]
    assert heard == [("letters", 0, 2), ("letters", 1, 2), ("letters", 2, 2)]
    assert work("ab", progress=True) == ["a", "b"]
    assert work("ab") == ["a", "b"]
    assert "progress" in inspect.signature(work).parameters
