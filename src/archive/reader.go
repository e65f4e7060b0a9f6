package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// receiver is given what an archive holds while it is read. Only when the reading has ended well is it what was written.
type receiver interface {
	// manifest comes first.
	manifest(m Manifest) error
	// row is given each row of each table. The line, with its end, and the values are the receiver's only during the call.
	row(table Table, line []byte, values []any) error
	// uploads comes after the rows, with what the uploads will be.
	uploads(expected UploadCount) error
	// upload is given an upload, and reads all of it.
	upload(key string, size int64, r io.Reader) error
}

// read reads an archive and checks every count and checksum in it.
func read(ctx context.Context, r io.Reader, to receiver, progress Progress) (Manifest, Summary, error) {
	in := &unpacker{ctx: ctx, to: to, progress: progress}
	err := in.run(r)
	return in.m, in.summary, err
}

// unpacker reads one archive.
type unpacker struct {
	ctx      context.Context //nolint:containedctx // it lives as long as the call
	to       receiver
	progress Progress

	tar      *tar.Reader
	m        Manifest
	summary  Summary
	table    int    // that is being read
	part     int    // the last one of it
	sums     []Sum  // by table
	total    int64  // rows
	lines    lines  // reads rows
	library  *shelf // what the rows say of uploads
	last     string // the entry that was read last
	expected bytes.Buffer
	entries  int
	counted  UploadCount
	damaged  []string // keys of media whose bytes are not those that they name
}

func (u *unpacker) run(r io.Reader) error {
	plain, packed, err := decompress(reader{u.ctx, r})
	if err != nil {
		return err
	}
	defer packed.Close()
	u.tar = tar.NewReader(plain)
	for {
		header, err := u.tar.Next()
		if err == io.EOF { //nolint:errorlint // as tar says
			return u.cutShort(io.ErrUnexpectedEOF)
		}
		if err != nil {
			return u.cutShort(err)
		}
		if err := u.entry(header); err != nil {
			return err
		}
		if u.last = header.Name; u.last == summaryName {
			return u.end(plain)
		}
	}
}

// decompress opens the stream. It takes a bounded amount of memory, whatever the stream says of itself.
func decompress(r io.Reader) (io.Reader, *zstd.Decoder, error) {
	buffered := bufio.NewReaderSize(r, copyBuffer)
	switch begin, err := buffered.Peek(len(frameMagic)); {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, nil, fmt.Errorf("read the archive: %w", err)
	case len(begin) == 0:
		return nil, nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	case string(begin) != frameMagic:
		return nil, nil, fmt.Errorf("%w: it does not begin as one that zstd has packed", ErrNoArchive)
	}
	packed, err := zstd.NewReader(buffered, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(4*maxWindow),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, nil, fmt.Errorf("read the archive: %w", err)
	}
	return packed, packed, nil
}

// cutShort says what an error of reading means.
func (u *unpacker) cutShort(err error) error {
	where := "at its beginning"
	if u.last != "" {
		where = "after " + u.last
	}
	var file interface{ Timeout() bool } // an error of the operating system
	switch {
	case u.ctx.Err() != nil:
		return u.ctx.Err()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut short %s; the backup was broken off, or not all of it was copied here", ErrDamaged, where)
	case errors.As(err, &file):
		return fmt.Errorf("read the archive: %w", err)
	case u.last == "" && errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("%w: what zstd has packed in it is no tar", ErrNoArchive)
	default:
		return fmt.Errorf("%w: it is not as it was written, %s (%w)", ErrDamaged, where, err)
	}
}

// wrong says what is not as any version of the program writes it.
func wrong(format string, values ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrNoArchive}, values...)...)
}

func (u *unpacker) entry(header *tar.Header) error {
	if header.Typeflag != tar.TypeReg || header.Linkname != "" || len(header.PAXRecords) > 1 ||
		len(header.PAXRecords) == 1 && header.PAXRecords["size"] == "" {
		return wrong("its entry %q is no plain file", cleaned(header.Name))
	}
	if u.entries++; u.entries > maxEntries+2 {
		return wrong("it has more than %d entries", maxEntries)
	}
	name := header.Name
	switch {
	case u.last == "":
		if name != manifestName {
			return wrong("its first entry is %q, not %s", cleaned(name), manifestName)
		}
		return u.readManifest(header.Size)
	case name == sumsName:
		return u.readSums(header.Size)
	case name == summaryName:
		return u.readSummary(header.Size)
	case u.last == sumsName:
		return wrong("its entry %q is behind %s", cleaned(name), sumsName)
	case strings.HasPrefix(name, uploadsName):
		return u.readUpload(name, header.Size)
	case u.library != nil && u.library.closed:
		return wrong("its entry %q is behind the rows", cleaned(name))
	default:
		return u.readPart(name, header.Size)
	}
}

// small reads a whole entry into memory.
func (u *unpacker) small(name string, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, wrong("its %s has %d bytes, and %d are the limit", name, size, limit)
	}
	text, err := io.ReadAll(u.tar)
	if err != nil {
		return nil, u.cutShort(err)
	}
	return text, nil
}

func (u *unpacker) readManifest(size int64) error {
	text, err := u.small(manifestName, size, maxManifest)
	if err != nil {
		return err
	}
	u.note(manifestName, sha256.Sum256(text))
	if u.m, err = parseManifest(text); err != nil {
		return err
	}
	u.sums, u.library = make([]Sum, len(u.m.Tables)), newShelf(u.m)
	u.lines.reader = bufio.NewReaderSize(nil, 64<<10)
	return u.to.manifest(u.m)
}

func (u *unpacker) note(name string, sum [sha256.Size]byte) {
	u.expected.WriteString(sumOf(sum[:]) + "  " + name + "\n")
}

// readPart reads rows. Parts of a table follow each other, and tables come in the order of the manifest.
func (u *unpacker) readPart(name string, size int64) error {
	at := u.table
	for at < len(u.m.Tables) && !strings.HasPrefix(name, "rows/"+u.m.Tables[at].Name+".") {
		at++
	}
	if at == len(u.m.Tables) {
		return wrong("its entry %q is nothing that it may hold there", cleaned(name))
	}
	if at != u.table {
		u.table, u.part = at, 0
	}
	if u.part++; name != partName(u.m.Tables[at].Name, u.part) {
		return wrong("its entry %q is in the place of %s", cleaned(name), partName(u.m.Tables[at].Name, u.part))
	}
	if size == 0 || size > partSize+MaxRow {
		return wrong("its entry %s has %d bytes", name, size)
	}
	hash := sha256.New()
	u.lines.reader.Reset(io.TeeReader(u.tar, hash))
	for {
		line, err := u.lines.next()
		if err == io.EOF { //nolint:errorlint // as it says
			break
		}
		switch {
		case err == nil:
			err = u.readRow(u.m.Tables[at], line)
		case errors.Is(err, errRow):
			err = fmt.Errorf("%w: %w", ErrNoArchive, err)
		default:
			return u.cutShort(err)
		}
		if err != nil {
			return fmt.Errorf("row %d of %s: %w", u.sums[at].Rows()+1, u.m.Tables[at].Name, err)
		}
	}
	u.note(name, [sha256.Size]byte(hash.Sum(nil)))
	return nil
}

func (u *unpacker) readRow(table Table, line []byte) error {
	values, err := ParseRow(line)
	if err == nil {
		err = table.fit(values)
	}
	if err == nil {
		err = u.library.add(table, values)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoArchive, err)
	}
	u.sums[u.table].Add(line)
	u.total++
	u.progress(StepRows, u.total, 0)
	return u.to.row(table, line, values)
}

// readUpload reads an upload that a row refers to, and no other.
func (u *unpacker) readUpload(name string, size int64) error {
	if err := u.rowsEnd(); err != nil {
		return err
	}
	path := strings.Split(strings.TrimPrefix(name, uploadsName), "/")
	key := path[0] + "/" + path[len(path)-1]
	kind, of, ok := cutKey(key)
	if !ok || name != uploadName(key) {
		return wrong("its entry %q is nothing that it may hold", cleaned(name))
	}
	if err := u.library.take(kind, of, size); err != nil {
		return err
	}
	hash := sha256.New()
	counting := &counter{r: io.TeeReader(u.tar, hash), tell: func(n int64) {
		u.progress(StepUploads, u.counted.Bytes+n, u.library.expected.Bytes)
	}}
	if err := u.to.upload(key, size, counting); err != nil {
		if counting.failed != nil {
			return u.cutShort(counting.failed)
		}
		return err
	}
	if _, err := io.Copy(io.Discard, counting); err != nil {
		return u.cutShort(err)
	}
	if counting.n != size {
		return u.cutShort(io.ErrUnexpectedEOF)
	}
	u.counted.Files++
	u.counted.Bytes += size
	sum := [sha256.Size]byte(hash.Sum(nil))
	if kind == "media" && sumOf(sum[:]) != of {
		u.damaged = append(u.damaged, key)
	}
	u.note(name, sum)
	return nil
}

// rowsEnd tells the receiver, once, that there are no more rows.
func (u *unpacker) rowsEnd() error {
	if u.library.closed {
		return nil
	}
	u.library.closed = true
	return u.to.uploads(u.library.expected)
}

// readSums compares the checksums that were written with those of what was read.
func (u *unpacker) readSums(size int64) error {
	if u.last == sumsName {
		return wrong("its %s is there twice", sumsName)
	}
	if err := u.rowsEnd(); err != nil {
		return err
	}
	written := bufio.NewReaderSize(u.tar, 4<<10)
	hash := sha256.New()
	read := bytes.NewReader(u.expected.Bytes())
	u.lines = lines{reader: bufio.NewReaderSize(io.TeeReader(written, hash), 4<<10)}
	others := lines{reader: bufio.NewReaderSize(read, 4<<10)}
	for {
		line, err := u.lines.next()
		if err != nil && err != io.EOF { //nolint:errorlint // as it says
			if errors.Is(err, errRow) {
				return fmt.Errorf("%w: its %s cannot be read (%w)", ErrDamaged, sumsName, err)
			}
			return u.cutShort(err)
		}
		other, ended := others.next()
		switch {
		case err != nil && ended != nil:
			u.summary.Sums = sumOf(hash.Sum(nil))
			return nil
		case err != nil:
			return fmt.Errorf("%w: %s has no checksum in it", ErrDamaged, nameOf(other))
		case ended != nil:
			return fmt.Errorf("%w: %s is missing in it", ErrDamaged, nameOf(line))
		case !bytes.Equal(line, other):
			return fmt.Errorf("%w: the checksum of %s is another than when it was written", ErrDamaged, nameOf(other))
		}
	}
}

// nameOf returns the name in a line of checksums.
func nameOf(line []byte) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), "  ")
	return cleaned(name)
}

// readSummary compares all counts.
func (u *unpacker) readSummary(size int64) error {
	if u.last != sumsName {
		return wrong("its %s is missing", sumsName)
	}
	text, err := u.small(summaryName, size, maxSummary)
	if err != nil {
		return err
	}
	var s Summary
	if err := json.Unmarshal(text, &s); err != nil {
		return wrong("its %s cannot be read (%w)", summaryName, err)
	}
	if s.Format != u.m.Format || s.Sums != u.summary.Sums {
		return fmt.Errorf("%w: its %s does not fit the rest", ErrDamaged, summaryName)
	}
	if len(s.Tables) != len(u.m.Tables) {
		return fmt.Errorf("%w: its %s counts %d tables, and %d are in it", ErrDamaged, summaryName, len(s.Tables), len(u.m.Tables))
	}
	for i, table := range s.Tables {
		found := TableSum{u.m.Tables[i].Name, u.sums[i].Rows(), u.sums[i].SHA256()}
		if table != found {
			return fmt.Errorf("%w: table %s has %d rows in it, and its %s tells of %d of table %s, or of others", ErrDamaged,
				found.Name, found.Rows, summaryName, table.Rows, cleaned(table.Name))
		}
	}
	if s.Uploads != u.counted {
		return fmt.Errorf("%w: %d uploads of %d bytes are in it, and its %s tells of %d of %d bytes", ErrDamaged,
			u.counted.Files, u.counted.Bytes, summaryName, s.Uploads.Files, s.Uploads.Bytes)
	}
	u.summary = s
	return u.checkFaults()
}

// checkFaults makes sure that whatever is missing or damaged was so when the archive was made.
func (u *unpacker) checkFaults() error {
	known := map[string]bool{}
	for i, fault := range u.summary.Faults {
		if _, _, ok := cutKey(fault.Upload); !ok || i >= maxFaults {
			return wrong("its %s tells of faults that cannot be", summaryName)
		}
		known[fault.Upload] = true
		u.summary.Faults[i].What = cleaned(fault.What)
	}
	if at := slices.IndexFunc(u.damaged, func(key string) bool { return !known[key] }); at >= 0 {
		return fmt.Errorf("%w: the bytes of %s are not those that its name says", ErrDamaged, u.damaged[at])
	}
	if key, missing := u.library.missing(known); missing {
		return fmt.Errorf("%w: a row refers to %s, which is not in it", ErrDamaged, key)
	}
	return nil
}

// end makes sure that nothing follows: the rest of the stream holds zstd's own checksum too.
func (u *unpacker) end(plain io.Reader) error {
	if header, err := u.tar.Next(); err == nil {
		return wrong("its entry %q is behind %s", cleaned(header.Name), summaryName)
	} else if err != io.EOF { //nolint:errorlint // as tar says
		return u.cutShort(err)
	}
	tail, err := io.ReadAll(io.LimitReader(plain, maxTail+1))
	if err != nil {
		return u.cutShort(err)
	}
	if len(tail) > maxTail || len(bytes.Trim(tail, "\x00")) > 0 {
		return wrong("something else is behind its end")
	}
	return nil
}

// lines reads lines of a bounded length.
type lines struct {
	reader *bufio.Reader
	long   []byte
}

// next returns the next line with its end, which is the caller's until the next call; io.EOF: there is none.
func (l *lines) next() ([]byte, error) {
	line, err := l.reader.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	l.long = append(l.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(l.long) > MaxRow {
			return nil, fmt.Errorf("%w: it has more than %d bytes", errRow, MaxRow)
		}
		line, err = l.reader.ReadSlice('\n')
		l.long = append(l.long, line...)
	}
	switch {
	case err == nil:
		return l.long, nil
	case err == io.EOF && len(l.long) == 0: //nolint:errorlint // as bufio says
		return nil, io.EOF
	case err == io.EOF: //nolint:errorlint // likewise
		return nil, fmt.Errorf("%w: its line has no end", errRow)
	default:
		return nil, err
	}
}

// counter counts what is read, and keeps the error with which that broke off.
type counter struct {
	r      io.Reader
	n      int64
	tell   func(n int64)
	failed error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.tell(c.n)
	if err != nil && err != io.EOF { //nolint:errorlint // as io.Reader says
		c.failed = err
	}
	return n, err
}
