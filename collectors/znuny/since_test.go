package znuny

import (
	"testing"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest"
	"deskproof/model/config"
)

// TestSinceBeginsWithItsDay: a day under since is read from its beginning in the organization's zone, written in the server's.
func TestSinceBeginsWithItsDay(t *testing.T) {
	cfg := &config.Config{}
	cfg.Organization.TimeZone = "Europe/Berlin"
	for since, want := range map[string]string{"": "", "2026-01-31": "2026-01-30 23:00:00", "2026-01-31T08:00:00Z": "2026-01-31 08:00:00"} {
		s := &collectors.Session{Config: cfg, Source: &config.Source{Since: since}}
		w := &walk{Run: &rest.Run{Session: s}, zone: time.UTC}
		if got := w.from(); got != want {
			t.Errorf("since %q: from %q, want %q", since, got, want)
		}
	}
}
