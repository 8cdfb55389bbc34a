// Package glpi collects from GLPI 10 and 11 by the REST interface that both have (apirest.php).
//
// Every kind of record is a stream that is read by its ids: once from the beginning, then from the newest id back to the last
// one known. Where records change later, those of the days since the last run are read again, by the beginning of the text
// of their date: the interface neither sorts nor bounds by date. History is one such stream for all tickets, problems
// and changes. What was put into the bin or deleted is found by comparing ids.
package glpi

import (
	"context"
	_ "embed"
	"net/http"
	"slices"
	"time"

	"deskproof/collectors/rest"
)

var (
	//go:embed model.sql
	model string
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Tool is the source type "glpi".
var Tool = rest.Tool{
	Type: "glpi", Name: "GLPI", Summary: "GLPI 10 and 11: tickets, problems and changes with history, approvals, satisfaction, SLAs and items, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/apirest.php",
	Schemes: []rest.Scheme{
		session([]string{"token"}, "API token of the account, from its preferences: Remote access keys"),
		session([]string{"token", "client_secret"}, "API token of the account, and as client_secret the App-Token of the API client, where GLPI asks for one"),
		session([]string{"user", "password"}, "login and password of the account, where GLPI allows it"),
		session([]string{"user", "password", "client_secret"}, "login and password, and as client_secret the App-Token of the API client"),
	},
	PageSize: 500, MaxPage: 1000, Parallel: 4,
	Options: []rest.Option{
		{Name: "items", Doc: "types of configuration items to read; default Computer, NetworkEquipment, Appliance, Cluster; none = no items"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all ids to find deleted records: auto = when the number of records differs"},
	},
	Texts: map[string][]string{"ticket": {"content"}, "change": {"content", "impactcontent", "controlistcontent", "rolloutplancontent", "backoutplancontent", "checklistcontent"},
		"problem": {"content", "impactcontent", "causecontent", "symptomcontent"}, "followup": {"content"}, "solution": {"content"}, "task": {"content"},
		"validation": {"comment_submission", "comment_validation"}, "satisfaction": {"comment"}},
	Probe: probe, Collect: collect,
}

// session logs in with initSession and opens all entities that the account sees.
func session(needs []string, doc string) rest.Scheme {
	app := func(h http.Header, k rest.Keys) {
		h["X-Glpi-Sanitized-Content"] = []string{"false"} // GLPI 10 otherwise writes & as &#38; in every text
		if k.ClientSecret != "" {
			h["App-Token"] = []string{k.ClientSecret}
		}
	}
	return rest.Scheme{Needs: needs, Doc: doc,
		Sign: func(r *http.Request, k rest.Keys) {
			app(r.Header, k)
			r.Header["Session-Token"] = []string{k.Session}
		},
		Login: func(ctx context.Context, c *rest.Client, k rest.Keys) (string, time.Time, error) {
			h := http.Header{}
			app(h, k)
			if k.Token != "" {
				h["Authorization"] = []string{"user_token " + k.Token}
			} else {
				r := http.Request{Header: h}
				r.SetBasicAuth(k.User, k.Password)
			}
			r, err := c.Do(ctx, rest.Request{Path: "initSession", Header: h}.Unsigned())
			if err != nil {
				return "", time.Time{}, err
			}
			token := rest.Field(r.Body, "session_token")
			if token == "" {
				return "", time.Time{}, &rest.Fault{What: "initSession gives no session_token: is this address that of apirest.php, and is the API enabled?"}
			}
			h = http.Header{"Session-Token": {token}}
			app(h, k)
			_, err = c.Do(ctx, rest.Request{Method: http.MethodPost, Path: "changeActiveEntities", Header: h,
				JSON: map[string]any{"entities_id": "all", "is_recursive": true}}.Unsigned())
			if s := rest.Status(err); s == 400 || s == 403 { // an account of one entity may not choose
				err = nil
			}
			return token, time.Time{}, err
		},
		Logout: func(ctx context.Context, c *rest.Client) { _, _ = c.Get(ctx, "killSession", nil) },
	}
}

func collect(ctx context.Context, r *rest.Run) error {
	now, _, _, _, err := clock(ctx, r.Client)
	if err != nil {
		return err
	}
	w := &walk{Run: r, now: now, partly: map[string]bool{}}
	if _, err := time.Parse(form, now); err != nil {
		return &rest.Fault{What: "getFullSession does not say what time it is (glpi_currenttime): " + now}
	}
	if z, err := time.LoadLocation(r.Source.TimeZone); err == nil {
		if at := r.Least(); !at.IsZero() {
			w.least = at.In(z).Format(form)
			r.WindowFrom = at
		}
		r.WindowTo, _ = time.ParseInLocation(form, now, z)
	}
	r.Query = "records by id, and those of the days since the last run"
	if err := w.options(ctx); err != nil {
		return err
	}
	for _, s := range append(slices.Clone(streams), items(r.Client)...) {
		r.Entity(s.entity)
		err := w.read(ctx, s)
		if err == nil && s.swept {
			err = w.sweep(ctx, s)
		}
		if err != nil {
			w.partly[s.entity] = true
		}
		switch {
		case refused(err) && s.core:
			r.Gap("%s may not be read: %v", s.itemtype, err)
		case refused(err):
			r.Warn("%s may not be read by this account, or is not there", s.itemtype)
		case err != nil:
			return err
		}
	}
	return w.forget(ctx)
}

// walk is one reading.
type walk struct {
	*rest.Run
	now, least string // local times of the server: now, and what is to be left out before; empty = nothing
	fields     map[string]bool
	news       bool            // records were handed over since the last safe point
	partly     map[string]bool // entities that were not listed whole in this run
}
