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
	names map[string][]byte // member names, quoted, with their colon
}

// Begin starts an object.
func (p *Payload) Begin() { p.buf = append(p.buf[:0], '{') }

func (p *Payload) name(name string) {
	if len(p.buf) > 1 {
		p.buf = append(p.buf, ',')
	}
	q, ok := p.names[name]
	if !ok {
		q = append(AppendJSONText(nil, name), ':')
		if p.names == nil {
			p.names = map[string][]byte{}
		}
		if len(p.names) < 1<<16 {
			p.names[name] = q
		}
	}
	p.buf = append(p.buf, q...)
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
