#!/bin/sh
# Run once by the image of PostgreSQL, when the data folder is made: the database of Vitrine, and a user that owns it and
# may do nothing else. psql reads the password from its file by itself, so that it stands in no list of processes.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat "$VITRINE_PASSWORD_FILE"`
CREATE ROLE vitrine LOGIN PASSWORD :'password';
CREATE DATABASE vitrine OWNER vitrine TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE vitrine FROM PUBLIC;
SQL
