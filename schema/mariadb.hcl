# The declared schema for MariaDB, the source of truth: `go run ./schema/plan NAME` plans a migration from a change here.
# Its tables, columns and keys are those of the other databases; what they mean is written in sqlite.hcl.
#
# Each table names its engine, character set and collation, whatever the defaults of the server: text is compared and
# sorted by its bytes, with the spaces at its end, as in SQLite. The bounds are those of the program, in characters, or
# wider (see bounds_test.go): what it accepts fits. An index holds 768 characters. A CHECK is spelled as MariaDB gives it
# back.

# The database that holds the tables, for Atlas' command line tool. The program puts in its own.
variable "schema" {
  type    = string
  default = "vitrine"
}

schema "vitrine" {
  name = var.schema
}

# Which migrations were applied, by whom and when. Its name and shape are Atlas' own, so that its CLI can read it.
table "atlas_schema_revisions" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_bin"
  column "version" {
    type = varchar(255)
  }
  column "description" {
    type = varchar(255)
  }
  column "type" {
    type     = bigint
    unsigned = true
    default  = 2
  }
  column "applied" {
    type    = bigint
    default = 0
  }
  column "total" {
    type    = bigint
    default = 0
  }
  column "executed_at" {
    type = timestamp
    null = true
  }
  column "execution_time" {
    type = bigint
  }
  column "error" {
    type = longtext
    null = true
  }
  column "error_stmt" {
    type = longtext
    null = true
  }
  column "hash" {
    type = varchar(255)
  }
  column "partial_hashes" {
    type = json
    null = true
  }
  column "operator_version" {
    type = varchar(255)
  }
  primary_key {
    columns = [column.version]
  }
}

# One row. Changes are numbered from head, which is counted up in the transaction that makes the change: the lock on
# this row is held until the commit, so numbers follow the order of the commits.
table "installation" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "one" {
    type = bigint
  }
  column "id" {
    type = varchar(36)
  }
  column "epoch" {
    type = varchar(64)
  }
  column "head" {
    type    = bigint
    default = 0
  }
  column "created_at" {
    type = bigint
  }
  primary_key {
    columns = [column.one]
  }
  check "installation_one" {
    expr = "`one` = 1"
  }
}

table "change_entry" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "number" {
    type = bigint
  }
  column "kind" {
    type = varchar(32)
  }
  column "subject" {
    type = varchar(36)
  }
  column "at" {
    type = bigint
  }
  primary_key {
    columns = [column.number]
  }
  index "change_entry_at" {
    columns = [column.at]
  }
}

table "account" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "username" {
    type = varchar(64)
  }
  column "password_hash" {
    type = varchar(255)
  }
  column "created_at" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  index "account_username" {
    unique  = true
    columns = [column.username]
  }
}

table "session" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "account_id" {
    type = varchar(36)
  }
  column "secret_hash" {
    type = varchar(64)
  }
  column "user_agent" {
    type = varchar(255)
  }
  column "created_at" {
    type = bigint
  }
  column "seen_at" {
    type = bigint
  }
  column "expires_at" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  index "session_secret_hash" {
    unique  = true
    columns = [column.secret_hash]
  }
  index "session_account_id" {
    columns = [column.account_id]
  }
  foreign_key "session_account" {
    columns     = [column.account_id]
    ref_columns = [table.account.column.id]
    on_delete   = CASCADE
  }
}

table "api_token" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "account_id" {
    type = varchar(36)
  }
  column "name" {
    type = varchar(120)
  }
  column "hint" {
    type = varchar(32)
  }
  column "secret_hash" {
    type = varchar(64)
  }
  column "created_at" {
    type = bigint
  }
  column "used_at" {
    type = bigint
    null = true
  }
  column "expires_at" {
    type = bigint
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  index "api_token_secret_hash" {
    unique  = true
    columns = [column.secret_hash]
  }
  index "api_token_account_id" {
    columns = [column.account_id]
  }
  foreign_key "api_token_account" {
    columns     = [column.account_id]
    ref_columns = [table.account.column.id]
    on_delete   = CASCADE
  }
}

table "setup_link" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "secret_hash" {
    type = varchar(64)
  }
  column "expires_at" {
    type = bigint
  }
  primary_key {
    columns = [column.secret_hash]
  }
}

# Tries within a window of time, by what is limited ("sign-in from 192.0.2.7").
table "rate_limit" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "name" {
    type = varchar(160)
  }
  column "tries" {
    type = bigint
  }
  column "resets_at" {
    type = bigint
  }
  primary_key {
    columns = [column.name]
  }
  index "rate_limit_resets_at" {
    columns = [column.resets_at]
  }
}

table "media" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "name" {
    type = varchar(120)
  }
  column "name_key" {
    type = varchar(360)
  }
  column "kind" {
    type = varchar(32)
  }
  column "content_type" {
    type = varchar(120)
  }
  column "sha256" {
    type = varchar(64)
  }
  column "size" {
    type = bigint
  }
  column "width" {
    type = bigint
  }
  column "height" {
    type = bigint
  }
  column "duration_ms" {
    type = bigint
  }
  column "animated" {
    type = bigint
  }
  column "codecs" {
    type = varchar(512)
  }
  column "thumbnail" {
    type = bigint
  }
  column "display" {
    type = bigint
  }
  column "created_at" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  index "media_sha256" {
    unique  = true
    columns = [column.sha256]
  }
  check "media_kind" {
    expr = "`kind` in ('picture','video')"
  }
  check "media_animated" {
    expr = "`animated` in (0,1)"
  }
  check "media_thumbnail" {
    expr = "`thumbnail` in (0,1)"
  }
  check "media_display" {
    expr = "`display` in (0,1)"
  }
}

table "playlist" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "name" {
    type = varchar(120)
  }
  column "name_key" {
    type = varchar(360)
  }
  column "default_duration_ms" {
    type = bigint
  }
  column "transition" {
    type = varchar(32)
  }
  column "created_at" {
    type = bigint
  }
  column "updated_at" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  index "playlist_name_key" {
    unique  = true
    columns = [column.name_key]
  }
  check "playlist_default_duration_ms" {
    expr = "`default_duration_ms` > 0"
  }
}

# Positions of one playlist are 0, 1, 2 …, rewritten together, so they are not declared unique: a reorder passes
# through states in which two slides share one.
table "slide" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "playlist_id" {
    type = varchar(36)
  }
  column "media_id" {
    type = varchar(36)
  }
  column "position" {
    type = bigint
  }
  column "duration_ms" {
    type = bigint
  }
  column "fit" {
    type = varchar(32)
  }
  primary_key {
    columns = [column.id]
  }
  index "slide_playlist_id" {
    columns = [column.playlist_id, column.position]
  }
  index "slide_media_id" {
    columns = [column.media_id]
  }
  foreign_key "slide_playlist" {
    columns     = [column.playlist_id]
    ref_columns = [table.playlist.column.id]
    on_delete   = CASCADE
  }
  foreign_key "slide_media" {
    columns     = [column.media_id]
    ref_columns = [table.media.column.id]
    on_delete   = RESTRICT
  }
  check "slide_duration_ms" {
    expr = "`duration_ms` >= 0"
  }
}

# slide_id is the slide that the screen last said it shows; it may be gone by now, so it is no foreign key.
# connected_until is for how long a node that holds the screen's stream open vouches for it; only where nodes share a database.
table "screen" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "name" {
    type = varchar(120)
  }
  column "name_key" {
    type = varchar(360)
  }
  column "playlist_id" {
    type = varchar(36)
    null = true
  }
  column "rotation" {
    type = bigint
  }
  column "secret_hash" {
    type = varchar(64)
  }
  column "paired_at" {
    type = bigint
  }
  column "seen_at" {
    type = bigint
    null = true
  }
  column "slide_id" {
    type = varchar(36)
  }
  column "version" {
    type = varchar(64)
  }
  column "width" {
    type = bigint
  }
  column "height" {
    type = bigint
  }
  column "user_agent" {
    type = varchar(255)
  }
  column "connected_until" {
    type = bigint
    null = true
  }
  primary_key {
    columns = [column.id]
  }
  index "screen_name_key" {
    unique  = true
    columns = [column.name_key]
  }
  index "screen_secret_hash" {
    unique  = true
    columns = [column.secret_hash]
  }
  index "screen_playlist_id" {
    columns = [column.playlist_id]
  }
  foreign_key "screen_playlist" {
    columns     = [column.playlist_id]
    ref_columns = [table.playlist.column.id]
    on_delete   = SET_NULL
  }
  check "screen_rotation" {
    expr = "`rotation` in (0,90,180,270)"
  }
}

table "pairing" {
  schema  = schema.vitrine
  engine  = "InnoDB"
  charset = "utf8mb4"
  collate = "utf8mb4_nopad_bin"
  column "id" {
    type = varchar(36)
  }
  column "code" {
    type = varchar(16)
  }
  column "secret_hash" {
    type = varchar(64)
  }
  column "expires_at" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  index "pairing_code" {
    unique  = true
    columns = [column.code]
  }
  index "pairing_secret_hash" {
    unique  = true
    columns = [column.secret_hash]
  }
}
