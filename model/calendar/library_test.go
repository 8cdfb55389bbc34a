package calendar

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
)

// TestAgreesWithTheLibrary compares working seconds, from the rows that the replay joins, with those of rickar/cal where it
// can do the case: one stretch on each working day, holidays of a country, no clock change (it counts those wrongly).
func TestAgreesWithTheLibrary(t *testing.T) {
	const seed = 20261125
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	codes := []string{"DE-BY", "US", "GB", "FR", "AU-NSW", "JP"}
	var text strings.Builder
	libraries := map[string]*cal.BusinessCalendar{}
	for i, code := range codes {
		a, b := 6+r.IntN(4), 15+r.IntN(6)
		fmt.Fprintf(&text, "  c%d: {time_zone: UTC, hours: {mon-fri: [%02d:00-%02d:30]}, holidays: [%s]}\n", i, a, b, code)
		lib := cal.NewBusinessCalendar()
		lib.SetWorkHours(time.Duration(a)*time.Hour, time.Duration(b)*time.Hour+30*time.Minute)
		lib.AddHoliday(countries[code]...)
		libraries[fmt.Sprintf("c%d", i)] = lib
	}
	file := writeFile(t, "organization: {name: X}\ncalendars:\n"+text.String())
	set, db := laidOut(t, file, from, from.AddDate(3, 0, 0))
	for i, code := range codes {
		name := fmt.Sprintf("c%d", i)
		id, _ := set.Lookup(name, "")
		for range 25 {
			a := from.Add(time.Duration(r.IntN(900*86400)) * time.Second)
			b := a.Add(time.Duration(r.IntN(150*86400)) * time.Second)
			want := int64(libraries[name].WorkHoursInRange(a, b) / time.Second)
			if got := storedF(t, db, id, b.Unix()) - storedF(t, db, id, a.Unix()); got != want {
				t.Errorf("%s from %s to %s: %d s, the library says %d", code, a, b, got, want)
			}
			goal := int64(1 + r.IntN(80*3600))
			start := storedF(t, db, id, a.Unix())
			if got, want := storedDue(t, db, id, start+goal), libraries[name].AddWorkHours(a, time.Duration(goal)*time.Second).Unix(); got != want {
				t.Errorf("%s: %d s from %s end at %d, the library says %d", code, goal, a, got, want)
			}
		}
	}
}
