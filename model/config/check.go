package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	_ "time/tzdata" // zones must be known on machines that have no zone database

	"deskproof/model/strictyaml"
)

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// check finds what the types of the fields cannot say. Problems are added, never returned one at a time.
func (c *Config) check(ps *strictyaml.Problems) {
	top := strictyaml.Pos{File: c.File, Line: 1, Column: 1}
	at := func(p strictyaml.Pos) strictyaml.Pos {
		if p.Line == 0 {
			return top
		}
		return p
	}
	if c.Organization.Name == "" {
		ps.Add(at(c.Organization.Pos), "organization.name", "the name stands on every report", "missing")
	}
	CheckZone(ps, at(c.Organization.Pos), "organization.time_zone", c.Organization.TimeZone)
	if c.Organization.Language != "en" && c.Organization.Language != "en-GB" {
		ps.Add(at(c.Organization.Pos), "organization.language", "use en", "reports are written in English; %q is not known", c.Organization.Language)
	}
	if c.Privacy != "keep" {
		hint := "use keep, or leave it out"
		ps.Add(top, "privacy", hint, "%q is not known", c.Privacy)
	}
	if c.AsOf != "" {
		if _, err := ParseAsOf(c.AsOf, c.Zone()); err != nil {
			ps.Add(top, "as_of", "", "%v", err)
		}
	}
	if c.Reports.Period != "" {
		if _, _, _, err := PeriodAt(c.Reports.Period, time.Unix(0, 0), c.Zone()); err != nil {
			ps.Add(at(c.Reports.Pos), "reports.period", "", "%v", err)
		}
	}
	if c.Reports.Audit != "" {
		if _, _, _, err := PeriodAt(c.Reports.Audit, time.Unix(0, 0), c.Zone()); err != nil {
			ps.Add(at(c.Reports.Pos), "reports.audit_period", "", "%v", err)
		}
	}
	if d := c.Reports.AuditDate; d != "" {
		if _, err := time.Parse("2006-01-02", d); err != nil {
			ps.Add(at(c.Reports.Pos), "reports.audit_date", "write a day: 2027-02-15", "%q is not a day", d)
		}
	}
	for _, f := range c.Reports.Formats {
		if !slices.Contains([]string{"html", "pdf", "xlsx", "json"}, f) {
			ps.Add(at(c.Reports.Pos), "reports.formats", strictyaml.Suggest(f, []string{"html", "pdf", "xlsx", "json"}), "%q is not a format", f)
		}
	}
	if b := c.Reports.Brand.Colour; b != "" && !colour.MatchString(b) {
		ps.Add(at(c.Reports.Pos), "reports.brand.colour", "write it as #005ea8", "%q is not a colour", b)
	}
	for i, w := range c.Catalogue.Waivers {
		w.check(ps, fmt.Sprintf("catalogue.waivers[%d]", i))
	}
	for i, x := range c.Catalogue.Scope {
		x.check(ps, fmt.Sprintf("catalogue.scope[%d]", i))
	}
	for _, process := range sortedKeys(c.Catalogue.Goals) {
		if level := c.Catalogue.Goals[process]; level < 1 || level > 5 {
			path := "catalogue.goals." + process
			ps.Add(c.At(path), path, "a capability level is 1 to 5", "%d is not a level", level)
		}
	}
	c.checkSources(ps)
	c.checkCalendars(ps)
	c.checkSLA(ps)
}

// CheckZone adds a problem when a time zone is not an IANA name.
func CheckZone(ps *strictyaml.Problems, at strictyaml.Pos, path, zone string) {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		ps.Add(at, path, "use an IANA name such as Europe/Berlin or UTC", "the time zone %q is not known", zone)
	}
}
