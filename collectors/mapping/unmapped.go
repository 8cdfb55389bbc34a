package mapping

import (
	"context"
	"fmt"
	"strings"

	"deskproof/model"
)

// Unmapped are the source values without a canonical one, the most frequent of each field first.
func Unmapped(ctx context.Context, db *model.DB) ([]UnmappedValue, error) {
	return model.Select[UnmappedValue](ctx, db, `SELECT source, entity, field, source_value, CAST(sum(occurrences) AS BIGINT) AS occurrences, min(first_key) AS first_key
		FROM unmapped_value GROUP BY ALL ORDER BY source, entity, field, occurrences DESC, source_value`)
}

// Snippet is YAML to paste into the map of each source: one line a value that has no canonical value yet, with what
// the field may hold. Empty when nothing is unmapped.
func Snippet(values []UnmappedValue) string {
	var b strings.Builder
	source, field := "", ""
	for _, v := range values {
		at := v.Source + "/" + v.Entity
		if at != source {
			where := "map"
			if v.Entity == "ticket_history" {
				where = "history: values (or in its map)"
			}
			fmt.Fprintf(&b, "# source %s, into its %s\n", v.Source, where)
			source, field = at, ""
		}
		if v.Field != field {
			table := v.Entity
			if table == "ticket_update" || table == "ticket_history" {
				table = "ticket"
			}
			name := v.Field
			if !strings.Contains(name, ".") {
				name = table + "." + name
			}
			nothing := "missing, no change"
			if name == "native_sla.clock" || name == "ticket_link.link_type" { // their columns are never empty
				nothing = "leave these rows out"
			}
			fmt.Fprintf(&b, "      %s:  # %s; ~ = %s\n", v.Field, strings.Join(enumerations[name], ", "), nothing)
			field = v.Field
		}
		fmt.Fprintf(&b, "        %s:   # %d records, first %s\n", yamlText(v.SourceValue), v.Occurrences, oneLine(v.FirstKey))
	}
	return b.String()
}

// oneLine keeps a text of the source from breaking out of a comment.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return s
}
