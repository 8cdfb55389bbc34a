package jira

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"deskproof/collectors/rest"
)

// person is somebody, as a record names him or her.
type person struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
}

// UnmarshalJSON reads a user of Cloud (accountId) or Data Center (key and name).
func (p *person) UnmarshalJSON(b []byte) error {
	var u struct{ AccountID, Key, Name, DisplayName, AccountType string }
	if err := json.Unmarshal(b, &u); err != nil {
		return err
	}
	*p = person{u.AccountID, u.Name, u.AccountType}
	if p.ID == "" {
		if p.ID = u.Key; p.ID == "" {
			p.ID = u.Name
		}
	}
	if p.Name == "" {
		p.Name = u.DisplayName
	}
	return nil
}

// comment is a comment without its words. Public is null where Jira does not say who can see it.
type comment struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Created string `json:"created"`
	Public  *bool  `json:"public"`
}

// UnmarshalJSON reads a comment: internal ones are marked by jsdPublic, by a property, or by a restriction to a role or group. One
// whose properties are there and hold no mark is public: so are comments that other programs write.
func (c *comment) UnmarshalJSON(b []byte) error {
	var x struct {
		ID         string
		Author     person
		Created    json.RawMessage
		JSDPublic  *bool           `json:"jsdPublic"`
		Visibility json.RawMessage `json:"visibility"`
		Properties []struct {
			Key   string
			Value json.RawMessage // of other apps: anything
		}
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*c = comment{x.ID, x.Author, instant(x.Created), x.JSDPublic}
	for _, p := range x.Properties {
		if p.Key == "sd.public.comment" && c.Public == nil {
			public := rest.Field(p.Value, "internal") != "true"
			c.Public = &public
		}
	}
	if c.Public == nil && x.Properties != nil { // asked for, and nothing makes it internal
		public := true
		c.Public = &public
	}
	if len(x.Visibility) > 0 && string(x.Visibility) != "null" {
		c.Public = new(bool)
	}
	return nil
}

// worklog is time spent.
type worklog struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Started string `json:"started"`
	Seconds int64  `json:"seconds"`
}

// UnmarshalJSON reads a work log without its words.
func (w *worklog) UnmarshalJSON(b []byte) error {
	var x struct {
		ID               string
		Author           person
		Started          json.RawMessage
		TimeSpentSeconds int64
	}
	err := json.Unmarshal(b, &x)
	*w = worklog{x.ID, x.Author, instant(x.Started), x.TimeSpentSeconds}
	return err
}

// history is what was changed at one go.
type history struct {
	ID      string `json:"id"`
	Author  person `json:"author"`
	Created string `json:"created"`
	Items   []item `json:"items"`
}

// item is the change of one field.
type item struct {
	Field      string  `json:"field"`
	FieldID    string  `json:"fieldId"`
	From       *string `json:"from"`
	FromString *string `json:"fromString"`
	To         *string `json:"to"`
	ToString   *string `json:"toString"`
}

// UnmarshalJSON reads a history whose time is a text or a number, and whose ids are either.
func (h *history) UnmarshalJSON(b []byte) error {
	var x struct {
		ID      json.RawMessage
		Author  person
		Created json.RawMessage
		Items   []item
	}
	err := json.Unmarshal(b, &x)
	*h = history{rest.Field(x.ID, ""), x.Author, instant(x.Created), x.Items}
	return err
}

// cycle is one cycle of an SLA, in the calendar that Jira counts it by; lengths are milliseconds.
type cycle struct {
	Start    string `json:"start,omitempty"`
	Stop     string `json:"stop,omitempty"`
	Due      string `json:"due,omitempty"`
	Breached bool   `json:"breached"`
	Goal     *int64 `json:"goal"`
	Elapsed  *int64 `json:"elapsed"`
	Running  bool   `json:"running"`
}

// UnmarshalJSON reads a cycle without what Jira counts anew at each answer.
func (c *cycle) UnmarshalJSON(b []byte) error {
	type moment struct {
		EpochMillis json.RawMessage
		ISO8601     json.RawMessage `json:"iso8601"`
	}
	type length struct{ Millis *int64 }
	var x struct {
		StartTime, StopTime, BreachTime *moment
		Breached                        bool
		GoalDuration, ElapsedTime       length
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	at := func(m *moment) string {
		switch {
		case m == nil:
			return ""
		case len(m.EpochMillis) > 0:
			return instant(m.EpochMillis)
		}
		return instant(m.ISO8601)
	}
	*c = cycle{at(x.StartTime), at(x.StopTime), at(x.BreachTime), x.Breached, x.GoalDuration.Millis, x.ElapsedTime.Millis, false}
	return nil
}

// sla are the cycles of one SLA of an issue.
type sla struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Cycles []cycle `json:"cycles"`
}

// UnmarshalJSON reads the value of an SLA field, or an element of the SLA resource: both are alike.
func (s *sla) UnmarshalJSON(b []byte) error {
	var x struct {
		ID              json.RawMessage
		Name            string
		CompletedCycles []cycle
		OngoingCycle    *cycle
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*s = sla{rest.Field(x.ID, ""), x.Name, x.CompletedCycles}
	if x.OngoingCycle != nil {
		x.OngoingCycle.Running, x.OngoingCycle.Elapsed = true, nil
		s.Cycles = append(s.Cycles, *x.OngoingCycle)
	}
	return nil
}

// approval is one question for approval, with the answers so far.
type approval struct {
	ID            json.RawMessage
	Name          string
	FinalDecision string
	CreatedDate   json.RawMessage // {epochMillis, iso8601, …}, or the time itself
	CompletedDate json.RawMessage
	Approvers     []struct {
		Approver         person
		ApproverDecision string
	}
}

// record is an issue as it is stored.
type record struct {
	ID        string                     `json:"id"`
	Key       string                     `json:"key"`
	Fields    map[string]json.RawMessage `json:"fields"`
	Comments  []comment                  `json:"comments"`
	Worklogs  []worklog                  `json:"worklogs"`
	SLAs      []sla                      `json:"slas"`
	Approvals []answer                   `json:"approvals"`
	Histories *[]history                 `json:"histories,omitempty"` // absent = the history could not be read

	moreComments, moreWorklogs, askSLA bool
}

// answer is what one person was asked to approve, and said.
type answer struct {
	ID       string `json:"id"`
	Who      person `json:"who"`
	Name     string `json:"name,omitempty"`
	Asked    string `json:"asked,omitempty"`
	Answered string `json:"answered,omitempty"` // when all were done; Jira does not tell when each answered
	Decision string `json:"decision,omitempty"`
}

// listed is a list inside an issue, which may be only its beginning.
type listed[T any] struct {
	Total    int64
	Comments []T
	Worklogs []T
}

// read makes a record of an issue of a list.
func (w *walk) read(b []byte) (*record, error) {
	var x struct {
		ID        string
		Key       string
		Fields    map[string]json.RawMessage
		Changelog *struct {
			Total     int
			Histories []history
		}
	}
	bad := func(err error) error {
		return &rest.Fault{What: fmt.Sprintf("issue %s: not the JSON that was expected: %v", rest.Field(b, "id"), err)}
	}
	if err := json.Unmarshal(b, &x); err != nil {
		return nil, bad(err)
	}
	out := &record{ID: x.ID, Key: x.Key, Fields: map[string]json.RawMessage{}, Comments: []comment{}, Worklogs: []worklog{}, SLAs: []sla{}, Approvals: []answer{}}
	desk := rest.Field(x.Fields["project"], "projectTypeKey") == "service_desk"
	for name, v := range x.Fields {
		var err error
		f := w.fields[name]
		switch {
		case len(v) == 0 || string(v) == "null":
		case name == "comment":
			var l listed[comment]
			err = json.Unmarshal(v, &l)
			out.Comments = append(out.Comments, l.Comments...)
			unmarked := desk && len(l.Comments) > 0 && !slices.ContainsFunc(l.Comments, func(c comment) bool { return c.Public != nil })
			out.moreComments = l.Total > int64(len(l.Comments)) || unmarked
		case name == "worklog":
			var l listed[worklog]
			err = json.Unmarshal(v, &l)
			out.Worklogs = append(out.Worklogs, l.Worklogs...)
			out.moreWorklogs = l.Total > int64(len(l.Worklogs))
		case f.is(slaKind):
			var one sla
			if err = json.Unmarshal(v, &one); err == nil && len(one.Cycles) > 0 {
				if one.Name == "" {
					one.Name = f.Name
				}
				out.SLAs = append(out.SLAs, one)
			}
		case f.is(approvalKind):
			var more []answer
			more, err = answers(v)
			out.Approvals = append(out.Approvals, more...)
		case f.is(ratingKind) && rest.Field(v, "rating") != "": // without what the customer wrote
			out.Fields[name] = json.RawMessage(`{"rating":` + strconv.Quote(rest.Field(v, "rating")) + `}`)
		default:
			out.Fields[name] = v
		}
		if err != nil {
			return nil, bad(fmt.Errorf("%s: %w", name, err))
		}
	}
	slices.SortFunc(out.SLAs, func(a, b sla) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	slices.SortStableFunc(out.Approvals, func(a, b answer) int { return strings.Compare(a.ID+"\x00"+a.Who.ID, b.ID+"\x00"+b.Who.ID) })
	out.askSLA = desk && !w.slaFields && !w.noSLA
	if x.Changelog != nil && x.Changelog.Total <= len(x.Changelog.Histories) {
		out.Histories = w.kept(x.Changelog.Histories)
	}
	return out, nil
}

// answers reads the field of approvals.
func answers(v json.RawMessage) ([]answer, error) {
	var list []approval
	if bytes.HasPrefix(bytes.TrimSpace(v), []byte("{")) {
		v = append(append([]byte("["), v...), ']')
	}
	if err := json.Unmarshal(v, &list); err != nil {
		return nil, err
	}
	when := func(date json.RawMessage) string {
		for _, member := range []string{"epochMillis", "iso8601", ""} {
			if at, err := stamp(rest.Field(date, member)); err == nil {
				return at.Format(timeFormat)
			}
		}
		return ""
	}
	out := []answer{}
	for _, a := range list {
		for _, p := range a.Approvers {
			out = append(out, answer{rest.Field(a.ID, ""), p.Approver, a.Name, when(a.CreatedDate), when(a.CompletedDate), p.ApproverDecision})
		}
	}
	return out, nil
}

// kept are the histories in the order of time, of the fields that are history: others hold what people wrote.
func (w *walk) kept(all []history) *[]history {
	out := []history{}
	for _, h := range all {
		h.Items = slices.DeleteFunc(slices.Clone(h.Items), func(i item) bool {
			return !w.tracked[i.FieldID] && !(i.FieldID == "" && w.tracked[strings.ToLower(i.Field)])
		})
		if len(h.Items) > 0 {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b history) int {
		if c := strings.Compare(a.Created, b.Created); c != 0 {
			return c
		}
		x, _ := strconv.ParseInt(a.ID, 10, 64)
		y, _ := strconv.ParseInt(b.ID, 10, 64)
		return cmp.Compare(x, y)
	})
	return &out
}
