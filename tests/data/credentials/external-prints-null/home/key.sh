printf '{"mode":"AK","access_key_id":"%s","access_key_secret":"%s","sts_token":null,"expiration":null}' '{id}' '{secret}'
