package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"deskproof/model/strictyaml"
)

var sourceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// Shapes are the shapes of files that hold tickets.
var Shapes = []string{"row_per_ticket", "row_per_update", "tickets_and_history"}

// Formats are the formats of files.
var Formats = []string{"csv", "xlsx", "json", "ndjson", "parquet", "xes", "yaml"}

func (c *Config) defaultSources() {
	for i := range c.Sources {
		s := &c.Sources[i]
		def := func(p *string, v string) {
			if *p == "" {
				*p = v
			}
		}
		def(&s.Type, "file")
		def(&s.System, s.Name)
		def(&s.Entity, "ticket")
		if s.History != nil {
			def(&s.Shape, "tickets_and_history")
		}
		def(&s.Shape, "row_per_ticket")
		def(&s.TimeZone, c.Organization.TimeZone)
		if len(s.Dates) == 0 {
			s.Dates = StringList{"iso"}
		}
		if h := s.History; h != nil {
			def(&h.TimeZone, s.TimeZone)
			if len(h.Dates) == 0 {
				h.Dates = s.Dates
			}
		}
		for j := range s.Native {
			def(&s.Native[j].Clock, "resolution")
		}
	}
}

func (c *Config) checkSources(ps *strictyaml.Problems) {
	names := map[string]strictyaml.Pos{}
	for i := range c.Sources {
		s := &c.Sources[i]
		path := fmt.Sprintf("sources[%d]", i)
		if !sourceName.MatchString(s.Name) {
			ps.Add(s.Pos, path+".name", "letters, digits, - and _; it becomes part of every ticket id", "%q is not a name for a source", s.Name)
		} else if first, twice := names[s.Name]; twice {
			ps.Add(s.Pos, path+".name", "", "the name %q is already used in line %d", s.Name, first.Line)
		} else {
			names[s.Name] = s.Pos
		}
		if s.System != s.Name && !sourceName.MatchString(s.System) {
			ps.Add(s.At("system"), path+".system", "letters, digits, - and _", "%q is not a name for a system", s.System)
		}
		if !slices.Contains(Shapes, s.Shape) {
			ps.Add(s.At("shape"), path+".shape", strictyaml.Suggest(s.Shape, Shapes), "%q is not a shape", s.Shape)
		}
		if s.TimeZone != c.Organization.TimeZone { // the organization's own is checked once
			CheckZone(ps, s.At("time_zone"), path+".time_zone", s.TimeZone)
		}
		checkDates(ps, s.At("dates"), path+".dates", s.Dates)
		for _, f := range sortedKeys(s.Map.Fields) {
			m := s.Map.Fields[f]
			at := path + ".map.fields." + f
			if m.Column == "" {
				ps.Add(m.Pos, at, "name the column of the source", "missing")
			}
			if m.TimeZone != "" {
				CheckZone(ps, m.Pos, at+".time_zone", m.TimeZone)
			}
			checkDates(ps, m.Pos, at+".dates", m.Dates)
		}
		s.checkSaidOnce(ps, path)
		s.checkURL(ps, path)
		s.checkHistory(ps, path)
		s.checkNative(ps, path)
		if s.Type == "file" { // every other type's own package checks the rest
			s.checkFile(ps, path)
		} else {
			s.checkLive(ps, path, c.Zone())
		}
	}
}

// checkLive finds what is wrong with a source that is asked over the network, whatever its type.
func (s *Source) checkLive(ps *strictyaml.Problems, path string, zone *time.Location) {
	for _, k := range []struct{ key, value string }{{"timeout", s.Timeout}, {"overlap", s.Overlap}} {
		if d, err := time.ParseDuration(k.value); k.value != "" && (err != nil || d <= 0 || d > 31*24*time.Hour) {
			ps.Add(s.At(k.key), path+"."+k.key, "write it as 30s, 5m or 2h", "%q is not a length of time", k.value)
		}
	}
	if s.Since != "" {
		if _, err := ParseSince(s.Since, zone); err != nil {
			ps.Add(s.At("since"), path+".since", "write a day as 2026-01-31", "%q is not a day", s.Since)
		}
	}
	for _, k := range []struct {
		key   string
		value int
		most  int
	}{{"page_size", s.PageSize, 10000}, {"parallel", s.Parallel, 32}} {
		if k.value < 0 || k.value > k.most || k.value == 0 && s.Places[k.key].Line > 0 {
			ps.Add(s.At(k.key), path+"."+k.key, fmt.Sprintf("1 to %d", k.most), "%d is not possible", k.value)
		}
	}
}

// ParseSince reads the bound of what is asked for: a day (2026-01-31, from its beginning in zone) or RFC 3339. UTC.
func ParseSince(s string, zone *time.Location) (time.Time, error) {
	if day, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return day.UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, fmt.Errorf("%q is no beginning: write a day as 2026-01-31, or a moment as 2026-01-31T08:00:00Z", s)
	}
	return at.UTC(), nil
}

// liveKeys are keys that only live sources have, as far as they were given.
func (s *Source) liveKeys() []string {
	var out []string
	for _, k := range []string{"token", "user", "password", "client_id", "client_secret", "ca_file", "accept_any_certificate", "timeout", "page_size", "parallel",
		"since", "overlap", "projects", "options", "keep_texts", "preset", "rest"} {
		secret, isSecret := map[string]Secret{"token": s.Token, "password": s.Password, "client_secret": s.ClientSecret}[k]
		if s.Places[k].Line > 0 && (!isSecret || secret.Set()) { // one in plain was told already
			out = append(out, k)
		}
	}
	return out
}

func (s *Source) checkFile(ps *strictyaml.Problems, path string) {
	for _, k := range s.liveKeys() {
		ps.Add(s.At(k), path+"."+k, "take it out, or name the type of the tool: type: redmine", "reading files needs no %s", k)
	}
	if s.Path == "" {
		ps.Add(s.At("path"), path+".path", "", "a file source needs the path of its file")
	}
	if strings.ContainsRune(s.Path, 0) {
		ps.Add(s.At("path"), path+".path", "", "%q is not a path", s.Path)
	}
	if s.Format != "" && !slices.Contains(Formats, s.Format) {
		ps.Add(s.At("format"), path+".format", strictyaml.Suggest(s.Format, Formats), "%q is not a format", s.Format)
	}
	if s.Delimiter != "" && s.Delimiter != "tab" && utf8.RuneCountInString(s.Delimiter) != 1 {
		ps.Add(s.At("delimiter"), path+".delimiter", `one character, or "tab"`, "%q is not a delimiter", s.Delimiter)
	}
	if s.HeaderRow < 0 {
		ps.Add(s.At("header_row"), path+".header_row", "the first row is 1", "%d is not a row", s.HeaderRow)
	}
	if s.Shape != "row_per_update" {
		for _, k := range []struct{ key, value string }{{"updated", s.Updated}, {"sequence", s.Sequence}, {"actor", s.Actor}} {
			if k.value != "" {
				ps.Add(s.At(k.key), path+"."+k.key, "write shape: row_per_update if a row is an update, or take it out", "it is read only where a row is an update, and the shape is %s", s.Shape)
			}
		}
	}
	if s.Shape == "row_per_update" {
		if s.Updated == "" {
			ps.Add(s.At("updated"), path+".updated", "name the column that holds the time of the update", "row_per_update needs it")
		}
		if s.Key == "" && s.Map.Fields["key"].Column == "" {
			ps.Add(s.At("key"), path+".key", "name the column that holds the key of the ticket", "row_per_update needs it")
		}
		if s.Entity != "ticket" {
			ps.Add(s.At("shape"), path+".shape", "leave shape out", "only tickets have a history, not %q", s.Entity)
		}
	}
}

// checkSaidOnce finds a model field that is given in two ways.
func (s *Source) checkSaidOnce(ps *strictyaml.Problems, path string) {
	at := func(kind, field string) strictyaml.Pos { return s.At("map." + kind + "." + field) }
	for _, f := range sortedKeys(s.Map.Constants) {
		if _, twice := s.Map.Fields[f]; twice {
			ps.Add(at("constants", f), path+".map.constants."+f, "keep one of them", "%s is also mapped under fields", f)
		}
	}
	for _, f := range sortedKeys(s.Map.Expressions) {
		_, a := s.Map.Fields[f]
		_, b := s.Map.Constants[f]
		if a || b {
			ps.Add(at("expressions", f), path+".map.expressions."+f, "keep one of them", "%s is also mapped under fields or constants", f)
		}
		if strings.TrimSpace(s.Map.Expressions[f]) == "" {
			ps.Add(at("expressions", f), path+".map.expressions."+f, "SQL over the columns of the source row", "missing")
		}
	}
}

func (s *Source) checkURL(ps *strictyaml.Problems, path string) {
	if s.URL == "" {
		return
	}
	u, err := url.Parse(strings.ReplaceAll(s.URL, "{key}", "KEY"))
	live := s.Type != "file" // the address of a live source is its own; only its type knows what it must look like
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		ps.Add(s.At("url"), path+".url", "write it as https://desk.example.org/ticket/{key}", "%q is not the address of a web page", s.URL)
	case u.User != nil:
		ps.Add(s.At("url"), path+".url", "take name and password out: the address is printed in reports", "the address holds a login")
	case !live && !strings.Contains(s.URL, "{key}"):
		ps.Add(s.At("url"), path+".url", "write {key} where the key of the ticket belongs", "%q leads every ticket to the same page", s.URL)
	}
}

func (s *Source) checkHistory(ps *strictyaml.Problems, path string) {
	h := s.History
	if h == nil {
		if s.Type == "file" && s.Shape == "tickets_and_history" {
			ps.Add(s.At("history"), path+".history", "", "tickets_and_history needs a history block")
		}
		return
	}
	path += ".history"
	if s.Shape != "tickets_and_history" {
		ps.Add(h.Pos, path, "use shape: tickets_and_history", "the shape %s has no history file", s.Shape)
	}
	for _, need := range []struct{ key, value, what string }{
		{"path", h.Path, "the path of the history file"},
		{"ticket", h.Ticket, "the column that holds the key of the ticket"},
		{"at", h.At, "the column that holds the time of the change"},
		{"field", h.Field, "the column that holds the name of the field"},
		{"to", h.To, "the column that holds the value after the change"},
	} {
		if need.value == "" && (need.key != "path" || s.Type == "file") {
			ps.Add(h.Pos, path+"."+need.key, "name "+need.what, "missing")
		}
	}
	if h.Format != "" && !slices.Contains(Formats, h.Format) {
		ps.Add(h.Pos, path+".format", strictyaml.Suggest(h.Format, Formats), "%q is not a format", h.Format)
	}
	if h.TimeZone != s.TimeZone {
		CheckZone(ps, h.Pos, path+".time_zone", h.TimeZone)
	}
	checkDates(ps, h.Pos, path+".dates", h.Dates)
}

func (s *Source) checkNative(ps *strictyaml.Problems, path string) {
	clocks := []string{"response", "resolution"}
	for i, n := range s.Native {
		at := fmt.Sprintf("%s.native[%d]", path, i)
		if n.Name == "" {
			ps.Add(n.Pos, at+".name", "the name of the clock in the tool", "missing")
		}
		if !slices.Contains(clocks, n.Clock) {
			ps.Add(n.Pos, at+".clock", strictyaml.Suggest(n.Clock, clocks), "%q is not a clock", n.Clock)
		}
		if n.Met != "" && n.Breached != "" {
			ps.Add(n.Pos, at, "keep the one that the file has", "met and breached say the same thing twice")
		}
		if n.Met == "" && n.Breached == "" && n.Elapsed == "" && n.Due == "" {
			ps.Add(n.Pos, at, "name the column: met, breached, elapsed_seconds or due_at", "it says nothing of the clock")
		}
	}
}

// dateSpecifier is what a strptime format may hold, as DuckDB knows it.
var dateSpecifier = regexp.MustCompile(`^%-?[aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%]`)

// CheckDateFormat says what is wrong with a format of times, or nothing. A format is iso, epoch (seconds), epoch_ms,
// or a strptime pattern such as %d/%m/%Y %H:%M.
func CheckDateFormat(f string) error {
	switch f {
	case "iso", "epoch", "epoch_ms":
		return nil
	}
	if !strings.Contains(f, "%") {
		return fmt.Errorf("%q is not a format of times: use iso, epoch, epoch_ms or a pattern such as %%d/%%m/%%Y %%H:%%M", f)
	}
	seen := map[string]bool{}
	for i := strings.IndexByte(f, '%'); i >= 0 && i < len(f); {
		m := dateSpecifier.FindString(f[i:])
		if m == "" {
			return fmt.Errorf("%q holds %q, which is no part of a time: %%Y year, %%m month, %%d day, %%H hour, %%M minute, %%S second, %%f fraction, %%z offset", f, f[i:min(len(f), i+2)])
		}
		seen[m[len(m)-1:]] = true
		i += len(m)
		next := strings.IndexByte(f[i:], '%')
		if next < 0 {
			break
		}
		i += next
	}
	year := seen["Y"] || seen["y"] || seen["G"] || seen["x"] || seen["c"]
	day := seen["d"] || seen["j"] || seen["x"] || seen["c"] || seen["V"] || seen["U"] || seen["W"]
	if !year || !day {
		return fmt.Errorf("%q does not say where the year and the day stand", f)
	}
	return nil
}

func checkDates(ps *strictyaml.Problems, pos strictyaml.Pos, path string, formats []string) {
	for _, f := range formats {
		if err := CheckDateFormat(f); err != nil {
			ps.Add(pos, path, "", "%v", err)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
