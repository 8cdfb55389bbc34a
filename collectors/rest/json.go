package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errCut is an answer that ends before its JSON does: what a proxy or a tool with a time limit makes of a large one.
var errCut = errors.New("the answer ends in the middle")

// scanner goes through JSON text (RFC 8259) once, checks it, and tells where values stand. It copies nothing: records are
// kept as the bytes that the tool sent.
type scanner struct {
	b     []byte
	i     int
	depth int
}

// deepest is how far values may be nested.
const deepest = 200

func (s *scanner) fail(what string) error {
	if s.i >= len(s.b) {
		return errCut
	}
	return fmt.Errorf("byte %d: %s", s.i+1, what)
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// value passes one value and returns it.
func (s *scanner) value() ([]byte, error) {
	s.space()
	from := s.i
	if s.i >= len(s.b) {
		return nil, errCut
	}
	var err error
	switch c := s.b[s.i]; {
	case c == '{':
		err = s.members(nil)
	case c == '[':
		err = s.elements(nil)
	case c == '"':
		err = s.text()
	case c == '-' || c >= '0' && c <= '9':
		err = s.number()
	case c == 't':
		err = s.word("true")
	case c == 'f':
		err = s.word("false")
	case c == 'n':
		err = s.word("null")
	default:
		err = s.fail("no value begins here")
	}
	return s.b[from:s.i], err
}

// members passes an object. each is called at every value, whose beginning is next, and must pass it; nil: all pass.
func (s *scanner) members(each func(name string) error) error {
	if s.depth++; s.depth > deepest {
		return s.fail("nested too deeply")
	}
	defer func() { s.depth-- }()
	s.i++
	for n := 0; ; n++ {
		s.space()
		if s.i >= len(s.b) {
			return errCut
		}
		if s.b[s.i] == '}' && n == 0 {
			s.i++
			return nil
		}
		if s.b[s.i] != '"' {
			return s.fail("a name was expected")
		}
		from := s.i
		if err := s.text(); err != nil {
			return err
		}
		name := s.b[from:s.i]
		s.space()
		if s.i >= len(s.b) || s.b[s.i] != ':' {
			return s.fail("a colon was expected")
		}
		s.i++
		var err error
		if each != nil {
			err = each(unquoted(name))
		} else {
			_, err = s.value()
		}
		if err != nil {
			return err
		}
		if done, err := s.more('}'); done || err != nil {
			return err
		}
	}
}

// elements passes a list. each is called at every value, whose beginning is next, and must pass it; nil: all pass.
func (s *scanner) elements(each func() error) error {
	if s.depth++; s.depth > deepest {
		return s.fail("nested too deeply")
	}
	defer func() { s.depth-- }()
	s.i++
	for n := 0; ; n++ {
		s.space()
		if n == 0 && s.i < len(s.b) && s.b[s.i] == ']' {
			s.i++
			return nil
		}
		var err error
		if each != nil {
			err = each()
		} else {
			_, err = s.value()
		}
		if err != nil {
			return err
		}
		if done, err := s.more(']'); done || err != nil {
			return err
		}
	}
}

// more passes a comma, or the sign that ends an object or list.
func (s *scanner) more(end byte) (done bool, err error) {
	s.space()
	if s.i >= len(s.b) {
		return false, errCut
	}
	c := s.b[s.i]
	if c != ',' && c != end {
		return false, s.fail("a comma was expected")
	}
	s.i++
	return c == end, nil
}

func (s *scanner) text() error {
	b, i := s.b, s.i+1
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			s.i = i + 1
			return nil
		case c == '\\':
			if i+1 >= len(b) {
				s.i = len(b)
				return errCut
			}
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if i+6 > len(b) {
					s.i = len(b)
					return errCut
				}
				if _, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16); err != nil {
					s.i = i
					return s.fail(`\u needs four hexadecimal digits`)
				}
				i += 6
			default:
				s.i = i
				return s.fail("this is no escape")
			}
		case c < ' ':
			s.i = i
			return s.fail("a control character stands in a text")
		default:
			i++
		}
	}
	s.i = len(b)
	return errCut
}

func (s *scanner) number() error {
	digits := func() int {
		from := s.i
		for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
			s.i++
		}
		return s.i - from
	}
	if s.b[s.i] == '-' {
		s.i++
	}
	zero := s.i < len(s.b) && s.b[s.i] == '0'
	if n := digits(); n == 0 || zero && n > 1 {
		return s.fail("this is no number")
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		if digits() == 0 {
			return s.fail("this is no number")
		}
	}
	if s.i < len(s.b) && (s.b[s.i] == 'e' || s.b[s.i] == 'E') {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if digits() == 0 {
			return s.fail("this is no number")
		}
	}
	return nil
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.b[s.i:], []byte(w)) {
		if len(s.b)-s.i < len(w) {
			return errCut
		}
		return s.fail("no value begins here")
	}
	s.i += len(w)
	return nil
}

// unquoted is a JSON text without its quotes.
func unquoted(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1])
	}
	var out string
	if err := json.Unmarshal(b, &out); err != nil {
		return string(b)
	}
	return out
}

// split reads an answer: the records under a path (a.b.c; empty = the answer itself is the list), and the other members of
// the objects on the way. Records may be a list, or an object whose values they are. found is false when there is no such
// member, or it is null.
func split(body []byte, path string) (records [][]byte, rest map[string][]byte, found bool, err error) {
	s := &scanner{b: body}
	rest = map[string][]byte{}
	var parts []string
	if path != "" {
		parts = strings.Split(path, ".")
	}
	var walk func(level int) error
	walk = func(level int) error {
		s.space()
		if s.i >= len(s.b) {
			return errCut
		}
		if level == len(parts) {
			switch s.b[s.i] {
			case '[':
				found = true
				return s.elements(func() error {
					v, err := s.value()
					records = append(records, v)
					return err
				})
			case '{':
				found = true
				return s.members(func(string) error {
					v, err := s.value()
					records = append(records, v)
					return err
				})
			case 'n':
				return s.word("null")
			}
			return s.fail("a list of records was expected")
		}
		if s.b[s.i] != '{' {
			return s.fail(fmt.Sprintf("an object with the member %q was expected", parts[level]))
		}
		prefix := strings.Join(parts[:level], ".")
		return s.members(func(name string) error {
			if name == parts[level] {
				return walk(level + 1)
			}
			v, err := s.value()
			if prefix != "" {
				name = prefix + "." + name
			}
			rest[name] = v
			return err
		})
	}
	if err := walk(0); err != nil {
		return nil, nil, false, err
	}
	s.space()
	if s.i < len(s.b) {
		return nil, nil, false, s.fail("something follows the end of the answer")
	}
	return records, rest, found, nil
}

// Field is the text of a value inside a JSON value, by its path (a.b.c); empty = there is none, or it is null. Numbers
// and true or false are given as they stand.
func Field(v []byte, path string) string {
	for _, part := range strings.Split(path, ".") {
		if part == "" {
			break
		}
		s := &scanner{b: v}
		s.space()
		if s.i >= len(v) || v[s.i] != '{' {
			return ""
		}
		var hit []byte
		err := s.members(func(name string) error {
			x, err := s.value()
			if err == nil && name == part {
				hit = x
			}
			return err
		})
		if err != nil || hit == nil {
			return ""
		}
		v = hit
	}
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 0 || string(v) == "null":
		return ""
	case v[0] == '"':
		return unquoted(v)
	}
	return string(v)
}

// clean makes a record what the warehouse can read: valid UTF-8, and no escape of half a character.
func clean(v []byte) []byte {
	if !utf8.Valid(v) {
		v = bytes.ToValidUTF8(v, []byte("\uFFFD"))
	}
	if !bytes.Contains(v, []byte(`\u`)) {
		return v
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); {
		if v[i] != '\\' {
			out = append(out, v[i])
			i++
			continue
		}
		if i+6 > len(v) || v[i+1] != 'u' {
			out = append(out, v[i:min(i+2, len(v))]...)
			i += 2
			continue
		}
		high := hex4(v[i+2:])
		switch {
		case high == 0:
			out = append(out, `\u2400`...) // the picture of the sign that no text holds
		case high >= 0xD800 && high < 0xDC00 && i+12 <= len(v) && v[i+6] == '\\' && v[i+7] == 'u' && hex4(v[i+8:]) >= 0xDC00 && hex4(v[i+8:]) < 0xE000:
			out = append(out, v[i:i+12]...)
			i += 6
		case high >= 0xD800 && high < 0xE000:
			out = append(out, `\ufffd`...)
		default:
			out = append(out, v[i:i+6]...)
		}
		i += 6
	}
	return out
}

func hex4(b []byte) uint64 {
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return 0xFFFD
	}
	return n
}

// withoutTexts replaces the texts at the given paths (a.b; lists on the way are passed through) by a remark on their
// length: what people wrote is not needed to see that and when they wrote, and it is not ours to keep.
func withoutTexts(record []byte, paths map[string]bool) ([]byte, error) {
	s := &scanner{b: record}
	var out []byte
	copied := 0
	var walk func(path string) error
	walk = func(path string) error {
		s.space()
		if s.i >= len(s.b) {
			return errCut
		}
		switch s.b[s.i] {
		case '{':
			return s.members(func(name string) error {
				if path != "" {
					name = path + "." + name
				}
				return walk(name)
			})
		case '[':
			return s.elements(func() error { return walk(path) })
		}
		from := s.i
		v, err := s.value()
		if err == nil && len(v) > 2 && v[0] == '"' && paths[path] {
			out = append(append(out, record[copied:from]...), fmt.Sprintf(`"[%d characters]"`, utf8.RuneCountInString(unquoted(v)))...)
			copied = s.i
		}
		return err
	}
	if err := walk(""); err != nil {
		return nil, err
	}
	if copied == 0 {
		return record, nil
	}
	return append(out, record[copied:]...), nil
}

// Canonical writes a record with the members of its objects in the order of their names, and the named lists (members of
// the record) in the order of their texts: for tools that give the same record in another order each time, which is no
// new version of it.
func Canonical(record []byte, lists ...string) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return nil, &Fault{What: fmt.Sprintf("a record cannot be read: %v", err)}
	}
	for _, name := range lists {
		list, ok := v[name].([]any)
		if !ok {
			continue
		}
		texts := make([]json.RawMessage, len(list))
		for i, x := range list {
			b, err := marshal(x)
			if err != nil {
				return nil, err
			}
			texts[i] = b
		}
		slices.SortFunc(texts, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		v[name] = texts
	}
	return marshal(v)
}

// marshal writes JSON as it is meant for people and databases: without the escapes that are for web pages.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
