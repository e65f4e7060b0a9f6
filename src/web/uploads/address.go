// Package uploads takes files in by the tus protocol (tus 1.0, https://tus.io/protocols/resumable-upload) and serves
// the stored media to browsers.
package uploads

import "vitrine/src/signage"

// FileURL returns the address of a medium's original bytes.
func FileURL(m signage.Media) string { return "/media/" + string(m.ID) + "/file" }

// DisplayURL returns the address of what a screen should show of a medium: the version made for screens if the
// original is too large for one, else the original.
func DisplayURL(m signage.Media) string {
	if m.Display {
		return "/media/" + string(m.ID) + "/display"
	}
	return FileURL(m)
}

// ThumbnailURL returns the address of a medium's thumbnail, or "" if it has none. The address stays the same when a
// thumbnail is put in the place of another.
func ThumbnailURL(m signage.Media) string {
	if !m.Thumbnail {
		return ""
	}
	return "/media/" + string(m.ID) + "/thumbnail"
}
