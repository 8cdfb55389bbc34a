package generic

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"deskproof/model"
)

// modelSQL writes the model.sql that follows from the definition.
func (def *definition) modelSQL() (string, error) {
	var b strings.Builder
	b.WriteString("-- name: " + strings.ReplaceAll(def.Product, "\n", " ") + "\n-- purpose: rows of the model from the records of a configured source\n")
	if len(def.Model.Map) > 0 {
		y, err := yaml.Marshal(def.Model.Map)
		if err != nil {
			return "", err
		}
		b.WriteString("-- map:\n")
		for _, line := range strings.Split(strings.TrimRight(string(y), "\n"), "\n") {
			b.WriteString("--   " + line + "\n")
		}
	}
	var errs []error
	for _, r := range def.Model.Rows {
		q, err := r.sql(def.Model.None)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.Entity, err))
		}
		b.WriteString("\n-- entity: " + r.Entity + "\n" + q + "\n")
	}
	return b.String(), errors.Join(errs...)
}

// sql is the SELECT of the rows. Within it r.item is the record or the element, r.around what the element stands in,
// r.payload the record, r.key its key.
func (r rows) sql(none []string) (string, error) {
	item, up, more, from := "payload", "payload", "", "raw_"+r.From
	for i, path := range r.Each {
		p, err := jsonPath(path)
		if err != nil {
			return "", err
		}
		list := "json_extract(" + item + ", " + model.QuoteText(p+"[*]") + ")"
		e := fmt.Sprintf("e%d", i)
		from += ", LATERAL (SELECT unnest(" + list + ") AS item, generate_subscripts(" + list + ", 1) AS number) " + e
		item, up, more = e+".item", item, ", "+e+".number"
	}
	if r.Members != "" {
		o := "json_extract(payload, " + model.QuoteText(pointer(r.Members)) + ")"
		item = "json_extract(payload, " + model.QuoteText(pointer(r.Members)+"/") + " || replace(replace(e.name, '~', '~0'), '/', '~1'))"
		more = ", e.name, e.number"
		from += ", LATERAL (SELECT unnest(json_keys(" + o + ")) AS name, generate_subscripts(json_keys(" + o + "), 1) AS number) e"
	}
	inner := "SELECT key, payload, deleted_at, merged_into, seen_at, src, " + item + " AS item, " + up + " AS around" + more + " FROM " + from

	fields := maps.Clone(r.Fields)
	if fields == nil {
		fields = map[string]value{}
	}
	columns := []string{"r.src"}
	var custom []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := r.Snapshot[name]; ok {
			continue
		}
		e := fields[name].sql(none)
		if c, ok := strings.CutPrefix(name, "custom."); ok {
			custom = append(custom, model.QuoteText(c)+", "+e)
			continue
		}
		if r.Entity == "ticket" && (name == "deleted_at" || name == "merged_into") {
			e = "coalesce(CAST(r." + name + " AS VARCHAR), " + e + ")"
		}
		columns = append(columns, e+" AS "+model.QuoteIdent(name))
	}
	if len(custom) > 0 {
		columns = append(columns, "json_object("+strings.Join(custom, ", ")+") AS custom")
	}
	if r.Entity == "ticket" {
		for _, name := range []string{"key", "deleted_at", "merged_into"} {
			if _, ok := fields[name]; !ok {
				columns = append(columns, "r."+name)
			}
		}
	}
	where := ""
	if r.Where != "" {
		where = "\nWHERE (" + r.Where + "\n)"
	}
	q := "SELECT " + strings.Join(columns, ",\n    ") + "\nFROM (" + inner + ") r" + where
	if len(r.Snapshot) == 0 {
		return q, nil
	}
	// Each record tells all values as they were after a change: a change is what differs from the record before.
	var snaps []string
	for _, name := range slices.Sorted(maps.Keys(r.Snapshot)) {
		snaps = append(snaps, "{'field': "+model.QuoteText(name)+", 'value': CAST("+r.Snapshot[name].sql(none)+" AS VARCHAR)}")
	}
	if _, ok := fields["sequence"]; !ok {
		columns = append(columns, "r.key AS sequence")
	}
	return "SELECT * EXCLUDE (s, dp_first), s.field AS field, s.value AS to_value\nFROM (SELECT *, lag(s.value) OVER w AS from_value, row_number() OVER w = 1 AS dp_first\n    FROM (SELECT " +
		strings.Join(columns, ",\n        ") + ",\n        unnest([" + strings.Join(snaps, ", ") + "]) AS s\n    FROM (" + inner + ") r" + where +
		")\n    WINDOW w AS (PARTITION BY ticket_id, s.field ORDER BY occurred_at, sequence))\nWHERE NOT dp_first AND from_value IS DISTINCT FROM s.value", nil
}

// sql is the expression of one value, as text.
func (v value) sql(none []string) string {
	var e string
	switch {
	case v.Value != nil:
		return model.QuoteText(*v.Value)
	case v.SQL != "":
		e = "CAST((" + v.SQL + "\n) AS VARCHAR)"
	case v.Path == "$key":
		e = "r.key"
	case v.Path == "$name":
		e = "r.name"
	case v.Path == "$number":
		return "r.number"
	case strings.HasPrefix(v.Path, "^"):
		e = "(r.around->>" + model.QuoteText(pointer(v.Path[1:])) + ")"
	default:
		e = "(r.item->>" + model.QuoteText(pointer(v.Path)) + ")"
	}
	if len(none) > 0 && v.As != "json" {
		list := make([]string, len(none))
		for i, n := range none {
			list[i] = model.QuoteText(n)
		}
		e = "CASE WHEN " + e + " NOT IN (" + strings.Join(list, ", ") + ") THEN " + e + " END"
	}
	if from, path, ok := strings.Cut(v.Lookup, "."); ok {
		e = "coalesce((SELECT any_value(l.payload->>" + model.QuoteText(pointer(path)) + ") FROM raw_" + from + " l WHERE l.key = " + e + "), " + e + ")"
	}
	// What cannot be converted stays as it is, so that it is refused by name and not lost.
	times := func(by string) string {
		return "coalesce(CAST(CAST(round(TRY_CAST(" + e + " AS DOUBLE) * " + by + ") AS BIGINT) AS VARCHAR), " + e + ")"
	}
	moment := func(by string) string {
		return "coalesce(strftime(make_timestamp(TRY_CAST(TRY_CAST(" + e + " AS DECIMAL(24,6)) * " + by + " AS BIGINT)), '%Y-%m-%dT%H:%M:%S.%fZ'), " + e + ")"
	}
	switch v.As {
	case "utc":
		e = "CASE WHEN regexp_matches(" + e + ", '(Z|[+-][0-9]{2}:?[0-9]{2})$') OR length(" + e + ") <= 10 THEN " + e + " ELSE " + e + " || 'Z' END"
	case "epoch":
		e = moment("1000000")
	case "epoch_ms":
		e = moment("1000")
	case "day_end":
		e = "CASE WHEN length(" + e + ") <= 10 THEN " + e + " || ' 23:59:59' ELSE " + e + " END"
	case "minutes":
		e = times("60")
	case "hours":
		e = times("3600")
	case "milliseconds":
		e = times("0.001")
	case "not":
		e = "CASE lower(" + e + ") WHEN 'true' THEN 'false' WHEN 'false' THEN 'true' ELSE " + e + " END"
	case "json":
		e = strings.Replace(e, "->>", "->", 1)
	}
	if len(v.Is) > 0 {
		q := "CASE " + e
		for _, from := range slices.Sorted(maps.Keys(v.Is)) {
			q += " WHEN " + model.QuoteText(from) + " THEN " + model.QuoteText(v.Is[from])
		}
		e = q + " ELSE " + e + " END"
	}
	if v.Before != "" {
		e = model.QuoteText(v.Before) + " || " + e
	}
	return e
}

// pointer is a path (a.b.c) as a JSON pointer (RFC 6901).
func pointer(path string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	out := ""
	for _, p := range strings.Split(path, ".") {
		if p != "" {
			out += "/" + escape.Replace(p)
		}
	}
	return out
}

// jsonPath is a path (a.b.c) as a JSONPath, which alone knows all elements of a list.
func jsonPath(path string) (string, error) {
	out := "$"
	for _, p := range strings.Split(path, ".") {
		if strings.ContainsAny(p, `"\`) {
			return "", fmt.Errorf("the path %q holds a quotation mark or backslash", path)
		}
		if p != "" {
			out += `."` + p + `"`
		}
	}
	return out, nil
}
