package collectors

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendJSONText appends a text as a JSON string. Invalid UTF-8 becomes U+FFFD.
func AppendJSONText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// Payload builds the JSON object of a record, members in the order in which they are added.
// Start it with Begin, end it with End; it is used again and again.
type Payload struct {
	buf   []byte
	at    int      // members so far
	names []member // of the object before: most records have the same names in the same order
}

// member is a name, and its JSON with the colon.
type member struct {
	name   string
	quoted []byte
}

// Begin starts an object.
func (p *Payload) Begin() { p.buf, p.at = append(p.buf[:0], '{'), 0 }

func (p *Payload) name(name string) {
	if p.at > 0 {
		p.buf = append(p.buf, ',')
	}
	if p.at == len(p.names) {
		p.names = append(p.names, member{})
	}
	m := &p.names[p.at]
	if m.quoted == nil || m.name != name {
		*m = member{name, append(AppendJSONText(nil, name), ':')}
	}
	p.buf = append(p.buf, m.quoted...)
	p.at++
}

// Text adds a text.
func (p *Payload) Text(name, value string) {
	p.name(name)
	p.buf = AppendJSONText(p.buf, value)
}

// Null adds a member without a value.
func (p *Payload) Null(name string) {
	p.name(name)
	p.buf = append(p.buf, "null"...)
}

// JSON adds a value that is JSON already; one that is not is added as a text.
func (p *Payload) JSON(name, value string) {
	p.name(name)
	if !json.Valid([]byte(value)) {
		p.buf = AppendJSONText(p.buf, value)
		return
	}
	p.buf = append(p.buf, value...)
}

// End closes the object and returns it.
func (p *Payload) End() string {
	p.buf = append(p.buf, '}')
	return string(p.buf)
}
