package calendar

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// vector is one line of testdata/vectors.txt: the seconds between two instants, or the instant at which a goal is used up.
type vector struct {
	line     int
	due      bool
	calendar string
	from, to time.Time
	seconds  int64
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "vectors.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		v := vector{line: i + 1}
		line, v.due = strings.CutPrefix(line, "due ")
		parts := strings.Split(line, " | ")
		if len(parts) != 5 {
			t.Fatalf("line %d has %d parts", i+1, len(parts))
		}
		times, number := []int{1, 2}, 3
		if v.due {
			times, number = []int{1, 3}, 2
		}
		v.calendar = parts[0]
		for k, into := range []*time.Time{&v.from, &v.to} {
			if *into, err = time.Parse(time.RFC3339, parts[times[k]]); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
		}
		if v.seconds, err = strconv.ParseInt(parts[number], 10, 64); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		out = append(out, v)
	}
	return out
}

// laidOut is the calendars of testdata/vectors.yaml in a database.
func laidOut(t testing.TB, file string, from, to time.Time) (*Set, *model.DB) {
	t.Helper()
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db, err := model.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := set.Write(t.Context(), db, from, to); err != nil {
		t.Fatal(err)
	}
	return set, db
}

// storedF is the working seconds up to an instant, as the replay reads them.
func storedF(t testing.TB, db *model.DB, id, at int64) int64 {
	t.Helper()
	n, err := model.One[int64](t.Context(), db, `SELECT work_before + works * (CAST(? AS BIGINT) - piece_start) FROM calendar_piece
		WHERE calendar_id = ? AND day_number = ? AND ? BETWEEN piece_start AND piece_end - 1`, at, id, floorDiv(at, daySeconds), at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// storedDue is the first instant at which so many working seconds are counted, as the replay reads it.
func storedDue(t testing.TB, db *model.DB, id, work int64) int64 {
	t.Helper()
	n, err := model.One[int64](t.Context(), db, `SELECT piece_start + CAST(? AS BIGINT) - work_from FROM calendar_inverse
		WHERE calendar_id = ? AND bucket = ? AND ? > work_from AND ? <= work_to`, work, id, floorDiv(work-1, 14400), work, work)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestVectors checks seconds and due instants that were found by hand against the rows that the replay joins. Lines of one
// year share a layout; each is laid out to a year behind its last instant.
func TestVectors(t *testing.T) {
	years := map[int][]vector{}
	for _, v := range readVectors(t) {
		years[v.from.UTC().Year()] = append(years[v.from.UTC().Year()], v)
	}
	asked := 0
	for year, list := range years {
		last := slices.MaxFunc(list, func(a, b vector) int { return a.to.Compare(b.to) })
		set, db := laidOut(t, filepath.Join("testdata", "vectors.yaml"), time.Date(year-1, 12, 1, 0, 0, 0, 0, time.UTC), last.to.AddDate(1, 0, 0))
		for _, v := range list {
			id, ok := set.Lookup(v.calendar, "")
			if !ok {
				t.Fatalf("line %d: no calendar %s", v.line, v.calendar)
			}
			asked++
			start := storedF(t, db, id, v.from.Unix())
			if !v.due {
				if got := storedF(t, db, id, v.to.Unix()) - start; got != v.seconds {
					t.Errorf("line %d: %s: %d s, want %d", v.line, v.calendar, got, v.seconds)
				}
				continue
			}
			if got := storedDue(t, db, id, start+v.seconds); got != v.to.Unix() {
				t.Errorf("line %d: %s: due %s, want %s", v.line, v.calendar, time.Unix(got, 0).In(set.Get(id).Zone), v.to)
			}
		}
	}
	if asked < 80 {
		t.Errorf("only %d lines were checked", asked)
	}
}

// TestDaysOfComposedCalendars: working days of members in the zone of the calendar stay; a stretch from elsewhere belongs to
// the day on which it begins.
func TestDaysOfComposedCalendars(t *testing.T) {
	set, db := laidOut(t, filepath.Join("testdata", "vectors.yaml"), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	seat := func(calendar, at string) int64 {
		t.Helper()
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		id, ok := set.Lookup(calendar, "")
		if !ok {
			t.Fatalf("no calendar %s", calendar)
		}
		n, err := model.One[int64](context.Background(), db, "SELECT seat FROM calendar_piece WHERE calendar_id = ? AND works = 1 AND ? BETWEEN piece_start AND piece_end - 1", id, when.Unix())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, v := range []struct {
		calendar, a, b string
		days           int64
	}{
		{"follow", "2026-11-08T23:30:00+01:00", "2026-11-09T06:30:00+01:00", 0}, // Sydney's Monday begins on Berlin's Sunday, and is one day
		{"follow", "2026-11-09T06:30:00+01:00", "2026-11-09T08:30:00+01:00", 1},
		{"follow", "2026-11-09T08:30:00+01:00", "2026-11-09T23:30:00+01:00", 0}, // the first hours of Sydney's Tuesday belong to Berlin's Monday
		{"office_supported", "2026-11-06T08:30:00+01:00", "2026-11-09T08:30:00+01:00", 1},
		{"supported", "2026-07-10T23:30:00+02:00", "2026-07-13T00:00:00+02:00", 1}, // two days of maintenance are no working days
		{"watch", "2026-11-02T23:59:59+01:00", "2026-11-03T00:00:00+01:00", 1},     // always has the days of the zone that asks
	} {
		if got := seat(v.calendar, v.b) - seat(v.calendar, v.a); got != v.days {
			t.Errorf("%s: %d working days from %s to %s, want %d", v.calendar, got, v.a, v.b, v.days)
		}
	}
}

// writeFile writes a configuration and gives its path.
func writeFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deskproof.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
