package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// A browser without script sends a file field that was left empty as a file without a name.
func TestUploadFormWithoutAFile(t *testing.T) {
	t.Parallel()
	p := start(t).signIn()
	if page := p.uploadForm("", nil); strings.HasPrefix(page, "/") || !strings.Contains(page, "No file was chosen") {
		t.Errorf("a form without a file is answered by:\n%s", page)
	}
	has(t, p.get("/media", http.StatusOK), "The library is empty")
}
