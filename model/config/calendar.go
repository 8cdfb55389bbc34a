package config

import "deskproof/model/strictyaml"

// Calendar is the agreed service time: working hours in a zone, without holidays. The calendar "always" (24 hours,
// 7 days, UTC) exists without being configured.
type Calendar struct {
	Pos      strictyaml.Pos        `yaml:"-"`
	TimeZone string                `yaml:"time_zone"` // IANA zone; default the organization's
	Hours    map[string]StringList `yaml:"hours"`     // mon, tue-thu, daily → 08:00-12:00, 13:00-17:00; 22:00-06:00 runs over midnight; 00:00-24:00
	Holidays StringList            `yaml:"holidays"`  // days (2026-12-24), .ics files, or a country calendar of the holiday library (DE-BE)
}

func (c *Config) checkCalendars(ps *strictyaml.Problems) {
	for name, cal := range c.Calendars {
		if cal.TimeZone != "" {
			CheckZone(ps, cal.Pos, "calendars."+name+".time_zone", cal.TimeZone)
		}
	}
}
