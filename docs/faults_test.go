package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small is a repository with a program, so that the check can be checked.
func small(t *testing.T, pages map[string]string) *known {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"README.md":           "# Small\n\n[a guide](docs/guide.md) and [development](docs/development.md)\n",
		"docs/development.md": "# Development\n\n| session | what |\n|---|---|\n| `test` | tests |\n| `lint` | looks |\n",
		"docs/guide.md":       "# Guide\n\n## What it's `for`\n\n## Twice\n\n## Twice\n\n<a id=\"by-hand\"></a>\n",
		".gitignore":          "/compose/.env\n",
		"noxfile.py": "@nox.session\ndef test(session):\n    pass\n\n\n" +
			"@nox.session(python=False)\ndef lint(session):\n    pass\n",
		"compose/compose.yaml":     "# ${VT_PORT} ${VT_ONLY_HERE}\n",
		"src/vitrine/main_test.go": "package main\n\nfunc TestThere(t *testing.T) {}\n",
		"src/vitrine/main.go": "package main\n\nvar _ = fmt.Errorf(\"the folder %s cannot be used: %w. \"+\n\t" +
			"\"Run chown \"+who+\" on it\", a, b)\n",
	}
	for name, content := range pages {
		files[name] = content
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k, err := learn(root, "vitrine --help -h --config=\nvitrine migrate --help --config=\n"+
		"vitrine migrate plan --json --config=\nvitrine migrate apply --json --config=\nvitrine backup --help -o= --to-dir=\n")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// marked begins a table of messages.
const marked = "<!-- messages -->\n| what | do |\n|---|---|\n"

// Each line of a page is right, or has exactly the fault that is named.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		fault string // empty: none
	}{
		"a link":                       {"[x](guide.md)", ""},
		"a link with an anchor":        {"[x](guide.md#what-its-for)", ""},
		"the second of two headings":   {"[x](guide.md#twice-1)", ""},
		"an anchor made by hand":       {"[x](guide.md#by-hand)", ""},
		"a link to a folder":           {"[x](../compose/)", ""},
		"a link to another site":       {"[x](https://example.org/nothing)", ""},
		"no such file":                 {"[x](gide.md)", "the link gide.md leads nowhere: there is no docs/gide.md"},
		"no such heading":              {"[x](guide.md#twice-2)", "no heading of docs/guide.md has that name"},
		"no such heading here":         {"# A\n\n[x](#b)", "no heading of docs/page.md has that name"},
		"a picture":                    {"![x](images/none.png)", "there is no docs/images/none.png"},
		"a link in HTML":               {"<a href=\"none.md\">x</a>", "there is no docs/none.md"},
		"an anchor of what is no page": {"[x](../noxfile.py#test)", "noxfile.py has no headings"},
		"a link from the root":         {"[x](/docs/guide.md)", "begins with a slash"},
		"another scheme":               {"[x](htps://example.org)", "no browser knows the scheme htps"},
		"a reference without target":   {"see [the guide][guide]", "looks like a link and is none"},

		"a setting":              {"`VITRINE_LISTEN`", ""},
		"a secret's file":        {"```sh\nVITRINE_ADMIN_PASSWORD_FILE=x\n```", ""},
		"a family of settings":   {"`VITRINE_DATABASE_…`", ""},
		"no such setting":        {"text\nVITRINE_LISTENS", "docs/page.md:2: there is no setting VITRINE_LISTENS"},
		"a file of no secret":    {"`VITRINE_LISTEN_FILE`", "there is no setting VITRINE_LISTEN_FILE"},
		"no such family":         {"`VITRINE_NOTHING_…`", "no setting begins with VITRINE_NOTHING_"},
		"a knob":                 {"`VT_PORT=1`", ""},
		"a variable of a file":   {"`VT_ONLY_HERE`", ""},
		"a variable of the page": {"```sh\nexport VT_MINE=1\necho $VT_MINE\n```", ""},
		"no such knob":           {"```sh\nVT_POTR=8081 docker compose up\n```", "nothing reads the variable VT_POTR"},

		"a command":                {"`vitrine migrate plan --json`", ""},
		"commands to choose from":  {"`vitrine migrate plan|apply [--json]`", ""},
		"an option before":         {"`vitrine --config FILE migrate plan`", ""},
		"a value behind an option": {"```sh\nsudo -u vitrine ./vitrine backup -o before.tar.zst   # then rest\n```", ""},
		"the name of a service": {"```sh\ndocker compose logs vitrine\n" +
			"docker compose exec postgres psql -c \"ALTER USER vitrine PASSWORD 'x'\"\n```", ""},
		"no such command":       {"`vitrine migrat plan`", "vitrine has no command migrat"},
		"no such command below": {"`vitrine migrate undo`", "vitrine migrate has no command undo"},
		"one of them is none":   {"`vitrine migrate plan|undo`", "vitrine migrate has no command undo"},
		"no such option":        {"```sh\nA=b vitrine migrate plan \\\n  --jsn\n```", "vitrine migrate plan has no option --jsn"},
		"in a container":        {"```sh\ndocker compose exec vitrine /vitrine undo\n```", "vitrine has no command undo"},
		"as a service runs it":  {"```sh\ndocker compose run --rm vitrine undo\n```", "vitrine has no command undo"},
		"from the source":       {"```sh\ncd x && go run ./src/vitrine undo\n```", "vitrine has no command undo"},
		"in a unit":             {"```ini\nExecStart=/usr/bin/vitrine undo\n```", "vitrine has no command undo"},

		"sessions":        {"`nox -s test lint`, `sh .ci/check -s lint -- 10`", ""},
		"no such session": {"```sh\nsh .ci/check -s lnit\n```", "nox has no session lnit"},
		"one of two":      {"`nox -s test lnit`", "nox has no session lnit"},

		"a file":             {"`compose/compose.yaml`, `src/vitrine`, `src/<name>/main.go`, `docs/*.md`, `main.go`", ""},
		"what is made":       {"`compose/.env`", ""},
		"of another machine": {"`/var/lib/vitrine`, `etc/vitrine`", ""},
		"no such file here":  {"`compose/compose.yml`", "the repository has no compose/compose.yml"},
		"no such folder":     {"`src/vitrines/`", "the repository has no src/vitrines/"},
		"no such name":       {"`mian.go`", "no file of the repository is called mian.go"},
		"a test":             {"`TestThere`", ""},
		"no such test":       {"`TestGone`", "there is no test TestGone"},

		"a message":            {"```message\nvitrine: the folder /data cannot be used: … Run chown\n```", ""},
		"a message in a table": {marked + "| `the folder /srv cannot be used` | x |\n| `ours not`, from Docker | x |\n", ""},
		"no such message": {"```message\nthe folder /data is not usable\n```",
			`the program does not say "the folder /data is not usable"`},
		"no such in a table": {marked + "| `the volume /srv cannot be used` | x |\n", "the program does not say"},
		"a quote":            {"> the folder /data cannot be used: … Run chown\n", ""},
		"no such quote":      {"> the folder /data is not usable\n", `the program does not say "the folder /data is not usable"`},
		"too short a quote":  {"> … used: …\n", "proves nothing"},
		"half a message":     {"```message\nthe folder /data cannot be used: … Call the plumber\n```", "the program does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			k := small(t, map[string]string{"docs/page.md": test.text})
			expectFault(t, k.check(k.pages["docs/page.md"]), test.fault)
		})
	}
}

func expectFault(t *testing.T, faults []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(faults) > 0:
		t.Errorf("found %q where all is right", faults)
	case want != "" && (len(faults) != 1 || !strings.Contains(faults[0], want)):
		t.Errorf("found %q, want one fault with %q", faults, want)
	}
}

// What can be wrong with all documents together.
func TestCheckWhole(t *testing.T) {
	expectFault(t, small(t, nil).whole(), "")
	expectFault(t, small(t, map[string]string{"docs/lost.md": "# Lost"}).whole(), "docs/lost.md: no link leads here")
	expectFault(t, small(t, map[string]string{"docs/development.md": "| `test` | tests |"}).whole(),
		"no row for the session lint")
}

// reading is a test of another package, which carries out a page.
const reading = `package other_test

func TestReads(t *testing.T)  { follow(t, "Chapter") }
func TestDiffers(t *testing.T) { _ = "another.md" }

func follow(t *testing.T, chapter string) { os.ReadFile("../docs/upgrading.md"); follow(t, "") }
`

// A block of a walked page is walked, or says why it is not.
func TestCheckWalks(t *testing.T) {
	for name, test := range map[string]struct{ text, fault string }{
		"walked":          {"<!-- walk: docker -->\n```sh\ntrue\n```\n\n```output\nok\n```\n", ""},
		"not walked":      {"<!-- not walked: it needs an SD card -->\n```sh\ntrue\n```\n", ""},
		"of another kind": {"```sql\nSELECT 1\n```\n", ""},
		"silent":          {"# A\n\n```sh\ntrue\n```\n", "docs/upgrading.md:4: a comment before the block must say"},
		"another comment": {"<!-- todo -->\n```sh\ntrue\n```\n", "a comment before the block must say"},
		"no reason":       {"<!-- not walked: -->\n```sh\ntrue\n```\n", "a comment before the block must say"},
		"output of nothing": {"<!-- not walked: it needs a card -->\n```sh\ntrue\n```\n\n```output\nok\n```\n",
			"no walked block is before this output"},
		"elsewhere": {"<!-- walk: by TestReads in src/other -->\n```sh\ntrue\n```\n", ""},
		"elsewhere, with output": {"<!-- walk: by TestReads in src/other -->\n```sh\ntrue\n```\n\n```output\nok\n```\n",
			"no walked block is before this output"},
		"by no test":       {"<!-- walk: by TestGone in src/other -->\n```sh\ntrue\n```\n", "there is no test TestGone in src/other"},
		"by one elsewhere": {"<!-- walk: by TestThere in src/other -->\n```sh\ntrue\n```\n", "there is no test TestThere in src/other"},
		"by another reader": {"<!-- walk: by TestDiffers in src/other -->\n```sh\ntrue\n```\n",
			"TestDiffers in src/other does not read this page"},
	} {
		t.Run(name, func(t *testing.T) {
			k := small(t, map[string]string{"docs/upgrading.md": test.text, "src/other/other_test.go": reading})
			expectFault(t, k.checkWalks(k.pages["docs/upgrading.md"]), test.fault)
		})
	}
}
