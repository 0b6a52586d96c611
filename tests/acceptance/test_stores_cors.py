"""`rushes stores cors` lets browsers send to a bucket, and leaves the rules of others alone."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.support.object_stores import ObjectServer
from tests.support.served import Served
from tests.support.vaulted import Bucket

pytestmark = pytest.mark.timeout(180)  # the first one starts the stores

PAGE = "https://pages.example"
THEIRS = {"ID": "theirs", "AllowedOrigins": ["https://theirs.example"], "AllowedMethods": ["GET"]}


def ask_as_a_browser(bucket: Bucket, origin: str, method: str) -> httpx.Response:
    """Send the question that comes before a PUT or POST of a page."""
    headers = {"Origin": origin, "Access-Control-Request-Method": method}
    address = f"{bucket.s3.meta.endpoint_url}/{bucket.name}/landing/x"
    return httpx.options(address, headers=headers)


@pytest.mark.covers("M-UP-04")
def test_pages_of_named_origins_may_send(vaulted: Served, bucket: Bucket) -> None:
    """Twice is one rule; a page of elsewhere is refused; a rule of others stays."""
    rules = {"CORSRules": [THEIRS]}
    bucket.s3.put_bucket_cors(Bucket=bucket.name, CORSConfiguration=rules)

    ran = [vaulted.run("stores", "cors", "vault", "--origin", PAGE) for _ in range(2)]
    asked = [ask_as_a_browser(bucket, PAGE, method) for method in ("PUT", "POST")]
    stranger = ask_as_a_browser(bucket, "https://stranger.example", "PUT")
    held = bucket.s3.get_bucket_cors(Bucket=bucket.name)["CORSRules"]

    assert [0, 0] == [each.returncode for each in ran], ran[0].stderr
    assert [PAGE, PAGE] == [each.headers.get("access-control-allow-origin") for each in asked]
    assert "access-control-allow-origin" not in stranger.headers
    assert {"rushes", "theirs"} == {each["ID"] for each in held}
    assert [{"ETag", "Location"}] == [
        set(each["ExposeHeaders"]) for each in held if each["ID"] == "rushes"
    ]


def test_the_rule_can_be_shown_for_a_providers_own_page(vaulted: Served) -> None:
    """By default for our own pages, and for every page that has an upload link."""
    shown = vaulted.run("stores", "cors", "vault", "--show")

    (rule,) = json.loads(shown.stdout)
    assert (["*"], ["ETag", "Location"]) == (rule["AllowedOrigins"], rule["ExposeHeaders"])


def test_a_name_that_is_no_bucket_is_told_so(vaulted: Served) -> None:
    """With those that are known."""
    ran = vaulted.run("stores", "cors", "attic")

    assert (4, True) == (ran.returncode, "vault" in ran.stderr), ran.stderr


def test_a_store_without_cors_says_so(swift: ObjectServer, tmp_path: Path) -> None:
    """Swift has none by S3: programs can send there, pages cannot."""
    settings = {
        "RUSHES_STORES_SHELF_PROVIDER": swift.provider,
        "RUSHES_STORES_SHELF_ENDPOINT": swift.endpoint,
        "RUSHES_STORES_SHELF_BUCKET": swift.bucket,
        "RUSHES_STORES_SHELF_ACCESS_KEY": swift.access_key,
        "RUSHES_STORES_SHELF_SECRET_KEY": swift.secret_key,
    }

    ran = Served(tmp_path, settings).run("stores", "cors", "shelf")

    assert (6, True) == (ran.returncode, "ability" in ran.stderr), ran.stderr
