package resttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fake plays one tool. It is told the story by Server.Tickets and answers as the tool would, rules and traps included.
type Fake struct {
	Type string
	// Path is put behind the address of the fake, for tools that have their interface there; empty = nothing.
	Path string
	// Source is the entry of the source in deskproof.yaml, without name, type and url: a YAML mapping, one key a line. The
	// token must be env:DESK_TOKEN. Statuses, kinds and priorities of the fake that the tool does not ship with are mapped here.
	Source string
	// Signed says whether a request bears the credentials.
	Signed func(r *http.Request) bool
	// Serve answers a request. The path is that behind the address.
	Serve func(s *Server, w http.ResponseWriter, r *http.Request)
	// Logout says that the last request of a run ends the session: the run is whole without it.
	Logout bool
	// Lacks are what the tool cannot tell, and why: deleted, merged, priority, team, assignee, messages, history (of
	// statuses), links. The story is not compared there.
	Lacks map[string]string
	// Compare holds the model against the story as it is now, for tools that have no tickets; nil: tickets are compared. With
	// seen, an earlier moment was collected before.
	Compare func(t *testing.T, s *Server, d *Desk, seen bool)
}

var fakes = map[string]Fake{}

// AddFake makes a fake known; call it in init.
func AddFake(f Fake) { fakes[f.Type] = f }

// FakeOf finds the fake of a source type.
func FakeOf(typ string) (Fake, bool) {
	f, ok := fakes[typ]
	return f, ok
}

// Server is a fake that runs.
type Server struct {
	URL   string
	Story *Story
	// Memory is what the fake needs to remember, e.g. sessions; hold Lock.
	Memory map[string]any
	Lock   sync.Mutex

	fake   Fake
	now    time.Time
	log    []string
	before func(n int, r *http.Request) Fault
	failed map[string]bool
}

// Start starts a fake with a story, at its end.
func (f Fake) Start(t testing.TB, story *Story) *Server {
	s := &Server{Story: story, fake: f, now: story.End, Memory: map[string]any{}, failed: map[string]bool{}}
	h := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Desk is a desk whose source is the fake.
func (s *Server) Desk(t testing.TB) *Desk {
	t.Helper()
	d := NewDesk(t, s.yaml())
	d.Limit = time.Minute
	return d
}

func (s *Server) yaml() string {
	return "- name: desk\n  type: " + s.fake.Type + "\n  url: " + s.URL + s.fake.Path + "\n  " + strings.ReplaceAll(strings.Trim(s.fake.Source, "\n"), "\n", "\n  ")
}

// SetNow moves the story to a moment.
func (s *Server) SetNow(at time.Time) {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	s.now = at
}

// Now is the moment of the story.
func (s *Server) Now() time.Time {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	return s.now
}

// Tickets are the tickets of the story as they are now, by id; deleted and merged ones are among them.
func (s *Server) Tickets() []Ticket { return s.Story.At(s.Now()) }

// Requests is how many requests were made.
func (s *Server) Requests() int {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	return len(s.log)
}

// Log are the requests that were made: method, path and query.
func (s *Server) Log() []string {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	return append([]string(nil), s.log...)
}

// Fault spoils the answer to a request; next makes the right one. nil = no fault.
type Fault func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc)

// Before sets what spoils requests: it is asked at each, with its number from 1 since then. nil = nothing.
func (s *Server) Before(f func(n int, r *http.Request) Fault) {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	s.before, s.log, s.failed = f, nil, map[string]bool{}
}

// EachOnce spoils every different request at its first time, with the next fault that fault gives.
func (s *Server) EachOnce(fault func() Fault) {
	s.Before(func(_ int, r *http.Request) Fault {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		id := r.Method + " " + r.URL.String() + " " + string(body)
		if s.failed[id] {
			return nil
		}
		s.failed[id] = true
		return fault()
	})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // until it is read to its end, nobody notices that the client went away
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.Lock.Lock()
	s.log = append(s.log, r.Method+" "+r.URL.String())
	var fault Fault
	if s.before != nil {
		fault = s.before(len(s.log), r)
	}
	s.Lock.Unlock()
	next := func(w http.ResponseWriter, r *http.Request) {
		if s.fake.Signed != nil && !s.fake.Signed(r) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		s.fake.Serve(s, w, r)
	}
	if fault != nil {
		fault(w, r, next)
		return
	}
	next(w, r)
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the fake is wrong
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	_, _ = w.Write(b)
}

// Page cuts a page out of a list: limit (0 or above most = most) records behind offset.
func Page[T any](all []T, offset, limit, most int) []T {
	if limit <= 0 || limit > most {
		limit = most
	}
	if offset < 0 || offset >= len(all) {
		return []T{}
	}
	return all[offset:min(offset+limit, len(all))]
}

// Refuse answers with a status, and headers given as name, value, name, value, …
func Refuse(status int, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	}
}

// Gone does what end says, which makes the client go away, and waits until it has gone.
func Gone(end func()) Fault {
	return func(_ http.ResponseWriter, r *http.Request, _ http.HandlerFunc) {
		end()
		select {
		case <-r.Context().Done():
		case <-time.After(30 * time.Second): // the test must not hang for a client that stays
		}
	}
}

// recorded runs the right answer without sending it.
func recorded(r *http.Request, next http.HandlerFunc) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	next(rec, r)
	return rec
}

// Cut gives the right answer without its second half, as if it were whole: what a proxy with a limit does.
func Cut(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	rec := recorded(r, next)
	for k, v := range rec.Header() {
		if k != "Content-Length" {
			w.Header()[k] = v
		}
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
}

// Reset breaks the connection in the middle of the right answer.
func Reset(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	rec := recorded(r, next)
	h, ok := w.(http.Hijacker)
	if !ok {
		panic("no connection to break")
	}
	conn, buf, err := h.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", rec.Code, rec.Body.Len()+1)
	b.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
	_, _ = buf.Write(b.Bytes())
	_ = buf.Flush()
}
