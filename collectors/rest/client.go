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
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"deskproof/collectors"
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
	c := &Client{Config: cfg, Source: src, tool: t, sleep: collectors.Sleep, now: time.Now, timeout: time.Minute}
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
		Proxy: http.ProxyFromEnvironment, OnProxyConnectResponse: refusedTunnel, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
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
