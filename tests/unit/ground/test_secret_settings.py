"""Each secret that people are asked for is explained where they look for it."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from rushes.settings import Settings
from tests.support.house import HOUSE

PAGE = HOUSE / "docs" / "howto" / "keep-secrets.md"


def list_secrets(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the names of settings that are secret, as the page writes them."""
    for name, about in model.model_fields.items():
        for kind in _flatten(about.annotation):
            if kind is SecretStr:
                yield f"{before}{name}"
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                many = f"{before}{name}.NAME." if name in {"stores", "prices"} else None
                yield from list_secrets(kind, many or f"{before}{name}.")


def _flatten(annotation: Any) -> Iterator[Any]:
    inner = get_args(annotation)
    if isinstance(annotation, UnionType) or inner:
        for each in inner:
            yield from _flatten(each)
    else:
        yield annotation


def test_every_secret_setting_says_what_to_put_there() -> None:
    """With its name in the environment."""
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): row[1].strip("`") for row in rows}
    secrets = [*list_secrets(Settings)]

    assert {"mail.password", "stores.NAME.secret_key", "admin_password"} <= set(secrets)
    assert [] == [name for name in secrets if name not in told]
    assert [] == [
        name
        for name, variable in told.items()
        if variable != f"RUSHES_{name.replace('.', '_').upper()}"
    ]
