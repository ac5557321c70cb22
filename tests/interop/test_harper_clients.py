"""Clients of Harper that others wrote do all their calls against Harbor, and only the address is another.

One server for all: npm `harperive` and `harperdb-connect`, and `harperdb` from PyPI with both its faces.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harperdb
import pytest
from sdks.python.tests.loopback import Answer, Loopback
from tests.end_to_end.server import LOOPBACK, install, serving
from tests.interop import packages

CSV = b"id,name,age\n1,Penny,6\n8,Mo,4\n"
JOB_S_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Harper:
    """Where it answers, and to whom."""

    url: str
    username: str
    password: str
    csv_url: str
    bucket: str
    data: Path


@pytest.fixture(scope="module")
def harper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harper]:
    """A server, and another one that serves a CSV file."""
    elsewhere = Loopback()
    elsewhere.respond = lambda _seen: Answer(body=CSV, headers={"Content-Type": "text/csv"})
    installation = install(tmp_path_factory.mktemp("harper") / "data")
    with serving(installation, LOOPBACK) as server:
        user = installation.made["harper"]
        yield Harper(
            url=server.addresses["operations"],
            username=user["username"],
            password=user["password"],
            csv_url=f"{elsewhere.url}/dogs.csv",
            bucket=f"{elsewhere.url}/kennel",
            data=installation.data,
        )
    elsewhere.close()


def test_clients_from_npm_do_all_their_calls(harper: Harper) -> None:
    given = {name: getattr(harper, name) for name in ("url", "username", "password", "csv_url", "bucket")}

    told = packages.run("harper.mjs", given)

    by_harperive = told["harperive"]
    assert {name: status for name, status, _ in by_harperive if status != 200} == {"refused": 403}
    said = {name: data for name, _, data in by_harperive}
    assert said["searchByHash"] == [{"id": 2, "name": "Rex", "age": 3}, {"id": 1, "name": "Penny", "age": 5}]
    assert [row["name"] for row in said["searchByValue"]] == ["Kato", "Harper"]
    assert said["query"] == [{"n": 4, "oldest": 9}]
    assert said["delete"]["deleted_hashes"] == [4]
    loaded, fetched, removed, _purged = (data for name, _, data in by_harperive if name == "job")
    assert said["exportToS3"]["message"].startswith("Starting job with id ")
    assert said["no region"] == {"error": "S3 region can't be blank"}  # this client sends none
    assert loaded == fetched == "successfully loaded 2 of 2 records"
    assert removed == "No records found to delete"
    assert said["describeTable"]["record_count"] == 6
    assert [user["username"] for user in said["listUsers"]] == [harper.username, "una"]
    assert said["with a token"] == harper.username
    assert set(said["refreshOperationToken"]) == {"operation_token"}
    assert [entry["operation"] for entry in said["readTransactionLog"]][:3] == ["insert", "update", "upsert"]
    assert said["as una"] == [{"name": "Penny"}]
    assert said["refused"]["unauthorized_access"][0]["required_table_permissions"] == ["insert"]
    assert said["with a callback"] == ["dog"]

    by_connect = {name: (status, data) for name, status, data in told["connect"]}
    assert by_connect["sql"] == (200, [{"id": "a", "name": "Minka"}])
    assert by_connect["refused"] == (404, {"error": "database 'cattery' does not exist"})
    assert "Login failed" in by_connect["with a wrong password"][1]


def test_the_python_client_does_all_its_calls(harper: Harper, tmp_path: Path) -> None:
    client: Any = harperdb.HarperDB(url=harper.url, username=harper.username, password=harper.password)
    sheet = tmp_path / "dogs.csv"
    sheet.write_text("id,name,age\n1,Penny,5\n2,Rex,3.5\n")

    client.create_schema("pound")
    client.create_table("pound", "dog", "id")
    _ended(client, client.csv_data_load("pound", "dog", str(sheet)))
    _ended(client, client.csv_url_load("pound", "dog", harper.csv_url, action="upsert"))
    (harper.data / "imports").mkdir(exist_ok=True)
    (harper.data / "imports" / "more.csv").write_text("id,name\n3,Kato\n")
    _ended(client, client.csv_file_load("pound", "dog", "more.csv"))
    client.delete("pound", "dog", [3])
    _ended(client, client.export_local(".", sql="SELECT * FROM pound.dog"))
    inserted = client.insert("pound", "dog", [{"id": "x", "name": "Ünal"}, {"id": 1}])
    client.update("pound", "dog", [{"id": "x", "age": 2}])
    client.delete("pound", "dog", [8])
    by_hash = client.search_by_hash("pound", "dog", ["x"], get_attributes=["name", "age"])
    by_value = client.search_by_value("pound", "dog", "age", 6, get_attributes=["name"])
    found = client.sql("SELECT id FROM pound.dog ORDER BY id")
    client.drop_attribute("pound", "dog", "age")
    role = client.add_role("keeper", {"super_user": False})
    client.alter_role(role["id"], {"super_user": False, "structure_user": True})
    client.add_user(role["id"], "tor", "birch-9")
    client.alter_user(role["id"], "tor", "birch-10")

    assert (inserted["inserted_hashes"], inserted["skipped_hashes"]) == (["x"], [1])
    assert (by_hash, by_value) == ([{"name": "Ünal", "age": 2}], [{"name": "Penny"}])
    assert found == [{"id": 1}, {"id": 2}, {"id": "x"}]
    assert client.describe_schema("pound")["dog"] == client.describe_table("pound", "dog")
    assert "pound" in client.describe_all()
    assert "tor" in {user["username"] for user in client.list_users()}
    assert "keeper" in {each["role"] for each in client.list_roles()}
    assert client.user_info("tor")["username"] == harper.username  # the name is not asked for
    assert client.search_jobs_by_start_date("2020-01-01", "2100-01-01")
    assert isinstance(client.read_log(limit=3), list)
    for told in (client.system_information(), client.registration_info(), client.cluster_status()):
        assert isinstance(told, dict)
    assert client.get_fingerprint()["message"]
    assert _ended(client, client.delete_files_before("pound", "dog", "2020-01-01")) == "No records found to delete"
    with pytest.raises(harperdb.exceptions.HarperDBError, match=r"Table 'pound\.cat' does not exist"):
        client.describe_table("pound", "cat")

    client.drop_user("tor")
    client.drop_role(role["id"])
    client.drop_table("pound", "dog")
    client.drop_schema("pound")


def test_the_python_wrapper_sees_databases_as_objects(harper: Harper, tmp_path: Path) -> None:
    database: Any = harperdb.HarperDBWrapper(harper.url, username=harper.username, password=harper.password)
    before = len(database)

    table = database.create_schema("stable").create_table("horse", "id")
    horse = table.upsert({"id": "h1", "name": "Ada"})
    table.upsert([{"id": "h1", "name": "Ida"}, {"id": "h2", "name": "Bo"}])

    assert (len(database), len(database["stable"]), len(table)) == (before + 1, 1, 2)
    assert (horse["name"], table["h2"].to_dict()) == ("Ida", {"id": "h2", "name": "Bo"})
    assert set(table.attributes) == {"id", "name"}
    assert horse.created_time <= horse.updated_time
    horse.delete()
    assert len(table) == 1
    del database["stable"]
    assert len(database) == before


def _ended(client: Any, started: dict[str, Any]) -> str:
    """What a job came to. The client's guides take the fifth word for its id."""
    deadline = time.monotonic() + JOB_S_MAX
    while True:
        (job,) = client.get_job(started["message"].split()[4])
        if job["status"] in ("COMPLETE", "ERROR"):
            assert job["status"] == "COMPLETE", job
            return str(job["message"])
        assert time.monotonic() < deadline, job
        time.sleep(0.02)
