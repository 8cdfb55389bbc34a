package resttest

import (
	"fmt"
	"slices"
	"time"
)

// Story is what happened at a service desk that does not exist: the same every time, told by a fake in the words of its tool.
type Story struct {
	Tickets []Ticket
	Middle  time.Time // a moment with much before and after it
	End     time.Time // when everything has happened
}

// Ticket is one ticket. Words are those of the model (incident, in_progress, priority 1 to 4); a fake puts them into its own.
type Ticket struct {
	ID                        int
	Kind, Title               string
	Status                    string
	Priority                  int
	Team, Assignee, Requester string
	Created, Updated          time.Time
	Changes                   []Change
	Messages                  []Message
	Links                     []int
	DeletedAt, MergedAt       time.Time // zero = not
	MergedInto                int
}

// Change is one change of one field: status, priority, team or assignee.
type Change struct {
	ID       int // over all tickets, in the order of time
	At       time.Time
	Who      string
	Field    string
	From, To string
}

// Message is a reply or an internal note.
type Message struct {
	ID     int // over all tickets
	At     time.Time
	Who    string // the requester, or an agent
	Public bool
}

// Agents and Requesters are the people of a story; Teams its teams.
var (
	Agents     = []string{"ana", "ben", "chi"}
	Requesters = []string{"req1", "req2", "req3", "req4"}
	Teams      = []string{"Service Desk", "Network"}
)

// NewStory makes a story of n tickets. In it several tickets change in the same second, one is opened again, some wait,
// some are deleted or merged after the middle, and titles hold what breaks careless programs.
func NewStory(n int) *Story {
	s := &Story{}
	seed := uint32(7)
	random := func(below int) int {
		seed = seed*1664525 + 1013904223
		return int(seed>>16) % below
	}
	begin := time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC)
	at := begin
	for id := 1; id <= n; id++ {
		if id%5 != 0 { // every fifth is opened in the second of the one before
			at = at.Add(time.Duration(20+random(100)) * time.Minute)
		}
		k := Ticket{ID: id, Kind: []string{"incident", "service_request"}[random(2)], Status: "new", Priority: 1 + random(4),
			Team: Teams[0], Requester: Requesters[random(len(Requesters))], Created: at, Updated: at}
		k.Title = fmt.Sprintf("Ticket %04d: %s", id, []string{"mail <b>is</b> down", `"quoted" & ünïcode`, "tab\tand \\ backslash", "=1+1", "plain"}[random(5)])
		moment := at
		later := func() time.Time {
			moment = moment.Add(time.Duration(1+random(180)) * time.Minute)
			return moment
		}
		agent := Agents[random(len(Agents))]
		change := func(who, field, to string) {
			c := Change{At: later(), Who: who, Field: field, To: to}
			switch field {
			case "status":
				c.From, k.Status = k.Status, to
			case "assignee":
				c.From, k.Assignee = k.Assignee, to
			case "team":
				c.From, k.Team = k.Team, to
			case "priority":
				c.From = fmt.Sprint(k.Priority)
				k.Priority = int(to[0] - '0')
			}
			if c.From == c.To {
				return
			}
			k.Changes, k.Updated = append(k.Changes, c), c.At
		}
		say := func(who string, public bool) {
			m := Message{At: later(), Who: who, Public: public}
			k.Messages, k.Updated = append(k.Messages, m), m.At
		}
		if id%7 != 0 { // every seventh is never touched
			change(agent, "assignee", agent)
			change(agent, "status", "in_progress")
			if id%3 == 0 {
				say(agent, false)
			}
			say(agent, true)
			if id%4 == 0 {
				change(agent, "team", Teams[1])
			}
			if id%6 == 0 {
				change(agent, "priority", fmt.Sprint(1+random(4)))
			}
			if id%3 == 1 {
				change(agent, "status", "on_hold")
				say(k.Requester, true)
				change(agent, "status", "in_progress")
			}
			if id%5 != 3 {
				change(agent, "status", "resolved")
				if id%8 == 2 {
					change(k.Requester, "status", "in_progress")
					change(agent, "status", "resolved")
				}
				if id%2 == 0 {
					change(agent, "status", "closed")
				}
			}
		}
		if id%9 == 4 && id > 1 {
			k.Links = []int{id - 1}
		}
		s.Tickets = append(s.Tickets, k)
	}
	s.Middle = s.Tickets[n*2/3].Created
	for _, k := range s.Tickets {
		if k.Updated.After(s.End) {
			s.End = k.Updated
		}
	}
	s.End = s.End.Add(24 * time.Hour).Truncate(time.Second)
	for i := range s.Tickets {
		k := &s.Tickets[i]
		switch {
		case k.ID%13 == 5:
			k.DeletedAt = s.End.Add(-2 * time.Hour)
		case k.ID%13 == 9:
			k.MergedAt, k.MergedInto = s.End.Add(-time.Hour), k.ID-1
		}
	}
	s.number()
	return s
}

// number gives changes and messages their ids, in the order of time.
func (s *Story) number() {
	var changes []*Change
	var messages []*Message
	for i := range s.Tickets {
		for j := range s.Tickets[i].Changes {
			changes = append(changes, &s.Tickets[i].Changes[j])
		}
		for j := range s.Tickets[i].Messages {
			messages = append(messages, &s.Tickets[i].Messages[j])
		}
	}
	slices.SortStableFunc(changes, func(a, b *Change) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(messages, func(a, b *Message) int { return a.At.Compare(b.At) })
	for i, c := range changes {
		c.ID = i + 1
	}
	for i, m := range messages {
		m.ID = i + 1
	}
}

// At is the story as it stands at a moment: tickets opened up to it, as they are then. Deleted and merged ones are there.
func (s *Story) At(moment time.Time) []Ticket {
	var out []Ticket
	for _, k := range s.Tickets {
		if k.Created.After(moment) {
			continue
		}
		k.Updated = k.Created
		var changes []Change
		var messages []Message
		for _, c := range slices.Backward(k.Changes) {
			if c.At.After(moment) {
				switch c.Field {
				case "status":
					k.Status = c.From
				case "assignee":
					k.Assignee = c.From
				case "team":
					k.Team = c.From
				case "priority":
					k.Priority = int(c.From[0] - '0')
				}
				continue
			}
			changes = append(changes, c)
			if c.At.After(k.Updated) {
				k.Updated = c.At
			}
		}
		slices.Reverse(changes)
		for _, m := range k.Messages {
			if !m.At.After(moment) {
				messages = append(messages, m)
				if m.At.After(k.Updated) {
					k.Updated = m.At
				}
			}
		}
		k.Changes, k.Messages = changes, messages
		if k.DeletedAt.After(moment) {
			k.DeletedAt = time.Time{}
		}
		if k.MergedAt.After(moment) {
			k.MergedAt, k.MergedInto = time.Time{}, 0
		}
		if k.MergedAt.After(k.Updated) {
			k.Updated = k.MergedAt
		}
		out = append(out, k)
	}
	return out
}

// Gone is true for a ticket that was deleted.
func (k Ticket) Gone() bool { return !k.DeletedAt.IsZero() }

// FirstResponse is the first public message of an agent; zero = none.
func (k Ticket) FirstResponse() time.Time {
	for _, m := range k.Messages {
		if m.Public && m.Who != k.Requester {
			return m.At
		}
	}
	return time.Time{}
}

// Resolved is when the ticket was last moved from an open status into resolved or closed; zero = it is open.
func (k Ticket) Resolved() time.Time {
	var out time.Time
	done := func(s string) bool { return s == "resolved" || s == "closed" }
	for _, c := range k.Changes {
		if c.Field == "status" && done(c.To) && !done(c.From) {
			out = c.At
		}
	}
	if !done(k.Status) {
		return time.Time{}
	}
	return out
}
