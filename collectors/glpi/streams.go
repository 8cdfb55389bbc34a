package glpi

import (
	"net/url"
	"strings"

	"deskproof/collectors/rest"
)

// stream is a kind of record.
type stream struct {
	entity, itemtype string
	filter           map[string]string // searchText; ^ and $ are the ends of the value
	dates            []string          // columns that move when a record changes
	swept            bool              // deleted records are looked for at every run
	core             bool              // without it nothing can be said
	prefixed         bool              // several types share the entity: the key begins with the type
	keep             []string          // members that are kept; nil = all
}

// streams are what is read, in this order.
var streams = []stream{
	{entity: "entity", itemtype: "Entity", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "user", itemtype: "User", dates: []string{"date_mod"}, keep: []string{"id", "name", "date_mod"}},
	{entity: "group", itemtype: "Group", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "supplier", itemtype: "Supplier", dates: []string{"date_mod"}, keep: []string{"id", "name", "is_active", "is_deleted", "date_mod"}},
	{entity: "category", itemtype: "ITILCategory", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "channel", itemtype: "RequestType", dates: []string{"date_mod"}, keep: []string{"id", "name", "date_mod"}},
	{entity: "state", itemtype: "State", dates: []string{"date_mod"}, keep: []string{"id", "name", "completename", "date_mod"}},
	{entity: "level", itemtype: "SLA", dates: []string{"date_mod"}, prefixed: true},
	{entity: "level", itemtype: "OLA", dates: []string{"date_mod"}, prefixed: true},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Ticket$"}, core: true},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Problem$"}},
	{entity: "log", itemtype: "Log", filter: map[string]string{"itemtype": "^Change$"}},
	{entity: "ticket", itemtype: "Ticket", dates: []string{"date_mod"}, swept: true, core: true},
	{entity: "problem", itemtype: "Problem", dates: []string{"date_mod"}, swept: true},
	{entity: "change", itemtype: "Change", dates: []string{"date_mod"}, swept: true},
	{entity: "actor", itemtype: "Ticket_User", prefixed: true}, {entity: "actor", itemtype: "Group_Ticket", prefixed: true}, {entity: "actor", itemtype: "Supplier_Ticket", prefixed: true},
	{entity: "actor", itemtype: "Problem_User", prefixed: true}, {entity: "actor", itemtype: "Group_Problem", prefixed: true}, {entity: "actor", itemtype: "Problem_Supplier", prefixed: true},
	{entity: "actor", itemtype: "Change_User", prefixed: true}, {entity: "actor", itemtype: "Change_Group", prefixed: true}, {entity: "actor", itemtype: "Change_Supplier", prefixed: true},
	{entity: "followup", itemtype: "ITILFollowup", dates: []string{"date_mod"}, core: true},
	{entity: "solution", itemtype: "ITILSolution", dates: []string{"date_mod"}},
	{entity: "task", itemtype: "TicketTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "task", itemtype: "ProblemTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "task", itemtype: "ChangeTask", dates: []string{"date_mod"}, prefixed: true},
	{entity: "validation", itemtype: "TicketValidation", dates: []string{"validation_date"}, prefixed: true},
	{entity: "validation", itemtype: "ChangeValidation", dates: []string{"validation_date"}, prefixed: true},
	{entity: "satisfaction", itemtype: "TicketSatisfaction", dates: []string{"date_answered"}},
	{entity: "link", itemtype: "Ticket_Ticket", prefixed: true}, {entity: "link", itemtype: "Problem_Ticket", prefixed: true},
	{entity: "link", itemtype: "Change_Ticket", prefixed: true}, {entity: "link", itemtype: "Change_Problem", prefixed: true},
	{entity: "item", itemtype: "Item_Ticket", prefixed: true}, {entity: "item", itemtype: "Item_Problem", prefixed: true}, {entity: "item", itemtype: "Change_Item", prefixed: true},
}

// items are the streams of configuration items that the configuration asks for.
func items(c *rest.Client) []stream {
	types := c.Source.Options["items"]
	if len(types) == 0 {
		types = []string{"Computer", "NetworkEquipment", "Appliance", "Cluster"}
	}
	var out []stream
	for _, t := range types {
		if t != "none" {
			out = append(out, stream{entity: "ci", itemtype: t, dates: []string{"date_mod"}, prefixed: true, swept: true,
				keep: []string{"id", "name", "entities_id", "states_id", "users_id", "groups_id", "date_mod", "is_deleted", "serial"}})
		}
	}
	return out
}

func (s stream) cursor() string {
	if s.filter["itemtype"] != "" {
		return s.entity + "@" + strings.Trim(s.filter["itemtype"], "^$")
	}
	return s.entity + "@" + s.itemtype
}

// request asks for the stream; more are further filters.
func (s stream) request(order string, more map[string]string) rest.Request {
	q := url.Values{"get_hateoas": {"false"}, "expand_dropdowns": {"false"}, "sort": {"id"}, "order": {order}}
	for _, m := range []map[string]string{s.filter, more} {
		for k, v := range m {
			q.Set("searchText["+k+"]", v)
		}
	}
	return rest.Request{Path: s.itemtype, Query: q}
}

func (s stream) key(id string) string {
	if s.prefixed {
		return s.itemtype + "/" + id
	}
	return id
}
