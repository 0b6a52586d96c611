"""Let browsers send to a bucket: the one setting of it that we write, and only when asked to."""

from __future__ import annotations

from collections.abc import Sequence

from rushes.stores.cors import Rule, join_rules
from rushes.stores.s3 import S3Store
from rushes.stores.store import NotFound


async def read_rules(store: S3Store) -> Sequence[Rule]:
    """Return the CORS rules of a bucket.

    Raises:
        Unsupported: the server has none.
        Refused: the key may not read them.
    """
    try:
        said = await store.call("get_bucket_cors", {})
    except NotFound:  # NoSuchCORSConfiguration
        return ()
    rules: Sequence[Rule] = said.get("CORSRules", ())
    return rules


async def allow_pages(store: S3Store, rule: Rule) -> Sequence[Rule]:
    """Put our rule into a bucket, beside those of others; return what the bucket then says.

    Raises:
        Unsupported: the server has no CORS by S3.
        Refused: the key may not change it.
    """
    rules = join_rules(await read_rules(store), rule)
    await store.call("put_bucket_cors", {"CORSConfiguration": {"CORSRules": rules}})
    return await read_rules(store)
