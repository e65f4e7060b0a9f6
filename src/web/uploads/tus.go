package uploads

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/tus/tusd/v2/pkg/handler"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

// dataStore lets the protocol's library work on our stages.
type dataStore struct{ uploads *Uploads }

func (u *Uploads) dataStore() dataStore { return dataStore{uploads: u} }

// upload is one upload as the protocol's library sees it.
type upload struct {
	uploads *Uploads
	id      string
	record  record
	offset  int64
}

var (
	_ handler.DataStore           = dataStore{}
	_ handler.TerminaterDataStore = dataStore{}
	_ handler.Upload              = (*upload)(nil)
	_ handler.TerminatableUpload  = (*upload)(nil)
)

// NewUpload begins an upload.
func (d dataStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	user := access.From(ctx).User
	if user == nil {
		return nil, remember(ctx, signage.Refuse(signage.ErrDenied, "Sign in first."))
	}
	up := &upload{uploads: d.uploads, id: signage.NewSecret(), record: record{
		Owner: user.ID, Name: fileName(info.MetaData), Size: info.Size, CreatedAt: signage.Now(time.Now()),
	}}
	if err := d.uploads.create(ctx, up.id, up.record); err != nil {
		return nil, remember(ctx, err)
	}
	return up, nil
}

// fileName returns the name that the client gave, whatever its library calls the value.
func fileName(meta handler.MetaData) string {
	for _, key := range []string{"filename", "name"} {
		if meta[key] != "" {
			return signage.FileName(meta[key])
		}
	}
	return signage.FileName("")
}

// GetUpload finds an upload of the user who is asking. That of another user is not found.
func (d dataStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	up, err := d.uploads.find(ctx, id)
	if err != nil {
		return nil, remember(ctx, err)
	}
	return up, nil
}

// AsTerminatableUpload is part of the library's contract.
func (dataStore) AsTerminatableUpload(up handler.Upload) handler.TerminatableUpload {
	return up.(*upload) //nolint:forcetypeassert // the library hands back what GetUpload returned
}

// find returns the upload of the user who is asking.
func (u *Uploads) find(ctx context.Context, id string) (*upload, error) {
	missing := signage.Refuse(signage.ErrNotFound,
		"There is no such upload, or it was given up, or it is older than a day. Begin it anew.")
	user := access.From(ctx).User
	if user == nil || !isUploadID(id) {
		return nil, missing
	}
	found, offset, err := u.load(ctx, id)
	if errors.Is(err, signage.ErrNotFound) || err == nil && found.Owner != user.ID {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return &upload{uploads: u, id: id, record: found, offset: offset}, nil
}

// isUploadID reports whether a text can be the id of an upload, which are made by signage.NewSecret.
func isUploadID(id string) bool {
	return len(id) == 43 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// GetInfo tells the library how far the upload came.
func (up *upload) GetInfo(context.Context) (handler.FileInfo, error) {
	return handler.FileInfo{
		ID: up.id, Size: up.record.Size, Offset: up.offset, MetaData: handler.MetaData{"filename": up.record.Name},
	}, nil
}

// GetReader is for downloads of uploads, which there are none of.
func (up *upload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.ErrNotImplemented
}

// WriteChunk appends what comes. What was received before an error counts.
func (up *upload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	up.uploads.receiving.Add(1)
	defer up.uploads.receiving.Add(-1)
	n, err := up.uploads.append(ctx, up.id, offset, src)
	up.offset = offset + n
	up.uploads.received.Add(n)
	return n, remember(ctx, err)
}

// FinishUpload hands the whole file to the intake.
func (up *upload) FinishUpload(ctx context.Context) error {
	// The client may go, but what it sent is complete: looking into a large video may take longer than it waits, and no
	// deadline of the network may end that.
	if x := exchangeOf(ctx); x != nil {
		control := http.NewResponseController(x.w)
		_, _ = control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})
	}
	done, err := up.uploads.finish(context.WithoutCancel(ctx), up)
	if err != nil {
		return remember(ctx, err)
	}
	x := exchangeOf(ctx)
	if x != nil {
		x.done = done
	}
	if done.Refusal != nil && x != nil && x.post { // the client never learns the address under which to ask
		return remember(ctx, errors.Join(done.Refusal, up.Terminate(ctx)))
	}
	if done.Refusal != nil {
		return remember(ctx, done.Refusal)
	}
	return nil
}

// Terminate drops what was received.
func (up *upload) Terminate(ctx context.Context) error {
	return remember(ctx, up.uploads.parts.Blobs.DropStage(ctx, up.id))
}

// finish hands the whole file to the intake and writes down what became of it, so that a client whose connection broke
// can ask. A failure of ours is not written down: the bytes stay, and the next try may pass.
func (u *Uploads) finish(ctx context.Context, up *upload) (*outcome, error) {
	if up.record.Outcome != nil {
		return up.record.Outcome, nil
	}
	done := &outcome{At: signage.Now(time.Now())}
	media, added, err := u.parts.Intake.TakeStaged(ctx, up.id, up.record.Name, done.At)
	switch {
	case err == nil:
		done.Media, done.Added = media.ID, added
	case refused(err):
		done.Refusal = problem.Of(err)
	default:
		return nil, err
	}
	up.record.Outcome = done
	if err := u.conclude(ctx, up.id, up.record); err != nil {
		return nil, err
	}
	return done, nil
}

// refused reports whether an error is about the file, so that the same bytes would be refused again.
func refused(err error) bool {
	var refusal *signage.Error
	return errors.As(err, &refusal) && problem.Of(err).Status < http.StatusInternalServerError
}

// beforeCreate refuses a file for which there is no room, before any of it is sent.
func (u *Uploads) beforeCreate(event handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	free, err := u.parts.Blobs.Free(event.Context)
	if err == nil && uint64(max(0, event.Upload.Size)) > free {
		err = problem.New(problem.StatusNoSpace, "The file has "+bytesInWords(event.Upload.Size)+", but the server's "+
			"disk has room for only "+
			bytesInWords(int64(free))+". Make room on it, or choose a smaller file.")
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{}, remember(event.Context, err)
}

// afterFinish answers the last bytes with what became of the file.
func (u *Uploads) afterFinish(event handler.HookEvent) (handler.HTTPResponse, error) {
	x := exchangeOf(event.Context)
	if x == nil || x.done == nil {
		return handler.HTTPResponse{}, nil
	}
	body, err := u.show(event.Context, x.done)
	if err != nil {
		return handler.HTTPResponse{}, remember(event.Context, err)
	}
	response := handler.HTTPResponse{Body: string(body), Header: handler.HTTPHeader{"Content-Type": "application/json"}}
	if event.HTTPRequest.Method == http.MethodPatch {
		response.StatusCode = http.StatusOK
	}
	return response, nil
}

// show returns the JSON that tells what became of a file that was taken in.
func (u *Uploads) show(ctx context.Context, done *outcome) ([]byte, error) {
	media, err := u.parts.Store.Media(ctx, done.Media)
	if errors.Is(err, signage.ErrNotFound) {
		return nil, problem.New(http.StatusGone, "The file was stored, and has been removed from the library since.")
	}
	if err != nil {
		return nil, err
	}
	shown, err := u.parts.Show(ctx, media.Media, done.Added)
	if err != nil {
		return nil, err
	}
	return json.Marshal(shown)
}

// head tells how far an upload came. The library would call an upload complete whose file was refused.
func (u *Uploads) head(w http.ResponseWriter, r *http.Request) {
	up, err := u.find(r.Context(), mux.Vars(r)["id"])
	if err == nil && up.record.Outcome != nil && up.record.Outcome.Refusal != nil {
		err = problem.New(http.StatusGone, "The file was refused.")
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	u.tus.HeadFile(w, r)
}

// patch takes the next bytes. Where all of them are there already, because the connection broke before the answer, it
// gives that answer again.
func (u *Uploads) patch(w http.ResponseWriter, r *http.Request) {
	up, err := u.find(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	if up.record.Outcome != nil || up.offset == up.record.Size {
		u.result(w, r)
		return
	}
	u.tus.PatchFile(w, r)
}

// result tells what became of an upload all of whose bytes are there. If the server was killed before it could look at
// them, it does so now.
func (u *Uploads) result(w http.ResponseWriter, r *http.Request) {
	body, err := u.resultOf(r.Context(), mux.Vars(r)["id"])
	if err != nil {
		if errors.Is(err, handler.ErrLockTimeout) {
			problem.RetryAfter(w, 2*time.Second)
			err = errBusy()
		}
		problem.Write(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the client may have gone; it can ask again
}

func (u *Uploads) resultOf(ctx context.Context, id string) ([]byte, error) {
	if _, err := u.find(ctx, id); err != nil { // before waiting for its lock
		return nil, err
	}
	lock, err := u.locks.NewLock(id)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if err := lock.Lock(waiting, func() {}); err != nil {
		return nil, err
	}
	defer lock.Unlock() //nolint:errcheck // a lock in memory
	up, err := u.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if up.record.Outcome == nil && up.offset < up.record.Size {
		return nil, problem.New(http.StatusConflict, "The upload is not complete: "+bytesInWords(up.offset)+" of "+
			bytesInWords(up.record.Size)+" are here. Send the rest.")
	}
	done, err := u.finish(context.WithoutCancel(ctx), up)
	if err != nil {
		return nil, err
	}
	if done.Refusal != nil {
		return nil, done.Refusal
	}
	return u.show(ctx, done)
}
