package main

import (
	"path/filepath"
	"testing"
	"time"

	"deskproof/model"
)

// TestLoopAndReplayGiveTheSameRows runs every step of the clock on a small desk: the loop, written without the replay's SQL,
// must find the same cycles and segments, also after some tickets changed.
func TestLoopAndReplayGiveTheSameRows(t *testing.T) {
	ctx := t.Context()
	w, err := model.OpenWarehouse(ctx, filepath.Join(t.TempDir(), "w.duckdb"), "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := clockStep{Tickets: 2_000}
	step := func(name string) clockOutcome {
		out, err := s.step(ctx, w.DB, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return out
	}
	step("make")
	if out := step("replay"); out.Cycles < 3_990 || out.Events < 7*2_000 || out.Events > 9*2_000 || out.Segments < out.Cycles {
		t.Errorf("%+v", out)
	}
	if out := step("loop"); out.Loop.Differing != 0 || out.Loop.Cycles < 3_990 {
		t.Errorf("%+v", out.Loop)
	}
	// The comparison must see a wrong second.
	if err := w.Exec(ctx, "UPDATE sla_cycle SET due_at = due_at + INTERVAL 1 SECOND WHERE ticket_id = 'gen:T00000001' AND definition = 'response'"); err != nil {
		t.Fatal(err)
	}
	if out := step("loop"); out.Loop.Differing != 2 {
		t.Errorf("%d rows differ, want the wrong one and the right one", out.Loop.Differing)
	}
	if err := w.Exec(ctx, "UPDATE sla_cycle SET due_at = due_at - INTERVAL 1 SECOND WHERE ticket_id = 'gen:T00000001' AND definition = 'response'"); err != nil {
		t.Fatal(err)
	}
	step("change")
	if out := step("loop"); out.Loop.Differing != 0 {
		t.Errorf("after changes: %+v", out.Loop)
	}
	states, err := model.One[int64](ctx, w.DB, "SELECT count(DISTINCT state) FROM sla_cycle")
	if err != nil || states < 4 {
		t.Errorf("%d states, %v: the desk is not like one", states, err)
	}
	if out := step("library"); out.Library.Intervals != 2_000 || out.Library.Differing != 0 {
		t.Errorf("%+v", out.Library)
	}
}

// TestJudge holds the promises against figures worked out by hand: 1,000,000 tickets in 5 s are 200,000/s; 5 s are 2.5 s a
// clock, twice a floor of 1.25 s; a loop of 30 + 21 s takes 10.2 times as long; 1 % changed may take 0.05 × 5 + 1 = 1.25 s.
func TestJudge(t *testing.T) {
	r := clockResult{Tickets: 1_000_000, Replay: measured{5, 9, 4095}, Floor: 1.25, Loop: &loopResult{Read: 30, Store: 21}, Change: 1.25, ScaleReplay: &measured{55, 99, 5000}, Kept: map[string]bool{}}
	r.judge(10)
	if r.PerSecond != 200_000 || r.FloorsPerClock != 2 || r.LoopOver != 10.2 || r.LoopUnstored != 6 || r.ChangeShare != 0.25 || r.ScaleRatio != 11 {
		t.Errorf("%+v", r)
	}
	for name, kept := range r.Kept {
		if !kept {
			t.Errorf("%s was kept", name)
		}
	}
	r = clockResult{Tickets: 1_000_000, Replay: measured{7, 9, 4097}, Floor: 0.8, Loop: &loopResult{Read: 30, Store: 21, Differing: 1}, Change: 1.36, ScaleReplay: &measured{78, 99, 5000}, Kept: map[string]bool{}}
	r.judge(10)
	if len(r.Kept) != 7 {
		t.Errorf("%v", r.Kept)
	}
	for name, kept := range r.Kept {
		if kept {
			t.Errorf("%s was not kept", name)
		}
	}
}
