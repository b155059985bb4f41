"""Proves that the older Python SDK (aliyun-python-sdk-vod) works with the emulator, by POST, its default, and by GET.
It signs by RPC 1.0 and puts the parameters into the query either way."""

import json
import logging
import sys
from urllib.parse import urlsplit

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from aliyunsdkvod.request.v20170321.DeleteMessageCallbackRequest import DeleteMessageCallbackRequest
from aliyunsdkvod.request.v20170321.GetMessageCallbackRequest import GetMessageCallbackRequest
from aliyunsdkvod.request.v20170321.SetMessageCallbackRequest import SetMessageCallbackRequest

import scenario

REQUESTS = {
    "GetCallerIdentity": GetCallerIdentityRequest,
    "GetMessageCallback": GetMessageCallbackRequest,
    "SetMessageCallback": SetMessageCallbackRequest,
    "DeleteMessageCallback": DeleteMessageCallbackRequest,
}


def client_with(method):
    def call(action, parameters, key_id, secret):
        endpoint = scenario.STS_ENDPOINT if action == "GetCallerIdentity" else scenario.VOD_ENDPOINT
        address = urlsplit(endpoint)
        request = REQUESTS[action]()
        request.set_method(method)
        request.set_protocol_type("http")
        request.set_endpoint(address.hostname)  # the port belongs to the client
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        client = AcsClient(key_id, secret, "cn-shanghai", port=address.port)
        try:
            return json.loads(client.do_action_with_exception(request))
        except ServerException as error:
            raise scenario.Refused(error.get_error_code()) from error

    return call


logging.disable()  # the SDK logs every refusal, and some are wanted here
results = [
    scenario.run("python core POST", client_with("POST"), "app-interop3"),
    scenario.run("python core GET", client_with("GET"), "app-interop4"),
]
sys.exit(0 if all(results) else 1)
