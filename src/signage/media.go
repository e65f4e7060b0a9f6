package signage

import "time"

// MediaKind is what a screen does with a medium.
type MediaKind string

// The kinds of media.
const (
	Picture MediaKind = "picture"
	Video   MediaKind = "video"
)

// Media is one uploaded file. Its bytes are stored once, under their SHA-256; what is written here was read from the
// bytes themselves, never taken from the uploader's word.
type Media struct {
	ID          ID
	Name        string // as uploaded, cleaned by [FileName]; may be renamed
	Kind        MediaKind
	ContentType string        // such as "image/jpeg"
	SHA256      string        // of the bytes, 64 lower-case hexadecimal digits
	Size        int64         // bytes
	Width       int           // pixels as shown, after the picture's own orientation is applied; 0 if unknown
	Height      int           // likewise
	Duration    time.Duration // of a video; 0 for a picture or if unknown
	Animated    bool          // a picture that moves by itself
	Codecs      string        // of a video, as in RFC 6381 ("avc1.64001f, mp4a.40.2"), or empty
	Thumbnail   bool          // a small picture of it is stored
	Display     bool          // a version fit for a screen is stored, because the original is too large for one
	CreatedAt   time.Time
}

// MediaUse counts where a medium is shown.
type MediaUse struct {
	Media
	Slides    int      // slides that show it
	Playlists []string // the names of their playlists, in order of name
}
