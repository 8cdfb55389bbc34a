package prometheus

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// spec is one query of the configuration.
type spec struct {
	text     string // as configured
	measure  string // name of the measurement; empty = it says whether something is up
	query    string
	selector bool // a plain selector: samples are read as they are
}

var (
	named    = regexp.MustCompile(`^\s*([a-z][a-z0-9_]*)\s*=\s*([^=~].*)$`)
	label    = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	selector = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{\s*([a-zA-Z_][a-zA-Z0-9_]*\s*(=|!=|=~|!~)\s*("([^"\\]|\\.)*"|'([^'\\]|\\.)*')\s*,?\s*)*\})?$`)
	length   = regexp.MustCompile(`(\d+)(ms|[smhdwy])`)
)

func specs(src *config.Source) []spec {
	up := src.Options["up"]
	if len(up) == 0 {
		up = []string{"probe_success"}
	}
	var out []spec
	for _, t := range up {
		q := strings.TrimSpace(t)
		out = append(out, spec{text: t, query: q, selector: selector.MatchString(q)})
	}
	for _, t := range src.Options["measure"] {
		if m := named.FindStringSubmatch(t); m != nil {
			q := strings.TrimSpace(m[2])
			out = append(out, spec{text: t, measure: m[1], query: q, selector: selector.MatchString(q)})
		}
	}
	return out
}

func checkSource(src *config.Source, ps *strictyaml.Problems) {
	at := func(name string) (strictyaml.Pos, string) {
		return src.At("options." + name), "source " + src.Name + ".options." + name
	}
	for _, t := range src.Options["measure"] {
		if !named.MatchString(t) {
			pos, path := at("measure")
			ps.Add(pos, path, "e.g. capacity_used = instance:disk_used:ratio", "%q is not NAME = series or expression; names have small letters, digits and _", t)
		}
	}
	for _, name := range []string{"service", "item"} {
		for _, v := range src.Options[name] {
			if !label.MatchString(v) {
				pos, path := at(name)
				ps.Add(pos, path, "e.g. service", "%q is not the name of a label", v)
			}
		}
	}
	for _, v := range src.Options["down_below"] {
		if n, err := strconv.ParseFloat(v, 64); err != nil || n <= 0 || n > 1 {
			pos, path := at("down_below")
			ps.Add(pos, path, "e.g. 0.5", "%q is not a number above 0 and up to 1", v)
		}
	}
	for _, v := range src.Options["step"] {
		if d := duration(v); d < time.Second || d > time.Hour {
			pos, path := at("step")
			ps.Add(pos, path, "e.g. 60s", "%q is not a time from 1s to 1h", v)
		}
	}
}

// longest is what no server keeps anything for; what it does not tell sensibly is as good as not told.
const longest = 200 * 365 * 24 * time.Hour

// duration reads a length of time as Prometheus writes it: 90s, 1d, 1h30m; what follows a blank is left out; 0 = it is none.
func duration(s string) time.Duration {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	unit := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour}
	var out time.Duration
	parts := length.FindAllStringSubmatch(s, -1)
	if strings.Join(slices.Concat(length.FindAllString(s, -1)), "") != s {
		return 0
	}
	for _, p := range parts {
		n, err := strconv.Atoi(p[1])
		if err != nil || time.Duration(n) > (longest-out)/unit[p[2]] {
			return 0
		}
		out += time.Duration(n) * unit[p[2]]
	}
	return out
}
