printf '{"mode":"StsToken","access_key_id":"%s","access_key_secret":"%s","sts_token":"%s","expiration":"%s"}' '{id}' '{secret}' '{token}' '2099-01-02T03:04:05Z'
