package rest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
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
	case c == '{', c == '[':
		err = s.nested()
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

// members passes an object. each is called at every value, whose beginning is next, and must pass it.
func (s *scanner) members(each func(name string) error) error {
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
		if err := each(name); err != nil {
			return err
		}
		if done, err := s.more('}'); done || err != nil {
			return err
		}
	}
}

// elements passes a list. each is called at every value, whose beginning is next, and must pass it.
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
		if err := each(); err != nil {
			return err
		}
		if done, err := s.more(']'); done || err != nil {
			return err
		}
	}
}

// nested passes an object or a list with all that is in it, without a call for each of its parts: most of an answer is
// passed so.
func (s *scanner) nested() error {
	var lists [deepest + 1]bool // of the open objects and lists, which are lists
	open := 0
	b := s.b
	value := true // a value is next; else what follows one
	for {
		s.blank()
		if s.i >= len(b) {
			return errCut
		}
		c := b[s.i]
		if value {
			var err error
			switch {
			case c == '"':
				err = s.text()
			case c == '{' || c == '[':
				if open++; s.depth+open > deepest {
					return s.fail("nested too deeply")
				}
				lists[open] = c == '['
				s.i++
				s.blank()
				if s.i >= len(b) {
					return errCut
				}
				if b[s.i] == c+2 { // the sign that ends it stands two places behind in ASCII
					s.i++
					break
				}
				if c == '{' {
					err = s.name()
				}
				if err != nil {
					return err
				}
				continue
			default:
				_, err = s.value()
			}
			if err != nil {
				return err
			}
			value = false
			if c != '{' && c != '[' {
				continue
			}
		} else {
			list := lists[open]
			switch {
			case c == ',' && list:
				s.i++
				value = true
				continue
			case c == ',':
				s.i++
				s.blank()
				if err := s.name(); err != nil {
					return err
				}
				value = true
				continue
			case c == ']' && list, c == '}' && !list:
				s.i++
			default:
				return s.fail("a comma was expected")
			}
		}
		if open--; open == 0 {
			return nil
		}
	}
}

// member is the value of the first member of that name of an object, whose beginning is next; nil = there is none before
// the end, or the first mistake. What follows it is not looked at.
func (s *scanner) member(name string) []byte {
	s.i++
	for {
		s.blank()
		from := s.i
		if s.name() != nil {
			return nil
		}
		quoted := s.b[from:s.i]
		hit := named(bytes.TrimRight(quoted[:len(quoted)-1], " \t\r\n"), name)
		v, err := s.value()
		if err != nil {
			return nil
		}
		if hit {
			return v
		}
		if done, err := s.more('}'); done || err != nil {
			return nil
		}
	}
}

// name passes the name of a member and its colon.
func (s *scanner) name() error {
	if s.i >= len(s.b) {
		return errCut
	}
	if s.b[s.i] != '"' {
		return s.fail("a name was expected")
	}
	if err := s.text(); err != nil {
		return err
	}
	s.blank()
	if s.i >= len(s.b) || s.b[s.i] != ':' {
		return s.fail("a colon was expected")
	}
	s.i++
	return nil
}

// blank is space where there mostly is none.
func (s *scanner) blank() {
	if s.i < len(s.b) && s.b[s.i] <= ' ' {
		s.space()
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
		for i+8 <= len(b) {
			if x := special(binary.LittleEndian.Uint64(b[i:])); x != 0 {
				i += bits.TrailingZeros64(x) / 8
				break
			}
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

// special has, of the bytes of a text, the highest bit of the first that is a quote, a backslash or a control character; 0 =
// none of the eight is. Of x-0x01…01 a byte has its highest bit set where x has a zero and had not the highest bit itself; a
// borrow may set more behind the first, never fewer.
func special(x uint64) uint64 {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	quote, backslash := x^ones*'"', x^ones*'\\'
	return ((x-ones*' ')&^x | (quote-ones)&^quote | (backslash-ones)&^backslash) & highest
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
