-- Create "installation" table
CREATE TABLE "installation" (
  "one" bigint NOT NULL,
  "id" text NOT NULL COLLATE "ucs_basic",
  "epoch" text NOT NULL COLLATE "ucs_basic",
  "head" bigint NOT NULL DEFAULT 0,
  "created_at" bigint NOT NULL,
  PRIMARY KEY ("one"),
  CONSTRAINT "installation_one" CHECK (one = 1)
);
-- Create "change_entry" table
CREATE TABLE "change_entry" (
  "number" bigint NOT NULL,
  "kind" text NOT NULL COLLATE "ucs_basic",
  "subject" text NOT NULL COLLATE "ucs_basic",
  "at" bigint NOT NULL,
  PRIMARY KEY ("number")
);
-- Create index "change_entry_at" to table: "change_entry"
CREATE INDEX "change_entry_at" ON "change_entry" ("at");
-- Create "account" table
CREATE TABLE "account" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "username" text NOT NULL COLLATE "ucs_basic",
  "password_hash" text NOT NULL COLLATE "ucs_basic",
  "created_at" bigint NOT NULL,
  PRIMARY KEY ("id")
);
-- Create index "account_username" to table: "account"
CREATE UNIQUE INDEX "account_username" ON "account" ("username");
-- Create "setup_link" table
CREATE TABLE "setup_link" (
  "secret_hash" text NOT NULL COLLATE "ucs_basic",
  "expires_at" bigint NOT NULL,
  PRIMARY KEY ("secret_hash")
);
-- Create "rate_limit" table
CREATE TABLE "rate_limit" (
  "name" text NOT NULL COLLATE "ucs_basic",
  "tries" bigint NOT NULL,
  "resets_at" bigint NOT NULL,
  PRIMARY KEY ("name")
);
-- Create index "rate_limit_resets_at" to table: "rate_limit"
CREATE INDEX "rate_limit_resets_at" ON "rate_limit" ("resets_at");
-- Create "pairing" table
CREATE TABLE "pairing" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "code" text NOT NULL COLLATE "ucs_basic",
  "secret_hash" text NOT NULL COLLATE "ucs_basic",
  "expires_at" bigint NOT NULL,
  PRIMARY KEY ("id")
);
-- Create index "pairing_code" to table: "pairing"
CREATE UNIQUE INDEX "pairing_code" ON "pairing" ("code");
-- Create index "pairing_secret_hash" to table: "pairing"
CREATE UNIQUE INDEX "pairing_secret_hash" ON "pairing" ("secret_hash");
-- Create "api_token" table
CREATE TABLE "api_token" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "account_id" text NOT NULL COLLATE "ucs_basic",
  "name" text NOT NULL COLLATE "ucs_basic",
  "hint" text NOT NULL COLLATE "ucs_basic",
  "secret_hash" text NOT NULL COLLATE "ucs_basic",
  "created_at" bigint NOT NULL,
  "used_at" bigint NULL,
  "expires_at" bigint NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "api_token_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
);
-- Create index "api_token_secret_hash" to table: "api_token"
CREATE UNIQUE INDEX "api_token_secret_hash" ON "api_token" ("secret_hash");
-- Create index "api_token_account_id" to table: "api_token"
CREATE INDEX "api_token_account_id" ON "api_token" ("account_id");
-- Create "playlist" table
CREATE TABLE "playlist" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "name" text NOT NULL COLLATE "ucs_basic",
  "name_key" text NOT NULL COLLATE "ucs_basic",
  "default_duration_ms" bigint NOT NULL,
  "transition" text NOT NULL COLLATE "ucs_basic",
  "created_at" bigint NOT NULL,
  "updated_at" bigint NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "playlist_default_duration_ms" CHECK (default_duration_ms > 0)
);
-- Create index "playlist_name_key" to table: "playlist"
CREATE UNIQUE INDEX "playlist_name_key" ON "playlist" ("name_key");
-- Create "screen" table
CREATE TABLE "screen" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "name" text NOT NULL COLLATE "ucs_basic",
  "name_key" text NOT NULL COLLATE "ucs_basic",
  "playlist_id" text NULL COLLATE "ucs_basic",
  "rotation" bigint NOT NULL,
  "secret_hash" text NOT NULL COLLATE "ucs_basic",
  "paired_at" bigint NOT NULL,
  "seen_at" bigint NULL,
  "slide_id" text NOT NULL COLLATE "ucs_basic",
  "version" text NOT NULL COLLATE "ucs_basic",
  "width" bigint NOT NULL,
  "height" bigint NOT NULL,
  "user_agent" text NOT NULL COLLATE "ucs_basic",
  PRIMARY KEY ("id"),
  CONSTRAINT "screen_playlist" FOREIGN KEY ("playlist_id") REFERENCES "playlist" ("id") ON DELETE SET NULL,
  CONSTRAINT "screen_rotation" CHECK (rotation = ANY (ARRAY[(0)::bigint, (90)::bigint, (180)::bigint, (270)::bigint]))
);
-- Create index "screen_name_key" to table: "screen"
CREATE UNIQUE INDEX "screen_name_key" ON "screen" ("name_key");
-- Create index "screen_secret_hash" to table: "screen"
CREATE UNIQUE INDEX "screen_secret_hash" ON "screen" ("secret_hash");
-- Create index "screen_playlist_id" to table: "screen"
CREATE INDEX "screen_playlist_id" ON "screen" ("playlist_id");
-- Create "session" table
CREATE TABLE "session" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "account_id" text NOT NULL COLLATE "ucs_basic",
  "secret_hash" text NOT NULL COLLATE "ucs_basic",
  "user_agent" text NOT NULL COLLATE "ucs_basic",
  "created_at" bigint NOT NULL,
  "seen_at" bigint NOT NULL,
  "expires_at" bigint NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "session_account" FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE
);
-- Create index "session_secret_hash" to table: "session"
CREATE UNIQUE INDEX "session_secret_hash" ON "session" ("secret_hash");
-- Create index "session_account_id" to table: "session"
CREATE INDEX "session_account_id" ON "session" ("account_id");
-- Create "media" table
CREATE TABLE "media" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "name" text NOT NULL COLLATE "ucs_basic",
  "name_key" text NOT NULL COLLATE "ucs_basic",
  "kind" text NOT NULL COLLATE "ucs_basic",
  "content_type" text NOT NULL COLLATE "ucs_basic",
  "sha256" text NOT NULL COLLATE "ucs_basic",
  "size" bigint NOT NULL,
  "width" bigint NOT NULL,
  "height" bigint NOT NULL,
  "duration_ms" bigint NOT NULL,
  "animated" bigint NOT NULL,
  "codecs" text NOT NULL COLLATE "ucs_basic",
  "thumbnail" bigint NOT NULL,
  "display" bigint NOT NULL,
  "created_at" bigint NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "media_kind" CHECK (kind = ANY (ARRAY['picture'::text, 'video'::text])),
  CONSTRAINT "media_animated" CHECK (animated = ANY (ARRAY[(0)::bigint, (1)::bigint])),
  CONSTRAINT "media_thumbnail" CHECK (thumbnail = ANY (ARRAY[(0)::bigint, (1)::bigint])),
  CONSTRAINT "media_display" CHECK (display = ANY (ARRAY[(0)::bigint, (1)::bigint]))
);
-- Create index "media_sha256" to table: "media"
CREATE UNIQUE INDEX "media_sha256" ON "media" ("sha256");
-- Create "slide" table
CREATE TABLE "slide" (
  "id" text NOT NULL COLLATE "ucs_basic",
  "playlist_id" text NOT NULL COLLATE "ucs_basic",
  "media_id" text NOT NULL COLLATE "ucs_basic",
  "position" bigint NOT NULL,
  "duration_ms" bigint NOT NULL,
  "fit" text NOT NULL COLLATE "ucs_basic",
  PRIMARY KEY ("id"),
  CONSTRAINT "slide_playlist" FOREIGN KEY ("playlist_id") REFERENCES "playlist" ("id") ON DELETE CASCADE,
  CONSTRAINT "slide_media" FOREIGN KEY ("media_id") REFERENCES "media" ("id") ON DELETE RESTRICT,
  CONSTRAINT "slide_duration_ms" CHECK (duration_ms >= 0)
);
-- Create index "slide_playlist_id" to table: "slide"
CREATE INDEX "slide_playlist_id" ON "slide" ("playlist_id", "position");
-- Create index "slide_media_id" to table: "slide"
CREATE INDEX "slide_media_id" ON "slide" ("media_id");
