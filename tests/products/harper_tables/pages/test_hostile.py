"""Texts that would be scripts, in everything that a table holds: nothing of them runs on any page."""

from __future__ import annotations

import json
from urllib.parse import quote

from tests.products.harbor_events.pages.reading import XSS, seen
from tests.products.harper_tables.pages.workshop import BASE, DOG, Workshop

from harbor.products.harper_tables.records import api


async def test_nothing_that_a_table_holds_runs_on_any_page(on_sqlite: Workshop) -> None:
    names = {text.replace("/", "").replace("`", ""): text for text in XSS}
    records = [{"id": text, **names, "deep": {text: [text]}} for text in XSS]
    await on_sqlite.dogs(records)
    await on_sqlite.do(api.update, table="dog", records=[{"id": XSS[0], "deep": XSS[1]}])
    await on_sqlite.post("roles/~new", {"role": "reader"})
    for text in XSS[:2]:
        user = {"username": text, "password": "pine-cone-7", "role": "reader", "active": "true"}
        await on_sqlite.post("users/new", user)
    sheet = "id,name\n" + "\n".join(f'"{text}","{text}"' for text in (each.replace('"', '""') for each in XSS))
    await on_sqlite.post(f"{DOG}/import", {"data": sheet})
    await on_sqlite.work()

    key = quote(json.dumps(XSS[0]))
    listed = [row for page in ("jobs", "users") for row in (await on_sqlite.page(page)).rows]
    pages = [
        *(
            f"{BASE}/{name}"
            for name in ("databases", "databases/data", "jobs", "users", "roles", "roles/reader", "logs")
        ),
        *(f"{BASE}/{name}" for name in ("analytics", "users/new", f"sql?sql={quote(XSS[3])}", f"logs?text={key}")),
        *(f"{DOG}{name}" for name in ("", "/records", "/history", "/import", "/records/new", f"/history?key={key}")),
        *(f"{DOG}/{name}?key={key}" for name in ("record", "record/edit")),
        *(f"{DOG}/records?attribute={quote(text)}&value={quote(text)}&sort={quote(text)}" for text in XSS),
        *listed,
    ]
    for path in pages:
        seen(await on_sqlite.owner.get(path)).assert_harmless()
    for text in XSS:
        for path, fields in (("sql", {"sql": text}), ("databases/~new-table", {"table": text, "primary_key": text})):
            reply = await on_sqlite.owner.post(f"{BASE}/{path}", fields)
            reply = await on_sqlite.owner.follow(reply) if reply.status == 303 else reply
            seen(reply, reply.status).assert_harmless()
    seen(await on_sqlite.owner.get(f"{BASE}/databases")).assert_harmless()
    shown = seen(await on_sqlite.owner.post(f"{BASE}/sql", {"sql": "SELECT * FROM data.dog"}))
    shown.assert_harmless()
    assert XSS[0] in shown.text
