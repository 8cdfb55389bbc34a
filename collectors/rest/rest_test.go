package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	"deskproof/collectors/rest/resttest"
	"deskproof/model/config"
)

// asked numbers the source types of the tests: a type cannot be registered twice.
var asked int

// ask runs f with a client against a handler, and gives what the run and its book say. The source has further keys in YAML.
func ask(t *testing.T, h http.HandlerFunc, tool rest.Tool, keys string, f func(ctx context.Context, r *rest.Run) error) (string, *resttest.Desk) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return askAt(t, s.URL, tool, keys, f)
}

func askAt(t *testing.T, url string, tool rest.Tool, keys string, f func(ctx context.Context, r *rest.Run) error) (string, *resttest.Desk) {
	t.Helper()
	asked++
	tool.Type, tool.Name = fmt.Sprintf("asked%d", asked), "Asked"
	if tool.Schemes == nil {
		tool.Schemes = []rest.Scheme{rest.Bearer("token"), rest.Basic("login"), rest.Anonymous()}
	}
	tool.Probe = func(context.Context, *rest.Client) (rest.Probe, error) { return rest.Probe{Product: "Asked"}, nil }
	tool.Collect = f
	collectors.Register(tool.Collector())
	d := resttest.NewDesk(t, "- name: desk\n  type: "+tool.Type+"\n  url: "+url+"\n  "+strings.ReplaceAll(keys, "\n", "\n  "))
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil {
		return "error: " + err.Error(), d
	}
	return sum.Text(), d
}

// list reads a list whole and puts its records; key is the member id.
func list(l rest.List) func(ctx context.Context, r *rest.Run) error {
	return func(ctx context.Context, r *rest.Run) error {
		for p, err := range r.Client.Pages(ctx, rest.Request{Path: "list"}, l) {
			if err != nil {
				return err
			}
			if p.Total >= 0 {
				r.Reported("x", p.Total)
			}
			for _, item := range p.Items {
				if err := r.PutRaw("x", rest.Field(item, "id"), "list", item); err != nil {
					return err
				}
			}
			if err := r.SafePoint(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func numbers(from, to int) []any {
	out := []any{}
	for i := from; i < to; i++ {
		out = append(out, map[string]any{"id": i, "at": fmt.Sprintf("2026-01-01T00:00:%02dZ", i/4)})
	}
	return out
}

func atoi(s string) (n int) { _, _ = fmt.Sscan(s, &n); return n }

// TestStylesReadEveryRecordOnce pages through 23 records in every style, with short pages in the middle where the tool may
// give them.
func TestStylesReadEveryRecordOnce(t *testing.T) {
	const all = 23
	short := func(limit, offset int) int { // every second page is short
		if offset/5%2 == 1 {
			return min(limit, 2)
		}
		return limit
	}
	for name, c := range map[string]struct {
		list   rest.List
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		"offset with a total": {rest.List{Records: "items", Total: "total", Style: rest.Offset{Param: "o", Limit: "l"}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("o"))
			resttest.JSON(w, map[string]any{"items": numbers(o, min(o+short(atoi(r.FormValue("l")), o), all)), "total": all})
		}},
		"offset until empty": {rest.List{Records: "items", Style: rest.Offset{Param: "o", Limit: "l"}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("o"))
			resttest.JSON(w, map[string]any{"items": numbers(o, min(o+short(atoi(r.FormValue("l")), o), all))})
		}},
		"numbered, bare list": {rest.List{Style: rest.Numbered{Param: "page", Size: "l", From: 1}, TotalHeader: "X-Total"}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Total", fmt.Sprint(all))
			p := atoi(r.FormValue("page")) - 1
			resttest.JSON(w, numbers(min(p*5, all), min(p*5+5, all)))
		}},
		"link in a header": {rest.List{Style: rest.Link{Size: "l"}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("from"))
			if o+5 < all {
				w.Header().Set("Link", fmt.Sprintf(`<https://elsewhere.example/list?from=0>; rel="first", <https://elsewhere.example/list?from=%d&x=a,b>; rel="next"`, o+5))
			}
			resttest.JSON(w, numbers(o, min(o+5, all)))
		}},
		"link in the answer": {rest.List{Records: "d.items", Style: rest.Link{Field: "d.next"}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("from"))
			d := map[string]any{"items": numbers(o, min(o+5, all)), "next": nil}
			if o+5 < all {
				d["next"] = fmt.Sprintf("/list?from=%d", o+5)
			}
			resttest.JSON(w, map[string]any{"d": d})
		}},
		"token": {rest.List{Records: "items", Style: rest.Token{Param: "cursor", Field: "next", Size: "l"}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(strings.TrimPrefix(r.FormValue("cursor"), "c"))
			out := map[string]any{"items": numbers(o, min(o+5, all))}
			if o+5 < all {
				out["next"] = fmt.Sprintf("c%d", o+5)
			}
			resttest.JSON(w, out)
		}},
		"keyset, pages emptied by rights": {rest.List{Records: "items", Style: rest.Keyset{Size: "l", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
			last := p.Field("last")
			return q.With("after", last), last != "", nil
		}}}, func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("after"))
			items := numbers(o, min(o+5, all))
			if o == 5 {
				items = []any{}
			}
			out := map[string]any{"items": items}
			if o+5 < all {
				out["last"] = o + 5
			}
			resttest.JSON(w, out)
		}},
		"anchored, records of one moment fill pages": {rest.List{Records: "items", Total: "total", Style: rest.Anchored{Since: "since", Offset: "o", Limit: "l",
			Format: func(at time.Time) string { return at.Format(time.RFC3339) },
			At:     func(item []byte) (time.Time, error) { return time.Parse(time.RFC3339, rest.Field(item, "at")) }}}, func(w http.ResponseWriter, r *http.Request) {
			from := 0
			if s := r.FormValue("since"); s != "" {
				from = slices.IndexFunc(numbers(0, all), func(x any) bool { return x.(map[string]any)["at"].(string) >= s })
			}
			o := from + atoi(r.FormValue("o"))
			resttest.JSON(w, map[string]any{"items": numbers(o, min(o+atoi(r.FormValue("l")), all)), "total": all - from})
		}},
	} {
		for _, parallel := range []int{1, 3} {
			text, d := ask(t, func(w http.ResponseWriter, r *http.Request) { c.answer(w, r) }, rest.Tool{PageSize: 3, Parallel: parallel}, "page_size: 5", list(c.list))
			want := all
			if strings.HasPrefix(name, "keyset") {
				want -= 5
			}
			if got := d.Rows("SELECT CAST(count(*) AS VARCHAR) FROM raw_record"); got[0] != fmt.Sprint(want) || !strings.Contains(text, fmt.Sprintf("%d fetched = %d stored + 0 unchanged", want, want)) {
				t.Errorf("%s: %v records, want %d\n%s", name, got, want, text)
			}
		}
	}
}

func TestAnswersThatCannotBeUsed(t *testing.T) {
	items := rest.List{Records: "items", Total: "total", Style: rest.Offset{Param: "o", Limit: "l"}}
	tokens := rest.List{Records: "items", Style: rest.Token{Param: "c", Field: "next"}}
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		list   rest.List
		tool   rest.Tool
		want   string
	}{
		"the same page again": {func(w http.ResponseWriter, _ *http.Request) { resttest.JSON(w, map[string]any{"items": numbers(0, 2)}) }, items, rest.Tool{}, "the same page again"},
		"a cursor that repeats": {func(w http.ResponseWriter, r *http.Request) {
			resttest.JSON(w, map[string]any{"items": numbers(len(r.FormValue("c")), 3), "next": "a"})
		}, tokens, rest.Tool{}, "the same next page again"},
		"cut":           {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items":[{"id":1},{"id`) }, items, rest.Tool{}, "the answer ends in the middle"},
		"no JSON":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Please log in</html>") }, items, rest.Tool{}, "cannot be read: byte 1: an object with the member"},
		"another shape": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items":"none"}`) }, items, rest.Tool{}, "a list of records was expected"},
		"no list":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"result":[]}`) }, items, rest.Tool{}, `no list of records under "items"`},
		"fewer than all": {func(w http.ResponseWriter, r *http.Request) {
			o := atoi(r.FormValue("o"))
			resttest.JSON(w, map[string]any{"items": numbers(o, min(o+5, 7)), "total": 9})
		}, items, rest.Tool{}, "the source reports 9 records, 7 were fetched"},
		"error with 200": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"error":"no"}`) }, items,
			rest.Tool{Fault: func(r *rest.Response) error { return &rest.Fault{What: "the tool says " + rest.Field(r.Body, "error")} }}, "the tool says no"},
		"forbidden": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, items, rest.Tool{}, "/list?l=5&o=0: the account may not read this (HTTP 403)"},
		"sent elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example.org/", http.StatusFound)
		}, items, rest.Tool{}, "it sends on to https://login.example.org"},
		"asks for too long": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90000")
			w.WriteHeader(429)
		}, items, rest.Tool{}, "too many requests (HTTP 429)"},
	} {
		text, d := ask(t, c.answer, c.tool, "page_size: 5", list(c.list))
		if !strings.Contains(text, c.want) || strings.Contains(text, "desk: complete") {
			t.Errorf("%s: %s\nwant %s", name, text, c.want)
		}
		d.TiesOut()
	}
}

func TestPatienceFollowsTheTool(t *testing.T) {
	one := func(ctx context.Context, r *rest.Run) error {
		_, err := r.Client.Get(ctx, "x", nil)
		if err == nil {
			_, err = r.Client.Get(ctx, "x", nil)
		}
		return err
	}
	for name, c := range map[string]struct {
		first       func(w http.ResponseWriter)
		pace        func(*rest.Response, time.Time) time.Duration
		least, most time.Duration
	}{
		"seconds": {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "30"); w.WriteHeader(429) }, nil, 30 * time.Second, 31 * time.Second},
		"date": {func(w http.ResponseWriter) {
			now := time.Now().UTC()
			w.Header().Set("Date", now.Format(http.TimeFormat))
			w.Header().Set("Retry-After", now.Add(time.Minute).Format(http.TimeFormat))
			w.WriteHeader(503)
		}, nil, 59 * time.Second, 61 * time.Second},
		"nothing said":     {func(w http.ResponseWriter) { w.WriteHeader(502) }, nil, 250 * time.Millisecond, 500 * time.Millisecond},
		"quota by seconds": {func(w http.ResponseWriter) { w.Header().Set("X-Left", "0"); w.Header().Set("X-Reset", "12") }, rest.PaceBy("X-Left", "X-Reset"), 12 * time.Second, 12 * time.Second},
		"quota by a moment": {func(w http.ResponseWriter) {
			w.Header().Set("X-Left", "0")
			w.Header().Set("X-Reset", fmt.Sprint(time.Now().Add(20*time.Second).Unix()))
		}, rest.PaceBy("X-Left", "X-Reset"), 18 * time.Second, 21 * time.Second},
		"quota that has a rest": {func(w http.ResponseWriter) { w.Header().Set("X-Left", "3"); w.Header().Set("X-Reset", "12") }, rest.PaceBy("X-Left", "X-Reset"), 0, 0},
	} {
		n := 0
		text, d := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			if n++; n == 1 {
				c.first(w)
			}
		}, rest.Tool{Pace: c.pace}, "timeout: 5s", one)
		if !strings.Contains(text, "desk: complete") || d.Slept < c.least || d.Slept > c.most {
			t.Errorf("%s: waited %v, want %v to %v\n%s", name, d.Slept, c.least, c.most, text)
		}
	}
}

func TestWaysToLogIn(t *testing.T) {
	t.Setenv("DESK_SECRET", "p4ssw0rd!")
	logins := 0
	session := rest.Scheme{Needs: []string{"user", "password"}, Doc: "login",
		Sign: func(r *http.Request, k rest.Keys) { r.Header.Set("Session-Token", k.Session) },
		Login: func(ctx context.Context, c *rest.Client, k rest.Keys) (string, time.Time, error) {
			logins++
			return fmt.Sprintf("session-%d-of-%s", logins, k.User), time.Time{}, nil
		}}
	get := func(ctx context.Context, r *rest.Run) error {
		for range 3 {
			if _, err := r.Client.Get(ctx, "x", nil); err != nil {
				return err
			}
		}
		return nil
	}
	n := 0
	for name, c := range map[string]struct {
		scheme rest.Scheme
		keys   string
		good   func(r *http.Request) bool
	}{
		"bearer": {rest.Bearer(""), "token: env:DESK_SECRET", func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer p4ssw0rd!" }},
		"basic": {rest.Basic(""), "user: me\npassword: env:DESK_SECRET", func(r *http.Request) bool {
			u, p, ok := r.BasicAuth()
			return ok && u == "me" && p == "p4ssw0rd!"
		}},
		"user and token": {rest.UserToken("/token", ""), "user: me\ntoken: env:DESK_SECRET", func(r *http.Request) bool {
			u, p, _ := r.BasicAuth()
			return u == "me/token" && p == "p4ssw0rd!"
		}},
		"oauth": {rest.ClientCredentials("oauth/token", "read", ""), "client_id: app\nclient_secret: env:DESK_SECRET", func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer issued" }},
		// The session ends in the middle: it logs in once more.
		"session": {session, "user: me\npassword: env:DESK_SECRET", func(r *http.Request) bool {
			n++
			return r.Header.Get("Session-Token") == "session-1-of-me" && n <= 2 || r.Header.Get("Session-Token") == "session-2-of-me"
		}},
	} {
		text, d := ask(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/oauth/token" {
				if r.FormValue("client_secret") == "p4ssw0rd!" && r.FormValue("grant_type") == "client_credentials" && r.FormValue("scope") == "read" {
					resttest.JSON(w, map[string]any{"access_token": "issued", "expires_in": 3600})
				}
				return
			}
			if !c.good(r) {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, "not with p4ssw0rd! nor ", r.Header.Get("Session-Token"))
			}
		}, rest.Tool{Schemes: []rest.Scheme{c.scheme}}, c.keys, get)
		if !strings.Contains(text, "desk: complete") {
			t.Errorf("%s: %s", name, text)
		}
		if strings.Contains(text+d.Everything(), "p4ssw0rd") || strings.Contains(text+d.Everything(), "session-") {
			t.Errorf("%s: a secret is told: %s", name, text)
		}
	}
}

func TestMistakesOfAConnection(t *testing.T) {
	dir := t.TempDir()
	pem := filepath.Join(dir, "no.pem")
	if err := os.WriteFile(pem, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	tlsServer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	defer tlsServer.Close()
	get := func(ctx context.Context, r *rest.Run) error { _, err := r.Client.Get(ctx, "x", nil); return err }
	for _, c := range []struct{ url, keys, want string }{
		{"http://127.0.0.1:1", "timeout: 1s", "nothing answers at 127.0.0.1:1"},
		{tlsServer.URL, "timeout: 5s", "the certificate is not accepted"},
		{tlsServer.URL, "accept_any_certificate: true", "note: accept_any_certificate is set: nobody checked that the answers come from"},
		{"http://127.0.0.1:1", "ca_file: " + pem, "holds no certificate"},
		{"http://127.0.0.1:1", "token: env:NO_SUCH_VARIABLE", "the environment variable NO_SUCH_VARIABLE is not set"},
		{"http://127.0.0.1:1", "token: file:none", "file:none: there is no such file"},
		{"http://127.0.0.1:1", "user: me", "needs to log in with token, or user and password, or nothing at all; user given"},
		{"http://127.0.0.1:1", "options: {sweep: x}", `"sweep" is not an option of asked`},
		{"http://127.0.0.1:1", "projects: [a]", "has no such choice"},
		{"http://127.0.0.1:1", "path: a.csv", "only files have it"},
	} {
		if text, _ := askAt(t, c.url, rest.Tool{}, c.keys, get); !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %s\nwant %s", c.url, c.keys, text, c.want)
		}
	}
}

func TestTheCursorGoesBackByTheOverlapAndNeverMovesBack(t *testing.T) {
	var from []string
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	collect := func(_ context.Context, r *rest.Run) error {
		from = append(from, r.From("x").Format("01-02 15:04"))
		r.Moved("x", at)
		r.Moved("x", at.Add(-time.Hour))
		return nil
	}
	_, d := ask(t, func(http.ResponseWriter, *http.Request) {}, rest.Tool{}, "overlap: 10m", collect)
	again := func(change func(*collectors.Options)) {
		opt := d.Options()
		change(&opt)
		if _, err := d.Try(context.Background(), opt); err != nil {
			t.Fatal(err)
		}
	}
	again(func(*collectors.Options) {})
	again(func(o *collectors.Options) { o.Since = time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC) })
	again(func(o *collectors.Options) { o.Full = true })
	if got := strings.Join(from, ", "); got != "01-01 00:00, 01-02 02:50, 05-01 00:00, 01-01 00:00" {
		t.Error(got)
	}
}

func TestEachKeepsTheOrderAndEndsAtTheFirstError(t *testing.T) {
	keys := make([]int, 50)
	for i := range keys {
		keys[i] = i
	}
	var got []int
	err := rest.Each(context.Background(), 7, slices.Values(keys), func(_ context.Context, k int) (int, error) {
		time.Sleep(time.Duration(k*7%5) * time.Millisecond)
		if k == 40 {
			return 0, errors.New("no 40")
		}
		return k * 2, nil
	}, func(k, v int) error {
		if v != k*2 {
			t.Errorf("%d has the result of another", k)
		}
		got = append(got, k)
		return nil
	})
	if err == nil || err.Error() != "no 40" || !slices.Equal(got, keys[:40]) {
		t.Errorf("%v %v", err, got)
	}
}

// FuzzField holds the scanner against encoding/json: what that refuses is refused, and a member that it finds is found.
func FuzzField(f *testing.F) {
	for _, s := range []string{`{"id":1}`, `{"a":{"id":"x"}}`, `{"id":"a\u0041\n"}`, `[1,2`, `{"id":-0.5e+7,"b":[{},[]]}`, `{"id":01}`, `{"id":"` + "\x01" + `"}`, `nul`, `{"id":tru}`, `{"":0}`, `{"id":"\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v map[string]any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		err := d.Decode(&v)
		got := rest.Field([]byte(s), "id")
		if err != nil || v == nil {
			return // what is no object has no field, or one before the mistake
		}
		want := ""
		switch x := first(t, s, "id").(type) {
		case string:
			want = x
		case json.Number, bool:
			want = fmt.Sprint(x)
		default:
			return
		}
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	})
}

// first is the value of the first member of that name of a valid object; lists and objects are nil.
func first(t *testing.T, s, name string) any {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	for depth, member := 0, false; ; {
		token, err := d.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			return nil
		}
		open, isOpen := token.(json.Delim)
		switch {
		case isOpen && (open == '{' || open == '['):
			depth++
		case isOpen:
			depth--
		}
		switch {
		case depth == 1 && !isOpen && !member:
			member = true
			if token != name {
				continue
			}
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			return v
		case depth == 1:
			member = false
		case depth == 0:
			return nil
		}
	}
}

func TestFieldIsTheFirstOfItsName(t *testing.T) {
	for record, want := range map[string]string{`{"id":1,"id":2}`: "1", `{"a":{"id":0},"id" : "x"}`: "x", `{"i\u0064":7}`: "7", `{"id":1,`: "1", `{"id":`: "", `{}`: "", `{"id":null,"id":3}`: ""} {
		if got := rest.Field([]byte(record), "id"); got != want {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
}

func TestConfigRefusesWhatIsNoNumber(t *testing.T) {
	_, err := config.Parse("deskproof.yaml", []byte("organization: {name: X}\nsources: [{name: a, type: redmine, url: 'https://x.example', token: env:X, page_size: 0}]\n"))
	if err == nil || !strings.Contains(err.Error(), "page_size") {
		t.Error(err)
	}
}
