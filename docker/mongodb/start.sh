#!/usr/bin/env bash
# Entry point of the mongodb containers with authentication: checks what the server needs, says clearly what is missing, and
# hands over to the entry point of the official image.
set -euo pipefail

fail() {
  printf 'Cannot start MongoDB: %s\n' "$*" >&2
  exit 78
}

# secret NAME: stops unless the secret is there.
secret() {
  local file=/run/secrets/$1
  [ -r "$file" ] || fail "the secret $1 is missing or this user may not read it. Run ./docker/prepare.sh on the host."
  [ -n "$(tr -d '\r\n' <"$file")" ] || fail "the secret $1 is empty. Run ./docker/prepare.sh on the host."
}

if [ ! -w /data/db ]; then
  fail "permission denied: user $(id -u) may not write to the data folder. Run ./docker/prepare.sh on the host."
fi

if [ -n "${MONGO_INITDB_ROOT_PASSWORD_FILE:-}" ]; then
  for name in mongo_root_username mongo_root_password mongodb_username mongodb_password \
    mongodb_backup_username mongodb_backup_password mongodb_monitor_username mongodb_monitor_password; do
    secret "$name"
  done
fi

# A key file must belong to the server alone, which a mounted secret cannot promise.
if [ -e /run/secrets/mongodb_keyfile ]; then
  secret mongodb_keyfile
  install -m 400 /run/secrets/mongodb_keyfile /tmp/keyfile
  set -- "$@" --keyFile /tmp/keyfile
fi

exec docker-entrypoint.sh "$@"
