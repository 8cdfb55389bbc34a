package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"
)

// StatusError is a refusal by the tool.
type StatusError struct {
	Status int
	Path   string // what was asked for, without secrets
	Said   string // beginning of what the tool says, without secrets
	Login  string // what the credentials are, as a reference
	After  time.Duration
	asked  bool // After is what the tool asks for
}

// Error says in words what the tool refused.
func (e *StatusError) Error() string {
	what := map[int]string{
		http.StatusUnauthorized:      "the tool does not accept the credentials (" + e.Login + ")",
		http.StatusForbidden:         "the account may not read this",
		http.StatusNotFound:          "there is no such record or address",
		http.StatusTooManyRequests:   "the tool refuses because of too many requests",
		http.StatusProxyAuthRequired: "the proxy on the way asks for credentials of its own: write them into the environment variable HTTP_PROXY, http://USER:PASSWORD@HOST:PORT",
	}[e.Status]
	if what == "" {
		what = strings.ToLower(http.StatusText(e.Status))
	}
	s := fmt.Sprintf("%s: %s (HTTP %d)", e.Path, what, e.Status)
	if e.Said != "" {
		s += ": " + e.Said
	}
	return s
}

// Status is the HTTP status with which a request was refused; 0 = the error is another one.
func Status(err error) int {
	var e *StatusError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// Fault is an answer, or the lack of one, that cannot be used.
type Fault struct {
	What   string        // in words, without secrets
	Passes bool          // asking once more may help
	After  time.Duration // how long the tool asks to wait; 0 = it does not say
	Status int           // status that the tool means with it, where it answers 200 whatever happens; 0 = none
}

// Error says what is wrong.
func (e *Fault) Error() string { return e.What }

// broken is a connection that failed, in words.
func (c *Client) broken(path string, err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return err
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its own text holds the address with the query
	}
	said := c.Hide(err.Error())
	passes := true
	var dns *net.DNSError
	way, again := c.onTheWay(err)
	switch {
	case way != "":
		said, passes = c.Hide(way), again
	case errors.As(err, &dns) && dns.IsNotFound:
		said, passes = "there is no host "+c.base.Hostname()+": check url, and whether this machine reaches it", false
	case errors.Is(err, syscall.ECONNREFUSED):
		said = "nothing answers at " + c.base.Host + ": is the tool running, and is the port right?"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		said = "no answer within " + words(c.timeout)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		said = "the answer ends in the middle"
	case strings.Contains(said, "tls:"):
		said, passes = "no encrypted connection came about: "+said, false
	case strings.Contains(said, "it sends on"):
		passes = false
	}
	return &Fault{What: path + ": " + said, Passes: passes}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// refused makes the error of an answer with a status of failure.
func (c *Client) refused(r *Response) *StatusError {
	e := &StatusError{Status: r.Status, Path: r.Path, Login: c.login()}
	if s := said(r.Body); utf8.ValidString(s) && !strings.HasPrefix(strings.TrimSpace(s), "<") {
		s = strings.Join(strings.Fields(s), " ")
		if runes := []rune(s); len(runes) > 200 {
			s = string(runes[:200]) + "…"
		}
		e.Said = c.Hide(s)
	}
	e.After, e.asked = RetryAfter(r.Header, c.now())
	return e
}

// said is what an answer of failure says; of an object with one text and nothing else, that text.
func said(body []byte) string {
	var one map[string]string
	if json.Unmarshal(body, &one) == nil && len(one) == 1 {
		for _, text := range one {
			return text
		}
	}
	return string(body)
}

// login names the credentials without telling them.
func (c *Client) login() string {
	var out []string
	for _, k := range c.scheme.Needs {
		switch k {
		case "token":
			out = append(out, "token "+c.Source.Token.String())
		case "user":
			out = append(out, "user "+c.Source.User)
		case "password":
			out = append(out, "password "+c.Source.Password.String())
		case "client_id":
			out = append(out, "client "+c.Source.ClientID)
		case "client_secret":
			out = append(out, "client_secret "+c.Source.ClientSecret.String())
		}
	}
	if len(out) == 0 {
		return "none given"
	}
	return strings.Join(out, ", ")
}

// RetryAfter reads the header of that name: seconds or a date (RFC 9110, 10.2.3).
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil && s >= 0 && s < 1e9 {
		return time.Duration(s * float64(time.Second)), true
	}
	if at, err := http.ParseTime(v); err == nil {
		if d, err := http.ParseTime(h.Get("Date")); err == nil {
			now = d // the date is by the server's clock
		}
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

// patience says whether and after which wait a request is sent once more.
func (c *Client) patience(err error, try int) (time.Duration, bool) {
	var refused *StatusError
	var fault *Fault
	var after time.Duration
	asked := false
	switch {
	case errors.As(err, &refused):
		switch refused.Status {
		case 408, 420, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529:
		default:
			if !(refused.Status == http.StatusForbidden && refused.asked) { // a secondary limit of some tools
				return 0, false
			}
		}
		after, asked = refused.After, refused.asked
	case errors.As(err, &fault):
		if !fault.Passes {
			return 0, false
		}
		after, asked = fault.After, fault.After > 0
	default:
		return 0, false
	}
	if try >= maxTries || asked && after > longAsked {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := min(firstWait<<(try-1), longWait)
	wait = wait/2 + time.Duration(c.rand.Int64N(int64(wait/2)+1)) // jitter, so that clients do not come back together
	if asked {
		return after + wait/4, true // a quota; its waits are bounded by the tries of each request
	}
	if c.waited += wait; c.waited > waitBudget {
		return 0, false
	}
	return wait, true
}

// PaceBy waits for the reset of a quota when nothing remains of it. The header reset holds seconds from now, seconds
// since 1970, or an ISO 8601 time, told apart by what it looks like.
func PaceBy(remaining, reset string) func(r *Response, now time.Time) time.Duration {
	return func(r *Response, now time.Time) time.Duration {
		n, err := strconv.ParseFloat(strings.TrimSpace(r.Header.Get(remaining)), 64)
		if err != nil || n > 0 {
			return 0
		}
		if d, err := http.ParseTime(r.Header.Get("Date")); err == nil {
			now = d
		}
		v := strings.TrimSpace(r.Header.Get(reset))
		if s, err := strconv.ParseFloat(v, 64); err == nil {
			if s < 1e8 {
				return max(time.Duration(s*float64(time.Second)), 0)
			}
			return max(time.Unix(int64(s), 0).Sub(now), 0)
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return max(at.Sub(now), 0)
		}
		return 0
	}
}
