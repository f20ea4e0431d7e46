#!/bin/sh
# Temporal's two databases on PostgreSQL, at the schema of this image's version. Safe to repeat; reads the password from SQL_PASSWORD.
set -eu

sql() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12 --ep postgres --port 5432 --user temporal --db "$database" "$@"
}

bring_up() {
  sql "$1" create
  sql "$1" setup-schema --version 0.0
  sql "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
