package generic_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/generic"
	"deskproof/collectors/rest/resttest"
	"deskproof/model/config"
)

// TestMistakesOfADefinition holds each mistake against its message and place.
func TestMistakesOfADefinition(t *testing.T) {
	const ok = `read: {ticket: {get: t}}, model: {rows: [{entity: ticket, from: ticket, fields: {title: a}}]}`
	for _, c := range []struct{ source, want string }{
		{`type: rest`, "rest: missing (write what is to be read, or name a preset: haloitsm, helix, ivanti, servicedeskplus, topdesk)"},
		{`type: rest, preset: topdesc`, `"topdesc" is not a preset`},
		{`type: topdesk, user: u, password: env:X, preset: topdesk`, "preset: the type topdesk is a preset already"},
		{`type: rest, rest: {reed: {}}`, `rest.reed: unknown key "reed" (did you mean "read"?)`},
		{`type: rest, rest: {read: {Ticket: {get: t}}}`, `"Ticket" is not a name of a list`},
		{`type: rest, rest: {read: {ticket: {}}}`, "rest.read.ticket.get: give get or post"},
		{`type: rest, rest: {read: {ticket: {get: t, paging: pages}}}`, `"pages" is not a way of paging (did you mean "page"?)`},
		{`type: rest, rest: {read: {ticket: {get: t, paging: offset}}}`, `paging offset needs {offset} in the request`},
		{`type: rest, rest: {read: {ticket: {get: t, query: {p: "{page}"}}}}`, "{page} stands in the request, and the paging is none"},
		{`type: rest, rest: {read: {ticket: {get: t, query: {s: "{since}"}}}}`, "{since} needs it"},
		{`type: rest, rest: {read: {ticket: {get: t, each: {log: {get: log}}}}}`, "the request is the same for every record"},
		{`type: rest, rest: {login: {scheme: sesion}, ` + ok + `}`, `"sesion" is not a way to log in (did you mean "session"?)`},
		{`type: rest, rest: {read: {ticket: {get: t}}}`, "rest.model.rows: missing"},
		{`type: rest, rest: {read: {ticket: {get: t}}, model: {rows: [{entity: tiket, from: ticket}]}}`, `the model has no table "tiket"`},
		{`type: rest, rest: {read: {ticket: {get: t}}, model: {rows: [{entity: ticket, from: tickets}]}}`, `"tickets" is not a list that is read (did you mean "ticket"?)`},
		{`type: rest, rest: {read: {ticket: {get: t}}, model: {rows: [{entity: ticket, from: ticket, fields: {title: {path: a, value: b}}}]}}`, "give one of path, value and sql"},
		{`type: rest, rest: {read: {ticket: {get: t}}, model: {rows: [{entity: ticket, from: ticket, fields: {due_at: {path: a, as: epochs}}}]}}`, `"epochs" is not a conversion (did you mean "epoch"?)`},
		{`type: rest, token: env:X, rest: {` + ok + `}`, "needs to log in with nothing at all; token given"},
		{`type: redmine, token: env:X, rest: {}`, "only sources of type rest and its presets have it"},
		{`type: rest, rest: {` + ok + `}`, ""},
		{`type: topdesk, user: u, password: env:X, rest: {read: {change: ~}, model: {rows: [{entity: ticket, from: incident, fields: {title: briefDescription}}]}}`, ""},
	} {
		cfg, err := config.Parse("deskproof.yaml", []byte("organization: {name: X}\nsources:\n  - {name: a, url: \"https://desk.example.org\", "+c.source+"}\n"))
		if err == nil {
			var col collectors.Collector
			if col, err = collectors.Lookup(cfg.Sources[0].Type); err == nil {
				err = col.Check(cfg, &cfg.Sources[0])
			}
		}
		if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) || err != nil && !strings.HasPrefix(got, "deskproof.yaml:3:") {
			t.Errorf("%s\ngot  %v\nwant %s", c.source, err, c.want)
		}
	}
}

// TestParametersThatAreNotHeeded: a tool passes over a parameter that it does not know. The run says so instead of reading for
// ever, or too little.
func TestParametersThatAreNotHeeded(t *testing.T) {
	const rows = `model: {map: {status: {New: new}}, rows: [{entity: ticket, from: ticket, fields: {kind: {value: incident}, title: t, status: {value: New}, opened_at: at}}]}`
	for _, c := range []struct {
		name, read, want string
		heeds            []string
	}{
		{"offset", `query: {from: "{offset}", n: "{size}"}, paging: offset`, "does not heed {offset}", nil},
		{"page", `query: {p: "{page}"}, paging: page`, "does not heed {page}", nil},
		{"token", `query: {c: "{token}"}, paging: token, next: next`, "names the same next page again", nil},
		{"since", `query: {since: "{since}", from: "{offset}", n: "{size}"}, paging: changed, updated: at`, "the tool does not heed {since}", []string{"n", "from"}},
		{"order", `query: {since: "{since}", from: "{offset}", n: "{size}"}, paging: changed, updated: unsorted`, "the list is not in the order of unsorted", nil},
		{"no time", `query: {since: "{since}", from: "{offset}", n: "{size}"}, paging: changed, updated: nothing`, "tells no last change", nil},
		{"no list", `records: there`, "holds no list of records", nil},
	} {
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var out []any
			first := 0
			if r.URL.Query().Get("from") != "" && len(c.heeds) > 0 {
				fmt.Sscan(r.URL.Query().Get("from"), &first)
			}
			for i := first; i < first+3; i++ {
				out = append(out, map[string]any{"id": i, "t": "x", "at": fmt.Sprintf("2026-03-%02dT08:00:00Z", 1+i), "unsorted": fmt.Sprintf("2026-03-%02dT08:00:00Z", 20-i)})
			}
			resttest.JSON(w, map[string]any{"rows": out, "next": "again"})
		}))
		defer h.Close()
		read := c.read
		if !strings.Contains(read, "records:") {
			read = "records: rows, " + read
		}
		d := resttest.NewDesk(t, "- {name: desk, type: rest, url: \""+h.URL+"\", rest: {read: {ticket: {get: t, "+read+"}}, "+rows+"}}")
		sum, err := d.Try(context.Background(), d.Options())
		if err != nil || sum.Complete() || !strings.Contains(sum.Text(), c.want) {
			t.Errorf("%s: %v\n%s\nwant %s", c.name, err, sum.Text(), c.want)
		}
	}
}

// TestOtherPagings reads lists whose pages follow links and tokens, a body with placeholders, and projects in turn.
func TestOtherPagings(t *testing.T) {
	var asked []string
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 200)
		n, _ := r.Body.Read(body)
		asked = append(asked, r.URL.String()+" "+string(body[:n]))
		id := len(asked)
		out := map[string]any{"rows": []any{map[string]any{"id": id, "t": "x", "at": "2026-03-01T08:00:00Z"}}}
		if r.URL.RawQuery == "" && !strings.Contains(string(body[:n]), "abc") {
			w.Header().Set("Link", `</more?n=2>; rel="next"`)
			out["next"], out["token"] = "/more?n=2", "abc"
		}
		resttest.JSON(w, out)
	}))
	defer h.Close()
	for _, c := range []struct{ read, want string }{
		{`get: a, paging: link`, "/a |/more?n=2 "},
		{`get: a, paging: next, next: next`, "/a |/more?n=2 "},
		{`post: a, json: {first: "{size}", after: "{token}", deep: [{p: "{project}"}]}, paging: token, next: token`,
			`/a {"deep":[{"p":"one"}],"first":100}|/a {"after":"abc","deep":[{"p":"one"}],"first":100}|/a {"deep":[{"p":"two"}],"first":100}|/a {"after":"abc","deep":[{"p":"two"}],"first":100}`},
	} {
		asked = nil
		projects := ""
		if strings.Contains(c.read, "{project}") {
			projects = "projects: [one, two], "
		}
		d := resttest.NewDesk(t, "- {name: desk, type: rest, url: \""+h.URL+"\", "+projects+"rest: {read: {ticket: {records: rows, "+c.read+"}}, model: {rows: [{entity: ticket, from: ticket, fields: {title: t}}]}}}")
		asked = nil
		if sum, err := d.Try(context.Background(), d.Options()); err != nil || !sum.Complete() {
			t.Errorf("%v %s", err, sum.Text())
		}
		if got := strings.Join(asked[1:], "|"); got != c.want && strings.Join(asked, "|") != c.want { // the probe asks once before
			t.Errorf("%s\ngot  %s\nwant %s", c.read, got, c.want)
		}
	}
}

// TestPresetsAreWhole: the sample of each preset is of its type and passes the checks, and each list that may be refused says what is
// missing then in words that end as a sentence part.
func TestPresetsAreWhole(t *testing.T) {
	for _, typ := range append(generic.Presets(), generic.Type) {
		c, err := collectors.Lookup(typ)
		if err != nil {
			t.Fatal(err)
		}
		about := c.Describe()
		cfg, err := config.Parse("sample.yaml", []byte("organization: {name: Sample}\n"+about.Sample))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(cfg, &cfg.Sources[0]); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
		if len(about.Summary) < 20 || !strings.Contains(about.Readme, "`rest`: ") {
			t.Errorf("%s: %q", typ, about.Summary)
		}
		b, err := os.ReadFile(filepath.Join(typ, "README.md"))
		if err != nil || !strings.HasPrefix(string(b), "# "+typ+"\n") {
			t.Errorf("%s: the README is not called like the type", typ)
		}
	}
}
