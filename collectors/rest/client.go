package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"deskproof/model/config"
)

// Request is one request to the tool. Every request reads, so any may be sent again.
type Request struct {
	Method string // default GET
	Path   string // behind the address of the tool, or a whole address that the tool gave (of which the host is not used)
	Query  url.Values
	Header http.Header
	JSON   any        // body as JSON
	Form   url.Values // body as a form

	unsigned bool                  // without credentials: the login itself
	read     func(*Response) error // reads the answer; an error that passes has it asked for again. nil: it must be JSON
}

// Unsigned is the request without credentials: for the Login of a Scheme.
func (q Request) Unsigned() Request {
	q.unsigned = true
	return q
}

// Response is an answer with a status of success.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Path   string // path and query that were asked, without secrets
}

// Client asks one source. It may be used by several goroutines.
type Client struct {
	Config *config.Config
	Source *config.Source

	tool    Tool
	base    *url.URL
	http    *http.Client
	scheme  Scheme
	timeout time.Duration
	sleep   func(ctx context.Context, d time.Duration) error
	now     func() time.Time
	notes   []string

	mu        sync.Mutex
	keys      Keys
	until     time.Time
	secrets   []string
	rand      *rand.Rand
	waited    time.Duration
	pause     time.Duration // before the next request, by the tool's quota
	firstSkew time.Duration
	hasSkew   bool
}

// Limits of one answer and of the patience of one run.
const (
	maxBody    = 256 << 20        // bytes of one answer
	maxTries   = 8                // of one request
	waitBudget = 30 * time.Minute // of all waiting of a run that the tool did not ask for
	firstWait  = 500 * time.Millisecond
	longWait   = time.Minute
	longAsked  = time.Hour // longest wait that a tool may ask for
)

func newClient(t Tool, cfg *config.Config, src *config.Source) (*Client, error) {
	c := &Client{Config: cfg, Source: src, tool: t, sleep: realSleep, now: time.Now, timeout: time.Minute}
	var err error
	if c.base, err = url.Parse(strings.TrimRight(src.URL, "/")); err != nil || c.base.Host == "" {
		return nil, fmt.Errorf("url %q is not an address", src.URL)
	}
	c.base.RawQuery, c.base.Fragment = "", ""
	if !strings.HasSuffix(c.base.Path, t.API) {
		c.base.Path += t.API
	}
	if c.scheme, err = t.scheme(src); err != nil {
		return nil, err
	}
	if c.keys, err = readKeys(cfg, src); err != nil {
		return nil, err
	}
	c.secrets = secretForms(c.keys)
	if d, err := time.ParseDuration(src.Timeout); err == nil {
		c.timeout = d
	}
	h := fnv.New64a()
	h.Write([]byte(src.Name))
	c.rand = rand.New(rand.NewPCG(h.Sum64(), 1)) // the same waits for the same source: nothing depends on chance
	tr := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		DialContext:           (&net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   20 * time.Second,
		ResponseHeaderTimeout: c.timeout,
		ReadBufferSize:        64 << 10,
	}
	if tr.TLSClientConfig, err = c.tls(cfg, src); err != nil {
		return nil, err
	}
	if c.base.Scheme == "http" && len(c.scheme.Needs) > 0 && !loopback(c.base.Hostname()) {
		c.notes = append(c.notes, "the address begins with http: credentials and records travel unencrypted")
	}
	c.http = &http.Client{Transport: tr, CheckRedirect: c.redirect}
	return c, nil
}

func (c *Client) tls(cfg *config.Config, src *config.Source) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if src.CAFile != "" {
		pem, err := os.ReadFile(cfg.Path(src.CAFile))
		if err != nil {
			return nil, fmt.Errorf("ca_file %s cannot be read", src.CAFile)
		}
		if out.RootCAs, err = x509.SystemCertPool(); err != nil {
			out.RootCAs = x509.NewCertPool()
		}
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file %s holds no certificate: it must be PEM, -----BEGIN CERTIFICATE-----", src.CAFile)
		}
	}
	if src.AnyCert {
		out.InsecureSkipVerify = true
		c.notes = append(c.notes, "accept_any_certificate is set: nobody checked that the answers come from "+c.base.Host)
	}
	return out, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// redirect follows within the tool only: a header with a key must not reach another host.
func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if r.URL.Host != c.base.Host || r.URL.Scheme != c.base.Scheme {
		return fmt.Errorf("it sends on to %s://%s: if that is its right address, write it under url", r.URL.Scheme, r.URL.Host)
	}
	if len(via) >= 5 {
		return errors.New("it sends on in circles")
	}
	return nil
}

// Address is where the tool is, for people.
func (c *Client) Address() string {
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, c.tool.API)
	return c.Hide(u.String())
}

// Hide takes the secrets out of a text.
func (c *Client) Hide(s string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.secrets {
		s = strings.ReplaceAll(s, x, hidden)
	}
	return s
}

// hide takes the secrets out of an answer; it is checked once an answer, so that no record holds one.
func (c *Client) hide(b []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.secrets {
		if bytes.Contains(b, []byte(x)) {
			b = bytes.ReplaceAll(b, []byte(x), []byte(hidden))
		}
	}
	return b
}

// Get asks for a path with a query.
func (c *Client) Get(ctx context.Context, path string, query url.Values) (*Response, error) {
	return c.Do(ctx, Request{Path: path, Query: query})
}

// Into reads the answer as JSON into what v points to.
func (r *Response) Into(v any) error {
	if err := json.Unmarshal(r.Body, v); err != nil {
		return &Fault{What: fmt.Sprintf("%s: the answer is not the JSON that was expected: %v", r.Path, err)}
	}
	return nil
}

// close ends the session and the connections.
func (c *Client) close() {
	c.mu.Lock()
	session := c.keys.Session != ""
	c.mu.Unlock()
	if session && c.scheme.Logout != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		c.scheme.Logout(ctx, c)
	}
	c.http.CloseIdleConnections()
}

// Session is the session or access token that Login got.
func (c *Client) Session() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys.Session
}

// URL is the whole address of a request. Of an address that the tool gave, the host is replaced by the configured one:
// behind a proxy tools give addresses that lead nowhere, and credentials must go nowhere else.
func (c *Client) url(q Request) (*url.URL, error) {
	u := *c.base
	path, query := q.Path, ""
	if i := strings.Index(path, "://"); i > 0 && !strings.ContainsAny(path[:i], "/?") {
		whole, err := url.Parse(path)
		if err != nil {
			return nil, &Fault{What: "the tool gives an address that cannot be read: " + c.Hide(path)}
		}
		u.Path, u.RawPath, query = whole.Path, whole.RawPath, whole.RawQuery
	} else {
		path, query, _ = strings.Cut(path, "?")
		joined, err := url.Parse(strings.TrimRight(u.EscapedPath(), "/") + "/" + strings.TrimLeft(path, "/"))
		if err != nil {
			return nil, &Fault{What: "not an address: " + c.Hide(path)}
		}
		u.Path, u.RawPath = joined.Path, joined.RawPath
	}
	if len(q.Query) > 0 {
		if query != "" {
			query += "&"
		}
		query += q.Query.Encode()
	}
	u.RawQuery = query
	return &u, nil
}

// Do sends a request until it is answered: once more after faults that pass, after the waits that the tool asks for. The
// error is *StatusError when the tool refuses, *Fault when the answer cannot be used.
func (c *Client) Do(ctx context.Context, q Request) (*Response, error) {
	u, err := c.url(q)
	if err != nil {
		return nil, err
	}
	again := false // a session was renewed for this request
	for try := 1; ; try++ {
		if err := c.ready(ctx, q); err != nil {
			return nil, err
		}
		r, err := c.once(ctx, q, u)
		if err == nil {
			read := q.read
			if read == nil {
				read = readable
			}
			if err = read(r); err == nil {
				return r, nil
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var refused *StatusError
		if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized && c.scheme.Login != nil && !q.unsigned && !again {
			again = true
			c.forget()
			continue
		}
		wait, ok := c.patience(err, try)
		if !ok {
			return nil, err
		}
		if err := c.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// readable makes sure that an answer that says to be JSON is whole.
func readable(r *Response) error {
	if !strings.Contains(r.Header.Get("Content-Type"), "json") || len(r.Body) == 0 {
		return nil
	}
	r.Body = clean(r.Body)
	s := &scanner{b: r.Body}
	if _, err := s.value(); err != nil {
		return unreadable(r, err)
	}
	return nil
}

// unreadable is an answer that is not the JSON it says to be.
func unreadable(r *Response, err error) error {
	return &Fault{What: fmt.Sprintf("%s: the answer cannot be read: %v", r.Path, err), Passes: errors.Is(err, errCut)}
}

// ready waits as the tool's quota asks, and logs in where that is needed.
func (c *Client) ready(ctx context.Context, q Request) error {
	c.mu.Lock()
	pause := c.pause
	c.pause = 0
	login := c.scheme.Login != nil && !q.unsigned && (c.keys.Session == "" || !c.until.IsZero() && !c.now().Before(c.until))
	keys := c.keys
	c.mu.Unlock()
	if pause > 0 {
		if err := c.sleep(ctx, min(pause, longAsked)); err != nil {
			return err
		}
	}
	if !login {
		return nil
	}
	session, until, err := c.scheme.Login(ctx, c, keys)
	if err != nil {
		return fmt.Errorf("the login failed: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys.Session, c.until = session, until
	for _, s := range secretForms(Keys{Session: session}) {
		c.secrets = append(c.secrets, s)
	}
	return nil
}

// forget drops the session: it is no longer valid.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys.Session = ""
}

// once sends a request and reads the answer to its end.
func (c *Client) once(ctx context.Context, q Request, u *url.URL) (*Response, error) {
	method, body, kind := q.Method, io.Reader(nil), ""
	switch {
	case q.JSON != nil:
		b, err := json.Marshal(q.JSON)
		if err != nil {
			return nil, err
		}
		body, kind = bytes.NewReader(b), "application/json"
	case q.Form != nil:
		body, kind = strings.NewReader(q.Form.Encode()), "application/x-www-form-urlencoded"
	}
	if method == "" {
		method = http.MethodGet
	}
	ctx, cancel := context.WithTimeout(ctx, 5*c.timeout)
	defer cancel()
	h, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	accept := c.tool.Accept
	if accept == "" {
		accept = "application/json"
	}
	h.Header.Set("Accept", accept)
	h.Header.Set("User-Agent", "deskproof")
	if kind != "" {
		h.Header.Set("Content-Type", kind)
	}
	for k, v := range q.Header {
		h.Header[k] = v
	}
	if !q.unsigned {
		c.mu.Lock()
		keys := c.keys
		c.mu.Unlock()
		c.scheme.Sign(h, keys)
	}
	path := c.Hide(strings.TrimPrefix(u.RequestURI(), c.base.Path))
	res, err := c.http.Do(h)
	if err != nil {
		return nil, c.broken(path, err)
	}
	defer res.Body.Close()
	c.skew(res)
	b, err := readAll(res)
	if err != nil {
		return nil, c.broken(path, err)
	}
	if !q.unsigned { // what a login answers is kept nowhere, and a session may hold the beginning of one that was cut off
		b = c.hide(b)
	}
	r := &Response{Status: res.StatusCode, Header: res.Header, Body: b, Path: path}
	empty := false // of a quota nothing remains
	if c.tool.Pace != nil {
		if wait := c.tool.Pace(r, c.now()); wait > 0 {
			empty = true
			c.mu.Lock()
			c.pause = max(c.pause, wait)
			c.mu.Unlock()
		}
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		err := c.refused(r)
		if r.Status == http.StatusForbidden || r.Status == http.StatusTooManyRequests {
			err.asked = err.asked || empty // the wait comes before the next request
		}
		return nil, err
	}
	if c.tool.Fault != nil {
		if err := c.tool.Fault(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// readAll reads an answer, into a buffer of the announced size where one is announced.
func readAll(res *http.Response) ([]byte, error) {
	if res.ContentLength > maxBody {
		return nil, &Fault{What: fmt.Sprintf("the answer is larger than %d MiB: ask for fewer records at a time (page_size)", maxBody>>20)}
	}
	var buf bytes.Buffer
	if res.ContentLength > 0 {
		buf.Grow(int(res.ContentLength) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(res.Body, maxBody+1))
	if err == nil && n > maxBody {
		err = &Fault{What: fmt.Sprintf("the answer is larger than %d MiB: ask for fewer records at a time (page_size)", maxBody>>20)}
	}
	return buf.Bytes(), err
}

// skew notes how far the server's clock is ahead, by its first answer.
func (c *Client) skew(res *http.Response) {
	at, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hasSkew {
		c.firstSkew, c.hasSkew = at.Sub(time.Now()), true
	}
}

func realSleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
