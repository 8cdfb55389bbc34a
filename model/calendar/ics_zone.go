package calendar

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"deskproof/model/strictyaml"
)

// zonesOf finds the zones that a file describes itself: by their name, by the place that the description names, or, under a
// name that says nothing, by what the description does: a fixed offset, or the zone whose clocks change at the same instants.
// The rules of a description are followed no further: the zone database knows better.
func zonesOf(cal *ical.Calendar) map[string]*time.Location {
	out := map[string]*time.Location{}
	for _, z := range cal.Timezones() {
		p := newProperties(z.Properties, nil)
		id := p.text("TZID")
		if id == "" {
			continue
		}
		if loc := namedZone(id); loc != nil {
			out[id] = loc
			continue
		}
		if loc := namedZone(p.text("X-LIC-LOCATION")); loc != nil {
			out[id] = loc
			continue
		}
		if loc := describedZone(id, z); loc != nil {
			out[id] = loc
		}
	}
	return out
}

// describedYear is the year in which a description is compared with the zone database.
const describedYear = 2026

// describedZone finds the zone that does what a description says; nil when none does.
func describedZone(id string, z *ical.VTimezone) *time.Location {
	changes := map[int64]int{} // UTC second of describedYear to the offset from then on
	offsets := map[int]bool{}
	for _, sub := range z.Components {
		var list []ical.IANAProperty
		switch s := sub.(type) {
		case *ical.Standard:
			list = s.Properties
		case *ical.Daylight:
			list = s.Properties
		default:
			continue
		}
		p := newProperties(list, nil)
		from, ok := icsOffset(p.text("TZOFFSETFROM"))
		to, known := icsOffset(p.text("TZOFFSETTO"))
		start, err := p.one("DTSTART")
		if !ok || !known || err != nil || start == nil {
			return nil
		}
		rules := p.byName["RRULE"]
		if len(rules) == 0 {
			offsets[to] = true
		}
		for _, one := range rules {
			rule, err := p.rule(one)
			if err != nil {
				return nil
			}
			first := time.Date(describedYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
			found, err := icsEvent{start: *start, rules: []icsRule{rule}}.occurrences(time.UTC, first, first+365)
			if err != nil {
				return nil
			}
			for _, o := range found {
				if time.Unix(o.from, 0).UTC().Year() == describedYear {
					changes[o.from-int64(from)] = to
				}
			}
		}
	}
	if len(changes) == 0 {
		if len(offsets) != 1 {
			return nil
		}
		for seconds := range offsets {
			return time.FixedZone(id, seconds)
		}
	}
	names := make([]string, 0, len(windowsZones))
	for _, name := range windowsZones {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		loc, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		begin := time.Date(describedYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		same := 0
		for at, limit := begin, begin+365*daySeconds; at < limit; {
			offset, end := zoneSpan(loc, at, limit)
			if to, ok := changes[at]; at > begin && (!ok || int64(to) != offset) {
				same = -1
				break
			} else if at > begin {
				same++
			}
			at = end
		}
		if same == len(changes) {
			return loc
		}
	}
	return nil
}

// icsOffset reads +0100 or -033015 as seconds.
func icsOffset(s string) (int, bool) {
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint((s[1:] + "00")[:6], 10, 32)
	seconds := int(n/10000*3600 + n/100%100*60 + n%100)
	if err != nil || seconds > 16*3600 {
		return 0, false
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// zone finds the zone of a TZID.
func (p properties) zone(id string) (*time.Location, error) {
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if loc := p.zones[id]; loc != nil {
		return loc, nil
	}
	if loc := namedZone(id); loc != nil {
		return loc, nil
	}
	names := make([]string, 0, len(windowsZones))
	for name := range windowsZones {
		names = append(names, name)
	}
	hint := strictyaml.Suggest(id, names)
	if hint != "" {
		hint = "; " + hint
	}
	return nil, fmt.Errorf("the time zone %.80q is not an IANA zone such as Europe/Berlin, and no Windows zone, and the file does not describe one that is known%s", id, hint)
}

// namedZone knows IANA names, also behind a prefix (/mozilla.org/20050126_1/Europe/Berlin), and those of Windows; nil when
// the name says nothing.
func namedZone(id string) *time.Location {
	if iana, ok := windowsZones[strings.ToLower(strings.Join(strings.Fields(id), " "))]; ok {
		id = iana
	}
	parts := strings.Split(strings.Trim(id, "/"), "/")
	for n := min(len(parts), 3); n > 0; n-- {
		name := strings.Join(parts[len(parts)-n:], "/")
		if n == 1 && len(parts) > 1 { // the last word alone is no name: …/Berlin
			break
		}
		if loc, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return loc
		}
	}
	return nil
}

// windowsZones gives the IANA zone of the names that Windows, Outlook and Exchange write, for no territory in particular
// (the Unicode CLDR names one zone for each), in small letters.
var windowsZones = map[string]string{}

func init() {
	for _, line := range strings.Split(strings.TrimSpace(windowsNames), "\n") {
		name, zone, _ := strings.Cut(line, " = ")
		windowsZones[strings.ToLower(name)] = zone
	}
}

const windowsNames = `
Dateline Standard Time = Etc/GMT+12
UTC-11 = Etc/GMT+11
Aleutian Standard Time = America/Adak
Hawaiian Standard Time = Pacific/Honolulu
Marquesas Standard Time = Pacific/Marquesas
Alaskan Standard Time = America/Anchorage
UTC-09 = Etc/GMT+9
Pacific Standard Time (Mexico) = America/Tijuana
UTC-08 = Etc/GMT+8
Pacific Standard Time = America/Los_Angeles
US Mountain Standard Time = America/Phoenix
Mountain Standard Time (Mexico) = America/Mazatlan
Mountain Standard Time = America/Denver
Yukon Standard Time = America/Whitehorse
Central America Standard Time = America/Guatemala
Central Standard Time = America/Chicago
Easter Island Standard Time = Pacific/Easter
Central Standard Time (Mexico) = America/Mexico_City
Canada Central Standard Time = America/Regina
SA Pacific Standard Time = America/Bogota
Eastern Standard Time (Mexico) = America/Cancun
Eastern Standard Time = America/New_York
Haiti Standard Time = America/Port-au-Prince
Cuba Standard Time = America/Havana
US Eastern Standard Time = America/Indiana/Indianapolis
Turks And Caicos Standard Time = America/Grand_Turk
Paraguay Standard Time = America/Asuncion
Atlantic Standard Time = America/Halifax
Venezuela Standard Time = America/Caracas
Central Brazilian Standard Time = America/Cuiaba
SA Western Standard Time = America/La_Paz
Pacific SA Standard Time = America/Santiago
Newfoundland Standard Time = America/St_Johns
Tocantins Standard Time = America/Araguaina
E. South America Standard Time = America/Sao_Paulo
SA Eastern Standard Time = America/Cayenne
Argentina Standard Time = America/Argentina/Buenos_Aires
Greenland Standard Time = America/Nuuk
Montevideo Standard Time = America/Montevideo
Magallanes Standard Time = America/Punta_Arenas
Saint Pierre Standard Time = America/Miquelon
Bahia Standard Time = America/Bahia
UTC-02 = Etc/GMT+2
Azores Standard Time = Atlantic/Azores
Cape Verde Standard Time = Atlantic/Cape_Verde
UTC = Etc/UTC
Coordinated Universal Time = Etc/UTC
GMT Standard Time = Europe/London
Greenwich Standard Time = Atlantic/Reykjavik
Sao Tome Standard Time = Africa/Sao_Tome
Morocco Standard Time = Africa/Casablanca
W. Europe Standard Time = Europe/Berlin
Central Europe Standard Time = Europe/Budapest
Romance Standard Time = Europe/Paris
Central European Standard Time = Europe/Warsaw
W. Central Africa Standard Time = Africa/Lagos
Jordan Standard Time = Asia/Amman
GTB Standard Time = Europe/Bucharest
Middle East Standard Time = Asia/Beirut
Egypt Standard Time = Africa/Cairo
E. Europe Standard Time = Europe/Chisinau
Syria Standard Time = Asia/Damascus
West Bank Standard Time = Asia/Hebron
South Africa Standard Time = Africa/Johannesburg
FLE Standard Time = Europe/Kiev
Israel Standard Time = Asia/Jerusalem
South Sudan Standard Time = Africa/Juba
Kaliningrad Standard Time = Europe/Kaliningrad
Sudan Standard Time = Africa/Khartoum
Libya Standard Time = Africa/Tripoli
Namibia Standard Time = Africa/Windhoek
Arabic Standard Time = Asia/Baghdad
Turkey Standard Time = Europe/Istanbul
Arab Standard Time = Asia/Riyadh
Belarus Standard Time = Europe/Minsk
Russian Standard Time = Europe/Moscow
E. Africa Standard Time = Africa/Nairobi
Volgograd Standard Time = Europe/Volgograd
Iran Standard Time = Asia/Tehran
Arabian Standard Time = Asia/Dubai
Astrakhan Standard Time = Europe/Astrakhan
Azerbaijan Standard Time = Asia/Baku
Russia Time Zone 3 = Europe/Samara
Mauritius Standard Time = Indian/Mauritius
Saratov Standard Time = Europe/Saratov
Georgian Standard Time = Asia/Tbilisi
Caucasus Standard Time = Asia/Yerevan
Afghanistan Standard Time = Asia/Kabul
West Asia Standard Time = Asia/Tashkent
Ekaterinburg Standard Time = Asia/Yekaterinburg
Pakistan Standard Time = Asia/Karachi
Qyzylorda Standard Time = Asia/Qyzylorda
India Standard Time = Asia/Kolkata
Sri Lanka Standard Time = Asia/Colombo
Nepal Standard Time = Asia/Kathmandu
Central Asia Standard Time = Asia/Bishkek
Bangladesh Standard Time = Asia/Dhaka
Omsk Standard Time = Asia/Omsk
Myanmar Standard Time = Asia/Yangon
SE Asia Standard Time = Asia/Bangkok
Altai Standard Time = Asia/Barnaul
W. Mongolia Standard Time = Asia/Hovd
North Asia Standard Time = Asia/Krasnoyarsk
N. Central Asia Standard Time = Asia/Novosibirsk
Tomsk Standard Time = Asia/Tomsk
China Standard Time = Asia/Shanghai
North Asia East Standard Time = Asia/Irkutsk
Singapore Standard Time = Asia/Singapore
W. Australia Standard Time = Australia/Perth
Taipei Standard Time = Asia/Taipei
Ulaanbaatar Standard Time = Asia/Ulaanbaatar
Aus Central W. Standard Time = Australia/Eucla
Transbaikal Standard Time = Asia/Chita
Tokyo Standard Time = Asia/Tokyo
North Korea Standard Time = Asia/Pyongyang
Korea Standard Time = Asia/Seoul
Yakutsk Standard Time = Asia/Yakutsk
Cen. Australia Standard Time = Australia/Adelaide
AUS Central Standard Time = Australia/Darwin
E. Australia Standard Time = Australia/Brisbane
AUS Eastern Standard Time = Australia/Sydney
West Pacific Standard Time = Pacific/Port_Moresby
Tasmania Standard Time = Australia/Hobart
Vladivostok Standard Time = Asia/Vladivostok
Lord Howe Standard Time = Australia/Lord_Howe
Bougainville Standard Time = Pacific/Bougainville
Russia Time Zone 10 = Asia/Srednekolymsk
Magadan Standard Time = Asia/Magadan
Norfolk Standard Time = Pacific/Norfolk
Sakhalin Standard Time = Asia/Sakhalin
Central Pacific Standard Time = Pacific/Guadalcanal
Russia Time Zone 11 = Asia/Kamchatka
New Zealand Standard Time = Pacific/Auckland
UTC+12 = Etc/GMT-12
Fiji Standard Time = Pacific/Fiji
Chatham Islands Standard Time = Pacific/Chatham
UTC+13 = Etc/GMT-13
Tonga Standard Time = Pacific/Tongatapu
Samoa Standard Time = Pacific/Apia
Line Islands Standard Time = Pacific/Kiritimati
`
