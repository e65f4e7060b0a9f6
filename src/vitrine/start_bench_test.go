package main_test

import (
	"os/exec"
	"strconv"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
)

// How long it takes from the start of the process until /readyz answers 200: on an empty database, migrations included,
// and on one that is up to date. "program alone" is the floor: the same program started to say its version.
func BenchmarkStart(b *testing.B) {
	b.Run("program alone", func(b *testing.B) {
		path, err := program()
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := exec.Command(path, "version").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, dialect := range schema.Dialects() {
		b.Run(dialect+"/empty", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p := newProcess(b, where(testkit.Fresh(b, dialect))...)
				b.StartTimer()
				p.start()
				b.StopTimer()
				p.stop()
				b.StartTimer()
			}
		})
		b.Run(dialect+"/up to date", func(b *testing.B) {
			p := newProcess(b, where(testkit.Fresh(b, dialect))...)
			p.start()
			p.stop()
			for b.Loop() {
				p.start()
				b.StopTimer()
				p.stop()
				b.StartTimer()
			}
		})
	}
}

// where spells a database as environment variables.
func where(target config.Database) []string {
	if target.Dialect == schema.SQLite {
		return []string{"VITRINE_DATABASE_URL=sqlite:" + target.Path}
	}
	return []string{"VITRINE_DATABASE_TYPE=" + target.Dialect, "VITRINE_DATABASE_HOST=" + target.Host,
		"VITRINE_DATABASE_PORT=" + strconv.Itoa(target.Port), "VITRINE_DATABASE_NAME=" + target.Name,
		"VITRINE_DATABASE_USER=" + target.User, "VITRINE_DATABASE_PASSWORD=" + target.Password}
}
