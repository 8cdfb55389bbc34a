package itop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"deskproof/collectors/rest"
)

// inForm puts login and password into the form that is sent: so they stand in no address.
func inForm(r *http.Request, k rest.Keys) {
	if r.Body == nil {
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	text := string(b) + "&" + url.Values{"auth_user": {k.User}, "auth_pwd": {k.Password}}.Encode()
	r.Body = io.NopCloser(strings.NewReader(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	r.ContentLength = int64(len(text))
}

// Codes that an answer may bear.
const (
	codeUnauthorized = 1
	codeMissingUser  = 5
	codeMissingPwd   = 6
	codeInternal     = 100
)

// fault finds what an answer says of itself.
func fault(r *rest.Response) error {
	var head struct {
		Code    *int
		Message string
	}
	if err := json.Unmarshal(r.Body, &head); err != nil || head.Code == nil {
		if strings.Contains(r.Header.Get("Content-Type"), "html") {
			return &rest.Fault{What: r.Path + ": the answer is a page for people: is the address that of iTop, and is the account a REST Services User?"}
		}
		return nil // cut off, or no JSON: that is found elsewhere
	}
	said := head.Message
	if runes := []rune(said); len(runes) > 200 {
		said = string(runes[:200]) + "…"
	}
	switch *head.Code {
	case 0:
		return nil
	case codeUnauthorized, codeMissingUser, codeMissingPwd:
		e := &rest.StatusError{Status: http.StatusUnauthorized, Path: r.Path, Said: said, Login: "user and password, or token"}
		if strings.Contains(said, "permission") {
			e.Status = http.StatusForbidden
		}
		return e
	case codeInternal:
		if strings.Contains(strings.ToLower(said), "class") { // this iTop does not have the module
			return &rest.StatusError{Status: http.StatusNotFound, Path: r.Path, Said: said}
		}
	}
	return &rest.Fault{What: fmt.Sprintf("%s: iTop refuses with code %d: %s", r.Path, *head.Code, said)}
}

// refused says that the account may not read a class, or that this iTop does not have it.
func refused(err error) bool {
	s := rest.Status(err)
	return s == 403 || s == 404
}

// object is one record of an answer.
type object struct {
	Class  string
	Key    json.Number
	Fields json.RawMessage
	id     int64
}

func (o object) field(name string) string { return rest.Field(o.Fields, name) }

// ask puts a query; limit 0 = all.
func ask(ctx context.Context, c *rest.Client, class, where, fields string, limit int) (*rest.Response, error) {
	oql := "SELECT " + class
	if where != "" {
		oql += " WHERE " + where
	}
	q := map[string]any{"operation": "core/get", "class": class, "key": oql, "output_fields": fields}
	if limit > 0 {
		q["limit"], q["page"] = limit, 1
	}
	b, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, rest.Request{Method: http.MethodPost, Path: "webservices/rest.php?version=1.3", Form: url.Values{"json_data": {string(b)}}})
}

// get asks for the records of a query; limit 0 = all.
func get(ctx context.Context, c *rest.Client, class, where, fields string, limit int) (found int64, out []object, err error) {
	r, err := ask(ctx, c, class, where, fields, limit)
	if err != nil {
		return 0, nil, err
	}
	return read(r, class, limit)
}

// read takes the records out of an answer.
func read(r *rest.Response, class string, limit int) (found int64, out []object, err error) {
	var answer struct {
		Message string
		Objects map[string]json.RawMessage
	}
	if err := r.Into(&answer); err != nil {
		return 0, nil, err
	}
	n, ok := strings.CutPrefix(answer.Message, "Found: ")
	if found, err = strconv.ParseInt(strings.TrimSpace(n), 10, 64); err != nil || !ok {
		return 0, nil, &rest.Fault{What: r.Path + ": iTop does not say how many records it found: " + answer.Message}
	}
	for name, raw := range answer.Objects {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			return 0, nil, &rest.Fault{What: name + ": the record cannot be read"}
		}
		key := o.Key.String()
		if key == "" {
			_, key, _ = strings.Cut(name, "::")
		}
		if o.id, err = strconv.ParseInt(key, 10, 64); err != nil {
			return 0, nil, &rest.Fault{What: name + ": the record has no id"}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b object) int { return cmp.Compare(a.id, b.id) })
	if limit == 0 && int64(len(out)) != found {
		return 0, nil, &rest.Fault{What: fmt.Sprintf("%s: iTop found %d records and gave %d", class, found, len(out)), Passes: true}
	}
	return found, out, nil
}

// count is how many records a query finds.
func count(ctx context.Context, c *rest.Client, class, where string) (int64, error) {
	n, _, err := get(ctx, c, class, where, "id", 1)
	return n, err
}

// highest is an id above all.
const highest = math.MaxInt32

// records reads what a query finds above an id, in the order of ids: a range of ids is halved until it holds no more than
// a page.
func records(ctx context.Context, c *rest.Client, class, where, fields string, above int64, take func([]object) error) error {
	bound := func(lo, hi int64) string {
		w := fmt.Sprintf("id > %d AND id <= %d", lo, hi)
		if where != "" {
			w = where + " AND " + w
		}
		return w
	}
	var walk func(lo, hi, n int64) error
	walk = func(lo, hi, n int64) error {
		if n == 0 {
			return nil
		}
		if n <= int64(c.PageSize()) || hi-lo <= 1 {
			_, list, err := get(ctx, c, class, bound(lo, hi), fields, 0)
			if err != nil {
				return err
			}
			return take(list)
		}
		mid := lo + (hi-lo)/2
		left, err := count(ctx, c, class, bound(lo, mid))
		if err != nil {
			return err
		}
		if err := walk(lo, mid, left); err != nil {
			return err
		}
		if left >= n {
			return nil
		}
		return walk(mid, hi, n-left)
	}
	above = max(above, 0)
	n, err := count(ctx, c, class, bound(above, highest))
	if err != nil {
		return err
	}
	return walk(above, highest, n)
}
