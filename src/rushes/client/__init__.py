"""The SDK: files in and out of a Rushes server, from any Python program.

from rushes.client import Rushes

    rushes = Rushes("https://media.example.com", token="rsh_pat_...")
    asset = rushes.upload("interview_4k.mov", project="acme/spring").wait_until_playable()
"""

from __future__ import annotations

from rushes.client.answers import Asset, AsyncAsset, CreatedLink, Download, Sent, Upload
from rushes.client.failures import (
    Cancelled,
    ClientFailure,
    FileChanged,
    Refused,
    Unreachable,
    WrongDigest,
)
from rushes.client.pace import Rate
from rushes.client.sdk import AsyncRushes, Rushes
from rushes.client.stop import Stop
from rushes.client.webhook import WrongSignature, verify_webhook

__all__ = [
    "Asset",
    "AsyncAsset",
    "AsyncRushes",
    "Cancelled",
    "ClientFailure",
    "CreatedLink",
    "Download",
    "FileChanged",
    "Rate",
    "Refused",
    "Rushes",
    "Sent",
    "Stop",
    "Unreachable",
    "Upload",
    "WrongDigest",
    "WrongSignature",
    "verify_webhook",
]
