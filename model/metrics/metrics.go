// Package metrics computes what is measured: one file a metric, with its definition in words and its SQL.
//
// A metric file yields facts, one row a counted thing; Compute loads them into metric_fact and sums them into
// metric_value by month and by each dimension. Rates are sums over sums and never averages of rates; a figure without
// data is NULL and never 0 or 1. Deleted and merged tickets are in no metric, and nothing that happens at or after
// the as-of moment is. Instants are UTC, months are cut in the organization's time zone, durations are whole seconds.
package metrics

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strings"
	"sync"
)

//go:embed *.sql sql/*.sql
var files embed.FS

// Definition is a metric as its file describes it.
type Definition struct {
	Metric     string // name, also the name of its file
	Title      string // name for people
	Process    string // incident, request, problem, change, release, configuration, service_level, availability, satisfaction, data_quality
	Definition string // what is counted, in words
	Formula    string // formula in words
	Aggregate  string // ratio, distribution, count or sum
	Unit       string // share, seconds, count, count_per_ticket
	Direction  string // which way is better: higher, lower, none
	PeriodKey  string // instant that decides the period; month_end for a state at the end of a month
	Origin     string // standard, framework or practice that it comes from
}

// file is a metric with what only this package needs.
type file struct {
	Definition
	inputs []input
	query  string // the SELECT that yields the facts
}

// input is something that must be there for a metric to be measured at all.
type input struct {
	table   string
	columns []string // a row must exist in which all of them are filled
	where   string   // condition on that row, or empty
	absent  string   // what is missing, in words
}

var allFiles = sync.OnceValues(func() ([]file, error) { return parseAll(files) })

// parseAll reads every metric file, in the order of names, and reports every fault of their headers at once.
func parseAll(fsys fs.FS) ([]file, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []file
	var faults []string
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		f, bad := parse(name, string(text))
		out = append(out, f)
		faults = append(faults, bad...)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("metric files:\n%s", strings.Join(faults, "\n"))
	}
	return out, nil
}

var (
	headerLine = regexp.MustCompile(`^-- ([a-z_]+): (.+)$`)
	moreLine   = regexp.MustCompile(`^--   (.+)$`)
	inputForm  = regexp.MustCompile(`^(\w+)\(([\w, ]+)\)(?: where (.+?))? \| (.+)$`)
)

// choices are the values that a header key allows.
var choices = map[string][]string{
	"process": {"incident", "request", "problem", "change", "release", "configuration", "service_level", "availability",
		"satisfaction", "data_quality"},
	"aggregate": {"ratio", "distribution", "count", "sum"},
	"unit":      {"share", "seconds", "count", "count_per_ticket"},
	"direction": {"higher", "lower", "none"},
}

// parse reads the header comment of a metric file; what follows it is the SELECT.
func parse(name, text string) (file, []string) {
	var f file
	var faults []string
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d:1: ", name, line)+fmt.Sprintf(format, args...))
	}
	fields := []struct {
		key  string
		into *string
	}{
		{"name", &f.Metric}, {"title", &f.Title}, {"process", &f.Process}, {"definition", &f.Definition.Definition},
		{"formula", &f.Formula}, {"aggregate", &f.Aggregate}, {"unit", &f.Unit}, {"direction", &f.Direction},
		{"period_key", &f.PeriodKey}, {"origin", &f.Origin},
	}
	lines := strings.Split(text, "\n")
	var last *string
	at := 0
	for ; at < len(lines) && strings.HasPrefix(lines[at], "--"); at++ {
		if m := moreLine.FindStringSubmatch(lines[at]); m != nil && last != nil {
			*last += " " + m[1]
			continue
		}
		m := headerLine.FindStringSubmatch(lines[at])
		if m == nil {
			fault(at+1, "a header line is written \"-- key: value\", its continuation \"--   text\"")
			continue
		}
		if m[1] == "input" {
			p := inputForm.FindStringSubmatch(m[2])
			if p == nil {
				fault(at+1, "an input is written table(column, …) where condition | what is missing in words")
				continue
			}
			in := input{table: p[1], where: p[3], absent: p[4]}
			for _, c := range strings.Split(p[2], ",") {
				in.columns = append(in.columns, strings.TrimSpace(c))
			}
			f.inputs = append(f.inputs, in)
			last = nil
			continue
		}
		last = nil
		for _, field := range fields {
			if field.key == m[1] {
				last = field.into
			}
		}
		switch {
		case last == nil:
			fault(at+1, "%q is no key of a metric", m[1])
		case *last != "":
			fault(at+1, "%s stands twice", m[1])
		default:
			*last = m[2]
		}
		if allowed, ok := choices[m[1]]; ok && !contains(allowed, m[2]) {
			fault(at+1, "%s %q is none of %s", m[1], m[2], strings.Join(allowed, ", "))
		}
	}
	for _, field := range fields {
		if *field.into == "" {
			fault(1, "%s is missing", field.key)
		}
	}
	if f.Metric != "" && f.Metric+".sql" != name {
		fault(1, "the name %q is not that of the file", f.Metric)
	}
	if len(f.inputs) == 0 {
		fault(1, "no input is named, so nobody could tell why the metric was not measured")
	}
	f.query = strings.TrimSpace(strings.Join(lines[min(at, len(lines)):], "\n"))
	if f.query == "" {
		fault(at+1, "the SELECT is missing")
	}
	return f, faults
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// find gives the file of a metric; an unknown name is an error that names the nearest way out.
func find(metric string) (file, error) {
	all, err := allFiles()
	if err != nil {
		return file{}, err
	}
	for _, f := range all {
		if f.Metric == metric {
			return f, nil
		}
	}
	return file{}, fmt.Errorf("there is no metric %q: table metric_definition lists those there are", metric)
}

// support reads one of the SQL files that serve all metrics, with its {{names}} filled in.
func support(name string, fill ...string) (string, error) {
	b, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(fill...).Replace(string(b)), nil
}
