package mapping

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var plainText = regexp.MustCompile(`^[\pL_][\pL\pN_ ./()-]*$`)

// yamlText writes a text as YAML: plain where nothing can be mistaken, quoted otherwise.
func yamlText(s string) string {
	if plainText.MatchString(s) && !strings.HasSuffix(s, " ") {
		var back any
		if err := yaml.Unmarshal([]byte(s), &back); err == nil && back == any(s) && yamlWords[strings.ToLower(s)] == 0 {
			return s
		}
	}
	var n yaml.Node
	n.SetString(s)
	n.Style = yaml.DoubleQuotedStyle
	out, err := yaml.Marshal(&n)
	if err != nil || strings.Contains(strings.TrimSuffix(string(out), "\n"), "\n") {
		return quoteEscaped(s)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// yamlWords are words that some readers of YAML take for something else than a text.
var yamlWords = map[string]int{"y": 1, "n": 1, "yes": 1, "no": 1, "on": 1, "off": 1, "true": 1, "false": 1, "null": 1}

// quoteEscaped writes a text in double quotes on one line.
func quoteEscaped(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			b.WriteString(" ")
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
