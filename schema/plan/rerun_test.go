package main

import (
	"strings"
	"testing"

	"vitrine/schema"
)

func TestRerunnable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ planned, want string }{
		{"CREATE TABLE `a` (`b` text)", "CREATE TABLE IF NOT EXISTS `a` (`b` text)"},
		{"CREATE TABLE `a` (\n  `b` text,\n  `c, d` text\n) CHARSET utf8mb4",
			"CREATE TABLE IF NOT EXISTS `a` (\n  `b` text,\n  `c, d` text\n) CHARSET utf8mb4"},
		{"DROP TABLE `a`", "DROP TABLE IF EXISTS `a`"},
		{"RENAME TABLE `a` TO `b`", "RENAME TABLE IF EXISTS `a` TO `b`"},
		{"CREATE INDEX `i` ON `a` (`b`)", "CREATE INDEX IF NOT EXISTS `i` ON `a` (`b`)"},
		{"CREATE UNIQUE INDEX `i` ON `a` (`b`)", "CREATE UNIQUE INDEX IF NOT EXISTS `i` ON `a` (`b`)"},
		{"DROP INDEX `i` ON `a`", "DROP INDEX IF EXISTS `i` ON `a`"},
		{"ALTER TABLE `a` ADD COLUMN `b` varchar(3) NOT NULL DEFAULT ',('",
			"ALTER TABLE `a` ADD COLUMN IF NOT EXISTS `b` varchar(3) NOT NULL DEFAULT ',('"},
		{"ALTER TABLE `a` ADD COLUMN `b` text, DROP COLUMN `c`",
			"ALTER TABLE `a` ADD COLUMN IF NOT EXISTS `b` text, DROP COLUMN IF EXISTS `c`"},
		{"ALTER TABLE `a` MODIFY COLUMN `b` varchar(9)", "ALTER TABLE `a` MODIFY COLUMN `b` varchar(9)"},
		{"ALTER TABLE `a` CHANGE COLUMN `b` `c` text", "ALTER TABLE `a` CHANGE COLUMN IF EXISTS `b` `c` text"},
		{"ALTER TABLE `a` RENAME COLUMN `b` TO `c`", "ALTER TABLE `a` RENAME COLUMN IF EXISTS `b` TO `c`"},
		{"ALTER TABLE `a` ADD INDEX `i` (`b`, `c`)", "ALTER TABLE `a` ADD INDEX IF NOT EXISTS `i` (`b`, `c`)"},
		{"ALTER TABLE `a` ADD UNIQUE INDEX `i` (`b`)", "ALTER TABLE `a` ADD UNIQUE INDEX IF NOT EXISTS `i` (`b`)"},
		{"ALTER TABLE `a` DROP INDEX `i`", "ALTER TABLE `a` DROP INDEX IF EXISTS `i`"},
		{"ALTER TABLE `a` RENAME INDEX `i` TO `j`", "ALTER TABLE `a` RENAME INDEX IF EXISTS `i` TO `j`"},
		{"ALTER TABLE `a` ADD PRIMARY KEY (`b`)", "ALTER TABLE `a` ADD PRIMARY KEY IF NOT EXISTS (`b`)"},
		{"ALTER TABLE `a` DROP PRIMARY KEY, ADD PRIMARY KEY (`b`, `c`)",
			"ALTER TABLE `a` DROP PRIMARY KEY, ADD PRIMARY KEY (`b`, `c`)"},
		{"ALTER TABLE `a` ADD CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `c` (`d`) ON DELETE CASCADE",
			"ALTER TABLE `a` ADD CONSTRAINT `k` FOREIGN KEY IF NOT EXISTS (`b`) REFERENCES `c` (`d`) ON DELETE CASCADE"},
		{"ALTER TABLE `a` DROP FOREIGN KEY `k`", "ALTER TABLE `a` DROP FOREIGN KEY IF EXISTS `k`"},
		{"ALTER TABLE `a` ADD CONSTRAINT `k` CHECK (`b` in (1,2))",
			"ALTER TABLE `a` ADD CONSTRAINT IF NOT EXISTS `k` CHECK (`b` in (1,2))"},
		{"ALTER TABLE `a` DROP CONSTRAINT `k`", "ALTER TABLE `a` DROP CONSTRAINT IF EXISTS `k`"},
		{"ALTER TABLE `a` DROP CHECK `k`, ADD CONSTRAINT `k` CHECK (`b` > 1)",
			"ALTER TABLE `a` DROP CONSTRAINT IF EXISTS `k`, ADD CONSTRAINT `k` CHECK (`b` > 1)"},
		{"ALTER TABLE `a` ADD COLUMN `c` int, DROP CHECK `k`, ADD CONSTRAINT `k` CHECK (`b` > 1), DROP COLUMN `d`",
			"ALTER TABLE `a` ADD COLUMN IF NOT EXISTS `c` int, DROP CONSTRAINT IF EXISTS `k`, " +
				"ADD CONSTRAINT `k` CHECK (`b` > 1), DROP COLUMN IF EXISTS `d`"},
		{"ALTER TABLE `a` CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin",
			"ALTER TABLE `a` CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin"},
		{"ALTER TABLE `a` ENGINE InnoDB", "ALTER TABLE `a` ENGINE InnoDB"},
	} {
		got, err := rerunnable(test.planned)
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v; want %s", test.planned, got, err, test.want)
		}
		if again, err := rerunnable(got); err != nil || again != got {
			t.Errorf("written once more it is %s, %v", again, err)
		}
	}
}

func TestRerunnableRefuses(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"", "INSERT INTO `a` VALUES (1)", "UPDATE `a` SET `b` = `b` + 1", "CREATE DATABASE `a`",
		"ALTER DATABASE `a` CHARSET latin1", "CREATE TABLE a (b int)", "CREATE OR REPLACE TABLE `a` (`b` int)",
		"CREATE TRIGGER `a` AFTER INSERT ON `b` FOR EACH ROW SET @x = 1",
		"DROP TABLE `a`, `b`", "ALTER TABLE `a` DROP PRIMARY KEY", "ALTER TABLE `a` DROP PRIMARY KEY, ADD COLUMN `b` int",
		"ALTER TABLE `a` ADD FULLTEXT INDEX `i` (`b`)", "ALTER TABLE `a` ADD FOREIGN KEY (`b`) REFERENCES `c` (`d`)",
		"ALTER TABLE `a` ADD CHECK (`b` > 1)", "ALTER TABLE `a` ADD COLUMN `b` int, FORCE", "ALTER TABLE `a` RENAME TO `b`",
		// Asked before the old one is gone, IF NOT EXISTS would leave the table without its new check.
		"ALTER TABLE `a` DROP CHECK `k`, ADD CONSTRAINT IF NOT EXISTS `k` CHECK (`b` > 1)",
		"ALTER TABLE `a` DROP FOREIGN KEY `k`, ADD CONSTRAINT `k` FOREIGN KEY (`b`) REFERENCES `c` (`d`)",
		"ALTER TABLE `a` DROP INDEX `i`, ADD INDEX `i` (`b`)", "ALTER TABLE `a` DROP COLUMN `b`, ADD COLUMN `b` text",
	} {
		if got, err := rerunnable(statement); err == nil || !strings.Contains(err.Error(), "schema/plan/rerun.go") {
			t.Errorf("%s is written as %s, %v", statement, got, err)
		}
	}
}

// Also what was written by hand.
func TestMigrationsOfMariaDBAreRerunnable(t *testing.T) {
	t.Parallel()
	dir, err := schema.Migrations(schema.MariaDB)
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for _, file := range files {
		statements, err := file.Stmts()
		if err != nil || len(statements) == 0 {
			t.Fatalf("%s: %d statements, %v", file.Name(), len(statements), err)
		}
		for _, statement := range statements {
			statement = strings.TrimSuffix(statement, ";")
			if want, err := rerunnable(statement); err != nil || want != statement {
				t.Errorf("%s: %s\nwant it written so, because it may run twice: %s, %v", file.Name(), statement, want, err)
			}
		}
	}
}
