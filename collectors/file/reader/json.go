package reader

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readJSON reads a list of objects, a list inside an object (Options.Records), one object, or objects one after another.
func (p *run) readJSON(text *textReader) error {
	br := bufio.NewReaderSize(text, 256<<10)
	j := &jsonReader{p: p, dec: json.NewDecoder(br), shapes: newShapes(p), encoding: text.encoding}
	first, err := firstByte(br)
	if err != nil && err != io.EOF {
		return p.textEnd(err)
	}
	var path []string
	if p.opt.Records != "" {
		path = strings.Split(strings.TrimPrefix(strings.TrimPrefix(p.opt.Records, "$"), "."), ".")
	}
	switch {
	case len(path) > 0:
		err = j.descend(path, nil)
	case first == '[':
		if _, err = j.dec.Token(); err == nil {
			if err = j.elements(); err == nil {
				err = j.end()
			}
		}
	case err == io.EOF:
		p.gap("the file holds nothing but white space")
		return nil
	default:
		err = j.stream()
	}
	return j.judge(err)
}

// firstByte is the first byte that is no white space; it is not taken.
func firstByte(br *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := br.Peek(n)
		if len(b) < n {
			return 0, err
		}
		if c := b[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, nil
		}
	}
}

type jsonReader struct {
	p        *run
	dec      *json.Decoder
	shapes   *shapes
	encoding string
	element  int64
	compact  bytes.Buffer
}

// wrong is an error about the options or the structure, not about the syntax.
type wrong struct{ error }

// judge turns a fault of the syntax into a reject of everything from there on.
func (j *jsonReader) judge(err error) error {
	var syntax *json.SyntaxError
	var w wrong
	p := j.p
	switch {
	case err == nil:
		return p.ctx.Err()
	case errors.As(err, &w):
		return w.error
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, errBroken):
		p.info.Truncated = true
		p.gap("the JSON text ends before its structure does")
		return p.refuse(j.element+1, j.left(), "cut off: the file ends inside element %d", j.element+1)
	case errors.As(err, &syntax):
		p.gap("JSON syntax error in element %d: the rest of the file could not be read", j.element+1)
		return p.refuse(j.element+1, j.left(), "JSON syntax: %v; nothing after it could be read", syntax)
	}
	return err
}

// left is the text at which the decoder stopped.
func (j *jsonReader) left() string {
	b, _ := io.ReadAll(io.LimitReader(j.dec.Buffered(), maxContent))
	return strings.TrimLeft(string(b), ", \t\r\n")
}

// end checks that nothing follows the list.
func (j *jsonReader) end() error {
	t, err := j.dec.Token()
	if err == io.EOF || errors.Is(err, errBroken) {
		return nil
	}
	if err != nil {
		return err
	}
	return j.p.refuse(j.element+1, fmt.Sprint(t)+j.left(), "content after the end of the list: it was not read")
}

// stream reads objects one after another; one object is the usual case.
func (j *jsonReader) stream() error {
	for {
		var raw json.RawMessage
		err := j.dec.Decode(&raw)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if j.element == 0 {
			j.hint(raw)
		}
		if err := j.record(raw); err != nil {
			return err
		}
	}
}

// hint warns when a single object seems to hold the list that was meant.
func (j *jsonReader) hint(raw json.RawMessage) {
	j.lists(Value{JSON, string(bytes.TrimSpace(raw))}, nil)
	for _, l := range j.p.info.Lists {
		j.p.warn("the file is one object, read as one record; it has a list in %q: if that is meant, write `records: %s`", l, l)
	}
}

// lists notes the lists of objects inside an object, three levels deep.
func (j *jsonReader) lists(v Value, path []string) {
	names, values := Members(v)
	for i, v := range values {
		at := append(slices.Clone(path), names[i])
		switch {
		case strings.HasPrefix(v.Text, "[{") && v.Kind == JSON && !strings.Contains(names[i], "."):
			j.p.info.Lists = append(j.p.info.Lists, strings.Join(at, "."))
		case len(path) < 2 && !strings.Contains(names[i], "."):
			j.lists(v, at)
		}
	}
}

// descend goes along the path to the list of records.
func (j *jsonReader) descend(path, gone []string) error {
	t, err := j.dec.Token()
	if err != nil {
		return err
	}
	at := strings.Join(gone, ".")
	if t != json.Delim('{') {
		return wrong{fmt.Errorf("%s: `records: %s` does not fit: %s is %s", j.p.path, j.p.opt.Records, orElse(at, "the file"), kindOf(t))}
	}
	var keys []string
	for j.dec.More() {
		k, err := j.dec.Token()
		if err != nil {
			return err
		}
		key, _ := k.(string)
		keys = append(keys, key)
		if key == path[0] {
			if len(path) > 1 {
				return j.descend(path[1:], append(gone, key))
			}
			return j.list(append(gone, key))
		}
		var skipped json.RawMessage
		if err := j.dec.Decode(&skipped); err != nil {
			return err
		}
	}
	return wrong{fmt.Errorf("%s: `records: %s` is not there: %s has %s", j.p.path, j.p.opt.Records, orElse(at, "the file"), strings.Join(keys, ", "))}
}

// list reads what the path leads to: a list, or one object that is the record.
func (j *jsonReader) list(gone []string) error {
	var raw json.RawMessage
	t, err := peekToken(j.dec)
	if err != nil {
		return err
	}
	switch t {
	case '[':
		if _, err := j.dec.Token(); err != nil {
			return err
		}
		return j.elements()
	case '{':
		if err := j.dec.Decode(&raw); err != nil {
			return err
		}
		return j.record(raw)
	}
	return wrong{fmt.Errorf("%s: `records: %s` does not fit: %s is neither a list nor an object", j.p.path, j.p.opt.Records, strings.Join(gone, "."))}
}

// peekToken looks at the first byte of the next value.
func peekToken(dec *json.Decoder) (byte, error) {
	dec.More() // fills the buffer
	b, err := io.ReadAll(dec.Buffered())
	if err != nil {
		return 0, err
	}
	b = bytes.TrimLeft(b, " \t\r\n:")
	if len(b) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	return b[0], nil
}

// elements reads the elements of a list whose opening bracket was read, and its closing one.
func (j *jsonReader) elements() error {
	for j.dec.More() {
		var raw json.RawMessage
		if err := j.dec.Decode(&raw); err != nil {
			return err
		}
		if err := j.record(raw); err != nil {
			return err
		}
	}
	_, err := j.dec.Token()
	return err
}

// record makes a record of one element.
func (j *jsonReader) record(raw json.RawMessage) error {
	j.element++
	return j.p.object(raw, j.element, j.encoding, j.shapes, &j.compact)
}

// object hands over the record of one JSON object, or refuses it.
func (p *run) object(raw []byte, line int64, encoding string, s *shapes, compact *bytes.Buffer) error {
	if !utf8.Valid(raw) {
		return p.refuse(line, string(raw), "%s", badText(string(raw), "the object", encoding))
	}
	names, values, err := object(raw, compact)
	if err != nil {
		return p.refuse(line, string(raw), "%v", err)
	}
	for i, v := range values {
		if unfit(v.Text) {
			return p.refuse(line, string(raw), "%s", badText(v.Text, names[i], encoding))
		}
	}
	return p.emit(&Record{Line: line, Names: s.names(names), Values: values})
}

// readNDJSON reads one object a line.
func (p *run) readNDJSON(text *textReader) error {
	lines := &lineReader{r: bufio.NewReaderSize(text, 256<<10), end: '\n'}
	s := newShapes(p)
	var compact bytes.Buffer
	for line := lines.next(); line != nil; line = lines.next() {
		b := bytes.TrimSpace(line)
		if len(b) == 0 {
			continue
		}
		var err error
		switch {
		case lines.over:
			err = p.refuse(lines.line, string(b), "too long: the line has more than %d MiB", maxRecord>>20)
		case lines.err != nil && lines.err != io.EOF && !lines.ended:
			err = p.refuse(lines.line, string(b), "cut off: the file ends inside this line")
		default:
			var v json.RawMessage
			if e := json.Unmarshal(b, &v); e != nil {
				err = p.refuse(lines.line, string(b), "JSON syntax: %v", e)
			} else {
				err = p.object(b, lines.line, text.encoding, s, &compact)
			}
		}
		if err != nil {
			return err
		}
	}
	return p.textEnd(lines.err)
}

// object splits a valid JSON object into its members, in their order. Texts are unquoted, numbers keep all their
// digits, and lists and objects stay JSON, without white space so that a reformatted file is the same record.
func object(raw []byte, compact *bytes.Buffer) ([]string, []Value, error) {
	b := bytes.TrimSpace(raw)
	if len(b) == 0 || b[0] != '{' {
		return nil, nil, fmt.Errorf("not an object: %s", cut(string(b), 60))
	}
	compact.Reset()
	if err := json.Compact(compact, b); err != nil {
		return nil, nil, fmt.Errorf("JSON syntax: %w", err)
	}
	b = compact.Bytes()
	var names []string
	var values []Value
	for i := 1; b[i] != '}'; {
		if b[i] == ',' {
			i++
		}
		n := valueEnd(b[i:])
		name, err := unquote(b[i : i+n])
		if err != nil {
			return nil, nil, err
		}
		i += n + 1 // and the colon
		n = valueEnd(b[i:])
		v := Value{Kind: JSON, Text: string(b[i : i+n])}
		switch b[i] {
		case '"':
			v.Kind = Text
			if v.Text, err = unquote(b[i : i+n]); err != nil {
				return nil, nil, err
			}
		case 'n':
			v = Value{}
		}
		i += n
		names, values = append(names, strings.ReplaceAll(name, "\x00", "\u2400")), append(values, v)
	}
	return names, values, nil
}

// Members splits a nested value into its members; a value that is no object has none.
func Members(v Value) (names []string, values []Value) {
	if v.Kind != JSON || !strings.HasPrefix(v.Text, "{") {
		return nil, nil
	}
	var compact bytes.Buffer
	names, values, err := object([]byte(v.Text), &compact)
	if err != nil {
		return nil, nil
	}
	return names, values
}

// Member is one member of a nested value, or Null.
func Member(v Value, name string) Value {
	names, values := Members(v)
	if i := slices.Index(names, name); i >= 0 {
		return values[i]
	}
	return Value{}
}

// valueEnd is the length of the compact JSON value at the start of b.
func valueEnd(b []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
				if depth == 0 {
					return i + 1
				}
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == ',' || c == ':') && depth == 0:
			return i
		}
	}
	return len(b)
}

func unquote(b []byte) (string, error) {
	if bytes.IndexByte(b, '\\') < 0 && len(b) >= 2 {
		return string(b[1 : len(b)-1]), nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return "", fmt.Errorf("JSON syntax: %w", err)
	}
	return s, nil
}

// number makes a value of a number's text: JSON where JSON can write it so, text otherwise.
func number(s string) Value {
	if len(s) > 0 && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s)) {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return Value{JSON, s}
		}
	}
	return Value{Text, s}
}

func kindOf(t json.Token) string {
	switch t.(type) {
	case json.Delim:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case nil:
		return "null"
	}
	return "a number"
}
