package controls

import (
	"embed"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

//go:embed all:catalogue
var embedded embed.FS

// Params is what the SQL of a control may name: the period [From, To), the moment as-of and the zone of the organization.
type Params struct {
	From, To, AsOf time.Time // a zero From is the beginning of all records; To never lies after AsOf
	Zone           *time.Location
}

// values lists what stands behind each name. As-of at the first midnight of a day closes the day before, so the
// days are those of the last microsecond inside.
func (p Params) values() map[string]string {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	to := p.To
	if to.IsZero() || to.After(p.AsOf) {
		to = p.AsOf
	}
	instant := func(t time.Time) string {
		return "TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.999999") + "+00'"
	}
	day := func(t time.Time) string { return "DATE '" + t.In(zone).Format("2006-01-02") + "'" }
	from := p.from()
	return map[string]string{
		"period_from":     instant(from),
		"period_to":       instant(to),
		"as_of":           instant(p.AsOf),
		"period_from_day": day(from),
		"period_last_day": day(to.Add(-time.Microsecond)),
		"as_of_day":       day(p.AsOf.Add(-time.Microsecond)),
		"zone":            model.QuoteText(zone.String()),
	}
}

// ParamNames lists the names that every control may use behind a $.
func ParamNames() []string {
	var out []string
	for n := range (Params{}).values() {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// from is the beginning of the period; "all records" begin before any of them.
func (p Params) from() time.Time {
	if p.From.IsZero() {
		return time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return p.From
}

// token is a piece of SQL: a word, a $name, or anything else kept as it is.
type token struct {
	kind  byte // 'w' word, '$' parameter, ';' end of statement, 0 anything else (strings, comments, quoted names, signs)
	text  string
	start int
}

// scan cuts SQL into tokens; strings, quoted names and comments are never looked into.
func scan(s string) []token {
	var out []token
	add := func(kind byte, from, to int) { out = append(out, token{kind, s[from:to], from}) }
	until := func(i int, end string) int {
		if j := strings.Index(s[i:], end); j >= 0 {
			return i + j + len(end)
		}
		return len(s)
	}
	for i := 0; i < len(s); {
		j := i + 1
		switch c := s[i]; {
		case c == '\'' || c == '"':
			j = until(i+1, string(c))
			add(0, i, j)
		case strings.HasPrefix(s[i:], "--"):
			j = until(i, "\n")
			add(0, i, j)
		case strings.HasPrefix(s[i:], "/*"):
			j = until(i+2, "*/")
			add(0, i, j)
		case c == ';':
			add(';', i, j)
		case c == '$' && i+1 < len(s) && wordByte(s[i+1]):
			for j < len(s) && wordByte(s[j]) {
				j++
			}
			add('$', i, j)
		case wordByte(c):
			for j < len(s) && wordByte(s[j]) {
				j++
			}
			add('w', i, j)
		default:
			add(0, i, j)
		}
		i = j
	}
	return out
}

func wordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// bind writes the values into the SQL, so that what is run can be run again by hand, one statement, as it stands.
func bind(s string, values map[string]string) string {
	var b strings.Builder
	for _, t := range scan(s) {
		if t.kind == '$' {
			if v, ok := values[t.text[1:]]; ok {
				b.WriteString(v)
				continue
			}
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// part is one shared piece of SQL.
type part struct{ name, about, sql string }

var partLine = regexp.MustCompile(`(?m)^-- part: (\w+): (.+)$`)

// SharedParts gives the shared pieces of SQL (catalogue/shared.sql) in their order: name, what it gives, SQL.
func SharedParts() [][3]string {
	var out [][3]string
	for _, p := range sharedParts {
		out = append(out, [3]string{p.name, p.about, p.sql})
	}
	return out
}

var sharedParts = func() []part {
	data, err := embedded.ReadFile("catalogue/shared.sql")
	if err != nil {
		return nil // cannot be: the file is embedded, and a test reads the parts
	}
	text := string(data)
	var out []part
	at := partLine.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		out = append(out, part{text[m[2]:m[3]], text[m[4]:m[5]], strings.TrimSpace(text[m[1]:end])})
	}
	return append(out, momentPart())
}()

// sharedUsed lists the shared parts that SQL names, and those that they name, in the order of shared.sql.
func sharedUsed(s string) []part {
	used := map[string]bool{}
	note := func(s string) {
		for _, t := range scan(s) {
			if t.kind == 'w' {
				used[t.text] = true
			}
		}
	}
	note(s)
	// A part names only parts above it, so one walk from the end finds all.
	for i := len(sharedParts) - 1; i >= 0; i-- {
		if used[sharedParts[i].name] {
			note(sharedParts[i].sql)
		}
	}
	var out []part
	for _, p := range sharedParts {
		if used[p.name] {
			out = append(out, p)
		}
	}
	return out
}

// statement is composed SQL and the lines at which the pieces of the control begin in it.
type statement struct {
	text   string
	pieces []piece
}

type piece struct {
	sql   SQL
	first int // line of the statement, from 1
	lines int
}

func (k *Control) values(p Params) map[string]string {
	v := p.values()
	for name, n := range k.Parameters {
		v[name] = strconv.Itoa(n)
	}
	return v
}

// compose builds WITH shared parts, population and, when asked for, exceptions, followed by tail.
func (k *Control) compose(p Params, withExceptions bool, tail string) statement {
	source := k.Population.Text
	if withExceptions {
		source += "\n" + k.Exceptions.Text
	}
	values := k.values(p)
	var b strings.Builder
	var st statement
	cte := func(name string, s SQL, track, last bool) {
		b.WriteString(name + " AS (\n")
		if track {
			st.pieces = append(st.pieces, piece{s, strings.Count(b.String(), "\n") + 1, strings.Count(s.Text, "\n") + 1})
		}
		b.WriteString(bind(s.Text, values) + "\n)")
		if !last {
			b.WriteString(",\n")
		}
	}
	b.WriteString("WITH ")
	for _, sp := range sharedUsed(source) {
		cte(sp.name, SQL{Text: sp.sql}, false, false)
	}
	cte("population", k.Population, true, !withExceptions)
	if withExceptions {
		cte("exceptions", k.Exceptions, true, true)
	}
	b.WriteString("\n" + tail)
	st.text = b.String()
	return st
}

const populationTail = `SELECT CAST(subject AS VARCHAR) AS subject, CAST(ticket_id AS VARCHAR) AS ticket_id,
       CAST(occurred_at AS TIMESTAMPTZ) AS occurred_at
FROM population ORDER BY occurred_at, subject`

const exceptionsTail = `SELECT CAST(subject AS VARCHAR) AS subject, CAST(ticket_id AS VARCHAR) AS ticket_id,
       CAST(occurred_at AS TIMESTAMPTZ) AS occurred_at, CAST(reason AS VARCHAR) AS reason
FROM exceptions ORDER BY occurred_at, subject, reason`

// PopulationSQL is the statement that lists the population of a control, ordered; it runs by hand as it stands.
func (k *Control) PopulationSQL(p Params) string { return k.compose(p, false, populationTail).text }

// ExceptionSQL is the statement that lists the exceptions of a control, ordered; it runs by hand as it stands.
func (k *Control) ExceptionSQL(p Params) string { return k.compose(p, true, exceptionsTail).text }

var errorLine = regexp.MustCompile(`(?s)LINE (\d+): (.*?)\n( *)\^`)

// place turns an error of the database into one at the line of the YAML file that the SQL stands in.
func (st statement) place(err error) (strictyaml.Pos, string) {
	text := err.Error()
	if se, ok := err.(*model.SQLError); ok {
		text = se.Err.Error()
	}
	message := strings.TrimSpace(strings.SplitN(text, "\n\nLINE ", 2)[0])
	message = strings.Join(strings.Fields(message), " ")
	var pos strictyaml.Pos
	if len(st.pieces) > 0 {
		pos = st.pieces[len(st.pieces)-1].sql.Pos
	}
	if m := errorLine.FindStringSubmatch(text); m != nil {
		line, err := strconv.Atoi(m[1])
		if err != nil {
			return pos, message
		}
		for _, p := range st.pieces {
			if line < p.first || line >= p.first+p.lines {
				continue
			}
			pos = p.sql.Pos
			if p.sql.Block {
				pos.Line += line - p.first
				// DuckDB shortens long lines with dots in front; then the column is not known.
				if !strings.HasPrefix(m[2], "...") {
					pos.Column = p.sql.Indent + 1 + max(0, len(m[3])-len("LINE "+m[1]+": "))
				}
			}
		}
	}
	return pos, message
}

// checkSQL finds what can be told without a database: unknown $names and a second statement.
func (k *Control) checkSQL(ps *strictyaml.Problems, path string, s SQL) {
	known := ParamNames()
	for name := range k.Parameters {
		known = append(known, name)
	}
	at := func(t token) strictyaml.Pos { return s.at(t.start) }
	for _, t := range scan(s.Text) {
		switch t.kind {
		case ';':
			ps.Add(at(t), path, "leave the semicolon out", "one SELECT belongs here, not several statements")
		case '$':
			found := false
			for _, n := range known {
				found = found || n == t.text[1:]
			}
			if !found {
				ps.Add(at(t), path, strictyaml.Suggest(t.text[1:], known), "the parameter %s is not known", t.text)
			}
		}
	}
}

// haveSQL asks whether each input holds data: one row, one column an input (have_0, have_1, …).
func (k *Control) haveSQL(p Params) string {
	values := k.values(p)
	var cols []string
	for i, in := range k.Inputs {
		cols = append(cols, fmt.Sprintf("EXISTS (%s) AS have_%d", in.Have.Text, i))
	}
	return withShared("SELECT "+strings.Join(cols, ",\n       "), values)
}

// withShared binds the parameters of a statement and puts the shared parts that it names before it.
func withShared(s string, values map[string]string) string {
	var ctes []string
	for _, sp := range sharedUsed(s) {
		ctes = append(ctes, sp.name+" AS (\n"+bind(sp.sql, values)+"\n)")
	}
	s = bind(s, values)
	if len(ctes) > 0 {
		s = "WITH " + strings.Join(ctes, ",\n") + "\n" + s
	}
	return s
}
