"""Receipts on the wire: uploaded with an expense, given to those who may see it."""

from __future__ import annotations

from tests.harness import Reply
from tests.products.harvest_timesheets.expenses.test_expenses import place
from tests.products.harvest_timesheets.expenses.test_receipt_types import GIF, png
from tests.products.harvest_timesheets.office import Desk, Office

from harbor.products.harvest_timesheets.expenses.service import receipts_among


async def send(
    desk: Desk,
    method: str,
    target: str,
    fields: dict[str, object],
    file: bytes | None,
    name: str,
    part: str = "receipt",
) -> Reply:
    """A multipart request as browsers and curl make them."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    if file is not None:
        head = f'Content-Disposition: form-data; name="{part}"; filename="{name}"\r\nContent-Type: image/gif\r\n\r\n'
        parts.append(head.encode() + file)
    body = b"".join(b"--sea\r\n" + part + b"\r\n" for part in parts) + b"--sea--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=sea"}
    return await desk.client.request(method, target, body=body, headers=headers)


async def test_a_receipt_comes_with_its_expense_and_is_given_to_those_who_see_it(office: Office) -> None:
    person, stranger = await office.person(), await office.person()
    about = await place(office, person)

    reply = await send(person.desk, "POST", "/v2/expenses", about, GIF, "lunch_receipt.gif")

    assert reply.status == 201, reply.body
    expense = reply.json()
    address = f"/expenses/{expense['id']}/receipt"
    assert expense["receipt"] == {
        "url": f"http://desk.test{address}",
        "file_name": "lunch_receipt.gif",
        "file_size": len(GIF),
        "content_type": "image/gif",
    }
    given = await person.desk.ask("GET", address)
    assert (given.status, given.body, given.headers["content-type"]) == (200, GIF, "image/gif")
    assert given.headers["content-disposition"] == "attachment; filename*=UTF-8''lunch_receipt.gif"
    assert (given.headers["x-content-type-options"], "sandbox" in given.headers["content-security-policy"]) == (
        "nosniff",
        True,
    )
    assert (await stranger.desk.refused("GET", address))[0] == 403
    assert (await person.desk.refused("GET", "/expenses/4711/receipt"))[0] == 404
    nobody = await office.house.client("harvest", {"User-Agent": "x"}).request("GET", address)
    assert nobody.status == 401


async def test_a_receipt_is_replaced_removed_and_refused(office: Office) -> None:
    about = await place(office)
    expense = (await send(office.admin, "POST", "/v2/expenses", about, GIF, "a.gif")).json()
    path, address = f"/v2/expenses/{expense['id']}", f"/expenses/{expense['id']}/receipt"

    refused = await send(office.admin, "PATCH", path, {"notes": "x"}, b"MZ a program", "a.gif")
    assert (refused.status, refused.json()["message"]) == (
        422,
        "Receipt must be a picture (JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC) or a PDF",
    )
    assert (await office.admin.got(path))["notes"] is None
    missing = await send(office.admin, "PATCH", "/v2/expenses/4711", {}, b"MZ a program", "a.gif")
    assert missing.status == 404
    replaced = await send(office.admin, "PATCH", path, {"notes": "x"}, png(), "b.png")
    assert replaced.json()["receipt"]["content_type"] == "image/png"
    assert (await office.admin.ask("GET", address)).body == png()
    kept = await send(office.admin, "PATCH", path, {"notes": "y"}, b"", "")
    assert kept.json()["receipt"]["file_name"] == "b.png"
    stored = {blob.key: blob.account_id for blob in office.house.services.tools["blobs"].stored()}
    (account_id,) = set(stored.values())
    named = await office.house.database.read(lambda tx: receipts_among(tx, account_id, set(stored)))
    assert (len(stored), len(named)) == (2, 1)  # the sweep takes the one that was replaced
    removed = await office.admin.changed(path, {"delete_receipt": "true"})
    assert removed["receipt"] is None
    assert (await office.admin.refused("GET", address))[0] == 404
