-- Add column "connected_until" to table: "screen"
ALTER TABLE `screen` ADD COLUMN `connected_until` integer NULL;
