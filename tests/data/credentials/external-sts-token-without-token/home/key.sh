printf '{"mode":"StsToken","access_key_id":"%s","access_key_secret":"%s"}' '{id}' '{secret}'
