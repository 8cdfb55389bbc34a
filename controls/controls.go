// Package controls asks the questions of an audit of the whole population: the catalogue of frameworks and
// controls (YAML, embedded, with folders of a user's own beside it), its strict loader and lint, the tests of
// controls, their evaluation against the warehouse, seeded samples, and the indicative rating of process capability.
//
// A control is a population (SQL), the exceptions within it (SQL, each with a reason), a tolerance and the
// requirements that it answers. Nothing is assessed from an empty population or from an input that is missing.
package controls

import (
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Status is how a control, or a requirement through its controls and documents, stands.
type Status string

// The six statuses, as stored in control_result.status and requirement_result.status.
const (
	Conforming    Status = "conforming"
	Nonconforming Status = "nonconforming"
	EvidenceDue   Status = "evidence_due"   // a document or a review is missing or stale
	NotAssessed   Status = "not_assessed"   // the missing input is named, or nothing of the kind happened
	NotApplicable Status = "not_applicable" // taken out of scope, with who decided
	Waived        Status = "waived"         // excused until a day; what it would be is shown
)

// Statuses lists the six statuses, worst first.
func Statuses() []Status {
	return []Status{Nonconforming, EvidenceDue, Waived, NotAssessed, Conforming, NotApplicable}
}

// Words is the status as people read it: "not assessed".
func (s Status) Words() string { return strings.ReplaceAll(string(s), "_", " ") }

// Control is one question asked of a whole population.
type Control struct {
	Pos         strictyaml.Pos `yaml:"-"`
	ID          string         `yaml:"id"`
	Title       string         `yaml:"title"`         // what holds when the control is met, in a few words
	Question    string         `yaml:"question"`      // the question to the records
	Why         string         `yaml:"why"`           // why it matters
	AuditorAsks string         `yaml:"auditor_asks"`  // what an auditor would ask
	WhenItFails string         `yaml:"when_it_fails"` // what to do then
	Process     string         `yaml:"process"`       // one of Processes
	Attribute   string         `yaml:"attribute"`     // process attribute of ISO/IEC 33020 that it indicates: PA1.1
	Frequency   string         `yaml:"frequency"`     // how often the controlled activity occurs: one of Frequencies
	OwnerRole   string         `yaml:"owner_role"`    // role that answers for it
	Tolerance   Share          `yaml:"tolerance"`     // share of exceptions that is still conforming
	Finding     Status         `yaml:"finding"`       // status above the tolerance: nonconforming (default) or evidence_due
	MapsTo      []string       `yaml:"maps_to"`       // requirements, framework:edition/id
	MapsToAlso  []string       `yaml:"maps_to_also"`  // added to the maps_to of a control that is there already
	Parameters  map[string]int `yaml:"parameters"`    // whole numbers that the SQL names as $name: within_days
	Inputs      []Input        `yaml:"inputs"`
	Population  SQL            `yaml:"population"` // SELECT subject, ticket_id, occurred_at
	Exceptions  SQL            `yaml:"exceptions"` // SELECT subject, ticket_id, occurred_at, reason, from population
	Over        *Over          `yaml:"over"`       // short form of population
	Rule        *Rule          `yaml:"rule"`       // in place of exceptions, which are written from it
	Documents   *Documents     `yaml:"documents"`  // in place of inputs, population and exceptions, which are written from it

	Files []string `yaml:"-"` // files that define it: the first wrote it, later ones changed it

	places map[string]strictyaml.Pos // where the last of these files states each key
	own    bool                      // a folder of a user states it, or changes it
}

// place is where a key is stated, or where the control begins.
func (k *Control) place(key string) strictyaml.Pos {
	if at, ok := k.places[key]; ok {
		return at
	}
	return k.Pos
}

// Input is something that must hold data before a control can say anything.
type Input struct {
	Pos  strictyaml.Pos `yaml:"-"`
	Name string         `yaml:"name"` // in words, for "missing: …"
	Have SQL            `yaml:"have"` // FROM … WHERE …: the input is there when it finds a row
}

// SQL is a piece of SQL in a YAML file together with its place.
type SQL struct {
	Text string
	Pos  strictyaml.Pos // of its first line
	// Block tells that the text is a block scalar: its lines are lines of the file, indented by Indent.
	Block  bool
	Indent int
}

// UnmarshalStrict reads the text and remembers where it stands.
func (s *SQL) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.ScalarNode {
		d.Add(n, path, "write it as a block: |", "here belongs SQL")
		return
	}
	s.Text, s.Pos = strings.TrimRight(n.Value, " \n"), d.At(n)
	if n.Style == yaml.LiteralStyle {
		s.Block = true
		s.Pos.Line++
		s.Pos.Column = 1
	}
}

// Share is a part of a whole, 0 to 1; it is written as 0.01 or as 1 %.
type Share float64

// UnmarshalStrict reads both forms.
func (s *Share) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	text, percent := strings.CutSuffix(strings.TrimSpace(n.Value), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.Add(n, path, "write it as 0.01 or 1 %", "%q is not a share", n.Value)
		return
	}
	if percent {
		f /= 100
	}
	if f < 0 || f > 1 || f != f {
		d.Add(n, path, "a share lies between 0 and 1, or 0 % and 100 %", "%q is out of range", n.Value)
		return
	}
	*s = Share(f)
}

// Process is a process that controls belong to and that the maturity report rates.
type Process struct {
	ID    string
	Title string
	Kinds []string // kinds of tickets whose records show it
	Rated bool     // FALSE: not a process of its own; its controls count for the process of each ticket
}

// Processes lists the processes in the order of reports.
func Processes() []Process {
	return []Process{
		{"data_quality", "Records and data quality", nil, false},
		{"incident", "Incident management", []string{"incident"}, true},
		{"request", "Service request management", []string{"service_request"}, true},
		{"problem", "Problem management", []string{"problem"}, true},
		{"change", "Change management", []string{"change"}, true},
		{"release", "Release and deployment management", []string{"release"}, true},
		{"configuration", "Configuration management", nil, true},
		{"asset", "Asset management", nil, true},
		{"service_portfolio", "Service portfolio and catalogue management", nil, true},
		{"service_level", "Service level management", nil, true},
		{"availability", "Service availability and continuity management", nil, true},
		{"capacity", "Capacity, demand and budget management", nil, true},
		{"supplier", "Supplier management", nil, true},
		{"relationship", "Business relationship management", []string{"complaint"}, true},
		{"security", "Information security management", []string{"security_incident"}, true},
		{"reporting", "Service reporting", nil, true},
		{"improvement", "Continual improvement", []string{"improvement"}, true},
		{"management_system", "Management system", nil, true},
	}
}

// ProcessTitle is the name of a process for people; the id itself when it is not known.
func ProcessTitle(id string) string {
	for _, p := range Processes() {
		if p.ID == id {
			return p.Title
		}
	}
	return id
}

func processIDs() []string {
	var out []string
	for _, p := range Processes() {
		out = append(out, p.ID)
	}
	return out
}

// Frequencies lists how often a controlled activity may occur; it decides the size of a sample.
func Frequencies() []string {
	return []string{"per_record", "daily", "weekly", "monthly", "quarterly", "annually", "automated"}
}

// Attributes lists the process attributes that a control may indicate.
func Attributes() []string { return []string{"PA1.1", "PA2.1", "PA2.2", "PA3.1", "PA3.2", "PA3.3"} }

func decodeNode(d *strictyaml.Decoder, n *yaml.Node, into any, path string) {
	d.Value(n, reflect.ValueOf(into).Elem(), path)
}
