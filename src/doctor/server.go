package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vitrine/src/config"
	"vitrine/src/datafolder"
)

// askWithin bounds each question to a server.
const askWithin = 5 * time.Second

// patient is who uses the data folder: the server that runs or, if none does, this command in its place.
type patient struct {
	running   bool            // something holds the data folder
	elsewhere bool            // in another container, so that it cannot be asked
	info      datafolder.Info // what it says of itself
	known     bool            // the ids below are those of the server
	uid       int
	gid       int
	groups    []int
}

// serves reports whether it is a server that has begun to listen, and not another command, and can be asked.
func (p patient) serves() bool { return p.running && !p.elsewhere && p.info.Address != "" }

// name says for a sentence who uses the folders.
func (p patient) name() string {
	if p.known {
		return fmt.Sprintf("the running server is %d:%d", p.uid, p.gid)
	}
	return fmt.Sprintf("this command runs as %d:%d", p.uid, p.gid)
}

// lookForServer finds out whether a server runs, as whom, and how it is.
func (e *exam) lookForServer(ctx context.Context) {
	e.server = patient{uid: os.Geteuid(), gid: os.Getegid()}
	groups, err := os.Getgroups()
	if err == nil {
		e.server.groups = groups
	}
	info, running, err := datafolder.ReadLock(e.Config.DataDir)
	if err != nil && !running {
		e.note(Warning, "server", sentence(err), "Run this command as the user of the server.")
		return
	}
	if !running {
		e.notRunning()
		return
	}
	e.server.running, e.server.info = true, info
	// Each container counts its processes from 1.
	if e.server.elsewhere = info.PID == os.Getpid(); !e.server.elsewhere {
		e.server.readProcess()
	}
	switch {
	case e.server.elsewhere:
		e.note(Warning, "server", "A server uses the data folder that cannot be seen from here, as in another container.",
			"Run this command where the server runs: docker compose exec vitrine /vitrine doctor")
		return
	case info.Address == "":
		e.note(Warning, "server", fmt.Sprintf("Process %d uses the data folder and does not listen.", info.PID),
			"If it is another command, such as one that migrates, wait until it has ended.")
		return
	case info.Version != e.Version:
		e.note(Warning, "server", fmt.Sprintf("The running server is version %s, and this program is %s.", info.Version, e.Version),
			"Restart the server, so that the version that you installed runs.")
	}
	e.askReady(ctx)
}

// notRunning says that no server runs, and whether another program has its place.
func (e *exam) notRunning() {
	e.note(OK, "server", "No server uses the data folder now.", "")
	address, err := config.ParseListen(e.Config.Listen)
	if err != nil || address.Network != "tcp" || address.Port == 0 {
		return
	}
	where := net.JoinHostPort(address.Host, strconv.Itoa(address.Port))
	connection, err := net.DialTimeout("tcp", where, time.Second)
	if err != nil {
		return
	}
	_ = connection.Close() // nothing was sent
	e.note(Wrong, "port", fmt.Sprintf("Port %d is taken by another program (VITRINE_LISTEN is %q).", address.Port, e.Config.Listen),
		fmt.Sprintf("Stop that program, which this names: sudo ss -ltnp 'sport = :%d'. Or choose another port with VITRINE_LISTEN.",
			address.Port))
}

// readProcess finds out as whom the server runs, where it can be seen from here. See proc_pid_status(5).
func (p *patient) readProcess() {
	folder := "/proc/" + strconv.Itoa(p.info.PID)
	info, err := os.Stat(folder)
	if err != nil {
		return // it runs in another container, or nobody may look
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	file, err := os.Open(folder + "/status")
	if err != nil || !ok {
		return
	}
	defer file.Close()
	p.known, p.uid, p.gid, p.groups = true, int(stat.Uid), int(stat.Gid), nil
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		numbers := ids(value)
		switch {
		case name == "Uid" && len(numbers) == 4:
			p.uid = numbers[1] // the effective one
		case name == "Gid" && len(numbers) == 4:
			p.gid = numbers[1]
		case name == "Groups":
			p.groups = numbers
		}
	}
}

func ids(text string) (list []int) {
	for _, field := range strings.Fields(text) {
		if n, err := strconv.Atoi(field); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// askReady asks the server whether it can serve.
func (e *exam) askReady(ctx context.Context) {
	var status struct {
		Status     string `json:"status"`
		WaitingFor string `json:"waiting_for"`
		Database   string `json:"database"`
		Uploads    string `json:"uploads"`
	}
	if err := e.askLocal(ctx, "/readyz", &status); err != nil {
		e.note(Wrong, "server", fmt.Sprintf("The server (process %d) holds the data folder but does not answer at %s: %s.",
			e.server.info.PID, e.server.info.Address, err), "Look at its log, and restart it.")
		return
	}
	where := fmt.Sprintf("(process %d, version %s, at %s)", e.server.info.PID, e.server.info.Version, e.server.info.Address)
	switch status.Status {
	case "ready":
		e.note(OK, "server", "The server runs and is ready "+where+".", "")
	case "starting":
		e.note(Warning, "server", "The server is starting "+where+" and waits for "+status.WaitingFor+".",
			"Wait, and look at its log if that takes long.")
	default:
		var parts []string
		for _, part := range []string{status.Database, status.Uploads} {
			if part != "" && part != "ok" {
				parts = append(parts, part)
			}
		}
		e.note(Wrong, "server", "The server "+where+" is "+status.Status+". "+strings.Join(parts, " "), "Look at its log.")
	}
}

// askLocal asks the server on this machine, whatever proxies the environment names.
func (e *exam) askLocal(ctx context.Context, path string, into any) error {
	network, address, ok := e.server.info.Dial()
	if !ok {
		return fmt.Errorf("it does not say where it listens")
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+e.server.info.Token)
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("its answer (status %d) cannot be read: %w", response.StatusCode, err)
	}
	return nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10
