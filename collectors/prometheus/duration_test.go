package prometheus

import (
	"testing"
	"time"
)

func TestLengthsOfTime(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "15d": 15 * day, "15d or 10GB": 15 * day, "100y": 36500 * day, "0s": 0,
		"": 0, "10GB": 0, "1d x": day, "d": 0, "1.5d": 0,
		"1000y": 0, "150y150y": 0, "9223372036854775807ms": 0, "99999999999999999999s": 0, // more than can be counted
	} {
		if got := duration(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
