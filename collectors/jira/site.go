package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// site is what is known of the Jira that is asked.
type site struct {
	c        *rest.Client
	cloud    bool
	version  string
	account  string
	zone     string
	location *time.Location // nil = the zone is not known
	scope    string         // JQL that limits all questions; empty = none
}

func connect(ctx context.Context, c *rest.Client) (*site, error) {
	s := &site{c: c}
	var info struct {
		Version        string `json:"version"`
		DeploymentType string `json:"deploymentType"`
	}
	var me struct {
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		TimeZone    string `json:"timeZone"`
	}
	for _, x := range []struct {
		path string
		to   any
	}{{"rest/api/2/myself", &me}, {"rest/api/2/serverInfo", &info}} {
		r, err := c.Get(ctx, x.path, nil)
		if err != nil {
			return s, err
		}
		if err := r.Into(x.to); err != nil {
			return s, err
		}
	}
	s.cloud, s.version, s.zone, s.account = info.DeploymentType == "Cloud", info.Version, me.TimeZone, me.Name
	if s.account == "" {
		s.account = me.DisplayName
	}
	if l, err := time.LoadLocation(me.TimeZone); err == nil && me.TimeZone != "" {
		s.location = l
	}
	var keys []string
	for _, k := range c.Source.Projects {
		keys = append(keys, quoted(k))
	}
	if len(keys) > 0 {
		s.scope = "project in (" + strings.Join(keys, ",") + ")"
	}
	return s, nil
}

// quoted is a text in JQL.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// where joins conditions. Cloud refuses a question without any.
func (s *site) where(parts ...string) string {
	parts = slices.DeleteFunc(append([]string{s.scope}, parts...), func(p string) bool { return p == "" })
	if len(parts) == 0 {
		parts = []string{`updated >= "1970-01-01"`}
	}
	return strings.Join(parts, " AND ")
}

// minute is the beginning of the minute of a moment, or an earlier one where the account's clock shows that minute twice: the
// moment up to which a JQL literal is sure to reach back.
func (s *site) minute(t time.Time) time.Time {
	m := t.UTC().Truncate(time.Minute)
	if s.location == nil {
		return m.Add(-24 * time.Hour) // no zone is further from UTC
	}
	for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 24 * time.Hour} {
		if s.text(m) == s.text(m.Add(d)) {
			return m.Add(-d)
		}
	}
	return m
}

// text is a moment as JQL literal, in the zone of the account.
func (s *site) text(t time.Time) string {
	if s.location != nil {
		t = t.In(s.location)
	}
	return t.Format("2006-01-02 15:04")
}

// since is the condition for what changed at a moment or later; zero = everything.
func (s *site) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "updated >= " + quoted(s.text(s.minute(t)))
}

// query asks for issues. On Data Center every page begins at the minute of the last issue of the page before: an issue that
// changes meanwhile moves to the end, and pages by number would pass over another one. Only within a minute is it paged so.
func (s *site) query(ctx context.Context, from time.Time, cond string, fields []string, size int) (rest.Request, rest.List) {
	order := " ORDER BY updated ASC, key ASC"
	body := map[string]any{"jql": s.where(s.since(from), cond) + order, "fields": fields}
	if s.cloud {
		q := rest.Request{Method: "POST", Path: "rest/api/3/search/jql", JSON: body}.With("maxResults", size)
		return q, rest.List{Records: "issues", Style: rest.Token{Param: "nextPageToken", Field: "nextPageToken"}}
	}
	q := rest.Request{Method: "POST", Path: "rest/api/2/search", JSON: body}.With("maxResults", size).With("startAt", 0)
	if slices.Contains(fields, "status") {
		q = q.With("expand", []string{"changelog"})
	}
	anchor, start := time.Time{}, 0
	if !from.IsZero() {
		anchor = s.minute(from)
	}
	return q, rest.List{Records: "issues", Total: "total", Style: rest.Keyset{Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if start += len(p.Items); len(p.Items) == 0 || p.Total >= 0 && int64(start) >= p.Total {
			return q, false, nil
		}
		at, err := updated(p.Items[len(p.Items)-1])
		if err != nil {
			return q, false, err
		}
		if next := s.minute(at); next.After(anchor) {
			anchor, start = next, 0
			q = q.With("jql", s.where(s.since(at), cond)+order)
		}
		return q.With("startAt", start), true, nil
	}}}
}

// count is the number of issues. On Cloud it is an estimate.
func (s *site) count(ctx context.Context, cond string) (int64, error) {
	q := rest.Request{Method: "POST", Path: "rest/api/2/search", JSON: map[string]any{"jql": s.where(cond), "maxResults": 0, "fields": []string{"updated"}}}
	member := "total"
	if s.cloud {
		q = rest.Request{Method: "POST", Path: "rest/api/3/search/approximate-count", JSON: map[string]any{"jql": s.where(cond)}}
		member = "count"
	}
	r, err := s.c.Do(ctx, q)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(rest.Field(r.Body, member), 10, 64)
	if err != nil {
		return 0, &rest.Fault{What: r.Path + ": the answer holds no number of issues"}
	}
	return n, nil
}

// updated is the last change of an issue.
func updated(item []byte) (time.Time, error) {
	text := rest.Field(item, "fields.updated")
	at, err := stamp(text)
	if err != nil {
		return at, &rest.Fault{What: fmt.Sprintf("issue %s: updated is not a time: %q", rest.Field(item, "id"), text)}
	}
	return at, nil
}

// stamp reads a time of Jira: 2026-03-28T16:06:08.713+0800 (no colon), ISO 8601, or seconds or milliseconds since 1970.
func stamp(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n >= 1e11 {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	for _, f := range []string{"2006-01-02T15:04:05.999-0700", time.RFC3339Nano} {
		if at, err := time.Parse(f, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a time")
}

// instant is a time as this package writes it into records; empty = none.
func instant(raw json.RawMessage) string {
	at, err := stamp(rest.Field(raw, ""))
	if err != nil {
		return rest.Field(raw, "")
	}
	return at.Format(timeFormat)
}

// timeFormat is how records hold times: UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"
