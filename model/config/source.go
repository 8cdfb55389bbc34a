package config

import (
	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Source is one place that records come from. Keys that only some types know are checked by the type.
type Source struct {
	Pos      strictyaml.Pos `yaml:"-"`
	Name     string         `yaml:"name"`      // part of every ticket_id; letters, digits, - and _
	Type     string         `yaml:"type"`      // file; default file
	System   string         `yaml:"system"`    // the tool that the records come from: prefix of every id; sources that share a system share ids; default the name
	Entity   string         `yaml:"entity"`    // table of the model that the rows fill; default ticket
	TimeZone string         `yaml:"time_zone"` // zone of times without one; default the organization's

	// Files.
	Path      string `yaml:"path"`      // path or pattern, relative to the configuration
	Format    string `yaml:"format"`    // csv, xlsx, json, ndjson, parquet, xes; default by the file's name
	Shape     string `yaml:"shape"`     // row_per_ticket (default), row_per_update, tickets_and_history
	Encoding  string `yaml:"encoding"`  // utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1; default found out
	Delimiter string `yaml:"delimiter"` // one character or "tab"; default found out
	Sheet     string `yaml:"sheet"`     // XLSX: name of the sheet; default the first with rows
	HeaderRow int    `yaml:"header_row"`
	Records   string `yaml:"records"` // JSON: path to the list of records, e.g. result.items

	// Live sources: where they are and how to log in. Which of these a type needs, it says itself (`source describe`).
	Token        Secret `yaml:"token"`         // API token or key: env:NAME, file:PATH or keyring:NAME
	User         string `yaml:"user"`          // login
	Password     Secret `yaml:"password"`      // its password, as a reference
	ClientID     string `yaml:"client_id"`     // OAuth 2 client
	ClientSecret Secret `yaml:"client_secret"` // its secret, as a reference
	CAFile       string `yaml:"ca_file"`       // PEM file with certificates to trust besides those of the system
	AnyCert      bool   `yaml:"accept_any_certificate"`
	Timeout      string `yaml:"timeout"`   // longest wait for one answer, e.g. 60s (default), 2m
	PageSize     int    `yaml:"page_size"` // records a request; default what the tool likes
	Parallel     int    `yaml:"parallel"`  // requests at the same time; default what the tool bears
	Since        string `yaml:"since"`     // leave out what was last changed before this day
	Overlap      string `yaml:"overlap"`   // how far before the newest record the next run begins, e.g. 5m; default the tool's
	// Projects limits the source to these projects, queues, tables or repositories, as the tool calls them; default all
	Projects StringList            `yaml:"projects"`
	Options  map[string]StringList `yaml:"options"` // what only this type knows
	// Preset and REST configure a tool that has no type of its own: a ready definition, and one of the person's own, which
	// package collectors/generic reads.
	Preset string    `yaml:"preset"`
	REST   yaml.Node `yaml:"rest"`
	// KeepTexts stores what people wrote (descriptions, messages) in the raw records; without it only its length.
	KeepTexts bool `yaml:"keep_texts"`

	// How rows become records.
	Key      string     `yaml:"key"`      // column that holds the key of the record
	Updated  string     `yaml:"updated"`  // row_per_update: column with the time of the update
	Sequence string     `yaml:"sequence"` // row_per_update, history: column that orders updates of one moment; default the order of the file
	Actor    string     `yaml:"actor"`    // row_per_update: column with who made the update
	Dates    StringList `yaml:"dates"`    // formats of times, strptime (%d/%m/%Y %H:%M) or iso, epoch, epoch_ms; default iso
	Missing  StringList `yaml:"missing"`  // texts that mean "no value"; the empty text always does
	Where    string     `yaml:"where"`    // SQL condition over the source row: rows for which it is not true are left out and counted
	URL      string     `yaml:"url"`      // address of a record with {key} in it
	Map      Mapping    `yaml:"map"`
	History  *History   `yaml:"history"`
	Native   []Native   `yaml:"native"` // what the tool itself says of its service level clocks
	// Register is true for a file of the registers folder, which nobody configures: its columns are those of the model, and
	// what is none of them is refused.
	Register bool `yaml:"-"`
	// Places says where each entry stands, by its key: key, history.ticket, native[0].met, …
	Places map[string]strictyaml.Pos `yaml:"-"`
}

// UnmarshalStrict decodes a source and remembers where each entry stands.
func (s *Source) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	decodeStruct(d, n, s, path)
	s.Places = places(d, n)
}

// At is the place of an entry of the source, or of the source itself.
func (s *Source) At(path string) strictyaml.Pos {
	if p, ok := s.Places[path]; ok {
		return p
	}
	return s.Pos
}

// Native is one service level clock of the tool, told by columns of its ticket rows; it fills native_sla, one row a
// ticket for which at least one of the columns has a value. The texts are names of source columns.
type Native struct {
	Pos      strictyaml.Pos `yaml:"-"`
	Name     string         `yaml:"name"`            // name of the clock in the tool, e.g. made_sla
	Clock    string         `yaml:"clock"`           // response or resolution (default)
	Met      string         `yaml:"met"`             // true = the goal was met
	Breached string         `yaml:"breached"`        // true = the goal was missed; give this or met
	Goal     string         `yaml:"goal_seconds"`    // goal, seconds
	Elapsed  string         `yaml:"elapsed_seconds"` // time that the tool counted, seconds
	Due      string         `yaml:"due_at"`          // due time; read like the times of the source
	Stopped  string         `yaml:"stopped_at"`      // when the clock stopped; read like the times of the source
}

// Mapping says how a source row becomes a row of the model. Every other key of `map` is a model field whose source
// values are translated: status: {Waiting: on_hold}.
type Mapping struct {
	Pos         strictyaml.Pos               `yaml:"-"`
	Fields      map[string]FieldMap          `yaml:"-"` // fields: model field → source column
	Constants   map[string]string            `yaml:"-"` // constants: model field → value
	Expressions map[string]string            `yaml:"-"` // expressions: model field → SQL over the source row
	Values      map[string]map[string]string `yaml:"-"` // <model field>: source value → canonical value
	Places      map[string]strictyaml.Pos    `yaml:"-"` // where each of them stands, by path: fields.title, status.Waiting
}

// FieldMap is a source column, with its own date formats and zone where they differ from the source's.
type FieldMap struct {
	Pos      strictyaml.Pos `yaml:"-"`
	Column   string         `yaml:"column"`
	Dates    StringList     `yaml:"dates"`
	TimeZone string         `yaml:"time_zone"`
}

// History is a separate file with one row a change.
type History struct {
	Pos      strictyaml.Pos               `yaml:"-"`
	Path     string                       `yaml:"path"`
	Format   string                       `yaml:"format"`
	Encoding string                       `yaml:"encoding"`
	Sheet    string                       `yaml:"sheet"`
	Records  string                       `yaml:"records"`
	Ticket   string                       `yaml:"ticket"`     // column with the key of the ticket
	At       string                       `yaml:"at"`         // column with the time of the change
	Sequence string                       `yaml:"sequence"`   // column that orders changes of one moment
	Field    string                       `yaml:"field"`      // column with the name of the field
	From     string                       `yaml:"from"`       // column with the value before
	To       string                       `yaml:"to"`         // column with the value after
	Actor    string                       `yaml:"actor"`      // column with who did it
	Role     string                       `yaml:"actor_role"` // column with the role of who did it
	Fields   map[string]string            `yaml:"fields"`     // name in the file → model field
	Values   map[string]map[string]string `yaml:"values"`     // model field → source value → canonical value; default those of the ticket's map
	Dates    StringList                   `yaml:"dates"`
	TimeZone string                       `yaml:"time_zone"`
}

// StringList is a list of texts; one text may stand alone.
type StringList []string

// UnmarshalStrict reads the short form (a column name) and the full one.
func (f *FieldMap) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	f.Pos = d.At(n)
	if n.Kind == yaml.ScalarNode {
		f.Column = n.Value
		return
	}
	type plain FieldMap
	var p plain
	decodeStruct(d, n, &p, path)
	*f = FieldMap(p)
	f.Pos = d.At(n)
}

// UnmarshalStrict reads fields, constants and expressions, and takes every other key for a model field.
func (m *Mapping) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	m.Pos = d.At(n)
	m.Places = map[string]strictyaml.Pos{}
	m.Values = map[string]map[string]string{}
	if n.Kind != yaml.MappingNode {
		d.Add(n, path, "", "here belong fields, constants, expressions and translations of values")
		return
	}
	d.Pairs(n, path, func(k, v *yaml.Node, at string) {
		switch k.Value {
		case "fields":
			decodeAny(d, v, &m.Fields, at)
		case "constants":
			decodeAny(d, v, &m.Constants, at)
		case "expressions":
			decodeAny(d, v, &m.Expressions, at)
		default:
			values := map[string]string{}
			decodeAny(d, v, &values, at)
			m.Values[k.Value] = values
		}
		m.Places[k.Value] = d.At(k)
		if v.Kind == yaml.MappingNode {
			for j := 0; j+1 < len(v.Content); j += 2 {
				m.Places[k.Value+"."+v.Content[j].Value] = d.At(v.Content[j])
			}
		}
	})
}
