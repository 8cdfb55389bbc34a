package mapping

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

var rawColumns = []string{"source", "entity", "key", "version", "run_id", "seen_at", "sha256", "origin", "line", "ordinal", "deleted", "payload"}

func memory(t testing.TB) *model.DB {
	t.Helper()
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// put stores raw records: version 1 of run 1, numbered in order, line = ordinal + 1.
func put(t testing.TB, db *model.DB, source, entity string, payloads ...string) {
	t.Helper()
	a, err := db.NewAppender(context.Background(), "raw_record", rawColumns...)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range payloads {
		if err := a.Append(source, entity, fmt.Sprintf("%s-%06d", entity, i+1), int32(1), int64(1), time.Unix(0, 0), "x", source+".csv", int64(i+2), int64(i+1), false, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

// putCSV stores the rows of a file; a missing file skips the test.
func putCSV(t testing.TB, db *model.DB, source, entity, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("%s is not there; this test needs the shared data: %v", path, err)
	}
	defer f.Close()
	var r io.Reader = bufio.NewReaderSize(f, 1<<20)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	c := csv.NewReader(r)
	head, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.NewAppender(context.Background(), "raw_record", rawColumns...)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	row := map[string]string{}
	for {
		rec, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		for i, h := range head {
			row[h] = rec[i]
		}
		p, _ := json.Marshal(row)
		if err := a.Append(source, entity, fmt.Sprintf("%s#%d", rec[0], n), int32(1), int64(1), time.Unix(0, 0), "x", path, int64(n+1), int64(n), false, string(p)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

func parse(t testing.TB, yaml string) *config.Config {
	t.Helper()
	c, err := config.Parse("deskproof.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func load(t testing.TB, path string) *config.Config {
	t.Helper()
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// table reads a query as text, a line a row, values separated by " | ", NULL as ~.
func dump(t testing.TB, db *model.DB, query string) string {
	t.Helper()
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	var out []string
	for rows.Next() {
		vals, ptrs := make([]any, len(cols)), make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, v := range vals {
			switch x := v.(type) {
			case nil:
				cells = append(cells, "~")
			case time.Time:
				cells = append(cells, x.UTC().Format("2006-01-02T15:04:05.999999Z"))
			default:
				cells = append(cells, fmt.Sprint(x))
			}
		}
		out = append(out, strings.Join(cells, " | "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}
