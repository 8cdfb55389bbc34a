package sla

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"deskproof/model"
)

//go:embed testdata/generate.sql
var generateSQL string

// benchYAML is two clocks over five calendars in three zones.
const benchYAML = `
calendars:
  berlin: {time_zone: Europe/Berlin, hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [08:00-15:00]}, holidays: [DE-BE]}
  desk: {time_zone: Europe/Berlin, hours: {mon-fri: [07:00-19:00], sat: [09:00-13:00]}, holidays: [DE-BE]}
  newyork: {time_zone: America/New_York, hours: {mon-fri: [08:00-18:00]}, holidays: [US]}
  kolkata: {time_zone: Asia/Kolkata, hours: {mon-sat: [09:30-18:30]}}
sla:
  - id: response
    clock: response
    goals: [{when: priority = 1, within: 15m}, {when: priority = 2, within: 1h, calendar: desk}, {within: 4h, calendar: berlin}]
  - id: resolution
    pause: status = 'on_hold'
    goals:
      - {when: priority = 1, within: 4h}
      - {when: priority = 2 AND team = 'team-3', within: 8h, calendar: newyork}
      - {when: priority = 2, within: 8h, calendar: desk}
      - {when: team = 'team-5', within: 20h, calendar: kolkata}
      - {within: 24h, calendar: berlin}
`

// generated fills the warehouse with n tickets by a fixed formula.
func generated(b testing.TB, db *model.DB, n int) {
	b.Helper()
	if err := db.Exec(context.Background(), fmt.Sprintf("SET VARIABLE tickets = %d; %s", n, generateSQL)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReplay replays both clocks over DESKPROOF_TICKETS tickets (default 100,000). It reports tickets/s, both clocks
// counted once, and the multiple of the floor a clock: the time to scan, sort and sum the same events.
func BenchmarkReplay(b *testing.B) {
	n := 100_000
	if s := os.Getenv("DESKPROOF_TICKETS"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		n = v
	}
	ctx := context.Background()
	db := open(b)
	generated(b, db, n)
	cfg := parse(b, benchYAML)
	asOf := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	floor := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		if _, err := model.One[int64](ctx, db, `SELECT CAST(SUM(x) AS BIGINT) FROM (
			SELECT ticket_id, SUM(epoch(occurred_at)) OVER (PARTITION BY ticket_id ORDER BY occurred_at, sequence ROWS UNBOUNDED PRECEDING) AS x FROM ticket_event)`); err != nil {
			b.Fatal(err)
		}
		floor = min(floor, time.Since(start))
	}
	for b.Loop() {
		if err := Replay(ctx, db, cfg, asOf); err != nil {
			b.Fatal(err)
		}
	}
	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(n)/each.Seconds(), "tickets/s")
	b.ReportMetric(each.Seconds()/2/floor.Seconds(), "floors/clock")
	b.ReportMetric(floor.Seconds(), "floor-s")
}
