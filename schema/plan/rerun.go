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
	planned = strings.NewReplacer(" ", `\s+`, "NAME", "(`[^`]+`)").Replace(planned)
	return form{regexp.MustCompile(`(?is)^` + planned), safe}
}

func statementForms() []form {
	return []form{
		formOf("CREATE TABLE (?:IF NOT EXISTS )?NAME", "CREATE TABLE IF NOT EXISTS $1"),
		formOf("DROP TABLE (?:IF EXISTS )?NAME$", "DROP TABLE IF EXISTS $1"),
		formOf("RENAME TABLE (?:IF EXISTS )?NAME TO NAME$", "RENAME TABLE IF EXISTS $1 TO $2"),
		formOf("CREATE (UNIQUE )?INDEX (?:IF NOT EXISTS )?NAME ON ", "CREATE ${1}INDEX IF NOT EXISTS $2 ON "),
		formOf("DROP INDEX (?:IF EXISTS )?NAME ON ", "DROP INDEX IF EXISTS $1 ON "),
	}
}

func clauseForms() []form {
	return []form{
		formOf("ADD COLUMN (?:IF NOT EXISTS )?NAME", "ADD COLUMN IF NOT EXISTS $1"),
		formOf("DROP COLUMN (?:IF EXISTS )?NAME$", "DROP COLUMN IF EXISTS $1"),
		formOf("MODIFY COLUMN NAME", "MODIFY COLUMN $1"),
		formOf("CHANGE COLUMN (?:IF EXISTS )?NAME NAME", "CHANGE COLUMN IF EXISTS $1 $2"),
		formOf("RENAME COLUMN (?:IF EXISTS )?NAME TO NAME$", "RENAME COLUMN IF EXISTS $1 TO $2"),
		formOf("ADD (UNIQUE )?INDEX (?:IF NOT EXISTS )?NAME", "ADD ${1}INDEX IF NOT EXISTS $2"),
		formOf("DROP INDEX (?:IF EXISTS )?NAME$", "DROP INDEX IF EXISTS $1"),
		formOf("RENAME INDEX (?:IF EXISTS )?NAME TO NAME$", "RENAME INDEX IF EXISTS $1 TO $2"),
		formOf(`ADD PRIMARY KEY (?:IF NOT EXISTS )?\(`, "ADD PRIMARY KEY IF NOT EXISTS ("),
		formOf(`ADD CONSTRAINT NAME FOREIGN KEY (?:IF NOT EXISTS )?\(`, "ADD CONSTRAINT $1 FOREIGN KEY IF NOT EXISTS ("),
		formOf("DROP FOREIGN KEY (?:IF EXISTS )?NAME$", "DROP FOREIGN KEY IF EXISTS $1"),
		formOf(`ADD CONSTRAINT (?:IF NOT EXISTS )?NAME CHECK \(`, "ADD CONSTRAINT IF NOT EXISTS $1 CHECK ("),
		formOf("DROP (?:CONSTRAINT|CHECK) (?:IF EXISTS )?NAME$", "DROP CONSTRAINT IF EXISTS $1"),
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
	clauses := splitClauses(parts[2])
	if replacesKey(clauses) || replacesCheck(clauses) {
		return parts[1] + strings.Join(clauses, ", "), nil
	}
	for i, clause := range clauses {
		safe, ok := apply(clauseForms(), clause)
		if !ok {
			return "", refusal(clause)
		}
		clauses[i] = safe
	}
	return parts[1] + strings.Join(clauses, ", "), nil
}

func refusal(text string) error {
	return fmt.Errorf("do not know how to write %q such that MariaDB can run it twice and it is done once; "+
		"plan it in smaller steps, or teach it to schema/plan/rerun.go", text)
}

// replacesKey tells whether a primary key gives way to another one: the second time the new one gives way to itself.
func replacesKey(clauses []string) bool {
	return len(clauses) == 2 && regexp.MustCompile(`(?i)^DROP\s+PRIMARY\s+KEY$`).MatchString(clauses[0]) &&
		regexp.MustCompile(`(?i)^ADD\s+PRIMARY\s+KEY\s*\(`).MatchString(clauses[1])
}

var (
	dropCheck = regexp.MustCompile("(?i)^DROP\\s+(?:CHECK|CONSTRAINT(?:\\s+IF\\s+EXISTS)?)\\s+(`[^`]+`)$")
	addCheck  = regexp.MustCompile("(?i)^ADD\\s+CONSTRAINT\\s+(`[^`]+`)\\s+CHECK\\s*\\(")
)

// replacesCheck tells whether the clauses are checks that give way to others of the same name, and spells dropping them
// as MariaDB does; Atlas spells it for MySQL. Here the new one must not say IF NOT EXISTS: that would be asked before
// the old one is dropped.
func replacesCheck(clauses []string) bool {
	if len(clauses)%2 != 0 {
		return false
	}
	for i := 0; i < len(clauses); i += 2 {
		drop, add := dropCheck.FindStringSubmatch(clauses[i]), addCheck.FindStringSubmatch(clauses[i+1])
		if drop == nil || add == nil || drop[1] != add[1] {
			return false
		}
	}
	for i := 0; i < len(clauses); i += 2 {
		clauses[i] = "DROP CONSTRAINT IF EXISTS " + dropCheck.FindStringSubmatch(clauses[i])[1]
	}
	return true
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
