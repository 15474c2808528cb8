#!/bin/sh
# POSTGRES_USER, _PASSWORD, _PASSWORD_FILE, _DB and PGDATA as in the published image.
set -eu
if [ "$1" != postgres ]; then exec "$@"; fi
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
  POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  unset POSTGRES_PASSWORD_FILE
  export POSTGRES_PASSWORD
fi
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown postgres:postgres "$PGDATA" /run/postgresql
  chmod 0700 "$PGDATA"
  exec gosu postgres "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?is not set}" "${POSTGRES_USER:=postgres}"
  file=$(mktemp)
  printf '%s' "$POSTGRES_PASSWORD" >"$file"
  initdb --username="$POSTGRES_USER" --pwfile="$file" --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 >/dev/null
  rm "$file"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # No network during set-up, so that no client connects to this temporary server.
  pg_ctl --wait --options='-c listen_addresses=' start >/dev/null
  [ "${POSTGRES_DB:=$POSTGRES_USER}" = postgres ] || createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --wait --mode=fast stop >/dev/null
fi
exec "$@" -c 'listen_addresses=*'
