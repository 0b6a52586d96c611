"""Which passwords are taken: long ones that nobody guesses first.

Rules of this file:
1. 12 to 256 characters, of any kind; none is asked for (NIST SP 800-63B, section 3.1.1.2).
2. What is a common word with digits, signs and swapped letters around it is refused, once or
   repeated; so is what runs along the alphabet, the digits or a keyboard, and what has few
   different characters. That holds every password of at least 12 characters on the usual lists.
3. One's own mail address is no password.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from rushes.errors import Kind, RushesError

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 256
MIN_DIFFERENT: Final = 5
RUN: Final = 4
"""Neighbours on a row that count as running along it."""

ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujm",
    "q1w2e3r4t5y6u7i8o9p0",
)

_TEXT: Final = """
abcd access account admin administrator alexander amanda america andrew angel anthony apple
arsenal ashley august austin autumn banana barcelona baseball basketball batman battery
beautiful benjamin blink bond brandon bubbles buster butterfly camera change changeme charlie
cheese chelsea chocolate christian christopher company computer cookie correct
correcthorsebatterystaple corvette cowboys dallas daniel december default demo diamond dragon
editor elephant eminem english everton external family february ferrari film flower football
forever freedom friends ginger godisgood google guest guitar hannah happy harley heaven hello
hockey horse hunter iloveu iloveyou internal internet jackson january jasmine jennifer jessica
jesus jordan joshua justin keyboard killer king lakers legend letmein linkedin liverpool login
london love lovely madison manager manchester march master matrix matthew maverick media melissa
mercedes michael michelle mickey minecraft monday monkey monster motherlode mustang naruto
newyork nicholas nicole nintendo nothing november october office okay oracle orange panties pass
passphrase passport passw password patrick peanut pepper phoenix please pokemon porsche princess
private purple qwerty rainbow ranger rangers rapture root rush rushes samantha samsung scooby
secret security september server service shadow shannon soccer sophie spiderman spring staple
starwars steelers student summer sunflower sunshine super superadmin superman support sweet
system tennis test tester testing thomas tigger tinkerbell trustno twitter unknown user username
vanessa victoria video welcome whatever william windows winter wizard world yankees yellow
zxcvbnm
"""

WORDS: Final = frozenset(_TEXT.split())
"""Words that common passwords are made of."""

_LEET: Final = str.maketrans("013457@$!", "oleastasi")
_SIGNS: Final = re.compile(r"[^a-z]+")
_ENDS: Final = re.compile(r"^[^a-z]+|[^a-z]+$")


class BadPassword(RushesError):
    """The password is too short, too long, or too easily guessed."""

    code = "account.bad_password"
    kind = Kind.UNUSABLE


def check_password(password: str, email: str) -> None:
    """Return if a password may be taken for the account with this mail address.

    Raises:
        BadPassword: the sentence says why not.
    """
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise BadPassword(
            f"A password has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters; "
            "a few words that belong together only for you are good."
        )
    folded = unicodedata.normalize("NFKC", password).casefold()
    if folded == email.casefold() or _is_guessable(folded):
        raise BadPassword("Many people guess this password early. Take a few unusual words.")


def _is_guessable(folded: str) -> bool:
    if len(set(folded)) < MIN_DIFFERENT or _runs_along_rows(folded):
        return True
    bare = _SIGNS.sub("", folded)
    swapped = _SIGNS.sub("", _ENDS.sub("", folded).translate(_LEET))
    return any(_is_made_of_words(letters) for letters in (bare, swapped))


def _is_made_of_words(letters: str) -> bool:
    """Say whether at most two different common words, however often, make up all letters."""
    for word in sorted(WORDS, key=len, reverse=True):
        rest = letters.replace(word, "")
        if rest != letters and (len(rest) <= 1 or rest.replace(_start(rest), "") == ""):
            return True
    return False


def _start(letters: str) -> str:
    """Return the longest common word that letters begin with, or one more than all of them."""
    starts = [word for word in WORDS if letters.startswith(word)]
    return max(starts, key=len, default=f"{letters}+")


def _runs_along_rows(folded: str) -> bool:
    """Say whether all but a few characters are neighbours on some row, in either direction."""
    rows = [*ROWS, *(row[::-1] for row in ROWS)]
    place = 0
    left_over = 0
    while place < len(folded):
        steps = max(_count_neighbours(folded[place:], row) for row in rows)
        if steps >= RUN:
            place += steps
        else:
            place += 1
            left_over += 1
    return left_over < RUN


def _count_neighbours(text: str, row: str) -> int:
    """Return how many characters from the start of text stand in this order on a row."""
    count = 0
    while count < len(text) and text[: count + 1] in row:
        count += 1
    return count
