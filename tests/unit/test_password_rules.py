"""Which passwords may be chosen."""

import random
import string

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from accounts.password_rules import check_new_password, guesses
from sigmasight.errors import UserError

ABOUT = ("ann.lindqvist@example.com", "alindqvist", "Ann Lindqvist-Moreau", None)


def is_refused(password: str, environment: str = "production") -> bool:
    try:
        check_new_password(password, about=ABOUT, environment=environment)
    except UserError:
        return True
    return False


EASY = """
password Password1 P@ssw0rd! passw0rd123 drowssap password2026! Summer2025! Winter2024# qwertyuiop 1qaz2wsx q1w2e3r4t5
1qaz@WSX zaq12wsx qazwsxedc asdfghjkl; 12345678 1234567890 987654321 11111111 00000000 147258369 789456123 25802580
abcd1234 abcdefgh a1b2c3d4 aabbccdd abababab gn56gn56 iloveyou letmein1 trustno1 monkey12 dragon99 sunshine
michael1987 football7 baseball! superman liverpool1 elizabet starwars 01011980 31121999 19800101 ghbdtnghbdtn
fktrcfylh lindqvist Lindqvist1! moreau2026 annlindqvist sigmasight SigmaSight1 s1gm4s1ght
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
"""


@pytest.mark.parametrize("password", EASY.split())
def test_the_first_that_a_guesser_tries(password: str) -> None:
    assert is_refused(password)


def test_a_pattern_is_no_better_for_being_long() -> None:
    for password in ("password" * 100, "a" * 1024, "abc123" * 50, "qwerty" * 20):
        assert is_refused(password)


@pytest.mark.parametrize(
    "password",
    [
        "four grey geese at the lake",
        "correct horse battery staple",
        "quvizefo",
        "k8#vQz2!",
        "пароль-на-озере",
        "密码在湖边的灰鹅",
        "   spaces count too, all of them   ",
        "x7" + "lantern under the bridge" * 2,
        "qvzpkw" * 1 + "48" + "tjm",
        "m" + "zkqvxw" * 170 + "abc",
    ],
)
def test_any_characters_will_do(password: str) -> None:
    assert 8 <= len(password) <= 1024
    check_new_password(password, about=ABOUT, environment="production")


def test_random_passwords_are_accepted() -> None:
    chance = random.Random(3)
    for letters, length, most in (
        (string.ascii_lowercase, 10, 0),
        (string.ascii_letters + string.digits, 12, 0),
        (string.digits, 16, 1),
        (string.printable[:94], 10, 0),
    ):
        found = ["".join(chance.choices(letters, k=length)) for _ in range(50)]
        assert sum(is_refused(password) for password in found) <= most, (letters, length)


def test_length() -> None:
    assert is_refused("qvzpkw4") and not is_refused("qvzpkw48")
    assert is_refused("") and is_refused("q" * 1025) and is_refused("qvzpkw\x0048t")


def test_words_about_the_owner() -> None:
    assert guesses("lindqvist77", ABOUT) < guesses("lindqvist77")
    assert is_refused("Lindqvist1987!")


def test_in_development_any_will_do() -> None:
    for password in ("demo123", "x", "password"):
        assert not is_refused(password, "development")
    assert is_refused("", "development") and is_refused("x\x00", "development")


def test_errors_are_for_people() -> None:
    for password in ("short", "password123"):
        with pytest.raises(UserError) as caught:
            check_new_password(password, about=(), environment="production")
        assert password not in caught.value.message and caught.value.message.endswith(".")


def test_common_passwords_are_refused() -> None:
    lists = FREQUENCY_LISTS["passwords"]
    assert len(lists) > 3000
    assert all(is_refused(password) for password in list(lists)[:3000])
