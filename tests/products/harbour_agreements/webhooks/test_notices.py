"""Mails to owners: third failure, death, recovery, and never more than one an hour. Acceptance line 16."""

from __future__ import annotations

from typing import Any

from tests.products.harbour_agreements.office import Office
from tests.receiver import Answer

BUSY = Answer(status=503, body=b"busy")


async def _mails(office: Office) -> list[dict[str, Any]]:
    return await office.write(lambda call: call.tx.rows("SELECT * FROM mails ORDER BY id"))


async def test_the_third_failure_mails_once_and_recovery_once(office: Office) -> None:
    await office.webhook("/hook?token=geheim", notification_emails=["ops@example.com", "on-call@example.com"])
    office.receiver.answers.extend([BUSY] * 4)
    await office.start(verification_metadata={"who": "Marker7"})
    await office.house.settle()
    await office.later(40)
    assert await _mails(office) == []

    await office.later(140)

    first = await _mails(office)
    assert [mail["recipient"] for mail in first] == ["ops@example.com", "on-call@example.com"]
    text = first[0]["text"]
    assert "1 of its events failed three times" in text
    assert "status 503" in text
    assert "https://console.test/harbour/webhooks/wb_" in text
    for secret in ("geheim", "Marker7", "ada@example.com"):
        assert secret not in str(first)
    await office.later(700)
    assert len(await _mails(office)) == 2  # a fourth failure is nothing new

    await office.later(2_000)  # it works, 47 minutes after the mail
    assert office.receiver.got[-1].json()["sequence"] == 1
    assert len(await _mails(office)) == 2
    await office.later(3_600)

    second = (await _mails(office))[2:]
    assert [mail["recipient"] for mail in second] == ["ops@example.com", "on-call@example.com"]
    assert "It works again" in second[0]["text"]
    await office.later(7_200)
    assert len(await _mails(office)) == 4


async def test_death_and_switching_off_are_told_in_one_mail(office: Office) -> None:
    await office.webhook(notification_email="ops@example.com")
    office.receiver.answers.append(Answer(status=410))

    await office.start()
    await office.house.settle()

    (mail,) = await _mails(office)
    assert "1 of its events could not be delivered" in mail["text"]
    assert "It was switched off, because it answered 410" in mail["text"]
    assert "was switched off" in mail["subject"]


async def test_without_addresses_nobody_is_written_to(one_engine: Office) -> None:
    await one_engine.webhook()
    one_engine.receiver.answers.append(Answer(status=410))

    await one_engine.start()
    await one_engine.later(7_200)

    assert await _mails(one_engine) == []
