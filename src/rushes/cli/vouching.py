"""The provider of identities as `rushes doctor` sees it: does it answer, and as it has to."""

from __future__ import annotations

import asyncio

from rushes.access.provider import Provider
from rushes.access.vouching import CALLBACK
from rushes.cli.finding import Finding
from rushes.clock import SYSTEM
from rushes.settings import Settings


def examine_provider(settings: Settings) -> Finding:
    """Say whether people can log in by the provider of identities.

    Raises:
        ProviderAway: it does not answer as it should.
    """
    if settings.oidc.issuer is None:
        return Finding("log-in", is_well=True, found="by password")
    lacks = asyncio.run(Provider(settings.oidc, SYSTEM).examine())
    if lacks:
        found = f"{settings.oidc.issuer} has {', '.join(lacks)}"
        advice = "Ask whoever runs it: without these nobody can log in by it."
        return Finding("log-in", is_well=False, found=found, advice=advice)
    advice = f"It has to know the address {settings.public_url}{CALLBACK}."
    found = f"by password, or by {settings.oidc.issuer}"
    return Finding("log-in", is_well=True, found=found, advice=advice)
