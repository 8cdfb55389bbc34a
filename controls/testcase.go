package controls

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// ControlTest is a file of cases for one control: given rows, expected outcome.
type ControlTest struct {
	Pos     strictyaml.Pos `yaml:"-"`
	Control string         `yaml:"control"`
	Given   Rows           `yaml:"given"` // rows that every case has before its own
	Cases   []TestCase     `yaml:"cases"`
	File    string         `yaml:"-"`
}

// TestCase is one case. Period and as-of default to the year 2026 and its end, in UTC.
type TestCase struct {
	Pos    strictyaml.Pos `yaml:"-"`
	Name   string         `yaml:"name"`
	Period string         `yaml:"period"` // 2026, 2026-03, …
	AsOf   string         `yaml:"as_of"`
	Zone   string         `yaml:"zone"`
	Only   bool           `yaml:"only"` // TRUE: without the rows of the file's given
	Given  Rows           `yaml:"given"`
	Expect Expectation    `yaml:"expect"`
}

// Rows are rows by table; columns that are not given are NULL, or a plain value where NULL is not allowed.
type Rows map[string][]map[string]string

// Expectation is what a case must give.
type Expectation struct {
	Pos        strictyaml.Pos    `yaml:"-"`
	Status     Status            `yaml:"status"`
	Population *int64            `yaml:"population"` // required unless not assessed
	Exceptions map[string]string `yaml:"exceptions"` // subject → part of the reason
	Missing    string            `yaml:"missing"`    // part of the name of a missing input
}

// TestResult is the outcome of one case.
type TestResult struct {
	Control string
	Case    string
	Pos     strictyaml.Pos
	Passed  bool
	Message string // what differs; empty when it passed
}

var testAsOf = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func (t *ControlTest) check(ps *strictyaml.Problems) {
	if len(t.Cases) == 0 {
		ps.Add(t.Pos, "cases", "", "missing")
	}
	seen := map[string]bool{}
	for i, c := range t.Cases {
		at := fmt.Sprintf("cases[%d]", i)
		if c.Name == "" || seen[c.Name] {
			ps.Add(c.Pos, at+".name", "", "each case needs a name of its own")
		}
		seen[c.Name] = true
		statuses := []string{string(Conforming), string(Nonconforming), string(EvidenceDue), string(NotAssessed)}
		if !slices.Contains(statuses, string(c.Expect.Status)) {
			ps.Add(c.Pos, at+".expect.status", strictyaml.Suggest(string(c.Expect.Status), statuses), "%q is not a status that records can give", c.Expect.Status)
		}
		if c.Expect.Status != NotAssessed && c.Expect.Population == nil {
			ps.Add(c.Pos, at+".expect.population", "say how many things are tested", "missing")
		}
		if _, _, err := c.params(); err != nil {
			ps.Add(c.Pos, at, "", "%v", err)
		}
	}
}

func (c TestCase) params() (Params, string, error) {
	p := Params{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: testAsOf, AsOf: testAsOf, Zone: time.UTC}
	var err error
	if c.Zone != "" {
		if p.Zone, err = time.LoadLocation(c.Zone); err != nil {
			return p, "", fmt.Errorf("the time zone %q is not known", c.Zone)
		}
	}
	label := "2026"
	if c.Period != "" {
		if p.From, p.To, label, err = config.ParsePeriod(c.Period, p.Zone); err != nil {
			return p, "", err
		}
	}
	if c.AsOf != "" {
		if p.AsOf, err = config.ParseAsOf(c.AsOf, p.Zone); err != nil {
			return p, "", err
		}
	}
	return p, label, nil
}

// errUndo rolls the rows of a case back.
var errUndo = errors.New("undo")

// RunTests runs every case of the catalogue in a database in memory and returns the outcome of each, in order.
// A case that cannot be run, for instance because a given column does not exist, has failed with the reason.
func RunTests(ctx context.Context, cat *Catalogue) ([]TestResult, error) {
	return runTests(ctx, cat, func(string) bool { return true })
}

// RunOwnTests runs the cases of the controls that a user's folders add, change or test anew.
func RunOwnTests(ctx context.Context, cat *Catalogue) ([]TestResult, error) {
	return runTests(ctx, cat, cat.touched())
}

func runTests(ctx context.Context, cat *Catalogue, wanted func(id string) bool) ([]TestResult, error) {
	db, err := model.OpenSealed(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	f, err := newFiller(ctx, db)
	if err != nil {
		return nil, err
	}
	var out []TestResult
	for _, t := range cat.Tests {
		k := cat.controls[t.Control]
		if k == nil || !wanted(k.ID) {
			continue // of one that is not there the loader has told
		}
		for _, c := range t.Cases {
			res := TestResult{Control: k.ID, Case: c.Name, Pos: c.Pos}
			err := db.InTx(ctx, func(ctx context.Context) error {
				message, err := runCase(ctx, db, f, k, t, c)
				if err != nil {
					message = err.Error()
				}
				res.Message, res.Passed = message, message == ""
				return errUndo
			})
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if !errors.Is(err, errUndo) {
				return nil, err
			}
			out = append(out, res)
		}
	}
	return out, nil
}

func runCase(ctx context.Context, db *model.DB, f *filler, k *Control, t *ControlTest, c TestCase) (string, error) {
	f.count = map[string]int{}
	if !c.Only {
		if err := f.fill(ctx, t.Given); err != nil {
			return "", err
		}
	}
	if err := f.fill(ctx, c.Given); err != nil {
		return "", err
	}
	p, _, err := c.params()
	if err != nil {
		return "", err
	}
	r, err := evaluateWithin(ctx, caseTime, db, k, p)
	if err != nil {
		return "", err
	}
	var diff []string
	say := func(format string, args ...any) { diff = append(diff, fmt.Sprintf(format, args...)) }
	if r.Measured != c.Expect.Status {
		say("status is %s, expected %s (%s)", r.Measured, c.Expect.Status, r.Reason)
	}
	if c.Expect.Population != nil && r.Population != *c.Expect.Population {
		say("population is %d, expected %d", r.Population, *c.Expect.Population)
	}
	if c.Expect.Missing == "" && len(r.Missing) > 0 {
		say("missing input: %s", strings.Join(r.Missing, "; "))
	} else if !strings.Contains(strings.Join(r.Missing, "; "), c.Expect.Missing) {
		say("the missing inputs are %q, expected %q", strings.Join(r.Missing, "; "), c.Expect.Missing)
	}
	got := map[string]string{}
	for _, e := range r.Exceptions {
		got[e.Subject] = e.Reason
	}
	if r.Population > 0 {
		rows, err := PopulationRows(ctx, db, k, p)
		if err != nil {
			return "", err
		}
		in := map[string]bool{}
		for _, row := range rows {
			in[row.Subject] = true
		}
		for _, e := range r.Exceptions {
			if !in[e.Subject] {
				say("the exception %s is not in the population", e.Subject)
			}
			if strings.TrimSpace(e.Reason) == "" {
				say("the exception %s has no reason", e.Subject)
			}
		}
	}
	for _, subject := range sortedKeys(c.Expect.Exceptions) {
		reason, ok := got[subject]
		switch {
		case !ok:
			say("%s should be an exception and is none", subject)
		case !strings.Contains(reason, c.Expect.Exceptions[subject]):
			say("the reason of %s is %q and does not contain %q", subject, reason, c.Expect.Exceptions[subject])
		}
	}
	for _, subject := range sortedKeys(got) {
		if _, ok := c.Expect.Exceptions[subject]; !ok {
			say("%s is an exception and should not be (%s)", subject, got[subject])
		}
	}
	return strings.Join(diff, "; "), nil
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
