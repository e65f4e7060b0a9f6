package database_test

import (
	"testing"

	"vitrine/schema"
	"vitrine/src/testkit"
)

// What the environment says to PostgreSQL's own programs does not decide how Vitrine connects.
func TestEnvironmentDecidesNothing(t *testing.T) {
	target := testkit.Fresh(t, schema.Postgres)
	for name, value := range map[string]string{
		"PGHOST": "nowhere.invalid", "PGPORT": "1", "PGDATABASE": "other", "PGUSER": "other", "PGPASSWORD": "other",
		"PGPASSFILE": "/nowhere", "PGSSLMODE": "verify-full", "PGSSLCERT": "/nowhere", "PGSSLKEY": "/nowhere",
		"PGSSLROOTCERT": "/nowhere", "PGSSLCERTMODE": "require", "PGSSLNEGOTIATION": "direct", "PGSSLSNI": "0",
		"PGTARGETSESSIONATTRS": "standby", "PGOPTIONS": "-c search_path=other", "PGTZ": "other", "PGCHANNELBINDING": "require",
		"PGREQUIREAUTH": "none", "PGMINPROTOCOLVERSION": "3.2", "PGMAXPROTOCOLVERSION": "3.2",
	} {
		t.Setenv(name, value)
	}
	testkit.Migrated(t, target)
}
