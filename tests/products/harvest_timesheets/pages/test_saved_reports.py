"""Reports that are kept under a name."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.products.harvest_timesheets.pages.studio import Studio


async def test_a_report_is_saved_opened_shared_and_removed(studio: Studio) -> None:
    page = await studio.page("reports?by=project&span=month&from=2026-04-01")
    fields = dict(re.findall(r'<input type="hidden" name="(kind|words)" value="([^"]*)"', page.main))
    words = fields["words"].replace("&amp;", "&")
    assert words == urlencode({"span": "month", "from": "2026-04-01", "by": "project"})
    asked = {"kind": fields["kind"], "words": words}

    saved = await studio.post("reports/saved", {**asked, "name": "  April <b> "})
    assert "The report is saved." in saved.text
    assert "April <b> Time" in saved.text
    moving = await studio.post("reports/saved", {**asked, "name": "This month", "moves": "true", "is_shared": "true"})
    ways = re.findall(r'href="/console([^"]*)">(April|This month)', moving.main)
    opened = {name: (await studio.page(way.replace("&amp;", "&"))).text for way, name in ways}
    assert "April 2026" in opened["April"]
    assert "May 2026" in opened["This month"]
    taken = await studio.post("reports/saved", {**asked, "name": "APRIL <B>"}, status=422)
    assert taken.refusal == ("name", "Name has already been taken")
    for bad in (
        {"name": " "},
        {"name": "x" * 101},
        {"kind": "mood"},
        {"words": "mood=1"},
        {"words": "&".join("a=1" * 40)},
    ):
        await studio.post("reports/saved", {**asked, "name": "Another", **bad}, status=422)

    seen = await studio.page("reports/saved", at=studio.max_)
    assert "This month" in seen.text
    assert "April" not in seen.text
    ids = re.findall(r'name="saved" value="(\d+)"', moving.main)
    own, shared = ids[0], ids[2]
    await studio.post("reports/saved/remove", {"saved": shared}, at=studio.max_, status=403)
    await studio.post("reports/saved/remove", {"saved": own}, at=studio.max_, status=404)
    await studio.post("reports/saved/share", {"saved": "x"}, at=studio.max_, status=404)
    hers = await studio.post("reports/saved", {**asked, "name": "Mine", "is_shared": "true"}, at=studio.max_)
    assert "Mine Shared Time" in hers.text
    assert "Mine Time Max Member" in (await studio.page("reports/saved")).text
    kept = await studio.post("reports/saved/share", {"saved": shared, "is_shared": "false"})
    assert "Only you see this report now." in kept.text
    assert "This month" not in (await studio.page("reports/saved", at=studio.max_)).text
    gone = await studio.post("reports/saved/remove", {"saved": own})
    assert "April" not in gone.text
    await studio.post("reports/saved/remove", {"saved": own}, status=404)
