package controls

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// Moment is something that happens to a ticket, as an order rule names it: one of Moments, a change of a field
// (status = 'on_hold'), or any condition on ticket_event.
type Moment struct {
	Pos   strictyaml.Pos `yaml:"-"`
	Name  string         `yaml:"-"`
	When  string         `yaml:"when"`  // condition on ticket_event: field = 'team' AND to_value = 'CAB'
	Words string         `yaml:"words"` // what it is called in a reason: handed to the board
}

var (
	momentName  = regexp.MustCompile(`^[a-z][a-z_]*$`)
	momentField = regexp.MustCompile(`^([a-z][a-z_]*)\s*=\s*'((?:[^']|'')*)'$`)
)

// UnmarshalStrict reads the short form, a name or a change of a field, and the long one with when and words.
func (m *Moment) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	m.Pos = d.At(n)
	if n.Kind == yaml.MappingNode {
		type long struct {
			When  string `yaml:"when"`
			Words string `yaml:"words"`
		}
		var l long
		decodeNode(d, n, &l, path)
		m.When, m.Words = strings.TrimSpace(l.When), strings.TrimSpace(l.Words)
		if m.When == "" {
			d.Add(n, path+".when", "a condition on ticket_event: status = 'on_hold'", "missing")
		}
		return
	}
	if n.Kind != yaml.ScalarNode {
		d.Add(n, path, "such as approved, or status = 'on_hold'", "here belongs one moment")
		return
	}
	text := strings.TrimSpace(n.Value)
	if text == "" || momentName.MatchString(text) {
		m.Name = text
		if momentNamed(text) == nil {
			d.Add(n, path, strictyaml.Suggest(text, momentNames()), "%q is no moment of a ticket", text)
		}
		return
	}
	m.When = text
}

// is tells whether a moment was given at all.
func (m Moment) is() bool { return m.Name != "" || m.When != "" }

// label is the moment as the rule writes it; it stands in the column what.
func (m Moment) label() string {
	if m.Name != "" {
		return m.Name
	}
	return m.When
}

// known is the moment as moments.sql describes it; the history for a condition.
func (m Moment) known() momentKind {
	if k := momentNamed(m.Name); k != nil {
		return *k
	}
	if m.Name != "" {
		return momentKind{name: m.Name} // the decoder has said that there is no such moment
	}
	k := momentKind{name: m.label(), history: true, words: m.Words}
	condition := "(" + m.When + "\n)"
	if f := momentField.FindStringSubmatch(m.When); f != nil {
		condition = "field = " + model.QuoteText(f[1]) + " AND to_value = '" + f[2] + "'"
		if k.words == "" {
			k.words = strings.ReplaceAll(f[1]+" "+strings.ReplaceAll(f[2], "''", "'"), "_", " ")
		}
	}
	if k.words == "" {
		k.words = m.When
	}
	k.absent = "never " + k.words
	k.sql = "SELECT ticket_id, occurred_at, " + model.QuoteText(m.label()) + " AS what, actor AS who FROM ticket_event\nWHERE " + condition +
		" AND occurred_at < $as_of"
	return k
}

// momentKind is a moment that every rule may name.
type momentKind struct {
	name, column, words, absent, about, needs, have, sql string
	history, timeless, person                            bool
}

var (
	momentLine = regexp.MustCompile(`(?m)^-- moment: (\w+)(?: = (\w+))?: ([^/\n]+) / ([^:\n]+): (.+)$`)
	momentMark = regexp.MustCompile(`(?m)^-- (history|timeless|person)\n`)
	momentNeed = regexp.MustCompile(`(?m)^-- needs: (.+?) \| (.+)\n`)
)

var momentKinds = func() []momentKind {
	data, err := embedded.ReadFile("catalogue/moments.sql")
	if err != nil {
		return nil // cannot be: the file is embedded, and a test reads the moments
	}
	text := string(data)
	var out []momentKind
	at := momentLine.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return text[m[2*n]:m[2*n+1]]
		}
		k := momentKind{name: group(1), column: group(2), words: group(3), absent: group(4), about: group(5)}
		body := text[m[1]:end]
		for _, mark := range momentMark.FindAllStringSubmatch(body, -1) {
			k.history = k.history || mark[1] == "history"
			k.timeless = k.timeless || mark[1] == "timeless"
			k.person = k.person || mark[1] == "person"
		}
		if need := momentNeed.FindStringSubmatch(body); need != nil {
			k.needs, k.have = need[1], need[2]
		}
		switch {
		case k.column != "":
			k.sql = "SELECT ticket_id, " + k.column + " AS occurred_at, '" + k.name + "' AS what, NULL AS who FROM ticket WHERE " + k.column + " < $as_of"
			k.needs, k.have = "when {kinds} were "+k.words+" (ticket."+k.column+")", "FROM ticket WHERE kind IN ({kind}) AND "+k.column+" IS NOT NULL"
		case k.history:
			k.needs, k.have = "the history of {kinds} (ticket_event)", "FROM ticket WHERE kind IN ({kind}) AND has_history"
			fallthrough
		default:
			k.sql = strings.TrimSpace(momentNeed.ReplaceAllString(momentMark.ReplaceAllString(body, ""), ""))
		}
		out = append(out, k)
	}
	return out
}()

// Moments lists what order rules may name: the name and what it is.
func Moments() [][2]string {
	var out [][2]string
	for _, k := range momentKinds {
		out = append(out, [2]string{k.name, k.about})
	}
	return out
}

func momentNames() []string {
	var out []string
	for _, k := range momentKinds {
		out = append(out, k.name)
	}
	return out
}

func momentNamed(name string) *momentKind {
	i := slices.IndexFunc(momentKinds, func(k momentKind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &momentKinds[i]
}

// momentPart is the shared part of all moments, for SQL that is written by hand.
func momentPart() part {
	var arms []string
	for _, k := range momentKinds {
		arms = append(arms, k.sql)
	}
	return part{"moment", "ticket_id, occurred_at, what, who: everything that order rules may name (moments.sql); always say WHERE what = …",
		strings.Join(arms, "\nUNION ALL\n")}
}
