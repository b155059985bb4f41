#!/bin/sh
# `vodcb get` by curl and openssl: a request signed by RPC 1.0. Nothing in the values needs an encoding
# but the colons of the time, and the signature.
set -eu
encode() { printf %s "$1" | sed 's/%/%25/g; s/:/%3A/g; s/&/%26/g; s/=/%3D/g; s/+/%2B/g; s,/,%2F,g'; }
query="AccessKeyId=$ALIBABA_CLOUD_ACCESS_KEY_ID&Action=GetMessageCallback&AppId=app-1000000&Format=JSON"
query="$query&SignatureMethod=HMAC-SHA1&SignatureNonce=$(openssl rand -hex 16)&SignatureVersion=1.0"
query="$query&Timestamp=$(encode "$(date -u +%Y-%m-%dT%H:%M:%SZ)")&Version=2017-03-21"
signature=$(printf %s "POST&%2F&$(encode "$query")" |
    openssl dgst -sha1 -hmac "$ALIBABA_CLOUD_ACCESS_KEY_SECRET&" -binary | openssl base64)
curl -sSf --data "$query&Signature=$(encode "$signature")" "$VODCB_ENDPOINT/"
