"""The engine: checks are started, submitted, followed and completed here, whoever runs them.

Interfaces: a slice that wants a check run (a link with checks, say) builds `model.Asked`, asks `opening.opened` whether it
is a good wish, has the provider `start` it outside the transaction and calls `creating.create` with the answer, as
`api.start` does. A provider's callback calls `service.apply` once for each report. `service.cancel(superseded_by=…)` is
what happens when a person's data changes before the submission.
"""
