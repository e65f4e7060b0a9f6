-- Create "installation" table
CREATE TABLE `installation` (
  `one` integer NOT NULL,
  `id` text NOT NULL,
  `epoch` text NOT NULL,
  `head` integer NOT NULL DEFAULT 0,
  `created_at` integer NOT NULL,
  PRIMARY KEY (`one`),
  CONSTRAINT `installation_one` CHECK (one = 1)
);
-- Create "change_entry" table
CREATE TABLE `change_entry` (
  `number` integer NOT NULL,
  `kind` text NOT NULL,
  `subject` text NOT NULL,
  `at` integer NOT NULL,
  PRIMARY KEY (`number`)
);
-- Create index "change_entry_at" to table: "change_entry"
CREATE INDEX `change_entry_at` ON `change_entry` (`at`);
-- Create "account" table
CREATE TABLE `account` (
  `id` text NOT NULL,
  `username` text NOT NULL,
  `password_hash` text NOT NULL,
  `created_at` integer NOT NULL,
  PRIMARY KEY (`id`)
);
-- Create index "account_username" to table: "account"
CREATE UNIQUE INDEX `account_username` ON `account` (`username`);
-- Create "session" table
CREATE TABLE `session` (
  `id` text NOT NULL,
  `account_id` text NOT NULL,
  `secret_hash` text NOT NULL,
  `user_agent` text NOT NULL,
  `created_at` integer NOT NULL,
  `seen_at` integer NOT NULL,
  `expires_at` integer NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `session_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
);
-- Create index "session_secret_hash" to table: "session"
CREATE UNIQUE INDEX `session_secret_hash` ON `session` (`secret_hash`);
-- Create index "session_account_id" to table: "session"
CREATE INDEX `session_account_id` ON `session` (`account_id`);
-- Create "api_token" table
CREATE TABLE `api_token` (
  `id` text NOT NULL,
  `account_id` text NOT NULL,
  `name` text NOT NULL,
  `hint` text NOT NULL,
  `secret_hash` text NOT NULL,
  `created_at` integer NOT NULL,
  `used_at` integer NULL,
  `expires_at` integer NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `api_token_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
);
-- Create index "api_token_secret_hash" to table: "api_token"
CREATE UNIQUE INDEX `api_token_secret_hash` ON `api_token` (`secret_hash`);
-- Create index "api_token_account_id" to table: "api_token"
CREATE INDEX `api_token_account_id` ON `api_token` (`account_id`);
-- Create "setup_link" table
CREATE TABLE `setup_link` (
  `secret_hash` text NOT NULL,
  `expires_at` integer NOT NULL,
  PRIMARY KEY (`secret_hash`)
);
-- Create "rate_limit" table
CREATE TABLE `rate_limit` (
  `name` text NOT NULL,
  `tries` integer NOT NULL,
  `resets_at` integer NOT NULL,
  PRIMARY KEY (`name`)
);
-- Create index "rate_limit_resets_at" to table: "rate_limit"
CREATE INDEX `rate_limit_resets_at` ON `rate_limit` (`resets_at`);
-- Create "media" table
CREATE TABLE `media` (
  `id` text NOT NULL,
  `name` text NOT NULL,
  `name_key` text NOT NULL,
  `kind` text NOT NULL,
  `content_type` text NOT NULL,
  `sha256` text NOT NULL,
  `size` integer NOT NULL,
  `width` integer NOT NULL,
  `height` integer NOT NULL,
  `duration_ms` integer NOT NULL,
  `animated` integer NOT NULL,
  `codecs` text NOT NULL,
  `thumbnail` integer NOT NULL,
  `display` integer NOT NULL,
  `created_at` integer NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `media_kind` CHECK (kind IN ('picture', 'video')),
  CONSTRAINT `media_animated` CHECK (animated IN (0, 1)),
  CONSTRAINT `media_thumbnail` CHECK (thumbnail IN (0, 1)),
  CONSTRAINT `media_display` CHECK (display IN (0, 1))
);
-- Create index "media_sha256" to table: "media"
CREATE UNIQUE INDEX `media_sha256` ON `media` (`sha256`);
-- Create "playlist" table
CREATE TABLE `playlist` (
  `id` text NOT NULL,
  `name` text NOT NULL,
  `name_key` text NOT NULL,
  `default_duration_ms` integer NOT NULL,
  `transition` text NOT NULL,
  `created_at` integer NOT NULL,
  `updated_at` integer NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `playlist_default_duration_ms` CHECK (default_duration_ms > 0)
);
-- Create index "playlist_name_key" to table: "playlist"
CREATE UNIQUE INDEX `playlist_name_key` ON `playlist` (`name_key`);
-- Create "slide" table
CREATE TABLE `slide` (
  `id` text NOT NULL,
  `playlist_id` text NOT NULL,
  `media_id` text NOT NULL,
  `position` integer NOT NULL,
  `duration_ms` integer NOT NULL,
  `fit` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `slide_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE CASCADE,
  CONSTRAINT `slide_media` FOREIGN KEY (`media_id`) REFERENCES `media` (`id`) ON DELETE RESTRICT,
  CONSTRAINT `slide_duration_ms` CHECK (duration_ms >= 0)
);
-- Create index "slide_playlist_id" to table: "slide"
CREATE INDEX `slide_playlist_id` ON `slide` (`playlist_id`, `position`);
-- Create index "slide_media_id" to table: "slide"
CREATE INDEX `slide_media_id` ON `slide` (`media_id`);
-- Create "screen" table
CREATE TABLE `screen` (
  `id` text NOT NULL,
  `name` text NOT NULL,
  `name_key` text NOT NULL,
  `playlist_id` text NULL,
  `rotation` integer NOT NULL,
  `secret_hash` text NOT NULL,
  `paired_at` integer NOT NULL,
  `seen_at` integer NULL,
  `slide_id` text NOT NULL,
  `version` text NOT NULL,
  `width` integer NOT NULL,
  `height` integer NOT NULL,
  `user_agent` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `screen_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE SET NULL,
  CONSTRAINT `screen_rotation` CHECK (rotation IN (0, 90, 180, 270))
);
-- Create index "screen_name_key" to table: "screen"
CREATE UNIQUE INDEX `screen_name_key` ON `screen` (`name_key`);
-- Create index "screen_secret_hash" to table: "screen"
CREATE UNIQUE INDEX `screen_secret_hash` ON `screen` (`secret_hash`);
-- Create index "screen_playlist_id" to table: "screen"
CREATE INDEX `screen_playlist_id` ON `screen` (`playlist_id`);
-- Create "pairing" table
CREATE TABLE `pairing` (
  `id` text NOT NULL,
  `code` text NOT NULL,
  `secret_hash` text NOT NULL,
  `expires_at` integer NOT NULL,
  PRIMARY KEY (`id`)
);
-- Create index "pairing_code" to table: "pairing"
CREATE UNIQUE INDEX `pairing_code` ON `pairing` (`code`);
-- Create index "pairing_secret_hash" to table: "pairing"
CREATE UNIQUE INDEX `pairing_secret_hash` ON `pairing` (`secret_hash`);
