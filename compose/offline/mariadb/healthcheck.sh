#!/usr/bin/env bash
# The tests of the official image's script that Compose files ask for: --connect, --innodb_initialized.
set -euo pipefail

client=(mariadb --defaults-file=/var/lib/mysql/.my-healthcheck.cnf --protocol=tcp -h 127.0.0.1 --skip-column-names -e)
[ $# -gt 0 ] || { echo "name a test" >&2; exit 1; }
for test; do
    case $test in
    --connect) "${client[@]}" 'SELECT 1' >/dev/null ;;
    --innodb_initialized)
        [ "$("${client[@]}" "SELECT COUNT(*) FROM information_schema.engines WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT')")" = 1 ]
        ;;
    *) echo "unknown test $test" >&2; exit 1 ;;
    esac
done
