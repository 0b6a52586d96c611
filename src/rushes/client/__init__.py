"""The SDK: files in and out of a Rushes server, from any Python program.

from rushes.client import Rushes

    rushes = Rushes("https://media.example.com", token="rsh_pat_...")
    asset = rushes.upload("interview_4k.mov", project="acme/spring").wait_until_playable()
"""

from __future__ import annotations

from rushes.client.answers import Asset, CreatedLink, Download, Upload
from rushes.client.failures import ClientFailure, Refused, Unreachable, WrongDigest
from rushes.client.sdk import Rushes

__all__ = [
    "Asset",
    "ClientFailure",
    "CreatedLink",
    "Download",
    "Refused",
    "Rushes",
    "Unreachable",
    "Upload",
    "WrongDigest",
]
