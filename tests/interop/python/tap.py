"""The singer tap tap-harvest as singer runs it: it refreshes its token, finds its account and reads every stream it has.

Reads {"url", "oauth", "state"} from standard input; writes the singer messages that it writes, and nothing else.
"""

import json
import sys

from tap_harvest import client
from tap_harvest.discover import discover
from tap_harvest.sync import sync

given = json.load(sys.stdin)
client.REFRESH_URL = f"{given['url']}/api/v2"
config = {
    **{name: given["oauth"][name] for name in ("client_id", "client_secret", "refresh_token")},
    "start_date": "2020-01-01T00:00:00.000000Z",
    "user_agent": "Interop",
}
catalog = discover()
for stream in catalog.streams:
    for entry in stream.metadata:
        if not entry["breadcrumb"]:
            entry["metadata"]["selected"] = True


class Client(client.Client):
    """The tap's client at our address. Its own address is set where it is made, and by nothing else."""

    def __init__(self, config):
        super().__init__(config)
        self.base_url = f"{given['url']}/v2"


with Client(config) as reader:
    sync(client=reader, config=config, catalog=catalog, state=given["state"])
