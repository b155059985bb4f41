"""Proves that the official Python library of credentials (alibabacloud-credentials) and `vodcb whoami` come to the same key
where both know the source: to the same id where the key is at hand, to the same identity where it is issued. Where they are
known to differ, as docs/credentials.md says, that is proved, too.

The library insists on https and the vendor's host for STS. Its requests are signed and read by itself and turned to the
emulator on their way out; nothing else of it is touched.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit


def resolve():
    """In a process of its own, as the library reads the environment once: print the key it comes to."""
    from alibabacloud_credentials.provider import DefaultCredentialsProvider
    from Tea.core import TeaCore

    send = TeaCore.do_action

    def send_to_the_emulator(request, runtime_option=None):
        if request.headers["host"] == "sts.aliyuncs.com":
            request.protocol, request.headers["host"] = "http", urlsplit(os.environ["VODCB_STS_ENDPOINT"]).netloc
        return send(request, runtime_option)

    TeaCore.do_action = staticmethod(send_to_the_emulator)
    key = DefaultCredentialsProvider().get_credentials()
    print(json.dumps([key.get_access_key_id(), key.get_access_key_secret(), key.get_security_token()]))


if sys.argv[1:] == ["--resolve"]:
    resolve()
    sys.exit()

import scenario

VODCB = os.environ["VODCB"]
ACCOUNT = "1234567890123456"
KEY = {"access_key_id": scenario.KEY_ID, "access_key_secret": scenario.SECRET}
OTHER = {"access_key_id": "LTAIother00000000001", "access_key_secret": "other"}
TEMPORARY = {"access_key_id": "STS.NTother000000000002", "access_key_secret": "other", "sts_token": "token"}
ROLE = {"ram_role_arn": f"acs:ram::{ACCOUNT}:role/vod-admin", "ram_session_name": "ada"}
PROVIDER = f"acs:ram::{ACCOUNT}:oidc-provider/ci"


def profile(mode, **members):
    return {"name": members.pop("name", "default"), "mode": mode, "region_id": "cn-shanghai", **members}


def config(*profiles, current="default"):
    return {".aliyun/config.json": json.dumps({"current": current, "profiles": profiles})}


def ini(**members):
    lines = "".join(f"{name} = {value}\n" for name, value in members.items())
    return {".alibabacloud/credentials.ini": f"[default]\n{lines}"}


def in_environment(key):
    names = {"access_key_id": "ACCESS_KEY_ID", "access_key_secret": "ACCESS_KEY_SECRET", "sts_token": "SECURITY_TOKEN"}
    return {f"ALIBABA_CLOUD_{names[member]}": value for member, value in key.items()}


def printing(key, mode):
    return f"/bin/sh -c 'printf %s \"$1\"' sh '{json.dumps({'mode': mode} | key)}'"


class Place:
    """A home folder and an environment, seen by both."""

    def __init__(self, home, files, variables):
        self.home = home
        for name, text in files.items():
            path = pathlib.Path(home, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{home}", home), encoding="utf-8")
            path.chmod(0o600)
        passed_on = ("PATH", "NO_PROXY", "no_proxy", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING")
        self.base = {name: os.environ[name] for name in passed_on if name in os.environ} | {
            "HOME": home,
            "VODCB_ENDPOINT": scenario.VOD_ENDPOINT,
            "VODCB_STS_ENDPOINT": scenario.STS_ENDPOINT,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }
        self.variables = {name: value.replace("{home}", home) for name, value in variables.items()}

    def run(self, command, variables):
        done = subprocess.run(command, env=self.base | variables, cwd=self.home, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-400:]}"
        return json.loads(done.stdout)

    def whoami(self, variables, *flags):
        return self.run([VODCB, "whoami", "-o", "json", *flags], variables)

    def library(self):
        return self.run([sys.executable, os.path.abspath(__file__), "--resolve"], self.variables)

    def ids(self):
        """The key's id as the library and as vodcb see it, both shortened, and whether there is a token."""
        id, _, token = self.library()
        ours = self.whoami(self.variables, "--offline")
        return (f"{id[:4]}…{id[-4:]}", bool(token)), (ours["access_key_id"], ours["temporary"])

    def identities(self):
        """Who the key belongs to, as STS tells for the library's key and for ours."""
        id, secret, token = self.library()
        theirs = in_environment({"access_key_id": id, "access_key_secret": secret, "sts_token": token})
        return self.whoami(theirs)["arn"], self.whoami(self.variables)["arn"]


def same_id(place):
    theirs, ours = place.ids()
    assert theirs == ours, f"the library comes to {theirs}, vodcb to {ours}"


def same_identity(place):
    theirs, ours = place.identities()
    assert theirs == ours and "assumed-role" in ours, f"the library comes to {theirs}, vodcb to {ours}"


def same_role(place):
    theirs, ours = (arn.rsplit("/", 1) for arn in place.identities())
    assert theirs[0] == ours[0], f"the library comes to {theirs}, vodcb to {ours}"
    assert theirs[1] != ours[1] == "ada", f"the session is {theirs[1]} for the library, {ours[1]} for vodcb"


def other_id(place):
    theirs, ours = place.ids()
    assert theirs != ours, f"both come to {ours}: docs/credentials.md says that they differ"


TOKEN = {"token": "some-token\n"}
OIDC = {
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "{home}/token",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
    "ALIBABA_CLOUD_ROLE_ARN": ROLE["ram_role_arn"],
    "ALIBABA_CLOUD_ROLE_SESSION_NAME": "build-17",
}
STATIC = profile("AK", **OTHER)
CHECKS = {
    "environment": (same_id, {}, in_environment(OTHER)),
    "environment with a token": (same_id, {}, in_environment(TEMPORARY)),
    "environment before config.json": (same_id, config(profile("StsToken", **TEMPORARY)), in_environment(OTHER)),
    "config.json AK": (same_id, config(STATIC), {}),
    "config.json, current is not default": (same_id, config(STATIC, profile("AK", name="b", **KEY), current="b"), {}),
    "config.json, named by variable": (
        same_id,
        config(STATIC, profile("AK", name="b", **KEY)),
        {"ALIBABA_CLOUD_PROFILE": "b"},
    ),
    "config.json StsToken": (same_id, config(profile("StsToken", **TEMPORARY)), {}),
    "config.json RamRoleArn": (same_identity, config(profile("RamRoleArn", **KEY, **ROLE)), {}),
    "config.json ChainableRamRoleArn": (
        same_identity,
        config(profile("ChainableRamRoleArn", source_profile="base", **ROLE), profile("AK", name="base", **KEY)),
        {},
    ),
    "config.json External AK": (same_id, config(profile("External", process_command=printing(OTHER, "AK"))), {}),
    "config.json External StsToken": (
        same_id,
        config(profile("External", process_command=printing(TEMPORARY, "StsToken"))),
        {},
    ),
    "config.json before the ini file": (same_id, config(STATIC) | ini(type="access_key", **KEY), {}),
    "config.json disabled": (
        same_id,
        config(profile("StsToken", **TEMPORARY)) | ini(type="access_key", **OTHER),
        {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"},
    ),
    "OIDC variables": (same_identity, TOKEN, OIDC),
    "OIDC variables before config.json": (same_identity, TOKEN | config(STATIC), OIDC),
    "ini file access_key": (same_id, ini(type="access_key", **OTHER), {}),
    "ini file ram_role_arn": (
        same_identity,
        ini(type="ram_role_arn", **KEY, role_arn=ROLE["ram_role_arn"], role_session_name="ada"),
        {},
    ),
    "credentials URI": (
        same_identity,
        {},
        {"ALIBABA_CLOUD_CREDENTIALS_URI": f"{scenario.STS_ENDPOINT}/credentials-uri"},
    ),
    "differs: the session name of config.json OIDC": (
        same_role,
        TOKEN | config(profile("OIDC", oidc_provider_arn=PROVIDER, oidc_token_file="{home}/token", **ROLE)),
        {},
    ),
    "differs: a named profile and a key in the environment": (
        other_id,
        config(STATIC, profile("AK", name="b", **KEY)),
        in_environment(OTHER) | {"ALIBABA_CLOUD_PROFILE": "b"},
    ),
}


def main():
    all_well = True
    for name, (check, files, variables) in CHECKS.items():
        try:
            with tempfile.TemporaryDirectory() as home:
                check(Place(home, files, variables))
            print(f"ok python credentials: {name}", flush=True)
        except Exception as error:
            all_well = False
            why = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAILED python credentials: {name}: {why}", flush=True)
    return all_well


sys.exit(0 if main() else 1)
