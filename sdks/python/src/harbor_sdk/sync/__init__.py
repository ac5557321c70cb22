# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""The blocking client: a thin transport and the namespaces over it."""
