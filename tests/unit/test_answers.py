"""What the API keeps of its answers."""

from api.answers import Answers


def test_the_newest_version_of_a_question_is_kept() -> None:
    answers = Answers(100)
    assert answers.get("a") == ("", b"")
    answers.keep("a", "1", b"one")
    answers.keep("a", "2", b"two")
    assert answers.get("a") == ("2", b"two")


def test_those_not_asked_for_longest_make_room() -> None:
    answers = Answers(10)
    for name in ("a", "b", "c"):
        answers.keep(name, "1", b"xxx")
    assert answers.get("a")[1]
    answers.keep("d", "1", b"xxx")
    assert [name for name in "abcd" if answers.get(name)[1]] == ["a", "c", "d"]


def test_what_is_replaced_gives_its_room_back() -> None:
    answers = Answers(10)
    for version in range(20):
        answers.keep("a", str(version), b"x" * (version % 5 + 1))
        answers.keep("b", str(version), b"xxxx")
    assert answers.get("a")[0] == answers.get("b")[0] == "19"


def test_what_is_too_large_is_not_kept() -> None:
    answers = Answers(3)
    answers.keep("a", "1", b"xxx")
    answers.keep("a", "2", b"xxxx")
    assert answers.get("a") == ("", b"")
    Answers(0).keep("a", "1", b"x")
