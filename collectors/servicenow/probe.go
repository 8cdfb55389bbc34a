package servicenow

import (
	"context"
	"fmt"
	"slices"

	"deskproof/collectors/rest"
)

// probe asks for one row of everything that a run reads.
func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "ServiceNow"}
	me, err := ask(ctx, c, stream{table: "sys_user", fields: "user_name,time_zone"}, "user_name=javascript:gs.getUserName()", 1, 0, false)
	if err != nil && !denied(err) {
		return p, err
	}
	if err == nil && len(me.Items) > 0 {
		p.Account, p.Zone = rest.Field(me.Items[0], "user_name"), rest.Field(me.Items[0], "time_zone")
	}
	if v, err := ask(ctx, c, stream{table: "sys_properties", fields: "value"}, "name=glide.buildtag.last", 1, 0, false); err == nil && len(v.Items) > 0 {
		p.Version = rest.Field(v.Items[0], "value")
		p.Product += " " + p.Version
	} else if err != nil && !denied(err) {
		return p, err
	}
	query := c.Option("query")
	for _, t := range tablesOf(c.Source) {
		newest, err := ask(ctx, c, stream{table: t, fields: "number,sys_mod_count"}, and(query, "sys_mod_count>0", "ORDERBYDESCsys_updated_on"), 1, 0, true)
		if denied(err) {
			p.Lacks = append(p.Lacks, fmt.Sprintf("%s: the account may not read the table, or there is none; options: {tables} says which ones are read", t))
			continue
		}
		if err != nil {
			return p, err
		}
		switch {
		case newest.Total > 0 && len(newest.Items) == 0:
			p.Lacks = append(p.Lacks, fmt.Sprintf("%s: the rules of access hide the tickets from the account", t))
			continue
		case len(newest.Items) == 0:
			p.Notes = append(p.Notes, t+" holds no ticket that was ever changed")
			continue
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%d changed tickets of %s", newest.Total, t))
		if c.Option("history") == "metric_instance" {
			continue
		}
		id, number := rest.Field(newest.Items[0], "sys_id"), rest.Field(newest.Items[0], "number")
		row, err := ask(ctx, c, audits, "tablename="+t+"^documentkey="+id, 1, 0, true)
		switch {
		case denied(err) || err == nil && row.Total > 0 && len(row.Items) == 0:
			p.Lacks = append(p.Lacks, "the history of "+t+": the account may not read sys_audit, so pauses cannot be replayed from it; metric_instance is used where it holds the state")
		case err != nil:
			return p, err
		case len(row.Items) == 0:
			p.Lacks = append(p.Lacks, fmt.Sprintf("the history of %s: ticket %s was changed and sys_audit knows nothing of it; is auditing switched on for the table?", t, number))
		default:
			p.Reads = append(p.Reads, "the history of "+t+", seen at ticket "+number)
		}
	}
	sources := append(slices.Clone(masters), related...)
	sources = append(sources, deletions, stream{table: "sys_journal_field", stamp: "sys_created_on", lack: "times of comments (sys_journal_field): the first response cannot be measured"},
		stream{table: "sys_user", lack: "names of people (sys_user): they appear as ids"})
	if c.Option("history") != "sys_audit" {
		sources = append(sources, stream{table: "metric_instance", lack: "metric_instance: there is no second source of history"})
	}
	for _, s := range sources {
		s.fields = ""
		row, err := ask(ctx, c, s, "", 1, 0, true)
		switch {
		case denied(err) || err == nil && row.Total > 0 && len(row.Items) == 0:
			p.Lacks = append(p.Lacks, s.lack)
		case err != nil:
			return p, err
		}
	}
	return p, nil
}
