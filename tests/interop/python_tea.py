"""Proves that the current Python SDK (alibabacloud-vod20170321) works with the emulator, with both of its signatures:
ACS3-HMAC-SHA256, its default, and RPC 1.0, which it calls "v2"."""

import sys
from urllib.parse import urlsplit

from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client as Vod

import scenario


def client_with(signature_algorithm):
    def connect(product, endpoint, key_id, secret):
        return product(
            Config(
                access_key_id=key_id,
                access_key_secret=secret,
                endpoint=urlsplit(endpoint).netloc,  # host:port; it is also sent, and signed, as the Host header
                protocol="http",
                signature_algorithm=signature_algorithm,
            )
        )

    def call(action, parameters, key_id, secret):
        try:
            if action == "GetCallerIdentity":
                answer = connect(Sts, scenario.STS_ENDPOINT, key_id, secret).get_caller_identity()
            else:
                vod = connect(Vod, scenario.VOD_ENDPOINT, key_id, secret)
                request, operation = {
                    "GetMessageCallback": (models.GetMessageCallbackRequest(), vod.get_message_callback),
                    "SetMessageCallback": (models.SetMessageCallbackRequest(), vod.set_message_callback),
                    "DeleteMessageCallback": (models.DeleteMessageCallbackRequest(), vod.delete_message_callback),
                }[action]
                answer = operation(request.from_map(parameters))
        except AlibabaCloudException as error:
            raise scenario.Refused(error.code) from error
        return answer.body.to_map()

    return call


results = [
    scenario.run("python tea ACS3", client_with(None), "app-interop1"),
    scenario.run("python tea RPC", client_with("v2"), "app-interop2"),
]
sys.exit(0 if all(results) else 1)
