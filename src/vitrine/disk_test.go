package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/src/testkit"
)

// small is a picture of a few kilobytes.
func small(t *testing.T, shade uint8) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range picture.Pix {
		picture.Pix[i] = shade
	}
	picture.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// send makes a request and returns its status and body.
func (a *administrator) send(method, path string, body []byte) (int, string) {
	a.t.Helper()
	header := http.Header{}
	if json := len(body) > 0 && body[0] == '{'; json {
		header.Set("Content-Type", "application/json")
	}
	answer := a.do(method, path, header, bytes.NewReader(body))
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// A disk that fills up while the server runs refuses what would be stored, in words, keeps what was, and once there is
// room again everything works without a restart.
func TestFullDisk(t *testing.T) {
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword, "VITRINE_DATA_DIR=./disk")
	disk := filepath.Join(server.folder, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	testkit.SmallDisk(t, disk, "8m")
	server.start()
	admin := signIn(t, server)
	if status, body := admin.send(http.MethodPost, "/api/v1/media?name=first.jpg", small(t, 10)); status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("with room: %d %s", status, body)
	}

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	for n, try := range []struct{ path, body string }{
		{"/api/v1/media?name=second.jpg", string(noise(t, 300, 300))},
		{"/api/v1/playlists", `{"name":"` + strings.Repeat("x", 100) + `"}`},
	} {
		status, body := 0, ""
		for i := 0; i < 200 && status != http.StatusInsufficientStorage; i++ { // until the last free page is used up
			status, body = admin.send(http.MethodPost, try.path, bytes.Replace([]byte(try.body), []byte("xxx"), fmt.Appendf(nil, "%03d", i), 1))
			if status != http.StatusInsufficientStorage && status/100 != 2 {
				t.Fatalf("try %d on a full disk: %d %s", n, status, body)
			}
		}
		if status != http.StatusInsufficientStorage || !strings.Contains(body, "nothing was stored. Make room") {
			t.Errorf("try %d on a full disk: %d %s", n, status, body)
		}
	}
	if status, _ := admin.send(http.MethodGet, "/livez", nil); status != http.StatusOK {
		t.Errorf("on a full disk /livez answers %d", status)
	}
	before, _ := admin.send(http.MethodGet, "/api/v1/media", nil)

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if status, body := admin.send(http.MethodPost, "/api/v1/media?name=second.jpg", noise(t, 300, 300)); status/100 != 2 {
		t.Errorf("with room again: %d %s", status, body)
	}
	if status, body := admin.send(http.MethodPost, "/api/v1/playlists", []byte(`{"name":"After"}`)); status/100 != 2 {
		t.Errorf("with room again: %d %s", status, body)
	}
	status, body := admin.send(http.MethodGet, "/api/v1/media", nil)
	if before != http.StatusOK || status != http.StatusOK || !strings.Contains(body, `"first.jpg"`) || !strings.Contains(body, `"count":2`) {
		t.Errorf("in the library: %d, then %d %s", before, status, body)
	}
	if left, err := filepath.Glob(filepath.Join(disk, "uploads", "staging", "*")); err != nil || len(left) != 0 {
		t.Errorf("half stored: %v, %v", left, err)
	}
	server.stop()
}

// fill writes until not a byte fits.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(block)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
