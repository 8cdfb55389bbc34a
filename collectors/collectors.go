// Package collectors brings records from the tools that an organization runs into the warehouse.
//
// A source type is a small package that implements Collector; it is registered in one line of collectors/all. One
// run of a collector (raw records, versions, books of what was read, rejected records) is the same for all of
// them and stands in Run. What a source said is stored as it said it (raw_record); the mapping of deskproof.yaml
// makes the canonical model from that, again and again, without asking the source.
package collectors

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// Collector reads sources of one type. A value holds no state: one serves all sources of its type, one at a time.
type Collector interface {
	// Describe says what the type is called and what it needs. It may be called at any time.
	Describe() Description

	// Check looks for mistakes in the configuration of one source that config.Load cannot know. It is called before
	// any source is touched, for every source that is to be collected, and must touch neither files nor network.
	// The source has its defaults. The error is for people; it may hold several lines.
	Check(cfg *config.Config, src *config.Source) error

	// Probe finds out whether the source can be read, without storing anything, and says in a line what it found.
	// It is called by `deskproof source test`, after Check.
	Probe(ctx context.Context, cfg *config.Config, src *config.Source) (string, error)

	// Collect hands over everything that the source has (or, with a cursor, what is new) by the methods of the
	// session, in the order of the source. It is called once a run, after Check, inside the transaction of the run,
	// which it does not see: an error rolls the run back and it is booked as failed; what can be read only in part
	// is Session.Gap, not an error. It must stop when ctx ends, and must close what it opened. The session may be
	// used by the calling goroutine only, and not after Collect has returned.
	Collect(ctx context.Context, s *Session) error
}

// Description is what people read about a source type.
type Description struct {
	Type    string // value of `type` in deskproof.yaml
	Summary string // one line
	Sample  string // commented piece of deskproof.yaml
	Readme  string // Markdown

	// Live is true for a source that is asked again and again: a record may come more than once in a run, each other
	// content is a version, and what was read up to a Session.SafePoint stays.
	Live bool
	// Model is how the raw records of the type become rows of the model (model.sql; see package mapping). Without it a
	// record's names and values are the source's, and deskproof.yaml maps them.
	Model string
}

var registry = map[string]Collector{}

// Register makes a type known. It is called from collectors/all only, and panics when a type is there twice.
func Register(c Collector) {
	name := c.Describe().Type
	if _, twice := registry[name]; twice || name == "" {
		panic(fmt.Sprintf("source type %q is registered twice or has no name", name))
	}
	registry[name] = c
}

// Types are the names of the registered types, in order.
func Types() []string {
	var out []string
	for name := range registry {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Lookup finds a type; the error names those that exist.
func Lookup(name string) (Collector, error) {
	if c, ok := registry[name]; ok {
		return c, nil
	}
	msg := fmt.Sprintf("the source type %q is not known: there is %s", name, strings.Join(Types(), ", "))
	if hint := strictyaml.Suggest(name, Types()); hint != "" {
		msg += " (" + hint + ")"
	}
	return nil, fmt.Errorf("%s", msg)
}
