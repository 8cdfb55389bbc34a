package jira

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestReadsShapes: properties of other apps, comments without a mark, approvals whose times come in other shapes, ratings without words.
func TestReadsShapes(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"1"}`:                 "unknown",
		`{"id":"1","properties":[]}`: "true",
		`{"id":"1","properties":[{"key":"other","value":"text"},{"key":"sd.public.comment","value":{"internal":true}}]}`:    "false",
		`{"id":"1","properties":[{"key":"other","value":[1]},{"key":"sd.public.comment","value":{"internal":"false"}}]}`:    "true",
		`{"id":"1","jsdPublic":true,"visibility":{"type":"role","value":"Administrators"},"author":null,"properties":null}`: "false",
	} {
		var c comment
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		got := "unknown"
		if c.Public != nil {
			got = fmt.Sprint(*c.Public)
		}
		if got != want {
			t.Errorf("%s: public is %s, want %s", text, got, want)
		}
	}
	w := &walk{fields: map[string]field{"a": {ID: "a"}, "f": {ID: "f"}}, tracked: map[string]bool{}}
	for id, kind := range map[string]string{"a": "com.atlassian.servicedesk.approvals-plugin:sd-approvals", "f": "com.atlassian.servicedesk:sd-request-feedback"} {
		f := w.fields[id]
		f.Schema.Custom = kind
		w.fields[id] = f
	}
	i, err := w.read([]byte(`{"id":"1","key":"IT-1","fields":{"f":{"rating":4,"comment":{"body":"secret"}},"a":[
		{"id":"7","name":"Waiting for approval","finalDecision":"pending","canAnswerApproval":true,"approvers":[{"approver":{"accountId":"x","displayName":"X"},"approverDecision":"approved"}],
			"createdDate":{"iso8601":"2026-03-02T09:00:00+0100","jira":"2026-03-02T09:00:00.000+0100","friendly":"Today","epochMillis":1772438400000},"completedDate":null},
		{"id":8,"approvers":[{"approver":{"name":"y","key":"k"},"approverDecision":"declined"}],"createdDate":"2026-03-02T09:00:00.000+0100","completedDate":{"iso8601":"2026-03-02T10:00:00+0100"}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := (answer{ID: "7", Who: person{ID: "x", Name: "X"}, Name: "Waiting for approval", Asked: "2026-03-02T08:00:00.000Z", Decision: "approved"}); i.Approvals[0] != want {
		t.Errorf("%+v", i.Approvals[0])
	}
	if want := (answer{ID: "8", Who: person{ID: "k", Name: "y"}, Asked: "2026-03-02T08:00:00.000Z", Answered: "2026-03-02T09:00:00.000Z", Decision: "declined"}); i.Approvals[1] != want {
		t.Errorf("%+v", i.Approvals[1])
	}
	if got := string(i.Fields["f"]); got != `{"rating":"4"}` {
		t.Errorf("%s", got)
	}
}
