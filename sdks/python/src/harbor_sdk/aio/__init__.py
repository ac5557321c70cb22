"""The asynchronous client: a thin transport and the namespaces over it.

The blocking client in `harbor_sdk.sync` is made from these files by `scripts/sdk_sync`: change them, then run it.
"""
