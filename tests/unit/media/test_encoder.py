"""What each encoder is told, and by which word of the recipe it is known."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rushes.media.encoder import (
    DEVICES,
    PROGRAM_NAMES,
    Encoder,
    coding_arguments,
    device_arguments,
    encoder_of,
    hardware_of,
    last_steps,
    word_of,
)
from rushes.media.ladder import plan_ladder
from rushes.media.recipe import version_of

RUNG = plan_ladder(1920, 1080, Fraction(25))[-1]
HARDWARE = sorted(set(Encoder) - {Encoder.SOFTWARE})


def told(arguments: list[str], name: str) -> str:
    """Return what follows an option."""
    return arguments[arguments.index(name) + 1]


@pytest.mark.parametrize("encoder", Encoder)
def test_the_recipe_names_what_encodes(encoder: Encoder) -> None:
    """There and back; the version stays what it is."""
    word = word_of(encoder)

    assert encoder is encoder_of(word) is encoder_of(f"{word}-log_slog3")
    assert "r1" == version_of(word)
    assert (encoder is Encoder.SOFTWARE) is (word == "r1")


@pytest.mark.parametrize("word", ["r1", "r1-log_nvenc", "r2-pq", "r1-software"])
def test_other_words_name_no_hardware(word: str) -> None:
    """A table of colours may have any name."""
    assert Encoder.SOFTWARE is encoder_of(word)


@pytest.mark.parametrize("encoder", Encoder)
def test_every_encoder_keeps_the_rates_of_its_rung(encoder: Encoder) -> None:
    """Its ceiling, its buffer, its profile; no key frame that nobody asked for."""
    arguments = coding_arguments(encoder, RUNG)

    assert PROGRAM_NAMES[encoder] == told(arguments, "-c:v")
    assert ["5500000", "11000000"] == [told(arguments, name) for name in ("-maxrate", "-bufsize")]
    assert ("high", "600") == (told(arguments, "-profile:v"), told(arguments, "-g"))
    assert told(arguments, "-level") in {"4.0", "40"}
    assert arguments.count("-c:v") == 1


@pytest.mark.parametrize("encoder", HARDWARE)
def test_hardware_lets_no_picture_wait(encoder: Encoder) -> None:
    """And is let into the box with its devices alone."""
    assert "0" == told(coding_arguments(encoder, RUNG), "-bf")
    assert DEVICES[encoder]
    assert all(path.startswith(("/dev/", "/sys/")) for path in DEVICES[encoder])


def test_x264_has_pictures_that_wait_only_at_a_constant_rate() -> None:
    """Where steps vary, nobody could say for how long."""
    assert "-bf" not in coding_arguments(Encoder.SOFTWARE, RUNG, threads=2)
    assert "0" == told(coding_arguments(Encoder.SOFTWARE, RUNG, is_even=False), "-bf")
    assert "2" == told(coding_arguments(Encoder.SOFTWARE, RUNG, threads=2), "-threads")
    assert () == DEVICES[Encoder.SOFTWARE]


@pytest.mark.parametrize(
    ("encoder", "device", "steps"),
    [
        (Encoder.SOFTWARE, [], ["format=yuv420p"]),
        (Encoder.NVENC, [], ["format=yuv420p"]),
        (Encoder.QSV, ["-init_hw_device", "qsv=hw"], ["format=nv12"]),
        (
            Encoder.VAAPI,
            ["-vaapi_device", "/dev/dri/renderD128"],
            ["format=nv12", "hwupload"],
        ),
    ],
)
def test_pictures_come_as_an_encoder_takes_them(
    encoder: Encoder, device: list[str], steps: list[str]
) -> None:
    """In the memory in which it looks for them."""
    assert device == device_arguments(encoder)
    assert steps == last_steps(encoder)


@pytest.mark.parametrize("encoder", HARDWARE)
def test_hardware_is_read_from_a_word(encoder: Encoder) -> None:
    """Software has no name of hardware."""
    assert encoder.value == hardware_of(word_of(encoder))
    assert hardware_of(word_of(Encoder.SOFTWARE)) is None
