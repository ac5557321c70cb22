"""Silence about a check is told of once, and is never a result."""

from __future__ import annotations

from tests.products.harbour_agreements.office import MOTOR_VEHICLE, Office

from harbor.kernel.call import Call
from harbor.kernel.jobs import queue as jobs
from harbor.products.harbour_agreements.engine.silence import SILENCE


async def test_a_check_that_waits_longer_than_promised_is_told_of_once(office: Office) -> None:
    late = await office.start(MOTOR_VEHICLE, provider="manual_review")
    await office.start(MOTOR_VEHICLE, outcome="Stuck")  # the sandbox promises nothing

    async def told() -> list[str]:
        await office.write(lambda call: jobs.enqueue(call.tx, "system", SILENCE, {}, job_id=call.new_id("job_")))
        await office.house.settle()

        def look(call: Call) -> list[str]:
            rows = call.tx.rows("SELECT subject FROM events WHERE type = 'harbour.verification.silent'")
            return [row["subject"] for row in rows]

        return await office.write(look)

    assert await told() == []
    office.clock.advance(2 * 86_400)
    assert await told() == []
    office.clock.advance(1.5 * 86_400)
    assert await told() == [late["verification_id"]]
    office.clock.advance(86_400)
    assert await told() == [late["verification_id"]]
    assert (await office.now(late))["result"] == "pending"
