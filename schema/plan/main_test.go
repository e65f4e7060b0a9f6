package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
)

// copied returns a copy of the schema folder in which the text old of the declaration is new.
func copied(t *testing.T, old, new string) string {
	t.Helper()
	root := t.TempDir()
	hcl, err := os.ReadFile("../sqlite.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if old != "" && strings.Count(string(hcl), old) != 1 {
		t.Fatalf("the declaration holds %q %d times", old, strings.Count(string(hcl), old))
	}
	changed := strings.Replace(string(hcl), old, new, 1)
	err = errors.Join(os.WriteFile(filepath.Join(root, "sqlite.hcl"), []byte(changed), 0o600),
		os.CopyFS(filepath.Join(root, "migrations"), os.DirFS("../migrations")))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// shipped counts the migrations in a copy, whose seal must fit.
func shipped(t *testing.T, root string) []string {
	t.Helper()
	dir, err := migrate.NewLocalDir(filepath.Join(root, "migrations", "sqlite"))
	if err == nil {
		err = migrate.Validate(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "migrations", "sqlite", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const (
	hint = "  column \"hint\" {\n    type = text\n  }\n" // of an API token, the only one of this name
	zone = "  column \"zone\" {\n    type = text\n    null = true\n  }\n"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	links := "table \"setup_link\" {\n  schema = schema.main\n  column \"secret_hash\" {\n    type = text\n  }\n" +
		"  column \"expires_at\" {\n    type = integer\n  }\n  primary_key {\n    columns = [column.secret_hash]\n  }\n}\n"
	tests := []struct {
		name, old, new string
		destructive    bool
		writes         string // what the planned migration holds; empty: none is planned
		refusal        string
	}{
		{"nothing changed", "", "", false, "", ""},
		{"another column", hint, hint + zone, false, "ALTER TABLE `api_token` ADD COLUMN `zone` text NULL", ""},
		{"another check", `expr = "duration_ms >= 0"`, `expr = "duration_ms >= 1"`, false, "CHECK (duration_ms >= 1)", ""},
		{"a column less", hint, "", false, "", "this would delete data ([api_token.hint])"},
		{"a column renamed", `column "hint"`, `column "trace"`, false, "", "api_token.hint"},
		{"a table less", links, "", false, "", "this would delete data ([setup_link])"},
		{"a table less, meant", links, "", true, "DROP TABLE `setup_link`", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := copied(t, test.old, test.new)
			before := len(shipped(t, root))
			err := run(t.Context(), root, []string{"next_step"}, test.destructive)
			refused := err != nil && test.refusal != "" && strings.Contains(err.Error(), test.refusal)
			if refused != (test.refusal != "") || err != nil && !refused {
				t.Fatalf("got %v, want %q", err, test.refusal)
			}
			files := shipped(t, root)
			if test.writes == "" {
				if len(files) != before {
					t.Errorf("planned %q", files)
				}
				return
			}
			if len(files) != before+1 || !strings.HasSuffix(files[before], "_next_step.sql") {
				t.Fatalf("planned %q", files)
			}
			if text, err := os.ReadFile(files[before]); err != nil || !strings.Contains(string(text), test.writes) {
				t.Errorf("planned %s, %v; want %q", text, err, test.writes)
			}
			if err := run(t.Context(), root, []string{"again"}, false); err != nil || len(shipped(t, root)) != before+1 {
				t.Errorf("there is still something to plan: %v", err)
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"a", "b"}, {""}, {"../up"}, {"Upper"}, {"a"}} {
		err := run(t.Context(), t.TempDir(), args, false)
		if err == nil || !strings.Contains(err.Error(), "name the migration") {
			t.Errorf("named %q: %v", args, err)
		}
	}
	root := copied(t, hint, hint+zone)
	file := shipped(t, root)[0]
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(text, "-- edited\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), root, []string{"next_step"}, false); !errors.Is(err, migrate.ErrChecksumMismatch) {
		t.Errorf("an edited migration: %v", err)
	}
}
