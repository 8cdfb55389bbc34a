package resttest

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
)

// StorySize is the number of tickets that Conform tells.
const StorySize = 24

// Conform holds the collector of a source type against its fake: what it tells of the source, that the whole story comes
// out, once, whatever happens on the way, and that the token is nowhere. Where faults and kills go is a sample, and every kind
// of fault is among them; with DESKPROOF_THOROUGH=1 they go everywhere. DESKPROOF_SEED repeats a sample.
func Conform(t *testing.T, typ string) {
	f, ok := FakeOf(typ)
	if !ok {
		t.Fatalf("there is no fake of %s: write resttest/fake_%s.go", typ, typ)
	}
	t.Run(typ, func(t *testing.T) {
		story := NewStory(StorySize)
		q := f.quiet(t, story)
		t.Logf("DESKPROOF_SEED=%d, DESKPROOF_THOROUGH=%t", q.seed, q.thorough)
		for _, x := range []struct {
			name string
			run  func(*testing.T, Fake, *Story, quiet)
		}{
			{"probe", conformProbe}, {"whole", conformWhole}, {"increment", conformIncrement}, {"faults", conformFaults},
			{"outage", conformOutage}, {"kill", conformKill}, {"refused", conformRefused},
		} {
			t.Run(x.name, func(t *testing.T) { x.run(t, f, story, q) })
		}
	})
}

func conformProbe(t *testing.T, f Fake, story *Story, _ quiet) {
	s := f.Start(t, story)
	d := s.Desk(t)
	c, err := collectors.Lookup(f.Type)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(d.Cfg, &d.Cfg.Sources[0]); err != nil {
		t.Fatal(err)
	}
	text, err := c.Probe(context.Background(), d.Cfg, &d.Cfg.Sources[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "reads:") || !strings.Contains(text, "clock") {
		t.Errorf("the probe says too little:\n%s", text)
	}
	secretFree(t, text)
	t.Log(text)
}

// secretFree fails when a text holds the token in any form that it may take.
func secretFree(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{Token, url.QueryEscape(Token), url.PathEscape(Token), base64.StdEncoding.EncodeToString([]byte(Token)),
		strings.ReplaceAll(Token, "/", `\/`), strings.ReplaceAll(Token, "&", `\u0026`)} {
		if i := strings.Index(text, form); i >= 0 {
			t.Errorf("the token is there: …%s…", text[max(0, i-80):min(len(text), i+len(form)+20)])
		}
	}
}

// conformWhole: everything comes out, and a second run stores nothing.
func conformWhole(t *testing.T, _ Fake, _ *Story, q quiet) {
	s, d := q.server, q.desk
	d.T = t
	secretFree(t, q.sum.Text()+d.Everything())
	s.compare(t, d, false)
	records, first := d.raw(), ""
	if q.thorough {
		first = d.dump()
	}
	for _, again := range []collectors.Summary{d.Collect(), d.Full()} {
		for _, c := range again.Sources[0].Counts {
			if c.Stored+c.Deleted+c.Merged > 0 {
				t.Errorf("collecting again stored something: %s", again.Text())
			}
		}
	}
	if again := d.raw(); again != records {
		t.Errorf("collecting twice is not collecting once:\n%s", firstDifference(records, again))
	}
	if !q.thorough { // the same records make the same model
		return
	}
	d.Build()
	if second := d.dump(); second != first {
		t.Errorf("collecting twice is not collecting once:\n%s", firstDifference(first, second))
	}
}

// conformIncrement: two runs, with the story going on between them, give what one run at the end gives.
func conformIncrement(t *testing.T, f Fake, story *Story, q quiet) {
	s := f.Start(t, story)
	s.SetNow(story.Middle)
	d := s.Desk(t)
	d.Collect()
	if q.thorough {
		s.compare(t, d, false)
	}
	s.SetNow(story.End)
	d.Later(time.Hour)
	sum := d.Collect()
	s.compare(t, d, true)
	t.Log(sum.Text())
}

// conformFaults: every request fails once, and the run is whole all the same. The kinds of fault take turns, each with as
// many requests as another; when thorough, every request fails in every way.
func conformFaults(t *testing.T, f Fake, story *Story, q quiet) {
	kinds := []struct {
		name  string
		fault Fault
	}{
		{"500", Refuse(500)}, {"429 in seconds", Refuse(429, "Retry-After", "7")},
		{"429 with a date", Refuse(503, "Retry-After", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))},
		{"cut", Cut}, {"reset", Reset},
	}
	whole := func(what string, fault func() Fault) {
		s := f.Start(t, story)
		s.EachOnce(fault)
		d := s.Desk(t)
		d.Collect()
		if got := d.raw(); got != q.raw {
			t.Errorf("%s: %s", what, firstDifference(q.raw, got))
		}
		if d.Slept == 0 {
			t.Errorf("%s: it did not wait", what)
		}
	}
	if q.thorough {
		for _, k := range kinds {
			whole(k.name, func() Fault { return k.fault })
		}
		return
	}
	turns := rand.New(rand.NewPCG(q.seed, 1)).Perm(len(kinds))
	for used := 0; used < len(kinds); { // a tool that is asked little is asked again
		before := used
		whole("faults in turn", func() Fault {
			used++
			return kinds[turns[used%len(kinds)]].fault
		})
		if used == before {
			t.Fatal("no request failed")
		}
	}
}

// conformOutage: the tool breaks down for good at some request. The run is not complete and says so without the token; the
// next one, with the tool back, makes everything whole.
func conformOutage(t *testing.T, f Fake, story *Story, q quiet) {
	for _, at := range q.points {
		s := f.Start(t, story)
		d := s.Desk(t)
		d.Batch = q.batch
		s.Before(func(i int, _ *http.Request) Fault {
			if i >= at {
				return Refuse(500)
			}
			return nil
		})
		sum, err := d.Try(context.Background(), d.Options())
		if err != nil || sum.Complete() {
			t.Errorf("out of order from request %d on: %v, %s", at, err, sum.Text())
		}
		secretFree(t, sum.Text()+d.Everything())
		s.Before(nil)
		d.Batch = q.last
		d.Collect()
		if got := d.raw(); got != q.raw {
			t.Errorf("out of order from request %d on, then back: %s", at, firstDifference(q.raw, got))
		}
	}
}

// conformKill: a run is killed at a request, the next one at a later request, and so on until one comes to its end; and runs
// are killed once, at the beginning, somewhere, and at the end.
func conformKill(t *testing.T, f Fake, story *Story, q quiet) {
	killed := func(s *Server, d *Desk, at int) bool {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		s.Before(func(i int, _ *http.Request) Fault {
			if i != at {
				return nil
			}
			return Gone(cancel)
		})
		sum, err := d.Try(ctx, d.Options())
		if err != nil && (ctx.Err() == nil || !strings.Contains(err.Error(), "interrupted")) {
			t.Fatalf("killed at request %d: %v", at, err)
		}
		d.TiesOut()
		return err != nil || !sum.Complete()
	}
	check := func(s *Server, d *Desk, what string) {
		s.Before(nil)
		d.Batch = q.last
		d.Collect()
		if got := d.raw(); got != q.raw {
			t.Errorf("%s: %s", what, firstDifference(q.raw, got))
		}
	}
	n := q.requests
	random := rand.New(rand.NewPCG(q.seed, 2))
	step := func() int { return 1 + random.IntN(1+n/2) }
	points := q.points[len(q.points)-1:] // the last; what follows begins with the first
	if q.thorough {
		step = func() int { return 1 + n/60 } // of many requests, every second or third
		points = q.points
	}
	s := f.Start(t, story)
	d := s.Desk(t)
	d.Batch = q.batch
	for at := 1; killed(s, d, at); at += step() {
		if at > 3*n {
			t.Fatal("it never comes to its end")
		}
	}
	check(s, d, "killed at one request after another")
	for _, at := range points {
		s := f.Start(t, story)
		d := s.Desk(t)
		d.Batch = q.batch
		killed(s, d, at)
		check(s, d, fmt.Sprintf("killed at request %d", at))
	}
}

// conformRefused: wrong credentials are told as such, and not repeated.
func conformRefused(t *testing.T, f Fake, story *Story, _ quiet) {
	if f.Signed == nil {
		t.Skip("the tool asks for no credentials")
	}
	s := f.Start(t, story)
	s.fake.Signed = func(*http.Request) bool { return false }
	d := s.Desk(t)
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "credentials") && !strings.Contains(sum.Text(), "login") {
		t.Errorf("%v %s", err, sum.Text())
	}
	secretFree(t, sum.Text()+d.Everything())
}

// quiet is what a run without faults makes, and how much of what can go wrong is to be tried.
type quiet struct {
	server   *Server
	desk     *Desk
	sum      collectors.Summary
	raw      string // the raw records
	requests int

	thorough    bool
	seed        uint64
	points      []int // requests at which something happens, ascending: the last one and some before it
	batch, last int64 // how often runs commit that something happens to, and those that make everything whole after them
}

func (f Fake) quiet(t *testing.T, story *Story) quiet {
	t.Helper()
	seed := uint64(time.Now().UnixNano() % 1_000_000) // each run takes another sample
	if v := os.Getenv("DESKPROOF_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("DESKPROOF_SEED: %v", err)
		}
	}
	s := f.Start(t, story)
	d := s.Desk(t)
	sum := d.Collect()
	n := s.Requests()
	if f.Logout {
		n--
	}
	q := quiet{server: s, desk: d, sum: sum, raw: d.raw(), requests: n, seed: seed, thorough: os.Getenv("DESKPROOF_THOROUGH") == "1"}
	random := rand.New(rand.NewPCG(seed, 3))
	fifth := int64(1 + strings.Count(q.raw, "\n")/5) // a commit takes longer than a page, so there are three to five a run
	q.points, q.batch = []int{1 + random.IntN(n), n}, fifth+random.Int64N(fifth)
	if q.thorough { // at every safe point
		q.batch, q.last = 1, 1
		q.points = []int{1, n}
		for range 6 {
			q.points = append(q.points, 1+random.IntN(n))
		}
	}
	slices.Sort(q.points)
	q.points = slices.Compact(q.points)
	return q
}

// raw are the newest versions of all raw records, without the address of the fake.
func (d *Desk) raw() string {
	d.T.Helper()
	rows := d.Rows(`SELECT concat_ws(' ', entity, key, deleted, payload) FROM raw_record
		QUALIFY version = max(version) OVER (PARTITION BY source, entity, key) ORDER BY entity, key`)
	return strings.ReplaceAll(strings.Join(rows, "\n"), d.Cfg.Sources[0].URL, "")
}

// dump is the model as text, without the address of the fake and the time of finding a deletion.
func (d *Desk) dump() string {
	d.T.Helper()
	var b strings.Builder
	url := d.Cfg.Sources[0].URL
	for _, q := range []string{
		"SELECT CAST(to_json(t) AS VARCHAR) FROM (SELECT * REPLACE (deleted_at IS NOT NULL AS deleted_at) FROM ticket) t ORDER BY ticket_id",
		"SELECT CAST(to_json(t) AS VARCHAR) FROM ticket_event t ORDER BY ticket_id, sequence",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM communication t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM ticket_link t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM approval t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM native_sla t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM survey_response t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM service t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM ci t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM outage t ORDER BY row",
		"SELECT CAST(to_json(t) AS VARCHAR) AS row FROM measurement t ORDER BY row",
	} {
		for _, row := range d.Rows(q) {
			b.WriteString(strings.ReplaceAll(row, url, "") + "\n")
		}
	}
	return b.String()
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("row %d\nwant %s\ngot  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d rows, want %d", len(g), len(w))
}

// compare holds the model against the story as it is now. Tickets are known by their titles. With seen, deleted and merged
// tickets were read before and must be there, marked.
func (s *Server) compare(t *testing.T, d *Desk, seen bool) {
	t.Helper()
	res := d.Build()
	for _, u := range res.Unmapped {
		t.Errorf("%s.%s: %q has no meaning", u.Entity, u.Field, u.SourceValue)
	}
	if s.fake.Compare != nil {
		s.fake.Compare(t, s, d, seen)
		return
	}
	lacks := func(what string) bool { return s.fake.Lacks[what] != "" }
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return at.UTC().Format("2006-01-02T15:04:05Z")
	}
	const form = "'%Y-%m-%dT%H:%M:%SZ'"
	got := map[string]string{}
	for _, row := range d.Rows(`SELECT title || chr(31) || CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN merged_into IS NOT NULL THEN 'merged' ELSE 'live' END || chr(31) ||
			concat_ws(' | ', kind, status, coalesce(CAST(priority AS VARCHAR), '-'), coalesce(team, '-'), coalesce(assignee, '-'), strftime(opened_at, ` + form + `),
				coalesce(strftime(resolved_at, ` + form + `), '-'), coalesce(strftime(first_response_at, ` + form + `), '-'),
				(SELECT coalesce(string_agg(to_value || ' ' || strftime(occurred_at, ` + form + `), ', ' ORDER BY sequence), '') FROM ticket_event e
					WHERE e.ticket_id = t.ticket_id AND field = 'status' AND from_value IS NOT NULL),
				(SELECT count(*) FROM communication c WHERE c.ticket_id = t.ticket_id))
		FROM ticket t ORDER BY merged_into NULLS LAST`) { // a merged ticket may bear the title of the one it went into
		parts := strings.SplitN(row, "\x1f", 2)
		got[parts[0]] = parts[1]
	}
	if len(got) == 0 {
		t.Error("no ticket at all")
	}
	wrong := 0
	fail := func(format string, args ...any) {
		if wrong++; wrong <= 5 {
			t.Errorf(format, args...)
		}
	}
	for _, k := range s.Tickets() {
		row, there := got[k.Title]
		delete(got, k.Title)
		state, rest, _ := strings.Cut(row, "\x1f")
		switch {
		case k.Gone():
			if there && state != "deleted" && !lacks("deleted") || !there && seen && !lacks("deleted") && k.Created.Before(s.Story.Middle) {
				fail("%s was deleted; the model says %q", k.Title, state)
			}
			continue
		case k.MergedInto > 0 && !lacks("merged"):
			if there && state != "merged" || !there && seen && k.Created.Before(s.Story.Middle) {
				fail("%s was merged; the model says %q", k.Title, state)
			}
			continue
		case !there:
			fail("%s is missing", k.Title)
			continue
		}
		var steps []string
		for _, c := range k.Changes {
			if c.Field == "status" {
				steps = append(steps, c.To+" "+stamp(c.At))
			}
		}
		text := func(v string) string {
			if v == "" {
				return "-"
			}
			return v
		}
		want := []string{k.Kind, k.Status, fmt.Sprint(k.Priority), k.Team, text(k.Assignee), stamp(k.Created), stamp(k.Resolved()), stamp(k.FirstResponse()),
			strings.Join(steps, ", "), fmt.Sprint(len(k.Messages))}
		have := strings.Split(rest, " | ")
		for i, what := range []string{"kind", "status", "priority", "team", "assignee", "opened", "resolved", "response", "history", "messages"} {
			if what == "response" && lacks("messages") || what == "resolved" && lacks("history") || lacks(what) {
				continue
			}
			if i >= len(have) || have[i] != want[i] {
				fail("%s: %s is %q, want %q", k.Title, what, have[min(i, len(have)-1)], want[i])
			}
		}
		if state != "live" {
			fail("%s is %s", k.Title, state)
		}
	}
	for title := range got {
		fail("the model holds %q, which is no ticket of the story", title)
	}
}
