"""OPTIONS: what the server can do, and which pages may ask it."""

from __future__ import annotations

from tests.support.receiving import TUS, Receiving, Sender


async def test_options_tells_what_the_server_can_do(sender: Sender) -> None:
    """204, without asking for a version."""
    answer = await sender.http.options(sender.files)

    told = {name: answer.headers.get(name) for name in answer.headers if name.startswith("tus-")}
    assert 204 == answer.status_code
    assert {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": (
            "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum,"
            "checksum-trailer,concatenation,concatenation-unfinished"
        ),
        "tus-max-size": str(100 * 2**30),
        "tus-checksum-algorithm": "sha1,sha256,md5,crc32,crc32c,sha512",
    } == told


async def test_options_of_an_upload_ignores_the_version(sender: Sender) -> None:
    """The specification says so."""
    url = await sender.begin(10)

    answer = await sender.http.options(url, headers={"Tus-Resumable": "0.1"})

    assert (204, "1.0.0") == (answer.status_code, answer.headers["Tus-Version"])


async def test_options_of_a_link_tells_its_own_limit(house: Receiving) -> None:
    """The smaller of the server's and the link's."""
    sender = await house.sender(max_file_bytes=1_000)

    answer = await sender.http.options(sender.files)

    assert "1000" == answer.headers["Tus-Max-Size"]


async def test_any_page_may_send_through_a_link(house: Receiving) -> None:
    """A preflight is answered, and every tus header may be read, of errors too."""
    sender = await house.sender()
    origin = {"Origin": "https://client.example"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "tus-resumable, upload-offset, content-type",
    }

    preflight = await sender.http.options(sender.files, headers=asked)
    created = await sender.http.post(sender.files, headers={**TUS, **origin, "Upload-Length": "10"})
    refused = await sender.http.post(sender.files, headers={**TUS, **origin})

    assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("tus-resumable", "upload-offset", "content-type"))
    answers = [preflight, created, refused]
    assert ["*"] * 3 == [answer.headers["Access-Control-Allow-Origin"] for answer in answers]
    for answer in (created, refused):
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert {"Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable"} <= set(
            exposed.split(", ")
        )
