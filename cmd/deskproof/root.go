package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskproof/cmd/pipeline"
)

// streams are the three streams of a command.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// app is what all commands share: streams, clock and the common flags.
type app struct {
	streams
	now       func() time.Time
	config    string
	warehouse string
	asOf      string
	quiet     bool
	verbose   bool
	noColor   bool
	command   string
}

// run is the whole program as a function: arguments and streams in, exit code out.
func run(ctx context.Context, args []string, s streams, now func() time.Time) int {
	a := &app{streams: s, now: now, command: strings.TrimSpace("deskproof " + strings.Join(args, " "))}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	err := root.ExecuteContext(ctx)
	code := pipeline.ExitCode(err)
	switch {
	case err == nil, errors.Is(err, pipeline.ErrFound):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(s.err, "deskproof: interrupted; what was committed before is kept")
		code = pipeline.ExitIncomplete
	default:
		fmt.Fprintln(s.err, "deskproof: "+err.Error())
	}
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "deskproof",
		Short: "Service level, process maturity and audit evidence reports from the tickets you already have",
		Long: `deskproof pulls tickets and their history into one DuckDB file, replays every service level clock
from history, tests controls that are mapped to ISO/IEC 20000-1, FitSM, ITIL and COBIT, and writes
the reports that people must hand over.

Start with "deskproof demo", or with your own export: "deskproof init --from tickets.csv".

Exit codes: 0 done and nothing failed; 1 done, and a nonconforming control or a breached bar was
found (check, verify, catalogue lint and test); 2 wrong use or configuration; 3 a source or file
could not be read completely (what was read is kept, and the gap is named).`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "configuration (default ./deskproof.yaml)")
	f.StringVar(&a.warehouse, "warehouse", "", "DuckDB file, instead of the one that the configuration names")
	f.StringVar(&a.asOf, "as-of", "", "moment that the work stands for: 2026-10-31 (its end), 2026-10-31T18:00 or RFC 3339")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "print results only")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "print more")
	f.BoolVar(&a.noColor, "no-color", false, "no colours (also when NO_COLOR is set, or the output is no terminal)")
	root.AddCommand(a.commands()...)
	return root
}

// options turns the common flags into what the pipeline needs.
func (a *app) options() pipeline.Options {
	o := pipeline.Options{Config: a.config, Warehouse: a.warehouse, AsOf: a.asOf, Command: a.command, Version: version(), Now: a.now}
	if !a.quiet && isTerminal(a.err) {
		o.Progress = a.err
	}
	return o
}

// open reads the configuration that the flags name.
func (a *app) open() (*pipeline.Project, error) { return pipeline.Open(a.options()) }

// note prints to stderr unless --quiet.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// colour says whether words may be coloured.
func (a *app) colour() bool {
	return !a.noColor && os.Getenv("NO_COLOR") == "" && isTerminal(a.out)
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// release is the version of this source; a build from a version control checkout adds its revision.
const release = "0.1.0"

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || underTest() {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return release + "+" + s.Value[:12]
		}
	}
	return release
}

// underTest says whether this is a test binary, whose version must not depend on the checkout.
func underTest() bool { return strings.HasSuffix(os.Args[0], ".test") }
