"""A server whose archive is a bucket of a real radosgw, and that bucket seen from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session

from tests.support.object_stores import ObjectServer
from tests.support.served import Client, Served, serving

PATIENCE_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Bucket:
    """The archive's bucket, seen with a client that is not ours."""

    s3: Any
    name: str

    def list_keys(self) -> list[str]:
        return [
            each["Key"] for each in self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        ]

    def multiparts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.s3.list_multipart_uploads(Bucket=self.name).get(
            "Uploads", []
        )
        return found

    def count_parts(self) -> int:
        """Return how many parts the one multipart holds."""
        begun = self.multiparts()
        if len(begun) != 1:
            return 0
        asked = {"Key": begun[0]["Key"], "UploadId": begun[0]["UploadId"]}
        return len(self.s3.list_parts(Bucket=self.name, **asked).get("Parts", []))

    def let_pages_in(self, origin: str) -> None:
        """Let pages of an origin put objects here, as docs/howto/send-past-the-server.md says."""
        rule = {
            "AllowedOrigins": [origin],
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["content-type"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 3600,
        }
        self.s3.put_bucket_cors(Bucket=self.name, CORSConfiguration={"CORSRules": [rule]})

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body


@pytest.fixture(scope="module")
def bucket(radosgw: ObjectServer) -> Bucket:
    """An empty bucket."""
    client = Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=radosgw.endpoint,
        aws_access_key_id=radosgw.access_key,
        aws_secret_access_key=radosgw.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    return Bucket(client, radosgw.make_bucket())


@pytest.fixture(scope="module")
def vaulted(
    bucket: Bucket, radosgw: ObjectServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One server whose archive is that bucket."""
    settings = {
        "RUSHES_UPLOADS_DIRECT": "offer",
        "RUSHES_TIERS_ARCHIVE_STORE": "vault",
        "RUSHES_STORES_VAULT_PROVIDER": radosgw.provider,
        "RUSHES_STORES_VAULT_ENDPOINT": radosgw.endpoint,
        "RUSHES_STORES_VAULT_BUCKET": bucket.name,
        "RUSHES_STORES_VAULT_ACCESS_KEY": radosgw.access_key,
        "RUSHES_STORES_VAULT_SECRET_KEY": radosgw.secret_key,
    }
    with serving(tmp_path_factory.mktemp("vault"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def vault_client(vaulted: Served) -> Iterator[Client]:
    """A program with all rights there."""
    with vaulted.client() as made:
        yield made


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds; it is looked at ten times a second."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not come to that."
        time.sleep(0.1)
