package resttest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "servicenow",
		Source: `token: env:DESK_TOKEN
page_size: 4
options: {tables: [incident, sc_req_item]}
map:
  status: {Fulfilled: resolved}`,
		Signed: func(r *http.Request) bool { return r.Header.Get("x-sn-apikey") == Token },
		Serve:  serviceNow,
		Lacks:  map[string]string{"merged": "ServiceNow has no merging"},
	})
}

// snowRow is a row of a table, by column.
type snowRow map[string]string

var (
	snowTables = map[string]string{"incident": "incident", "service_request": "sc_req_item"}
	snowStates = map[string]map[string]string{
		"incident":    {"new": "1", "in_progress": "2", "on_hold": "3", "resolved": "6", "closed": "7"},
		"sc_req_item": {"new": "1", "in_progress": "2", "on_hold": "-5", "resolved": "6", "closed": "3"},
	}
	snowFields = map[string]string{"status": "state", "assignee": "assigned_to", "team": "assignment_group", "priority": "priority"}
)

func snowID(letter byte, n int) string { return string(letter) + fmt.Sprintf("%031x", n) }

func snowStamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func snowPerson(login string) string {
	if login == "" {
		return ""
	}
	return snowID('a', 1+slices.Index(append(slices.Clone(Agents), Requesters...), login))
}

func snowTeam(name string) string { return snowID('b', 1+slices.Index(Teams, name)) }

// snowValue is a word of the story in ServiceNow's codes.
func snowValue(table, field, v string) string {
	switch {
	case v == "":
		return ""
	case field == "status":
		return snowStates[table][v]
	case field == "assignee":
		return snowPerson(v)
	case field == "team":
		return snowTeam(v)
	}
	return v
}

// snowRows is a table as the story stands; known is false for one that the instance does not have.
func snowRows(s *Server, table string) (rows []snowRow, known bool) {
	begin := "2026-01-01 00:00:00"
	add := func(r snowRow) {
		if r["sys_updated_on"] == "" {
			r["sys_updated_on"] = begin
		}
		rows = append(rows, r)
	}
	switch table {
	case "sys_user":
		for _, login := range append(slices.Clone(Agents), Requesters...) {
			add(snowRow{"sys_id": snowPerson(login), "user_name": login, "name": "Person " + login})
		}
		add(snowRow{"sys_id": snowID('a', 99), "user_name": "collector", "name": "Collector", "time_zone": "UTC"})
	case "sys_properties":
		add(snowRow{"sys_id": snowID('a', 98), "name": "glide.buildtag.last", "value": "glide-fake-07-01-2026"})
	case "sys_user_group":
		for i, t := range Teams {
			add(snowRow{"sys_id": snowTeam(t), "name": t, "manager": snowPerson(Agents[i])})
		}
	case "sys_choice":
		for _, c := range [][4]string{{"incident", "1", "New", "false"}, {"incident", "2", "In Progress", "false"}, {"incident", "3", "On Hold", "false"}, {"incident", "3", "Held", "true"},
			{"incident", "6", "Resolved", "false"}, {"incident", "7", "Closed", "false"}, {"sc_req_item", "1", "Open", "false"}, {"sc_req_item", "2", "Work in Progress", "false"},
			{"sc_req_item", "-5", "Pending", "false"}, {"sc_req_item", "6", "Fulfilled", "false"}, {"sc_req_item", "3", "Closed Complete", "false"}} {
			add(snowRow{"sys_id": snowID('c', len(rows)+1), "name": c[0], "element": "state", "value": c[1], "label": c[2], "inactive": c[3], "language": "en"})
		}
	case "core_company":
		add(snowRow{"sys_id": snowID('d', 1), "name": "Example Ltd", "customer": "true", "vendor": "false"})
		add(snowRow{"sys_id": snowID('d', 2), "name": "Vendor Inc", "customer": "false", "vendor": "true"})
	case "cmdb_ci_service":
		add(snowRow{"sys_id": snowID('e', 1), "name": "Email", "owned_by": snowPerson("ana"), "busines_criticality": "1 - most critical", "operational_status": "1"})
	case "cmdb_ci":
		add(snowRow{"sys_id": snowID('e', 2), "name": "mail01", "sys_class_name": "cmdb_ci_server", "owned_by": snowPerson("ben"), "operational_status": "1"})
		add(snowRow{"sys_id": snowID('e', 3), "name": "unused", "sys_class_name": "cmdb_ci_server", "operational_status": "6"})
	case "contract_sla":
		add(snowRow{"sys_id": snowID('f', 1), "name": "Response", "type": "SLA", "target": "response", "duration": "1970-01-01 04:00:00", "schedule": snowID('f', 9)})
		add(snowRow{"sys_id": snowID('f', 2), "name": "Resolution", "type": "SLA", "target": "resolution", "duration": "1970-01-02 08:00:00", "schedule": ""})
	case "incident", "sc_req_item", "task", "sys_audit", "sys_journal_field", "sys_audit_delete", "task_sla", "sysapproval_approver", "asmt_assessment_instance", "asmt_metric_result":
		for _, k := range s.Tickets() {
			snowTicket(k, table, add)
		}
	case "asmt_metric":
		add(snowRow{"sys_id": snowID('9', 1), "name": "How was it?", "min": "1", "max": "5", "datatype": "scale"})
	case "cmdb_ci_outage":
		add(snowRow{"sys_id": snowID('8', 1), "cmdb_ci": snowID('e', 1), "type": "outage", "begin": "2026-09-02 08:00:00", "end": "2026-09-02 08:30:00"})
	case "metric_instance", "kb_knowledge", "task_time_worked":
	default:
		return nil, false
	}
	return rows, true
}

// snowTicket adds what a table holds of a ticket.
func snowTicket(k Ticket, table string, add func(snowRow)) {
	class := snowTables[k.Kind]
	id := snowID('1', k.ID)
	if table == "sys_audit_delete" {
		if k.Gone() {
			add(snowRow{"sys_id": snowID('2', k.ID), "tablename": class, "documentkey": id, "sys_created_on": snowStamp(k.DeletedAt)})
		}
		return
	}
	if k.Gone() && table != "sys_audit" && table != "sys_journal_field" {
		return // what the audit and the journal hold of it stays
	}
	switch table {
	case "task", class:
		r := snowRow{"sys_id": id, "number": fmt.Sprintf("%s%07d", map[string]string{"incident": "INC", "sc_req_item": "RITM"}[class], k.ID), "sys_class_name": class, "short_description": k.Title,
			"description": "private words", "state": snowStates[class][k.Status], "priority": strconv.Itoa(k.Priority), "impact": "2", "urgency": "2", "assigned_to": snowPerson(k.Assignee),
			"assignment_group": snowTeam(k.Team), "opened_by": snowPerson(k.Requester), "opened_at": snowStamp(k.Created), "sys_created_on": snowStamp(k.Created), "sys_updated_on": snowStamp(k.Updated),
			"sys_mod_count": strconv.Itoa(len(k.Changes) + len(k.Messages)), "resolved_at": snowStamp(k.Resolved()), "closed_at": "", "made_sla": "true", "company": snowID('d', 1),
			"business_service": snowID('e', 1), "cmdb_ci": map[bool]string{true: snowID('e', 2)}[k.ID%2 == 0], "reopen_count": "", "reassignment_count": "1"}
		r[map[string]string{"incident": "caller_id", "sc_req_item": "requested_for"}[class]] = snowPerson(k.Requester)
		for _, l := range k.Links {
			r["parent"] = snowID('1', l)
		}
		add(r)
	case "sys_audit":
		for i, c := range k.Changes {
			add(snowRow{"sys_id": snowID('3', c.ID), "tablename": class, "documentkey": id, "fieldname": snowFields[c.Field], "oldvalue": snowValue(class, c.Field, c.From),
				"newvalue": snowValue(class, c.Field, c.To), "user": c.Who, "sys_created_on": snowStamp(c.At), "record_checkpoint": strconv.Itoa(i + 1)})
		}
	case "sys_journal_field":
		for _, m := range k.Messages {
			add(snowRow{"sys_id": snowID('4', m.ID), "element_id": id, "element": map[bool]string{true: "comments", false: "work_notes"}[m.Public], "value": "words " + Token,
				"sys_created_by": m.Who, "sys_created_on": snowStamp(m.At)})
		}
	case "task_sla":
		r := snowRow{"sys_id": snowID('5', k.ID), "task": id, "task.sys_class_name": class, "sla": snowID('f', 2), "stage": "in_progress", "has_breached": "false", "start_time": snowStamp(k.Created),
			"planned_end_time": snowStamp(k.Created.Add(32 * time.Hour)), "sys_updated_on": snowStamp(k.Updated), "schedule": ""}
		if done := k.Resolved(); !done.IsZero() {
			r["stage"], r["end_time"], r["duration"] = "completed", snowStamp(done), snowStamp(time.Unix(0, 0).Add(done.Sub(k.Created)))
			r["has_breached"] = strconv.FormatBool(done.Sub(k.Created) > 32*time.Hour)
		}
		add(r)
	case "sysapproval_approver":
		if k.Kind == "service_request" {
			add(snowRow{"sys_id": snowID('6', k.ID), "sysapproval": id, "approver": snowPerson("chi"), "state": "approved", "sys_created_on": snowStamp(k.Created), "sys_updated_on": snowStamp(k.Created.Add(time.Minute))})
		}
	case "asmt_assessment_instance":
		if k.Status == "closed" {
			add(snowRow{"sys_id": snowID('7', k.ID), "task_id": id, "trigger_table": class, "trigger_id": id, "taken_on": snowStamp(k.Updated.Add(time.Hour)), "state": "complete", "metric_type.evaluation_method": "survey",
				"sys_created_on": snowStamp(k.Updated), "sys_updated_on": snowStamp(k.Updated)})
		}
	case "asmt_metric_result":
		if k.Status == "closed" {
			add(snowRow{"sys_id": snowID('7', 1000+k.ID), "instance": snowID('7', k.ID), "metric": snowID('9', 1), "actual_value": strconv.Itoa(1 + k.ID%5), "sys_updated_on": snowStamp(k.Updated)})
		}
	}
}

// serviceNow answers like the Table API, version 2: what a query says that is not understood is left out of it, unknown columns
// are left out, the limit counts rows that the account may not see (Memory hidden: sys_id → true), a page above Memory slow rows
// is cancelled with status 200, as is every one with the record Memory giant, and tables in Memory denied are refused.
func serviceNow(s *Server, w http.ResponseWriter, r *http.Request) {
	table, ok := strings.CutPrefix(r.URL.Path, "/api/now/v2/table/")
	rows, known := snowRows(s, table)
	s.Lock.Lock()
	hidden, _ := s.Memory["hidden"].(map[string]bool)
	denied, _ := s.Memory["denied"].(map[string]bool)
	slow, _ := s.Memory["slow"].(int)
	giant, _ := s.Memory["giant"].(string)
	s.Lock.Unlock()
	refuse := func(status int, said string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"message":%q,"detail":null},"status":"failure"}`, said)
	}
	q := r.URL.Query()
	switch {
	case r.Header.Get("Accept") != "application/json" || r.Method != http.MethodGet || !ok || len(r.URL.RequestURI()) > 8000:
		refuse(http.StatusBadRequest, "Requested URI does not represent any resource")
		return
	case !known:
		refuse(http.StatusBadRequest, "Invalid table "+table)
		return
	case denied[table]:
		refuse(http.StatusForbidden, "Operation against file '"+table+"' was aborted by Business Rule")
		return
	}
	rows = snowQuery(rows, strings.ReplaceAll(q.Get("sysparm_query"), "javascript:gs.getUserName()", "collector"))
	if q.Get("sysparm_no_count") != "true" {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(rows)))
	}
	limit, err := strconv.Atoi(q.Get("sysparm_limit"))
	if err != nil {
		limit = 10000
	}
	offset, _ := strconv.Atoi(q.Get("sysparm_offset"))
	out := []map[string]string{}
	fields := strings.Split(q.Get("sysparm_fields"), ",")
	for _, row := range Page(rows, offset, limit, 10000) {
		if hidden[row["sys_id"]] {
			continue
		}
		if slow > 0 && limit > slow || giant != "" && row["sys_id"] == giant && slices.Contains(fields, "short_description") {
			JSON(w, map[string]any{"error": map[string]string{"message": "Transaction cancelled: maximum execution time exceeded", "detail": "Check logs"}, "status": "failure", "result": "cancelled"})
			return
		}
		item := map[string]string{}
		for _, f := range fields {
			if v, ok := row[f]; ok {
				item[f] = v
			}
		}
		out = append(out, item)
	}
	JSON(w, map[string]any{"result": out})
}

// snowQuery applies an encoded query.
func snowQuery(rows []snowRow, query string) []snowRow {
	type order struct {
		column string
		down   bool
	}
	var by []order
	for _, part := range strings.Split(query, "^") {
		if c, ok := strings.CutPrefix(part, "ORDERBYDESC"); ok {
			by = append(by, order{c, true})
			continue
		}
		if c, ok := strings.CutPrefix(part, "ORDERBY"); ok {
			by = append(by, order{c, false})
			continue
		}
		for _, op := range []string{">=", "<=", "!=", "=", ">", "<", "IN"} {
			column, value, ok := strings.Cut(part, op)
			if !ok || strings.ContainsAny(column, "<>=!") {
				continue
			}
			rows = slices.DeleteFunc(slices.Clone(rows), func(r snowRow) bool {
				v, has := r[column]
				if !has {
					return false // not understood: left out of the query
				}
				switch op {
				case ">=":
					return v < value
				case "<=":
					return v > value
				case ">":
					return v <= value
				case "<":
					return v >= value
				case "!=":
					return v == value
				case "IN":
					return !slices.Contains(strings.Split(value, ","), v)
				}
				return v != value
			})
			break
		}
	}
	slices.SortStableFunc(rows, func(a, b snowRow) int {
		for _, o := range by {
			if c := strings.Compare(a[o.column], b[o.column]); c != 0 {
				if o.down {
					return -c
				}
				return c
			}
		}
		return 0
	})
	return rows
}
