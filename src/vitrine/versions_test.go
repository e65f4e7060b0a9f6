package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"ariga.io/atlas/sql/migrate"

	"vitrine/schema"
)

// nextVersion is what the program of [next] calls itself.
const nextVersion = "9.9.9"

// nextMigration is what it does more than the present one, on every database; the name of its file.
const nextMigration = "29990101000000_mood.sql"

// next builds, once for all tests, a later version of the program: it declares one column more, and has the migration
// that makes it. Otherwise it is the present one.
var next = sync.OnceValues(func() (string, error) {
	return otherwise("next", func(root string) (map[string][]byte, error) {
		replaced := map[string][]byte{}
		main, err := os.ReadFile(filepath.Join(root, "src/vitrine/main.go"))
		if err != nil {
			return nil, err
		}
		before, rest, _ := bytes.Cut(main, []byte("const version = \""))
		_, after, _ := bytes.Cut(rest, []byte("\""))
		replaced["src/vitrine/main.go"] = fmt.Appendf(nil, "%sconst version = %q%s", before, nextVersion, after)
		for _, dialect := range schema.Dialects() {
			statement, kind := "ALTER TABLE account ADD COLUMN mood bigint NULL;\n", "bigint"
			switch dialect {
			case schema.SQLite:
				statement, kind = "ALTER TABLE `account` ADD COLUMN `mood` integer NULL;\n", "integer"
			case schema.MariaDB:
				statement = "ALTER TABLE `account` ADD COLUMN IF NOT EXISTS `mood` bigint NULL;\n"
			}
			dir, err := schema.Migrations(dialect)
			if err != nil {
				return nil, err
			}
			err = dir.WriteFile(nextMigration, []byte(statement))
			sum, failed := dir.Checksum()
			if err = errors.Join(err, failed, migrate.WriteSumFile(dir, sum)); err != nil {
				return nil, err
			}
			seal, failed := sum.MarshalText()
			hcl, err := os.ReadFile(filepath.Join(root, "schema", dialect+".hcl"))
			if err = errors.Join(err, failed); err != nil {
				return nil, err
			}
			head, tail, _ := bytes.Cut(hcl, []byte("table \"account\" {"))
			replaced["schema/"+dialect+".hcl"] = fmt.Appendf(nil, "%stable \"account\" {\n  column \"mood\" {\n    null = true\n"+
				"    type = %s\n  }\n%s", head, kind, tail)
			replaced["schema/migrations/"+dialect+"/"+nextMigration] = []byte(statement)
			replaced["schema/migrations/"+dialect+"/atlas.sum"] = seal
		}
		return replaced, nil
	})
})

// tampered builds, once for all tests, a program of which someone changed a migration and left the seal as it was.
var tampered = sync.OnceValues(func() (string, error) {
	return otherwise("tampered", func(root string) (map[string][]byte, error) {
		replaced := map[string][]byte{}
		for _, dialect := range schema.Dialects() {
			files, err := filepath.Glob(filepath.Join(root, "schema/migrations", dialect, "*_initial.sql"))
			if err != nil || len(files) != 1 {
				return nil, fmt.Errorf("found %q, %w", files, err)
			}
			text, err := os.ReadFile(files[0])
			if err != nil {
				return nil, err
			}
			name, _ := filepath.Rel(root, files[0])
			replaced[name] = bytes.Replace(text, []byte("NOT NULL"), []byte("NULL"), 1)
		}
		return replaced, nil
	})
})

// otherwise builds the program with other files in the place of some of its own.
func otherwise(name string, change func(root string) (map[string][]byte, error)) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "vitrine").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	replaced, err := change(root)
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(programFolder, name)
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range replaced {
		at := filepath.Join(folder, strings.ReplaceAll(file, "/", "_"))
		overlay.Replace[filepath.Join(root, file)] = at
		if err := os.WriteFile(at, text, 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(overlay)
	list := filepath.Join(folder, "overlay.json")
	if err = errors.Join(err, os.WriteFile(list, text, 0o600)); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "vitrine")
	build := exec.Command("go", "build", "-overlay", list, "-o", path, "vitrine/src/vitrine")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build another version of the program: %w\n%s", err, out)
	}
	return path, nil
}
