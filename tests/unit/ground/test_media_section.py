"""What encodes films is one of those that are known."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rushes.media.encoder import Encoder
from rushes.media_section import MediaSettings


def test_x264_encodes_where_nobody_says_otherwise() -> None:
    """It is everywhere."""
    assert "software" == MediaSettings().encoder


@pytest.mark.parametrize("encoder", Encoder)
def test_every_encoder_can_be_set(encoder: Encoder) -> None:
    """By the word that the recipe bears."""
    assert encoder.value == MediaSettings.model_validate({"encoder": encoder.value}).encoder


def test_an_unknown_encoder_is_refused() -> None:
    """No film is made by what nobody knows."""
    with pytest.raises(ValidationError):
        MediaSettings.model_validate({"encoder": "fpga"})
