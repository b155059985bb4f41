"""What every official client has to experience, told once for the Python clients.

A client is a function `call(action, parameters, key_id, secret)`: it performs the API operation and returns the answer
as a dict with the API's own names, or raises `Refused` with the error code its SDK reports.
"""

import os

VOD_ENDPOINT = os.environ["VODCB_ENDPOINT"]
STS_ENDPOINT = os.environ["VODCB_STS_ENDPOINT"]
KEY_ID = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]

HTTP = {
    "CallbackType": "HTTP",
    # Reserved characters, existing escapes and a character beyond the BMP: each has been encoded wrongly by someone.
    "CallbackURL": "https://hooks.example.org/vod/回调?tenant=blue&note=50%25+off&q=x%2Fy~z*w&film=🎬",
    "AuthSwitch": "on",
    "AuthKey": "Qx7Lm2Vt9Rb4",
    "EventTypeList": "FileUploadComplete,TranscodeComplete",
}
MNS = {
    "CallbackType": "MNS",
    "MnsEndpoint": "https://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
    "MnsQueueName": "vod-events",
    "EventTypeList": "FileUploadComplete,SnapshotComplete",
}
NO_EVENTS = {
    "CallbackType": "HTTP",
    "CallbackURL": "https://hooks.example.org/vod",
    "EventTypeList": "",
}


class Refused(Exception):
    def __init__(self, code):
        super().__init__(f"refused with {code}")
        self.code = code


def run(name, call, app_id):
    """Play the whole story in one application; print one line per check; say whether all went well."""
    app = {"AppId": app_id}

    def ask(action, parameters, key_id=KEY_ID, secret=SECRET):
        return call(action, parameters, key_id, secret)

    def get():
        return ask("GetMessageCallback", app).get("MessageCallback") or {}

    def expect(found, wanted):
        assert found == wanted, f"expected {wanted!r}, got {found!r}"

    def nothing_is_configured():
        assert not get().get("CallbackType"), f"expected no configuration, got {get()!r}"

    def set_and_get(callback):
        ask("SetMessageCallback", app | callback)
        found = get()
        for member, wanted in (app | callback).items():
            assert found.get(member) == wanted, f"{member}: expected {wanted!r}, got {found.get(member)!r}"

    def set_no_events():
        ask("SetMessageCallback", app | NO_EVENTS)
        found = get()
        expect(found.get("CallbackURL"), NO_EVENTS["CallbackURL"])
        expect(found.get("EventTypeList") or "", "")

    def delete():
        ask("DeleteMessageCallback", app)
        nothing_is_configured()

    def refusal(codes, **key):
        try:
            ask("GetMessageCallback", app, **key)
        except Refused as refused:
            assert refused.code in codes, f"expected {' or '.join(codes)}, got {refused.code}"
        else:
            raise AssertionError("not refused")

    checks = {
        "get when nothing is configured": nothing_is_configured,
        "set HTTP and get it back": lambda: set_and_get(HTTP),
        "set MNS and get it back": lambda: set_and_get(MNS),
        "an empty event list switches all off": set_no_events,
        "delete": delete,
        # A parameter the service ignores; clients differ in whether a blank travels as + or %20.
        "a blank, a plus and others in a value": lambda: ask("GetMessageCallback", app | {"OwnerAccount": "a b+c*d~e"}),
        "caller identity": lambda: expect(ask("GetCallerIdentity", {})["AccountId"], "1234567890123456"),
        # The core SDK reports InvalidAccessKeySecret when the server's string to sign equals its own.
        "a wrong secret": lambda: refusal(
            ["SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeySecret"], secret="wrong"
        ),
        "an unknown key": lambda: refusal(["InvalidAccessKeyId.NotFound"], key_id="LTAIunknown"),
    }
    all_well = True
    for check, play in checks.items():
        try:
            play()
            print(f"ok {name}: {check}", flush=True)
        except Exception as error:
            all_well = False
            why = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAILED {name}: {check}: {why}", flush=True)
    return all_well
