#!/usr/bin/env bash
# ./docker/backup-cold.sh [-f COMPOSE_FILE]: stops the database, copies data/mongodb to backups/mongodb-TIMESTAMP, starts it again and
# proves the copy by starting a server on it. The database is started again also when the copy fails. Prints the folder of the backup.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=docker/cold-common.sh
. docker/cold-common.sh

while getopts f: option; do
  case $option in
  f) compose_file=$OPTARG ;;
  *) say "Usage: $0 [-f COMPOSE_FILE]"; exit 2 ;;
  esac
done
[ -n "$(image)" ] || fail "$compose_file names no mongo image"

readonly SOURCE=data/mongodb
target=backups/mongodb-$(date +%Y%m%d-%H%M%S)
partial=backups/.${target#backups/}.partial
must_start=false

finish() {
  local status=$?
  trap - EXIT
  if [ "$must_start" = true ]; then start_database || status=1; fi
  if [ $status != 0 ]; then as_root 'rm -rf "$1"' "$partial" || true; fi
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

mkdir -p backups
as_root '[ -e "$1/WiredTiger" ]' "$SOURCE" || fail "$SOURCE holds no data of MongoDB"
# Once for the backup, once for the copy of it that is started.
require_space "$SOURCE" 2 backups

if is_running; then
  must_start=true
  say 'Stopping the database'
  compose stop mongodb >&2
  ! is_running || fail 'the database does not stop'
fi

say "Copying $SOURCE to $target"
# -a keeps owner, permissions and times; the comparison reads every byte again.
as_root 'cp -a "$1" "$2" && diff -r "$1" "$2" && sync -f "$2"' "$SOURCE" "$partial" || fail "the copy to $target"

if [ "$must_start" = true ]; then
  must_start=false
  start_database || fail 'the start of the database'
fi

if ! prove "$partial"; then
  as_root 'mv "$1" "$2.unproven"' "$partial" "$target"
  fail "no server starts on the copy, or its data is not valid: it is kept as $target.unproven"
fi
as_root 'mv "$1" "$2" && sync -f "$2"' "$partial" "$target"
say 'Done'
printf '%s\n' "$target"
