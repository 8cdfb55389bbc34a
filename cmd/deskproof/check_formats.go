package main

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"deskproof/controls"
)

// controlJSON is a control result for programs.
type controlJSON struct {
	Control    string          `json:"control"`
	Title      string          `json:"title"`
	Process    string          `json:"process"`
	OwnerRole  string          `json:"owner_role"`
	Status     controls.Status `json:"status"`
	Measured   controls.Status `json:"measured"` // by the records alone, before scope and waivers
	Reason     string          `json:"reason"`
	Population *int64          `json:"population"` // null: an input is missing
	Exceptions []exceptionJSON `json:"exceptions"`
	Tolerance  float64         `json:"tolerance"`
	MapsTo     []string        `json:"maps_to"`
	SHA256     string          `json:"sha256"`
}

type exceptionJSON struct {
	Subject    string     `json:"subject"`
	TicketID   string     `json:"ticket_id,omitempty"`
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
	Reason     string     `json:"reason"`
	URL        string     `json:"url,omitempty"`
}

type requirementJSON struct {
	Requirement string          `json:"requirement"`
	Title       string          `json:"title"`
	Heading     bool            `json:"heading,omitempty"`
	Status      controls.Status `json:"status"`
	Measured    controls.Status `json:"measured"` // through controls and documents alone, before anything that people decided
	Judged      *judgedJSON     `json:"judged,omitempty"`
	Reason      string          `json:"reason"`
}

// judgedJSON is what a person found of a requirement.
type judgedJSON struct {
	Status  controls.Status `json:"status"`
	By      string          `json:"by"`
	On      string          `json:"on"`
	Differs bool            `json:"differs"` // something was measured, and it says something else
}

type changesJSON struct {
	Check        int64         `json:"check"`
	AsOf         time.Time     `json:"as_of"`
	From         time.Time     `json:"from"`
	To           time.Time     `json:"to"`
	Controls     []changeJSON  `json:"controls"`
	Requirements []changedJSON `json:"requirements"`
	Unchanged    int           `json:"unchanged"`
}

type changeJSON struct {
	Control       string           `json:"control"`
	Verdict       controls.Verdict `json:"verdict"`
	Before        controls.Status  `json:"before,omitempty"`
	After         controls.Status  `json:"after,omitempty"`
	WasExceptions *int64           `json:"was_exceptions"`
	WasPopulation *int64           `json:"was_population"`
	Exceptions    *int64           `json:"exceptions"`
	Population    *int64           `json:"population"`
	New           []exceptionJSON  `json:"new"`
	Gone          []exceptionJSON  `json:"gone"`
}

type changedJSON struct {
	Requirement string           `json:"requirement"`
	Verdict     controls.Verdict `json:"verdict"`
	Before      controls.Status  `json:"before"`
	After       controls.Status  `json:"after"`
}

func (v checkView) exceptionsJSON(in []controls.Exception) []exceptionJSON {
	out := []exceptionJSON{}
	for _, e := range in {
		out = append(out, exceptionJSON{e.Subject, e.TicketID, e.OccurredAt, e.Reason, v.url(e)})
	}
	return out
}

// json is the whole check for programs, in the order of the catalogue.
func (v checkView) json() any {
	out := struct {
		From         time.Time         `json:"from"`
		To           time.Time         `json:"to"`
		AsOf         time.Time         `json:"as_of"`
		Catalogue    string            `json:"catalogue_sha256"`
		Check        int64             `json:"check,omitempty"` // number under which it is remembered
		Controls     []controlJSON     `json:"controls"`
		Requirements []requirementJSON `json:"requirements"`
		Changes      *changesJSON      `json:"changes,omitempty"`
		Problems     []string          `json:"problems"`
	}{From: v.Results.From, To: v.Results.To, AsOf: v.Results.AsOf, Catalogue: v.Results.CatalogueSHA256, Check: v.CheckID,
		Controls: []controlJSON{}, Requirements: []requirementJSON{}, Problems: append([]string{}, v.Results.Problems...)}
	for _, r := range v.Results.Controls {
		c := controlJSON{
			Control: r.Control.ID, Title: r.Control.Title, Process: r.Control.Process, OwnerRole: r.Control.OwnerRole, Status: r.Status, Measured: r.Measured,
			Reason: r.Reason, Exceptions: v.exceptionsJSON(r.Exceptions), Tolerance: float64(r.Control.Tolerance), MapsTo: r.Control.MapsTo, SHA256: r.SHA256,
		}
		if r.Inputs {
			c.Population = &r.Population
		}
		out.Controls = append(out.Controls, c)
	}
	for _, q := range v.Results.Requirements {
		j := requirementJSON{Requirement: q.ID, Title: q.Entry.Title, Heading: q.Heading, Status: q.Status, Measured: q.Measured, Reason: q.Reason}
		if q.Judged != nil {
			j.Judged = &judgedJSON{q.Judged.Found(), q.Judged.By, q.Judged.On, q.Differs}
		}
		out.Requirements = append(out.Requirements, j)
	}
	if c := v.Changes; c != nil {
		j := &changesJSON{Check: c.Baseline.CheckID, AsOf: c.Baseline.AsOf, From: c.Baseline.PeriodFrom, To: c.Baseline.PeriodTo, Controls: []changeJSON{}, Requirements: []changedJSON{}, Unchanged: c.Same}
		for _, x := range c.Controls {
			j.Controls = append(j.Controls, changeJSON{x.Control, x.Verdict, x.Before, x.After, x.WasExceptions, x.WasPopulation, x.NowExceptions, x.NowPopulation, v.exceptionsJSON(x.New), v.exceptionsJSON(x.Gone)})
		}
		for _, q := range c.Requirements {
			j.Requirements = append(j.Requirements, changedJSON{q.Requirement, q.Verdict, q.Before, q.After})
		}
		out.Changes = j
	}
	return out
}

// csv writes one row a control, in the order of the catalogue.
func (v checkView) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"control", "title", "process", "status", "measured", "exceptions", "population", "tolerance", "reason", "owner_role", "maps_to", "sha256"}}
	for _, r := range v.Results.Controls {
		found, of := "", ""
		if r.Inputs {
			found, of = strconv.Itoa(len(r.Exceptions)), strconv.FormatInt(r.Population, 10)
		}
		rows = append(rows, []string{r.Control.ID, r.Control.Title, r.Control.Process, string(r.Status), string(r.Measured), found, of,
			strconv.FormatFloat(float64(r.Control.Tolerance), 'f', -1, 64), r.Reason, r.Control.OwnerRole, strings.Join(r.Control.MapsTo, " "), r.SHA256})
	}
	return out.WriteAll(rows)
}

// csvExceptions writes one row an exception; instants are in UTC.
func (v checkView) csvExceptions(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"control", "process", "status", "subject", "ticket_id", "occurred_at", "reason", "url", "owner_role"}}
	for _, r := range v.Results.Controls {
		for _, e := range r.Exceptions {
			at := ""
			if e.OccurredAt != nil {
				at = e.OccurredAt.UTC().Format(time.RFC3339)
			}
			rows = append(rows, []string{r.Control.ID, r.Control.Process, string(r.Status), e.Subject, e.TicketID, at, e.Reason, v.url(e), r.Control.OwnerRole})
		}
	}
	return out.WriteAll(rows)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Timestamp  string          `xml:"timestamp,attr"` // as-of, UTC without a zone, as the format wants it
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Failure   *junitMessage `xml:"failure,omitempty"`
	Skipped   *junitMessage `xml:"skipped,omitempty"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// junitExceptions is how many exceptions a failure lists: viewers choke on more, and csv-exceptions has them all.
const junitExceptions = 100

// junit writes one suite a process and one case a control: what is nonconforming or due is a failure, what was not
// assessed, does not apply or is waived is skipped, with its reason, so that neither looks like a pass.
func (v checkView) junit(w io.Writer) error {
	all := junitSuites{Name: "deskproof check: " + v.p.Cfg.Organization.Name}
	for _, process := range controls.Processes() {
		s := junitSuite{Name: process.Title, Timestamp: v.AsOf.UTC().Format("2006-01-02T15:04:05"), Properties: []junitProperty{
			{"as_of", v.AsOf.UTC().Format(time.RFC3339)}, {"period_from", v.Results.Params().From.UTC().Format(time.RFC3339)},
			{"period_to", v.Results.To.UTC().Format(time.RFC3339)}, {"catalogue_sha256", v.Results.CatalogueSHA256}}}
		for _, r := range v.Results.Controls {
			if r.Control.Process != process.ID {
				continue
			}
			c := junitCase{Name: r.Control.ID + ": " + r.Control.Title, Classname: "deskproof." + process.ID}
			s.Tests++
			switch r.Status {
			case controls.Conforming:
				c.Output = r.Reason
			case controls.Nonconforming, controls.EvidenceDue:
				s.Failures++
				c.Failure = &junitMessage{r.Reason, string(r.Status), v.exceptionText(r)}
			default:
				s.Skipped++
				c.Skipped = &junitMessage{r.Status.Words() + ": " + r.Reason, "", v.exceptionText(r)}
			}
			s.Cases = append(s.Cases, c)
		}
		if s.Tests == 0 {
			continue
		}
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// exceptionText lists exceptions, one a line.
func (v checkView) exceptionText(r controls.ControlResult) string {
	var b strings.Builder
	for i, e := range r.Exceptions {
		if i == junitExceptions {
			fmt.Fprintf(&b, "… and %d more\n", len(r.Exceptions)-i)
			break
		}
		fmt.Fprintln(&b, strings.TrimSpace(oneLine(e.Subject)+"  "+oneLine(e.Reason)+"  "+v.url(e)))
	}
	if b.Len() > 0 {
		fmt.Fprintf(&b, "What to do: %s\n", oneLine(r.Control.WhenItFails))
	}
	return b.String()
}
