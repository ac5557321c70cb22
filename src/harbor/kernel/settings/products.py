"""The part of the table that is about single products."""

# ruff: noqa: RUF009 - each call makes a dataclass field and is meant to happen once.

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harbor.kernel.settings import forms
from harbor.kernel.settings.setting import PRODUCTS, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSettings:
    """The settings of products."""

    harper_compat: Literal["v5", "v4"] = setting(
        PRODUCTS,
        forms.choice("v5", "v4"),
        "v5",
        "Which line of Harper the Operations API answers like, in the words that clients compare.",
        example="v4",
    )
    harper_operation_token_timeout: str = setting(
        PRODUCTS,
        forms.DURATION,
        "1d",
        "How long a token for Harper's operations is good, unless `expires_in` says otherwise.",
        example="15m",
    )
    harper_refresh_token_timeout: str = setting(
        PRODUCTS, forms.DURATION, "30d", "How long a token for fetching new ones is good.", example="7d"
    )
    harper_audit_retention: str = setting(
        PRODUCTS,
        forms.DURATION,
        "3d",
        "How long the audit of Harper's tables is kept. Harbor's own audit log is another.",
        example="90d",
    )
    harper_body_bytes: int = setting(
        PRODUCTS,
        forms.size(64 * 1_024, 1_024**3),
        "128MiB",
        "The largest body that a known caller may send to Harper.",
        example="1GiB",
    )
    harper_sql_seconds: int = setting(
        PRODUCTS, forms.number(1, 3_600), "10", "How many seconds a statement of SQL may take.", example="60"
    )
    harper_sql_rows: int = setting(
        PRODUCTS,
        forms.number(1, 1_000_000_000),
        "1000000",
        "How many records a statement of SQL may read.",
        example="10000000",
    )
    harper_sql_rows_out: int = setting(
        PRODUCTS, forms.number(1, 100_000_000), "100000", "How many rows it may answer with.", example="1000000"
    )
    harper_sql_bytes_out: int = setting(
        PRODUCTS, forms.size(1_024, 1_024**3), "64MiB", "How large its answer may be.", example="256MiB"
    )
    harper_sql_bytes_kept: int = setting(
        PRODUCTS,
        forms.size(1_024**2, 64 * 1_024**3),
        "256MiB",
        "How much memory it may hold while it runs.",
        example="1GiB",
    )
    harper_import_folder: Path | None = setting(
        PRODUCTS, forms.DIRECTORY, None, "For `csv_file_load`; else `imports` in `data`.", example="/srv/harper/imports"
    )
    harper_export_folder: Path | None = setting(
        PRODUCTS, forms.DIRECTORY, None, "For `export_local`; else `exports` in `data`.", example="/srv/harper/exports"
    )
    harper_s3_endpoint: str | None = setting(
        PRODUCTS,
        forms.ORIGIN,
        None,
        "A store in place of Amazon's; it may be private.",
        example="https://s3.example.com",
    )
    harvest_rate_limit: str = setting(
        PRODUCTS,
        forms.RATE,
        "100/15s",
        "How many requests a token of Harvest may make in a span of time; clients slow down at exactly the default.",
        example="off",
    )
    harvest_reports_rate_limit: str = setting(
        PRODUCTS,
        forms.RATE,
        "100/900s",
        "How many reports a token of Harvest may ask for in a span of time.",
        example="1000/900s",
    )
    harbour_public_url: str | None = setting(
        PRODUCTS,
        forms.ORIGIN,
        None,
        "How people reach Harbour where it has a host of its own; else `/harbour` at `public_url`.",
        example="https://harbour.example.com",
    )
    harbour_hosts: tuple[str, ...] = setting(
        PRODUCTS, forms.NAMES, "", "Host names at whose root Harbour answers.", example="harbour.example.com"
    )
    harbour_plain_loopback: Literal["auto", "on", "off"] = setting(
        PRODUCTS,
        forms.choice("auto", "on", "off"),
        "auto",
        "Whether programs on this machine may call Harbour without TLS; `auto` is in development only.",
        example="off",
    )
    harbour_rate_limit_per_minute: int = setting(
        PRODUCTS,
        forms.number(1, 100_000),
        "100",
        "How many requests a key of Harbour may make in 60 seconds.",
        example="1000",
    )
    harbour_default_version: Literal["2.2", "2.1", "2.0"] = setting(
        PRODUCTS,
        forms.choice("2.2", "2.1", "2.0"),
        "2.2",
        "The version of callers of Harbour whose key is pinned to none.",
        example="2.1",
    )
    harbour_provider: Literal["sandbox", "manual_review"] = setting(
        PRODUCTS,
        forms.choice("sandbox", "manual_review"),
        "sandbox",
        "What runs the checks for which nobody decided otherwise.",
        example="manual_review",
    )
    harbour_catalogue_edition: Literal["guide-2.2", "standard-5"] = setting(
        PRODUCTS,
        forms.choice("guide-2.2", "standard-5"),
        "guide-2.2",
        "The catalogue of organizations of Harbour that chose none.",
        example="standard-5",
    )
    harbour_sandbox_step_ms: int = setting(
        PRODUCTS, forms.number(0, 3_600_000), "2000", "How long a step of a sandbox check takes.", example="0"
    )
    harbour_applicant_days: int = setting(
        PRODUCTS,
        forms.number(1, 3_650),
        "30",
        "How many days after the end of a check its applicant is kept.",
        example="7",
    )
    harbour_webhook_timeout_s: int = setting(
        PRODUCTS,
        forms.number(1, 60),
        "15",
        "How many seconds a delivery of a webhook of Harbour may take.",
        example="30",
    )
    appharbor_builders: int = setting(
        PRODUCTS, forms.number(1, 64), "2", "How many builds of applications run at once.", example="4"
    )
    appharbor_allow_unsandboxed: bool = setting(
        PRODUCTS,
        forms.SWITCH,
        "off",
        "Run the code of applications also where this machine has no sandbox for it. Whoever may push then acts as this user.",
        example="on",
    )
    appharbor_package_index: str | None = setting(
        PRODUCTS,
        forms.TEXT,
        None,
        "Where packages of Python come from, instead of the public index.",
        example="https://pypi.example.com/simple",
    )
    appharbor_applications_max: int | None = setting(
        PRODUCTS, forms.number(1, 1_000_000), None, "How many applications an account may have.", example="20"
    )
    appharbor_invitations: bool = setting(
        PRODUCTS,
        forms.SWITCH,
        "on",
        "Whether addresses that nobody has yet may become collaborators.",
        example="off",
    )
    appharbor_password_login: bool = setting(
        PRODUCTS, forms.SWITCH, "on", "Whether a name and a password give a token of AppHarbor.", example="off"
    )
    appharbor_token_days: int | None = setting(
        PRODUCTS,
        forms.number(1, 36_500),
        None,
        "For how many days a new token of AppHarbor is good; for ever without it.",
        example="365",
    )
    appharbor_require_https: bool = setting(
        PRODUCTS, forms.SWITCH, "off", "Whether AppHarbor refuses plain HTTP.", example="on"
    )
    appharbor_rate_limit: str = setting(
        PRODUCTS,
        forms.RATE,
        "off",
        "How many requests a caller of AppHarbor may make in a span of time.",
        example="600/60s",
    )
