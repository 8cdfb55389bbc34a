package znuny

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// moment is the same time twice: as the interface writes it, and in seconds since 1970.
type moment struct {
	text  string
	epoch int64
}

func moments(ticket []byte) []moment {
	var t struct {
		Article []struct {
			CreateTime   string
			IncomingTime json.Number
		}
	}
	if json.Unmarshal(ticket, &t) != nil {
		return nil
	}
	var out []moment
	for _, a := range t.Article {
		if n, err := a.IncomingTime.Int64(); err == nil && n > 0 {
			out = append(out, moment{a.CreateTime, n})
		}
	}
	return out
}

// zoneOf finds the zone of the times: that of the source, or UTC, whichever more of the moments fit; nil = neither.
func zoneOf(seen []moment, own *time.Location) *time.Location {
	var best *time.Location
	most := 0
	for _, loc := range []*time.Location{own, time.UTC} {
		n := 0
		for _, m := range seen {
			if at, err := time.ParseInLocation(form, m.text, loc); err == nil && at.Sub(time.Unix(m.epoch, 0)).Abs() <= 2*time.Minute {
				n++
			}
		}
		if n > most {
			best, most = loc, n
		}
	}
	return best
}

// ownZone is the zone that the configuration gives to times without one.
func ownZone(c *rest.Client) *time.Location {
	if loc, err := time.LoadLocation(c.Source.TimeZone); err == nil && c.Source.TimeZone != "" {
		return loc
	}
	return c.Config.Zone()
}

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Znuny (or another of the OTRS family; it does not tell its version)", Account: c.Source.User}
	newest, _, err := search(ctx, c, asks{by: "Changed", limit: 10, queues: c.Source.Projects, down: true})
	if err != nil {
		if s := rest.Status(err); s == http.StatusInternalServerError || s == http.StatusNotFound { // what Znuny answers is a page without words
			return p, fmt.Errorf("%w (is there a web service of this name, and has it the route %s for TicketSearch with GET? See Administration, Web Services)", err, c.Option("search"))
		}
		return p, err
	}
	if len(newest) == 0 {
		p.Lacks = append(p.Lacks, "no ticket at all: has the account the right ro on the queues?")
		return p, nil
	}
	oldest, _, err := search(ctx, c, asks{by: "Age", limit: 10, queues: c.Source.Projects})
	if err != nil {
		return p, err
	}
	var seen []moment
	fields := false
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(newest, oldest)))) {
		items, err := get(ctx, c, c.Option("ticket"), "Ticket", []string{id}, everything)
		if rest.Status(err) == http.StatusForbidden { // deleted since it was listed
			continue
		}
		if err != nil {
			return p, err
		}
		seen = append(seen, moments(items[0])...)
		fields = fields || rest.Field(items[0], "DynamicField") != ""
	}
	p.Reads = append(p.Reads, "tickets with their messages, seen at the "+strconv.Itoa(len(newest))+" that changed last")
	if c.Option("history") == "none" {
		p.Lacks = append(p.Lacks, "the history of tickets (options: {history: none}): no clock can be replayed, and pauses are not seen")
	} else {
		lines, err := get(ctx, c, c.Option("history"), "TicketHistory", newest[:1], nil)
		if err != nil && rest.Status(err) != http.StatusForbidden {
			return p, fmt.Errorf("the history of tickets cannot be read: add the operation TicketHistoryGet with the route %s/:TicketID to the web service, or write options: {history: none} to do without: %w", c.Option("history"), err)
		}
		if err == nil && len(lines) == 1 {
			p.Reads = append(p.Reads, "the history of each ticket, seen at the one with TicketID "+newest[0])
		}
	}
	if !fields {
		p.Notes = append(p.Notes, "no dynamic field is seen: there are none, or the web service does not give them")
	}
	own := ownZone(c)
	switch loc := zoneOf(seen, own); {
	case loc != nil:
		p.Zone = loc.String()
		if loc != own {
			p.Notes = append(p.Notes, fmt.Sprintf("its times are in %s, as its messages show, and not in the zone of the source (%s): they are read so", loc, own))
		}
	case len(seen) > 0:
		text, _ := time.Parse(form, seen[0].text)
		return p, fmt.Errorf("the times of its records cannot be read: they are neither in the zone of the source (%s) nor in UTC, but %s at %s. Write under time_zone what its setting OTRSTimeZone says",
			own, offset(text.Sub(time.Unix(seen[0].epoch, 0)).Round(15*time.Minute)), seen[0].text)
	default:
		p.Notes = append(p.Notes, "no message is seen by which the zone of its times could be checked: they are read in "+own.String())
	}
	p.Notes = append(p.Notes, "queues that the account may not read are missing without notice, and a ticket that is moved there looks deleted")
	return p, nil
}

// offset is a difference to UTC for people.
func offset(d time.Duration) string {
	side := "ahead of"
	if d < 0 {
		d, side = -d, "behind"
	}
	text := strconv.Itoa(int(d/time.Hour)) + " h"
	if m := int(d % time.Hour / time.Minute); m > 0 {
		text += " " + strconv.Itoa(m) + " min"
	}
	return text + " " + side + " UTC"
}
