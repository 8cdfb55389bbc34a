// Package strictyaml reads YAML into Go structs and finds every mistake at once, each with its place.
//
// Unknown keys, wrong types, duplicate keys and a second document are errors; a misspelt key gets a suggestion.
// It is used for deskproof.yaml, for the control catalogue and for its tests.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Pos is a place in a file. A struct field of this type with the tag `yaml:"-"` is filled with the place of its struct.
type Pos struct {
	File   string
	Line   int // from 1
	Column int // from 1
}

// String writes file:line:column.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Problem is one mistake at one place.
type Problem struct {
	Pos     Pos
	Path    string // where in the structure: sla[0].goals[1].within
	Message string // what is wrong
	Hint    string // what to do; may be empty

	NotYAML bool // the file is no YAML: nothing that stands in it is known
}

// Error writes file:line:column: path: message (hint).
func (p Problem) Error() string {
	s := p.Pos.String() + ": "
	if p.Path != "" {
		s += p.Path + ": "
	}
	s += p.Message
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Problems is a list of mistakes; as an error it shows all of them, a line each, in the order of the file.
type Problems []Problem

// Error lists every problem on a line of its own.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is nil when there is no problem, otherwise the sorted list.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i].Pos, ps[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return ps
}

// Add appends a problem.
func (ps *Problems) Add(pos Pos, path, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Unmarshaler is for types with a short form. The node's place is given by At(file, node).
// Problems that it returns are kept as they are; any other error is put at the node.
type Unmarshaler interface {
	UnmarshalStrict(d *Decoder, n *yaml.Node, path string)
}

// Decoder collects the problems of one file.
type Decoder struct {
	File     string
	Problems Problems
	places   map[string]Pos
	depth    int
	visited  int
}

// Limits against files made to exhaust memory: an anchor may be used in itself, or nine times nine times.
const (
	maxDepth = 64
	maxNodes = 2_000_000
)

// Decode reads one YAML document into a pointer to a struct. It returns Problems, or nil.
// An empty file leaves the struct as it is.
func Decode(file string, data []byte, into any) error {
	_, err := DecodePlaces(file, data, into)
	return err
}

// DecodePlaces is Decode, and tells where each value stands, by its path (sla[0].target). A key that the struct does
// not know has no place.
func DecodePlaces(file string, data []byte, into any) (map[string]Pos, error) {
	d := &Decoder{File: file, places: map[string]Pos{}}
	return d.places, d.decode(data, into)
}

func (d *Decoder) decode(data []byte, into any) error {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return Problems{d.syntax(err, data)}
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return Problems{d.syntax(err, data)}
		}
		d.Problems.Add(d.At(&second), "", "put it into a file of its own", "a second YAML document begins here")
	}
	d.Value(doc.Content[0], reflect.ValueOf(into).Elem(), "")
	return d.Problems.Err()
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s*)?(?:line (\d+): )?(.*)$`)

func (d *Decoder) syntax(err error, data []byte) Problem {
	p := Problem{Pos: Pos{d.File, 1, 1}, Message: err.Error(), Hint: "the file is not valid YAML here", NotYAML: true}
	if m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0]); m != nil {
		if n, e := strconv.Atoi(m[1]); e == nil {
			p.Pos.Line = n
		}
		p.Message = m[2]
	}
	if strings.Contains(p.Message, "tab character") {
		p.Hint = "YAML is indented with spaces"
	}
	switch name := unknownAnchor.FindStringSubmatch(p.Message); {
	case name != nil:
		if i := bytes.Index(data, []byte("*"+name[1])); i >= 0 {
			p.Pos = d.byteAt(data, i)
		}
		p.Hint = "a text that begins with * stands in quotes"
	case strings.Contains(p.Message, "UTF-8") || strings.Contains(p.Message, "control characters"):
		p.Hint = "save the file as UTF-8"
		if i := oddByte(data); i >= 0 {
			p.Pos = d.byteAt(data, i)
		}
	}
	return p
}

var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)

// byteAt is the place of a byte of the file.
func (d *Decoder) byteAt(data []byte, i int) Pos {
	return Pos{d.File, 1 + bytes.Count(data[:i], []byte("\n")), i - bytes.LastIndexByte(data[:i], '\n')}
}

// oddByte is the first byte that no YAML file in UTF-8 holds, or -1.
func oddByte(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || control(r) {
			return i
		}
		i += n
	}
	return -1
}

// control tells a character that no text needs and that a terminal or a report may take for a command.
func control(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }

// At is the place of a node.
func (d *Decoder) At(n *yaml.Node) Pos { return Pos{d.File, n.Line, n.Column} }

// Add adds a problem at a node.
func (d *Decoder) Add(n *yaml.Node, path, hint, format string, args ...any) {
	d.Problems.Add(d.At(n), path, hint, format, args...)
}

var (
	posType  = reflect.TypeFor[Pos]()
	nodeType = reflect.TypeFor[yaml.Node]()
)

// Value decodes a node into v, which must be settable.
func (d *Decoder) Value(n *yaml.Node, v reflect.Value, path string) {
	d.depth++
	defer func() { d.depth-- }()
	if d.visited++; d.depth > maxDepth || d.visited > maxNodes {
		if d.visited <= maxNodes+1 {
			d.visited = maxNodes + 1
			d.Add(n, "", "anchors that contain themselves end here too", "the file is nested too deeply or too large")
			d.visited = maxNodes + 2
		}
		return
	}
	if _, known := d.places[path]; !known && d.places != nil {
		d.places[path] = d.At(n)
	}
	if n.Kind == yaml.AliasNode {
		d.Value(n.Alias, v, path)
		return
	}
	if v.CanAddr() {
		if u, ok := v.Addr().Interface().(Unmarshaler); ok {
			u.UnmarshalStrict(d, n, path)
			return
		}
	}
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(*n))
		return
	}
	if n.Tag == "!!null" && v.Kind() != reflect.String {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.Value(n, p.Elem(), path)
		v.Set(p)
	case reflect.Struct:
		d.Struct(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	case reflect.Interface:
		var any any
		if err := n.Decode(&any); err != nil {
			d.Add(n, path, "", "%v", err)
			return
		}
		if any != nil {
			v.Set(reflect.ValueOf(any))
		}
	default:
		d.scalar(n, v, path)
	}
}

// Struct decodes a mapping into a struct without asking for its Unmarshaler: for the full form of types with a short form.
func (d *Decoder) Struct(n *yaml.Node, v reflect.Value, path string) {
	fields := map[string]int{}
	var known []string
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == posType {
			v.Field(i).Set(reflect.ValueOf(d.At(n))) // also of what is no struct: more may be said of it
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		fields[name] = i
		known = append(known, name)
	}
	if n.Kind != yaml.MappingNode {
		d.Add(n, path, "", "here belong keys and values, not %s", describe(n))
		return
	}
	d.Pairs(n, path, func(k, val *yaml.Node, at string) {
		idx, ok := fields[k.Value]
		if !ok {
			hint := Suggest(k.Value, known)
			if k.Value == "<<" {
				hint = "write the keys out: one mapping is not merged into another"
			}
			d.Add(k, at, hint, "unknown key %q", k.Value)
			return
		}
		d.Value(val, v.Field(idx), at)
	})
}

// Pairs calls f for every key of a mapping with its value and its path. A key that was given before is a problem and is
// left out.
func (d *Decoder) Pairs(n *yaml.Node, path string, f func(key, value *yaml.Node, at string)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		at := Join(path, k.Value)
		if line, twice := seen[k.Value]; twice {
			d.Add(k, at, "keep one of them", "this key was already given in line %d", line)
			continue
		}
		seen[k.Value] = k.Line
		f(k, val, at)
	}
}

func (d *Decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.Add(n, path, "", "here belong keys and values, not %s", describe(n))
		return
	}
	m := reflect.MakeMap(v.Type())
	d.Pairs(n, path, func(k, val *yaml.Node, at string) {
		e := reflect.New(v.Type().Elem()).Elem()
		d.Value(val, e, at)
		key := reflect.New(v.Type().Key()).Elem()
		d.Value(k, key, at)
		m.SetMapIndex(key, e)
	})
	v.Set(m)
}

func (d *Decoder) sequence(n *yaml.Node, v reflect.Value, path string) {
	items := n.Content
	if n.Kind != yaml.SequenceNode {
		// One item may stand without the brackets.
		if n.Kind == yaml.MappingNode && v.Type().Elem().Kind() != reflect.Struct && v.Type().Elem().Kind() != reflect.Map {
			d.Add(n, path, "", "here belongs a list, not %s", describe(n))
			return
		}
		items = []*yaml.Node{n}
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.Value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(out)
}

func (d *Decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.Add(n, path, "", "here belongs %s, not %s", typeWord(v), describe(n))
		return
	}
	if v.Kind() == reflect.String {
		if n.Tag == "!!null" && n.Value != "" {
			// "~" and "null" are texts where a text is asked for only when quoted; unquoted they mean empty.
			v.SetString("")
			return
		}
		if strings.ContainsFunc(n.Value, control) {
			d.Add(n, path, "leave it out", "a control character stands in this text")
			return
		}
		v.SetString(n.Value)
		return
	}
	p := reflect.New(v.Type())
	// YAML would cut 1.5 down to 1.
	if err := n.Decode(p.Interface()); err != nil || p.Elem().CanInt() && n.ShortTag() == "!!float" {
		d.Add(n, path, "", "%q is not %s", n.Value, typeWord(v))
		return
	}
	v.Set(p.Elem())
}

func typeWord(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	default:
		return "a text"
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%q", n.Value)
	}
}

// Join joins a path and a key.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Suggest says what was probably meant, or lists what is known when that is short.
func Suggest(word string, known []string) string {
	best, dist := "", 3
	if len(word) <= 3 {
		dist = 2
	}
	sorted := append([]string(nil), known...)
	sort.Strings(sorted)
	for _, k := range sorted {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < dist {
			best, dist = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(sorted) > 0 && len(sorted) <= 20 {
		return "known: " + strings.Join(sorted, ", ")
	}
	return ""
}

// distance is the number of single letters to change, swap, add or drop.
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	prev2, prev := make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		cur := make([]int, len(rb)+1)
		cur[0] = i
		for j := 1; j <= len(rb); j++ {
			cost := 1
			if ra[i-1] == rb[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && ra[i-1] == rb[j-2] && ra[i-2] == rb[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, cur
	}
	return prev[len(rb)]
}
