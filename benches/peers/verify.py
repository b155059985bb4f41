"""`vodcb verify --delivery FILE` by Python's hashlib: verify.py FILE URL, with the key in VOD_KEY."""

import hashlib
import hmac
import json
import os
import sys

url, key = sys.argv[2], os.environ["VOD_KEY"]
right = wrong = 0
with open(sys.argv[1]) as lines:
    for line in lines:
        headers = {name.lower(): value for name, value in json.loads(line)["headers"]}
        time, signature = headers["x-vod-timestamp"], headers["x-vod-signature"]
        expected = hashlib.md5(f"{url}|{time}|{key}".encode()).hexdigest()
        if hmac.compare_digest(expected, signature):
            right += 1
        else:
            wrong += 1
print(right, "right,", wrong, "wrong")
sys.exit(wrong > 0)
