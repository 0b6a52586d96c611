"""Log-ins by a provider of identities: a hall that has one, a real provider, and one that lies."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from rushes.access.vouching import CALLBACK, LEFT, open_vouching
from rushes.access_section import OidcSettings
from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.http import oidc
from rushes.http.auth import Callers
from rushes.settings import Settings
from tests.support.entrance import HOST, Hall, build_hall
from tests.support.peers import CLIENTS, find_module
from tests.support.programs import require_programs

CLIENT_ID = "rushes"
SECRET = "a secret that nobody guesses"
REDIRECT_URI = f"{HOST}{CALLBACK}"
STEPS = 15


def build_vouched_hall(
    database: Database, clock: Clock, folder: Path, issuer: str | None, **settings: Any
) -> Hall:
    """Put access together with a provider of identities."""
    told = {"issuer": issuer, "client_id": CLIENT_ID, "client_secret": SECRET, **settings}
    chosen = Settings(oidc=OidcSettings.model_validate(told))
    hall = build_hall(database, clock, chosen, folder)
    vouching = open_vouching(chosen, hall.entrance.door)
    hall.app.include_router(oidc.routes(vouching, Callers(hall.access, chosen)))
    return hall


@contextmanager
def real_provider() -> Iterator[str]:
    """Run `oidc-provider`, unmodified; give its issuer."""
    require_programs("nodejs", "node")
    find_module("oidc-provider")
    command = ["node", str(CLIENTS / "oidc.mjs"), REDIRECT_URI, f"{HOST}{LEFT}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.kill()


async def leave(visitor: httpx.AsyncClient, following: str = "") -> str:
    """Press the button of the log-in page; return where it leads."""
    answer = await visitor.get("/login/oidc", params={"next": following})
    assert 303 == answer.status_code, answer.text
    return answer.headers["Location"]


async def agree(there: str, who: str) -> str:
    """Log in at the provider as a person does; return the address that it leads back to."""
    async with httpx.AsyncClient(trust_env=False, timeout=90) as browser:
        answer = await browser.get(there)
        for _ in range(STEPS):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["Location"])
                if there.startswith(REDIRECT_URI):
                    return there.removeprefix(HOST)
                answer = await browser.get(there)
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            if action is None or prompt is None:
                break
            form = {"prompt": prompt[1], "login": who, "password": "any"}
            answer = await browser.post(urljoin(str(answer.url), action[1]), data=form)
    raise AssertionError("The provider leads nowhere.")


@dataclass(slots=True)
class Forged:
    """A provider that says what a test tells it; `asked` counts the calls of each address."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    shown: list[RSAKey] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    tokens: Callable[[dict[str, str]], tuple[int, bytes]] | None = None
    asked: list[str] = field(default_factory=list)

    def renew(self) -> None:
        """Be as at first."""
        self.shown, self.asked, self.tokens = [], [], None
        self.document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def claims(self, nonce: str, seconds: float, **others: Any) -> dict[str, Any]:
        """Return what a token says that has to be believed."""
        known: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "one", "nonce": nonce}
        known |= {"iat": int(seconds), "exp": int(seconds) + 300}
        return known | {"email": "ada@example.org", "email_verified": True} | others

    def sign(self, claims: dict[str, Any], key: RSAKey | None = None) -> str:
        """Return a token with a good signature."""
        chosen = key or self.key
        return jwt.encode({"alg": "RS256", "kid": chosen.kid}, claims, chosen)

    def say(self, token: str) -> None:
        """Answer every code with this ID token."""
        body = json.dumps({"access_token": "any", "token_type": "Bearer", "id_token": token})
        self.tokens = lambda _: (200, body.encode())

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body of an address."""
        self.asked.append(path)
        if path == "/token" and self.tokens is not None:
            return self.tokens(form)
        keys: list[Key] = [*(self.shown or [self.key])]
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": self.document,
            "/keys": KeySet(keys).as_dict(),
        }
        found = documents.get(path)
        return (404, b"{}") if found is None else (200, json.dumps(found).encode())


@contextmanager
def forged_provider() -> Iterator[Forged]:
    """Run a provider that lies."""
    forged = Forged()

    class Speaker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply({name: values[0] for name, values in parse_qs(text).items()})

        def reply(self, form: dict[str, str]) -> None:
            status, body = forged.answer(urlsplit(self.path).path, form)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{forged.issuer}/keys")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            del words

    with ThreadingHTTPServer(("127.0.0.1", 0), Speaker) as server:
        forged.issuer = f"http://127.0.0.1:{server.server_port}"
        forged.renew()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield forged
        finally:
            server.shutdown()
            thread.join()


def read_asked(there: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
