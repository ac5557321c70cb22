"""Harvest's time tracking API, V2: company, people, clients, projects, time, and what follows from them.

Where things are. `dialect.py` is how Harvest speaks: who calls (`access`), which errors, how lists are paged (`paging.py`,
`listing_store.py`), how bodies are read (`bodies.py`, `forms.py`), how values are written (`wire.py`). `routes.py` is what it
answers, `product.py` what `app` mounts, `opening.py` how an account begins. Each resource is a slice.

What a slice stands on:

- `access.service.me(call)` is the caller, a `Member` with `is_administrator`, `is_manager`, `has(role)`, `sees_rates`;
  `managed_projects(call)` and `own_people(call)` are what managers may reach; `denied("…")` is the refusal of a role.
- A route finds its thing with `locate=at(service.to_change, "client_id")`, so that 404 comes before 403 before 422.
- A body is an `OpenBody` struct; fields of a change default to UNSET, and `wire.given(body)` is what was sent.
- Amounts are integers with their scale in the name (`rate_e4`, `hours_e2`) from body to table; `wire.number` shows them.
- Refusals read like `Name can't be blank`: `sentences.problem("name", BLANK)`; what the state forbids is a `Conflict`.
- What was done is told by `telling.tell(call, "client.updated", id, before=…, after=…)`: event and audit row.
- Whatever changes rates, assignments or billing calls `pricing.service.reprice`; whatever changes what entries show calls
  `tracked.service.touch`.
"""
