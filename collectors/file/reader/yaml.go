package reader

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readYAML reads a list of mappings: registers that people keep by hand. Scalars stay the text that was written
// (a clause 8.10 does not become 8.1); lists and mappings inside a record become JSON.
func (p *run) readYAML(text *textReader) error {
	data, err := io.ReadAll(io.LimitReader(text, maxRecord+1))
	if err != nil {
		return p.textEnd(err)
	}
	if len(data) > maxRecord {
		return fmt.Errorf("%s: YAML is read up to %d MiB: keep large registers as CSV", p.path, maxRecord>>20)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("%s: %s", p.path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 { // nothing but comments: nothing is lost
		p.warn("the file holds no records")
		return nil
	}
	list := deref(doc.Content[0])
	if p.opt.Records != "" {
		for _, key := range strings.Split(p.opt.Records, ".") {
			next := (*yaml.Node)(nil)
			for i := 0; list.Kind == yaml.MappingNode && i+1 < len(list.Content); i += 2 {
				if list.Content[i].Value == key {
					next = deref(list.Content[i+1])
				}
			}
			if next == nil {
				return fmt.Errorf("%s:%d: `records: %s` is not there: no %q", p.path, list.Line, p.opt.Records, key)
			}
			list = next
		}
	}
	records := []*yaml.Node{list}
	if list.Kind == yaml.SequenceNode {
		records = list.Content
	}
	s := newShapes(p)
	for _, n := range records {
		line := int64(n.Line)
		n = deref(n)
		if n.Kind != yaml.MappingNode {
			if err := p.refuse(line, n.Value, "not a mapping: a record is a list of `column: value`"); err != nil {
				return err
			}
			continue
		}
		var names []string
		var values []Value
		fault := ""
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := yamlValue(n.Content[i+1], 0)
			if err == nil && unfit(v.Text) {
				err = fmt.Errorf("%s", badText(v.Text, n.Content[i].Value, text.encoding))
			}
			if err != nil {
				fault = err.Error()
				break
			}
			names, values = append(names, n.Content[i].Value), append(values, v)
		}
		if fault != "" {
			out, _ := yaml.Marshal(n)
			if err := p.refuse(line, string(out), "%s", fault); err != nil {
				return err
			}
			continue
		}
		if err := p.emit(&Record{Line: line, Names: s.names(names), Values: values}); err != nil {
			return err
		}
	}
	return p.ctx.Err()
}

func deref(n *yaml.Node) *yaml.Node {
	for i := 0; n.Kind == yaml.AliasNode && n.Alias != nil && i < 100; i++ {
		n = n.Alias
	}
	return n
}

func yamlValue(n *yaml.Node, depth int) (Value, error) {
	n = deref(n)
	if n.Kind == yaml.ScalarNode {
		if n.ShortTag() == "!!null" {
			return Value{}, nil
		}
		return Value{Text, n.Value}, nil
	}
	var b strings.Builder
	if err := yamlJSON(&b, n, depth); err != nil {
		return Value{}, err
	}
	return Value{JSON, b.String()}, nil
}

// yamlJSON writes a node as JSON, in its order. Depth and length are bounded: aliases can make a small file huge.
func yamlJSON(b *strings.Builder, n *yaml.Node, depth int) error {
	if depth > 100 || b.Len() > MaxField {
		return fmt.Errorf("too long: a nested value in line %d", n.Line)
	}
	n = deref(n)
	text := func(s string) {
		j, _ := json.Marshal(s)
		b.Write(j)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() == "!!null" {
			b.WriteString("null")
		} else {
			text(n.Value)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			b.WriteByte("[,"[min(i, 1)])
			if err := yamlJSON(b, c, depth+1); err != nil {
				return err
			}
		}
		if len(n.Content) == 0 {
			b.WriteByte('[')
		}
		b.WriteByte(']')
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			b.WriteByte("{,"[min(i, 1)])
			text(n.Content[i].Value)
			b.WriteByte(':')
			if err := yamlJSON(b, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
		if len(n.Content) == 0 {
			b.WriteByte('{')
		}
		b.WriteByte('}')
	}
	return nil
}
