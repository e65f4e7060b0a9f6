#!/usr/bin/env bash
# What the official image does at its first start, as far as Compose files rely on it: POSTGRES_PASSWORD, _USER, _DB and
# _INITDB_ARGS, each also from a file, and the scripts in /docker-entrypoint-initdb.d.
set -euo pipefail

# from_file VARIABLE [DEFAULT] takes a variable from the file that VARIABLE_FILE names.
from_file() {
    local name=$1 file=${1}_FILE value=${2:-}
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        echo "$name and $file are both set" >&2
        exit 1
    elif [ -n "${!file:-}" ]; then
        value=$(<"${!file}")
    elif [ -n "${!name:-}" ]; then
        value=${!name}
    fi
    export "$name=$value"
    unset "$file"
}

# found makes the database cluster.
found() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "There is no database yet, and no POSTGRES_PASSWORD to make one with" >&2
        exit 1
    fi
    # shellcheck disable=SC2086 # arguments, separated by blanks
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS >/dev/null
    printf 'host all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
    # Nobody can connect from outside before everything is in place.
    PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
    local sql=(psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER")
    if [ "$POSTGRES_DB" != postgres ]; then
        echo 'CREATE DATABASE :"name";' | "${sql[@]}" --dbname postgres --set name="$POSTGRES_DB" >/dev/null
    fi
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        # shellcheck disable=SC1090 # whatever was mounted there
        case $file in
        *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
        *.sql) "${sql[@]}" --dbname "$POSTGRES_DB" --file "$file" ;;
        esac
    done
    PGUSER=$POSTGRES_USER pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
    echo "PostgreSQL init process complete; ready for start up."
}

[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ]; then
    mkdir -p "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres:postgres "$PGDATA" /run/postgresql
        exec gosu postgres "$0" "$@"
    fi
    chmod 700 "$PGDATA" || true
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    [ -s "$PGDATA/PG_VERSION" ] || found
    unset POSTGRES_PASSWORD
fi
exec "$@"
