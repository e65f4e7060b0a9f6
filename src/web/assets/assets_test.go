package assets_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"vitrine/src/web/assets"
)

func files(t *testing.T) *assets.Assets {
	t.Helper()
	a, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, a *assets.Assets, url, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestServed(t *testing.T) {
	t.Parallel()
	a := files(t)
	for name, contentType := range map[string]string{
		"base.css":  "text/css; charset=utf-8",
		"js/app.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		resp := get(t, a, a.URL(name), "")
		plain := text(t, resp.Body)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != contentType || plain == "" {
			t.Errorf("%s is %d with %d bytes, %v", name, resp.StatusCode, len(plain), resp.Header)
		}
		if !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") ||
			resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s has the headers %v", name, resp.Header)
		}
		packed := get(t, a, a.URL(name), "br, gzip")
		if packed.Header.Get("Content-Encoding") != "gzip" {
			continue // a file that packing makes no smaller
		}
		unpacked, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text(t, unpacked) != plain {
			t.Errorf("%s differs when it is packed", name)
		}
	}
	if resp := get(t, a, a.URL("base.css"), "gzip"); resp.Header.Get("Content-Encoding") != "gzip" {
		t.Error("the style sheet is not packed")
	}
}

// A page that was open while the program was upgraded still finds its files, but nobody keeps them under the old name.
func TestOlderHash(t *testing.T) {
	t.Parallel()
	resp := get(t, files(t), assets.Prefix+"0123456789ab/base.css", "")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("it is %d, kept by %q", resp.StatusCode, resp.Header.Get("Cache-Control"))
	}
}

func TestNothingElse(t *testing.T) {
	t.Parallel()
	a := files(t)
	for _, name := range []string{"", "none.css", "js", "js/", "../assets.go", "static/base.css"} {
		if resp := get(t, a, assets.Prefix+"x/"+name, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%q is %d, want 404", name, resp.StatusCode)
		}
	}
}

// Every module that a script imports is there, and none comes from elsewhere.
func TestImports(t *testing.T) {
	t.Parallel()
	a := files(t)
	imports := regexp.MustCompile(`(?m)(?:^import |^export .* from |import\()[^'"\n]*['"]([^'"]+)['"]`)
	checked := 0
	var follow func(name string)
	seen := map[string]bool{}
	follow = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, m := range imports.FindAllStringSubmatch(text(t, get(t, a, a.URL(name), "").Body), -1) {
			checked++
			target := path.Join(path.Dir(name), m[1])
			if !strings.HasPrefix(m[1], "./") || !a.Has(target) {
				t.Errorf("%s imports %q, which is not there", name, m[1])
				continue
			}
			follow(target)
		}
	}
	for _, name := range []string{"js/app.js", "js/live.js", "js/strip.js", "js/library.js", "js/settings.js"} {
		if !a.Has(name) {
			t.Errorf("%s is missing", name)
		}
		follow(name)
	}
	if checked < 3 {
		t.Errorf("only %d imports were found", checked)
	}
}

func TestIcons(t *testing.T) {
	t.Parallel()
	if _, err := assets.Icon("nothing of that name"); err == nil {
		t.Error("an icon that does not exist is drawn")
	}
	svg, err := assets.Icon("plus")
	if err != nil || !strings.Contains(string(svg), `aria-hidden="true"`) || strings.Contains(string(svg), "style=") {
		t.Errorf("the icon is %s, %v", svg, err)
	}
}
