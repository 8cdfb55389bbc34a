package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"
)

// clockOptions is what is measured of the service level clock.
type clockOptions struct {
	Tickets, Runs, Scale int
	MemoryLimit          string // of DuckDB; empty = its own default
	Spill                string // a limit so small that it must spill; empty = not measured
	Temp                 string // where warehouses and spilled data stand
	Loop, Library        bool
}

// Promises of the clock, on two processors.
const (
	ticketsLimit = 150_000.0 // tickets/s at least, both clocks, cycles and segments stored
	floorsLimit  = 4.0       // times the floor, at most, per clock
	loopLimit    = 10.0      // times faster than the loop, at least
	changeLimit  = 0.05      // of the time of the whole replay, at most, after 1 % of the tickets changed, and a second
	scaleLimit   = 1.1       // time of --scale times the tickets, divided by --scale
	clockPeak    = 4096.0    // MiB of the replay of --tickets
)

func clockCommand() *cobra.Command {
	var o clockOptions
	c := &cobra.Command{
		Use:   "clock",
		Short: "The replay of two service level clocks over generated tickets, against DuckDB's floor and a loop in Go",
		Long: `Makes a warehouse of tickets with history by a fixed formula and replays two clocks over it: five calendars in three
zones, pauses, reopenings, goals by priority and team. Measured in the same run:
  floor    DuckDB scans, sorts by ticket and time, and sums the same events
  loop     Go reads the same events from the same database, ticket by ticket, and stores the same rows; they are compared
  change   the replay again, after one ticket in a hundred has changed
  library  github.com/rickar/cal/v2 computes business hours of single intervals, where it can`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return clock(cmd.Context(), o) },
	}
	f := c.Flags()
	f.IntVar(&o.Tickets, "tickets", 1_000_000, "how many tickets")
	f.IntVar(&o.Runs, "runs", 3, "how often; medians are printed")
	f.IntVar(&o.Scale, "scale", 0, "also replay this many times the tickets, once (10)")
	f.StringVar(&o.MemoryLimit, "memory-limit", "6GiB", "memory that DuckDB may take")
	f.StringVar(&o.Spill, "spill", "", "also replay once under a limit that makes DuckDB spill (1GiB)")
	f.StringVar(&o.Temp, "temp", os.TempDir(), "folder for warehouses and spilled data; about 1 GB a million tickets")
	f.BoolVar(&o.Loop, "loop", true, "compare with the loop in Go")
	f.BoolVar(&o.Library, "library", true, "compare with the library")
	return c
}

// clockStepCommand runs one step of the clock in this process; the benchmark calls itself with it.
func clockStepCommand() *cobra.Command {
	var s clockStep
	c := &cobra.Command{
		Use: "clock-step NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), args[0]) },
	}
	c.Flags().StringVar(&s.Warehouse, "warehouse", "", "")
	c.Flags().StringVar(&s.MemoryLimit, "memory-limit", "", "")
	c.Flags().IntVar(&s.Tickets, "tickets", 0, "")
	return c
}

// clockResult is what the benchmark prints. Times are seconds.
type clockResult struct {
	Machine     string   `json:"machine"`
	Tickets     int      `json:"tickets"`
	Events      int64    `json:"events"`
	Cycles      int64    `json:"cycles"`
	Segments    int64    `json:"segments"`
	Runs        int      `json:"runs"`
	MemoryLimit string   `json:"memory_limit"`
	Replay      measured `json:"replay"` // median; seconds of the replay itself, processor time and memory of its process
	PerSecond   float64  `json:"tickets_per_second"`

	Floor          float64 `json:"floor_seconds"`
	FloorsPerClock float64 `json:"floors_per_clock"`

	Loop         *loopResult    `json:"loop,omitempty"`
	LoopOver     float64        `json:"loop_over_replay,omitempty"`          // how many times longer the loop takes, with storing
	LoopUnstored float64        `json:"loop_unstored_over_replay,omitempty"` // the same without storing its rows
	Change       float64        `json:"change_seconds"`                      // replay after 1 % of the tickets changed
	ChangeShare  float64        `json:"change_over_replay"`                  // the same, by the time of the whole replay
	Library      *libraryResult `json:"library,omitempty"`
	ScaleTickets int            `json:"scale_tickets,omitempty"`
	ScaleReplay  *measured      `json:"scale_replay,omitempty"`
	ScaleRatio   float64        `json:"scale_ratio,omitempty"` // time of the scaled replay / time of the replay
	SpillLimit   string         `json:"spill_limit,omitempty"`
	SpillReplay  *measured      `json:"spill_replay,omitempty"`
	SpillRatio   float64        `json:"spill_ratio,omitempty"` // time under the small limit / time of the replay

	Kept map[string]bool `json:"kept"` // which promises were kept
}

func clock(ctx context.Context, o clockOptions) error {
	if o.Runs < 1 || o.Tickets < 1 || o.Scale < 0 {
		return fmt.Errorf("--tickets %d --runs %d --scale %d: at least 1, 1 and 0", o.Tickets, o.Runs, o.Scale)
	}
	dir, err := os.MkdirTemp(o.Temp, "benchmark-clock-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := clockResult{
		Machine: fmt.Sprintf("%s/%s, %d processors, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()),
		Tickets: o.Tickets, Runs: o.Runs, MemoryLimit: o.MemoryLimit, Kept: map[string]bool{},
	}
	made, work := filepath.Join(dir, "made.duckdb"), filepath.Join(dir, "work.duckdb")
	if _, err := clockRun(ctx, "make", made, o.MemoryLimit, o.Tickets); err != nil {
		return err
	}
	var replays []measured
	var floors []float64
	for i := range o.Runs {
		// Each run begins with a copy, so that none has the results of the one before to delete.
		if err := copyTo(made, work); err != nil {
			return err
		}
		floor, err := clockRun(ctx, "floor", work, o.MemoryLimit, o.Tickets)
		if err != nil {
			return err
		}
		replay, err := clockRun(ctx, "replay", work, o.MemoryLimit, o.Tickets)
		if err != nil {
			return err
		}
		r.Events, r.Cycles, r.Segments = replay.Events, replay.Cycles, replay.Segments
		floors, replays = append(floors, floor.Seconds), append(replays, replay.measured)
		fmt.Fprintf(os.Stderr, "run %d floor %6.2f s  replay %6.2f s %6.2f s cpu %6.0f MiB %8.0f tickets/s\n",
			i+1, floor.Seconds, replay.Seconds, replay.CPU, replay.PeakMiB, float64(o.Tickets)/replay.Seconds)
	}
	r.Replay = medians(replays)
	r.Floor = median(replaysOf(floors), func(m measured) float64 { return m.Seconds })
	if o.Loop {
		out, err := clockRun(ctx, "loop", work, o.MemoryLimit, o.Tickets)
		if err != nil {
			return err
		}
		r.Loop = out.Loop
		r.Loop.PeakMiB = out.PeakMiB
	}
	changed, err := clockRun(ctx, "change", work, o.MemoryLimit, o.Tickets)
	if err != nil {
		return err
	}
	r.Change = round(changed.Seconds)
	if o.Loop {
		out, err := clockRun(ctx, "loop", work, o.MemoryLimit, o.Tickets)
		if err != nil {
			return err
		}
		r.Loop.Differing += out.Loop.Differing
	}
	if o.Library {
		out, err := clockRun(ctx, "library", work, o.MemoryLimit, o.Tickets)
		if err != nil {
			return err
		}
		r.Library = out.Library
	}
	if o.Spill != "" {
		if err := copyTo(made, work); err != nil {
			return err
		}
		out, err := clockRun(ctx, "replay", work, o.Spill, o.Tickets)
		if err != nil {
			return err
		}
		r.SpillLimit, r.SpillReplay = o.Spill, &out.measured
	}
	if o.Scale > 1 {
		for _, f := range []string{made, work} {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
		r.ScaleTickets = o.Scale * o.Tickets
		if _, err := clockRun(ctx, "make", made, o.MemoryLimit, r.ScaleTickets); err != nil {
			return err
		}
		out, err := clockRun(ctx, "replay", made, o.MemoryLimit, r.ScaleTickets)
		if err != nil {
			return err
		}
		r.ScaleReplay = &out.measured
	}
	r.judge(o.Scale)
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(b))
	if r.Loop != nil && r.Loop.Differing > 0 {
		return fmt.Errorf("%d rows of the replay and of the loop differ", r.Loop.Differing)
	}
	return nil
}

// judge computes the ratios and holds them against the promises.
func (r *clockResult) judge(scale int) {
	ratio := func(a, b float64) float64 {
		if b <= 0 {
			return 0
		}
		return round(a / b)
	}
	r.PerSecond = ratio(float64(r.Tickets), r.Replay.Seconds)
	r.Kept["tickets_per_second"] = r.PerSecond >= ticketsLimit
	r.FloorsPerClock = ratio(r.Replay.Seconds/2, r.Floor)
	r.Kept["floors_per_clock"] = r.FloorsPerClock > 0 && r.FloorsPerClock <= floorsLimit
	if r.Replay.PeakMiB > 0 {
		r.Kept["peak"] = r.Replay.PeakMiB < clockPeak
	}
	if r.Loop != nil {
		r.LoopOver = ratio(r.Loop.Read+r.Loop.Store, r.Replay.Seconds)
		r.LoopUnstored = ratio(r.Loop.Read, r.Replay.Seconds)
		r.Kept["loop"] = r.LoopOver >= loopLimit
		r.Kept["same_rows"] = r.Loop.Differing == 0
	}
	r.ChangeShare = ratio(r.Change, r.Replay.Seconds)
	r.Kept["change"] = r.Change <= changeLimit*r.Replay.Seconds+1
	if r.SpillReplay != nil {
		r.SpillRatio = ratio(r.SpillReplay.Seconds, r.Replay.Seconds)
	}
	if r.ScaleReplay != nil {
		r.ScaleRatio = ratio(r.ScaleReplay.Seconds, r.Replay.Seconds)
		r.Kept["scale"] = r.ScaleRatio <= scaleLimit*float64(scale)
	}
}

func replaysOf(seconds []float64) []measured {
	out := make([]measured, len(seconds))
	for i, s := range seconds {
		out[i].Seconds = s
	}
	return out
}

// clockRun runs one step in a process of its own. Its seconds are those that the step took itself, without the start of
// the process and the opening of the file.
func clockRun(ctx context.Context, name, warehouse, limit string, tickets int) (clockOutcome, error) {
	var out clockOutcome
	s, err := runSelf(ctx, &out, "clock-step", name, "--warehouse", warehouse, "--memory-limit", limit, "--tickets", strconv.Itoa(tickets))
	if err != nil {
		return clockOutcome{}, err
	}
	out.CPU, out.PeakMiB = round((s.UserTime() + s.SystemTime()).Seconds()), round(peakMiB(s))
	return out, nil
}
