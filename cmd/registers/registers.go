// Package registers writes the registers of a management system for people to fill: documents, risks, audits and the
// others that no ticket tool holds, as CSV, YAML or XLSX. What a register is for stands in templates/configuration/registers.yaml;
// its columns and their meanings are those of the model, so that they stand in one place.
package registers

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors/mapping"
	"deskproof/model"
	"deskproof/templates"
)

// Formats are the forms in which registers are written, the one first that people edit best.
var Formats = []string{"xlsx", "csv", "yaml"}

// Register is one register: a table of the model that people fill.
type Register struct {
	Entity   string              `yaml:"register"` // table of the model, and name of the file
	Title    string              `yaml:"title"`    // in words
	Purpose  string              `yaml:"purpose"`  // what it is for
	Asks     string              `yaml:"asks"`     // what an auditor asks of it
	Keep     string              `yaml:"keep"`     // how it is kept
	Clauses  []string            `yaml:"clauses"`  // requirements that ask for it
	Examples []map[string]string `yaml:"examples"` // rows that show how it is filled, by column
	Columns  []Column            `yaml:"-"`        // in the order of the model
}

// Column is a column of a register.
type Column struct {
	Name    string
	Type    string   // as DuckDB writes it
	Meaning string   // what it holds, for people
	Needed  bool     // a row without it is refused
	Allowed []string // the only values; nil = any
	Bounds  *[2]int  // least and greatest whole number; nil = any
}

// All are the registers, in the order in which people fill them.
func All(ctx context.Context) ([]Register, error) {
	var list []Register
	d := yaml.NewDecoder(bytes.NewReader(templates.Bytes(templates.Registers)))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", templates.Registers, err)
	}
	db, err := model.OpenMemory(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	for i := range list {
		r := &list[i]
		tables, err := model.Dictionary(ctx, db, r.Entity)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", templates.Registers, err)
		}
		for n, c := range tables[0].Columns {
			col := Column{Name: c.Name, Type: c.Type, Meaning: meaning(c.Comment, n == 0), Needed: !c.Optional, Allowed: mapping.Allowed(r.Entity, c.Name)}
			if least, greatest, ok := mapping.Bounds(r.Entity, c.Name); ok {
				col.Bounds = &[2]int{least, greatest}
			}
			r.Columns = append(r.Columns, col)
		}
		for _, row := range r.Examples {
			for name := range row {
				if !slices.ContainsFunc(r.Columns, func(c Column) bool { return c.Name == name }) {
					return nil, fmt.Errorf("%s: %s has no column %q", templates.Registers, r.Entity, name)
				}
			}
		}
	}
	return list, nil
}

// reference is how the schema names the id of another table.
var reference = regexp.MustCompile(`\b([a-z_]+)\.[a-z_]+_id\b`)

// meaning is the comment of the schema in the words of somebody who fills a file.
func meaning(comment string, id bool) string {
	if id {
		return "what names the entry: any text that no other row of the register has, and that never changes"
	}
	out := reference.ReplaceAllStringFunc(comment, func(s string) string {
		table := strings.ReplaceAll(reference.FindStringSubmatch(s)[1], "_", " ")
		return "id of a " + table
	})
	return strings.ReplaceAll(out, "NULL = ", "empty = ")
}

// Kind is what a column takes, in a word or two.
func (c Column) Kind() string {
	switch {
	case len(c.Allowed) > 0 && c.Type != "INTEGER":
		return "one of a list"
	case c.Bounds != nil:
		return fmt.Sprintf("%d to %d", c.Bounds[0], c.Bounds[1])
	case len(c.Allowed) > 0:
		return "1 to 5"
	case c.Type == "DATE":
		return "day (2026-01-31)"
	case c.Type == "BOOLEAN":
		return "true or false"
	case c.Type == "INTEGER" || c.Type == "BIGINT":
		return "whole number"
	case c.Type == "DOUBLE" || strings.HasPrefix(c.Type, "DECIMAL"):
		return "number"
	}
	return "text"
}

// choices are the values that the column is chosen from; nil = it is typed.
func (c Column) choices() []string {
	if c.Type == "BOOLEAN" {
		return []string{"true", "false"}
	}
	return c.Allowed
}

// names are the headings.
func (r Register) names() []string {
	out := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = c.Name
	}
	return out
}

// rows are the examples in the order of the columns.
func (r Register) rows() [][]string {
	var out [][]string
	for _, e := range r.Examples {
		row := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			row[i] = e[c.Name]
		}
		out = append(out, row)
	}
	return out
}

// Template is the register as a file to fill: headings and examples, no entry.
func (r Register) Template(format string) ([]byte, error) {
	switch format {
	case "csv":
		return CSV(r.names(), r.rows())
	case "yaml":
		return r.yaml(), nil
	case "xlsx":
		return r.Workbook(r.names(), nil, r.rows())
	}
	return nil, fmt.Errorf("registers are written as %s, not as %q", strings.Join(Formats, ", "), format)
}

// CSV writes a register as separated values.
func CSV(names []string, rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(append([][]string{names}, rows...))
	return b.Bytes(), err
}

// YAML writes a register as a list, without what is empty.
func YAML(names []string, rows [][]string) []byte {
	var b bytes.Buffer
	for _, row := range rows {
		lead := "- "
		for i, v := range row {
			if v == "" {
				continue
			}
			fmt.Fprintf(&b, "%s%s: %s\n", lead, names[i], scalar(v))
			lead = "  "
		}
	}
	return b.Bytes()
}

// scalar writes a text so that YAML gives it back.
func scalar(v string) string {
	out, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Value: v})
	if err != nil || bytes.Count(out, []byte("\n")) != 1 {
		return fmt.Sprintf("%q", v)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// yaml is the template with everything behind comment signs.
func (r Register) yaml() []byte {
	var b strings.Builder
	say := func(s string) {
		for _, line := range wrap(s, 110) {
			fmt.Fprintf(&b, "# %s\n", line)
		}
	}
	say(r.Title + ". " + r.Purpose)
	say(r.Keep)
	b.WriteString("#\n")
	for _, c := range r.Columns {
		kind := c.Kind()
		if c.Needed {
			kind += ", needed"
		}
		lines := wrap(fmt.Sprintf("%s (%s): %s", c.Name, kind, c.Meaning), 106)
		fmt.Fprintf(&b, "#   %s\n", strings.Join(lines, "\n#     "))
	}
	b.WriteString("#\n# How an entry looks. Take away the signs in front, and write your own:\n#\n")
	for _, line := range strings.Split(strings.TrimSuffix(string(YAML(r.names(), r.rows())), "\n"), "\n") {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	return []byte(b.String())
}

// wrap breaks a text into lines.
func wrap(s string, width int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && len(line)+1+len(w) > width {
			out, line = append(out, line), ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(out, line)
}
