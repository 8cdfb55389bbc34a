// Command deskproof turns the records of a service desk into proof: service level, process maturity and audit
// evidence reports, from the tools that an organization already runs.
//
// Every command is one file here: flags, one call into package pipeline, print. No logic lives here.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	// A run is short and has memory to spare: collecting garbage less often saves a tenth of the time.
	debug.SetGCPercent(300)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}, time.Now)
	stop()
	os.Exit(code)
}
