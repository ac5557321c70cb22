"""The table: every setting once, as a field with its type, form, default, help and example."""

# ruff: noqa: RUF009 - each call makes a dataclass field and is meant to happen once.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from harbor.kernel.settings import forms
from harbor.kernel.settings.products import ProductSettings
from harbor.kernel.settings.setting import (
    DATABASE,
    LIMITS,
    LOG,
    MAIL,
    OUTSIDE,
    RETENTION,
    SERVER,
    WEBHOOKS,
    Setting,
    setting,
)

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ProductSettings):
    """All settings of one process, read and checked. Made without arguments it has all defaults; secrets do not print.

    A list that is not set is empty; anything else that is not set and has no default is None. `given` are the words that
    a flag, the environment or the file has set: what is stored elsewhere outweighs the others alone.
    """

    given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    data: Path = setting(
        SERVER,
        forms.DIRECTORY,
        "harbor-data",
        "The data directory. It holds the other settings too, so the file cannot name it.",
        example="/var/lib/harbor",
    )
    host: str = setting(SERVER, forms.HOST, "127.0.0.1", "The address to listen on.", example="0.0.0.0")  # noqa: S104
    port: int = setting(SERVER, forms.PORT, "8000", "The main port.", example="8080")
    sandbox_port: int | None = setting(
        SERVER,
        forms.PORT,
        None,
        "A port on which every request is for the sandbox.",
        example="8001",
    )
    operations_port: int | None = setting(
        SERVER,
        forms.OPTIONAL_PORT,
        "9925",
        "The port of Harper's Operations API, beside /harper on the main port. Its clients expect 9925.",
        example="off",
    )
    operations_secure_port: int | None = setting(
        SERVER,
        forms.PORT,
        None,
        "One more port of the Operations API, always with TLS. Where there is a certificate, all other ports speak TLS too.",
        example="9927",
    )
    operations_socket: Path | None = setting(
        SERVER,
        forms.PATH,
        None,
        "A socket in the file system for the Operations API. Only this user can open it, and is a super user without a password.",
        example="/run/harbor/operations.sock",
    )
    apps_port: int | None = setting(
        SERVER,
        forms.PORT,
        None,
        "The port on which deployed applications answer. Without it there is none.",
        example="8080",
    )
    apps_host: str = setting(
        SERVER,
        forms.HOST,
        "127.0.0.1",
        "The address on which deployed applications answer.",
        example="0.0.0.0",  # noqa: S104
    )
    apps_domain: str = setting(
        SERVER,
        forms.HOST,
        "apps.localhost",
        "Deployed applications answer by names below it.",
        example="apps.example.com",
    )
    port_of: Mapping[str, int] = setting(
        SERVER,
        forms.PORTS,
        "",
        "Ports of their own for products, beside their prefixes on the main port.",
        example="harvest=8002,harper=8003",
    )
    workers: int = setting(
        SERVER, forms.number(1, 64), "1", "Processes behind the port. More than one needs PostgreSQL.", example="4"
    )
    drain_seconds: int = setting(
        SERVER,
        forms.number(0, 3_600),
        "20",
        "How long a stop waits for requests in flight before it cuts them off.",
        example="60",
    )
    key_file: Path | None = setting(
        SERVER,
        forms.PATH,
        None,
        "The master keys that seal secrets; `instance.key` in the data directory without it.",
        example="/etc/harbor/instance.key",
    )

    tls_certificate: Path | None = setting(
        OUTSIDE,
        forms.PATH,
        None,
        "The server's certificate chain (PEM). It needs `tls_key`.",
        example="/etc/harbor/chain.pem",
    )
    tls_key: Path | None = setting(
        OUTSIDE,
        forms.PATH,
        None,
        "The key of the certificate (PEM, without a password).",
        example="/etc/harbor/key.pem",
    )
    public_url: str | None = setting(
        OUTSIDE,
        forms.ORIGIN,
        None,
        "The origin under which people reach this server, for links in mails and pages.",
        example="https://harbor.example.com",
    )
    production_hosts: tuple[str, ...] = setting(
        OUTSIDE, forms.NAMES, "", "Host names on which every request is for production.", example="api.harbor.example"
    )
    sandbox_hosts: tuple[str, ...] = setting(
        OUTSIDE,
        forms.NAMES,
        "",
        "Host names on which every request is for the sandbox.",
        example="sandbox.api.harbor.example",
    )
    trusted_proxies: tuple[Network, ...] = setting(
        OUTSIDE,
        forms.NETWORKS,
        "",
        "Proxies in front whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
        example="10.0.0.0/24,127.0.0.1",
    )
    cors_origins: tuple[str, ...] = setting(
        OUTSIDE,
        forms.ORIGINS,
        "",
        "Origins whose pages may call the API from a browser.",
        example="https://app.example.com",
    )
    metrics_allow_cidrs: tuple[Network, ...] = setting(
        OUTSIDE,
        forms.NETWORKS,
        "127.0.0.0/8,::1",
        "Networks from which `/metrics` may be read.",
        example="127.0.0.0/8,10.0.0.0/24",
    )

    database: str | None = setting(
        DATABASE,
        forms.DATABASE,
        None,
        "A PostgreSQL database. Without it, SQLite in `harbor.db` of the data directory.",
        example="postgresql://harbor@db.example.com/harbor",
        is_secret=True,
    )
    database_connections: int = setting(
        DATABASE, forms.number(2, 200), "8", "Connections of one process to PostgreSQL for requests.", example="16"
    )

    rate_limits: bool = setting(
        LIMITS, forms.SWITCH, "on", "Off ends all limits on requests, also those of single keys.", example="off"
    )
    rate_limit_production: str = setting(
        LIMITS,
        forms.LIMIT,
        "600:60",
        "Of a production key in a workspace: requests a minute, and at once.",
        example="1200:120",
    )
    rate_limit_sandbox: str = setting(
        LIMITS, forms.LIMIT, "120:30", "Of a sandbox key in a workspace: requests a minute, and at once.", example="off"
    )
    connections_max: int = setting(
        LIMITS, forms.number(1, 1_000_000), "10000", "Open connections of one process.", example="50000"
    )
    connections_per_address_max: int = setting(
        LIMITS, forms.number(1, 1_000_000), "1000", "Open connections from one client address.", example="100"
    )

    webhook_allow_http: bool = setting(
        WEBHOOKS, forms.SWITCH, "off", "Endpoints may have http:// URLs. For development.", example="on"
    )
    webhook_allow_cidrs: tuple[Network, ...] = setting(
        WEBHOOKS,
        forms.NETWORKS,
        "",
        "Networks that endpoints may be in though they are not public. For development.",
        example="127.0.0.0/8",
    )
    webhook_proxy: str | None = setting(
        WEBHOOKS,
        forms.PROXY,
        None,
        "A forward proxy through which all webhooks leave.",
        example="http://proxy.example.com:3128",
        is_secret=True,
    )
    webhook_ca_file: Path | None = setting(
        WEBHOOKS,
        forms.PATH,
        None,
        "Certificate authorities (PEM) trusted besides those of the machine.",
        example="/etc/harbor/authorities.pem",
    )
    retry_schedule: str | None = setting(
        WEBHOOKS,
        forms.SCHEDULE,
        None,
        "The wait before each attempt of a delivery in seconds; without it the documented table over 72 hours.",
        example="0,300,1800",
    )
    retry_schedule_production: str | None = setting(
        WEBHOOKS, forms.SCHEDULE, None, "The same, for production alone.", example="0,300,1800,7200"
    )
    retry_schedule_sandbox: str | None = setting(
        WEBHOOKS, forms.SCHEDULE, None, "The same, for the sandbox alone.", example="0,5,30"
    )
    auto_disable_after_hours: int = setting(
        WEBHOOKS,
        forms.number(0, 24 * forms.DAYS_MAX, "a whole number of hours"),
        "120",
        "An endpoint without a success for so long is disabled, once 10 attempts failed. 0 means never.",
        example="24",
    )

    event_retention_days: int = setting(
        RETENTION, forms.DAYS, "90", "How long events and their deliveries are kept. 0 means for ever.", example="365"
    )
    attempt_retention_days: int = setting(
        RETENTION,
        forms.DAYS,
        "30",
        "How long the bodies of attempts are kept. 0 means as long as their events.",
        example="7",
    )
    request_log_retention_days: int = setting(
        RETENTION, forms.DAYS, "7", "How long request logs are kept. 0 means for ever.", example="30"
    )
    audit_retention_days: int = setting(
        RETENTION, forms.DAYS, "365", "How long the audit log is kept. 0 means for ever.", example="730"
    )
    delete_grace_days: int = setting(
        RETENTION,
        forms.DAYS,
        "7",
        "How long after its deletion a workspace is purged. 0 means with the next purge.",
        example="30",
    )

    smtp_host: str | None = setting(
        MAIL,
        forms.HOST,
        None,
        "The mail server. Without it mails are written but not sent.",
        example="mail.example.com",
    )
    smtp_port: int = setting(MAIL, forms.number(1, 65_535, "a port"), "587", "Its port.", example="465")
    smtp_sender: str | None = setting(
        MAIL,
        forms.ADDRESS,
        None,
        "The address that mails come from. It needs to be set with `smtp_host`.",
        example="harbor@example.com",
    )
    smtp_security: Literal["starttls", "tls", "none"] = setting(
        MAIL, forms.choice("starttls", "tls", "none"), "starttls", "How the connection is protected.", example="tls"
    )
    smtp_username: str | None = setting(MAIL, forms.TEXT, None, "The name to sign in with.", example="harbor")
    smtp_password: str | None = setting(
        MAIL, forms.TEXT, None, "The password to sign in with.", example="correct-horse", is_secret=True
    )

    clock: Literal["system", "manual"] = setting(
        LOG,
        forms.choice("system", "manual"),
        "system",
        "With `manual` the calendar stands until a test advances it.",
        example="manual",
    )
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        LOG, forms.choice("debug", "info", "warning", "error"), "info", "The least that is logged.", example="warning"
    )
    log_format: Literal["auto", "text", "json"] = setting(
        LOG,
        forms.choice("auto", "text", "json"),
        "auto",
        "`auto` is text on a terminal, else one JSON object a line.",
        example="json",
    )


SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType(
    {each.name: Setting(word=each.name, **each.metadata) for each in fields(Settings) if each.metadata}
)
