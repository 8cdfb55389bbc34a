package sample

import "strings"

// phrases of titles; {place}, {device}, {version}, {number}, {code} and {thing} are filled in.
var incidentTitles = map[string][]string{
	"SVC-01": {"Mails with attachments over {number} MB stay in the outbox", "Calendar of room {place} shows no free times", "Shared mailbox {thing} asks for a password again and again", "Mails from {thing} arrive {number} minutes late", "Out-of-office reply cannot be switched off on {device}", "Search in the mailbox finds nothing older than {number} days", "Meeting invitations of {thing} appear twice"},
	"SVC-02": {"Folder {thing} cannot be opened from {place}", "Files on {device} show as locked by another user", "Saving to the share of {thing} takes {number} seconds", "Deleted folder of {thing} is missing in the restore list", "Synchronization stops at {number} % on {device}"},
	"SVC-03": {"VPN drops after {number} minutes on {device}", "VPN client {version} does not start", "No remote access for {thing} since this morning", "Certificate warning when connecting from {place}", "Slow remote desktop for {thing}"},
	"SVC-04": {"No network in {place}", "Wireless network in {place} drops every {number} minutes", "Port {number} in {place} is dead", "Packet loss between {place} and the data centre", "{device} gets no address in {place}"},
	"SVC-05": {"Sign-in with one-time code fails on {device}", "Account locked after {number} attempts", "New password is not accepted in {thing}", "Single sign-on asks twice for {thing}", "Group membership for {thing} is missing"},
	"SVC-06": {"Order portal shows error {code} at checkout", "Orders of {thing} stay in status new", "Prices of {thing} differ from the contract", "Search in the order portal takes {number} seconds", "PDF of the order confirmation is empty"},
	"SVC-07": {"Scanner in {place} does not book goods in", "Stock of {thing} is negative after the night run", "Pick lists for {place} are not printed", "Warehouse client {version} freezes on {device}", "Delivery notes of {thing} are created twice", "Booking of pallets fails with error {code}"},
	"SVC-08": {"Payslips of {thing} cannot be downloaded", "Overtime of {number} hours is missing in the payroll", "Payroll export stops with error {code}", "Tax class cannot be changed in the payroll portal"},
	"SVC-09": {"Extension {number} rings nowhere", "Calls are cut after {number} minutes", "No dial tone in {place}", "Headset is not found by the softphone {version}", "Queue of {thing} plays no announcement"},
	"SVC-10": {"Printer in {place} reports a paper jam without paper", "Print jobs from {thing} disappear", "Labels come out shifted by {number} mm", "Scan to mail fails in {place}", "Colour prints are green in {place}"},
	"SVC-11": {"Monthly report of {thing} is empty", "Load of {thing} stopped at {number} %", "Figures of {thing} differ from the source system", "Dashboard takes {number} seconds to open"},
	"SVC-12": {"{device} restarts during the day", "Battery of {device} lasts {number} minutes", "Update {version} fails on {device}", "No picture on the second screen in {place}", "{device} is slow since update {version}", "Browser closes when {thing} is opened", "Disk of {device} is full"},
}

var (
	places   = []string{"building A, floor 2", "building A, floor 4", "building B", "the training room", "Potsdam", "Hamburg", "Brooklyn", "Albany", "the loading dock", "warehouse hall 3", "room 2.14", "room Müggelsee", "the canteen", "the call centre"}
	devices  = []string{"a laptop", "a new laptop", "the shared PC", "a tablet", "a phone", "the meeting room PC", "a thin client", "a docking station", "the hand scanner"}
	versions = []string{"5.1", "5.2", "12.4", "24H2", "25H1", "3.18", "7.0.2"}
	things   = []string{"purchasing", "the sales team", "accounting", "ward 4", "customer service", "human resources", "the night shift", "the works council", "claims", "logistics", "quality assurance", "the board office", "field service"}

	requestTitles = map[string][]string{
		"Access":      {"Access to the folder of {thing}", "Remote access for a colleague in {thing}", "Guest account for {number} days", "Remove access of a leaver in {thing}", "Permission group for {thing}"},
		"Hardware":    {"New laptop for {thing}", "Second screen for {place}", "Replace the headset in {thing}", "Phone for a new colleague in {thing}"},
		"Software":    {"Install version {version} of the PDF editor", "Licence of the drawing program for {thing}", "Project software for {number} people in {thing}"},
		"Joiner":      {"New colleague in {thing} on the first of the month", "Change of department to {thing}", "Colleague leaves {thing}"},
		"Information": {"How do I share my calendar with {thing}?", "Which form is needed for {thing}?", "Where do I find the manual for {device}?"},
	}
	changeTitles   = []string{"Patch day for {service}", "Upgrade {ci} to version {version}", "Move {ci} to the new cluster", "Replace the certificate of {service}", "Raise the memory of {ci} to {number} GB", "Firewall rule for {service}", "New release of {service}", "Change the backup window of {ci}", "Switch {service} to the second data centre for a test", "Renew the licence of {ci}"}
	problemTitles  = []string{"Repeated failures of {service} in {place}", "{service} is slow at the end of the month", "Recurring locks on {ci}", "{service}: sessions are lost after {number} minutes", "Cause of the failures of {ci}", "{service}: error after update {version}"}
	releaseTitles  = []string{"{service} {version}", "{service}: monthly release {version}", "{service}: interface to {thing}"}
	complaintTitle = []string{"Third call about the same printer in {place}", "Nobody called back {thing}", "The technician came {number} minutes late", "Wrong laptop was delivered to {thing}", "Tone of the call was not friendly", "Invoice for {thing} is not clear", "No word about the failure in {place}"}
	improveTitle   = []string{"Knowledge article for {service}", "Automate the restart of {ci}", "Shorter approval way for {thing}", "Dashboard of open tickets for {thing}", "Template for major incident messages", "Monitoring of {service} from outside", "Training in {service} for the service desk"}
	securityTitle  = []string{"Phishing mail reported by {thing}", "Lost phone of a colleague in {thing}", "Malware found on {device}", "Sign-ins from an unusual country for {thing}", "Mail with payroll data sent to the wrong address", "Unknown {device} in {place}"}

	// hostile texts must come through every report as what they are: text.
	hostileTitles = []string{
		`=HYPERLINK("http://example.org/?x="&A1,"Click me")`,
		`<script>alert(1)</script> shows up on the intranet page`,
		`Printer says "offline" but 'ready'; see "tray 2"`,
		"Order import stopped\nsecond line: see the log",
		"🖨️ printer on fire (not really) 🔥",
		`</script><img src=x onerror=alert(2)>`,
		`+49 30 1234567 cannot be reached`,
		`@SUM(A1:A9) in the weekly sheet`,
		`Robert'); DROP TABLE ticket;--`,
	}
)

// title fills a phrase.
func title(r *rng, phrase, service, ci string) string {
	return strings.NewReplacer("{place}", pick(r, places), "{device}", pick(r, devices), "{version}", pick(r, versions),
		"{thing}", pick(r, things), "{number}", pick(r, []string{"3", "5", "10", "15", "20", "25", "30", "45", "60", "99", "120"}),
		"{code}", pick(r, []string{"404", "500", "0x8007", "E-1107", "4711"}), "{service}", service, "{ci}", ci).Replace(phrase)
}

// sentence is a title that begins with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
