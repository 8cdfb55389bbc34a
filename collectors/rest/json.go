package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"deskproof/collectors"
)

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
				return s.quotedMembers(func([]byte) error {
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
// and true or false are given as they stand. Of members with the same name it is the first, as it is for the database.
func Field(v []byte, path string) string {
	for more := path != ""; more; {
		var part string
		if part, path, more = strings.Cut(path, "."); part == "" {
			break
		}
		s := &scanner{b: v}
		s.space()
		if s.i >= len(v) || v[s.i] != '{' {
			return ""
		}
		if v = s.member(part); v == nil {
			return ""
		}
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
			b, err := Marshal(x)
			if err != nil {
				return nil, err
			}
			texts[i] = b
		}
		slices.SortFunc(texts, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		v[name] = texts
	}
	return Marshal(v)
}

// Marshal writes JSON as it is meant for people and databases: without the escapes that are for web pages.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Members are the members of a record by their names; never nil without an error. path is where the record came from,
// for the error of one that is no object.
func Members(path string, record []byte) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(record, &all); err != nil {
		return nil, &Fault{What: path + ": a record is no object: " + err.Error()}
	}
	if all == nil {
		return nil, &Fault{What: path + ": a record is null"}
	}
	return all, nil
}

// Only is a record without any members but the named ones; path as for Members.
func Only(path string, record []byte, names ...string) ([]byte, error) {
	all, err := Members(path, record)
	if err != nil {
		return nil, err
	}
	for name := range all {
		if !slices.Contains(names, name) {
			delete(all, name)
		}
	}
	return json.Marshal(all)
}

// WithMember is a record with one more member, whose value is JSON, before the others; path as for Members.
func WithMember(path string, record []byte, name string, value []byte) ([]byte, error) {
	all, err := Members(path, record)
	if err != nil {
		return nil, err
	}
	if !json.Valid(value) {
		return nil, &Fault{What: fmt.Sprintf("%s: what a record shall hold as %s is no JSON: %q", path, name, value)}
	}
	out := append(append(collectors.AppendJSONText([]byte("{"), name), ':'), value...)
	if len(all) > 0 {
		out = append(out, ',')
	}
	return append(out, bytes.TrimLeft(record, " \t\r\n")[1:]...), nil
}

// Instant reads an instant of a record, RFC 3339. The error is a fault that names the record by what it is and by its member id.
func Instant(record []byte, member, what, id string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, Field(record, member))
	if err != nil {
		return at, &Fault{What: what + " " + Field(record, id) + ": " + member + " is not a time: " + Field(record, member)}
	}
	return at, nil
}
