package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/sla"
)

//go:embed clock.yaml
var clockYAML []byte

//go:embed clock_tickets.sql
var clockTicketsSQL string

// clockAsOf is the moment as of which the clocks are replayed; the generated histories end there.
var clockAsOf = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

// clockStep is one step of the benchmark in a process of its own.
type clockStep struct {
	Warehouse, MemoryLimit string
	Tickets                int
}

// clockOutcome is what a step prints.
type clockOutcome struct {
	measured
	Events   int64          `json:"events"`
	Cycles   int64          `json:"cycles"`
	Segments int64          `json:"segments"`
	Loop     *loopResult    `json:"loop,omitempty"`
	Library  *libraryResult `json:"library,omitempty"`
}

func (s clockStep) run(ctx context.Context, name string) error {
	w, err := model.OpenWarehouse(ctx, s.Warehouse, "benchmark clock", time.Now())
	if err != nil {
		return err
	}
	err = func() error {
		if s.MemoryLimit != "" {
			if err := w.Exec(ctx, "SET memory_limit = "+model.QuoteText(s.MemoryLimit)); err != nil {
				return err
			}
		}
		if err := w.UseThreads(ctx); err != nil {
			return err
		}
		out, err := s.step(ctx, w.DB, name)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(out)
	}()
	return errors.Join(err, w.Close())
}

func (s clockStep) step(ctx context.Context, db *model.DB, name string) (out clockOutcome, err error) {
	cfg, err := config.Parse("clock.yaml", clockYAML)
	if err != nil {
		return out, err
	}
	start := time.Now()
	switch name {
	case "make":
		if err := makeTickets(ctx, db, s.Tickets); err != nil {
			return out, err
		}
		out.Seconds = time.Since(start).Seconds()
	case "floor":
		out.Seconds, err = floor(ctx, db)
		if err != nil {
			return out, err
		}
	case "replay":
		if err := sla.Replay(ctx, db, cfg, clockAsOf); err != nil {
			return out, err
		}
		out.Seconds = time.Since(start).Seconds()
		type counts struct{ Events, Cycles, Segments int64 }
		n, err := model.One[counts](ctx, db, "SELECT (SELECT count(*) FROM ticket_event) AS events, (SELECT count(*) FROM sla_cycle) AS cycles, (SELECT count(*) FROM sla_segment) AS segments")
		if err != nil {
			return out, err
		}
		out.Events, out.Cycles, out.Segments = n.Events, n.Cycles, n.Segments
	case "change":
		if err := changeTickets(ctx, db); err != nil {
			return out, err
		}
		start = time.Now()
		if err := sla.Replay(ctx, db, cfg, clockAsOf); err != nil {
			return out, err
		}
		out.Seconds = time.Since(start).Seconds()
	case "loop":
		if out.Loop, err = loop(ctx, db); err != nil {
			return out, err
		}
	case "library":
		if out.Library, err = library(ctx, db); err != nil {
			return out, err
		}
	default:
		return out, fmt.Errorf("no step %q", name)
	}
	return out, nil
}

// makeTickets fills an empty warehouse, half a million tickets at a time.
func makeTickets(ctx context.Context, db *model.DB, n int) error {
	const part = 500_000
	for first := 0; first < n; first += part {
		query := fmt.Sprintf("SET VARIABLE tickets = %d; SET VARIABLE first_ticket = %d; SET VARIABLE next_ticket = %d; %s", n, first, min(first+part, n), clockTicketsSQL)
		if err := db.Exec(ctx, query); err != nil {
			return err
		}
		if err := db.UseThreads(ctx); err != nil {
			return err
		}
	}
	return db.Exec(ctx, "CHECKPOINT")
}

// changeTickets gives every hundredth ticket one more change of priority, an hour after its opening.
func changeTickets(ctx context.Context, db *model.DB) error {
	return db.Exec(ctx, `INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value)
		SELECT t.ticket_id, 1000, t.opened_at + INTERVAL 1 HOUR, 'priority', NULL, '2' FROM ticket t WHERE ticket_id LIKE '%07' AND opened_at < TIMESTAMPTZ '2026-11-30 00:00:00+00'`)
}

// floor is the time that DuckDB needs to scan, sort by ticket and time, and sum the same events: the best of three.
func floor(ctx context.Context, db *model.DB) (float64, error) {
	best := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		if _, err := model.One[int64](ctx, db, `SELECT CAST(SUM(x) AS BIGINT) FROM (
			SELECT SUM(epoch_us(occurred_at) // 1000000) OVER (PARTITION BY ticket_id ORDER BY occurred_at, sequence ROWS UNBOUNDED PRECEDING) AS x FROM ticket_event)`); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
	}
	return best.Seconds(), nil
}

func copyTo(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
