package reports

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestFormatPercent(t *testing.T) {
	tests := []struct {
		share    float64
		target   *float64
		decimals int
		want     string
	}{
		{0.921096, nil, 0, "92.1%"},
		{0.921096, Ptr(0.95), 0, "92.1%"},
		{0.9496, Ptr(0.95), 0, "94.96%"}, // never rounded across the target
		{0.94996, Ptr(0.95), 0, "94.996%"},
		{0.949999999, Ptr(0.95), 0, "94.9999%"}, // cut, not rounded
		{0.95, Ptr(0.95), 0, "95.0%"},
		{0.9504, Ptr(0.95), 0, "95.0%"},
		{0.9997, nil, 0, "99.97%"}, // never 100 for less than all
		{0.99999999, nil, 0, "99.9999%"},
		{1.0003, nil, 0, "100.03%"}, // nor for more than the whole
		{1, nil, 0, "100.0%"},
		{0, nil, 0, "0.0%"},
		{0.0004, nil, 0, "0.04%"}, // never 0 for more than none
		{1e-9, nil, 0, "0.0000%"},
		{0.99951, Ptr(0.9995), 2, "99.95%"}, // met, and printed as met
		{0.99949, Ptr(0.9995), 2, "99.949%"},
		{0.99951, nil, 2, "99.95%"},
		{-0.02, nil, 0, Minus + "2.0%"},
		{math.NaN(), nil, 0, "[x]"},
	}
	for _, tt := range tests {
		if got := FormatPercent(tt.share, tt.target, tt.decimals); got != tt.want {
			t.Errorf("FormatPercent(%v, %v, %d) = %q, want %q", tt.share, tt.target, tt.decimals, got, tt.want)
		}
	}
}

// For every share and target: what is printed stands on the same side of the target as the share.
func TestPercentKeepsItsSide(t *testing.T) {
	for _, target := range []float64{0.8, 0.9, 0.95, 0.995, 0.999} {
		for k := 0; k <= 3000; k++ {
			share := float64(k) / 3000
			text := strings.TrimSuffix(FormatPercent(share, &target, 0), "%")
			below := share < target-1e-12
			shown := text < strings.TrimSuffix(FormatPercent(target, nil, 0), "%") && len(text) <= 6 || share < 0.1
			if share >= 0.1 && share < 1 && below != shown {
				t.Fatalf("%v with target %v is printed %s", share, target, text)
			}
		}
	}
}

func TestFormatDuration(t *testing.T) {
	tests := map[float64]string{
		0: "0 s", 45: "45 s", 59.6: "1 min", 60: "1 min", 3599: "59 min 59 s", 3600: "1 h", 12300: "3 h 25 min", 86399: "23 h 59 min",
		187200: "2 d 4 h", 86400 * 1500: "1,500 d", -90: Minus + "1 min 30 s", -0.2: "0 s",
	}
	for seconds, want := range tests {
		if got := FormatDuration(seconds); got != want {
			t.Errorf("FormatDuration(%v) = %q, want %q", seconds, got, want)
		}
	}
	if got := FormatDuration(math.NaN()); got != "[x]" {
		t.Errorf("NaN is printed %q", got)
	}
}

// Working time has no days: 39 hours of work are no day and a half.
func TestFormatWorkTime(t *testing.T) {
	tests := map[float64]string{
		0: "0 s", 59: "59 s", 12300: "3 h 25 min", 86399: "23 h 59 min", 86400: "24 h", 140400: "39 h", 140460: "39 h 1 min",
		3600000: "1,000 h", -140400: Minus + "39 h",
	}
	for seconds, want := range tests {
		if got := Format(WorkTime(seconds), nil); got != want {
			t.Errorf("Format(WorkTime(%v)) = %q, want %q", seconds, got, want)
		}
	}
	if got := Format(WorkTime(math.NaN()), nil); got != "[x]" {
		t.Errorf("NaN is printed %q", got)
	}
}

func TestFormatNumbers(t *testing.T) {
	tests := []struct {
		v    Value
		want string
	}{
		{N(0), "0"},
		{N(999), "999"},
		{N(1204), "1,204"},
		{N(-1234567), Minus + "1,234,567"},
		{Value{Kind: Number, Number: 1234.5, Decimals: 2}, "1,234.50"},
		{Value{Kind: Number, Number: -0.5, Decimals: 1}, Minus + "0.5"},
		{Value{Kind: Number, Number: -0.001, Decimals: 2}, "0.00"},
		{Value{Kind: Points, Number: -0.029}, Minus + "2.9 points"},
		{Value{Kind: Points, Number: 0.004}, "+0.4 points"},
		{Value{Kind: Points, Number: 0.0001}, "0.0 points"},
		{Rate(1109, 1204, nil), "92.1%"},
		{Rate(0, 0, nil), "[x]"},
		{Pct(math.NaN(), nil), "[x]"},
		{S(StatusMissed), "✗ missed"},
		{S(StatusExcused), "△ excused by agreement"},
		{NotApplicable("no goal"), "[z]"},
		{At(time.Time{}), "–"},
		{Day(time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)), "3 Oct 2026"},
		{T("a < b"), "a < b"},
		{Key("INC1", "https://example.com"), "INC1"},
	}
	for _, tt := range tests {
		if got := Format(tt.v, nil); got != tt.want {
			t.Errorf("Format(%+v) = %q, want %q", tt.v, got, tt.want)
		}
	}
}

func TestFormatInstantInZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data on this machine")
	}
	at := time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)
	if got := Format(At(at), berlin); got != "1 Jul 2026 00:30" {
		t.Errorf("got %q", got)
	}
}

func TestMissingKey(t *testing.T) {
	table := &Table{Rows: [][]Value{{NotApplicable("a"), T("b")}, {NotMeasured("c"), N(1)}}}
	if got, want := MissingKey(table), "[x] not measured · [z] not applicable"; got != want {
		t.Errorf("MissingKey = %q, want %q", got, want)
	}
	if got := MissingKey(&Table{Rows: [][]Value{{N(1)}}}); got != "" {
		t.Errorf("a table without gaps has the key %q", got)
	}
}

func TestStatusHasSymbolAndWord(t *testing.T) {
	for _, s := range []Status{StatusMet, StatusWatch, StatusMissed, StatusNotMeasured, StatusExcused, StatusNoPromise,
		StatusConforming, StatusNonconforming, StatusNotAssessed, StatusEvidenceDue, StatusNotApplicable, StatusWaived} {
		if s.Symbol() == "" || s.Word() == "" || strings.Contains(s.Word(), "_") {
			t.Errorf("%s: symbol %q, word %q", s, s.Symbol(), s.Word())
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int64]string{0: "0 tickets", 1: "1 ticket", 2: "2 tickets", 1204: "1,204 tickets"} {
		if got := Plural(n, "ticket", "tickets"); got != want {
			t.Errorf("Plural(%d) = %q, want %q", n, got, want)
		}
	}
}
