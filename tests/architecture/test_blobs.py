"""Whoever keeps blobs tells the sweep which of them are named: it removes the others."""

from __future__ import annotations

from pathlib import Path

from harbor.app import areas
from harbor.app.work import NAMINGS
from harbor.kernel.mail import outbox

PRODUCTS = Path(__file__).parent.parent.parent / "src" / "harbor" / "products"


def test_every_mounted_product_that_keeps_blobs_answers_the_sweep() -> None:
    mounted = {area.name for area in areas("sqlite")} & {folder.name for folder in PRODUCTS.iterdir()}
    keeping = {
        name
        for name in mounted
        if any("harbor.kernel.blobs" in path.read_text("utf-8") for path in (PRODUCTS / name).rglob("*.py"))
    }

    answering = {naming.__module__ for naming in NAMINGS}
    assert keeping == {name.split(".")[2] for name in answering if name.startswith("harbor.products.")}


def test_files_of_mails_are_named() -> None:
    assert outbox.attachments_among in NAMINGS
