"""Which passwords are taken."""

from __future__ import annotations

import pytest

from rushes.access.password import BadPassword, check_password

EMAIL = "ada.lovelace@example.org"


@pytest.mark.covers("M-AD-02", "BG-94")
@pytest.mark.parametrize(
    "password",
    [
        "seven ferns in a lift",
        "9f3k$72hd!1x",
        "\u30d1\u30b9\u30ef\u30fc\u30c9\u306f\u79d8\u5bc6\u3067\u3059\u3088\u306d",
        "x" * 6 + "abcd ef gh ij",
        "xk7 " * 63 + "zzzz",
        "purple ferns in march",
    ],
)
def test_a_long_password_of_ones_own_is_taken(password: str) -> None:
    """No class of characters is asked for; a common word among others is no fault."""
    check_password(password, EMAIL)


@pytest.mark.parametrize("password", ["", "seven ferns", "x7k " * 64 + "1"])
def test_too_short_and_too_long_are_refused(password: str) -> None:
    """12 is the least, 256 the most."""
    with pytest.raises(BadPassword, match="12 to 256"):
        check_password(password, EMAIL)


@pytest.mark.covers("BG-94")
@pytest.mark.parametrize(
    "password",
    [
        *("password1234", "Password123!", "P@ssw0rd2024", "Passw0rd!2024", "passwordpassword"),
        *("letmeinletmein", "iloveyou12345", "welcomewelcome1", "administrator", "admin@admin123"),
        *("Summer2024!!!", "correcthorsebatterystaple", "monkeymonkey99", "minecraft12345"),
        *("123456789012", "qwertyuiop12", "1q2w3e4r5t6y", "1qaz2wsx3edc", "abcdefghijkl"),
        *("zyxwvutsrqpo", "0987654321098", "qwertyuiopasdfghjkl", "aaaaaaaaaaaa", "abababababab"),
        *("passwordadmin", "11111password", "QAZWSXEDCRFV", EMAIL, EMAIL.upper()),
    ],
)
def test_what_many_people_take_is_refused(password: str) -> None:
    """Words with digits around them, runs along a keyboard, one sign again and again."""
    with pytest.raises(BadPassword, match="guess"):
        check_password(password, EMAIL)
