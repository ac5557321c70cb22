from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.jobs.model import JobKind, JsonObject


async def do_nothing(_: object) -> JsonObject | None:
    return None


KIND = JobKind(name="seal", run=do_nothing, retry_delay_s_min=5, retry_delay_s_max=3600)


def test_delays_double_up_to_the_longest() -> None:
    assert [KIND.retry_delay_s(attempts, 1.0) for attempts in (1, 2, 3, 10, 11, 1_000_000)] == [
        5,
        10,
        20,
        2560,
        3600,
        3600,
    ]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_chance_moves_a_delay_within_its_upper_half(attempts: int, chance: float) -> None:
    whole = KIND.retry_delay_s(attempts, 1.0)

    assert whole / 2 <= KIND.retry_delay_s(attempts, chance) <= whole
