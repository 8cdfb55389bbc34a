package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

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
	c.secrets = append(c.secrets, secretForms(Keys{Session: session})...)
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
		c.firstSkew, c.hasSkew = time.Until(at), true
	}
}
