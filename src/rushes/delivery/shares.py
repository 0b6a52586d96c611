"""What hands out, put together: shares with their visits and logos, and what serves addresses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rushes.access.keys import Ring
from rushes.access.linking import Linking
from rushes.access.logos import Logos
from rushes.access.rates import Rates
from rushes.delivery.download import Downloading
from rushes.delivery.playback import Playing
from rushes.delivery.serve import Server
from rushes.delivery.sharing import Sharing
from rushes.delivery.sign import Signer
from rushes.delivery.standing import Standing
from rushes.delivery.visiting import Visiting
from rushes.renditions.ordering import Ordering
from rushes.renditions.wishing import Wishing
from rushes.sections import DeliverySettings

PURPOSE: Final = "delivery"
"""What the signing key is derived for."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What the routes and pages of shares ask."""

    sharing: Sharing
    visiting: Visiting
    logos: Logos


def build_shares(
    linking: Linking,
    ordering: Ordering,
    signer: Signer,
    signing: Ring,
    settings: DeliverySettings,
) -> Shares:
    """Put them together; shares and upload links seal, hash and find projects alike."""
    database, clock = linking.database, linking.clock
    return Shares(
        sharing=Sharing(
            database, clock, linking.settings, linking.sealer, linking.hashing, linking.places
        ),
        visiting=Visiting(
            database=database,
            clock=clock,
            signing=signing,
            hashing=linking.hashing,
            rates=Rates(database, clock),
            playing=Playing(database, clock, signer, settings, ordering),
            downloading=Downloading(database, clock, signer, settings, ordering),
        ),
        logos=Logos(database, clock),
    )


def build_server(linking: Linking, signer: Signer, segments: Path) -> Server:
    """Return what serves signed addresses while the share or the account stands."""
    database, clock = linking.database, linking.clock
    wishing = Wishing(database, clock, segments)
    return Server(database, clock, signer, wishing, Standing(database, clock).require)


def build_signer(signing: Ring) -> Signer:
    """Return what signs addresses with the newest key, and believes older ones."""
    newest, older = signing.newest, signing.keys[:-1]
    return Signer(newest.derive(PURPOSE), newest.id, {key.id: key.derive(PURPOSE) for key in older})
