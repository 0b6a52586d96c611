"""Real S3 servers for tests: Ceph's radosgw and OpenStack Swift, started once for a whole run.

Both come from Debian packages (tools/system_parts.py), listen on loopback at free ports, keep all
in a folder that is thrown away, and end with the process that started them. Workers of one run
(`pytest -n`) share them: the first that needs one starts it, the others find its address in a
file, and the starter waits at its end until nobody holds the lock of its users any more.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.session import Session

from rushes.sections import StoreSettings
from tests.support.radosgw import serve_radosgw
from tests.support.swift import serve_swift

BUCKET = "rushes-tests"


@dataclass(frozen=True, slots=True)
class ObjectServer:
    """A running S3 server, and the key of its one account."""

    provider: str
    endpoint: str
    access_key: str
    secret_key: str

    bucket: str

    def settings(self, **more: object) -> StoreSettings:
        """Return what settings say of a place of its own: the bucket with a new prefix."""
        place = {**asdict(self), "region": "us-east-1", "prefix": secrets.token_hex(6)}
        return StoreSettings.model_validate({**place, **more})

    def make_bucket(self) -> str:
        """Make a new bucket and return its name; it goes with the server. About a second."""
        name = f"test-{secrets.token_hex(6)}"
        create_bucket(self, name)
        return name


def create_bucket(server: ObjectServer, name: str) -> None:
    """Make a bucket of this name. About a second."""
    client = Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=name)
    client.close()


@contextmanager
def share(
    folder: Path, name: str, serve: Callable[[], AbstractContextManager[dict[str, str]]]
) -> Iterator[ObjectServer]:
    """Give the server of this run, started by whoever needs it first."""
    address = folder / f"{name}.json"
    with ExitStack() as stack:
        users = stack.enter_context((folder / f"{name}.users").open("w"))
        with (folder / f"{name}.door").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            if not address.exists():
                server = ObjectServer(**stack.enter_context(serve()), bucket=BUCKET)
                create_bucket(server, BUCKET)
                address.write_text(json.dumps(asdict(server)))
                stack.callback(_await_others, users.fileno(), door.name, address)
            fcntl.flock(users, fcntl.LOCK_SH)
        yield ObjectServer(**json.loads(address.read_text()))


def _await_others(users: int, door_name: str, address: Path) -> None:
    with Path(door_name).open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        address.unlink()
    fcntl.flock(users, fcntl.LOCK_EX)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of one run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def radosgw(run_folder: Path) -> Iterator[ObjectServer]:
    """Ceph's S3 server: the reference of our tests."""
    with share(run_folder, "radosgw", serve_radosgw) as server:
        yield server


@pytest.fixture(scope="session")
def swift(run_folder: Path) -> Iterator[ObjectServer]:
    """Swift's S3 server: another opinion, with other gaps."""
    with share(run_folder, "swift", serve_swift) as server:
        yield server


@pytest.fixture(params=["radosgw", "swift"])
def object_server(request: pytest.FixtureRequest) -> ObjectServer:
    """Each of the two."""
    server: ObjectServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def bucket_settings(object_server: ObjectServer) -> StoreSettings:
    """A place of its own, on each of the two."""
    return object_server.settings()
