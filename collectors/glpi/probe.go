package glpi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// clock is the time of the server as it writes times, and the name of its zone where the account chose one.
func clock(ctx context.Context, c *rest.Client) (now, zone, account string, date time.Time, err error) {
	r, err := c.Get(ctx, "getFullSession", nil)
	if err != nil {
		return "", "", "", date, err
	}
	date, _ = http.ParseTime(r.Header.Get("Date"))
	return rest.Field(r.Body, "session.glpi_currenttime"), rest.Field(r.Body, "session.glpi_tz"), rest.Field(r.Body, "session.glpiname"), date, nil
}

const form = "2006-01-02 15:04:05"

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "GLPI"}
	now, zone, account, date, err := clock(ctx, c)
	if err != nil {
		return p, err
	}
	p.Account, p.Zone = account, c.Source.TimeZone
	if r, err := c.Get(ctx, "getGlpiConfig", nil); err == nil {
		p.Version = rest.Field(r.Body, "cfg_glpi.version")
		p.Product = strings.TrimSpace("GLPI " + p.Version)
	} else if !refused(err) {
		return p, err
	}
	if lack := zoneLack(now, zone, c.Source.TimeZone, date); lack != "" {
		p.Lacks = append(p.Lacks, lack)
	}
	for _, x := range []struct {
		s          stream
		what, lack string
	}{
		{stream{itemtype: "Ticket"}, "tickets", "tickets: has the profile of the account the right to see all tickets?"},
		{stream{itemtype: "Problem"}, "problems", "problems: the report says nothing of them"},
		{stream{itemtype: "Change"}, "changes", "changes: the report says nothing of them"},
		{stream{itemtype: "Log", filter: map[string]string{"itemtype": "^Ticket$"}}, "entries in the history of tickets",
			"the history (right Administration → Logs of the profile): pauses cannot be replayed, and when a ticket was solved or opened again is not known"},
		{stream{itemtype: "ITILFollowup"}, "followups", "followups: when a requester was first answered is not known"},
		{stream{itemtype: "TicketValidation"}, "approvals", "approvals"},
		{stream{itemtype: "TicketSatisfaction"}, "satisfaction surveys", "satisfaction surveys"},
	} {
		q := x.s.request("DESC", nil).With("range", "0-0")
		r, err := c.Do(ctx, q)
		if refused(err) {
			p.Lacks = append(p.Lacks, x.lack)
			continue
		} else if err != nil && !exceeds(err) {
			return p, err
		}
		n := int64(0)
		if err == nil {
			n, _ = total(&rest.Page{Response: r})
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%d %s", n, x.what))
	}
	p.Notes = append(p.Notes, "GLPI writes times without their zone: they are read as "+c.Source.TimeZone+", the time_zone of the source")
	return p, nil
}

// zoneLack says that times are not in the configured zone; empty = they are, as far as can be told.
func zoneLack(now, named, zone string, date time.Time) string {
	z, err := time.LoadLocation(zone)
	if err != nil || date.IsZero() {
		return ""
	}
	at, err := time.ParseInLocation(form, now, z)
	if err != nil {
		return ""
	}
	off := at.Sub(date).Round(time.Minute)
	if off.Abs() < 5*time.Minute {
		return ""
	}
	hint := "set time_zone of the source to the zone of the server"
	if named != "" {
		hint = "set time_zone of the source to " + named + ", which the account has chosen in GLPI"
	}
	return fmt.Sprintf("the right time of anything: GLPI says that it is %s, which read as %s is %s off: %s, and build again", now, zone, off, hint)
}
