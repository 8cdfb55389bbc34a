// Package generic collects from tools that nobody wrote a collector for: what is asked, how pages follow each other, where
// the records stand and what they mean is said in YAML, under `rest` of the source. Some tools come as ready presets of it,
// each a type of its own, and deskproof.yaml may change any part of a preset.
//
// The YAML is read into a definition; from it come a rest.Tool (asking) and a model.sql (meaning), so that everything that
// holds for other live sources holds here: patience, secrets, books, resumption, translation of values.
package generic

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

//go:embed */preset.yaml */sample.yaml */README.md
var files embed.FS

// Type is the source type that is configured wholly in YAML.
const Type = "rest"

// Presets are the names of the ready definitions, in order.
func Presets() []string {
	found, err := fs.Glob(files, "*/preset.yaml")
	if err != nil {
		return nil
	}
	for i, f := range found {
		found[i] = path.Dir(f)
	}
	return found
}

// Collectors are the type `rest` and one type a preset.
func Collectors() []collectors.Collector {
	out := []collectors.Collector{Collector{Type}}
	for _, p := range Presets() {
		out = append(out, Collector{p})
	}
	return out
}

// Collector is one of the types of this package.
type Collector struct{ typ string }

func text(typ, name string) string {
	b, err := files.ReadFile(typ + "/" + name)
	if err != nil {
		return "" // the test of the types finds it
	}
	return string(b)
}

// Describe says what the type is.
func (c Collector) Describe() collectors.Description {
	d := collectors.Description{Type: c.typ, Summary: "any tool with a REST interface, configured wholly in YAML",
		Sample: text(c.typ, "sample.yaml"), Readme: text(c.typ, "README.md"), Live: true}
	tool := rest.Tool{Type: c.typ, Schemes: nil}
	if c.typ != Type {
		def, err := definitionOf(&config.Source{Type: c.typ})
		if err != nil {
			return d
		}
		d.Summary = def.Product + ": " + def.Summary
		tool = c.tool(def)
	} else {
		tool = c.tool(&definition{Login: []login{{Scheme: "basic"}, {Scheme: "bearer"}, {Scheme: "oauth"}}, Product: "the tool"})
	}
	tool.Readme = d.Readme
	d.Readme = tool.Describe().Readme + "- `rest`: the definition, or what differs from the preset\n"
	return d
}

// Check finds the mistakes of the definition and of the source.
func (c Collector) Check(cfg *config.Config, src *config.Source) error {
	def, err := definitionOf(src)
	if err != nil {
		return err
	}
	return c.tool(def).Check(cfg, src)
}

// Probe asks every list of the definition for its first page.
func (c Collector) Probe(ctx context.Context, cfg *config.Config, src *config.Source) (string, error) {
	def, err := definitionOf(src)
	if err != nil {
		return "", err
	}
	return c.tool(def).Collector().Probe(ctx, cfg, src)
}

// Collect reads the lists in the order of the definition.
func (c Collector) Collect(ctx context.Context, s *collectors.Session) error {
	def, err := definitionOf(s.Source)
	if err != nil {
		return err
	}
	return c.tool(def).Collector().Collect(ctx, s)
}

// SourceModel is the model.sql that follows from the definition of a source.
func (c Collector) SourceModel(src *config.Source) (string, error) {
	def, err := definitionOf(src)
	if err != nil {
		return "", err
	}
	return def.modelSQL()
}

// definitionOf is the definition of a source: its preset, and over it what stands under `rest`. The error is
// strictyaml.Problems with places in deskproof.yaml.
func definitionOf(src *config.Source) (*definition, error) {
	at := "source " + src.Name + ".rest"
	preset := src.Preset
	if src.Type != Type {
		if preset != "" {
			var ps strictyaml.Problems
			ps.Add(src.At("preset"), "source "+src.Name+".preset", "take it out", "the type %s is a preset already", src.Type)
			return nil, ps.Err()
		}
		preset = src.Type
	}
	var whole *yaml.Node
	if preset != "" {
		b, err := files.ReadFile(preset + "/preset.yaml")
		if err != nil {
			var ps strictyaml.Problems
			ps.Add(src.At("preset"), "source "+src.Name+".preset", strictyaml.Suggest(preset, Presets())+"; known: "+strings.Join(Presets(), ", "), "%q is not a preset", preset)
			return nil, ps.Err()
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(b, &doc); err != nil {
			return nil, fmt.Errorf("preset %s: %w", preset, err)
		}
		whole = doc.Content[0]
	}
	d := &strictyaml.Decoder{File: src.Pos.File}
	if !src.REST.IsZero() {
		var own definition
		own.decode(d, &src.REST, at)
		if len(d.Problems) > 0 {
			return nil, d.Problems.Err()
		}
		whole = merged(whole, &src.REST)
	}
	if whole == nil {
		d.Problems.Add(src.Pos, at, "write what is to be read, or name a preset: "+strings.Join(Presets(), ", "), "missing")
		return nil, d.Problems.Err()
	}
	var def definition
	def.decode(d, whole, at)
	if src.REST.IsZero() { // mistakes of a preset are ours
		if len(d.Problems) > 0 {
			return nil, fmt.Errorf("preset %s: %w", preset, d.Problems.Err())
		}
	}
	def.check(&d.Problems, at)
	if len(d.Problems) > 0 {
		return nil, d.Problems.Err()
	}
	return &def, nil
}

func (def *definition) decode(d *strictyaml.Decoder, n *yaml.Node, at string) {
	d.Value(n, reflect.ValueOf(def).Elem(), at)
}

// merged lays one mapping over another: mappings are merged key by key, everything else is replaced.
func merged(under, over *yaml.Node) *yaml.Node {
	if under == nil || under.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := *under
	out.Content = append([]*yaml.Node(nil), under.Content...)
	for i := 0; i+1 < len(over.Content); i += 2 {
		k, v := over.Content[i], over.Content[i+1]
		found := false
		for j := 0; j+1 < len(out.Content); j += 2 {
			if out.Content[j].Value == k.Value {
				out.Content[j+1] = merged(out.Content[j+1], v)
				found = true
			}
		}
		if !found {
			out.Content = append(out.Content, k, v)
		}
	}
	return &out
}
