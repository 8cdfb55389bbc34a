//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMiB is the largest resident memory that a finished process had, in MiB; 0 = not known.
func peakMiB(s *os.ProcessState) float64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := int64(1024) // getrusage counts in KiB …
	switch runtime.GOOS {
	case "darwin", "ios":
		unit = 1 // … but there in bytes
	}
	return float64(int64(u.Maxrss)*unit) / (1 << 20)
}
