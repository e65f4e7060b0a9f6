package main

import (
	"fmt"
	"regexp"
	"strings"
)

// MariaDB commits each statement that changes a table by itself, and what was done is recorded after it: a node that is
// killed between the two runs the statement again. So each one is written such that doing it twice does it once.

// forms are the beginnings of what Atlas plans for MariaDB, and what stands in their place. A form without its own
// IF [NOT] EXISTS does the same every time.
type form struct {
	planned *regexp.Regexp
	safe    string
}

func formOf(planned, safe string) form {
	planned = strings.NewReplacer(" ", `\s+`, "<name>", "(`[^`]+`)").Replace(planned)
	return form{regexp.MustCompile(`(?is)^` + planned), safe}
}

func statementForms() []form {
	return []form{
		formOf("CREATE TABLE (?:IF NOT EXISTS )?<name>", "CREATE TABLE IF NOT EXISTS $1"),
		formOf("DROP TABLE (?:IF EXISTS )?<name>$", "DROP TABLE IF EXISTS $1"),
		formOf("RENAME TABLE (?:IF EXISTS )?<name> TO <name>$", "RENAME TABLE IF EXISTS $1 TO $2"),
		formOf("CREATE (UNIQUE )?INDEX (?:IF NOT EXISTS )?<name> ON ", "CREATE ${1}INDEX IF NOT EXISTS $2 ON "),
		formOf("DROP INDEX (?:IF EXISTS )?<name> ON ", "DROP INDEX IF EXISTS $1 ON "),
	}
}

func clauseForms() []form {
	return []form{
		formOf("ADD COLUMN (?:IF NOT EXISTS )?<name>", "ADD COLUMN IF NOT EXISTS $1"),
		formOf("DROP COLUMN (?:IF EXISTS )?<name>$", "DROP COLUMN IF EXISTS $1"),
		formOf("MODIFY COLUMN <name>", "MODIFY COLUMN $1"),
		formOf("CHANGE COLUMN (?:IF EXISTS )?<name> <name>", "CHANGE COLUMN IF EXISTS $1 $2"),
		formOf("RENAME COLUMN (?:IF EXISTS )?<name> TO <name>$", "RENAME COLUMN IF EXISTS $1 TO $2"),
		formOf("ADD (UNIQUE )?INDEX (?:IF NOT EXISTS )?<name>", "ADD ${1}INDEX IF NOT EXISTS $2"),
		formOf("DROP INDEX (?:IF EXISTS )?<name>$", "DROP INDEX IF EXISTS $1"),
		formOf("RENAME INDEX (?:IF EXISTS )?<name> TO <name>$", "RENAME INDEX IF EXISTS $1 TO $2"),
		formOf(`ADD PRIMARY KEY (?:IF NOT EXISTS )?\(`, "ADD PRIMARY KEY IF NOT EXISTS ("),
		formOf(`ADD CONSTRAINT <name> FOREIGN KEY (?:IF NOT EXISTS )?\(`, "ADD CONSTRAINT $1 FOREIGN KEY IF NOT EXISTS ("),
		formOf("DROP FOREIGN KEY (?:IF EXISTS )?<name>$", "DROP FOREIGN KEY IF EXISTS $1"),
		formOf(`ADD CONSTRAINT (?:IF NOT EXISTS )?<name> CHECK \(`, "ADD CONSTRAINT IF NOT EXISTS $1 CHECK ("),
		formOf("DROP (?:CONSTRAINT|CHECK) (?:IF EXISTS )?<name>$", "DROP CONSTRAINT IF EXISTS $1"),
		formOf(`(CHARSET|COLLATE|ENGINE|COMMENT|AUTO_INCREMENT)\b`, "$1"),
	}
}

// apply writes a statement or a clause in the form that fits it.
func apply(forms []form, text string) (string, bool) {
	for _, f := range forms {
		if f.planned.MatchString(text) {
			return f.planned.ReplaceAllString(text, f.safe), true
		}
	}
	return "", false
}

var alterPattern = regexp.MustCompile("(?is)^(ALTER\\s+TABLE\\s+`[^`]+`\\s+)(.*)$")

// rerunnable writes a statement for MariaDB such that it can be run twice, or says that it does not know how. One that
// is written so already comes back as it is.
func rerunnable(statement string) (string, error) {
	if safe, ok := apply(statementForms(), statement); ok {
		return safe, nil
	}
	parts := alterPattern.FindStringSubmatch(statement)
	if parts == nil {
		return "", refusal(statement)
	}
	var safe []string
	dropped := map[string]bool{}
	for clauses := splitClauses(parts[2]); len(clauses) > 0; {
		if pair, ok := replacement(clauses); ok {
			safe, clauses = append(safe, pair...), clauses[len(pair):]
			continue
		}
		clause, ok := apply(clauseForms(), clauses[0])
		if !ok {
			return "", refusal(clauses[0])
		}
		if name := nameIn(dropClause, clause); name != "" {
			dropped[name] = true
		}
		if dropped[nameIn(addClause, clause)] { // whether it exists is asked before the old one is dropped
			return "", refusal(statement)
		}
		safe, clauses = append(safe, clause), clauses[1:]
	}
	return parts[1] + strings.Join(safe, ", "), nil
}

func refusal(text string) error {
	return fmt.Errorf("do not know how to write %q such that MariaDB can run it twice and it is done once; "+
		"plan it in smaller steps, or teach it to schema/plan/rerun.go", text)
}

var (
	dropClause = regexp.MustCompile("^DROP [A-Z ]+ IF EXISTS (`[^`]+`)$")
	addClause  = regexp.MustCompile("^ADD (?:[A-Z ]+ IF NOT EXISTS (`[^`]+`)|CONSTRAINT (`[^`]+`))")

	dropKey   = regexp.MustCompile(`(?i)^DROP\s+PRIMARY\s+KEY$`)
	addKey    = regexp.MustCompile(`(?i)^ADD\s+PRIMARY\s+KEY\s*\(`)
	dropCheck = regexp.MustCompile("(?i)^DROP\\s+(?:CHECK|CONSTRAINT(?:\\s+IF\\s+EXISTS)?)\\s+(`[^`]+`)$")
	addCheck  = regexp.MustCompile("(?i)^ADD\\s+CONSTRAINT\\s+(`[^`]+`)\\s+CHECK\\s*\\(")
)

// nameIn returns what a clause adds or drops, or nothing if it does another thing.
func nameIn(pattern *regexp.Regexp, clause string) string {
	found := pattern.FindStringSubmatch(clause)
	if found == nil {
		return ""
	}
	return strings.Join(found[1:], "") // one of the groups
}

// replacement returns the first two clauses if the second puts another primary key, or another check of the same name,
// in the place of the first: run again, the new one gives way to itself. Atlas spells dropping a check as MySQL does.
func replacement(clauses []string) ([]string, bool) {
	if len(clauses) < 2 {
		return nil, false
	}
	if dropKey.MatchString(clauses[0]) && addKey.MatchString(clauses[1]) {
		return clauses[:2], true
	}
	name := nameIn(dropCheck, clauses[0])
	if name == "" || name != nameIn(addCheck, clauses[1]) {
		return nil, false
	}
	return []string{"DROP CONSTRAINT IF EXISTS " + name, clauses[1]}, true
}

// splitClauses parts the clauses of ALTER TABLE at their commas: those that stand in no parentheses, string or name.
func splitClauses(text string) (clauses []string) {
	depth, begin, quote := 0, 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0 // a doubled one opens again at once
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			clauses = append(clauses, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	return append(clauses, strings.TrimSpace(text[begin:]))
}
