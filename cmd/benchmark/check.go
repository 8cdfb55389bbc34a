package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/cmd/sample"
	"deskproof/controls"
	"deskproof/model"
)

//go:embed check_grow.sql
var growSQL string

// checkLimit is how long the evaluation of the whole catalogue may take over a million tickets on two processors, in seconds.
const checkLimit = 20.0

func checkCommand() *cobra.Command {
	var tickets, runs, slowest int
	var temp string
	c := &cobra.Command{
		Use:   "check",
		Short: "The whole catalogue over many tickets: the sample organization's, copied",
		Long: `Makes the sample organization, copies its tickets with all that belongs to them until there are --tickets, and evaluates
every control over them. The floor is DuckDB scanning all events once, sorted by ticket and time.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return check(cmd.Context(), tickets, runs, slowest, temp)
		},
	}
	f := c.Flags()
	f.IntVar(&tickets, "tickets", 1_000_000, "how many tickets")
	f.IntVar(&runs, "runs", 3, "how often; medians are printed")
	f.IntVar(&slowest, "slowest", 10, "how many of the slowest controls are named")
	f.StringVar(&temp, "temp", os.TempDir(), "folder for the warehouse; about 3 GB a million tickets")
	return c
}

// checkStepCommand runs one step of it in this process; the benchmark calls itself with it.
func checkStepCommand() *cobra.Command {
	var cfg string
	var tickets int
	c := &cobra.Command{
		Use: "check-step NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return checkStep(cmd.Context(), args[0], cfg, tickets)
		},
	}
	c.Flags().StringVar(&cfg, "config", "", "")
	c.Flags().IntVar(&tickets, "tickets", 0, "")
	return c
}

// checkOutcome is what the evaluation prints.
type checkOutcome struct {
	measured                    // of the evaluation; the peak is that of the whole step
	Floor    float64            `json:"floor_seconds"`
	Controls int                `json:"controls"`
	Tickets  int64              `json:"tickets"`
	Events   int64              `json:"events"`
	Rows     int64              `json:"exceptions"`
	Each     map[string]float64 `json:"each,omitempty"` // seconds of the processor a control
}

// checkResult is what the benchmark prints. Times are seconds.
type checkResult struct {
	Machine  string   `json:"machine"`
	Runs     int      `json:"runs"`
	Tickets  int64    `json:"tickets"`
	Events   int64    `json:"events"`
	Controls int      `json:"controls"`
	Evaluate measured `json:"evaluate"` // median
	Floor    float64  `json:"floor_seconds"`
	Floors   float64  `json:"floors"`
	Slowest  []string `json:"slowest"`
	Kept     bool     `json:"kept"` // under 20 seconds a million tickets
}

func check(ctx context.Context, tickets, runs, slowest int, temp string) error {
	if tickets < 1 || runs < 1 || slowest < 0 {
		return fmt.Errorf("--tickets %d --runs %d --slowest %d: at least 1, 1 and 0", tickets, runs, slowest)
	}
	dir, err := os.MkdirTemp(temp, "benchmark-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := sample.Write(dir); err != nil {
		return err
	}
	cfg := filepath.Join(dir, "deskproof.yaml")
	for _, name := range []string{"collect", "build"} {
		if err := step(ctx, name, cfg, "", ""); err != nil {
			return err
		}
	}
	if _, err := runSelf(ctx, nil, "check-step", "grow", "--config", cfg, "--tickets", strconv.Itoa(tickets)); err != nil {
		return err
	}
	var all []measured
	var floors []float64
	var last checkOutcome
	for range runs {
		last = checkOutcome{}
		s, err := runSelf(ctx, &last, "check-step", "evaluate", "--config", cfg)
		if err != nil {
			return err
		}
		last.measured.PeakMiB = peakMiB(s)
		all, floors = append(all, last.measured), append(floors, last.Floor)
	}
	sort.Float64s(floors)
	r := checkResult{Machine: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()), Runs: runs,
		Tickets: last.Tickets, Events: last.Events, Controls: last.Controls, Evaluate: medians(all), Floor: round(floors[len(floors)/2])}
	if r.Floor > 0 {
		r.Floors = round(r.Evaluate.Seconds / r.Floor)
	}
	r.Kept = r.Evaluate.Seconds < checkLimit*float64(r.Tickets)/1e6
	ids := make([]string, 0, len(last.Each))
	for id := range last.Each {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool {
		if last.Each[ids[i]] != last.Each[ids[j]] {
			return last.Each[ids[i]] > last.Each[ids[j]]
		}
		return ids[i] < ids[j]
	})
	for _, id := range ids[:min(slowest, len(ids))] {
		r.Slowest = append(r.Slowest, fmt.Sprintf("%s %.2f s of the processor", id, last.Each[id]))
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func checkStep(ctx context.Context, name, cfg string, tickets int) error {
	p, err := pipeline.Open(pipeline.Options{Config: cfg, Command: "benchmark check", Version: "benchmark", Now: time.Now})
	if err != nil {
		return err
	}
	switch name {
	case "grow":
		w, err := model.OpenWarehouse(ctx, p.Path, "benchmark check", time.Now())
		if err != nil {
			return err
		}
		if err := grow(ctx, w.DB, tickets); err != nil {
			return errors.Join(err, w.Close())
		}
		return w.Publish(ctx)
	case "evaluate":
		out, err := evaluateAll(ctx, p)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return fmt.Errorf("no step %q", name)
}

// grow copies what tickets fill until there are as many tickets as asked for.
func grow(ctx context.Context, db *model.DB, tickets int) error {
	if err := db.UseThreads(ctx); err != nil {
		return err
	}
	have, err := model.One[int64](ctx, db, "SELECT count(*) FROM ticket")
	if err != nil {
		return err
	}
	copies := (int64(tickets) + have - 1) / have
	tables, err := model.Select[struct{ Table, Columns, Own string }](ctx, db, growSQL)
	if err != nil {
		return err
	}
	for _, t := range tables {
		var replace []string
		for _, c := range strings.Split(t.Own, ",") {
			replace = append(replace, fmt.Sprintf("%s || '~' || copy.i AS %s", model.QuoteIdent(c), model.QuoteIdent(c)))
		}
		if t.Table == "ticket" {
			replace = append(replace, "'C' || copy.i || '-' || key AS key") // each copy has its own series of numbers
		}
		if err := db.Exec(ctx, fmt.Sprintf("INSERT INTO %[1]s SELECT t.* REPLACE (%[2]s) FROM %[1]s t CROSS JOIN range(1, %[3]d) copy (i)",
			model.QuoteIdent(t.Table), strings.Join(replace, ", "), copies)); err != nil {
			return err
		}
	}
	return nil
}

// evaluateAll measures the evaluation of every control over the published warehouse, and of each for itself.
func evaluateAll(ctx context.Context, p *pipeline.Project) (out checkOutcome, err error) {
	db, err := model.OpenSnapshot(ctx, p.Path)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	cat, err := controls.Load(ctx, nil)
	if err != nil {
		return out, err
	}
	asOf, err := model.One[time.Time](ctx, db, "SELECT as_of FROM build_info")
	if err != nil {
		return out, err
	}
	opt := controls.Options{From: asOf.AddDate(-1, 0, 0), To: asOf, AsOf: asOf, Zone: p.Cfg.Zone()}
	start, cpu := time.Now(), cpuSeconds()
	res, err := controls.Evaluate(ctx, db, cat, opt)
	if err != nil {
		return out, err
	}
	out.Seconds, out.CPU = time.Since(start).Seconds(), cpuSeconds()-cpu
	if len(res.Problems) > 0 {
		return out, errors.New(strings.Join(res.Problems, "\n"))
	}
	if out.Floor, err = floor(ctx, db); err != nil {
		return out, err
	}
	n, err := model.One[struct{ Tickets, Events int64 }](ctx, db, "SELECT (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM ticket_event) AS events")
	if err != nil {
		return out, err
	}
	out.Tickets, out.Events, out.Controls = n.Tickets, n.Events, len(res.Controls)
	out.Each = map[string]float64{}
	for _, r := range res.Controls {
		out.Rows += int64(len(r.Exceptions))
		opt.Controls, opt.Frameworks = []string{r.Control.ID}, []string{"iso20000-1:2018"}
		cpu := cpuSeconds()
		if _, err := controls.Evaluate(ctx, db, cat, opt); err != nil {
			return out, err
		}
		out.Each[r.Control.ID] = cpuSeconds() - cpu
	}
	return out, nil
}
