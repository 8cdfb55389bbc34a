package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/collectors/mapping"
	"deskproof/reports"
)

func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(), a.initCommand(), a.sourceCommand(), a.collectCommand(), a.buildCommand(), a.checkCommand(),
		a.reportCommand(), a.explainCommand(), a.slaCommand(), a.sqlCommand(), a.schemaCommand(), a.catalogueCommand(), a.verifyCommand(),
	}
}

func (a *app) collectCommand() *cobra.Command {
	var opt pipeline.CollectOptions
	c := &cobra.Command{
		Use:   "collect [SOURCE...]",
		Short: "Read new and changed records into the warehouse",
		Long: `Reads the sources of the configuration (none named = all) into the warehouse. What a source said is kept as it
said it; a record whose bytes did not change is not stored again. A tool is asked for what changed since the last run,
and a run that was cut off goes on where it ended. What cannot be read or mapped goes to the table
rejected_record with file, line and reason, and the exit code is 3.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			res, err := p.Collect(cmd.Context(), args, opt)
			a.printNotes(res.Notes)
			fmt.Fprint(a.out, res.Runs.Text())
			for _, m := range res.Mapped {
				fmt.Fprintf(a.out, "%s: %s of %s cannot be mapped\n", m.Source, reports.Plural(m.Rows, "record", "records"), m.Entity)
				for _, row := range m.First {
					fmt.Fprintf(a.out, "  %s\n", row)
				}
				if more := m.Rows - int64(len(m.First)); len(m.First) > 0 && more > 0 {
					fmt.Fprintf(a.out, "  and %d more: deskproof sql \"FROM rejected_record\"\n", more)
				}
			}
			if err == nil {
				a.note("next: deskproof build")
			}
			return err
		},
	}
	c.Flags().BoolVar(&opt.Full, "full", false, "read everything again, also files that did not change")
	c.Flags().StringVar(&opt.Since, "since", "", "from tools, read what was changed since this day (2026-01-31), instead of since the last run")
	return c
}

func (a *app) printNotes(notes []string) {
	for _, n := range notes {
		a.note("note: %s", n)
	}
}

func (a *app) buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Make the model, the clocks and the metrics from what was collected; needs no network",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			res, err := p.Build(cmd.Context())
			a.printNotes(res.Notes)
			if res.Tickets > 0 || err == nil {
				a.printBuild(p, res)
			}
			return err
		},
	}
}

// printMapped tells what became of the raw records: the books of each entity when something was refused or left
// out (with --verbose always), and the values that have no mapping with what to paste.
func (a *app) printMapped(m mapping.Result) {
	for _, e := range m.Entities {
		if !a.verbose && e.Rejected == 0 && e.LeftOut == 0 && e.Later == 0 {
			continue
		}
		fmt.Fprintf(a.out, "%s: %s of %s = %d modelled", e.Source, reports.Plural(e.Raw, "record", "records"), e.Entity, e.Modelled)
		for _, part := range []struct {
			n    int64
			word string
		}{{e.LeftOut, "left out"}, {e.Later, "later than as-of"}, {e.Rejected, "rejected"}} {
			if part.n > 0 {
				fmt.Fprintf(a.out, " + %d %s", part.n, part.word)
			}
		}
		fmt.Fprintln(a.out)
		for _, r := range e.Reasons {
			fmt.Fprintf(a.out, "  %s: %s (first: %s)\n", reports.Plural(r.Rows, "record", "records"), r.Text, r.First)
		}
	}
	for _, n := range m.Notes {
		a.note("note: %s", n)
	}
	if len(m.Unmapped) > 0 {
		fmt.Fprintln(a.out, "values without a mapping (kept and counted, not guessed); paste and complete:")
		fmt.Fprint(a.out, mapping.Snippet(m.Unmapped))
	}
}

func (a *app) printBuild(p *pipeline.Project, res pipeline.BuildResult) {
	a.printMapped(res.Mapped)
	fmt.Fprintf(a.out, "as of %s: %s, %s of history, %s of service level clocks, %s behind metrics\n",
		res.AsOf.In(p.Cfg.Zone()).Format("2 January 2006 15:04 MST"), reports.Plural(res.Tickets, "ticket", "tickets"),
		reports.Plural(res.Events, "event", "events"), reports.Plural(res.Cycles, "cycle", "cycles"), reports.Plural(res.Facts, "fact", "facts"))
	// A build whose newest record is long past would report on empty months: say it before anyone wonders.
	if res.Newest != nil && res.AsOf.Sub(*res.Newest) > 60*24*time.Hour {
		day := res.Newest.In(p.Cfg.Zone()).Format("2006-01-02")
		a.note("note: the newest record is of %s; set as_of: %s in the configuration (or give --as-of) to report on that time", day, day)
	}
}
