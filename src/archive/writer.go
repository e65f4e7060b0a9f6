package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

// writer writes the entries of an archive in order. Rows are compressed well, and uploads, which are compressed by
// nature, quickly: each in a frame of zstd's own, and frames follow each other as one stream.
type writer struct {
	out     io.Writer
	encoder *zstd.Encoder // of the present frame
	tar     *tar.Writer
	created time.Time
	sums    bytes.Buffer // what SHA256SUMS will hold
	entries int
	summary Summary
}

// frame is where the tar stream goes: the present frame.
type frame struct{ *writer }

func (f frame) Write(p []byte) (int, error) { return f.encoder.Write(p) }

// newWriter begins an archive.
func newWriter(out io.Writer, m Manifest) (*writer, error) {
	w := &writer{out: out, created: m.Created, summary: Summary{Format: Format, Faults: []Fault{}}}
	w.tar = tar.NewWriter(frame{w})
	if err := w.begin(zstd.SpeedDefault); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", manifestName, err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("write %s: it takes %d bytes, and %d are the limit", manifestName, len(text), maxManifest)
	}
	return w, w.summed(manifestName, append(text, '\n'))
}

// begin ends the present frame and begins another.
func (w *writer) begin(level zstd.EncoderLevel) (err error) {
	if w.encoder != nil {
		if err := w.tar.Flush(); err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
		if err := w.encoder.Close(); err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
	}
	w.encoder, err = zstd.NewWriter(w.out, zstd.WithEncoderLevel(level), zstd.WithWindowSize(maxWindow))
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// uploadsBegin ends the rows.
func (w *writer) uploadsBegin() error { return w.begin(zstd.SpeedFastest) }

// uploadsEnd ends the uploads.
func (w *writer) uploadsEnd() error { return w.begin(zstd.SpeedDefault) }

// add writes an entry of exactly size bytes, and returns its checksum.
func (w *writer) add(name string, size int64, r io.Reader) (sum [sha256.Size]byte, err error) {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.created}
	if err := w.tar.WriteHeader(header); err != nil {
		return sum, fmt.Errorf("write %s: %w", name, err)
	}
	if sum, err = copySummed(w.tar, r, size); err != nil {
		return sum, fmt.Errorf("write %s: %w", name, err)
	}
	return sum, nil
}

// summed adds a small entry and notes its checksum.
func (w *writer) summed(name string, content []byte) error {
	sum, err := w.add(name, int64(len(content)), bytes.NewReader(content))
	if err != nil {
		return err
	}
	return w.note(name, sum)
}

func (w *writer) note(name string, sum [sha256.Size]byte) error {
	if w.entries++; w.entries > maxEntries {
		return fmt.Errorf("an archive holds %d entries at most", maxEntries)
	}
	w.sums.WriteString(sumOf(sum[:]) + "  " + name + "\n")
	return nil
}

// upload adds an upload. With an [ErrFaults], and only then, it is noted as missing or damaged, and the archive goes on.
// The bytes of a medium must be those that its key names.
func (w *writer) upload(ctx context.Context, key string, size int64, r io.Reader) error {
	name := uploadName(key)
	sum, err := w.add(name, size, reader{ctx, r})
	if err != nil {
		return err
	}
	w.summary.Uploads.Files++
	w.summary.Uploads.Bytes += size
	if err := w.note(name, sum); err != nil {
		return err
	}
	if kind, of, _ := cutKey(key); kind == "media" && of != sumOf(sum[:]) {
		return w.fault(key, altered)
	}
	return nil
}

// fault notes that an upload is missing or damaged.
func (w *writer) fault(key, what string) error {
	if len(w.summary.Faults) == maxFaults {
		return fmt.Errorf("%w: more than %d of them are missing or damaged", errTooMany, maxFaults)
	}
	w.summary.Faults = append(w.summary.Faults, Fault{key, what})
	return fmt.Errorf("%w: %s is %s", ErrFaults, key, what)
}

var errTooMany = errors.New("too many uploads are not there")

// table begins the rows of a table.
func (w *writer) table(t Table) *tableWriter {
	return &tableWriter{writer: w, table: t, part: make([]byte, 0, partSize+partSize/4)}
}

// tableWriter writes the rows of a table in parts, because the size of an entry of tar stands before it.
type tableWriter struct {
	writer *writer
	table  Table
	part   []byte
	parts  int
	sum    Sum
}

func (t *tableWriter) add(values []any) (err error) {
	begin := len(t.part)
	if t.part, err = AppendRow(t.part, values); err != nil {
		return fmt.Errorf("write a row of %s: %w", t.table.Name, err)
	}
	t.sum.Add(t.part[begin:])
	if len(t.part) < partSize {
		return nil
	}
	return t.flush()
}

func (t *tableWriter) flush() error {
	t.parts++
	err := t.writer.summed(partName(t.table.Name, t.parts), t.part)
	t.part = t.part[:0]
	return err
}

// end ends the table.
func (t *tableWriter) end() error {
	t.writer.summary.Tables = append(t.writer.summary.Tables, TableSum{t.table.Name, t.sum.Rows(), t.sum.SHA256()})
	if len(t.part) == 0 {
		return nil
	}
	return t.flush()
}

// end makes the archive whole.
func (w *writer) end() (Summary, error) {
	sum, err := w.add(sumsName, int64(w.sums.Len()), bytes.NewReader(w.sums.Bytes()))
	if err != nil {
		return w.summary, err
	}
	w.summary.Sums = sumOf(sum[:])
	text, err := json.MarshalIndent(w.summary, "", "  ")
	if err != nil {
		return w.summary, fmt.Errorf("write %s: %w", summaryName, err)
	}
	if len(text) > maxSummary {
		return w.summary, fmt.Errorf("write %s: it takes %d bytes, and %d are the limit", summaryName, len(text), maxSummary)
	}
	if _, err := w.add(summaryName, int64(len(text)+1), bytes.NewReader(append(text, '\n'))); err != nil {
		return w.summary, err
	}
	if err := w.tar.Close(); err != nil {
		return w.summary, fmt.Errorf("end the archive: %w", err)
	}
	if err := w.encoder.Close(); err != nil {
		return w.summary, fmt.Errorf("end the archive: %w", err)
	}
	return w.summary, nil
}

// abandon gives up what an archive that will not be whole still holds.
func (w *writer) abandon() {
	w.encoder.Reset(nil)
	_ = w.encoder.Close() // it has nowhere to write to
}

func partName(table string, part int) string { return fmt.Sprintf("rows/%s.%06d.jsonl", table, part) }

// uploadName returns where an upload lies in an archive: as it does in an uploads folder.
func uploadName(key string) string {
	kind, sum, _ := cutKey(key)
	return uploadsName + kind + "/" + sum[:2] + "/" + sum
}
