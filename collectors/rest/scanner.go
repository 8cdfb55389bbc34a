package rest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
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
	if each == nil {
		return s.quotedMembers(nil)
	}
	return s.quotedMembers(func(quoted []byte) error { return each(unquoted(quoted)) })
}

// quotedMembers is members with the names as they stand: for those who look for one, which needs no copy of the others.
func (s *scanner) quotedMembers(each func(quoted []byte) error) error {
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
			err = each(name)
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
		for i+8 <= len(b) && plain(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
		}
		if i >= len(b) {
			break
		}
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

// plain is true when none of eight bytes of a text is a quote, a backslash or a control character: of x-0x01…01 a byte has
// its highest bit set where x has a zero and had not the highest bit itself (a borrow may set more, never fewer).
func plain(x uint64) bool {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^ones*'"', x^ones*'\\'
	return ((x-ones*' ')&^x|(quote-ones)&^quote|(backslash-ones)&^backslash)&highest == 0
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

// named is true when a JSON text says name.
func named(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	return unquoted(quoted) == name
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
