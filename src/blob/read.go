package blob

import (
	"fmt"
	"path/filepath"
)

// FolderToRead names a folder of uploads to read them. It makes and looks at nothing: in a folder that is not there, there
// is nothing under any key.
func FolderToRead(path string) (*Folder, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the uploads folder: %w", err)
	}
	return &Folder{path: absolute}, nil
}
