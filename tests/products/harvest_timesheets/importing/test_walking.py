"""How an import walks: which list comes after which, and when one has no end."""

from __future__ import annotations

import msgspec
import pytest

from harbor.kernel.jobs.model import Abandon
from harbor.products.harvest_timesheets.importing.resources import RESOURCES
from harbor.products.harvest_timesheets.importing.source import Page, next_query, normal_url
from harbor.products.harvest_timesheets.importing.walking import END, At

RECORDS = [msgspec.Raw(b"{}")] * 1_000


def test_every_list_is_walked_twice_but_those_of_which_there_are_many_and_then_it_ends() -> None:
    at, seen = At(given=[each.name for each in RESOURCES]).following(), []
    while at.phase != END:
        seen.append((at.phase, at.resource))
        at = (
            at.following()
            if at.resource
            else at.in_phase({"bills": "weeks", "weeks": "compare", "sums": "end"}[at.phase])
        )

    assert [name for phase, name in seen if phase == "copy"] == [each.name for each in RESOURCES]
    assert {name for phase, name in seen if phase == "copy"} - {name for phase, name in seen if phase == "compare"} == {
        "estimate_messages",
        "invoice_messages",
        "invoice_payments",
    }


def test_what_a_source_does_not_give_is_passed_over() -> None:
    at = At(given=["users", "clients"]).following()

    assert (at.resource, at.following().resource) == ("users", "billable_rates")


@pytest.mark.parametrize(("stated", "records"), [(10, 2_020), (None, 1_000_000), (10**15, 20_000_000)])
def test_a_list_that_goes_on_and_on_ends_the_import(stated: int | None, records: int) -> None:
    at = At(resource="clients", seen=records - 1_000, stated=stated, next={"page": "1"})
    page = Page(RECORDS, {"page": "2"}, None)

    assert at.after_page(page).seen == records
    with pytest.raises(Abandon, match="no end"):
        at.after_page(page).after_page(Page(RECORDS, {"page": "3"}, None))


def test_of_a_link_only_the_place_counts() -> None:
    assert next_query("https://elsewhere.example/v2/clients?cursor=abc&page=2&per_page=9") == {"cursor": "abc"}
    assert next_query("?page=3") == {"page": "3"}
    assert next_query("https://[") is None
    assert next_query("?cursor=" + "x" * 2_000) is None


@pytest.mark.parametrize(
    "text", ["https://api.harvestapp.com", "https://api.harvestapp.com/v2/", " https://api.harvestapp.com/api/v2 "]
)
def test_addresses_of_one_api_are_the_same(text: str) -> None:
    assert normal_url(text) == "https://api.harvestapp.com"
