printf '{"mode":{"%s":1}}' '{secret}'
