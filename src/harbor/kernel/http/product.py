"""A product as the kernel sees it: a dialect, a route table, and the versions of its API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.routes import Route
from harbor.kernel.http.versions import Versions

NO_VERSIONS = Versions(changes=(), oldest="1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is mounted. `title` and `description` head its OpenAPI document."""

    name: str
    title: str
    description: str
    version: str
    dialect: Dialect
    routes: Sequence[Route]
    versions: Versions = NO_VERSIONS
