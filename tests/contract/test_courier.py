"""The courier: connections go to the address that was judged, and answers are read in part."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rushes.notify import courier as courier_of
from rushes.notify.address import Target, UrlBlocked, parse_target
from rushes.notify.courier import MAX_ANSWER_BYTES, Courier
from tests.support.moments import until

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEADERS = {"content-type": "application/json"}


@dataclass(slots=True)
class Host:
    """A host of loopback that answers with given bytes, one after another; empty ones hang up."""

    answers: Sequence[bytes]
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: int = 0

    @property
    def place(self) -> str:
        """What the operator would allow."""
        return f"inside.example:{self.port}"

    def target(self) -> Target:
        """Return the address that a person chose: a name of this host."""
        return parse_target(f"http://{self.place}/hook?a=1", {self.place})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                told = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                await reader.readexactly(int(told[b"content-length"]))
                self.heads.append(head)
                answer = self.answers[min(len(self.heads), len(self.answers)) - 1]
                writer.write(answer)
                await writer.drain()
                if not answer or b"Connection: close" in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def hosting(*answers: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[Host]:
    """Answer meanwhile."""
    host = Host(answers)
    server = await asyncio.start_server(host.answer, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()


class Resolver:
    """Says where names lead, each time something else; it counts how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return list(self.answers[min(self.asked, len(self.answers)) - 1])


@pytest.mark.covers("BG-75")
@pytest.mark.parametrize(
    "answers",
    [
        (["127.0.0.1"],),
        (["93.184.216.34", "127.0.0.1"],),
        (["::ffff:127.0.0.1"],),
        (["169.254.169.254"],),
        (["not an address"],),
    ],
    ids=["inside", "one of two", "mapped", "metadata", "nonsense"],
)
async def test_a_name_that_leads_inside_is_not_called(answers: Sequence[Sequence[str]]) -> None:
    """If any of its addresses is not public, nothing is connected to."""
    async with hosting(PLAIN) as host:
        target, resolver = host.target(), Resolver(*answers)

        async with Courier(look_up=resolver) as courier:
            with pytest.raises(UrlBlocked):
                await courier.post(target, HEADERS, b"{}")

    assert (1, 0) == (resolver.asked, host.connections)


@pytest.mark.covers("BG-75")
async def test_a_resolver_that_changes_its_answer_is_asked_once_for_each_attempt() -> None:
    """The address that was judged is the one that is called: a second answer is never used."""
    async with hosting(PLAIN) as host:
        resolver = Resolver(["192.0.2.1"], ["93.184.216.34"], ["127.0.0.1"])
        async with Courier(look_up=resolver) as courier:
            with pytest.raises(UrlBlocked):
                await courier.post(host.target(), HEADERS, b"{}")

    assert (1, 0) == (resolver.asked, host.connections)


async def test_a_connection_is_kept_and_goes_to_the_address_that_was_judged() -> None:
    """One look-up for a burst; the host that is named is told, and the path with its question."""
    async with hosting(PLAIN) as host:
        resolver = Resolver(["127.0.0.1"])
        async with Courier({host.place}, look_up=resolver) as courier:
            told = [await courier.post(host.target(), HEADERS, b"{}") for _ in range(3)]

    assert [(200, b"ok")] * 3 == [(one.status, one.body) for one in told]
    assert (1, 1, 3) == (resolver.asked, host.connections, len(host.heads))
    assert host.heads[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\nhost: " + host.place.encode())


@pytest.mark.parametrize(
    ("answer", "status", "begins"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
            302,
            b"",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\nno more", 410, b"no more"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 2 * MAX_ANSWER_BYTES,
            200,
            b"xxxx",
        ),
    ],
    ids=["nothing", "redirect", "interim", "chunked", "until the end", "too long"],
)
async def test_any_answer_is_read_as_far_as_it_matters(
    answer: bytes, status: int, begins: bytes
) -> None:
    """And the next request gets its own."""
    async with hosting(answer, PLAIN) as host, _calling(host) as courier:
        told = await courier.post(host.target(), HEADERS, b"{}")
        following = await courier.post(host.target(), HEADERS, b"{}")

    assert status == told.status
    assert told.body.startswith(begins)
    assert len(told.body) <= MAX_ANSWER_BYTES
    assert (200, b"ok") == (following.status, following.body)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2 * MAX_ANSWER_BYTES,
    ],
    ids=["hangs up", "another protocol", "upgrades", "a head without end"],
)
async def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    """The attempt has failed; nothing hangs."""
    async with hosting(answer) as host, _calling(host) as courier:
        with pytest.raises(ConnectionError):
            await courier.post(host.target(), HEADERS, b"{}")


async def test_a_kept_connection_that_has_ended_is_opened_anew() -> None:
    """The receiver may have been started anew between two events."""
    async with hosting(PLAIN, b"", PLAIN) as host, _calling(host) as courier:
        await courier.post(host.target(), HEADERS, b"{}")
        told = await courier.post(host.target(), HEADERS, b"{}")

    assert (200, 2, 3) == (told.status, host.connections, len(host.heads))


async def test_a_kept_connection_is_let_go_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether or not its place is called again."""
    monkeypatch.setattr(courier_of, "KEEP_SECONDS", 0.05)
    async with hosting(PLAIN) as host, _calling(host) as courier:
        await courier.post(host.target(), HEADERS, b"{}")
        await until(lambda: not host.open, what="the line being let go")

    assert 1 == host.connections


async def test_nobody_there_is_an_error() -> None:
    """Each address of the name is tried in turn."""
    async with hosting(PLAIN) as host:
        target = host.target()
    resolver = Resolver(["127.0.0.1", "127.0.0.2"])
    async with Courier({host.place}, look_up=resolver) as courier:
        with pytest.raises(OSError, match=r"refused|failed"):
            await courier.post(target, HEADERS, b"{}")


def _calling(host: Host) -> Courier:
    return Courier({host.place}, look_up=Resolver(["127.0.0.1"]))


@pytest.mark.covers("BG-75")
@pytest.mark.parametrize("name", ["inside.example", "elsewhere.example"])
async def test_tls_is_checked_against_the_name(tmp_path: Path, name: str) -> None:
    """Whatever address it leads to; a certificate of another name is none."""
    served, trusted = certify(tmp_path, name)
    async with hosting(PLAIN, tls=served) as host:
        target = parse_target(f"https://{host.place}/hook", {host.place})
        async with Courier({host.place}, Resolver(["127.0.0.1"]), trusted) as courier:
            if name == "inside.example":
                told = [await courier.post(target, HEADERS, b"{}") for _ in range(2)]
                assert [200, 200] == [one.status for one in told]
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await courier.post(target, HEADERS, b"{}")

    assert (2 if name == "inside.example" else 0) == len(host.heads)


def certify(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what serves as a name, and what trusts nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .issuer_name(subject)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, secret)
    return served, ssl.create_default_context(cafile=str(certificate))
