package reader

import (
	"fmt"
	"strings"
)

// columns makes names of a header: white space around and inside them is tidied, empty names become column_N, a name
// that was there before (in any case of letters) gets a number. Each change is a warning.
func (p *run) columns(header []string) []string {
	out := make([]string, len(header))
	taken := map[string]bool{}
	for _, h := range header {
		taken[strings.ToLower(tidy(h))] = true
	}
	used := map[string]bool{}
	for i, h := range header {
		name := tidy(h)
		if name == "" {
			name = free(fmt.Sprintf("column_%d", i+1), 0, taken, used)
			p.warn("column %d has no name in the header: it is called %s", i+1, name)
		} else if used[strings.ToLower(name)] {
			again := free(name, 2, taken, used)
			p.warn("the header names %s more than once: column %d is called %s", name, i+1, again)
			name = again
		}
		used[strings.ToLower(name)] = true
		out[i] = name
	}
	p.info.Columns = out
	return out
}

// free finds a name that neither the header nor an earlier column has.
func free(name string, n int, taken, used map[string]bool) string {
	try := name
	if n > 0 {
		try = fmt.Sprintf("%s_%d", name, n)
	}
	for taken[strings.ToLower(try)] || used[strings.ToLower(try)] {
		n = max(n+1, 2)
		try = fmt.Sprintf("%s_%d", name, n)
	}
	return try
}

func tidy(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")), " ")
}

// shapes gives records with varying names (JSON, XES) shared slices of names and notes each name once.
type shapes struct {
	p     *run
	known map[string][]string
	seen  map[string]bool
	key   strings.Builder
	cols  []string
}

func newShapes(p *run) *shapes {
	return &shapes{p: p, known: map[string][]string{}, seen: map[string]bool{}}
}

// names returns the shared slice for these names; names that repeat (as SQL compares them) get a number.
func (s *shapes) names(names []string) []string {
	s.key.Reset()
	for _, n := range names {
		s.key.WriteString(n)
		s.key.WriteByte(0)
	}
	if have, ok := s.known[s.key.String()]; ok {
		return have
	}
	own := make([]string, len(names))
	taken, used := map[string]bool{}, map[string]bool{}
	for _, n := range names {
		taken[strings.ToLower(n)] = true
	}
	for i, n := range names {
		own[i] = n
		if used[strings.ToLower(n)] {
			own[i] = free(n, 2, taken, used)
			if !s.seen[own[i]] {
				s.p.warn("a record names %s more than once: the later value is called %s", n, own[i])
			}
		}
		used[strings.ToLower(own[i])] = true
		if !s.seen[own[i]] {
			s.seen[own[i]] = true
			s.cols = append(s.cols, own[i])
		}
	}
	s.p.info.Columns = s.cols
	if len(s.known) < 1<<16 {
		s.known[s.key.String()] = own
	}
	return own
}
