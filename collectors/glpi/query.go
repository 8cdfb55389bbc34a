package glpi

import (
	"fmt"
	"strconv"
	"strings"

	"deskproof/collectors/rest"
)

// ranged pages by range=0-499. The whole number stands behind the stroke of Content-Range.
type ranged struct{ from int64 }

// First asks for the first page.
func (s ranged) First(q rest.Request, size int) rest.Request {
	return q.With("range", fmt.Sprintf("%d-%d", s.from, s.from+int64(size)-1))
}

// Next asks for what is behind the page.
func (s ranged) Next(q rest.Request, p *rest.Page, seen int64) (rest.Request, bool, error) {
	total, known := total(p)
	if n := s.from + seen; len(p.Items) > 0 && (!known || n < total) {
		from, to, _ := strings.Cut(q.Query.Get("range"), "-")
		a, _ := strconv.ParseInt(from, 10, 64)
		b, _ := strconv.ParseInt(to, 10, 64)
		return q.With("range", fmt.Sprintf("%d-%d", n, n+b-a)), true, nil
	}
	return q, false, nil
}

func total(p *rest.Page) (int64, bool) {
	_, n, ok := strings.Cut(p.Response.Header.Get("Content-Range"), "/")
	total, err := strconv.ParseInt(n, 10, 64)
	return total, ok && err == nil
}

// exceeds says that a list ended before the page that was asked for.
func exceeds(err error) bool {
	return rest.Status(err) == 400 && strings.Contains(err.Error(), "ERROR_RANGE_EXCEED_TOTAL")
}

// refused says that the account may not read a kind of record, or that this GLPI does not have it.
func refused(err error) bool {
	s := rest.Status(err)
	return s == 401 || s == 403 || s == 404 || s == 400 && strings.Contains(err.Error(), "ERROR_ITEMTYPE_NOT_FOUND")
}
