package prometheus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// fault finds an error that comes with status 200, as some proxies send it.
func fault(r *rest.Response) error {
	if head := r.Body[:min(len(r.Body), 32)]; !bytes.Contains(head, []byte(`"error"`)) || rest.Field(r.Body, "status") != "error" {
		return nil
	}
	return &rest.Fault{What: r.Path + ": " + rest.Field(r.Body, "error") + " (" + rest.Field(r.Body, "errorType") + ")"}
}

func header(c *rest.Client) http.Header {
	if t := c.Option("tenant"); t != "" {
		return http.Header{"X-Scope-Orgid": {t}}
	}
	return nil
}

// ask gives the series of a query at a moment, and what the server says of its own answer (that a part is missing).
func ask(ctx context.Context, c *rest.Client, query string, at time.Time) (series [][]byte, warnings string, err error) {
	q := rest.Request{Path: "query", Header: header(c), Query: url.Values{"query": {query}, "time": {stamp(at)}}}
	p, err := c.Page(ctx, q, rest.List{Records: "data.result"})
	if err != nil {
		return nil, "", err
	}
	if t := p.Field("data.resultType"); t != "matrix" && t != "vector" {
		return nil, "", &rest.Fault{What: fmt.Sprintf("%s: the query gives a %s, not series", query, t)}
	}
	if w := p.Field("warnings"); w != "[]" {
		warnings = w
	}
	return p.Items, warnings, nil
}

func stamp(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// known says whether the server has heard of series of a selector in a time. It may say yes where there is no sample; it
// never says no where there is one.
func known(ctx context.Context, c *rest.Client, s spec, from, to time.Time) (int, error) {
	r, err := c.Do(ctx, rest.Request{Path: "series", Header: header(c), Query: url.Values{"match[]": {s.query}, "start": {stamp(from)}, "end": {stamp(to)}}})
	if err != nil {
		return 0, err
	}
	var got struct{ Data []json.RawMessage }
	if err := r.Into(&got); err != nil {
		return 0, err
	}
	return len(got.Data), nil
}

// clock is the time by the server's clock.
func clock(ctx context.Context, c *rest.Client) (time.Time, error) {
	r, err := c.Do(ctx, rest.Request{Path: "query", Header: header(c), Query: url.Values{"query": {"time()"}}})
	if err != nil {
		return time.Time{}, err
	}
	var got struct{ Data struct{ Result []any } }
	if json.Unmarshal(r.Body, &got) == nil && len(got.Data.Result) == 2 {
		if s, ok := got.Data.Result[1].(string); ok {
			if f, err := strconv.ParseFloat(s, 64); err == nil && f > 0 && f < 1e11 {
				return time.UnixMilli(int64(f * 1000)).UTC(), nil
			}
		}
	}
	return time.Time{}, &rest.Fault{What: r.Path + ": the answer holds no time: is this the address of a Prometheus?"}
}

// status asks what not every server tells; empty = it does not.
func status(ctx context.Context, c *rest.Client, path, field string) (string, error) {
	r, err := c.Do(ctx, rest.Request{Path: path, Header: header(c)})
	if s := rest.Status(err); s >= 400 && s < 500 && s != 401 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return rest.Field(r.Body, field), nil
}

// retention is how long the server keeps samples; 0 = it does not tell, or for ever.
func retention(ctx context.Context, c *rest.Client) (time.Duration, error) {
	v, err := status(ctx, c, "status/runtimeinfo", "data.storageRetention")
	return duration(v), err
}
