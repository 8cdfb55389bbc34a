package mapping

import (
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// origin says what gives a field its text.
type origin int

const (
	fromColumn origin = iota
	fromConstant
	fromExpression
	fromRawKey // the key under which the collector stored the record
)

// field is one value that is read from a source row. Its methods write the SQL of one step each.
type field struct {
	Name     string // column of the model, or a name of its own for what only orders or points (dp_updated, …)
	col      column
	from     origin
	given    string // column of the source, constant or expression, as configured
	as       string // name under which the column is exposed in the row
	dates    []string
	zone     string
	missing  []string
	values   map[string]string // translation: source value → canonical value, "" = missing, no change
	required bool
	system   string   // prefix of ids
	systems  []string // every known prefix
	strict   bool     // of a register: a value that is not allowed refuses the row
	openEnd  bool     // ticket.kind and ticket.status: no value is unmapped, not an error
	pos      strictyaml.Pos
	path     string
	n        int // number within the stage
}

// S, K, V and X name the columns of the steps: text, known text, value, computed text.
func (f field) S() string { return fmt.Sprintf("dp_s%d", f.n) }
func (f field) K() string { return fmt.Sprintf("dp_k%d", f.n) }
func (f field) V() string { return fmt.Sprintf("dp_v%d", f.n) }
func (f field) X() string { return fmt.Sprintf("dp_x%d", f.n) }

// Enumerated is true when only certain values are allowed.
func (f field) Enumerated() bool { return len(f.col.Allowed) > 0 }

// NoChange is true when a translation may say that a value means: missing, no change.
func (f field) NoChange() bool {
	for _, to := range f.values {
		if to == "" {
			return true
		}
	}
	return false
}

// LeavesOut is true when a translation may say that a row is not wanted: it translates to nothing a value that no row can do without.
func (f field) LeavesOut() bool { return f.required && f.Enumerated() && f.NoChange() }

// KeepsText is true when the source's own words are needed beside the value.
func (f field) KeepsText() bool {
	return f.from != fromConstant && (f.Enumerated() || f.col.isID() || f.col.Type != "VARCHAR")
}

// Text is the text of the source, trimmed; a missing marker is NULL.
func (f field) Text() string {
	switch f.from {
	case fromConstant:
		return cleaned(sqlText(f.given), nil)
	case fromExpression:
		return cleaned("nullif("+f.X()+", chr(1))", f.missing)
	case fromRawKey:
		return "dp_raw_key"
	default:
		if f.strict && f.col.Type == "VARCHAR" && !f.Enumerated() {
			return cleaned(joined(model.QuoteIdent(f.as), f.Name), f.missing)
		}
		return cleaned(model.QuoteIdent(f.as), f.missing)
	}
}

// joined writes a list (of a register in YAML or JSON) as the model does: ids of requirements separated by blanks, anything
// else by commas.
func joined(expr, name string) string {
	by := "', '"
	if name == "requirements" {
		by = "' '"
	}
	return "CASE WHEN starts_with(" + expr + ", '[') AND json_valid(" + expr + ") THEN array_to_string(json_extract_string(" + expr + ", '$[*]'), " + by + ") ELSE " + expr + " END"
}

// Computed is the expression of the configuration as text; NULL = it could not be computed, chr(1) = it is NULL.
func (f field) Computed() string {
	return "TRY(coalesce(CAST((" + f.given + "\n) AS VARCHAR), chr(1)))"
}

// blank are the signs that mean nothing at the ends of a text.
const blank = `' ' || chr(9) || chr(10) || chr(13) || chr(160)`

// trimmed takes blanks off a text. Most texts have none, and finding that out is much cheaper than trimming.
func trimmed(expr string) string {
	return "CASE WHEN " + expr + " < '!' OR ends_with(" + expr + ", ' ') OR ends_with(" + expr + ", chr(9)) OR ends_with(" + expr + ", chr(10)) OR ends_with(" +
		expr + ", chr(13)) OR ends_with(" + expr + ", chr(160)) OR starts_with(" + expr + ", chr(160)) THEN trim(" + expr + ", " + blank + ") ELSE " + expr + " END"
}

func cleaned(expr string, missing []string) string {
	t := trimmed(expr)
	list := []string{"''"}
	for _, m := range missing {
		if m = strings.TrimSpace(m); m != "" {
			list = append(list, sqlText(m))
		}
	}
	if len(list) == 1 {
		return "nullif(" + t + ", '')"
	}
	return "CASE WHEN NOT " + among(t, list) + " THEN " + t + " END"
}

// among is whether an expression is one of some literals. DuckDB makes a join of an IN with six and more: it is computed for
// all rows, whether or not they come to it, and a few dozen of them take longer than all the rest of a small build.
func among(expr string, literals []string) string {
	if len(literals) < 6 {
		return "(" + expr + " IN (" + strings.Join(literals, ", ") + "))"
	}
	return "list_contains([" + strings.Join(literals, ", ") + "], " + expr + ")"
}

// Known is the text after translation; an enumeration gives NULL for what it does not know.
func (f field) Known() string { return f.known(f.S()) }

func (f field) known(s string) string {
	rest := s
	if f.Enumerated() {
		rest = canonical(s, f.col)
	}
	if len(f.values) == 0 {
		return rest
	}
	var exact, folded strings.Builder
	seen := map[string]bool{}
	for _, from := range sortedKeys(f.values) {
		to := sqlText(f.values[from])
		from = strings.TrimSpace(from)
		if from == "" {
			fmt.Fprintf(&exact, " WHEN %s IS NULL THEN %s", s, to)
			continue
		}
		fmt.Fprintf(&exact, " WHEN %s = %s THEN %s", s, sqlText(from), to)
		if low := strings.ToLower(from); !seen[low] {
			seen[low] = true
			fmt.Fprintf(&folded, " WHEN lower(%s) = lower(%s) THEN %s", s, sqlText(from), to)
		}
	}
	return "CASE" + exact.String() + folded.String() + " ELSE " + rest + " END"
}

// canonical passes a text that already is a value of the enumeration. Case, and a blank or hyphen for the
// underscore, make no difference; nothing else is guessed.
func canonical(s string, c column) string {
	if c.isLevel() {
		return "CASE WHEN regexp_full_match(" + s + ", '[1-5]([.]0+)?') THEN left(" + s + ", 1) END"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CASE replace(replace(lower(%s), ' ', '_'), '-', '_')", s)
	for _, a := range c.Allowed {
		fmt.Fprintf(&b, " WHEN %s THEN %s", sqlText(strings.ToLower(a)), sqlText(a))
	}
	return b.String() + " END"
}

// Unmapped is true where the source has a value, or should have one, that has no canonical one.
func (f field) Unmapped() string {
	if f.openEnd {
		return f.K() + " IS NULL"
	}
	return f.K() + " IS NULL AND " + f.S() + " IS NOT NULL"
}

// Typed is the value in the type of the model; NULL where there is none or where it cannot be read.
func (f field) Typed() string {
	k := f.K()
	if f.NoChange() || f.Enumerated() {
		k = "nullif(" + k + ", '')"
	}
	switch {
	case f.Enumerated() && !f.col.isLevel():
		if f.col.NotNull {
			// A record needs a value here; without a translation it says so itself.
			return "CASE WHEN " + f.K() + " IS NOT NULL THEN " + k + " WHEN " + f.S() + " IS NOT NULL THEN 'unmapped' END"
		}
		return k
	case f.col.isLevel():
		return "CAST(" + k + " AS INTEGER)"
	case f.col.isID():
		return prefixed(k, f.system, f.systems)
	}
	switch t := f.col.Type; {
	case t == "TIMESTAMP WITH TIME ZONE":
		return f.instant(k)
	case t == "DATE":
		return "CAST(" + f.instant(k) + " AT TIME ZONE " + sqlText(f.zone) + " AS DATE)"
	case t == "BOOLEAN":
		return "dp_read_boolean(" + k + ")"
	case t == "INTEGER" || t == "BIGINT":
		return "TRY_CAST(dp_read_integer(" + k + ") AS " + t + ")"
	case strings.HasPrefix(t, "DECIMAL") || t == "DOUBLE":
		return "TRY_CAST(dp_read_number(" + k + ") AS " + t + ")"
	case t == "JSON":
		return "TRY_CAST(" + k + " AS JSON)"
	default:
		return k
	}
}

// instant tries the formats in order. Expressions also give ISO, because that is how SQL writes its own times.
func (f field) instant(k string) string {
	formats := f.dates
	if f.from != fromColumn && !slices.Contains(formats, "iso") {
		formats = append(slices.Clone(formats), "iso")
	}
	var tries []string
	for _, d := range formats {
		switch d {
		case "iso":
			tries = append(tries, "dp_read_iso("+k+", "+sqlText(f.zone)+")")
		case "epoch":
			tries = append(tries, "dp_read_epoch("+k+")")
		case "epoch_ms":
			tries = append(tries, "dp_read_epoch_ms("+k+")")
		default:
			t := "try_strptime(" + k + ", " + sqlText(d) + ")"
			if strings.Contains(d, "%z") || strings.Contains(d, "%Z") {
				tries = append(tries, "CAST("+t+" AS TIMESTAMPTZ)")
			} else {
				tries = append(tries, "CAST("+t+" AS TIMESTAMP) AT TIME ZONE "+sqlText(f.zone))
			}
		}
	}
	if len(tries) == 1 {
		return tries[0]
	}
	return "coalesce(" + strings.Join(tries, ", ") + ")"
}

// prefixed puts the system before an id, unless it already begins with one.
func prefixed(k, system string, systems []string) string {
	var starts []string
	for _, s := range systems {
		starts = append(starts, "starts_with("+k+", "+sqlText(s+":")+")")
	}
	return "CASE WHEN " + strings.Join(starts, " OR ") + " THEN " + k + " ELSE " + sqlText(system+":") + " || " + k + " END"
}

// check is one reason to refuse a row.
type check struct{ Cond, Says string }

// firstInstant and lastInstant bound what is believed: outside, a time is a slip of the source.
const (
	firstInstant = "TIMESTAMPTZ '1970-01-01 00:00:00+00'"
	lastInstant  = "TIMESTAMPTZ '2201-01-01 00:00:00+00'"
)

// Checks are the reasons that this field gives to refuse a row.
func (f field) Checks() []check {
	var out []check
	shown := "coalesce('\"' || left(" + f.S() + ", 100) || '\"', 'nothing')"
	if f.from == fromExpression {
		out = append(out, check{f.X() + " IS NULL", sqlText(f.label() + ": the expression could not be computed for this row")})
	}
	if f.required {
		cond := f.S() + " IS NULL"
		if f.NoChange() {
			cond = f.V() + " IS NULL AND (" + f.S() + " IS NULL OR " + f.K() + " = '')"
		}
		if f.from == fromExpression {
			cond = f.X() + " IS NOT NULL AND " + cond
		}
		out = append(out, check{cond, sqlText(f.label() + f.where() + ": a value is needed, and there is none")})
	}
	what := ""
	switch t := f.col.Type; {
	case f.Enumerated() || f.col.isID() || t == "VARCHAR" || t == "":
	case t == "TIMESTAMP WITH TIME ZONE":
		what = "a time (" + f.formats() + ")"
	case t == "DATE":
		what = "a day (" + f.formats() + ")"
	case t == "BOOLEAN":
		what = "true or false (true, false, yes, no, 1, 0)"
	case t == "INTEGER" || t == "BIGINT":
		what = "a whole number"
	case strings.HasPrefix(t, "DECIMAL"):
		what = "a number (1234.5 or 1234,5; 1,234 may mean either) that fits " + t
	default:
		what = t
	}
	if what != "" {
		cond := f.S() + " IS NOT NULL AND " + f.K() + " <> '' AND " + f.V() + " IS NULL"
		out = append(out, check{cond, sqlText(f.label()+f.where()+": ") + " || " + shown + " || " + sqlText(" is not "+what)})
	}
	if b := f.col.Bounds; b != nil {
		out = append(out, check{fmt.Sprintf("%s NOT BETWEEN %d AND %d", f.V(), b[0], b[1]),
			sqlText(f.label()+f.where()+": ") + " || " + shown + " || " + sqlText(fmt.Sprintf(" is not on the scale from %d to %d", b[0], b[1]))})
	}
	if f.strict && f.Enumerated() {
		out = append(out, check{f.Unmapped() + " AND " + f.S() + " IS NOT NULL",
			sqlText(f.label()+f.where()+": ") + " || " + shown + " || " + sqlText(" is not one of "+strings.Join(f.col.Allowed, ", ")) + " || " + nearest(f.S(), f.col.Allowed)})
	}
	switch f.col.Type {
	case "TIMESTAMP WITH TIME ZONE":
		out = append(out, check{f.V() + " < " + firstInstant + " OR " + f.V() + " >= " + lastInstant,
			sqlText(f.label()+f.where()+": ") + " || " + shown + " || " + sqlText(" is not plausible: a time lies between 1970 and 2200")})
	case "DATE":
		out = append(out, check{f.V() + " < DATE '1970-01-01' OR " + f.V() + " >= DATE '2201-01-01'",
			sqlText(f.label()+f.where()+": ") + " || " + shown + " || " + sqlText(" is not plausible: a day lies between 1970 and 2200")})
	}
	return out
}

// nearest is SQL for a hint at the allowed value that a text comes nearest to; empty where none is near.
func nearest(text string, allowed []string) string {
	var list []string
	for _, a := range allowed {
		list = append(list, sqlText(a))
	}
	folded := "replace(replace(lower(left(" + text + ", 100)), ' ', '_'), '-', '_')"
	near := "list_sort([struct_pack(d := levenshtein(lower(a), " + folded + "), a := a) FOR a IN [" + strings.Join(list, ", ") + "]])[1]"
	return "CASE WHEN " + near + ".d <= 3 THEN " + sqlText(": did you mean ") + " || " + near + ".a || '?' ELSE '' END"
}

func (f field) formats() string {
	names := make([]string, len(f.dates))
	for i, d := range f.dates {
		switch d {
		case "iso":
			d = "ISO 8601"
		case "epoch":
			d = "seconds since 1970"
		case "epoch_ms":
			d = "milliseconds since 1970"
		}
		names[i] = d
	}
	return strings.Join(names, ", ")
}

// label is the name of the field as people configure it.
func (f field) label() string {
	if l, ok := map[string]string{"dp_updated": "updated", "dp_sequence": "sequence", "dp_actor": "actor"}[f.Name]; ok {
		return l
	}
	return f.Name
}

func (f field) where() string {
	if f.from != fromColumn {
		return ""
	}
	return fmt.Sprintf(" (column %q)", f.given)
}

// sqlText quotes a text that stands in deskproof.yaml as an SQL literal.
func sqlText(s string) string { return model.QuoteText(s) }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
