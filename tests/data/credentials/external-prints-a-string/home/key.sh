printf '"%s"' '{secret}'
