package controls

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// The YAML files that people write have JSON schemas, so that an editor completes keys, shows what they mean and marks
// mistakes. They are made from the Go types that the files are read into: keys and types from the fields, descriptions
// from their comments (schema_words.json, made by a test from the source), words from the lists that the checks use.

//go:embed schema_words.json
var schemaWords []byte

// schemaKind is one kind of file.
type schemaKind struct {
	name, title string
	root        reflect.Type
	required    []string
}

// controlFile is what a file of controls/ holds.
type controlFile struct {
	Process  string    `yaml:"process"`  // process of the controls that state none
	Controls []Control `yaml:"controls"` // the controls; one whose id is there already changes only what it states
}

// crosswalkRows is what a file of crosswalk/ holds.
type crosswalkRows struct {
	Crosswalk []Crosswalk `yaml:"crosswalk"` // one row a pair of requirements; the other way round is derived
}

var schemaKinds = []schemaKind{
	{"config", "deskproof.yaml", reflect.TypeFor[config.Config](), nil},
	{"control", "a file of controls (controls/*.yaml of a catalogue)", reflect.TypeFor[controlFile](), []string{"controls"}},
	{"framework", "a framework (frameworks/*.yaml of a catalogue)", reflect.TypeFor[Framework](), []string{"framework", "edition"}},
	{"crosswalk", "relations between requirements (crosswalk/*.yaml of a catalogue)", reflect.TypeFor[crosswalkRows](), []string{"crosswalk"}},
	{"test", "the test of a control (tests/*.yaml of a catalogue)", reflect.TypeFor[ControlTest](), []string{"control", "cases"}},
	{"judgements", "what people decided (catalogue: judgements: in deskproof.yaml)", reflect.TypeFor[config.Judgements](), nil},
}

// SchemaKinds lists the kinds of files that have a schema, with what they are.
func SchemaKinds() [][2]string {
	var out [][2]string
	for _, k := range schemaKinds {
		out = append(out, [2]string{k.name, k.title})
	}
	return out
}

type object = map[string]any

// Schema is the JSON schema (draft 2020-12) of a kind of file: one of SchemaKinds. The ids of requirements are those of
// the catalogue; others that are written like ids are allowed, since another folder may bring them.
func Schema(cat *Catalogue, kind string) ([]byte, error) {
	var names []string
	for _, k := range schemaKinds {
		names = append(names, k.name)
		if k.name != kind {
			continue
		}
		s := &schemaMaker{defs: object{}, words: map[string]string{}}
		if err := json.Unmarshal(schemaWords, &s.words); err != nil {
			return nil, err
		}
		s.requirement = s.requirements(cat)
		root := s.fields(k.root, k.required)
		root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		root["title"] = "deskproof: " + k.title
		if len(s.defs) > 0 {
			root["$defs"] = s.defs
		}
		out, err := json.MarshalIndent(root, "", "  ")
		return append(out, '\n'), err
	}
	return nil, fmt.Errorf("there is no schema of %q: %s", kind, strictyaml.Suggest(kind, names))
}

type schemaMaker struct {
	defs        object
	words       map[string]string
	requirement object
}

func (s *schemaMaker) requirements(cat *Catalogue) object {
	var ids []string
	for _, f := range cat.Frameworks {
		for _, e := range f.Entries {
			if len(f.Children(e.ID)) == 0 {
				ids = append(ids, f.ID()+"/"+e.ID)
			}
		}
	}
	return object{"anyOf": []any{object{"enum": ids}, object{"type": "string", "pattern": "^[^/: ]+:[^/: ]+/.+$"}}}
}

// text is anything that the strict reader takes for a text: YAML reads 8.10 and yes as something else.
func text() object { return object{"type": []string{"string", "number", "boolean", "null"}} }

func oneOf(words []string) object { return object{"enum": words} }

// known are the words of fields that take only some.
func (s *schemaMaker) known(field string) object {
	switch field {
	case "controls.Control.Process", "controls.controlFile.Process":
		return oneOf(processIDs())
	case "controls.Control.Frequency":
		return oneOf(Frequencies())
	case "controls.Control.Attribute":
		return oneOf(Attributes())
	case "controls.Control.Finding":
		return oneOf([]string{string(Nonconforming), string(EvidenceDue)})
	case "controls.Control.MapsTo", "controls.Control.MapsToAlso":
		return object{"type": "array", "items": s.requirement}
	case "controls.Crosswalk.Relation":
		return oneOf(Relations())
	case "controls.Entry.Certainty":
		return oneOf([]string{"S", "S2", "M"})
	case "controls.Entry.Asks", "controls.Framework.Asks":
		return oneOf([]string{AsksNothing, AsksJudgement})
	case "controls.Expectation.Status":
		return oneOf([]string{string(Conforming), string(Nonconforming), string(EvidenceDue), string(NotAssessed)})
	case "controls.Over.Kind":
		return list(oneOf(overWords["kind"]))
	case "controls.Over.Status":
		return list(oneOf(overWords["status"]))
	case "controls.Over.ChangeType":
		return list(oneOf(overWords["change_type"]))
	case "controls.Over.Outcome":
		return list(oneOf(overWords["outcome"]))
	case "config.Config.Privacy":
		return oneOf([]string{"keep", "pseudonymize"})
	case "config.SLA.Kind":
		return oneOf(config.SLAKinds)
	case "config.SLA.Clock", "config.Native.Clock":
		return oneOf([]string{"response", "resolution"})
	case "config.SLA.Reopen":
		return oneOf(config.Reopens)
	case "config.SLA.GoalChange":
		return oneOf(config.GoalChanges)
	case "config.SLA.OnHold":
		return oneOf(config.OnHolds)
	case "config.SLA.ZoneChoice":
		return oneOf(config.ZoneChoices)
	case "config.SLA.DayUnit":
		return oneOf(config.DayUnits)
	case "config.SLA.OpenOverdue":
		return oneOf(config.OpenOverdues)
	case "config.Assessment.Status":
		return oneOf(config.AssessedStatuses())
	}
	return nil
}

// list is a list of items; a single one may stand without its brackets.
func list(item object) object {
	return object{"anyOf": []any{object{"type": "array", "items": item}, item, object{"type": "null"}}}
}

// value is the schema of a Go type. Types with a form of their own are told here.
func (s *schemaMaker) value(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[SQL](), reflect.TypeFor[Status]():
		return text()
	case reflect.TypeFor[Share]():
		return object{"anyOf": []any{object{"type": "number", "minimum": 0, "maximum": 1}, object{"type": "string", "pattern": `^\s*\d+(\.\d+)?\s*%?\s*$`}}}
	case reflect.TypeFor[Moment]():
		long := s.fields(t, []string{"when"})
		return object{"anyOf": []any{object{"enum": momentNames()}, object{"type": "string", "pattern": `[^a-z_]`, "description": "status = 'on_hold', or a condition on ticket_event"}, long}}
	case reflect.TypeFor[config.Secret]():
		return object{"type": "string", "pattern": "^(env|file|keyring):.+$", "description": "where the secret is: env:NAME, file:PATH or keyring:NAME"}
	case reflect.TypeFor[config.OpenTimes]():
		return object{"anyOf": []any{object{"type": "object", "additionalProperties": list(text())}, list(text())}}
	case reflect.TypeFor[config.FieldMap]():
		return object{"anyOf": []any{text(), s.fields(t, nil)}}
	case reflect.TypeFor[config.Mapping]():
		texts := object{"type": []string{"object", "null"}, "additionalProperties": text()}
		return object{"type": []string{"object", "null"}, "additionalProperties": texts, "properties": object{
			"fields":    object{"type": []string{"object", "null"}, "additionalProperties": s.value(reflect.TypeFor[config.FieldMap]()), "description": "model field → source column"},
			"constants": texts, "expressions": texts}}
	case reflect.TypeFor[yaml.Node]():
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.value(t.Elem())
	case reflect.Slice:
		return list(s.value(t.Elem()))
	case reflect.Map:
		return object{"type": []string{"object", "null"}, "additionalProperties": s.value(t.Elem())}
	case reflect.Struct:
		name := t.Name()
		if _, there := s.defs[name]; !there {
			s.defs[name] = nil // a type may hold itself
			s.defs[name] = s.fields(t, requiredKeys[name])
		}
		return object{"$ref": "#/$defs/" + name}
	case reflect.Bool:
		return object{"type": []string{"boolean", "null"}}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return object{"type": []string{"integer", "null"}}
	case reflect.Float32, reflect.Float64:
		return object{"type": []string{"number", "null"}}
	case reflect.Interface:
		return object{}
	}
	return text()
}

// requiredKeys are what an entry cannot do without, wherever it stands.
var requiredKeys = map[string][]string{
	"Control": {"id"}, "Entry": {"id", "title", "certainty"}, "Crosswalk": {"from", "relation", "why"}, "TestCase": {"name", "expect"},
	"Expectation": {"status"}, "Input": {"name", "have"},
}

// fields is the schema of a struct: its keys and no others.
func (s *schemaMaker) fields(t reflect.Type, required []string) object {
	properties := object{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" || !f.IsExported() || f.Type == reflect.TypeFor[strictyaml.Pos]() {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		path := t.String() + "." + f.Name
		v := s.known(path)
		if v == nil {
			v = s.value(f.Type)
		}
		if words := s.words[path]; words != "" {
			v["description"] = words
		}
		properties[name] = v
	}
	out := object{"type": "object", "additionalProperties": false, "properties": properties}
	if words := s.words[t.String()]; words != "" {
		out["description"] = words
	}
	if len(required) > 0 {
		required = slices.Clone(required)
		slices.Sort(required)
		out["required"] = required
	}
	return out
}

// sentence makes a comment a description: its own line breaks go, and it begins with a capital letter.
func sentence(comment string) string {
	words := []rune(strings.Join(strings.Fields(comment), " "))
	if len(words) > 1 && unicode.IsLower(words[1]) || len(words) == 1 {
		words[0] = unicode.ToUpper(words[0])
	}
	return string(words)
}
