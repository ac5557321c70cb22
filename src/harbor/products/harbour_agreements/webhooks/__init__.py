"""Webhooks: Harbour's view of the kernel's subscriptions and deliveries.

A slice whose events should reach webhooks emits one of the kernel types in `model.KERNEL_TYPES`, and gives `view.harbour_view`
a function that makes the event's `data` in the newest shape while the event happens.
"""
