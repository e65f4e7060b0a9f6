package datafolder

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// fuseMagic is what statfs says of every file system in user space; which one it is stands in /proc/self/mountinfo.
const fuseMagic = 0x65735546

// NetworkFilesystem decides whether a file system lies on another machine, where SQLite cannot rely on locks and shared
// memory (https://www.sqlite.org/wal.html, "does not work over a network filesystem"). magic is f_type of statfs(2),
// mountType the type in /proc/self/mountinfo (empty if unknown), which alone tells FUSE file systems apart. It returns
// the file system's usual name.
func NetworkFilesystem(magic uint32, mountType string) (name string, network bool) {
	switch magic {
	case 0x6969:
		return "NFS", true
	case 0x517B, 0xFF534D42, 0xFE534D42:
		return "SMB (CIFS)", true
	case 0x01021997:
		return "9p", true
	case 0x00C36400:
		return "CephFS", true
	case 0x5346414F, 0x6B414653:
		return "AFS", true
	case 0x73757245:
		return "Coda", true
	case 0x564C:
		return "NCP", true
	case 0x0BD00BD0:
		return "Lustre", true
	case fuseMagic:
		switch mountType {
		case "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "fuse.davfs2", "fuse.curlftpfs",
			"fuse.smbnetfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.mfs", "fuse.juicefs", "fuse.gcsfuse", "fuse.nfs":
			return strings.TrimPrefix(mountType, "fuse."), true
		}
	}
	return "", false
}

// OnNetwork tells whether a folder, which need not exist yet, is on a network file system, and that one's usual name.
func OnNetwork(dir string) (name string, network bool, err error) {
	dir = absolute(dir)
	for _, err := os.Stat(dir); err != nil && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return "", false, explain(dir, "look at its file system", err)
	}
	magic, mountType := uint32(stat.Type), ""
	if magic == fuseMagic {
		mountType = mountTypeOf(dir)
	}
	name, network = NetworkFilesystem(magic, mountType)
	return name, network, nil
}

// checkFilesystem refuses a folder for a database, which need not exist yet, on a network file system.
func checkFilesystem(dir string) error {
	name, network, err := OnNetwork(dir)
	if err != nil || !network {
		return err
	}
	return &Error{ErrNetwork, fmt.Sprintf("The database would lie in %s, which is on a network file system (%s). "+
		"SQLite needs "+
		"locks and shared memory that such a file system does not keep reliably, and the database could be "+
		"damaged. Choose a "+
		"folder on a local disk with VITRINE_DATA_DIR or VITRINE_DATABASE_URL; uploads may stay on the network with "+
		"VITRINE_UPLOADS_URL. To take the risk, set VITRINE_ALLOW_NETWORK_FILESYSTEM=yes and keep backups.", dir, name), nil}
}

// mountTypeOf returns the type of the file system that holds dir, or "" if the system does not tell.
func mountTypeOf(dir string) string {
	var stat unix.Stat_t
	if unix.Stat(dir, &stat) != nil {
		return ""
	}
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	dev := uint64(stat.Dev) //nolint:unconvert // its width differs between machines
	return mountType(file, fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev)))
}

// mountType finds the type of a device (major:minor) in a mountinfo file, see proc_pid_mountinfo(5): six fields, some
// optional ones, a dash, the type.
func mountType(mountinfo io.Reader, device string) string {
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		before, after, found := strings.Cut(lines.Text(), " - ")
		fields, types := strings.Fields(before), strings.Fields(after)
		if found && len(fields) >= 6 && fields[2] == device && len(types) > 0 {
			return types[0]
		}
	}
	return ""
}
