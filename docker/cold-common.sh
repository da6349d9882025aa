# Shared by backup-cold.sh and restore-cold.sh, which read it; not a command of its own.
# shellcheck shell=bash
# The files belong to the user of the database, so every step on them runs as root in a container without a network.

readonly CONTAINER=openai_outreach_mongodb
readonly START_LIMIT_S=120
compose_file=${COMPOSE_FILE:-docker-compose.yml}

say() {
  printf '%s\n' "$*" >&2
}

fail() {
  say "Failed: $*"
  exit 1
}

compose() {
  docker compose -f "$compose_file" "$@"
}

# The image that the compose file pins, so that the copy is opened by the same version.
image() {
  sed -n 's/^ *image: *\(mongo:[^ ]*\) *$/\1/p' "$compose_file" | head -1
}

# as_root SCRIPT ARGUMENT…: runs it in a container that sees ./data and ./backups as /work/data and /work/backups.
as_root() {
  docker run --rm --user 0:0 --network none -v "$PWD/data:/work/data" -v "$PWD/backups:/work/backups" \
    --workdir /work --entrypoint bash "$(image)" -euo pipefail -c "$1" as_root "${@:2}"
}

is_running() {
  [ -n "$(docker ps --quiet --filter "name=^$CONTAINER\$" --filter status=running)" ]
}

# answers CONTAINER: waits until its server does.
answers() {
  local end=$((SECONDS + START_LIMIT_S))
  until docker exec "$1" mongosh --quiet --norc --eval 'quit(db.hello().ok ? 0 : 1)' >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    [ -n "$(docker ps --quiet --filter "name=^$1\$" --filter status=running)" ] || return 1
    sleep 1
  done
}

start_database() {
  say 'Starting the database'
  compose start mongodb >&2 || return 1
  answers "$CONTAINER" || { say "The database does not answer: docker compose -f $compose_file logs mongodb"; return 1; }
}

# require_space FOLDER TIMES IN: stops unless the file system of IN has room for FOLDER so many times, and a tenth.
require_space() {
  local need free
  need=$(($(as_root 'du -sk "$1" | cut -f1' "$1") * $2 * 11 / 10))
  free=$(as_root 'df -Pk "$1" | tail -1 | tr -s " " | cut -d" " -f4' "$3")
  [ "$free" -ge "$need" ] || fail "not enough space for $3: $((need / 1024)) MB are needed, $((free / 1024)) MB are free"
}

# prove FOLDER: starts a server on a copy of the folder, without a network, and has it validate every collection.
prove() {
  local folder=$1 scratch=backups/.proof-$$ server=openai_outreach_proof_$$ status=0 owner
  say "Proving $folder: starting a server on a copy of it"
  owner=$(as_root 'rm -rf "$2" && cp -a --reflink=auto "$1" "$2" && stat -c %u:%g "$2"' "$folder" "$scratch") || return 1
  docker run --detach --name "$server" --user "$owner" --network none --volume "$PWD/$scratch:/data/db" \
    --env HOME=/tmp --entrypoint mongod "$(image)" --bind_ip 127.0.0.1 --wiredTigerCacheSizeGB 0.25 >/dev/null || status=1
  if [ $status = 0 ] && answers "$server"; then
    docker exec "$server" mongosh --quiet --norc --eval "$VALIDATE" >&2 || status=1
  else
    status=1
    docker logs "$server" 2>&1 | tail -3 >&2
  fi
  docker stop -t 60 "$server" >/dev/null 2>&1 || true
  docker rm --force "$server" >/dev/null 2>&1 || true
  as_root 'rm -rf "$1"' "$scratch" || true
  return $status
}

readonly VALIDATE='
  let collections = 0, documents = 0;
  const broken = [];
  for (const { name } of db.adminCommand({ listDatabases: 1, nameOnly: true }).databases) {
    const each = db.getSiblingDB(name);
    for (const { name: collection } of each.runCommand({ listCollections: 1, filter: { type: { $ne: "view" } }, cursor: { batchSize: 10000 } }).cursor.firstBatch) {
      const { valid, nrecords } = each.runCommand({ validate: collection });
      collections += 1;
      documents += Number(nrecords ?? 0);
      if (!valid) broken.push(name + "." + collection);
    }
  }
  print("Valid: " + collections + " collections, " + documents + " documents");
  if (broken.length > 0) print("NOT valid: " + broken.join(", "));
  quit(broken.length > 0 ? 1 : 0);
'
