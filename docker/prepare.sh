#!/usr/bin/env bash
# ./docker/prepare.sh: readies this folder for docker-compose.prod.yml and docker-compose.replica.yml. Safe to repeat.
#
# - Writes the secrets that are missing to docker/secrets: name and password of the root user come from .env (or are there already),
#   the rest is made at random.
# - Makes the data folders and gives them to the user of the database, MONGODB_UID:MONGODB_GID in .env, else 999:999 as in the image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 077

readonly SECRETS=docker/secrets
readonly EXAMPLE_PASSWORD=your-strong-password-here
problems=0

problem() {
  printf '%s\n' "- $*" >&2
  problems=$((problems + 1))
}

# from_env NAME: its value in .env, without quotes; empty when there is none.
from_env() {
  [ -f .env ] || return 0
  sed -n "s/^[[:space:]]*$1=//p" .env | tail -1 | tr -d '\r' | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}

# write NAME VALUE: readable inside the containers, whatever their user; on this machine the folder keeps others out.
write() {
  printf '%s' "$2" >"$SECRETS/.$1.new"
  chmod 444 "$SECRETS/.$1.new"
  mv -f "$SECRETS/.$1.new" "$SECRETS/$1"
  printf 'Wrote %s\n' "$SECRETS/$1"
}

# given NAME VARIABLE: from .env, or there already.
given() {
  local value
  value=$(from_env "$2")
  if [ -s "$SECRETS/$1" ]; then
    if [ -n "$value" ] && [ "$value" != "$(cat "$SECRETS/$1")" ]; then
      problem "$2 in .env and $SECRETS/$1 differ: remove the one that is wrong (a database that exists keeps its password)"
    fi
  elif [ -n "$value" ]; then
    write "$1" "$value"
  else
    problem "$2 is missing: set it in .env, or write it to $SECRETS/$1"
  fi
}

# otherwise NAME VALUE: unless it is there already.
otherwise() {
  [ -s "$SECRETS/$1" ] || write "$1" "$2"
}

random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# own FOLDER…: gives the folders to the user of the database.
own() {
  local uid=$1 gid=$2
  shift 2
  mkdir -p "$@"
  local folder foreign=()
  for folder in "$@"; do
    [ "$(stat -c %u:%g "$folder")" = "$uid:$gid" ] || foreign+=("$folder")
  done
  [ ${#foreign[@]} -gt 0 ] || return 0
  if ! chown -R "$uid:$gid" "${foreign[@]}" 2>/dev/null; then
    problem "cannot give ${foreign[*]} to user $uid: run 'sudo chown -R $uid:$gid ${foreign[*]}', or set MONGODB_UID=$(id -u) and MONGODB_GID=$(id -g) in .env"
  fi
}

mkdir -p "$SECRETS"
chmod 700 "$SECRETS"

given mongo_root_username MONGO_ROOT_USERNAME
given mongo_root_password MONGO_ROOT_PASSWORD
if [ -s "$SECRETS/mongo_root_password" ]; then
  password=$(cat "$SECRETS/mongo_root_password")
  if [ "$password" = "$EXAMPLE_PASSWORD" ]; then
    rm -f "$SECRETS/mongo_root_password"
    problem 'MONGO_ROOT_PASSWORD is the password of the example: choose one of your own'
  elif [ ${#password} -lt 12 ]; then
    rm -f "$SECRETS/mongo_root_password"
    problem 'MONGO_ROOT_PASSWORD has under 12 characters: choose a longer one'
  fi
fi

for user in mongodb mongodb_backup mongodb_monitor; do
  otherwise "${user}_username" "${user/mongodb/openai_outreach}"
  otherwise "${user}_password" "$(random)"
done
otherwise diagnostics_token "$(random)"
# What the members of a replica set know each other by.
otherwise mongodb_keyfile "$(random)$(random)$(random)"

# Under sudo the secrets belong to whoever asked for it, who runs docker compose afterwards.
if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then
  chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$SECRETS"
fi

uid=$(from_env MONGODB_UID)
gid=$(from_env MONGODB_GID)
mkdir -p data
chmod 755 data
own "${uid:-999}" "${gid:-999}" data/mongodb backups data/replica/mongodb1 data/replica/mongodb2 data/replica/mongodb3

if [ "$problems" -gt 0 ]; then
  printf 'Not ready: %s\n' "$problems problem(s), see above" >&2
  exit 78
fi
echo 'Ready. Start with: docker compose -f docker-compose.prod.yml up -d'
