package registers

import (
	"fmt"
	"strings"
)

// Markdown describes the registers for docs/registers.md: what each is for, what an auditor asks of it, how it is kept, and
// its columns.
func Markdown(list []Register) string {
	var b strings.Builder
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, r := range list {
		fmt.Fprintf(&b, "\n### %s (`%s`)\n\n%s\n\n*An auditor asks:* %s\n\n*How to keep it:* %s\n\n", r.Title, r.Entity, r.Purpose, r.Asks, r.Keep)
		fmt.Fprintf(&b, "Asked for by %s.\n\n| column | takes | meaning |\n|---|---|---|\n", strings.Join(r.Clauses, ", "))
		for _, c := range r.Columns {
			kind := c.Kind()
			if c.Needed {
				kind += ", needed"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, cell(kind), cell(c.Meaning))
		}
	}
	return b.String()
}
