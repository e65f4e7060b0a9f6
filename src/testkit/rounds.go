package testkit

import (
	"os"
	"strconv"
	"testing"
)

// Thorough reports whether a test should try everything, and not only what is enough on every day: VT_ROUNDS asks for
// more than the usual rounds.
func Thorough(t testing.TB) bool {
	t.Helper()
	return Rounds(t) > 3
}

// Rounds returns how often a test repeats what depends on chance: 3 times, or as VT_ROUNDS says.
func Rounds(t testing.TB) int {
	t.Helper()
	given := os.Getenv("VT_ROUNDS")
	if given == "" {
		return 3
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		t.Fatalf("VT_ROUNDS is %q, not a number of rounds", given)
	}
	return n
}
