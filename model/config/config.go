// Package config reads deskproof.yaml: it is decoded strictly, checked as a whole, and every mistake is
// reported at once with file:line:column. Secrets never stand in the file: they are references (env:NAME, file:PATH).
//
// The parts of the file stand in one source file each: source.go (sources and their mapping), calendar.go,
// sla.go, and this one for the rest.
package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"deskproof/model/strictyaml"
)

// DefaultName is the file that is read when --config names none.
const DefaultName = "deskproof.yaml"

// Config is a whole deskproof.yaml.
type Config struct {
	Organization Organization        `yaml:"organization"`
	AsOf         string              `yaml:"as_of"`     // a fixed moment, for exports that will not grow: 2017-02-19 or RFC 3339; --as-of wins
	Warehouse    string              `yaml:"warehouse"` // path of the DuckDB file, default deskproof.duckdb beside the configuration
	Privacy      string              `yaml:"privacy"`   // keep (default) or pseudonymize
	Sources      []Source            `yaml:"sources"`
	Calendars    map[string]Calendar `yaml:"calendars"`
	SLA          []SLA               `yaml:"sla"`
	SLAPreset    string              `yaml:"sla_preset"` // how a tool chooses, for all definitions that name no preset
	Catalogue    Catalogue           `yaml:"catalogue"`
	Registers    string              `yaml:"registers"` // folder of registers: one file an entity, e.g. document.csv, risk.xlsx
	Reports      Reports             `yaml:"reports"`

	// File is the path that was read, Dir its folder: relative paths in the file start there.
	File string `yaml:"-"`
	Dir  string `yaml:"-"`
	// SHA256 is the hash of the bytes of the file, hexadecimal.
	SHA256 string `yaml:"-"`

	places map[string]strictyaml.Pos // where each value stands, by its path
}

// Organization names who is measured.
type Organization struct {
	Pos      strictyaml.Pos `yaml:"-"`
	Name     string         `yaml:"name"`
	TimeZone string         `yaml:"time_zone"` // IANA zone; months and days are cut in it; default UTC
	Language string         `yaml:"language"`  // language of the reports; en
	Scope    string         `yaml:"scope"`     // statement of the scope of the service management system
}

// Catalogue says which requirements are asked for.
type Catalogue struct {
	Pos        strictyaml.Pos `yaml:"-"`
	Frameworks []string       `yaml:"frameworks"` // e.g. iso20000-1:2018; default iso20000-1:2018 and fitsm-1:3.0
	Add        []string       `yaml:"add"`        // folders with own frameworks and controls
	Scope      []ScopeEntry   `yaml:"scope"`      // requirements or controls that do not apply, and who decided
	Waivers    []Waiver       `yaml:"waivers"`
	Judgements []string       `yaml:"judgements"` // files or folders of what people decided: assessments, waivers, scope
	// ReassessAfter is the age in days from which an assessment is old; default 365.
	ReassessAfter int            `yaml:"reassess_after_days"`
	Goals         map[string]int `yaml:"goals"` // goal capability level a process (maturity report), 1 to 5; key "default" for all others

	// What the files of judgements hold; their waivers and exclusions stand in Waivers and Scope with those above.
	Assessments    []Assessment    `yaml:"-"`
	Statement      *ScopeStatement `yaml:"-"` // nil: no file states the scope
	JudgementFiles []JudgementFile `yaml:"-"`
}

// ScopeEntry takes a requirement or a control out of scope.
type ScopeEntry struct {
	Pos       strictyaml.Pos `yaml:"-"`
	ID        string         `yaml:"id"` // requirement (iso20000-1:2018/8.7.1) or control id
	Reason    string         `yaml:"reason"`
	DecidedBy string         `yaml:"decided_by"`
}

// Waiver excuses a control or a requirement until a day. It is shown, never hidden.
type Waiver struct {
	Pos    strictyaml.Pos `yaml:"-"`
	ID     string         `yaml:"id"` // control, requirement, or heading with all below it
	Reason string         `yaml:"reason"`
	Owner  string         `yaml:"owner"`
	From   string         `yaml:"from"`  // first day; empty = ever since
	Until  string         `yaml:"until"` // last day, 2026-12-31
}

// Reports says where reports go and what they look like.
type Reports struct {
	Pos    strictyaml.Pos `yaml:"-"`
	Period string         `yaml:"period"`       // 2026-10, 2026-Q3, 2026, 2026-01..2026-06, all; default: the last full month before as-of
	Audit  string         `yaml:"audit_period"` // period of controls, maturity and evidence; default the 12 full months before as-of
	// AuditDate is the day of the coming audit, 2027-02-15: the evidence report lists what is due up to it.
	AuditDate string   `yaml:"audit_date"`
	Out       string   `yaml:"out"` // folder, default reports/
	Formats   []string `yaml:"formats"`
	Class     string   `yaml:"classification"`
	Author    string   `yaml:"prepared_by"`
	Brand     Brand    `yaml:"brand"`
}

// Brand is what a person may restyle.
type Brand struct {
	Logo   string `yaml:"logo"`
	Colour string `yaml:"colour"` // #rrggbb
}

// Load reads and checks a configuration. The error lists every problem, a line each (strictyaml.Problems).
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; `deskproof init` writes one, --config names another", path)
	}
	if err != nil {
		return nil, err
	}
	return parse(path, data, true)
}

// Parse reads and checks a configuration from memory; path is used for messages and for relative paths in it. The files
// of judgements that it names are not read.
func Parse(path string, data []byte) (*Config, error) { return parse(path, data, false) }

func parse(path string, data []byte, files bool) (*Config, error) {
	c := &Config{}
	var problems strictyaml.Problems
	var err error
	if c.places, err = strictyaml.DecodePlaces(path, data, c); err != nil {
		if !errors.As(err, &problems) || problems[0].NotYAML {
			return nil, err
		}
		adviseOnKeys(problems)
	}
	sum := sha256.Sum256(data)
	c.File, c.Dir, c.SHA256 = path, filepath.Dir(path), hex.EncodeToString(sum[:])
	c.defaults()
	c.check(&problems)
	c.place(problems)
	if files {
		c.readJudgements(&problems)
	}
	c.checkDecisions(&problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) defaults() {
	if c.Organization.TimeZone == "" {
		c.Organization.TimeZone = "UTC"
	}
	if c.Organization.Language == "" {
		c.Organization.Language = "en"
	}
	if c.Privacy == "" {
		c.Privacy = "keep"
	}
	if c.Warehouse == "" {
		c.Warehouse = "deskproof.duckdb"
	}
	if len(c.Catalogue.Frameworks) == 0 {
		c.Catalogue.Frameworks = []string{"iso20000-1:2018", "fitsm-1:3.0"}
	}
	if c.Catalogue.ReassessAfter == 0 && c.places["catalogue.reassess_after_days"].Line == 0 {
		c.Catalogue.ReassessAfter = 365
	}
	if c.Reports.Out == "" {
		c.Reports.Out = "reports"
	}
	if len(c.Reports.Formats) == 0 {
		c.Reports.Formats = []string{"html", "pdf", "xlsx", "json"}
	}
	c.defaultSources()
	c.defaultSLA()
}

// At is where a value stands in the file, by its path (reports.period); a value that is not there has the place of
// what it belongs to.
func (c *Config) At(path string) strictyaml.Pos {
	for {
		if p, ok := c.places[path]; ok {
			return p
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return strictyaml.Pos{File: c.File, Line: 1, Column: 1}
		}
		path = path[:i]
	}
}

// place moves problems from the block that they were found in to the value itself, where that is known.
func (c *Config) place(ps strictyaml.Problems) {
	for i, p := range ps {
		if at, ok := c.places[p.Path]; ok && (p.Pos.Line <= 1 && p.Pos.Column <= 1 || p.Pos == c.At(parent(p.Path))) {
			ps[i].Pos = at
		}
	}
}

func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// secretKeys are keys that people write for a tool that logs in somewhere.
var secretKeys = regexp.MustCompile(`(?i)^(api_?)?(token|password|passwd|pwd|secret|key|credentials?|pat)$|_(token|password|secret)$|^(api|access)_?key$`)

// adviseOnKeys adds what to do about keys that are unknown and resemble none.
func adviseOnKeys(ps strictyaml.Problems) {
	for i, p := range ps {
		_, key, unknown := strings.Cut(p.Message, "unknown key ")
		if key = strings.Trim(key, `"`); !unknown {
			continue
		}
		switch {
		case secretKeys.MatchString(key):
			ps[i].Hint = "the key for a secret is called token, password or client_secret, and its value says where it is: token: env:NAME"
		case p.Hint == "" && strings.HasPrefix(p.Path, "sources["):
			ps[i].Hint = "`deskproof source describe file` lists the keys"
		}
	}
}

// Zone is the time zone of the organization. It is valid once the configuration was checked.
func (c *Config) Zone() *time.Location {
	z, err := time.LoadLocation(c.Organization.TimeZone)
	if err != nil {
		return time.UTC
	}
	return z
}

// Path makes a path of the configuration usable: relative ones start at the configuration's folder.
func (c *Config) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}
