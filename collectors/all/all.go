// Package all registers every source type. A new type is one line here; whoever collects imports this package.
package all

import (
	"deskproof/collectors"
	"deskproof/collectors/file"
	"deskproof/collectors/freshservice"
	"deskproof/collectors/generic"
	"deskproof/collectors/github"
	"deskproof/collectors/gitlab"
	"deskproof/collectors/glpi"
	"deskproof/collectors/itop"
	"deskproof/collectors/jira"
	"deskproof/collectors/pagerduty"
	"deskproof/collectors/prometheus"
	"deskproof/collectors/redmine"
	"deskproof/collectors/rt"
	"deskproof/collectors/servicenow"
	"deskproof/collectors/zammad"
	"deskproof/collectors/zendesk"
	"deskproof/collectors/znuny"
)

func init() {
	collectors.Register(file.Collector{})
	for _, c := range generic.Collectors() {
		collectors.Register(c)
	}
	collectors.Register(github.Tool.Collector())
	collectors.Register(gitlab.Tool.Collector())
	collectors.Register(freshservice.Tool.Collector())
	collectors.Register(glpi.Tool.Collector())
	collectors.Register(itop.Tool.Collector())
	collectors.Register(pagerduty.Tool.Collector())
	collectors.Register(prometheus.Tool.Collector())
	collectors.Register(jira.Tool.Collector())
	collectors.Register(redmine.Tool.Collector())
	collectors.Register(rt.Tool.Collector())
	collectors.Register(servicenow.Tool.Collector())
	collectors.Register(zammad.Tool.Collector())
	collectors.Register(zendesk.Tool.Collector())
	collectors.Register(znuny.Tool.Collector())
}
