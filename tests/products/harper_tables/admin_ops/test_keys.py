"""Keys that are made here, envelopes, licences, certificates, and archives that would leave their folder."""

from __future__ import annotations

import io
import json
import tarfile
from base64 import b64decode, b64encode, urlsafe_b64encode
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from tests.products.harper_tables.conftest import Instance

LICENSE = {
    "id": "l-1",
    "level": 1,
    "region": "eu",
    "expiration": "2030-01-01",
    **dict.fromkeys(("reads", "readBytes", "writes", "writeBytes", "realTimeMessages", "realTimeBytes"), -1),
    **dict.fromkeys(("cpuTime", "storage"), -1),
}


def signed(key: Ed25519PrivateKey, payload: dict[str, Any]) -> str:
    """A licence."""
    parts = [urlsafe_b64encode(json.dumps(each).encode()).decode() for each in ({"typ": "Harper-License"}, payload)]
    return f"{parts[0]}.{parts[1]}.{urlsafe_b64encode(key.sign('.'.join(parts).encode())).decode()}"


def archive(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> str:
    """A tar with one entry, in base64."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
        made.addfile(entry, io.BytesIO(b"x"))
    return b64encode(out.getvalue()).decode()


async def test_a_key_that_is_made_is_told_in_public(instance: Instance) -> None:
    reply = await instance.do("add_ssh_key", name="forge", host="a", hostname="b", generate=True)

    assert reply["public_key"].startswith("ssh-ed25519 ")
    private = (await instance.do("get_ssh_key", name="forge"))["key"]
    loaded = serialization.load_ssh_private_key(private.encode(), None)
    assert isinstance(loaded, Ed25519PrivateKey)


async def test_an_envelope_is_opened_by_the_key_that_was_given_out(instance: Instance) -> None:
    told = await instance.do("get_secrets_public_key")
    assert told == await instance.do("get_secrets_public_key")
    key = serialization.load_pem_public_key(told["public_key"].encode())
    assert isinstance(key, rsa.RSAPublicKey)
    sealed = b64encode(key.encrypt(b"k-1", padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))).decode()

    assert (await instance.do("set_secret", name="API_KEY", envelope=sealed))["created"] is True
    assert (await instance.refused("set_secret", name="API_KEY", envelope="aGk="))[0] == 400


async def test_a_licence_of_the_operator_is_installed_once(instance: Instance) -> None:
    key = Ed25519PrivateKey.generate()
    cast(dict[str, Any], instance.house.services.tools)["harper.license_key"] = key.public_key()

    assert await instance.do("install_usage_license", license=signed(key, LICENSE)) == {
        "message": "Successfully installed usage license"
    }
    assert await instance.do("install_usage_license", license=signed(key, LICENSE)) == {
        "message": "Usage license already installed"
    }
    (kept,) = await instance.do("get_usage_licenses", region="eu")
    assert (kept["id"], kept["reads"], kept["usedReads"]) == ("l-1", -1, 0)
    assert await instance.refused("install_usage_license", license=signed(key, {**LICENSE, "reads": "x"})) == (
        400,
        "Failed to install usage license; Invalid license payload; required attribute 'reads' must be a number; "
        "got: string",
    )
    assert (await instance.refused("install_usage_license", license=signed(Ed25519PrivateKey.generate(), LICENSE)))[
        1
    ] == "Failed to install usage license; License signature is invalid"


async def test_a_certificate_without_its_key_is_refused(one_engine: Instance) -> None:
    signing = (await one_engine.do("sign_certificate", csr=(await one_engine.do("create_csr"))["pem"]))["signingCA"]

    await one_engine.do("add_certificate", name="their authority", certificate=signing, is_authority=True)
    await one_engine.do("remove_certificate", name="their-authority")
    stranger = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert await one_engine.refused(
        "add_certificate", certificate=signing, is_authority=True, private_key=stranger.decode()
    ) == (400, "A suitable private key was not found for this certificate")


@pytest.mark.parametrize(
    "payload",
    [archive("/etc/x"), archive("../x"), archive("a/../../x"), archive("l", tarfile.SYMTYPE, "/etc"),
     archive("d", tarfile.CHRTYPE), "not base64", b64encode(b"no tar at all" * 100).decode()],
)  # fmt: skip
async def test_an_archive_that_leaves_its_folder_is_refused_whole(one_engine: Instance, payload: str) -> None:
    assert (await one_engine.refused("deploy_component", project="shelf", payload=payload))[0] == 400

    assert (await one_engine.do("get_components"))["entries"] == []


async def test_what_was_deployed_can_be_fetched_until_it_is_deleted(instance: Instance) -> None:
    payload = archive("package/lib/a.js")
    id_ = (await instance.do("deploy_component", project="shelf", payload=payload))["deployment_id"]

    (shelf,) = (await instance.do("get_components"))["entries"]
    assert [each["name"] for each in shelf["entries"]] == ["lib"]
    assert (await instance.ask("get_deployment_payload", deployment_id=id_)).body == b64decode(payload)
    freed = await instance.do("delete_deployment_payload", deployment_id=id_)
    assert freed["freed_bytes"] == len(b64decode(payload))
    assert (await instance.ask("get_deployment_payload", deployment_id=id_)).status == 404
    assert (await instance.do("get_deployment", deployment_id=id_))["payload_blob_present"] is False


async def test_a_backup_of_a_dropped_table_brings_it_back(instance: Instance) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}, {"id": "1", "at": None}])
    await instance.do("create_backup", database="press")
    await instance.do("drop_table", database="press", table="article")

    await instance.do("restore_backup", database="press")

    found = await instance.do("search_by_value", database="press", table="article", attribute="id", value="*")
    assert [each["id"] for each in found] == [1, "1"]
