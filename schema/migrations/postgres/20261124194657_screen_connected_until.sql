-- Modify "screen" table
ALTER TABLE "screen" ADD COLUMN "connected_until" bigint NULL;
