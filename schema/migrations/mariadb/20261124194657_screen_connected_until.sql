-- Modify "screen" table
ALTER TABLE `screen` ADD COLUMN IF NOT EXISTS `connected_until` bigint NULL;
