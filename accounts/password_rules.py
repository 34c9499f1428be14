"""Which passwords may be chosen: any 8 to 1024 characters that are not among the first that a guesser tries.

No kind of character is asked for. How many guesses a password takes is estimated by zxcvbn: common passwords and words,
also with digits and signs for letters, rows of keys, repetitions, dates, and words about its owner.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from accounts.passwords import MOST_CHARACTERS
from sigmasight.errors import UserError

FEWEST_CHARACTERS = 8
FEWEST_GUESSES = 100_000_000
"""How many guesses a password must withstand; the hashes are slow, and logins are throttled."""

# what is longer is hard enough by then, or repeats itself; the estimate takes ever longer
_MOST_LOOKED_AT = 72


def check_new_password(password: str, *, about: Iterable[str | None], environment: str) -> None:
    """Raise UserError where a password may not be chosen.

    `about`: names and addresses of its owner. In the environment `development` any password will do, so that demo
    accounts can have ones that everybody knows.
    """
    if not password or len(password) > MOST_CHARACTERS:
        raise UserError(f"A password has 1 to {MOST_CHARACTERS} characters.")
    if "\x00" in password:
        raise UserError("A password cannot hold a NUL character.")
    if environment == "development":
        return
    if len(password) < FEWEST_CHARACTERS:
        raise UserError(f"A password needs at least {FEWEST_CHARACTERS} characters; any characters will do.")
    if password.lower() in _common() or guesses(password, about) < FEWEST_GUESSES:
        raise UserError(
            "This password is too easy to guess: it is a common one, or made of common words, rows of keys, dates, "
            "your name or your address. Four words that have nothing to do with each other are a good password."
        )


def guesses(password: str, about: Iterable[str | None] = ()) -> float:
    """How many guesses a password takes, about."""
    # the library takes a while to import
    from zxcvbn import zxcvbn

    owner = list(_words_in([*about, "sigmasight", "sigma sight"]))
    return float(zxcvbn(password[:_MOST_LOOKED_AT], user_inputs=owner)["guesses"])


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def _words_in(texts: Iterable[str | None]) -> Iterator[str]:
    for text in texts:
        for word in re.split(r"[\W_]+", (text or "").lower()):
            if len(word) >= 3:
                yield word
