package znuny

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// fault finds the error in an answer: its status is 200 whatever happens.
func fault(r *rest.Response) error {
	head := r.Body[:min(len(r.Body), 64)]
	if !bytes.Contains(head, []byte(`"Error"`)) {
		return nil
	}
	code, said := rest.Field(r.Body, "Error.ErrorCode"), rest.Field(r.Body, "Error.ErrorMessage")
	if code == "" {
		return nil
	}
	e := &rest.StatusError{Path: r.Path, Said: said, Login: "user and password"}
	switch {
	case strings.HasSuffix(code, ".AuthFail"):
		e.Status = http.StatusUnauthorized
	case strings.HasSuffix(code, ".AccessDenied"):
		e.Status = http.StatusForbidden
	default:
		return &rest.Fault{What: r.Path + ": " + said + " (" + code + ")"}
	}
	return e
}

// form is how the interface writes and reads times.
const form = "2006-01-02 15:04:05"

// asks is one search. By is Changed or Age (the time of creation), filter the name of the lower bound that belongs to it.
type asks struct {
	by, filter, from string
	limit            int
	queues           []string
	down             bool
}

// search gives the numbers of tickets, and when the server answered, by its own clock.
func search(ctx context.Context, c *rest.Client, a asks) (ids []string, at time.Time, err error) {
	q := url.Values{"SortBy": {a.by}, "OrderBy": {"Up"}, "Limit": {strconv.Itoa(a.limit)}, "SearchInArchive": {"AllTickets"}}
	if a.down {
		q.Set("OrderBy", "Down")
	}
	if a.from != "" {
		q.Set(a.filter, a.from)
	}
	if len(a.queues) > 0 {
		q["Queues"], q["UseSubQueues"] = a.queues, []string{"1"}
	}
	r, err := c.Get(ctx, c.Option("search"), login(c, q))
	if err != nil {
		return nil, at, err
	}
	var out struct {
		TicketID []json.Number `json:"TicketID"`
	}
	if rest.Field(r.Body, "TicketID") != "" { // no hit is an object without it
		d := json.NewDecoder(bytes.NewReader(r.Body))
		if err := d.Decode(&out); err != nil {
			return nil, at, &rest.Fault{What: r.Path + ": the answer is not a list of numbers: " + err.Error()}
		}
	} else if s := bytes.TrimSpace(r.Body); len(s) == 0 || s[0] != '{' {
		return nil, at, &rest.Fault{What: r.Path + ": this is no answer of a web service: check url and the option search"}
	}
	for _, n := range out.TicketID {
		ids = append(ids, n.String())
	}
	if at, err = http.ParseTime(r.Header.Get("Date")); err != nil {
		at = time.Time{}
	}
	return ids, at, nil
}

// get asks for the records of several tickets. An error with the status 403 means that at least one may not be read.
func get(ctx context.Context, c *rest.Client, route, records string, ids []string, query url.Values) ([][]byte, error) {
	q := rest.Request{Path: route + "/" + url.PathEscape(strings.Join(ids, ",")), Query: login(c, query)}
	p, err := c.Page(ctx, q, rest.List{Records: records})
	if err != nil {
		return nil, err
	}
	if len(p.Items) != len(ids) {
		return nil, &rest.Fault{What: fmt.Sprintf("%s: %d tickets were asked for, %d came", p.Response.Path, len(ids), len(p.Items))}
	}
	return p.Items, nil
}

// everything is what is asked of each ticket.
var everything = url.Values{"DynamicFields": {"1"}, "Extended": {"1"}, "AllArticles": {"1"}}
