package file

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/model"
	"deskproof/model/config"
)

// TestSignatureVersion4 holds signatures against the worked examples of Amazon's documentation.
func TestSignatureVersion4(t *testing.T) {
	b := &bucket{name: "examplebucket", region: "us-east-1", id: "AKIAIOSFODNN7EXAMPLE", key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		now: func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) }}
	for query, want := range map[string]string{
		"lifecycle=":          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		"max-keys=2&prefix=J": "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
	} {
		r, err := http.NewRequest(http.MethodGet, "https://examplebucket.s3.amazonaws.com/?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.sign(r, "/", query)
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := uriEncode("a b/ü+~", true) + " " + canonicalQuery(url.Values{"prefix": {"x/y z"}, "list-type": {"2"}}); got != "a%20b/%C3%BC%2B~ list-type=2&prefix=x%2Fy%20z" {
		t.Error(got)
	}
}

// store is an object store: pages of two, signatures of one key, and what shall go wrong.
type store struct {
	objects map[string]stored
	secret  string // empty: everybody may read
	fault   func(n int, r *http.Request) int
	log     []string
}

type stored struct {
	body string
	at   time.Time
}

func (s *store) tag(key string) string {
	return fmt.Sprintf(`"%x"`, s.objects[key].body+s.objects[key].at.String())
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.log = append(s.log, r.URL.String())
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: code, Message: "no"})
	}
	status := 0
	if s.fault != nil {
		status = s.fault(len(s.log), r)
	}
	if status > 1 {
		refuse(status, "SlowDown")
		return
	}
	if s.secret != "" {
		// The same request signed here must bear the same signature.
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		mine := &bucket{region: "eu-test-1", id: "KEYID", key: s.secret, ticket: r.Header.Get("X-Amz-Security-Token"), now: func() time.Time { return at }}
		again, _ := http.NewRequest(r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
		mine.sign(again, r.URL.EscapedPath(), r.URL.RawQuery)
		if err != nil || again.Header.Get("Authorization") != r.Header.Get("Authorization") {
			refuse(http.StatusForbidden, "SignatureDoesNotMatch")
			return
		}
	}
	key, ok := strings.CutPrefix(r.URL.Path, "/drops/")
	switch {
	case !ok:
		refuse(http.StatusNotFound, "NoSuchBucket")
	case key == "":
		var keys []string
		for k := range s.objects {
			if strings.HasPrefix(k, r.URL.Query().Get("prefix")) {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		from, _ := strconv.Atoi(r.URL.Query().Get("continuation-token"))
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
		for _, k := range keys[from:min(from+2, len(keys))] {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%d</Size></Contents>",
				url.QueryEscape(k), s.objects[k].at.Format("2006-01-02T15:04:05.000Z"), strings.ReplaceAll(s.tag(k), `"`, "&quot;"), len(s.objects[k].body))
		}
		if from+2 < len(keys) {
			fmt.Fprintf(w, "<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", from+2)
		}
		fmt.Fprint(w, "</ListBucketResult>")
	default:
		o, ok := s.objects[key]
		if !ok {
			refuse(http.StatusNotFound, "NoSuchKey")
			return
		}
		if m := r.Header.Get("If-Match"); m != "" && m != s.tag(key) {
			refuse(http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(o.body)))
		if status == 1 { // cut off
			_, _ = w.Write([]byte(o.body[:len(o.body)/2]))
			return
		}
		_, _ = w.Write([]byte(o.body))
	}
}

// night is a time in March 2026.
func night(day int) time.Time { return time.Date(2026, 3, day, 2, 0, 0, 0, time.UTC) }

// desk collects from a path again and again.
type desk struct {
	t   *testing.T
	db  *model.DB
	cfg *config.Config
}

func newDesk(t *testing.T, dir, source string) *desk {
	t.Helper()
	path := filepath.Join(dir, "deskproof.yaml")
	if err := os.WriteFile(path, []byte("organization: {name: X}\nsources: [{name: a, "+source+"}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := model.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &desk{t, db, cfg}
}

func (d *desk) collect(full bool) collectors.Summary {
	d.t.Helper()
	sum, err := collectors.Run(context.Background(), d.db, d.cfg, nil, collectors.Options{Full: full, Version: "test",
		Now: func() time.Time { return time.Date(2026, 3, 20, 6, 0, 0, 0, time.UTC) }})
	if err != nil {
		d.t.Fatal(err)
	}
	return sum
}

// stored are the versions of all records.
func (d *desk) stored() string {
	d.t.Helper()
	rows, err := model.Select[string](context.Background(), d.db, "SELECT key || '.' || version || '=' || json_extract_string(payload, '$.state') FROM raw_record ORDER BY key, version")
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.Join(rows, " ")
}

const table = "nr,state\n"

func TestFilesDroppedIntoAStore(t *testing.T) {
	for _, signed := range []bool{true, false} {
		s := &store{objects: map[string]stored{
			"out/tickets 1.csv": {table + "1,New\n2,New\n", night(1)},
			"out/tickets 2.csv": {table + "1,Closed\n3,New\n", night(2)},
			"out/tickets.tmp":   {table + "9,New\n", night(2)},
			"out/other.txt":     {"nothing", night(2)},
			"out/old/x.csv":     {table + "8,New\n", night(2)},
		}}
		h := httptest.NewServer(s)
		defer h.Close()
		for _, k := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_REGION"} {
			t.Setenv(k, "")
		}
		path := "s3+" + h.URL + "/drops/out/tickets*"
		if signed {
			s.secret = "the/secret+key"
			t.Setenv("AWS_ACCESS_KEY_ID", "KEYID")
			t.Setenv("AWS_SECRET_ACCESS_KEY", s.secret)
			t.Setenv("AWS_SESSION_TOKEN", "session/token==")
			t.Setenv("AWS_REGION", "eu-test-1")
			t.Setenv("AWS_ENDPOINT_URL_S3", h.URL)
			path = "s3://drops/out/tickets*"
		}
		d := newDesk(t, t.TempDir(), "path: \""+path+"\", key: nr")
		check := func(what, want string, complete bool) {
			t.Helper()
			sum := d.collect(false)
			if got := d.stored(); got != want || sum.Complete() != complete {
				t.Errorf("%s: %q, want %q\n%s", what, got, want, sum.Text())
			}
			if strings.Contains(sum.Text(), "secret") || strings.Contains(sum.Text(), os.TempDir()) {
				t.Errorf("%s: %s", what, sum.Text())
			}
		}
		check("first", "1.1=Closed 2.1=New 3.1=New", true) // of ticket 1 the newer file counts
		check("nothing new", "1.1=Closed 2.1=New 3.1=New", true)
		s.log = nil
		s.objects["out/tickets 3.csv.gz"] = stored{table + "3,Closed\n", night(3)}
		check("one more", "1.1=Closed 2.1=New 3.1=New 3.2=Closed", true)
		if got := strings.Join(s.log, "\n"); strings.Contains(got, "tickets%202.csv") || !strings.Contains(got, "tickets%203.csv.gz") {
			t.Errorf("it asked for\n%s", got)
		}
		// One file is broken: it is named, the others are read, and it is looked for again.
		s.objects["out/tickets 4.csv"] = stored{table + "4,New\n5,Older\n", night(4)}
		s.objects["out/tickets 5.csv"] = stored{table + "5,New\n", night(9)}
		s.fault = func(_ int, r *http.Request) int {
			if strings.Contains(r.URL.Path, "4.csv") {
				return http.StatusNotFound
			}
			return 0
		}
		check("one cannot be read", "1.1=Closed 2.1=New 3.1=New 3.2=Closed 5.1=New", false)
		s.fault = nil
		s.objects["out/tickets 5.csv"] = stored{table + "5,Closed\n", night(10)} // replaced
		check("it is there again", "1.1=Closed 2.1=New 3.1=New 3.2=Closed 4.1=New 5.1=New 5.2=Closed", true)
		var rows []string
		rows, err := model.Select[string](context.Background(), d.db, "SELECT origin || ' ' || account FROM raw_record r JOIN collection_run USING (run_id) ORDER BY r.key LIMIT 1")
		if account := map[bool]string{true: "KEYID", false: "anonymous"}[signed]; err != nil || rows[0] != "s3://drops/out/tickets 2.csv "+account {
			t.Errorf("%v %v", rows, err)
		}
		text, err := Collector{}.Probe(context.Background(), d.cfg, &d.cfg.Sources[0])
		if err != nil || !strings.Contains(text, "5 files, the newest of 2026-03-10 02:00 UTC; s3://drops/out/tickets 5.csv: csv utf-8, 2 columns") {
			t.Errorf("%s %v", text, err)
		}
	}
}

func TestFaultsOfAStore(t *testing.T) {
	for _, k := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"} {
		t.Setenv(k, "")
	}
	s := &store{objects: map[string]stored{"a.csv": {table + "1,New\n", night(1)}, "b.csv": {table + "2,New\n", night(1)}, "c.csv": {table + "3,New\n", night(1)}}}
	h := httptest.NewServer(s)
	defer h.Close()
	b, err := openBucket("s3+" + h.URL + "/drops/")
	if err != nil {
		t.Fatal(err)
	}
	slept := time.Duration(0)
	b.sleep = func(_ context.Context, d time.Duration) error { slept += d; return nil }
	// Every request fails once: busy, then cut off.
	seen := map[string]int{}
	s.fault = func(_ int, r *http.Request) int {
		seen[r.URL.String()]++
		switch seen[r.URL.String()] {
		case 1:
			return http.StatusServiceUnavailable
		case 2:
			if strings.HasSuffix(r.URL.Path, ".csv") {
				return 1
			}
		}
		return 0
	}
	found, err := b.list(context.Background())
	if err != nil || len(found) != 3 {
		t.Fatal(found, err)
	}
	for _, o := range found {
		path, done, err := o.local(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(path)
		if string(got) != s.objects[o.key].body || filepath.Base(path) != o.key {
			t.Errorf("%s: %q", path, got)
		}
		done()
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is still there")
		}
	}
	if slept == 0 {
		t.Error("it did not wait")
	}
	s.fault = nil
	o := found[0]
	s.objects[o.key] = stored{table + "1,Other\n", night(2)}
	if _, _, err := o.local(context.Background()); err == nil || !strings.Contains(err.Error(), "it was replaced after it was listed") {
		t.Error(err)
	}
	s.secret = "x"
	if _, err := b.list(context.Background()); err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") || !strings.Contains(err.Error(), "asked as anonymous") {
		t.Error(err)
	}
	for path, want := range map[string]string{
		"s3:///x.csv": "names no bucket", "s3+https://host": "names no bucket", "s3://b/[": "is not a pattern", "s3+https://u:p@host/b/x": "leads to no address",
	} {
		if _, err := openBucket(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "u:p@host/b/x") && want == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "KEYID")
	if _, err := openBucket("s3://b/x"); err == nil || !strings.Contains(err.Error(), "only one of") {
		t.Error(err)
	}
}

func TestFilesDroppedIntoAFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name, body string, at time.Time) {
		t.Helper()
		p := filepath.Join(dir, "drop", name)
		_ = os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("1.csv", table+"1,New\n", night(1))
	put("2.csv", table+"1,Closed\n2,New\n2,Again\n", night(2)) // within one file a key that is there twice is a fault
	put(".hidden", "x", night(2))
	put("3.csv.part", "x", night(2))
	for _, path := range []string{"drop/", "new:drop/*.csv"} {
		d := newDesk(t, dir, "path: \""+path+"\", key: nr")
		sum := d.collect(false)
		if got := d.stored(); got != "1.1=Closed 2.1=New" || sum.Sources[0].Counts[0].Rejected != 1 {
			t.Errorf("%s: %q\n%s", path, got, sum.Text())
		}
		put("3.csv", table+"2,Closed\n", night(3))
		if d.collect(false); d.stored() != "1.1=Closed 2.1=New 2.2=Closed" {
			t.Errorf("%s: %q", path, d.stored())
		}
		before := d.stored()
		if sum := d.collect(true); d.stored() != before {
			t.Errorf("%s: all once more: %q\n%s", path, d.stored(), sum.Text())
		}
		_ = os.Remove(filepath.Join(dir, "drop", "3.csv"))
	}
	d := newDesk(t, dir, "path: drop, key: nr")
	if sum := d.collect(false); !strings.Contains(sum.Text(), "with a slash at its end new files are read as they come") {
		t.Error(sum.Text())
	}
}
