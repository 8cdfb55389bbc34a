package servicenow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
	"deskproof/collectors/servicenow"
	"deskproof/model/config"
)

// start plays an instance with a story of n tickets; memory is what the fake is told of rights and faults.
func start(t *testing.T, n int, memory map[string]any) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, ok := resttest.FakeOf("servicenow")
	if !ok {
		t.Fatal("no fake")
	}
	s := f.Start(t, resttest.NewStory(n))
	for k, v := range memory {
		s.Memory[k] = v
	}
	return s, s.Desk(t)
}

func id(n int) string { return fmt.Sprintf("1%031x", n) }

func probe(t *testing.T, d *resttest.Desk) string {
	t.Helper()
	text, err := servicenow.Tool.Collector().(interface {
		Probe(context.Context, *config.Config, *config.Source) (string, error)
	}).Probe(context.Background(), d.Cfg, &d.Cfg.Sources[0])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWithoutRights: what the account may not read is said, and the rest is read.
func TestWithoutRights(t *testing.T) {
	_, d := start(t, 24, map[string]any{"denied": map[string]bool{"sys_audit": true, "sys_journal_field": true, "sys_audit_delete": true, "task_sla": true, "sys_user": true}})
	text := probe(t, d)
	for _, want := range []string{"may not read sys_audit, so pauses cannot be replayed", "the first response cannot be measured", "log of deletions", "own SLA results", "they appear as ids"} {
		if !strings.Contains(text, want) {
			t.Errorf("the probe does not say %q:\n%s", want, text)
		}
	}
	d.Collect()
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM communication", "0")
	// Without history the times of the tickets themselves remain, and only untouched ones count as known.
	d.Want("SELECT CAST(bool_and(NOT has_history) AS VARCHAR) FROM ticket WHERE status <> 'new'", "true")
	d.Want("SELECT CAST(bool_and(resolved_at IS NOT NULL) AS VARCHAR) FROM ticket WHERE status = 'resolved'", "true")
}

// TestDeletedWithoutALog: ids are compared where the log of deletions cannot be read.
func TestDeletedWithoutALog(t *testing.T) {
	s, d := start(t, 24, map[string]any{"denied": map[string]bool{"sys_audit_delete": true}})
	s.SetNow(s.Story.Middle)
	d.Collect()
	s.SetNow(s.Story.End)
	d.Collect()
	d.Build()
	d.Want("SELECT key FROM ticket WHERE deleted_at IS NOT NULL ORDER BY key", "INC0000005")
}

// TestHiddenRows: rows that the rules of access hide shorten and empty pages. Everything behind them is read, and the run says how
// many it did not see.
func TestHiddenRows(t *testing.T) {
	hidden := map[string]bool{}
	for _, n := range []int{2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 14} {
		hidden[id(n)] = true
	}
	_, d := start(t, 24, map[string]any{"hidden": hidden})
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "the rules of access hide 11 tickets") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", "11") // 24, less 11 hidden, less 2 deleted
	hidden[id(24)] = true
	if sum, err = d.Try(context.Background(), d.Options()); err != nil || !strings.Contains(sum.Text(), "no longer shown to the account: "+id(24)) {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket WHERE deleted_at IS NOT NULL", "0") // hidden is not deleted
}

// TestAllRowsHidden: an account that sees no row of the audit is told that it may not read it.
func TestAllRowsHidden(t *testing.T) {
	hidden := map[string]bool{}
	for n := range 500 {
		hidden[fmt.Sprintf("3%031x", n)] = true
	}
	_, d := start(t, 24, map[string]any{"hidden": hidden})
	if text := probe(t, d); !strings.Contains(text, "may not read sys_audit") {
		t.Error(text)
	}
	d.Collect()
	d.Build()
	d.Want("SELECT CAST(bool_or(has_history) AS VARCHAR) FROM ticket WHERE status <> 'new'", "false")
}

// TestCancelledPages: the instance stops requests for many rows with status 200; smaller ones pass. A record that cannot be read
// even alone is named, and the others are read.
func TestCancelledPages(t *testing.T) {
	_, d := start(t, 24, map[string]any{"slow": 2})
	d.Collect()
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", "22")
	_, d = start(t, 24, map[string]any{"giant": id(9)})
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), id(9)+" cannot be read") {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", "21")
}

// TestOneSecond: a bulk update gives more rows one second than a page holds.
func TestOneSecond(t *testing.T) {
	s, d := start(t, 60, nil)
	at := s.Story.End.Add(-24 * time.Hour)
	for i := range s.Story.Tickets {
		k := &s.Story.Tickets[i]
		k.DeletedAt, k.MergedAt, k.MergedInto = time.Time{}, time.Time{}, 0
		if i >= 3 && i < 50 {
			k.Messages = append(k.Messages, resttest.Message{ID: 5000 + i, At: at, Who: resttest.Agents[0]})
		}
	}
	d.Collect()
	d.Build()
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM ticket", "60")
	d.Want("SELECT CAST(count(*) AS VARCHAR) FROM communication WHERE sent_at = (SELECT max(sent_at) FROM communication)", "47")
}

// TestFilterIgnored: an instance that does not understand a query leaves it out and gives everything; that is found out.
func TestFilterIgnored(t *testing.T) {
	s, d := start(t, 24, nil)
	d.Collect()
	s.Before(func(_ int, r *http.Request) resttest.Fault {
		return func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
			q := r.URL.Query()
			q.Set("sysparm_query", strings.ReplaceAll(q.Get("sysparm_query"), "sys_updated_on>", "sys_updatedon>"))
			r.URL.RawQuery = q.Encode()
			next(w, r)
		}
	})
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "does not keep to the query") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestMistakes: options that cannot be meant are refused with a hint.
func TestMistakes(t *testing.T) {
	cfg, err := config.Parse("deskproof.yaml", []byte(`organization: {name: Test}
sources:
  - name: snow
    type: servicenow
    url: https://example.service-now.com
    token: env:X
    options: {tables: "Incident; DROP", fields: [description], query: "active=true^ORDERBYnumber"}
`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := collectors.Lookup("servicenow")
	if err != nil {
		t.Fatal(err)
	}
	err = c.Check(cfg, &cfg.Sources[0])
	for _, want := range []string{`"Incident;" is not the name of a table`, `"description" is not a column of your own`, "ORDERBY cannot be part of it"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}
