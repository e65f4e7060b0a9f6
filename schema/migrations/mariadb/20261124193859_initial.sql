-- Create "installation" table
CREATE TABLE IF NOT EXISTS `installation` (
  `one` bigint NOT NULL,
  `id` varchar(36) NOT NULL,
  `epoch` varchar(64) NOT NULL,
  `head` bigint NOT NULL DEFAULT 0,
  `created_at` bigint NOT NULL,
  PRIMARY KEY (`one`),
  CONSTRAINT `installation_one` CHECK (`one` = 1)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "change_entry" table
CREATE TABLE IF NOT EXISTS `change_entry` (
  `number` bigint NOT NULL,
  `kind` varchar(32) NOT NULL,
  `subject` varchar(36) NOT NULL,
  `at` bigint NOT NULL,
  PRIMARY KEY (`number`),
  INDEX `change_entry_at` (`at`)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "account" table
CREATE TABLE IF NOT EXISTS `account` (
  `id` varchar(36) NOT NULL,
  `username` varchar(64) NOT NULL,
  `password_hash` varchar(255) NOT NULL,
  `created_at` bigint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `account_username` (`username`)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "setup_link" table
CREATE TABLE IF NOT EXISTS `setup_link` (
  `secret_hash` varchar(64) NOT NULL,
  `expires_at` bigint NOT NULL,
  PRIMARY KEY (`secret_hash`)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "rate_limit" table
CREATE TABLE IF NOT EXISTS `rate_limit` (
  `name` varchar(160) NOT NULL,
  `tries` bigint NOT NULL,
  `resets_at` bigint NOT NULL,
  PRIMARY KEY (`name`),
  INDEX `rate_limit_resets_at` (`resets_at`)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "pairing" table
CREATE TABLE IF NOT EXISTS `pairing` (
  `id` varchar(36) NOT NULL,
  `code` varchar(16) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `expires_at` bigint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `pairing_code` (`code`),
  UNIQUE INDEX `pairing_secret_hash` (`secret_hash`)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "api_token" table
CREATE TABLE IF NOT EXISTS `api_token` (
  `id` varchar(36) NOT NULL,
  `account_id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `hint` varchar(32) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `created_at` bigint NOT NULL,
  `used_at` bigint NULL,
  `expires_at` bigint NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `api_token_secret_hash` (`secret_hash`),
  INDEX `api_token_account_id` (`account_id`),
  CONSTRAINT `api_token_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "playlist" table
CREATE TABLE IF NOT EXISTS `playlist` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `default_duration_ms` bigint NOT NULL,
  `transition` varchar(32) NOT NULL,
  `created_at` bigint NOT NULL,
  `updated_at` bigint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `playlist_name_key` (`name_key`),
  CONSTRAINT `playlist_default_duration_ms` CHECK (`default_duration_ms` > 0)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "screen" table
CREATE TABLE IF NOT EXISTS `screen` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `playlist_id` varchar(36) NULL,
  `rotation` bigint NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `paired_at` bigint NOT NULL,
  `seen_at` bigint NULL,
  `slide_id` varchar(36) NOT NULL,
  `version` varchar(64) NOT NULL,
  `width` bigint NOT NULL,
  `height` bigint NOT NULL,
  `user_agent` varchar(255) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `screen_name_key` (`name_key`),
  UNIQUE INDEX `screen_secret_hash` (`secret_hash`),
  INDEX `screen_playlist_id` (`playlist_id`),
  CONSTRAINT `screen_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE SET NULL,
  CONSTRAINT `screen_rotation` CHECK (`rotation` in (0,90,180,270))
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "session" table
CREATE TABLE IF NOT EXISTS `session` (
  `id` varchar(36) NOT NULL,
  `account_id` varchar(36) NOT NULL,
  `secret_hash` varchar(64) NOT NULL,
  `user_agent` varchar(255) NOT NULL,
  `created_at` bigint NOT NULL,
  `seen_at` bigint NOT NULL,
  `expires_at` bigint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `session_secret_hash` (`secret_hash`),
  INDEX `session_account_id` (`account_id`),
  CONSTRAINT `session_account` FOREIGN KEY (`account_id`) REFERENCES `account` (`id`) ON DELETE CASCADE
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "media" table
CREATE TABLE IF NOT EXISTS `media` (
  `id` varchar(36) NOT NULL,
  `name` varchar(120) NOT NULL,
  `name_key` varchar(360) NOT NULL,
  `kind` varchar(32) NOT NULL,
  `content_type` varchar(120) NOT NULL,
  `sha256` varchar(64) NOT NULL,
  `size` bigint NOT NULL,
  `width` bigint NOT NULL,
  `height` bigint NOT NULL,
  `duration_ms` bigint NOT NULL,
  `animated` bigint NOT NULL,
  `codecs` varchar(512) NOT NULL,
  `thumbnail` bigint NOT NULL,
  `display` bigint NOT NULL,
  `created_at` bigint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE INDEX `media_sha256` (`sha256`),
  CONSTRAINT `media_kind` CHECK (`kind` in ('picture','video')),
  CONSTRAINT `media_animated` CHECK (`animated` in (0,1)),
  CONSTRAINT `media_thumbnail` CHECK (`thumbnail` in (0,1)),
  CONSTRAINT `media_display` CHECK (`display` in (0,1))
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
-- Create "slide" table
CREATE TABLE IF NOT EXISTS `slide` (
  `id` varchar(36) NOT NULL,
  `playlist_id` varchar(36) NOT NULL,
  `media_id` varchar(36) NOT NULL,
  `position` bigint NOT NULL,
  `duration_ms` bigint NOT NULL,
  `fit` varchar(32) NOT NULL,
  PRIMARY KEY (`id`),
  INDEX `slide_playlist_id` (`playlist_id`, `position`),
  INDEX `slide_media_id` (`media_id`),
  CONSTRAINT `slide_playlist` FOREIGN KEY (`playlist_id`) REFERENCES `playlist` (`id`) ON DELETE CASCADE,
  CONSTRAINT `slide_media` FOREIGN KEY (`media_id`) REFERENCES `media` (`id`) ON DELETE RESTRICT,
  CONSTRAINT `slide_duration_ms` CHECK (`duration_ms` >= 0)
) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin ENGINE InnoDB;
