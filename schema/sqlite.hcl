# The declared schema for SQLite, the source of truth: `go run ./schema/plan NAME` plans a migration from a change here.
#
# Times and durations are whole milliseconds (times since 1970 in UTC), ids are UUIDs as text, truths are 0 or 1.
# A *_key column holds a name folded by the program, so that every database finds the same names equal.

schema "main" {
}

# Which migrations were applied, by whom and when. Its name and shape are Atlas' own, so that its CLI can read it.
table "atlas_schema_revisions" {
  schema = schema.main
  column "version" {
    type = text
  }
  column "description" {
    type = text
  }
  column "type" {
    type    = integer
    default = 2
  }
  column "applied" {
    type    = integer
    default = 0
  }
  column "total" {
    type    = integer
    default = 0
  }
  column "executed_at" {
    type = datetime
  }
  column "execution_time" {
    type = integer
  }
  column "error" {
    type = text
    null = true
  }
  column "error_stmt" {
    type = text
    null = true
  }
  column "hash" {
    type = text
  }
  column "partial_hashes" {
    type = json
    null = true
  }
  column "operator_version" {
    type = text
  }
  primary_key {
    columns = [column.version]
  }
}

# One row. Changes are numbered from head, which is counted up in the transaction that makes the change: the lock on
# this row is held until the commit, so numbers follow the order of the commits.
table "installation" {
  schema = schema.main
  column "one" {
    type = integer
  }
  column "id" {
    type = text
  }
  column "epoch" {
    type = text
  }
  column "head" {
    type    = integer
    default = 0
  }
  column "created_at" {
    type = integer
  }
  primary_key {
    columns = [column.one]
  }
  check "installation_one" {
    expr = "one = 1"
  }
}

table "change_entry" {
  schema = schema.main
  column "number" {
    type = integer
  }
  column "kind" {
    type = text
  }
  column "subject" {
    type = text
  }
  column "at" {
    type = integer
  }
  primary_key {
    columns = [column.number]
  }
  index "change_entry_at" {
    columns = [column.at]
  }
}

table "account" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "username" {
    type = text
  }
  column "password_hash" {
    type = text
  }
  column "created_at" {
    type = integer
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
  schema = schema.main
  column "id" {
    type = text
  }
  column "account_id" {
    type = text
  }
  column "secret_hash" {
    type = text
  }
  column "user_agent" {
    type = text
  }
  column "created_at" {
    type = integer
  }
  column "seen_at" {
    type = integer
  }
  column "expires_at" {
    type = integer
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
  schema = schema.main
  column "id" {
    type = text
  }
  column "account_id" {
    type = text
  }
  column "name" {
    type = text
  }
  column "hint" {
    type = text
  }
  column "secret_hash" {
    type = text
  }
  column "created_at" {
    type = integer
  }
  column "used_at" {
    type = integer
    null = true
  }
  column "expires_at" {
    type = integer
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
  schema = schema.main
  column "secret_hash" {
    type = text
  }
  column "expires_at" {
    type = integer
  }
  primary_key {
    columns = [column.secret_hash]
  }
}

# Tries within a window of time, by what is limited ("sign-in from 192.0.2.7").
table "rate_limit" {
  schema = schema.main
  column "name" {
    type = text
  }
  column "tries" {
    type = integer
  }
  column "resets_at" {
    type = integer
  }
  primary_key {
    columns = [column.name]
  }
  index "rate_limit_resets_at" {
    columns = [column.resets_at]
  }
}

table "media" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
  column "name_key" {
    type = text
  }
  column "kind" {
    type = text
  }
  column "content_type" {
    type = text
  }
  column "sha256" {
    type = text
  }
  column "size" {
    type = integer
  }
  column "width" {
    type = integer
  }
  column "height" {
    type = integer
  }
  column "duration_ms" {
    type = integer
  }
  column "animated" {
    type = integer
  }
  column "codecs" {
    type = text
  }
  column "thumbnail" {
    type = integer
  }
  column "display" {
    type = integer
  }
  column "created_at" {
    type = integer
  }
  primary_key {
    columns = [column.id]
  }
  index "media_sha256" {
    unique  = true
    columns = [column.sha256]
  }
  check "media_kind" {
    expr = "kind IN ('picture', 'video')"
  }
  check "media_animated" {
    expr = "animated IN (0, 1)"
  }
  check "media_thumbnail" {
    expr = "thumbnail IN (0, 1)"
  }
  check "media_display" {
    expr = "display IN (0, 1)"
  }
}

table "playlist" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
  column "name_key" {
    type = text
  }
  column "default_duration_ms" {
    type = integer
  }
  column "transition" {
    type = text
  }
  column "created_at" {
    type = integer
  }
  column "updated_at" {
    type = integer
  }
  primary_key {
    columns = [column.id]
  }
  index "playlist_name_key" {
    unique  = true
    columns = [column.name_key]
  }
  check "playlist_default_duration_ms" {
    expr = "default_duration_ms > 0"
  }
}

# Positions of one playlist are 0, 1, 2 …, rewritten together, so they are not declared unique: a reorder passes
# through states in which two slides share one.
table "slide" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "playlist_id" {
    type = text
  }
  column "media_id" {
    type = text
  }
  column "position" {
    type = integer
  }
  column "duration_ms" {
    type = integer
  }
  column "fit" {
    type = text
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
    expr = "duration_ms >= 0"
  }
}

# slide_id is the slide that the screen last said it shows; it may be gone by now, so it is no foreign key.
# connected_until is for how long a node that holds the screen's stream open vouches for it; only where nodes share a database.
table "screen" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
  column "name_key" {
    type = text
  }
  column "playlist_id" {
    type = text
    null = true
  }
  column "rotation" {
    type = integer
  }
  column "secret_hash" {
    type = text
  }
  column "paired_at" {
    type = integer
  }
  column "seen_at" {
    type = integer
    null = true
  }
  column "slide_id" {
    type = text
  }
  column "version" {
    type = text
  }
  column "width" {
    type = integer
  }
  column "height" {
    type = integer
  }
  column "user_agent" {
    type = text
  }
  column "connected_until" {
    type = integer
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
    expr = "rotation IN (0, 90, 180, 270)"
  }
}

table "pairing" {
  schema = schema.main
  column "id" {
    type = text
  }
  column "code" {
    type = text
  }
  column "secret_hash" {
    type = text
  }
  column "expires_at" {
    type = integer
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
