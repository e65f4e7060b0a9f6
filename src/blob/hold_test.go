package blob

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestHoldingKeepsOthersOut(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	var nodes [2]*Folder
	for i := range nodes {
		var err error
		if nodes[i], err = OpenFolder(path); err != nil {
			t.Fatal(err)
		}
	}
	release, err := nodes[0].Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 3*holdPause)
	defer cancel()
	if _, err := nodes[1].Hold(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another node holds the folder, the error is %v", err)
	}
	waited := make(chan error)
	go func() {
		again, err := nodes[1].Hold(t.Context())
		if err == nil {
			err = again()
		}
		waited <- err
	}()
	select {
	case err := <-waited:
		t.Fatalf("two nodes held the folder at once: %v", err)
	case <-time.After(5 * holdPause):
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("after its turn came: %v", err)
	}
}
