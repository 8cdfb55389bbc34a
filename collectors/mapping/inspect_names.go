package mapping

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

//go:embed names.yaml
var namesYAML []byte

// words is names.yaml.
type words struct {
	Fields   orderedNames                   `yaml:"fields"`
	Native   map[string][]string            `yaml:"native"`
	Values   map[string]map[string][]string `yaml:"values"`
	Prefixes map[string]string              `yaml:"prefixes"`
	Missing  []string                       `yaml:"missing"`
}

// orderedNames keeps the order of the file: it decides between equally good matches.
type orderedNames []fieldNames

type fieldNames struct {
	Field string
	Names []string
}

// UnmarshalYAML reads a mapping in its order.
func (o *orderedNames) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		f := fieldNames{Field: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&f.Names); err != nil {
			return err
		}
		*o = append(*o, f)
	}
	return nil
}

func readWords() (words, error) {
	var w words
	err := yaml.Unmarshal(namesYAML, &w)
	return w, err
}

// plain makes names comparable: no case, accents or punctuation; words of camelCase apart.
func plain(s string) string {
	var b strings.Builder
	prev := ' '
	for _, r := range norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if unicode.IsUpper(r) && unicode.IsLower(prev) {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
		prev = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// folded also takes ae, oe and ue for the umlauts that they are written for.
func folded(s string) string {
	return strings.NewReplacer("ae", "a", "oe", "o", "ue", "u").Replace(plain(s))
}

// prefixWords stand before names without meaning for them.
var prefixWords = []string{"sys", "u", "x", "incident", "ticket", "issue", "case", "fields", "custom"}

// match says how well a column's name fits a list of names; 0 = not.
func match(column string, names []string, loose bool) int {
	c := folded(column)
	short := c
	for _, p := range prefixWords {
		short = strings.TrimPrefix(short, p+" ")
	}
	best := 0
	for i, n := range names {
		n = folded(n)
		score := 0
		switch {
		case n == "": // a name of signs only, such as #
			if strings.TrimSpace(column) == names[i] {
				score = 500
			}
		case c == n:
			score = 1000 - i
		case short == n:
			score = 700 - i
		case loose && len(n) > 3 && strings.Contains(" "+c+" ", " "+n+" ") && len(strings.Fields(c)) <= len(strings.Fields(n))+2:
			score = 300 - i
		}
		best = max(best, score)
	}
	return best
}

// wrappers are objects around all that was exported, and inner names the member that holds the value for people.
var (
	wrappers = []string{"_source", "fields", "attributes", "source", "_doc", "data"}
	inner    = []string{"name", "display_value", "displayName", "value", "label"}
)

// fit is match for a column; a nested one is known by the way to it without its wrapping, or by its last name.
func (c *seenColumn) fit(field fieldNames) int {
	loose := slices.Contains(looseFields, field.Field)
	if !c.nested {
		return match(c.Name, field.Names, loose)
	}
	parts := strings.Split(c.Name, ".")
	wrapped := slices.Contains(wrappers, parts[0])
	if wrapped {
		parts = parts[1:]
	}
	if n := len(parts); n > 1 && slices.Contains(inner, parts[n-1]) {
		parts = parts[:n-1]
	}
	best := max(0, match(strings.Join(parts, " "), field.Names, loose)-1)
	if n := len(parts); n > 1 && field.Field != "key" && len(parts[n-1]) > 3 {
		best = max(best, match(parts[n-1], field.Names, false)-500)
	}
	return best
}

// looseFields may be recognised by a name that only contains one of theirs: their values prove them.
var looseFields = []string{"status", "priority", "opened_at", "resolved_at", "closed_at", "first_response_at", "team"}
