"""SSH keys on the wire: kept sealed, for whoever fetches components from private hosts. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import asking, keeping, sealing, store
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

_GROUP = "SSH keys"
_KIND, _HOSTS_KIND, _HOSTS = "ssh_key", "ssh_known_hosts", "known_hosts"
_RULE = "SSH key name can only contain alphanumeric, dash and underscore characters"


def add_ssh_key(call: Call, body: Fields) -> dict[str, Any]:
    """Keep a key, or make one."""
    name, is_made = _name(body), body.flag("generate")
    key = asking.text(body, "key", required=not is_made)
    host, hostname = asking.name(body, "host"), asking.name(body, "hostname")
    known_hosts = asking.text(body, "known_hosts")
    if is_made and key:
        body.refuse("'key' and 'generate' exclude each other", field="generate")
    reply = asking.everywhere(body, {"message": f"Added ssh key: {name}"})
    body.check()
    if store.get(call.tx, call.account_id, _KIND, name) is not None:
        raise invalid(
            "Key already exists. Use update_ssh_key or delete_ssh_key and then add_ssh_key",
            code="ssh_key_exists",
            field="name",
        )
    if is_made:
        key, reply["public_key"] = _made(name)
    keeping.keep(call, _KIND, name, {"host": host, "hostname": hostname}, secret=sealing.sealed(call, key))
    if known_hosts:
        present = _known_hosts(call)
        _keep_hosts(call, f"{present.rstrip()}\n{known_hosts}" if present else known_hosts)
    return reply


def get_ssh_key(call: Call, body: Fields) -> dict[str, Any]:
    """A key and what it is for."""
    name = _name(body)
    body.check()
    kept = store.get(call.tx, call.account_id, _KIND, name)
    if kept is None:
        raise _missing(name)
    return {"name": name, "key": sealing.opened(call, kept), **kept.doc}


def update_ssh_key(call: Call, body: Fields) -> dict[str, Any]:
    """Put another key in place of one."""
    name, key = _name(body), asking.text(body, "key", required=True)
    reply = asking.everywhere(body, {"message": f"Updated ssh key: {name}"})
    body.check()
    kept = store.get(call.tx, call.account_id, _KIND, name)
    if kept is None:
        raise invalid(
            f"SSH key '{name}' does not exist. Use add_ssh_key to create it.", code="ssh_key_missing", field="name"
        )
    keeping.keep(call, _KIND, name, kept.doc, secret=sealing.sealed(call, key))
    return reply


def delete_ssh_key(call: Call, body: Fields) -> dict[str, Any]:
    """Forget a key."""
    name = _name(body)
    reply = asking.everywhere(body, {"message": f"Deleted ssh key: {name}"})
    body.check()
    if not keeping.forget(call, _KIND, name):
        raise _missing(name)
    return reply


def list_ssh_keys(call: Call) -> list[dict[str, Any]]:
    """All keys, without what is secret."""
    return [{"name": each.name, **each.doc} for each in store.listing(call.tx, call.account_id, _KIND)]


def set_ssh_known_hosts(call: Call, body: Fields) -> dict[str, Any]:
    """Keep the list of hosts."""
    hosts = asking.text(body, "known_hosts", required=True)
    reply = asking.everywhere(body, {"message": "Known hosts successfully set"})
    body.check()
    _keep_hosts(call, hosts)
    return reply


def get_ssh_known_hosts(call: Call) -> dict[str, Any]:
    """The list of hosts; null if none was set."""
    return {"known_hosts": _known_hosts(call)}


def _name(body: Fields) -> str:
    name = asking.name(body, "name")
    if name and not asking.PROJECT.fullmatch(name):
        body.refuse(_RULE, field="name")
    return name


def _missing(name: str) -> Exception:
    return invalid(f"SSH key '{name}' does not exist.", code="ssh_key_missing", field="name")


def _known_hosts(call: Call) -> str | None:
    kept = store.get(call.tx, call.account_id, _HOSTS_KIND, _HOSTS)
    return None if kept is None else str(kept.doc["text"])


def _keep_hosts(call: Call, text: str) -> None:
    keeping.keep(call, _HOSTS_KIND, _HOSTS, {"text": text[-asking.TEXT_LENGTH_MAX :]})


def _made(name: str) -> tuple[str, str]:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    return text.decode("ascii"), f"{public.decode('ascii')} {name}"


def _operation(handler: Any, only: str, summary: str, *, writes: bool = False) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, writes=writes, group=_GROUP, summary=summary)


OPERATIONS = (
    _operation(add_ssh_key, "addSSHKey", "Keep a key, or make one", writes=True),
    _operation(get_ssh_key, "getSSHKey", "A key and what it is for"),
    _operation(update_ssh_key, "updateSSHKey", "Put another key in place of one", writes=True),
    _operation(delete_ssh_key, "deleteSSHKey", "Forget a key", writes=True),
    _operation(list_ssh_keys, "listSSHKeys", "All keys"),
    _operation(set_ssh_known_hosts, "setSSHKnownHosts", "Keep the list of hosts", writes=True),
    _operation(get_ssh_known_hosts, "getSSHKnownHosts", "The list of hosts"),
)
