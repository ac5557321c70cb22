"""What replies become."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdks.python.tests.loopback import Answer, Loopback
from sdks.python.tests.samples import ATTEMPT, DELIVERY, EVENT, WEBHOOK, WORKSPACE, WS, event, page

from harbor_sdk import Attempt, Delivery, Event, Harbor, HarborError, WebhookEndpoint, Workspace
from harbor_sdk.core.decode import Model, decode


@pytest.mark.parametrize(
    ("cls", "sample"),
    [(Workspace, WORKSPACE), (Event, EVENT), (WebhookEndpoint, WEBHOOK), (Attempt, ATTEMPT)],
)
def test_a_model_shows_itself_as_it_came(cls: type[Model], sample: dict[str, Any]) -> None:
    assert decode(cls, sample).to_dict() == sample
    assert decode(cls, sample | {"new": [1]}).to_dict() == sample | {"new": [1]}


def test_unknown_fields_are_kept_aside() -> None:
    workspace = decode(Workspace, WORKSPACE | {"region": "eu", "owner": {"id": 1}})

    assert workspace.extra == {"region": "eu", "owner": {"id": 1}}


def test_models_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        decode(Event, EVENT).type = "other"  # type: ignore[misc]


def test_nested_objects_are_models_too() -> None:
    delivery = decode(Delivery, DELIVERY | {"attempts": [ATTEMPT], "request_body": "{}"})

    assert delivery.attempts[0].response_headers == {"retry-after": "120"}
    assert delivery.next_attempt_at == datetime(2026, 5, 25, 12, 35, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": 7}, "Delivery.id"),
        ({"attempt_count": "2"}, "Delivery.attempt_count"),
        ({"attempt_count": True}, "Delivery.attempt_count"),
        ({"created_at": "yesterday"}, "Delivery.created_at"),
        ({"created_at": None}, "Delivery.created_at"),
        ({"attempts": [ATTEMPT, 1]}, "Delivery.attempts[1]"),
        ({"attempts": [ATTEMPT | {"number": 1.5}]}, "Delivery.attempts[0].number"),
    ],
)
def test_a_broken_field_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(HarborError) as refused:
        decode(Delivery, DELIVERY | change)

    assert refused.value.code == "invalid_response"
    assert named in refused.value.message


@pytest.mark.parametrize(
    "text",
    ["2026-05-25T12:00:00Z", "2026-05-25T12:00:00.000Z", "2026-05-25T14:00:00+02:00", "2026-05-25T12:00:00.0000000Z"],
)
def test_moments_are_read_in_all_their_spellings(text: str) -> None:
    created = decode(Event, EVENT | {"created_at": text}).created_at

    assert (created, created.utcoffset()) == (datetime(2026, 5, 25, 12, tzinfo=UTC), timedelta(0))


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_moments_come_back_as_sent_to_the_millisecond(naive: datetime, offset_min: int) -> None:
    moment = naive.replace(microsecond=naive.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(minutes=offset_min)))
    wire = decode(Event, EVENT | {"created_at": moment.isoformat()}).to_dict()["created_at"]

    assert decode(Event, EVENT | {"created_at": wire}).created_at == moment


def test_secrets_are_not_printed_and_not_invented(harbor: Harbor, server: Loopback) -> None:
    shown = decode(WebhookEndpoint, WEBHOOK)
    hidden = decode(WebhookEndpoint, {name: value for name, value in WEBHOOK.items() if name != "secret"})

    assert shown.secret == WEBHOOK["secret"]
    assert "whsec_" not in repr(shown)
    assert "secret" not in hidden.to_dict()


def test_a_batch_tells_what_became_of_each_item(harbor: Harbor, server: Loopback) -> None:
    error = {"code": "invalid_request", "message": "No.", "param": "events[1].type"}
    server.script = [
        Answer(201, page(event(0), event(1))),
        Answer(207, {"data": [{"status": 201, "event": event(2)}, {"status": 400, "error": error}]}),
    ]
    whole = harbor.events.create_batch(workspace_id=WS, events=[])
    mixed = harbor.events.create_batch(workspace_id=WS, events=[], atomic=False)

    assert [item.status for item in whole.items] == [201, 201]
    assert [one.payload["n"] for one in whole.events] == [0, 1]
    assert [one.payload["n"] for one in mixed.events] == [2]
    assert [one.param for one in mixed.errors] == ["events[1].type"]
