"""Style sheets and scripts: kept by browsers for ever, small on the way, and each where its name says."""

from __future__ import annotations

import gzip

import pytest
from tests.console.session import stranger
from tests.harness import House

from harbor.console.assets import asset, files, packed

FIRST_VISIT_BYTES_MAX = 60 * 1024
PRODUCT_BYTES_MAX = 30 * 1024


async def test_an_asset_may_be_kept_for_ever_and_one_of_another_version_not_at_all(house: House) -> None:
    address = asset("console.css")
    reply = await stranger(house).get(address)
    older = await stranger(house).get(address.replace(address.split("/")[3], "0" * 16))

    assert reply.body == older.body == files()["console.css"][0]
    assert "immutable" in reply.headers["cache-control"]
    assert older.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("br, GZIP;q=1", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("br", False),
        ("xgzip", False),
        ("", False),
    ],
)
async def test_who_takes_gzip_gets_it(house: House, accepted: str, is_packed: bool) -> None:
    reply = await stranger(house).get(asset("main.js"), headers={"accept-encoding": accepted})

    assert reply.headers["vary"] == "Accept-Encoding"
    assert ("content-encoding" in reply.headers) == is_packed
    body = gzip.decompress(reply.body) if is_packed else reply.body
    assert body == files()["main.js"][0]


async def test_what_every_page_loads_is_small_together(house: House) -> None:
    everywhere = [name for name in files() if not name.startswith(("harper_", "harvest_", "harbour_", "appharbor_"))]
    replies = [await stranger(house).get(asset(name), headers={"accept-encoding": "gzip"}) for name in everywhere]

    assert sum(len(reply.body) for reply in replies) < FIRST_VISIT_BYTES_MAX


def test_what_the_pages_of_one_product_load_is_small_too() -> None:
    for product in ("harper_", "harvest_", "harbour_", "appharbor_"):
        assert sum(len(packed(name)) for name in files() if name.startswith(product)) < PRODUCT_BYTES_MAX
