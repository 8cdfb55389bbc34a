package sla

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"
	"text/template"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

//go:embed steps/*.sql
var stepFiles embed.FS

// The dialect of the steps: what engines write differently stands here and nowhere else.
var steps = template.Must(template.New("steps").Funcs(template.FuncMap{
	"seconds": func(x string) string { return "CAST(epoch_us(" + x + ") // 1000000 AS BIGINT)" },
	"div":     func(x string, n any) string { return fmt.Sprintf("(%s // %v)", x, n) },
	"day":     func(x string) string { return "(" + x + " // 86400)" },
	"last":    func(x string) string { return "last_value(" + x + " IGNORE NULLS)" },
	"first":   func(x string) string { return "first_value(" + x + " IGNORE NULLS)" },
	// Lists: gathered and sorted, changed member by member, one member (from 1; NULL beyond the end), and one row a member.
	"sorted": func(x string) string { return "list_sort(list(" + x + "))" },
	"each": func(list, name, x string) string {
		return "list_transform(" + list + ", lambda " + name + ": " + x + ")"
	},
	"member":   func(list, n string) string { return list + "[" + n + "]" },
	"members":  func(list string) string { return "unnest(" + list + ")" },
	"ordinals": func(list string) string { return "generate_subscripts(" + list + ", 1)" },
	"hash":     func(x string) string { return "hash(" + x + ")" },
	"xor":      func(x string) string { return "bit_xor(" + x + ")" },
	"instant":  func(x string) string { return "make_timestamptz(1000000 * (" + x + "))" },
	// The first instant that lies behind a second.
	"after": func(s int64) string { return fmt.Sprintf("make_timestamptz(%d)", 1000000*(s+1)) },
	// A number that no other row of the table has.
	"number": func(table string) string { return table + ".rowid" },
	"text":   model.QuoteText,
	"bucket": func(x string) string { return "(" + x + " // 14400)" },
}).ParseFS(stepFiles, "steps/*.sql"))

// field is one dimension of the state of a ticket.
type field struct {
	No      int
	Name    string
	Type    string
	Word    bool // opened, first_response: there or not
	Column  bool // a column of ticket
	Evolves bool // some event changes it
	Size    int64
	Weight  string
}

// sharedInput is what the steps that all definitions share are made from.
type sharedInput struct {
	AsOf           int64
	StatusNo       int
	SourceStatusNo int // 0 = no condition asks for it
	FirstResponse  bool
	Comments       bool
	Fields         []field
	Packed         string // type that holds the packed state

	Ticket, TicketEvent, Communication string // tables that are read
	Watched                            string // columns of ticket that results depend on

	// Order of a history as one number: (second - FirstSecond) x SecondWeight + rank x ChangeWeight + change.
	FirstSecond, FirstRank, LastRank int64
	ChangeWeight                     int64
	SecondWeight                     string
	Key                              string // type that holds it
}

// Columns are the fields that are columns of ticket.
func (s sharedInput) Columns() []field {
	var out []field
	for _, f := range s.Fields {
		if f.Column {
			out = append(out, f)
		}
	}
	return out
}

// definitionInput is what the steps of one definition are made from.
type definitionInput struct {
	AsOf                                     int64
	Start, Pause, Resume, Stop               string
	Reset, Cancel, AppliesWhen               string
	Goals                                    []GoalChoice
	Reopen, GoalChange                       string
	EachMoment, Days, Latch, Before, Chooses bool
	ZoneSubject, TicketColumns, Ticket       string
	ValidFrom, ValidTo                       int64
	Definition, DefinitionKind, Clock        string
}

// Replay computes every clock of the configuration as of a moment and replaces sla_definition, sla_cycle, sla_segment and
// the calendars laid out for them. Events after asOf do not count; one at asOf does.
//
// Each definition is stored in a transaction of its own, because inside of one the database reads what it wrote there on one
// processor only: a caller that puts no transaction around the replay has it done in half the time. A replay that was cut
// off leaves sla_replay empty, and the next one computes everything.
func Replay(ctx context.Context, db *model.DB, cfg *config.Config, asOf time.Time) error {
	defs, err := compile(ctx, db, cfg)
	if err != nil {
		return err
	}
	r := &replay{db: db, defs: defs, asOf: asOf.Unix()}
	if asOf.Nanosecond() != 0 && r.asOf < 0 || asOf.Year() < 1970 || asOf.Year() > 2400 {
		return fmt.Errorf("the clocks cannot be computed as of %s: use a moment between 1970 and 2400", asOf.UTC().Format(time.RFC3339))
	}
	// The steps join in the order in which they are written; guesses about calendar_piece cost up to a hundred times more.
	if err := db.Exec(ctx, "SET disabled_optimizers = 'join_order'"); err != nil {
		return err
	}
	if err := db.UseThreads(ctx); err != nil {
		return err
	}
	err = r.run(ctx)
	return errors.Join(err, r.drop(context.WithoutCancel(ctx), err != nil), db.Exec(context.WithoutCancel(ctx), "RESET disabled_optimizers"))
}

type replay struct {
	db     *model.DB
	defs   *Definitions
	asOf   int64
	shared sharedInput

	laidOutFrom int64 // begin of the layout of the calendars, seconds
}

func (r *replay) run(ctx context.Context) error {
	if err := r.fields(ctx); err != nil {
		return err
	}
	zones, err := r.zones(ctx)
	if err != nil {
		return err
	}
	kept, err := r.keep(ctx)
	if err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.layout(ctx, kept); err != nil {
		return err
	}
	for _, d := range r.defs.Items {
		if err := r.definition(ctx, d, zones); err != nil {
			return fmt.Errorf("sla %s (line %d): %w", d.ID, d.Pos.Line, err)
		}
	}
	return r.db.InTx(ctx, func(ctx context.Context) error { return r.remember(ctx, kept) })
}

// step runs one numbered SELECT and keeps its rows, or its text, under the name that its header gives.
func (r *replay) step(ctx context.Context, file string, input any, view bool) error {
	var text strings.Builder
	if err := steps.ExecuteTemplate(&text, file, input); err != nil {
		return err
	}
	name, err := stepName(text.String())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	kind := "TABLE"
	if view {
		kind = "VIEW"
	}
	if err := r.db.Exec(ctx, "CREATE OR REPLACE TEMP "+kind+" "+name+" AS "+text.String()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func stepName(text string) (string, error) {
	first, _, _ := strings.Cut(text, "\n")
	name, ok := strings.CutPrefix(first, "-- name: ")
	if !ok {
		return "", fmt.Errorf("the first line is not -- name: …")
	}
	return name, nil
}

// drop takes the temporary tables away again. After an error inside the transaction of a caller they went with it.
func (r *replay) drop(ctx context.Context, failed bool) error {
	type object struct {
		Name string
		View bool
	}
	objects, err := model.Select[object](ctx, r.db, `SELECT table_name AS name, FALSE AS "view" FROM duckdb_tables() WHERE temporary AND table_name LIKE 'clock_%'
		UNION ALL SELECT view_name, TRUE FROM duckdb_views() WHERE temporary AND view_name LIKE 'clock_%'`)
	for i := 0; err == nil && i < len(objects); i++ {
		kind := "TABLE"
		if objects[i].View {
			kind = "VIEW"
		}
		err = r.db.Exec(ctx, "DROP "+kind+" "+model.QuoteIdent(objects[i].Name))
	}
	if failed {
		return nil
	}
	return err
}

// fields numbers what conditions ask about.
func (r *replay) fields(ctx context.Context) error {
	in := &r.shared
	in.AsOf = r.asOf
	in.FirstResponse, in.Comments = r.defs.words["first_response"], r.defs.words["last_comment_by"]
	in.Fields = []field{
		{No: 1, Name: "opened", Word: true, Evolves: true},
		{No: 2, Name: "first_response", Word: true, Evolves: in.FirstResponse},
		{No: 3, Name: "last_comment_by", Type: "VARCHAR", Evolves: in.Comments},
	}
	moving, err := model.Select[string](ctx, r.db, "SELECT DISTINCT field FROM ticket_event")
	if err != nil {
		return err
	}
	moves := map[string]bool{"status": true, "source_status": true}
	for _, m := range moving {
		moves[m] = true
	}
	for i, name := range r.defs.fields {
		f := field{No: i + 4, Name: name, Type: eventFields[name], Column: true, Evolves: moves[name]}
		switch name {
		case "status":
			in.StatusNo = f.No
		case "source_status":
			in.SourceStatusNo = f.No
		}
		in.Fields = append(in.Fields, f)
	}
	if err := r.db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE clock_field (field_no BIGINT, name VARCHAR)"); err != nil {
		return err
	}
	for _, f := range in.Fields {
		if f.Name == "source_status" {
			continue // it comes with the status
		}
		if err := r.db.Exec(ctx, "INSERT INTO clock_field VALUES (?, ?)", f.No, f.Name); err != nil {
			return err
		}
	}
	in.Ticket, in.TicketEvent, in.Communication = "ticket", "ticket_event", "communication"
	watched := []string{"opened_at", "first_response_at", "resolved_at", "closed_at", "deleted_at", "merged_into", "has_history", "status", "source_status", "customer_id", "service_id"}
	for _, n := range r.defs.columns {
		if !slices.Contains(watched, n) {
			watched = append(watched, n)
		}
	}
	for i, n := range watched {
		watched[i] = "t." + model.QuoteIdent(n)
	}
	in.Watched = strings.Join(watched, ", ")
	return nil
}

// prepare runs the steps that all definitions share: the state of every ticket after every event.
func (r *replay) prepare(ctx context.Context) error {
	in := &r.shared
	if err := r.steps(ctx, in, "01_change.sql", "02_value.sql", "03_effect.sql"); err != nil {
		return err
	}
	if err := r.weigh(ctx); err != nil {
		return err
	}
	if err := r.number(ctx); err != nil {
		return err
	}
	return r.steps(ctx, in, "04_ticket.sql", "05_bare.sql", "06_event.sql view", "07_sorted.sql view", "08_history.sql", "09_path.sql",
		"10_situation.sql", "11_course.sql", "12_variant.sql", "13_situation.sql",
		"14_going.sql", "15_last.sql view", "16_meaning.sql")
}

// steps runs several steps; "view" behind a name keeps its text instead of its rows, for what is read once.
func (r *replay) steps(ctx context.Context, input any, files ...string) error {
	for _, f := range files {
		name, view := strings.CutSuffix(f, " view")
		if err := r.step(ctx, name, input, view); err != nil {
			return err
		}
	}
	return nil
}

// number decides how second, rank and change of an event stand in one number.
func (r *replay) number(ctx context.Context) error {
	in := &r.shared
	type bounds struct{ First, Low, High, Changes, Comments int64 }
	b, err := model.Select[bounds](ctx, r.db, fmt.Sprintf(`SELECT
		(SELECT COALESCE(MIN(s), 0) FROM (
			SELECT MIN(epoch_us(occurred_at) // 1000000) AS s FROM %[1]s
			UNION ALL SELECT MIN(least(epoch_us(opened_at) // 1000000, epoch_us(first_response_at) // 1000000, epoch_us(resolved_at) // 1000000, epoch_us(closed_at) // 1000000)) FROM %[2]s
			UNION ALL SELECT MIN(epoch_us(sent_at) // 1000000) FROM %[3]s) m) AS first,
		(SELECT COALESCE(MIN(sequence), 0) FROM %[1]s) AS low,
		(SELECT COALESCE(MAX(sequence), 0) FROM %[1]s) AS high,
		(SELECT COALESCE(MAX(change_no), 0) FROM clock_effect) AS changes,
		(SELECT COUNT(*) FROM %[3]s) AS comments`, in.TicketEvent, in.Ticket, in.Communication))
	if err != nil {
		return err
	}
	in.FirstSecond = max(b[0].First, 0)
	in.FirstRank = 3 - b[0].Low // 0 is the opening, 1 a bare ticket's begin, 2 a first response that only the record tells
	in.LastRank = in.FirstRank + b[0].High
	in.ChangeWeight = b[0].Changes + 1
	ranks := in.LastRank + 3 + b[0].Comments
	weight := new(big.Int).Mul(big.NewInt(in.ChangeWeight), big.NewInt(ranks))
	in.SecondWeight, in.Key = weight.String(), "BIGINT"
	if weight.Mul(weight, big.NewInt(max(r.asOf-in.FirstSecond+1, 1))).BitLen() > 62 {
		in.Key = "HUGEINT"
	}
	return nil
}

// weigh gives every field its place in the packed state.
func (r *replay) weigh(ctx context.Context) error {
	type size struct {
		FieldNo int64
		N       int64
	}
	sizes, err := model.Select[size](ctx, r.db, "SELECT field_no, MAX(value_no) AS n FROM clock_value GROUP BY field_no")
	if err != nil {
		return err
	}
	n := map[int64]int64{}
	for _, s := range sizes {
		n[s.FieldNo] = s.N
		if s.N >= 1<<24 {
			return fmt.Errorf("the field %s has %d different values; a condition on it cannot be computed", r.shared.Fields[s.FieldNo-1].Name, s.N)
		}
	}
	weight := big.NewInt(1)
	for i := range r.shared.Fields {
		f := &r.shared.Fields[i]
		f.Size, f.Weight = n[int64(f.No)]+1, weight.String()
		weight.Mul(weight, big.NewInt(f.Size))
	}
	r.shared.Packed = "BIGINT"
	if weight.BitLen() > 62 {
		r.shared.Packed = "HUGEINT"
	}
	if weight.BitLen() > 126 {
		return fmt.Errorf("the conditions of all definitions together ask for too many fields with too many values")
	}
	return nil
}

// zoneNumbers gives a number to every zone other than a calendar's own.
type zoneNumbers struct {
	customer, service map[string]int // zone to number
}

func (r *replay) zones(ctx context.Context) (zoneNumbers, error) {
	out := zoneNumbers{customer: map[string]int{}, service: map[string]int{}}
	if err := r.db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE clock_zone (choice VARCHAR, subject VARCHAR, zone_no BIGINT, zone VARCHAR)"); err != nil {
		return out, err
	}
	wanted := map[string]bool{}
	for _, d := range r.defs.Items {
		wanted[d.ZoneChoice] = true
	}
	type row struct{ Subject, Zone string }
	fill := func(choice, query string, numbers map[string]int) error {
		if !wanted[choice] {
			return nil
		}
		rows, err := model.Select[row](ctx, r.db, query)
		if err != nil {
			return err
		}
		for _, x := range rows {
			zone := x.Zone
			if choice == "service" {
				id, ok := r.defs.Calendars.Lookup(x.Zone, "")
				if !ok {
					continue // the service names a calendar that is not configured: the goal's own zone counts
				}
				zone = r.defs.Calendars.Get(id).Zone.String()
			}
			if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
				continue
			}
			if numbers[zone] == 0 {
				numbers[zone] = len(out.customer) + len(out.service) + 1
			}
			if err := r.db.Exec(ctx, "INSERT INTO clock_zone VALUES (?, ?, ?, ?)", choice, x.Subject, numbers[zone], zone); err != nil {
				return err
			}
		}
		return nil
	}
	if err := fill("customer", "SELECT customer_id AS subject, MIN(time_zone) AS zone FROM customer WHERE time_zone <> '' GROUP BY customer_id ORDER BY customer_id", out.customer); err != nil {
		return out, err
	}
	if err := fill("service", "SELECT service_id AS subject, MIN(service_calendar) AS zone FROM service WHERE service_calendar <> '' GROUP BY service_id ORDER BY service_id", out.service); err != nil {
		return out, err
	}
	// Every variant must be known before the calendars are laid out.
	for _, d := range r.defs.Items {
		for zone := range sortedZones(d.zonesOf(out)) {
			for _, g := range d.Goals {
				r.defs.Calendars.Lookup(g.Calendar, zone)
			}
		}
	}
	return out, nil
}

func (d *Definition) zonesOf(z zoneNumbers) map[string]int {
	switch d.ZoneChoice {
	case "customer":
		return z.customer
	case "service":
		return z.service
	}
	return nil
}

// sortedZones iterates over zones and their numbers in the order of their names.
func sortedZones(m map[string]int) func(yield func(string, int) bool) {
	return func(yield func(string, int) bool) {
		names := make([]string, 0, len(m))
		for n := range m {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			if !yield(n, m[n]) {
				return
			}
		}
	}
}
