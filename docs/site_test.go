//go:build site

package docs_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vitrine/src/testkit"
)

// served serves the site that .ci/make_site.py made in the folder VT_SITE. A page that asks another server for anything, or runs
// what is not its own, is told off by the browser, and that fails the test.
func served(t *testing.T, folder string) string {
	t.Helper()
	files := http.FileServer(http.Dir(folder))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline' data:; worker-src 'self' blob:")
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Every document is a page of the site, whose links lead somewhere, and a search finds a word.
func TestSite(t *testing.T) {
	folder := os.Getenv("VT_SITE")
	if folder == "" {
		t.Skip("VT_SITE names no site: sh .ci/check -s site makes one")
	}
	base := served(t, folder)
	p := testkit.StartBrowser(t, testkit.BrowserOptions{}).NewPage()
	pages, anchors := map[string][]string{}, map[string]bool{}
	for _, name := range sitePages(t, folder) {
		p.Open(base + "/" + name)
		p.WaitFor("the page's heading", `document.querySelector("article h1")`)
		for _, id := range testkit.Eval[[]string](p, `[...document.querySelectorAll("[id]")].map(e => e.id)`) {
			anchors[name+"#"+id] = true
		}
		pages[name] = testkit.Eval[[]string](p, `[...document.querySelectorAll("a[href], img[src]")].map(e => e.href || e.src)`)
	}
	for name, links := range pages {
		for _, link := range links {
			checkSiteLink(t, folder, name, strings.TrimPrefix(link, base+"/"), anchors)
		}
	}
	searchSite(t, p, base)
	lookAtSite(t, p, base)
}

// sitePages names the pages, of which there is one for every document.
func sitePages(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"../*.md", "*.md", "features/*.md", "features/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			name = path.Join("docs", filepath.ToSlash(name))
			name = strings.TrimSuffix(name, ".md") + ".html"
			if name == "README.html" {
				name = "index.html"
			}
			if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
				t.Errorf("the site lacks a page: %v", err)
				continue
			}
			names = append(names, name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("there are only %d pages", len(names))
	}
	return names
}

// checkSiteLink wants the file behind a link of the site, and its anchor.
func checkSiteLink(t *testing.T, folder, from, link string, anchors map[string]bool) {
	t.Helper()
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return // elsewhere
	}
	name, anchor, _ := strings.Cut(link, "#")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	if !fs.ValidPath(name) {
		t.Errorf("%s has a link to %s", from, link)
		return
	}
	if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
		t.Errorf("%s has a link that leads nowhere: %v", from, err)
	}
	if anchor != "" && !anchors[name+"#"+anchor] {
		t.Errorf("%s has a link to %s, and no heading has that name", from, link)
	}
}

// searchSite looks for a word that stands in one page.
func searchSite(t *testing.T, p *testkit.Page, base string) {
	t.Helper()
	p.Open(base + "/index.html")
	p.WaitFor("the search to be ready", `document.querySelector("input[name=query]")`)
	p.TypeInto("the search", `document.querySelector("input[name=query]")`, "PgBouncer")
	p.WaitFor("what was found", `[...document.querySelectorAll(".md-search-result__link")].some(e => /databases\.html/.test(e.href))`)
	p.Shoot(testkit.Shots(t), "site-search")
}

// lookAtSite keeps pictures of some pages, none of which may be wider than its window.
func lookAtSite(t *testing.T, p *testkit.Page, base string) {
	t.Helper()
	shots := testkit.Shots(t)
	for i, name := range []string{"index.html", "docs/quick-start.html", "docs/docker.html", "docs/configuration.html",
		"docs/features/completed/docker-and-deployment.html"} {
		p.Open(base + "/" + name)
		p.WaitFor("the page's heading", `document.querySelector("article h1")`)
		p.ShootAll(shots, "site-"+strconv.Itoa(i+1)+"-"+strings.TrimSuffix(path.Base(name), ".html"), testkit.Sizes()[2])
	}
}
