package config

// The statuses with which the commands end.
const (
	ExitOK         = 0
	ExitFailed     = 1
	ExitUsage      = 2
	ExitDataFolder = 3
	ExitDatabase   = 4
	ExitListen     = 5
	ExitRunning    = 6
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
		{ExitDatabase, "the database or the uploads folder cannot be used"},
		{ExitListen, "the address cannot be listened on, for example because the port is taken"},
		{ExitRunning, "another Vitrine uses the data folder"},
	}
}
