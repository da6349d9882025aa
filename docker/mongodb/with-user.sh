#!/usr/bin/env bash
# with-user.sh NAME mongodump|mongorestore|mongosh ARGUMENT…: runs a tool of the image as one of the users root, backup, monitor or
# application, whose password is read from its secret and shows neither among the processes nor in the environment.
set -euo pipefail
umask 077

case "${1:-}" in
root) prefix=mongo_root ;;
application) prefix=mongodb ;;
backup | monitor) prefix=mongodb_$1 ;;
*)
  echo 'Usage: with-user.sh root|application|backup|monitor mongodump|mongorestore|mongosh ARGUMENT…' >&2
  exit 2
  ;;
esac
tool=${2:?which tool: mongodump, mongorestore or mongosh}
shift 2

username_file=/run/secrets/${prefix}_username
password_file=/run/secrets/${prefix}_password
for file in "$username_file" "$password_file"; do
  [ -r "$file" ] || { echo "The secret ${file##*/} is missing: run ./docker/prepare.sh on the host." >&2; exit 78; }
done

if [ "$tool" = mongosh ]; then
  read="(name) => require('node:fs').readFileSync('/run/secrets/${prefix}_' + name, 'utf8').replace(/\\r?\\n\$/, '')"
  log_in="{ const read = $read; db.getSiblingDB('admin').auth(read('username'), read('password')) }"
  [[ " $* " == *" --eval"* || " $* " == *" --file"* ]] || set -- "$@" --shell
  exec mongosh --quiet --norc --eval "$log_in" "$@"
fi
config=$(mktemp /tmp/with-user.XXXXXX)
trap 'rm -f "$config"' EXIT
# In YAML a single quote within single quotes is written twice.
printf "password: '%s'\n" "$(tr -d '\r\n' <"$password_file" | sed "s/'/''/g")" >"$config"
"$tool" --config "$config" --username "$(tr -d '\r\n' <"$username_file")" --authenticationDatabase admin "$@"
