//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
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

// cpuSeconds is the processor time that this process has taken so far.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return (time.Duration(u.Utime.Nano()) + time.Duration(u.Stime.Nano())).Seconds()
}
