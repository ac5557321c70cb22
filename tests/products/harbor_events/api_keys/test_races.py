"""Two administrators at one API key: no change is lost, and no key lives that was ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import make_key
from tests.kernel.probe import Probe
from tests.racing import overlapping, together

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Credential
from harbor.kernel.storage.database import Work
from harbor.products.harbor_events.api_keys import service
from harbor.products.harbor_events.api_keys.service import Changes, WithSecret

Act = Callable[[Call, str], Any]


def rename(call: Call, key_id: str) -> Credential:
    return service.update(call, key_id, Changes(name="Till"))


def narrow(call: Call, key_id: str) -> Credential:
    return service.update(call, key_id, Changes(rate_limit="600:60"))


def revoke(call: Call, key_id: str) -> None:
    service.revoke(call, key_id)


def roll_at_once(call: Call, key_id: str) -> WithSecret:
    return service.roll(call, key_id, expire_old_in_s=0)


def roll_later(call: Call, key_id: str) -> WithSecret:
    return service.roll(call, key_id, expire_old_in_s=3_600)


async def new_key(shop: Probe) -> str:
    return await shop.write(lambda call: make_key(call, workspace=call.default_workspace()).credential.id)


def at(shop: Probe, key_id: str, *acts: Act) -> list[Work[Any]]:
    """Each act on the key as a work of its own."""
    return [lambda tx, act=act: act(shop.house._call(tx, shop.account), key_id) for act in acts]  # type: ignore[misc]


async def key(shop: Probe, key_id: str) -> Credential:
    found = await shop.read(lambda call: identity.credential(call.tx, call.account_id, key_id))
    assert found is not None
    return found


async def live(shop: Probe) -> list[str]:
    """The keys that are good now, and their names."""

    def look(call: Call) -> list[str]:
        rows = call.tx.rows("SELECT id FROM credentials WHERE account_id = :account_id", account_id=call.account_id)
        found = [identity.credential(call.tx, call.account_id, row["id"]) for row in rows]
        return [each.id for each in found if each is not None and each.is_good_at(call.tx.now)]

    return await shop.read(look)


@pytest.mark.parametrize(("first", "second"), [(rename, narrow), (narrow, rename)])
async def test_of_two_updates_at_once_none_is_lost(shop: Probe, first: Act, second: Act) -> None:
    key_id = await new_key(shop)

    await together(shop.house.database, *at(shop, key_id, first, second))

    found = await key(shop, key_id)
    assert (found.name, found.rate_limit) == ("Till", "600:60")


@pytest.mark.parametrize(("first", "second"), [(rename, revoke), (revoke, rename)])
async def test_an_update_brings_no_revoked_key_back(shop: Probe, first: Act, second: Act) -> None:
    key_id = await new_key(shop)

    await together(shop.house.database, *at(shop, key_id, first, second))

    assert await live(shop) == []
    assert (await key(shop, key_id)).name == "Till"


@pytest.mark.parametrize(("first", "second"), [(narrow, roll_later), (roll_later, narrow)])
async def test_an_update_leaves_a_rolled_key_its_end(shop: Probe, first: Act, second: Act) -> None:
    key_id = await new_key(shop)

    await together(shop.house.database, *at(shop, key_id, first, second))

    found = await key(shop, key_id)
    assert found.rate_limit == "600:60"
    assert found.revoked_at is not None
    shop.clock.advance(3_600)
    assert key_id not in await live(shop)


async def test_an_update_before_a_roll_is_its_successors_too(shop: Probe) -> None:
    key_id = await new_key(shop)

    _, rolled = await together(shop.house.database, *at(shop, key_id, narrow, roll_at_once))

    assert rolled.key.rate_limit == "600:60"


@pytest.mark.parametrize("roll", [roll_at_once, roll_later])
async def test_a_revoked_key_has_no_successor(shop: Probe, roll: Act) -> None:
    key_id = await new_key(shop)

    _, refused = await overlapping(shop.house.database, *at(shop, key_id, revoke, roll))

    assert isinstance(refused, Conflict)
    assert await live(shop) == []


@pytest.mark.parametrize("roll", [roll_at_once, roll_later])
async def test_a_key_revoked_while_it_is_rolled_leaves_its_successor_alone(shop: Probe, roll: Act) -> None:
    key_id = await new_key(shop)

    rolled, _ = await together(shop.house.database, *at(shop, key_id, roll, revoke))

    assert await live(shop) == [rolled.key.id]


async def test_of_two_rolls_without_grace_one_makes_the_successor(shop: Probe) -> None:
    key_id = await new_key(shop)

    rolled, refused = await overlapping(shop.house.database, *at(shop, key_id, roll_at_once, roll_at_once))

    assert isinstance(refused, Conflict)
    assert await live(shop) == [rolled.key.id]


async def test_rolling_again_never_lets_a_key_live_longer(shop: Probe) -> None:
    old = await new_key(shop)
    await shop.write(lambda call: roll_later(call, old))
    first_end = (await key(shop, old)).revoked_at

    await shop.write(lambda call: service.roll(call, old, expire_old_in_s=7 * 86_400))

    assert (await key(shop, old)).revoked_at == first_end
