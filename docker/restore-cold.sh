#!/usr/bin/env bash
# ./docker/restore-cold.sh [-f COMPOSE_FILE] BACKUP: proves the backup, stops the database, puts the backup in the place of data/mongodb
# and starts the database. What was there is kept as data/mongodb-before-TIMESTAMP, and comes back when anything fails.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=docker/cold-common.sh
. docker/cold-common.sh

while getopts f: option; do
  case $option in
  f) compose_file=$OPTARG ;;
  *) say "Usage: $0 [-f COMPOSE_FILE] backups/mongodb-TIMESTAMP"; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# = 1 ] || { say "Usage: $0 [-f COMPOSE_FILE] backups/mongodb-TIMESTAMP"; exit 2; }
[ -n "$(image)" ] || fail "$compose_file names no mongo image"

backup=backups/$(basename "$1")
readonly TARGET=data/mongodb
before=data/mongodb-before-$(date +%Y%m%d-%H%M%S)
partial=data/.mongodb-restored-$$
must_start=false
is_replaced=false

finish() {
  local status=$?
  trap - EXIT
  if [ $status != 0 ]; then
    if [ "$is_replaced" = true ]; then
      compose stop mongodb >&2 || true
      say 'Putting back what was there'
      as_root '[ ! -e "$3" ] || { rm -rf "$1"; mv "$3" "$1"; }; rm -rf "$2"' "$TARGET" "$partial" "$before" || true
    else
      as_root 'rm -rf "$1"' "$partial" || true
    fi
  fi
  if [ "$must_start" = true ]; then start_database || status=1; fi
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir -p data backups
as_root '[ -e "$1/WiredTiger" ]' "$backup" || fail "$backup holds no data of MongoDB"
require_space "$backup" 1 data
require_space "$backup" 1 backups
prove "$backup" || fail "$backup is of no use: no server starts on it, or its data is not valid"

# Beside the data that is in use, so that the database stands still only for two changes of a name.
say "Copying $backup"
as_root 'cp -a "$1" "$2" && diff -r "$1" "$2" && sync -f "$2"' "$backup" "$partial" || fail "the copy of $backup"

if is_running; then
  must_start=true
  say 'Stopping the database'
  compose stop mongodb >&2
  ! is_running || fail 'the database does not stop'
fi
is_replaced=true
as_root '[ ! -e "$1" ] || mv "$1" "$3"; mv "$2" "$1"; sync -f "$1"' "$TARGET" "$partial" "$before"

if [ "$must_start" = true ]; then
  start_database || fail "the database does not start on $backup"
  must_start=false
else
  say "The database was not running: docker compose -f $compose_file up -d"
fi
say "Done. What was there before is in $before; remove it when it is needed no more"
