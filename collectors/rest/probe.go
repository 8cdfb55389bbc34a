package rest

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Probe is what a source says of itself when it is connected to, in words for a service manager.
type Probe struct {
	Product string // name and, where known, version: Redmine 5.0.4
	Version string // version alone; empty = it does not tell
	Account string // who asks, as the tool names it
	Zone    string // time zone of the account or the server, where times or queries depend on it
	Address string // filled in by the package
	// Reads are sentences on what can be read, with numbers where they are cheap: "197 issues in 4 projects".
	Reads []string
	// Lacks are sentences on what cannot be read and what cannot be said without it: "the account may not read sys_audit:
	// pauses cannot be replayed".
	Lacks []string
	// Notes are sentences on what else a person should know.
	Notes []string

	skew string
}

// skewShown is from which difference on a clock is called wrong.
const skewShown = 30 * time.Second

func (p *Probe) clock(skew time.Duration, known bool) {
	switch {
	case !known:
		p.skew = "the server does not tell its time, so its clock was not compared"
	case skew.Abs() < skewShown:
		p.skew = "its clock agrees with this machine"
	case skew > 0:
		p.skew = "its clock is " + words(skew) + " ahead of this machine"
	default:
		p.skew = "its clock is " + words(-skew) + " behind this machine"
	}
	if known && skew.Abs() >= skewShown {
		p.Notes = append(p.Notes, p.skew+": times are the server's")
	}
}

// Text is the probe for people: a line on the whole, then one a finding.
func (p Probe) Text() string {
	head := []string{p.Product}
	if p.Address != "" {
		head[0] += " at " + p.Address
	}
	if p.Account != "" {
		head = append(head, "asked as "+p.Account)
	}
	if p.Zone != "" {
		head = append(head, "time zone "+p.Zone)
	}
	if p.skew != "" {
		head = append(head, p.skew)
	}
	var b strings.Builder
	b.WriteString(strings.Join(head, ", "))
	for _, s := range p.Reads {
		b.WriteString("\n    reads: " + s)
	}
	for _, s := range p.Lacks {
		b.WriteString("\n    cannot be read: " + s)
	}
	for _, s := range p.Notes {
		b.WriteString("\n    note: " + s)
	}
	return b.String()
}

// rights is the probe for the books of a run.
func (p Probe) rights() string {
	var out []string
	for _, s := range p.Reads {
		out = append(out, "reads "+s)
	}
	for _, s := range p.Lacks {
		out = append(out, "cannot read: "+s)
	}
	if p.Zone != "" {
		out = append(out, "time zone "+p.Zone)
	}
	if p.skew != "" {
		out = append(out, p.skew)
	}
	return strings.Join(out, "; ")
}

// words is a length of time for people, in its largest units.
func words(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	var out []string
	for _, u := range []struct {
		n    int64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if s >= u.n {
			out = append(out, fmt.Sprintf("%d %s", s/u.n, u.name))
			s %= u.n
		}
	}
	if len(out) == 0 {
		return "0 s"
	}
	return strings.Join(out[:min(len(out), 2)], " ")
}

// sorted goes through a map in the order of its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
