package controls

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/calendar"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// happening is a moment as the oracle sees it: seconds, -1 when the time is not known.
type happening struct {
	what string
	at   int64
	who  string
}

// oracle answers a rule for the history of one ticket by looking at every moment, without SQL.
type oracle struct {
	t     *testing.T
	zone  *time.Location
	asOf  int64
	works []int64 // working half hours since the begin of the test, by half hour
	from  int64
}

const half = 1800

// worked is the working time since the begin, Monday to Friday 9 to 17.
func (o *oracle) worked(at int64) int64 {
	for n := int64(len(o.works)); n <= (at-o.from)/half; n++ {
		if n == 0 {
			o.works = append(o.works, 0)
			continue
		}
		l := time.Unix(o.from+(n-1)*half, 0).In(o.zone)
		w := o.works[n-1]
		if d := l.Weekday(); d != time.Saturday && d != time.Sunday && l.Hour() >= 9 && l.Hour() < 17 {
			w += half
		}
		o.works = append(o.works, w)
	}
	return o.works[(at-o.from)/half]
}

// late tells whether end lies outside of the time after start. End -1: there is none.
func (o *oracle) late(r *Rule, start, end int64) bool {
	w := r.limit
	if r.Calendar == "" {
		due := time.Unix(start, 0).In(o.zone).AddDate(0, 0, int(w.Days)).Unix() + w.Seconds
		return due <= o.asOf && (end < 0 || end > due)
	}
	due := o.worked(start) + w.Seconds
	if w.Days > 0 {
		l := time.Unix(start, 0).In(o.zone)
		day := time.Date(l.Year(), l.Month(), l.Day(), 9, 0, 0, 0, o.zone)
		on := func() bool { return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday }
		for !on() || day.Add(8*time.Hour).Unix() <= start {
			day = day.AddDate(0, 0, 1)
		}
		position := max(0, start-day.Unix())
		for n := int64(0); n < w.Days; {
			if day = day.AddDate(0, 0, 1); on() {
				n++
			}
		}
		due = o.worked(day.Unix()) + position + w.Seconds
	}
	return o.worked(o.asOf) > due && (end < 0 || o.worked(end) > due)
}

func (o *oracle) fails(r *Rule, all []happening) bool {
	of := func(m Moment) (known []int64, unknown int) {
		for _, h := range all {
			if h.what == m.label() && h.at < 0 {
				unknown++
			} else if h.what == m.label() {
				known = append(known, h.at)
			}
		}
		slices.Sort(known)
		return known, unknown
	}
	k := r.kind()
	a, unknownA := of(k.moments[0])
	var b []int64
	var unknownB int
	if len(k.moments) > 1 {
		b, unknownB = of(k.moments[1])
	}
	switch k.name {
	case "precedence":
		for _, x := range b {
			if !slices.ContainsFunc(a, func(y int64) bool { return y <= x }) {
				return true
			}
		}
	case "timeliness":
		end := int64(-1)
		if len(b) > 0 {
			end = b[0]
		}
		return len(a) > 0 && o.late(r, a[0], end)
	case "response":
		for _, x := range a {
			end := int64(-1)
			for _, y := range slices.Backward(b) {
				if y >= x {
					end = y
				}
			}
			if r.Within == "" && unknownB == 0 && end < 0 || r.Within != "" && o.late(r, x, end) {
				return true
			}
		}
	case "chain":
		var walk func(i int, from int64) bool
		walk = func(i int, from int64) bool {
			if i == len(k.moments) {
				return true
			}
			at, _ := of(k.moments[i])
			return slices.ContainsFunc(at, func(x int64) bool { return x >= from && walk(i+1, x) })
		}
		return !walk(0, 0)
	case "separation":
		for _, x := range all {
			for _, y := range all {
				others := slices.ContainsFunc(k.moments[1:], func(m Moment) bool { return m.label() == y.what })
				if x.what == k.moments[0].label() && others && strings.TrimSpace(x.who) != "" &&
					strings.EqualFold(strings.TrimSpace(x.who), strings.TrimSpace(y.who)) {
					return true
				}
			}
		}
	case "absence":
		after, _ := of(r.After)
		before, _ := of(r.Before)
		if !r.After.is() && !r.Before.is() {
			return len(a)+unknownA > 0
		}
		for _, x := range a {
			if (!r.After.is() || len(after) > 0 && x > after[0]) && (!r.Before.is() || len(before) > 0 && x < before[0]) {
				return true
			}
		}
	default:
		return len(a)+unknownA > r.times
	}
	return false
}

// TestRulesEqualTheOracle: on random histories the SQL of random rules finds the tickets that the oracle finds.
func TestRulesEqualTheOracle(t *testing.T) {
	seed := uint64(20261122)
	if s := os.Getenv("DESKPROOF_SEED"); s != "" {
		v, err := strconv.ParseUint(s, 10, 63)
		if err != nil {
			t.Fatal(err)
		}
		seed = v
	}
	t.Logf("DESKPROOF_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 7))
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// Around the night in which the clocks go forward.
	from, asOf := time.Date(2026, 3, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 7, 12, 0, 0, 0, time.UTC)
	cfg, err := config.Parse(filepath.Join(t.TempDir(), "deskproof.yaml"),
		[]byte("organization: {name: X, time_zone: Europe/Berlin}\ncalendars: {office: {hours: {mon-fri: [09:00-17:00]}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := calendar.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Write(ctx, db, from.AddDate(0, 0, -7), asOf.AddDate(0, 0, 60)); err != nil {
		t.Fatal(err)
	}
	tickets := randomHistories(t, ctx, db, rnd, from.Unix(), asOf.Unix())
	o := &oracle{t: t, zone: zone, asOf: asOf.Unix(), from: from.AddDate(0, 0, -7).Unix()}
	found := 0
	for i := range 240 {
		r := randomRule(rnd, RuleKinds()[i%len(RuleKinds())])
		k := &Control{ID: "own-rule", Rule: r, Population: SQL{Text: "SELECT ticket_id AS subject, ticket_id, opened_at AS occurred_at FROM ticket WHERE has_history"}}
		var ps strictyaml.Problems
		k.compile(nil, &ps)
		if len(ps) > 0 {
			t.Fatalf("%+v: %v", r, ps)
		}
		k.Inputs = nil
		res, err := evaluate(ctx, db, k, Params{AsOf: asOf, Zone: zone})
		if err != nil {
			t.Fatalf("%+v: %v\n%s", r, err, k.ExceptionSQL(Params{AsOf: asOf, Zone: zone}))
		}
		got := map[string]string{}
		for _, e := range res.Exceptions {
			got[e.Subject] = e.Reason
			if strings.TrimSpace(e.Reason) == "" {
				t.Errorf("%s: no reason", e.Subject)
			}
		}
		for id, history := range tickets {
			_, is := got[id]
			if want := o.fails(r, history); want != is {
				t.Errorf("DESKPROOF_SEED=%d: %+v of %s: SQL says %v (%s), the oracle %v; history %v", seed, *r, id, is, got[id], want, history)
				return
			}
		}
		found += len(got)
	}
	if found < 500 {
		t.Errorf("only %d exceptions: the histories prove little", found)
	}
	t.Logf("%d exceptions", found)
}

func randomHistories(t *testing.T, ctx context.Context, db *model.DB, rnd *rand.Rand, from, asOf int64) map[string][]happening {
	t.Helper()
	f, err := newFiller(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	people := []string{"Ada", " ada", "Ben", "BEN ", "", "Cyd"}
	at := func() int64 {
		if rnd.IntN(3) == 0 { // many at the same instants
			return from + (40+60*rnd.Int64N(6))*half
		}
		return from + rnd.Int64N((asOf-from)/half+40)*half // some lie behind as-of
	}
	stamp := func(s int64) string { return time.Unix(s, 0).UTC().Format("2006-01-02 15:04:05+00") }
	out := map[string][]happening{}
	for i := range 120 {
		id := fmt.Sprintf("t:%d", i)
		requester := people[rnd.IntN(len(people))]
		ticket := map[string]string{"ticket_id": id, "has_history": "true", "opened_at": stamp(from), "requester": requester}
		all := []happening{{"requester", -1, requester}}
		put := func(h happening) {
			if h.at < asOf {
				all = append(all, h)
			}
		}
		if rnd.IntN(2) == 0 {
			s := at()
			ticket["started_at"] = stamp(s)
			put(happening{"started", s, ""})
		}
		rows := Rows{"ticket": {ticket}}
		for n := range rnd.IntN(7) {
			h := happening{fmt.Sprintf("status = '%c'", 'a'+rnd.IntN(3)), at(), people[rnd.IntN(len(people))]}
			rows["ticket_event"] = append(rows["ticket_event"], map[string]string{"ticket_id": id, "sequence": strconv.Itoa(n + 1), "field": "status",
				"to_value": string(h.what[len(h.what)-2]), "actor": h.who, "occurred_at": stamp(h.at)})
			put(h)
		}
		for range rnd.IntN(3) {
			h := happening{"approved", at(), people[rnd.IntN(len(people))]}
			row := map[string]string{"ticket_id": id, "decision": "approved", "approver": h.who, "decided_at": stamp(h.at)}
			if rnd.IntN(4) == 0 {
				h.at = -1
				delete(row, "decided_at")
			}
			rows["approval"] = append(rows["approval"], row)
			put(h)
		}
		if err := f.fill(ctx, rows); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(all, func(a, b happening) int { return cmp.Compare(a.at, b.at) })
		out[id] = all
	}
	return out
}

func randomRule(rnd *rand.Rand, kind string) *Rule {
	moments := []Moment{{When: "status = 'a'"}, {When: "status = 'b'"}, {When: "status = 'c'"}, {Name: "approved"}, {Name: "started"}}
	rnd.Shuffle(len(moments), func(i, j int) { moments[i], moments[j] = moments[j], moments[i] })
	r := &Rule{Pos: strictyaml.Pos{File: "r", Line: 1, Column: 1}}
	limit := func() {
		switch rnd.IntN(4) {
		case 0:
			r.Within = fmt.Sprintf("%d hours", 1+rnd.IntN(60))
		case 1:
			r.Within = fmt.Sprintf("%d days", 1+rnd.IntN(6))
		case 2:
			r.Within, r.Calendar = fmt.Sprintf("%dm", 30*(1+rnd.IntN(40))), "office"
		default:
			r.Within, r.Calendar = fmt.Sprintf("%d working_days %dh", 1+rnd.IntN(3), 1+rnd.IntN(5)), "office"
		}
	}
	switch kind {
	case "precedence":
		r.Precedence = moments[:2]
	case "response":
		if r.Response = moments[:2]; rnd.IntN(2) == 0 {
			limit()
		}
	case "timeliness":
		r.Timeliness = moments[:2]
		limit()
	case "chain":
		r.Chain = moments[:2+rnd.IntN(2)]
	case "separation":
		r.Separation = append(slices.Clone(moments[:1+rnd.IntN(2)]), Moment{Name: "requester"})
	case "absence":
		r.Absence = moments[0]
		if rnd.IntN(2) == 0 {
			r.After = moments[1]
		}
		if rnd.IntN(2) == 0 {
			r.Before = moments[2]
		}
	case "at_most_once":
		r.AtMostOnce = moments[0]
	default:
		r.AtMost, r.Times = moments[0], strconv.Itoa(rnd.IntN(3))
	}
	return r
}
