"""Rules of a web application firewall on the wire: kept and read back, and not applied, which the answers say.

Source: docs/products/harper.md#administration.
"""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.products.harper_tables.admin_ops import asking, keeping, store
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.rights import user_of

_GROUP = "Firewall"
_RULE, _CONTROL, _ONLY = "waf_rule", "waf", "control"
_MODES: Final = ("enforce", "monitor", "off")
_FLAGS: Final = ("enabled", "shadow")
_NUMBERS: Final = ("priority", "blockStatus", "score")
_TEXTS: Final = ("phase", "description", "action")
_OBJECTS: Final = ("match", "rateLimit", "scope", "activation", "provenance")
_KNOWN: Final = (*_FLAGS, *_NUMBERS, *_TEXTS, *_OBJECTS)
NOT_APPLIED: Final = "Rules are kept here; requests are not matched against them."


def add_waf_rule(call: Call, body: Fields) -> dict[str, Any]:
    """Keep a rule."""
    asked = asking.thing(body, "rule", required=True)
    body.check()
    inner = Fields(asked, body.compat)
    id_ = asking.name(inner, "id")
    rule = _rule(inner)
    inner.check()
    if store.get(call.tx, call.account_id, _RULE, id_) is not None:
        raise Conflict(f"WAF rule {id_} already exists", code="waf_rule_exists")
    rule.setdefault("provenance", {"origin": "human", "approver": user_of(call).username})
    keeping.keep(call, _RULE, id_, {"id": id_, **rule})
    return {"message": f"Added WAF rule {id_}", "note": NOT_APPLIED}


def alter_waf_rule(call: Call, body: Fields) -> str:
    """Replace fields of a rule."""
    id_ = asking.name(body, "id")
    changed = _rule(body)
    body.check()
    kept = store.get(call.tx, call.account_id, _RULE, id_)
    if kept is None:
        raise _missing(id_)
    keeping.keep(call, _RULE, id_, {**kept.doc, **changed})
    return f"Updated WAF rule {id_}"


def drop_waf_rule(call: Call, body: Fields) -> str:
    """Forget a rule."""
    id_ = asking.name(body, "id")
    body.check()
    if not keeping.forget(call, _RULE, id_):
        raise _missing(id_)
    return f"Dropped WAF rule {id_}"


def list_waf_rules(call: Call) -> list[dict[str, Any]]:
    """All rules, by priority."""
    rules = [each.doc for each in store.listing(call.tx, call.account_id, _RULE)]
    return sorted(rules, key=lambda rule: rule.get("priority") or 0)


def set_waf_mode(call: Call, body: Fields) -> dict[str, Any]:
    """Keep the mode, the threshold, or both."""
    mode = body.choice("mode", among=_MODES, default="")
    threshold = body.number("scoreThreshold")
    if threshold is not None and threshold <= 0:
        body.refuse("'scoreThreshold' must be a positive number", field="scoreThreshold")
    if not body.has("mode") and not body.has("scoreThreshold"):
        body.refuse("at least one of 'mode' and 'scoreThreshold' is required", field="mode")
    body.check()
    said = {name: value for name, value in (("mode", mode or None), ("scoreThreshold", threshold)) if value is not None}
    present = store.get(call.tx, call.account_id, _CONTROL, _ONLY)
    keeping.keep(call, _CONTROL, _ONLY, {**(present.doc if present else {}), **said})
    text = ", ".join(f"{name} set to {value}" for name, value in said.items())
    return {"message": f"WAF {text}", "note": NOT_APPLIED}


def _rule(body: Fields) -> dict[str, Any]:
    """The fields of a rule that were sent."""
    found: dict[str, Any] = {}
    for name in _KNOWN:
        if not body.has(name):
            continue
        if name in _FLAGS:
            found[name] = body.flag(name)
        elif name in _NUMBERS:
            found[name] = body.number(name)
        elif name in _TEXTS:
            found[name] = asking.text(body, name)
        else:
            found[name] = asking.thing(body, name)
    return found


def _missing(id_: str) -> Missing:
    return Missing(f"WAF rule {id_} does not exist", code="waf_rule_missing")


def _operation(handler: Any, only: str, summary: str, *, writes: bool = False) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, writes=writes, group=_GROUP, summary=summary)


OPERATIONS = (
    _operation(add_waf_rule, "addWafRule", "Keep a rule", writes=True),
    _operation(alter_waf_rule, "alterWafRule", "Replace fields of a rule", writes=True),
    _operation(drop_waf_rule, "dropWafRule", "Forget a rule", writes=True),
    _operation(list_waf_rules, "listWafRules", "All rules"),
    _operation(set_waf_mode, "setWafMode", "Keep the mode and the threshold", writes=True),
)
