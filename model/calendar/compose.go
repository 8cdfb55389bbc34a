package calendar

import (
	"sort"
	"time"

	"deskproof/model/config"
)

// composed lays out a calendar that is built from others.
func (l *layouts) composed(c *Calendar) (laid, error) {
	var out laid
	seen := map[closed]bool{}
	members := func(list []*Calendar, work *[][]working) error {
		for _, m := range list {
			got, err := l.of(m)
			if err != nil {
				return err
			}
			if m.Name == config.Always { // every second counts in every zone: its days are those of the zone that asks
				here := *m
				here.Zone = c.Zone
				if got, err = l.of(&here); err != nil {
					return err
				}
			}
			*work = append(*work, c.relabel(m, got.work))
			for _, h := range got.off {
				if !m.composed() {
					h.name += " (" + m.Name + ")"
				}
				if !seen[h] {
					seen[h] = true
					out.off = append(out.off, h)
				}
			}
		}
		return nil
	}
	var any, all [][]working
	if err := members(c.anyOf, &any); err != nil {
		return laid{}, err
	}
	if err := members(c.allOf, &all); err != nil {
		return laid{}, err
	}
	var except []stretch
	for _, m := range c.except {
		got, err := l.of(m)
		if err != nil {
			return laid{}, err
		}
		for _, w := range got.work {
			except = append(except, w.stretch)
		}
	}
	out.work = blend(any, all, except)
	return out, nil
}

// relabel gives the work of a member the days of the calendar: they stay as they are in the same zone; elsewhere a stretch
// belongs to the local day on which it begins.
func (c *Calendar) relabel(m *Calendar, work []working) []working {
	if m.Zone.String() == c.Zone.String() || m.Name == config.Always {
		return work
	}
	out := make([]working, len(work))
	for i, w := range work {
		w.label = civil(time.Unix(w.began, 0).In(c.Zone))
		out[i] = w
	}
	return out
}

// blend finds the time that is in at least one list of any (if there is one), in each list of all, and in nothing of
// except; sorted and disjoint. Where stretches overlap, the time belongs to the one that began first. Lists of all must
// be disjoint in themselves; any and except may overlap.
func blend(any, all [][]working, except []stretch) []working {
	const anyList, allList, exceptList = 0, 1, 2
	type edge struct {
		at    int64
		begin bool
		list  int
		work  *working
	}
	var edges []edge
	note := func(list int, w *working) {
		if w.from < w.to {
			edges = append(edges, edge{w.from, true, list, w}, edge{w.to, false, list, w})
		}
	}
	for i, lists := range [][][]working{any, all} {
		for _, list := range lists {
			for k := range list {
				note(i, &list[k])
			}
		}
	}
	for _, s := range except {
		note(exceptList, &working{stretch: s})
	}
	sort.SliceStable(edges, func(i, j int) bool { return edges[i].at < edges[j].at })

	var out []working
	var running [3][]*working // what the sweep is in, by list
	for i := 0; i < len(edges); {
		at := edges[i].at
		for ; i < len(edges) && edges[i].at == at; i++ {
			e := edges[i]
			if e.begin {
				running[e.list] = append(running[e.list], e.work)
				continue
			}
			for k, w := range running[e.list] {
				if w == e.work {
					running[e.list] = append(running[e.list][:k], running[e.list][k+1:]...)
					break
				}
			}
		}
		if i == len(edges) || len(running[exceptList]) > 0 || len(running[allList]) < len(all) || len(any) > 0 && len(running[anyList]) == 0 {
			continue
		}
		owners := running[anyList]
		if len(any) == 0 {
			owners = running[allList]
		}
		if len(owners) == 0 {
			continue
		}
		owner := owners[0]
		for _, w := range owners[1:] {
			if w.began < owner.began || w.began == owner.began && w.label < owner.label {
				owner = w
			}
		}
		part := working{stretch{at, edges[i].at}, owner.label, owner.began}
		if n := len(out); n > 0 && out[n-1].to == at && out[n-1].label == part.label && out[n-1].began == part.began {
			out[n-1].to = part.to
			continue
		}
		out = append(out, part)
	}
	return out
}
