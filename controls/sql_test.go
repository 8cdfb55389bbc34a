package controls

import (
	"strings"
	"testing"
	"time"
)

func TestBindLeavesTextsAndCommentsAlone(t *testing.T) {
	v := map[string]string{"as_of": "NOW", "n": "5"}
	for in, want := range map[string]string{
		"a < $as_of AND b > $n":           "a < NOW AND b > 5",
		"'$as_of' || \"$n\" -- $n\n + $n": "'$as_of' || \"$n\" -- $n\n + 5",
		"/* $n */ 'it''s $n' $n":          "/* $n */ 'it''s $n' 5",
		"$unknown $ $n":                   "$unknown $ 5",
		"'open $n":                        "'open $n",
		"regexp_matches(k, '\\$n$')":      "regexp_matches(k, '\\$n$')",
	} {
		if got := bind(in, v); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzScanKeepsTheText(f *testing.F) {
	f.Add("SELECT '$a' /* x -- y */ \"q\"\"\" -- z")
	f.Add("$$$é$x;")
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		for _, tok := range scan(s) {
			b.WriteString(tok.text)
		}
		if b.String() != s {
			t.Errorf("%q became %q", s, b.String())
		}
	})
}

func TestParametersCutDaysInTheZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, berlin)
	v := Params{From: time.Date(2025, 11, 1, 0, 0, 0, 0, berlin), To: midnight, AsOf: midnight, Zone: berlin}.values()
	for name, want := range map[string]string{
		"period_from":     "TIMESTAMPTZ '2025-10-31 23:00:00+00'",
		"period_to":       "TIMESTAMPTZ '2026-10-31 23:00:00+00'",
		"period_from_day": "DATE '2025-11-01'",
		"period_last_day": "DATE '2026-10-31'",
		"as_of_day":       "DATE '2026-10-31'", // as-of at midnight closes the day before
		"zone":            "'Europe/Berlin'",
	} {
		if v[name] != want {
			t.Errorf("%s is %s, want %s", name, v[name], want)
		}
	}
	// A period that runs on after as-of ends with it.
	if got := (Params{To: midnight.AddDate(0, 1, 0), AsOf: midnight, Zone: berlin}).values()["period_to"]; got != "TIMESTAMPTZ '2026-10-31 23:00:00+00'" {
		t.Errorf("period_to is %s", got)
	}
}

func TestSharedPartsBringWhatTheyName(t *testing.T) {
	var names []string
	for _, p := range sharedUsed("SELECT * FROM last_activity") {
		names = append(names, p.name)
	}
	if got := strings.Join(names, " "); got != "live_ticket open_ticket last_activity" {
		t.Errorf("got %s", got)
	}
	if len(SharedParts()) < 7 {
		t.Errorf("%d shared parts", len(SharedParts()))
	}
}
