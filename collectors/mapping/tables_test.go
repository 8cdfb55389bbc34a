package mapping

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskproof/model"
)

// TestTablesAreThoseOfTheSchema keeps the list of canonical tables and the schema from drifting apart.
func TestTablesAreThoseOfTheSchema(t *testing.T) {
	var want []string
	for _, f := range []string{"0002_tickets.sql", "0003_services.sql", "0011_registers.sql"} {
		b, err := os.ReadFile("../../model/schema/" + f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(string(b), -1) {
			want = append(want, m[1])
		}
	}
	if !slices.Equal(tables, want) {
		t.Errorf("tables are %v, the schema has %v", tables, want)
	}
}

// TestEnumerationsAreInTheDictionary holds every allowed value against the comment that people read.
func TestEnumerationsAreInTheDictionary(t *testing.T) {
	db := memory(t)
	for _, at := range sortedKeys(enumerations) {
		tab, col, _ := strings.Cut(at, ".")
		comment, err := model.One[string](context.Background(), db,
			"SELECT comment FROM duckdb_columns() WHERE table_name = ? AND column_name = ?", tab, col)
		if err != nil {
			t.Errorf("%s is not in the schema: %v", at, err)
			continue
		}
		if slices.Equal(enumerations[at], levels) {
			if !strings.Contains(comment, "1 (highest) to 5") {
				t.Errorf("%s: %q is no scale from 1 to 5", at, comment)
			}
			continue
		}
		words := regexp.MustCompile(`\w+`).FindAllString(comment, -1)
		for _, v := range enumerations[at] {
			if !slices.Contains(words, v) {
				t.Errorf("%s: %q is not in the dictionary: %s", at, v, comment)
			}
		}
	}
}

// TestBoundsAreInTheDictionary holds every scale against the comment that people read: "1 (rare) to 5".
func TestBoundsAreInTheDictionary(t *testing.T) {
	db := memory(t)
	for _, at := range sortedKeys(bounds) {
		tab, col, _ := strings.Cut(at, ".")
		comment, err := model.One[string](context.Background(), db, `SELECT CASE WHEN comment LIKE '%same scale%' THEN
				(SELECT comment FROM duckdb_columns() WHERE table_name = c.table_name AND column_index < c.column_index ORDER BY column_index DESC LIMIT 1)
			ELSE comment END FROM duckdb_columns() c WHERE table_name = ? AND column_name = ?`, tab, col)
		if err != nil {
			t.Errorf("%s is not in the schema: %v", at, err)
			continue
		}
		want := fmt.Sprintf(`\b%d \([^)]*\) to %d\b`, bounds[at][0], bounds[at][1])
		if !regexp.MustCompile(want).MatchString(comment) {
			t.Errorf("%s: %q does not say %v", at, comment, bounds[at])
		}
	}
}

// TestAsOfRulesNameColumns keeps the rules of the cut at columns that exist, and lets them empty only what may be empty.
func TestAsOfRulesNameColumns(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	all, err := readTables(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	q, err := render("as_of_rules.sql", nil)
	if err != nil {
		t.Fatal(err)
	}
	type rule struct{ ModelTable, ModelColumn, Emptied string }
	rules, err := model.Select[rule](ctx, db, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) < 20 {
		t.Fatalf("%d rules", len(rules))
	}
	for _, r := range rules {
		if _, ok := all[r.ModelTable].column(r.ModelColumn); !ok {
			t.Errorf("%s.%s does not exist", r.ModelTable, r.ModelColumn)
		}
		for _, e := range strings.Fields(r.Emptied) {
			if c, ok := all[r.ModelTable].column(e); !ok || c.NotNull {
				t.Errorf("%s.%s cannot be emptied", r.ModelTable, e)
			}
		}
	}
}

func TestEventFieldsAreColumnsOfTicket(t *testing.T) {
	all, err := readTables(context.Background(), memory(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(slices.Clone(eventFields), initialFields...) {
		if _, ok := all["ticket"].column(f); !ok {
			t.Errorf("ticket.%s does not exist", f)
		}
	}
	if len(eventFields) > 98 {
		t.Error("the rank of a field must stay below 99")
	}
}
