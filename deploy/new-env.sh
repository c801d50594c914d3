#!/bin/sh
# Makes .env from deploy/env.example, with a new random secret in each empty line; only its owner may read it. Run it beside docker-compose.yml.
set -eu
umask 077
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo '.env is there already: it is left as it is' >&2
  exit 1
fi
while IFS= read -r line; do
  case $line in
    *=) printf '%s%s\n' "$line" "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < deploy/env.example > .env.new
mv .env.new .env
echo 'made .env'
