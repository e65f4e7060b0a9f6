package main

import (
	"strings"
	"testing"
	"time"
)

func TestClockBehind(t *testing.T) {
	t.Parallel()
	for at, behind := range map[time.Time]bool{
		time.Unix(0, 0): true,
		time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC): true,
		time.Now():                   false,
		time.Now().AddDate(20, 0, 0): false,
	} {
		text, err := clockBehind(at)
		if err != nil || behind != strings.Contains(text, "timedatectl") {
			t.Errorf("%s: %q, %v", at, text, err)
		}
	}
}
