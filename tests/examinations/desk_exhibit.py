"""The parcel desk, as the examinations meet it: on paths of its own, and on one for all."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from itertools import count
from typing import Any

from tests.examinations.exhibit import Exhibit, Tenant
from tests.factories import make_webhook
from tests.kernel.sample_product import service
from tests.kernel.sample_product.product import AREA, COUNTER, DESK, TOOLS, kinds
from tests.kernel.sample_product.view import NAME, VIEW

from harbor.kernel.call import Call

_clerks = count(1)


def _parcel(call: Call, tenant: Tenant) -> str:
    made = service.take_in(call, label="R1", recipient="Ada", email=None, note=None, weight_g=1)
    return str(made.id)


def _hook(call: Call, tenant: Tenant) -> str:
    return make_webhook(call, view=NAME, url=tenant.url, events=("harper.parcel.*",)).id


def _sending(call: Call, tenant: Tenant, _params: Any) -> str:
    return _parcel(call, tenant)


ON_PATHS = Exhibit(
    name="desk",
    product=lambda _clock: DESK,
    headers=lambda pair: {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"},
    secret=lambda: f"clerk-{next(_clerks)}:a-secret-of-the-desk",
    views=[VIEW],
    kinds=kinds,
    areas=lambda _engine: [AREA],
    tools=lambda _folder, _means: TOOLS,
    things={"parcel_id": _parcel, "hook_id": _hook},
    fields={"url": lambda tenant: tenant.url},
    fills={"hooks.sendings": _sending},
)
ON_ONE_PATH = replace(ON_PATHS, name="counter", product=lambda _clock: COUNTER, one_path="operation")
