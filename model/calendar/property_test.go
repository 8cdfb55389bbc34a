package calendar

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// wallRule is a calendar as a person would read it from the file: it is asked for single instants, and shares nothing with
// the layout.
type wallRule struct {
	zone     *time.Location
	weeks    []wallWeek
	holidays []string
	open     [][2]string // 2006-01-02 15:04, begin and end on the wall

	any, all, except []*wallRule

	from  time.Time // of what was found before
	known []bool
}

type wallWeek struct {
	from  string
	hours [7][][2]int // Monday first; minutes after midnight, above 1440 over midnight
}

// minutes says for each minute from an instant on whether it is working time.
func (r *wallRule) minutes(from time.Time, n int) []bool {
	if r.from.Equal(from) && len(r.known) == n {
		return r.known
	}
	out := make([]bool, n)
	one := func(list []*wallRule, i int) bool {
		return slices.ContainsFunc(list, func(m *wallRule) bool { return m.minutes(from, n)[i] })
	}
	for i := range out {
		if r.zone != nil {
			out[i] = r.works(from.Add(time.Duration(i) * time.Minute))
			continue
		}
		every := !slices.ContainsFunc(r.all, func(m *wallRule) bool { return !m.minutes(from, n)[i] })
		out[i] = (len(r.any) == 0 || one(r.any, i)) && every && !one(r.except, i)
	}
	r.from, r.known = from, out
	return out
}

func (r *wallRule) works(at time.Time) bool {
	local := at.In(r.zone)
	now := local.Format("2006-01-02 15:04")
	for _, o := range r.open {
		if o[0] <= now && now < o[1] {
			return true
		}
	}
	today := now[:10]
	if slices.Contains(r.holidays, today) {
		return false
	}
	y, m, d := local.Date()
	yesterday := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC).Format("2006-01-02")
	minute := local.Hour()*60 + local.Minute()
	return r.inside(today, minute) || r.inside(yesterday, minute+1440)
}

func (r *wallRule) inside(day string, minute int) bool {
	t, _ := time.Parse("2006-01-02", day)
	var hours [][2]int
	for _, w := range r.weeks {
		if w.from <= day {
			hours = w.hours[(int(t.Weekday())+6)%7]
		}
	}
	return slices.ContainsFunc(hours, func(h [2]int) bool { return minute >= h[0] && minute < h[1] })
}

var propertyZones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Australia/Sydney", "Asia/Tehran", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Antarctica/Troll"}

// randomWeek makes hours without overlap; Sunday never reaches into Monday.
func randomWeek(r *rand.Rand) (hours [7][][2]int, text string) {
	var parts []string
	busy := 0
	for d := range hours {
		at := busy
		busy = 0
		var spans []string
		for at < 1440 && r.IntN(4) > 0 {
			from := at + r.IntN(400)
			to := from + 1 + r.IntN(700)
			if from >= 1440 {
				break
			}
			if to > 1440 && (d == 6 || to-1440 >= from) {
				to = 1440
			}
			hours[d] = append(hours[d], [2]int{from, to})
			spans = append(spans, fmt.Sprintf("%02d:%02d-%02d:%02d", from/60, from%60, to/60-24*(to/1441), to%60))
			at = to
			busy = max(0, to-1440)
		}
		if len(spans) > 0 {
			parts = append(parts, fmt.Sprintf("%s: [%s]", []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[d], strings.Join(spans, ", ")))
		}
	}
	if len(parts) == 0 {
		hours[2] = [][2]int{{600, 660}}
		parts = []string{"wed: [10:00-11:00]"}
	}
	return hours, "{" + strings.Join(parts, ", ") + "}"
}

// randomCalendars makes a configuration and what it means.
func randomCalendars(r *rand.Rand, from time.Time) (yaml string, rules map[string]*wallRule) {
	rules = map[string]*wallRule{}
	var text strings.Builder
	text.WriteString("organization: {name: X, time_zone: " + propertyZones[r.IntN(len(propertyZones))] + "}\ncalendars:\n")
	day := func(within int) time.Time { return from.AddDate(0, 0, r.IntN(within)) }
	var names []string
	for i := range 3 {
		zone := propertyZones[r.IntN(len(propertyZones))]
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		rule := &wallRule{zone: loc}
		hours, words := randomWeek(r)
		rule.weeks = []wallWeek{{"", hours}}
		name := fmt.Sprintf("s%d", i)
		fmt.Fprintf(&text, "  %s:\n    time_zone: %s\n    hours: %s\n", name, zone, words)
		if r.IntN(2) == 0 {
			change := day(20)
			hours, words := randomWeek(r)
			rule.weeks = append(rule.weeks, wallWeek{change.Format("2006-01-02"), hours})
			fmt.Fprintf(&text, "    changes: [{from: %s, hours: %s}]\n", change.Format("2006-01-02"), words)
		}
		for range r.IntN(3) {
			rule.holidays = append(rule.holidays, day(25).Format("2006-01-02"))
		}
		slices.Sort(rule.holidays)
		fmt.Fprintf(&text, "    holidays: [%s]\n", strings.Join(rule.holidays, ", "))
		if r.IntN(2) == 0 {
			a := day(20).Add(time.Duration(r.IntN(1440)) * time.Minute)
			b := a.Add(time.Duration(1+r.IntN(4000)) * time.Minute)
			o := [2]string{a.Format("2006-01-02 15:04"), b.Format("2006-01-02 15:04")}
			rule.open = append(rule.open, o)
			fmt.Fprintf(&text, "    open: [%s..%s]\n", o[0], o[1])
		}
		rules[name] = rule
		names = append(names, name)
	}
	for i := range 3 {
		name := fmt.Sprintf("c%d", i)
		rule := &wallRule{}
		pool := slices.Clone(names)
		r.Shuffle(len(pool), func(a, b int) { pool[a], pool[b] = pool[b], pool[a] })
		fmt.Fprintf(&text, "  %s:\n", name)
		if zone := propertyZones[r.IntN(len(propertyZones))]; r.IntN(3) > 0 {
			fmt.Fprintf(&text, "    time_zone: %s\n", zone)
		}
		take := func(key string, n int, into *[]*wallRule) {
			var list []string
			for range min(n, len(pool)) {
				list = append(list, pool[0])
				*into = append(*into, rules[pool[0]])
				pool = pool[1:]
			}
			if len(list) > 0 {
				fmt.Fprintf(&text, "    %s: [%s]\n", key, strings.Join(list, ", "))
			}
		}
		if r.IntN(3) > 0 {
			take("any_of", 1+r.IntN(2), &rule.any)
			take("all_of", r.IntN(2), &rule.all)
		} else {
			take("all_of", 1+r.IntN(2), &rule.all)
		}
		take("except", r.IntN(2), &rule.except)
		rules[name] = rule
		names = append(names, name)
	}
	return text.String(), rules
}

// TestRandomCalendars compares random calendars, also those built from others, with what a clock on the wall shows, minute
// by minute, and asks that what is found for a second does not depend on the stretch that is laid out.
func TestRandomCalendars(t *testing.T) {
	const seed, days = 20261123, 18
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 7))
	begins := []string{"2011-12-15", "2018-02-05", "2018-10-22", "2022-03-10", "2022-09-10", "2026-02-05", "2026-03-01", "2026-03-20", "2026-09-20", "2026-10-12", "2028-02-15", "2024-12-20", "2010-10-25"}
	compared, refused := 0, 0
	for i := range 52 {
		from, _ := time.Parse("2006-01-02", begins[i%len(begins)])
		text, rules := randomCalendars(r, from)
		cfg, err := config.Parse(filepath.Join(t.TempDir(), "deskproof.yaml"), []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		set, err := Compile(cfg)
		if err != nil {
			// Only one mistake is possible here: nothing is left of an intersection.
			if refused++; !strings.Contains(err.Error(), "no working time is left") {
				t.Fatalf("%v\n%s", err, text)
			}
			continue
		}
		for _, name := range []string{"s0", "s1", "s2", "c0", "c1", "c2"} {
			id, _ := set.Lookup(name, "")
			work, _, err := set.Get(id).layout(from.Unix(), from.AddDate(0, 0, days).Unix())
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range rules[name].minutes(from, days*1440) {
				s := from.Unix() + int64(i)*60
				k := sort.Search(len(work), func(i int) bool { return work[i].to > s })
				if got := k < len(work) && work[k].from <= s; got != want {
					t.Fatalf("%s: %s works %v, want %v\n%s", name, time.Unix(s, 0).UTC(), got, want, text)
				}
			}
			compared++
			// A part of the stretch gives the same, days included.
			a := from.Unix() + int64(r.IntN(days*1440/2))*60
			b := a + int64(1+r.IntN(days*1440/2))*60
			part, _, err := set.Get(id).layout(a, b)
			if err != nil {
				t.Fatal(err)
			}
			var want []working
			for _, w := range work {
				if w.from, w.to = max(w.from, a), min(w.to, b); w.from < w.to {
					want = append(want, w)
				}
			}
			if !slices.EqualFunc(part, want, func(x, y working) bool { return x.stretch == y.stretch && x.label == y.label }) {
				t.Fatalf("%s from %d to %d: %v, want %v\n%s", name, a, b, part, want, text)
			}
		}
	}
	if compared < 150 {
		t.Errorf("only %d calendars were compared, %d configurations refused", compared, refused)
	}
}

// storedRules are queries that count rows that must not be: of a layout in the tables.
var storedRules = []string{
	"SELECT count(*) FROM (SELECT piece_start, piece_end, lag(piece_end) OVER (PARTITION BY calendar_id ORDER BY piece_start) AS b FROM calendar_piece) WHERE b <> piece_start OR piece_end <= piece_start",
	"SELECT count(*) FROM calendar_piece WHERE piece_start // 86400 <> day_number OR (piece_end - 1) // 86400 <> day_number",
	"SELECT count(*) FROM (SELECT work_before, lag(work_before + works * (piece_end - piece_start)) OVER (PARTITION BY calendar_id ORDER BY piece_start) AS b FROM calendar_piece) WHERE b <> work_before",
	// Going there and back: every working piece is found by its first and by its last second.
	`SELECT count(*) FROM calendar_piece p LEFT JOIN calendar_inverse i ON i.calendar_id = p.calendar_id AND i.bucket = p.work_before // 14400
		AND p.work_before >= i.work_from AND p.work_before < i.work_to WHERE p.works = 1 AND (i.piece_start IS NULL OR i.piece_start <> p.piece_start)`,
	`SELECT count(*) FROM (SELECT *, work_before + piece_end - piece_start AS w FROM calendar_piece) p LEFT JOIN calendar_inverse i ON i.calendar_id = p.calendar_id AND i.bucket = (p.w - 1) // 14400
		AND p.w > i.work_from AND p.w <= i.work_to WHERE p.works = 1 AND (i.piece_start IS NULL OR i.piece_start <> p.piece_start)`,
	"SELECT count(*) FROM calendar_day d JOIN calendar_piece p ON p.calendar_id = d.calendar_id AND p.seat = d.ordinal AND p.works = 1 WHERE p.work_before < d.work_before OR p.work_before >= d.work_before + d.work_seconds",
	"SELECT count(*) FROM (SELECT work_before, lag(work_before + work_seconds) OVER (PARTITION BY calendar_id ORDER BY ordinal) AS b FROM calendar_day) WHERE b <> work_before",
	// The seat never goes back, and time outside of working hours has the seat of what follows.
	"SELECT count(*) FROM (SELECT seat, works, lag(seat) OVER w AS b, lead(seat) OVER w AS n FROM calendar_piece WINDOW w AS (PARTITION BY calendar_id ORDER BY piece_start)) WHERE seat < b OR works = 0 AND n <> seat",
}

func checkStored(t testing.TB, db *model.DB) {
	t.Helper()
	for _, q := range storedRules {
		n, err := model.One[int64](context.Background(), db, q)
		if err != nil || n != 0 {
			t.Errorf("%d rows, %v: %s", n, err, q)
		}
	}
}

// TestRandomCalendarsInTables writes random calendars in one step and in two: the rows hold together, are the same, and
// answer as the clock on the wall.
func TestRandomCalendarsInTables(t *testing.T) {
	const seed, days = 20261124, 24
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	for written := 0; written < 6; {
		from := time.Date([]int{2011, 2018, 2026}[written%3], time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		text, rules := randomCalendars(r, from)
		cfg, err := config.Parse(filepath.Join(t.TempDir(), "deskproof.yaml"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Compile(cfg); err != nil {
			continue
		}
		written++
		var dumps [2]string
		for i, steps := range [][]time.Time{{from.AddDate(0, 0, days)}, {from.AddDate(0, 0, 1+r.IntN(days-2)), from.AddDate(0, 0, days)}} {
			db, err := model.OpenMemory(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			set, _ := Compile(cfg)
			if err := set.Write(t.Context(), db, from, steps[0]); err != nil {
				t.Fatal(err)
			}
			for _, s := range steps[1:] {
				if err := set.Extend(t.Context(), db, s); err != nil {
					t.Fatal(err)
				}
			}
			checkStored(t, db)
			for _, table := range []string{"calendar_piece", "calendar_inverse", "calendar_day", "calendar_holiday"} {
				rows, err := model.Select[string](t.Context(), db, "SELECT CAST(x AS VARCHAR) FROM "+table+" x ORDER BY 1")
				if err != nil {
					t.Fatal(err)
				}
				dumps[i] += table + "\n" + strings.Join(rows, "\n") + "\n"
			}
			if i == 1 {
				continue
			}
			for _, name := range []string{"s0", "c0", "c1", "c2"} {
				id, _ := set.Lookup(name, "")
				for range 4 {
					a := from.Unix() + int64(r.IntN(days*1440))*60
					want := int64(0)
					for i, works := range rules[name].minutes(from, days*1440) {
						if works && from.Unix()+int64(i)*60 < a {
							want += 60
						}
					}
					if got := storedF(t, db, id, a); got != want {
						t.Errorf("%s: %d s up to %d, want %d\n%s", name, got, a, want, text)
					} else if want > 0 {
						if due := storedDue(t, db, id, want); storedF(t, db, id, due) != want || storedF(t, db, id, due-1) != want-1 {
							t.Errorf("%s: %d s are not used up at %d\n%s", name, want, due, text)
						}
					}
				}
			}
		}
		if dumps[0] != dumps[1] {
			t.Errorf("the rows differ when they are laid out in two steps\n%s", text)
		}
	}
}
