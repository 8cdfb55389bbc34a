package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deskproof/model/strictyaml"
)

// What people decide stands in YAML files beside deskproof.yaml, so that version control says who changed what and when:
// their assessments, what they excuse for a time, and the scope. The files are named by catalogue.judgements.

// judgementLimit is the size above which a file of judgements is refused: nobody writes that much.
const judgementLimit = 8 << 20

// Judgements is one file of what people decided.
type Judgements struct {
	Assessments []Assessment    `yaml:"assessments"`
	Waivers     []Waiver        `yaml:"waivers"`
	Scope       *ScopeStatement `yaml:"scope"`
}

// JudgementFile is a file that was read.
type JudgementFile struct {
	Path   string // as the configuration leads to it
	SHA256 string // of its bytes, hexadecimal
	Data   []byte
}

// Assessment is what a person found about a requirement, a heading with all below it, or the level of a process.
type Assessment struct {
	Pos         strictyaml.Pos `yaml:"-"`
	Requirement string         `yaml:"requirement"` // id of a requirement or heading: iso20000-1:2018/5.1
	Process     string         `yaml:"process"`     // instead: a process, judged by its level
	Status      string         `yaml:"status"`      // of a requirement: conforming, nonconforming, evidence_due
	Level       *int           `yaml:"level"`       // of a process: capability level 0 to 5 (ISO/IEC 33020); of a FitSM-1 requirement: 0 to 4, beside its status
	Rationale   string         `yaml:"rationale"`   // why, in a sentence or two
	Evidence    []string       `yaml:"evidence"`    // what was looked at: ids of documents, tickets, addresses, or words
	By          string         `yaml:"by"`          // who judged
	On          string         `yaml:"on"`          // day of the judgement, 2026-09-30
	ValidUntil  string         `yaml:"valid_until"` // last day that it counts; empty = until it is old
}

// Subject is what was judged, as the file names it.
func (a Assessment) Subject() string {
	if a.Process != "" {
		return a.Process
	}
	return a.Requirement
}

// ScopeStatement says what the service management system covers, and who else works in it.
type ScopeStatement struct {
	Pos          strictyaml.Pos `yaml:"-"`
	Statement    string         `yaml:"statement"`     // as it stands on certificate and reports, word for word
	Services     []string       `yaml:"services"`      // ids or names of the services; none = all
	Customers    []string       `yaml:"customers"`     // ids or names of the customers; none = all
	Sites        []string       `yaml:"sites"`         // places that services are run from
	OtherParties []OtherParty   `yaml:"other_parties"` // who else runs parts of it (ISO/IEC 20000-1 clause 8.2.3)
	Exclusions   []ScopeEntry   `yaml:"exclusions"`    // requirements or controls that do not apply
	DecidedBy    string         `yaml:"decided_by"`
	On           string         `yaml:"on"` // day of the decision, 2026-01-20

	places map[string]strictyaml.Pos
}

// At is the place of a value of the statement, by its path: services[0].
func (s *ScopeStatement) At(path string) strictyaml.Pos {
	if at, ok := s.places["scope."+path]; ok {
		return at
	}
	return s.Pos
}

// OtherParty is a supplier, or a customer who acts as one, that runs a part of the services or processes.
type OtherParty struct {
	Pos      strictyaml.Pos `yaml:"-"`
	Name     string         `yaml:"name"`
	Does     []string       `yaml:"does"`    // the processes, services or components that it runs
	Control  string         `yaml:"control"` // how the organization sees to it that they are run as agreed
	KeptBy   string         `yaml:"kept_by"` // who in the organization answers for that
	Evidence []string       `yaml:"evidence"`
}

// AssessedStatuses are the statuses that a person may find.
func AssessedStatuses() []string { return []string{"conforming", "nonconforming", "evidence_due"} }

// readJudgements reads the files that catalogue.judgements names and adds what they hold to the catalogue's keys.
func (c *Config) readJudgements(ps *strictyaml.Problems) {
	read := map[string]bool{}
	for i, name := range c.Catalogue.Judgements {
		key := fmt.Sprintf("catalogue.judgements[%d]", i)
		at := c.At(key)
		files, err := judgementFiles(c.Path(name))
		if err != nil {
			ps.Add(at, key, "name a .yaml file or a folder that holds some, relative to "+filepath.Base(c.File), "%v", err)
			continue
		}
		for _, path := range files {
			if read[path] {
				ps.Add(at, key, "keep one of them", "%s is named twice", path)
				continue
			}
			read[path] = true
			data, err := os.ReadFile(path)
			if err != nil {
				ps.Add(at, key, "", "%v", err)
				continue
			}
			c.addJudgements(path, data, ps)
		}
	}
}

func judgementFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %s", path)
	case err != nil:
		return nil, err
	}
	out := []string{filepath.Clean(path)}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		out = nil
		for _, e := range entries { // in the order of their names
			if ext := strings.ToLower(filepath.Ext(e.Name())); !e.IsDir() && (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(e.Name(), ".") {
				out = append(out, filepath.Join(path, e.Name()))
			}
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("the folder %s holds no .yaml file", path)
		}
	}
	for _, f := range out {
		info, err := os.Stat(f)
		switch {
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is no file", f)
		case info.Size() > judgementLimit:
			return nil, fmt.Errorf("%s is larger than %d MB", f, judgementLimit>>20)
		}
	}
	return out, nil
}

// addJudgements reads one file. Its mistakes carry the place of the value where that is known.
func (c *Config) addJudgements(path string, data []byte, all *strictyaml.Problems) {
	var j Judgements
	var ps strictyaml.Problems
	places, err := strictyaml.DecodePlaces(path, data, &j)
	if err != nil && !errors.As(err, &ps) {
		all.Add(strictyaml.Pos{File: path, Line: 1, Column: 1}, "", "", "%v", err)
		return
	}
	if len(ps) > 0 && ps[0].NotYAML {
		*all = append(*all, ps...)
		return
	}
	for i, a := range j.Assessments {
		a.check(&ps, fmt.Sprintf("assessments[%d]", i))
	}
	for i, w := range j.Waivers {
		w.check(&ps, fmt.Sprintf("waivers[%d]", i))
	}
	if s := j.Scope; s != nil {
		s.check(&ps)
		switch {
		case c.Catalogue.Statement != nil:
			ps.Add(s.Pos, "scope", "keep one of them", "the scope is already stated in %s", c.Catalogue.Statement.Pos)
		case c.Organization.Scope != "" && s.Statement != "":
			ps.Add(s.Pos, "scope.statement", "keep one of them", "the scope is already stated in %s, organization.scope", c.At("organization.scope"))
		default:
			s.places = places
			c.Catalogue.Statement = s
			if s.Statement != "" {
				c.Organization.Scope = strings.TrimSpace(s.Statement)
			}
		}
		c.Catalogue.Scope = append(c.Catalogue.Scope, s.Exclusions...)
	}
	for i, p := range ps {
		if at, ok := places[p.Path]; ok && !strings.HasPrefix(p.Message, "unknown key") {
			ps[i].Pos = at
		}
	}
	*all = append(*all, ps...)
	c.Catalogue.Assessments = append(c.Catalogue.Assessments, j.Assessments...)
	c.Catalogue.Waivers = append(c.Catalogue.Waivers, j.Waivers...)
	sum := sha256.Sum256(data)
	c.Catalogue.JudgementFiles = append(c.Catalogue.JudgementFiles, JudgementFile{Path: path, SHA256: hex.EncodeToString(sum[:]), Data: data})
}

// needed adds a problem for each text that is empty.
func needed(ps *strictyaml.Problems, pos strictyaml.Pos, path, what string, pairs ...string) {
	var missing []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" {
			missing = append(missing, pairs[i])
		}
	}
	if len(missing) > 0 {
		ps.Add(pos, path, "", "%s lacks %s", what, strings.Join(missing, ", "))
	}
}

// aDay adds a problem when a text is no day; an empty one is left to others.
func aDay(ps *strictyaml.Problems, pos strictyaml.Pos, path, text string) bool {
	if text == "" {
		return false
	}
	if _, err := time.Parse("2006-01-02", text); err != nil {
		ps.Add(pos, path, "write it as 2026-12-31", "%q is not a day", text)
		return false
	}
	return true
}

func (a Assessment) check(ps *strictyaml.Problems, path string) {
	evidence := ""
	for _, e := range a.Evidence {
		evidence += strings.TrimSpace(e)
	}
	needed(ps, a.Pos, path, "an assessment", "rationale", a.Rationale, "evidence", evidence, "by", a.By, "on", a.On)
	on, until := aDay(ps, a.Pos, path+".on", a.On), aDay(ps, a.Pos, path+".valid_until", a.ValidUntil)
	if on && until && a.ValidUntil < a.On {
		ps.Add(a.Pos, path+".valid_until", "", "it ends on %s, before it was made on %s", a.ValidUntil, a.On)
	}
	level := func(most int, of string) {
		if *a.Level < 0 || *a.Level > most {
			ps.Add(a.Pos, path+".level", "", "%d is no level of %s: they go from 0 to %d", *a.Level, of, most)
		}
	}
	switch {
	case a.Requirement != "" && a.Process != "":
		ps.Add(a.Pos, path, "make two of it", "it names a requirement and a process")
	case a.Process != "":
		if a.Status != "" {
			ps.Add(a.Pos, path+".status", "write level: 0 to 5", "a process is judged by its level, not by a status")
		}
		if a.Level == nil {
			if a.Status == "" {
				ps.Add(a.Pos, path, "write level: 0 to 5", "the level of the process is missing")
			}
			return
		}
		level(5, "a process")
	case a.Requirement != "":
		switch {
		case a.Status == "":
			ps.Add(a.Pos, path, "use "+strings.Join(AssessedStatuses(), ", "), "the status of the requirement is missing")
		case a.Status == "waived":
			ps.Add(a.Pos, path+".status", "write it under waivers, with owner and last day", "a requirement is not judged waived")
		case a.Status == "not_applicable":
			ps.Add(a.Pos, path+".status", "write it under scope: exclusions, with who decided", "a requirement is not judged not applicable")
		case a.Status == "not_assessed":
			ps.Add(a.Pos, path+".status", "leave the entry out", "an assessment says what was found")
		case !slices.Contains(AssessedStatuses(), a.Status):
			ps.Add(a.Pos, path+".status", strictyaml.Suggest(a.Status, AssessedStatuses()), "%q is not a status that a person may find", a.Status)
		}
		if a.Level != nil {
			if !strings.HasPrefix(a.Requirement, "fitsm-1:") {
				ps.Add(a.Pos, path+".level", "take it out, or judge the process", "a level belongs to a process, or to a requirement of FitSM-1")
				return
			}
			level(4, "a requirement (FitSM-6)")
		}
	default:
		ps.Add(a.Pos, path, "write requirement: iso20000-1:2018/5.1, or process: incident", "it does not say what was judged")
	}
}

func (w Waiver) check(ps *strictyaml.Problems, path string) {
	needed(ps, w.Pos, path, "a waiver", "id", w.ID, "reason", w.Reason, "owner", w.Owner, "until", w.Until)
	from, until := aDay(ps, w.Pos, path+".from", w.From), aDay(ps, w.Pos, path+".until", w.Until)
	if from && until && w.Until < w.From {
		ps.Add(w.Pos, path+".until", "", "it ends on %s, before it begins on %s", w.Until, w.From)
	}
}

func (s ScopeEntry) check(ps *strictyaml.Problems, path string) {
	needed(ps, s.Pos, path, "an entry", "id", s.ID, "reason", s.Reason, "decided_by", s.DecidedBy)
}

func (s ScopeStatement) check(ps *strictyaml.Problems) {
	aDay(ps, s.Pos, "scope.on", s.On)
	for _, l := range []struct {
		key  string
		list []string
	}{{"services", s.Services}, {"customers", s.Customers}, {"sites", s.Sites}} {
		seen := map[string]bool{}
		for i, x := range l.list {
			path, name := fmt.Sprintf("scope.%s[%d]", l.key, i), strings.ToLower(strings.TrimSpace(x))
			if name == "" {
				ps.Add(s.Pos, path, "take the line out", "a name is empty")
			} else if seen[name] {
				ps.Add(s.Pos, path, "keep one of them", "%q stands twice", x)
			}
			seen[name] = true
		}
	}
	for i, p := range s.OtherParties {
		needed(ps, p.Pos, fmt.Sprintf("scope.other_parties[%d]", i), "another party", "name", p.Name, "does", strings.Join(p.Does, ""), "control", p.Control, "kept_by", p.KeptBy)
	}
	for i, e := range s.Exclusions {
		e.check(ps, fmt.Sprintf("scope.exclusions[%d]", i))
	}
}

// checkDecisions finds decisions that are made twice, whichever files they stand in.
func (c *Config) checkDecisions(ps *strictyaml.Problems) {
	scope := map[string]strictyaml.Pos{}
	for _, s := range c.Catalogue.Scope {
		if first, twice := scope[s.ID]; twice && s.ID != "" {
			ps.Add(s.Pos, "", "keep one of them", "%s is already taken out of scope in %s", s.ID, first)
			continue
		}
		scope[s.ID] = s.Pos
	}
	for i, w := range c.Catalogue.Waivers {
		for _, v := range c.Catalogue.Waivers[:i] {
			if w.ID == v.ID && w.ID != "" && w.From <= v.Until && v.From <= w.Until {
				ps.Add(w.Pos, "", "keep one, or let the later one begin after the other ends: from: 2027-01-01", "%s is already waived in %s, until %s", w.ID, v.Pos, v.Until)
				break
			}
		}
	}
	made := map[string]strictyaml.Pos{}
	for _, a := range c.Catalogue.Assessments {
		key := a.Subject() + " " + a.On
		if first, twice := made[key]; twice && a.Subject() != "" {
			ps.Add(a.Pos, "", "keep one of them", "%s was already assessed on %s in %s", a.Subject(), a.On, first)
			continue
		}
		made[key] = a.Pos
	}
	if n := c.Catalogue.ReassessAfter; n < 1 || n > 3660 {
		ps.Add(c.At("catalogue.reassess_after_days"), "catalogue.reassess_after_days", "a year is 365", "%d is not a number of days from 1 to 3660", n)
	}
}
