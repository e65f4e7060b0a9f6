package servers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// process is one run of a server.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended
	err  error         // how it ended; to be read once it has
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop ends the process by a signal, and waits for it.
func (p *process) stop(signal syscall.Signal) error {
	if err := syscall.Kill(p.pid, signal); err != nil && !p.ended() {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("it did not end within %s", patience), p.kill())
	}
}

// kill ends the process and those that it started by SIGKILL, and waits until there is none. It is first halted, so
// that it starts no more of them and does not see them fall.
func (p *process) kill() error {
	if p.ended() {
		return nil
	}
	if err := syscall.Kill(p.pid, syscall.SIGSTOP); err != nil && !p.ended() {
		return err
	}
	children, err := childrenOf(p.pid)
	for _, pid := range append(children, p.pid) {
		if e := syscall.Kill(pid, syscall.SIGKILL); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return err
	}
	<-p.done
	for _, pid := range children {
		for end := time.Now().Add(patience); running(pid); {
			if time.Now().After(end) {
				return fmt.Errorf("its process %d was killed and did not end within %s", pid, patience)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// childrenOf returns the processes that a process started and that still run.
func childrenOf(parent int) ([]int, error) {
	list, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var children []int
	for _, path := range list {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if state, of, ok := look(pid); ok && of == parent && state != 'Z' {
			children = append(children, pid)
		}
	}
	return children, nil
}

// running tells whether a process is there and not just waiting to be forgotten.
func running(pid int) bool {
	state, _, ok := look(pid)
	return ok && state != 'Z' && state != 'X'
}

// look reads a process' state and parent. It is not ok if there is no such process.
func look(pid int) (state byte, parent int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	// Its second field is a name in parentheses that may hold anything.
	end := bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	if end < 0 || len(fields) < 2 {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent, err == nil
}
