package config

// The statuses with which the commands end.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitDataFolder  = 3
	ExitDatabase    = 4
	ExitListen      = 5
	ExitRunning     = 6
	ExitUploads     = 7
	ExitFull        = 8
	ExitLost        = 9
	ExitUnreachable = 10
	ExitRefused     = 11
	ExitSchema      = 12
	ExitArchive     = 13
	ExitNotEmpty    = 14
	ExitUnwell      = 15
)

// ExitStatus documents one status.
type ExitStatus struct {
	Code    int
	Meaning string
}

// ExitStatuses lists the statuses with which the commands end, and why.
func ExitStatuses() []ExitStatus {
	return []ExitStatus{
		{ExitOK, "all is well, or the server was told to stop and did"},
		{ExitFailed, "something else went wrong; the message says what"},
		{ExitUsage, "the command or a setting is wrong"},
		{ExitDataFolder, "the data folder cannot be used"},
		{ExitDatabase, "the database cannot be used for another reason than those below"},
		{ExitListen, "the address cannot be listened on, for example because the port is taken"},
		{ExitRunning, "another Vitrine uses the data folder"},
		{ExitUploads, "the uploads folder cannot be used"},
		{ExitFull, "there is no room left on a disk"},
		{ExitLost, "the database or the uploads are missing, do not belong together, or are not whole because a restore or a copy was broken off"},
		{ExitUnreachable, "the database cannot be reached, or did not answer within VITRINE_DATABASE_WAIT"},
		{ExitRefused, "the database refuses the user, the password, the connection or a right"},
		{ExitSchema, "the schema is newer or otherwise than this program needs it, or behind while VITRINE_MIGRATE=verify"},
		{ExitArchive, "the archive is damaged or cut short, is none, or would be without uploads that are missing; or a copy is not the " +
			"same as its source"},
		{ExitNotEmpty, "the database or the uploads that are to be filled are not empty"},
		{ExitUnwell, "`vitrine doctor` found something that is wrong"},
	}
}
