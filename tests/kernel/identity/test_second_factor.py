"""The second step of signing in: which codes are good, and how often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from harbor.kernel.errors import Conflict, Invalid, Limited, Unauthenticated
from harbor.kernel.identity import second_factor
from harbor.kernel.identity.people_model import Person
from harbor.kernel.identity.second_factor_model import RECOVERY_CODES, address_of, new_secret, step_of
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.storage.database import Database
from harbor.kernel.vault import Vault

AddPerson = Callable[..., Awaitable[Person]]
ACCOUNT = "acc_a_production"
AT = datetime(2026, 5, 25, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """The installation's vault."""
    return Vault.create(tmp_path / "instance.key")


class Phone:
    """A person with a factor that waits to be confirmed, and the app in the person's hand."""

    def __init__(self, database: Database, vault: Vault, person_id: str) -> None:
        self.database = database
        self.vault = vault
        self.person_id = person_id
        self.secret = ""

    async def begin(self) -> None:
        """Set up, and scan the secret."""
        await self.database.write(lambda tx: second_factor.begin(tx, self.vault, ACCOUNT, self.person_id))
        secret = await self.database.read(
            lambda tx: second_factor.waiting_secret(tx, self.vault, ACCOUNT, self.person_id)
        )
        assert secret is not None
        self.secret = secret

    def code(self, at: datetime) -> str:
        """What the app shows."""
        return pyotp.TOTP(self.secret).at(at)

    async def confirm(self, code: str, at: datetime = AT) -> list[str]:
        """Type a code to confirm."""
        return await self.database.write(
            lambda tx: second_factor.confirm(tx, self.vault, ACCOUNT, self.person_id, code, at=at)
        )

    async def take(self, code: str, at: datetime = AT) -> second_factor.Taken:
        """Type a code to sign in."""
        return await self.database.write(
            lambda tx: second_factor.take(tx, self.vault, ACCOUNT, self.person_id, code, at=at)
        )


@pytest.fixture
async def phone(database: Database, vault: Vault, add_person: AddPerson) -> Phone:
    """A factor that waits to be confirmed."""
    made = Phone(database, vault, (await add_person()).id)
    await made.begin()
    return made


async def test_a_factor_counts_once_it_was_confirmed_by_the_apps_code(phone: Phone) -> None:
    before = await phone.database.read(lambda tx: second_factor.find(tx, ACCOUNT, phone.person_id))
    with pytest.raises(Invalid):
        await phone.confirm("000000" if phone.code(AT) != "000000" else "111111")

    codes = await phone.confirm(phone.code(AT))

    assert before is None
    assert len(set(codes)) == RECOVERY_CODES
    assert await phone.database.read(lambda tx: second_factor.find(tx, ACCOUNT, phone.person_id)) is not None
    assert (
        await phone.database.read(lambda tx: second_factor.waiting_secret(tx, phone.vault, ACCOUNT, phone.person_id))
        is None
    )


async def test_a_code_is_good_once_and_so_is_the_one_that_confirmed(phone: Phone) -> None:
    confirming = phone.code(AT)
    await phone.confirm(confirming)
    later = AT + STEP

    with pytest.raises(Unauthenticated):
        await phone.take(confirming, later)
    taken = await phone.take(phone.code(later), later)
    with pytest.raises(Unauthenticated) as refused:
        await phone.take(phone.code(later), later)

    assert taken == second_factor.Taken(is_recovery=False, recovery_left=RECOVERY_CODES)
    assert refused.value.code == "second_step_refused"


async def test_an_older_code_is_not_good_after_a_newer_one(phone: Phone) -> None:
    await phone.confirm(phone.code(AT))
    now = AT + 10 * STEP
    await phone.take(phone.code(now), now)

    with pytest.raises(Unauthenticated):
        await phone.take(phone.code(now - STEP), now)


async def test_a_recovery_code_is_good_once_however_it_is_typed(phone: Phone) -> None:
    codes = await phone.confirm(phone.code(AT))

    taken = await phone.take(f" {codes[3].upper().replace('-', ' ')} ")
    with pytest.raises(Unauthenticated):
        await phone.take(codes[3])

    assert taken == second_factor.Taken(is_recovery=True, recovery_left=RECOVERY_CODES - 1)
    assert (await phone.take(codes[4])).recovery_left == RECOVERY_CODES - 2


async def test_a_person_has_one_factor(phone: Phone) -> None:
    await phone.confirm(phone.code(AT))

    with pytest.raises(Conflict) as refused:
        await phone.begin()
    with pytest.raises(Conflict):
        await phone.confirm(phone.code(AT + STEP), AT + STEP)

    assert refused.value.code == "second_factor_on"


async def test_a_removed_factor_takes_no_code(phone: Phone) -> None:
    codes = await phone.confirm(phone.code(AT))

    first = await phone.database.write(lambda tx: second_factor.remove(tx, ACCOUNT, phone.person_id))
    second = await phone.database.write(lambda tx: second_factor.remove(tx, ACCOUNT, phone.person_id))

    assert (first, second) == (True, False)
    with pytest.raises(Unauthenticated):
        await phone.take(codes[0])


async def test_guesses_are_counted_by_person_and_right_codes_are_not(phone: Phone) -> None:
    await phone.confirm(phone.code(AT))
    throttle = SignInThrottle(MemoryRateLimiter())

    async def check(code: str, address: str) -> None:
        await second_factor.check(
            phone.database,
            phone.vault,
            throttle,
            account_id=ACCOUNT,
            person_id=phone.person_id,
            code=code,
            address=address,
            now=AT,
            at=AT + STEP,
        )

    right = phone.code(AT + STEP)
    for number in range(20):
        await check(right, f"192.0.2.{number}")
    for number in range(10):
        with pytest.raises(Unauthenticated):
            await check("wrong", f"192.0.2.{number}")

    with pytest.raises(Limited):
        await check(right, "192.0.2.77")


async def test_of_a_secret_and_its_codes_nothing_readable_is_stored(phone: Phone) -> None:
    codes = await phone.confirm(phone.code(AT))

    rows = await phone.database.read(lambda tx: tx.rows("SELECT * FROM second_factors"))

    stored = repr(rows)
    assert phone.secret not in stored
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_a_code_of_the_steps_around_is_taken_and_no_other() -> None:
    secret = new_secret()
    present = int(AT.timestamp()) // 30

    near = [step_of(pyotp.TOTP(secret).at(AT + n * STEP), secret, at=AT, after=-1) for n in (-1, 0, 1)]
    # A far code may by chance be a near one too, once in some hundred thousand.
    far = {step_of(pyotp.TOTP(secret).at(AT + n * STEP), secret, at=AT, after=-1) for n in (-9, -2, 2, 9)}

    assert near == [present - 1, present, present + 1]
    assert far <= {None, *near}
    assert all(step_of(text, secret, at=AT, after=-1) is None for text in ("", "12345", "1234567", "١٢٣٤٥٦", "abcdef"))


def test_the_address_for_apps_says_whose_secret_it_is() -> None:
    assert address_of("A" * 32, "ada@example.com").startswith("otpauth://totp/Harbor:ada%40example.com?secret=AAAA")
