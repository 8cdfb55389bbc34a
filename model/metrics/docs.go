package metrics

import (
	"fmt"
	"strings"
)

// processes are the headings of the documentation, in the order of the chapters.
var processes = []struct{ name, title string }{
	{"service_level", "Service levels"}, {"incident", "Incidents and the work of the service desk"}, {"request", "Service requests"},
	{"problem", "Problems"}, {"change", "Changes"}, {"release", "Releases"}, {"configuration", "Configuration"},
	{"availability", "Availability"}, {"satisfaction", "Satisfaction"}, {"data_quality", "Quality of the records"},
}

// words say what the short values of a header mean.
var words = map[string]string{
	"ratio":            "sum of numerators ÷ sum of denominators",
	"distribution":     "median, with mean and 90th percentile",
	"count":            "number of records",
	"sum":              "sum of amounts",
	"share":            "share (0 to 1)",
	"seconds":          "seconds",
	"count_per_ticket": "number per ticket",
	"higher":           "higher is better",
	"lower":            "lower is better",
	"none":             "neither way is better",
}

// Markdown writes docs/metrics.md from the headers of the metric files.
func Markdown() (string, error) {
	all, err := allFiles()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`# Metrics

Written from the headers of the files in ` + "`model/metrics`" + `; change it there and run ` + "`go test ./model/metrics -update`" + `.

Rules that hold for every metric:

- Figures over a period or a group are made from the records, never from other figures: percentages are not averaged.
- *n* (the number of counted things) stands beside every figure. Where nothing was counted there is no figure: neither 0 % nor 100 %. A count
  of nothing, in a month that the data cover, is 0.
- Where an input is absent altogether the metric is "not measured", and the missing input is named.
- Months are cut in the time zone of the organization. Nothing that happens at or after the as-of moment counts; the month that as-of lies in ends there.
- Deleted and merged tickets are in no metric.
- Kind, priority, service, customer, team and supplier of a ticket are the ones that it has now.
- A resolution counts while the ticket is resolved or closed. A time that lies before the registration is an error of the record and is left out.
- Percentiles are interpolated between records (quantile_cont).
- The records behind each figure stand in table ` + "`metric_fact`" + `, the figures by month in ` + "`metric_value`" + `, the months in ` + "`metric_period`" + `.
`)
	for _, p := range processes {
		fmt.Fprintf(&b, "\n## %s\n", p.title)
		for _, f := range all {
			if f.Process != p.name {
				continue
			}
			unit := words[f.Unit]
			if unit == "" {
				unit = f.Unit
			}
			period := strings.ReplaceAll(f.PeriodKey, "_", " ")
			fmt.Fprintf(&b, "\n### %s\n\n`%s` · %s · %s · %s\n\n%s\n\n", f.Title, f.Metric, words[f.Aggregate], unit, words[f.Direction], f.Definition.Definition)
			fmt.Fprintf(&b, "- Formula: %s\n- Month: %s\n- Origin: %s\n", f.Formula, period, f.Origin)
			for _, in := range f.inputs {
				need := "`" + in.table + "` with " + strings.Join(in.columns, ", ")
				if in.where != "" {
					need += ", where `" + in.where + "`"
				}
				fmt.Fprintf(&b, "- Needs: %s; otherwise \"%s\"\n", need, in.absent)
			}
		}
	}
	return b.String(), nil
}
