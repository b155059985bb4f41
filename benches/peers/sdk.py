"""`vodcb get` by the official Python SDK."""

import os
from urllib.parse import urlsplit

from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321.client import Client
from alibabacloud_vod20170321.models import GetMessageCallbackRequest

client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=urlsplit(os.environ["VODCB_ENDPOINT"]).netloc,
        protocol="http",
    )
)
print(client.get_message_callback(GetMessageCallbackRequest(app_id="app-1000000")).body.to_map())
