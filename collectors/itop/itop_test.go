package itop_test

import (
	"context"
	"strings"
	"testing"

	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
)

func start(t *testing.T) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("itop")
	if !ok {
		t.Fatal("there is no fake")
	}
	s := f.Start(t, resttest.NewStory(resttest.StorySize))
	return s, s.Desk(t)
}

// TestARefusalWithStatus200: iTop says all is well and means the contrary.
func TestARefusalWithStatus200(t *testing.T) {
	for code, want := range map[int]string{1: "credentials", 10: "code 10"} {
		s, d := start(t)
		s.Memory["code"] = code
		sum, err := d.Try(context.Background(), d.Options())
		if err != nil || sum.Complete() || !strings.Contains(sum.Text(), want) {
			t.Errorf("%v %s", err, sum.Text())
		}
	}
}

// TestAnAccountWithoutHistory says what is missing, and shows no history that is none; with the right the next run has it.
func TestAnAccountWithoutHistory(t *testing.T) {
	s, d := start(t)
	s.Memory["denied"] = "CMDBChangeOp"
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "pauses") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT DISTINCT CAST(has_history AS VARCHAR) FROM ticket WHERE status <> 'new'", "false")
	s.Memory["denied"] = ""
	d.Collect()
	d.Build()
	d.Want("SELECT DISTINCT CAST(has_history AS VARCHAR) FROM ticket", "true")
}

// TestCredentialsInNoAddress: login and password are in the body only, and what people wrote is not kept.
func TestCredentialsInNoAddress(t *testing.T) {
	s, d := start(t)
	d.Collect()
	for _, l := range s.Log() {
		if strings.Contains(l, "auth_") {
			t.Error(l)
		}
	}
	if strings.Contains(d.Everything(), "private words") {
		t.Error("what people wrote was kept")
	}
}

// TestFurtherAttributes: an attribute that is named later has its whole history read.
func TestFurtherAttributes(t *testing.T) {
	s, d := start(t)
	d.Collect()
	d.Build()
	d.Want("SELECT count(*) || '' FROM ticket_event WHERE field = 'custom.description'", "0")
	d.Configure("- name: desk\n  type: itop\n  url: " + s.URL + "\n  user: collector\n  password: env:DESK_TOKEN\n  time_zone: UTC\n  options: {history: [description]}")
	d.Collect()
	d.Build()
	d.Want("SELECT (count(*) > 20) || '' FROM ticket_event WHERE field = 'custom.description'", "true")
}
