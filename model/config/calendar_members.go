package config

import (
	"fmt"
	"slices"
	"strings"

	"deskproof/model/strictyaml"
)

// memberList is one of the three lists of a calendar that is built from others.
type memberList struct {
	key, word string
	names     StringList
}

func (c *Calendar) memberLists() []memberList {
	return []memberList{{"any_of", "any of", c.AnyOf}, {"all_of", "all of", c.AllOf}, {"except", "except", c.Except}}
}

// checkMembers checks a calendar that is built from others: it has nothing of its own, and its members exist.
func (c *Config) checkMembers(ps *strictyaml.Problems, name string) {
	cal := c.Calendars[name]
	path := "calendars." + name
	for _, own := range []struct {
		key   string
		given bool
	}{{"hours", len(cal.Hours) > 0}, {"changes", len(cal.Changes) > 0}, {"holidays", len(cal.Holidays) > 0}, {"open", len(cal.Open) > 0}} {
		if own.given {
			ps.Add(cal.At(own.key), path+"."+own.key, "give them to a calendar of their own and name that in any_of", "a calendar built from others has no %s", own.key)
		}
	}
	if len(cal.AnyOf)+len(cal.AllOf) == 0 {
		ps.Add(cal.At("except"), path+".except", "name the service hours in any_of, or any_of: always", "there is nothing to take time from")
	}
	known := append([]string{Always}, sortedKeys(c.Calendars)...)
	where := map[string]string{}
	for _, list := range cal.memberLists() {
		for i, member := range list.names {
			entry := fmt.Sprintf("%s[%d]", list.key, i)
			at, p := cal.At(entry), path+"."+entry
			before, twice := where[member]
			switch {
			case !slices.Contains(known, member):
				others := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == name })
				ps.Add(at, p, strictyaml.Suggest(member, others), "there is no calendar %q", member)
			case twice && strings.HasPrefix(before, "any_of") && list.key == "all_of":
				// Both at once is only a longer way to write all_of, and does no harm.
			case twice && list.key == "except":
				ps.Add(at, p, "take it out of one of them", "%q stands in %s too: nothing of it is left", member, before)
			case twice:
				ps.Add(at, p, "keep one of them", "%q stands in %s too", member, before)
			case list.key == "except" && member == Always:
				ps.Add(at, p, "", "every second belongs to %q: nothing is left", member)
			}
			if !twice {
				where[member] = entry
			}
		}
	}
}

// checkCircles finds calendars that are built from themselves, directly or through others; each circle is told once.
func (c *Config) checkCircles(ps *strictyaml.Problems) {
	const (
		asked = iota + 1
		done
	)
	state := map[string]int{}
	var way []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = asked
		way = append(way, name)
		cal := c.Calendars[name]
		for _, list := range cal.memberLists() {
			for i, member := range list.names {
				if _, known := c.Calendars[member]; !known || state[member] == done {
					continue
				}
				if state[member] != asked {
					visit(member)
					continue
				}
				entry := fmt.Sprintf("%s[%d]", list.key, i)
				circle := append(slices.Clone(way[slices.Index(way, member):]), member)
				message := "the calendar is built from itself"
				if len(circle) > 2 {
					message = "the calendars are built from each other: " + strings.Join(circle, " → ")
				}
				ps.Add(cal.At(entry), "calendars."+name+"."+entry, "take it out", "%s", message)
			}
		}
		way = way[:len(way)-1]
		state[name] = done
	}
	for _, name := range sortedKeys(c.Calendars) {
		if state[name] == 0 {
			visit(name)
		}
	}
}
