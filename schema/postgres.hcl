# The declared schema for PostgreSQL, the source of truth: `go run ./schema/plan NAME` plans a migration from a change
# here. Its tables, columns and keys are those of the other databases; what they mean is written in sqlite.hcl.
#
# Text is compared and sorted by its bytes, as in SQLite, whatever the locale of the database. Atlas has no attribute for
# the collation of a column here, so it stands in the type; and not every version of Atlas lets a name in capitals
# through, so it is not "C" but ucs_basic, which is the same order and makes sure that the database is in UTF-8. A CHECK
# is spelled as PostgreSQL gives it back.

# The schema in the database that holds the tables, for Atlas' command line tool. The program puts in its own.
variable "schema" {
  type    = string
  default = "public"
}

schema "vitrine" {
  name = var.schema
}

# Which migrations were applied, by whom and when. Its name and shape are Atlas' own, so that its CLI can read it.
table "atlas_schema_revisions" {
  schema = schema.vitrine
  column "version" {
    type = character_varying
  }
  column "description" {
    type = character_varying
  }
  column "type" {
    type    = bigint
    default = 2
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
    type = timestamptz
  }
  column "execution_time" {
    type = bigint
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
    type = character_varying
  }
  column "partial_hashes" {
    type = jsonb
    null = true
  }
  column "operator_version" {
    type = character_varying
  }
  primary_key {
    columns = [column.version]
  }
}

# One row. Changes are numbered from head, which is counted up in the transaction that makes the change: the lock on
# this row is held until the commit, so numbers follow the order of the commits.
table "installation" {
  schema = schema.vitrine
  column "one" {
    type = bigint
  }
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "epoch" {
    type = sql("text COLLATE ucs_basic")
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
    expr = "one = 1"
  }
}

table "change_entry" {
  schema = schema.vitrine
  column "number" {
    type = bigint
  }
  column "kind" {
    type = sql("text COLLATE ucs_basic")
  }
  column "subject" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "username" {
    type = sql("text COLLATE ucs_basic")
  }
  column "password_hash" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "account_id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "secret_hash" {
    type = sql("text COLLATE ucs_basic")
  }
  column "user_agent" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "account_id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name" {
    type = sql("text COLLATE ucs_basic")
  }
  column "hint" {
    type = sql("text COLLATE ucs_basic")
  }
  column "secret_hash" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "secret_hash" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "name" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name_key" {
    type = sql("text COLLATE ucs_basic")
  }
  column "kind" {
    type = sql("text COLLATE ucs_basic")
  }
  column "content_type" {
    type = sql("text COLLATE ucs_basic")
  }
  column "sha256" {
    type = sql("text COLLATE ucs_basic")
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
    type = sql("text COLLATE ucs_basic")
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
    expr = "(kind = ANY (ARRAY['picture'::text, 'video'::text]))"
  }
  check "media_animated" {
    expr = "(animated = ANY (ARRAY[(0)::bigint, (1)::bigint]))"
  }
  check "media_thumbnail" {
    expr = "(thumbnail = ANY (ARRAY[(0)::bigint, (1)::bigint]))"
  }
  check "media_display" {
    expr = "(display = ANY (ARRAY[(0)::bigint, (1)::bigint]))"
  }
}

table "playlist" {
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name_key" {
    type = sql("text COLLATE ucs_basic")
  }
  column "default_duration_ms" {
    type = bigint
  }
  column "transition" {
    type = sql("text COLLATE ucs_basic")
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
    expr = "default_duration_ms > 0"
  }
}

# Positions of one playlist are 0, 1, 2 …, rewritten together, so they are not declared unique: a reorder passes
# through states in which two slides share one.
table "slide" {
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "playlist_id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "media_id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "position" {
    type = bigint
  }
  column "duration_ms" {
    type = bigint
  }
  column "fit" {
    type = sql("text COLLATE ucs_basic")
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
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name" {
    type = sql("text COLLATE ucs_basic")
  }
  column "name_key" {
    type = sql("text COLLATE ucs_basic")
  }
  column "playlist_id" {
    type = sql("text COLLATE ucs_basic")
    null = true
  }
  column "rotation" {
    type = bigint
  }
  column "secret_hash" {
    type = sql("text COLLATE ucs_basic")
  }
  column "paired_at" {
    type = bigint
  }
  column "seen_at" {
    type = bigint
    null = true
  }
  column "slide_id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "version" {
    type = sql("text COLLATE ucs_basic")
  }
  column "width" {
    type = bigint
  }
  column "height" {
    type = bigint
  }
  column "user_agent" {
    type = sql("text COLLATE ucs_basic")
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
    expr = "(rotation = ANY (ARRAY[(0)::bigint, (90)::bigint, (180)::bigint, (270)::bigint]))"
  }
}

table "pairing" {
  schema = schema.vitrine
  column "id" {
    type = sql("text COLLATE ucs_basic")
  }
  column "code" {
    type = sql("text COLLATE ucs_basic")
  }
  column "secret_hash" {
    type = sql("text COLLATE ucs_basic")
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
