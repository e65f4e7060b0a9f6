package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"vitrine/src/signage"
)

// patched returns a file with other bytes so far behind the first place where it says name.
func patched(t *testing.T, content []byte, name string, behind int, with ...byte) []byte {
	t.Helper()
	content = bytes.Clone(content)
	at := bytes.Index(content, []byte(name))
	if at < 0 {
		t.Fatalf("there is no %s", name)
	}
	copy(content[at+len(name)+behind:], with)
	return content
}

// What writers of videos leave out is found elsewhere, or is unknown, and never guessed.
func TestVideosThatSayLittle(t *testing.T) {
	t.Parallel()
	unknown := []byte{0xff, 0xff, 0xff, 0xff}
	duration := func(content []byte) []byte { // of the tracks and of all, both as version 0 has them
		return patched(t, patched(t, content, "mdhd", 16, unknown...), "mvhd", 16, unknown...)
	}
	tests := []struct {
		name     string
		content  []byte
		duration time.Duration
	}{
		{"sound and pictures in fragments of their own", file(t, "apart.mp4"), 2 * time.Second},
		{"a duration of all ones, and fragments", duration(file(t, "fragments.mp4")), 2 * time.Second},
		{"a duration of all ones", duration(file(t, "last.mp4")), 0},
		{"a track without a size", patched(t, file(t, "last.mp4"), "tkhd", 76, make([]byte, 8)...), 2 * time.Second},
	}
	for _, test := range tests {
		info, err := inspect(test.content)
		if err != nil || info.Duration != test.duration || info.Width != 160 || info.Height != 90 {
			t.Errorf("%s: %+v, %v; want a duration of %s", test.name, info, err, test.duration)
		}
	}
	// Nor is a size made up when neither the track nor its pictures have one.
	none := patched(t, file(t, "last.mp4"), "tkhd", 76, make([]byte, 8)...)
	if _, err := inspect(patched(t, none, "avc1\x00\x00\x00\x00\x00\x00\x00\x01", 16, make([]byte, 4)...)); !errors.Is(err, signage.ErrInvalid) {
		t.Errorf("a video without a size: %v", err)
	}
}

// webmWith returns a WebM file with pictures, and so many tracks more that name a codec of four characters.
func webmWith(codec string, tracks int) []byte {
	master := func(id string, content []byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte(id), uint32(len(content))|0x10000000), content...)
	}
	pictures := "\xae\x8f\x86\x85V_VP8\xe0\x86\xb0\x81\x0a\xba\x81\x0a"
	others := bytes.Repeat([]byte("\xae\x86\x86\x84"+codec), tracks)
	all := master("\x16\x54\xae\x6b", append([]byte(pictures), others...))
	cluster := []byte("\x1f\x43\xb6\x75\x80")
	return append([]byte("\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"),
		master("\x18\x53\x80\x67", append(all, cluster...))...)
}

// A file may hold many tracks; what is kept of them in the library is short.
func TestVideoOfManyTracks(t *testing.T) {
	t.Parallel()
	info, err := inspect(webmWith("A_XX", 300_000))
	if err != nil || info.Width != 10 || info.Codecs != "vp8, a_xx, a_xx, a_xx, a_xx, a_xx, a_xx, a_xx" {
		t.Errorf("width %d, codecs of %d bytes: %.100s, %v", info.Width, len(info.Codecs), info.Codecs, err)
	}
}

// The name of a codec may be any bytes; what is kept of it is text that every database stores.
func TestVideoOfStrangeCodec(t *testing.T) {
	t.Parallel()
	if info, err := inspect(webmWith("A\x00\xc3X", 1)); err != nil || info.Codecs != "vp8, ax" {
		t.Errorf("WebM: the codecs are %q, %v", info.Codecs, err)
	}
	sound := bytes.Replace(file(t, "first.mp4"), []byte("mp4a"), []byte("m\x00\xc3 "), 1)
	if info, err := inspect(sound); err != nil || info.Codecs != "avc1.64000c, m" {
		t.Errorf("MP4: the codecs are %q, %v", info.Codecs, err)
	}
}
