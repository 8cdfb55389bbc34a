package servicenow

// ticketTables are read unless the option tables says otherwise.
var ticketTables = []string{"incident", "problem", "change_request", "sc_req_item"}

// audited are the fields whose changes are history.
const audited = "state,incident_state,problem_state,hold_reason,on_hold,assigned_to,assignment_group,priority,impact,urgency,business_service,cmdb_ci,major_incident_state,approval,type,risk,known_error"

// stream is a table that is read in the order of its changes.
type stream struct {
	entity, table, fields string
	query                 string // encoded query
	stamp                 string // column of the order; empty = sys_updated_on
	size                  int    // rows a request; 0 = as configured
	lack                  string // what cannot be said without it; empty = the run needs it
	people                []string
}

func (s stream) order() string {
	if s.stamp == "" {
		return "sys_updated_on"
	}
	return s.stamp
}

// taskFields are the columns of tickets of all classes; what a class does not have, the instance leaves out.
const taskFields = "number,sys_class_name,short_description,state,problem_state,hold_reason,on_hold,on_hold_reason,priority,impact,urgency,assigned_to,assignment_group," +
	"caller_id,requested_for,requested_by,opened_by,company,contact_type,category,subcategory,business_service,service_offering,cmdb_ci," +
	"opened_at,resolved_at,closed_at,sys_created_on,sys_mod_count,due_date,close_code,resolution_code,reopen_count,reassignment_count," +
	"major_incident_state,major_problem,known_error,workaround,cause_notes,confirmed_at,fix_at,type,risk,approval,start_date,end_date,work_start,work_end,review_date," +
	"problem_id,rfc,caused_by,parent_incident,duplicate_of,parent,request"

// masters are small tables that give names to ids; all of their rows are wanted, whenever they changed.
var masters = []stream{
	{entity: "choice", table: "sys_choice", fields: "name,element,value,label,inactive", lack: "labels of states (sys_choice): those that ServiceNow ships with are used, your own states appear as numbers"},
	{entity: "group", table: "sys_user_group", fields: "name,manager", lack: "names of groups (sys_user_group): teams appear as ids", people: []string{"manager"}},
	{entity: "company", table: "core_company", fields: "name,customer,vendor", lack: "companies (core_company): nothing can be said by customer or supplier"},
	{entity: "service", table: "cmdb_ci_service", fields: "name,owned_by,busines_criticality,operational_status", lack: "services (cmdb_ci_service): nothing can be said by service", people: []string{"owned_by"}},
	{entity: "contract_sla", table: "contract_sla", fields: "name,type,target,duration,schedule", lack: "definitions of service levels (contract_sla): ServiceNow's own SLA results have no name and no goal"},
}

// related are the streams beside the tickets. A change in them does not touch the ticket.
var related = []stream{
	{entity: "task_sla", table: "task_sla", fields: "task,sla,stage,has_breached,start_time,end_time,planned_end_time,duration,business_duration,schedule,active",
		lack: "ServiceNow's own SLA results (task_sla): the recomputed figures stand without comparison"},
	{entity: "approver", table: "sysapproval_approver", fields: "sysapproval,approver,state,group,sys_created_on", lack: "approvals (sysapproval_approver): who approved a change cannot be shown", people: []string{"approver"}},
	{entity: "assessment", table: "asmt_assessment_instance", fields: "task_id,trigger_table,trigger_id,taken_on,state,sys_created_on,metric_type.evaluation_method", lack: "surveys (asmt_assessment_instance): satisfaction cannot be measured"},
	{entity: "assessment_result", table: "asmt_metric_result", fields: "instance,metric,actual_value", lack: "answers of surveys (asmt_metric_result): satisfaction cannot be measured"},
	{entity: "assessment_metric", table: "asmt_metric", fields: "name,min,max,datatype", lack: "scales of surveys (asmt_metric): satisfaction cannot be measured"},
	{entity: "outage", table: "cmdb_ci_outage", fields: "cmdb_ci,type,begin,end,task_number", lack: "outages (cmdb_ci_outage): availability has to come from another source"},
	{entity: "knowledge", table: "kb_knowledge", fields: "number,short_description,workflow_state,author,published,valid_to", lack: "knowledge articles (kb_knowledge)", people: []string{"author"}},
	{entity: "worked", table: "task_time_worked", fields: "task,user,time_in_seconds,sys_created_on", lack: "time worked (task_time_worked): effort cannot be shown", people: []string{"user"}},
}

var (
	metrics   = stream{entity: "metric", table: "metric_instance", fields: "id,table,definition,field,field_value,value,start,end", lack: "metric_instance"}
	deletions = stream{entity: "deletion", table: "sys_audit_delete", fields: "tablename,documentkey", stamp: "sys_created_on",
		lack: "the log of deletions (sys_audit_delete): deleted tickets are found by comparing all ids"}
	audits   = stream{entity: "audit", table: "sys_audit", fields: "tablename,documentkey,fieldname,oldvalue,newvalue,user,record_checkpoint", stamp: "sys_created_on"}
	journals = stream{entity: "journal", table: "sys_journal_field", fields: "element_id,element,sys_created_by", stamp: "sys_created_on"}
	users    = stream{entity: "user", table: "sys_user", fields: "user_name,name"}
	cis      = stream{entity: "ci", table: "cmdb_ci", fields: "name,sys_class_name,operational_status,owned_by", people: []string{"owned_by"}, lack: "configuration items (cmdb_ci)"}
	ciTypes  = stream{entity: "ci_link_type", table: "cmdb_rel_type", fields: "name", lack: "kinds of relations (cmdb_rel_type)"}
	ciLinks  = stream{entity: "ci_link", table: "cmdb_rel_ci", fields: "parent,child,type", lack: "relations of configuration items (cmdb_rel_ci)"}
)
