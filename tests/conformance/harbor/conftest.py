"""The fixtures of this folder: a real server whose calendar stands still, a workspace, a receiver."""

from tests.end_to_end.fixtures import manual_server, receiver, slow_shop, template

__all__ = ["manual_server", "receiver", "slow_shop", "template"]
