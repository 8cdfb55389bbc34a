package model

import (
	"fmt"
	"strings"
	"testing"
)

// TestReading: what may not be run is found without running it; said is the beginning of what is said, by offset.
func TestReading(t *testing.T) {
	ctx := t.Context()
	db, err := OpenSealed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct{ query, said string }{
		{"FROM ticket WHERE opened_at < $as_of", ""},
		{"SELECT now FROM (SELECT opened_at AS now FROM ticket) AS t, unnest([1, 2]), range(3)", ""},
		{"WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 9) FROM t", ""},
		{"", "-1 one SELECT belongs here"},
		{"-- nothing", "-1 one SELECT belongs here"},
		{"SELECT 1; SELECT 2", "-1 one SELECT belongs here"},
		{"SELECT $$'$$; DROP TABLE ticket; SELECT $$'$$", "-1 one SELECT belongs here"},
		{"SELECT 1 /* ' */; DROP TABLE ticket; SELECT 1 /* ' */", "-1 one SELECT belongs here"},
		{"SELECT E'\\''; DROP TABLE ticket; SELECT E'\\''", "-1 one SELECT belongs here"},
		{"SELECT 1) SELECT (2", "8 Parser Error: syntax error at or near"},
		{"DELETE FROM ticket", "-1 one SELECT belongs here"},
		{"COPY ticket TO 'x.csv'", "-1 one SELECT belongs here"},
		{"ATTACH 'x.duckdb'", "-1 one SELECT belongs here"},
		{"INSTALL httpfs", "-1 one SELECT belongs here"},
		{"SET threads = 1", "-1 one SELECT belongs here"},
		{"PRAGMA database_list", "-1 one SELECT belongs here"},
		{"FROM read_csv('/etc/passwd')", "5 read_csv() may not be used here"},
		{"SELECT (SELECT content FROM READ_TEXT('/etc/passwd'))", "28 read_text() may not be used here"},
		{"FROM glob('/*')", "5 glob() may not be used here"},
		{"FROM enable_logging('QueryLog', storage = 'file', storage_path = '/x')", "5 enable_logging() may not be used here"},
		{"FROM query('DROP TABLE ticket')", "5 query() may not be used here"},
		{"FROM '/etc/passwd'", `5 "/etc/passwd" is not a table`},
		{"FROM 'https://example.org/a.csv'", `5 "https://example.org/a.csv" is not a table`},
		{"FROM ticket WHERE opened_at < now() AND closed_at < current_timestamp", "30 now() is another one | 52 current_timestamp is another"},
		{"SELECT age(opened_at), age(closed_at, opened_at), today(), random(), uuid() FROM ticket", "7 age() of one moment | 50 today() | 59 random() | 69 uuid()"},
	} {
		objections, err := db.Reading(ctx, c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		want := strings.Split(c.said, " | ")
		if c.said == "" {
			want = nil
		}
		if len(want) != len(objections) {
			t.Errorf("%s: %v, expected %q", c.query, objections, want)
			continue
		}
		for i, o := range objections {
			if got := fmt.Sprintf("%d %s", o.Offset, o.Message); !strings.HasPrefix(got, want[i]) {
				t.Errorf("%s: %q, expected %q", c.query, got, want[i])
			}
		}
	}
	if err := db.Exec(ctx, "FROM read_text('/etc/hostname')"); err == nil {
		t.Error("a sealed database reads files")
	}
}
