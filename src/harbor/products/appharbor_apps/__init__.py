"""AppHarbor: applications that are pushed, built, tested, deployed, run and routed.

Where things are. `dialect.py` is how AppHarbor speaks (tokens in `access`, bodies in `bodies.py`, values in `wire.py`), `edge.py` its
pipeline, `setup.py` what the operator decides, `routes.py` what it answers, `product.py` and `jobs.py` what `app` mounts and
runs. Each resource is a slice.

What a slice stands on:

- `applications.service.require(call, slug, right)` gives the application and a call in its account, and is the one way there.
  Jobs and other slices that are inside already use `applications.service.find` with such a call.
- A PUT returns `wire.DONE`, a POST `Created(None, address)`, a DELETE nothing. Addresses in lists come from `show_listed`.
- `telling.tell(call, "build.queued", application_id, …)` is the event and the audit row; `telling.next_number(call, "builds")`
  the next integer of the installation, drawn last.
- Lines go into `logs.book.Book`; what follows them is a log session, a drain or a page.

What stands behind ports, and knows no database:

- `builder/port.py`: a `Task` becomes a `Built`. `builder/local.py` is the builder of this machine; another language is one more
  step there and one more entry of `builder/detection.py`.
- `deploys/port.py`: an `Order` becomes a `Deployed`. The runner and the router stand behind it. `deploys.service` says what is
  wanted and what is live; `tx.notify(deploys.service.ROUTES_TOPIC)` tells the writer of the table of routes of new names.
- `oauth.service.ask`, `approve` and `refuse` are what the page of consent calls.
"""
