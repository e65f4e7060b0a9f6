#!/usr/bin/env bash
# What the official image does at its first start, as far as Compose files rely on it: MARIADB_ROOT_PASSWORD, _DATABASE,
# _USER and _PASSWORD, each also from a file, the scripts in /docker-entrypoint-initdb.d, and a user for healthcheck.sh.
set -euo pipefail

# from_file VARIABLE takes a variable from the file that VARIABLE_FILE names.
from_file() {
    local name=$1 file=${1}_FILE value=""
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

# text TEXT prints it as a string of SQL.
text() {
    local escaped=${1//\\/\\\\}
    printf "'%s'" "${escaped//\'/\'\'}"
}

# accounts prints the statements that make the accounts and the database.
accounts() {
    local health host
    health=$(pwgen -s 32 1)
    for host in localhost 127.0.0.1 ::1; do
        echo "CREATE USER 'healthcheck'@'$host' IDENTIFIED BY '$health';"
    done
    printf '[client]\nuser=healthcheck\npassword=%s\n' "$health" >"$data/.my-healthcheck.cnf"
    if [ -n "$MARIADB_DATABASE" ]; then
        echo "CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;"
    fi
    if [ -n "$MARIADB_USER" ]; then
        echo "CREATE USER $(text "$MARIADB_USER")@'%' IDENTIFIED BY $(text "$MARIADB_PASSWORD");"
        [ -z "$MARIADB_DATABASE" ] ||
            echo "GRANT ALL ON \`${MARIADB_DATABASE//_/\\_}\`.* TO $(text "$MARIADB_USER")@'%';"
    fi
    if [ "${MARIADB_ROOT_HOST:-%}" != localhost ]; then
        echo "CREATE USER 'root'@$(text "${MARIADB_ROOT_HOST:-%}") IDENTIFIED BY $(text "$MARIADB_ROOT_PASSWORD");"
        echo "GRANT ALL ON *.* TO 'root'@$(text "${MARIADB_ROOT_HOST:-%}") WITH GRANT OPTION;"
    fi
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(text "$MARIADB_ROOT_PASSWORD");"
}

# found makes the data folder.
found() {
    if [ -z "$MARIADB_ROOT_PASSWORD" ]; then
        echo "There is no database yet, and no MARIADB_ROOT_PASSWORD to make one with" >&2
        exit 1
    fi
    mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    # Nobody can connect from outside before everything is in place.
    "$@" --skip-networking --socket=/run/mysqld/init.sock &
    local server=$! client=(mariadb --socket=/run/mysqld/init.sock -uroot) file
    for _ in $(seq 240); do
        "${client[@]}" -e 'SELECT 1' >/dev/null 2>&1 && break
        sleep 0.25
    done
    accounts | "${client[@]}"
    export MYSQL_PWD=$MARIADB_ROOT_PASSWORD
    for file in /docker-entrypoint-initdb.d/*; do
        # shellcheck disable=SC1090 # whatever was mounted there
        case $file in
        *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
        *.sql) "${client[@]}" "$MARIADB_DATABASE" <"$file" ;;
        esac
    done
    unset MYSQL_PWD
    kill "$server"
    wait "$server" || true
    echo "MariaDB init process done. Ready for start up."
}

data=/var/lib/mysql
[ "${1:0:1}" != - ] || set -- mariadbd "$@"
if [ "$1" = mariadbd ]; then
    if [ "$(id -u)" = 0 ]; then
        chown -R mysql:mysql "$data" /run/mysqld
        exec gosu mysql "$0" "$@"
    fi
    for name in ROOT_PASSWORD DATABASE USER PASSWORD; do
        from_file "MARIADB_$name"
    done
    [ -d "$data/mysql" ] || found "$@"
    unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
fi
exec "$@"
