package controls

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deskproof/model/strictyaml"
)

func documentControl(id, documents string) string {
	return `  - id: ` + id + `
    title: T
    question: Q
    why: W
    auditor_asks: A
    when_it_fails: F
    frequency: annually
    owner_role: O
    attribute: PA2.2
    maps_to: ["iso20000-1:2018/5.2.1", "iso20000-1:2018/5.2.2", "fitsm-1:3.0/GR1.2", "itil:4/strategy-management"]
    documents: ` + documents + "\n"
}

const anyPolicyTest = `control: own-any
cases:
  - name: one policy names one of them, through its heading
    given: {document: [{document_id: D, title: Policy, kind: " Policy", owner: Ada, approved_on: 2026-01-10, review_by: 2026-12-31, requirements: "iso20000-1:2018/5.2,itil:4/architecture-management"}]}
    expect: {status: conforming, population: 1}
  - name: no policy, only a plan, a retired policy, a policy about something else
    given:
      document:
        - {document_id: A, title: Plan, kind: plan, owner: Ada, approved_on: 2026-01-10, review_by: 2027-01-10, requirements: "iso20000-1:2018/5.2.1"}
        - {document_id: B, title: Old, kind: policy, owner: Ada, approved_on: 2026-01-10, review_by: 2027-01-10, retired_on: 2026-12-31, requirements: "iso20000-1:2018/5.2.1"}
        - {document_id: C, title: Other, kind: policy, owner: Ada, approved_on: 2026-01-10, review_by: 2027-01-10, requirements: "iso20000-1:2018/5.20 iso20000-1:2018/6.1"}
    expect: {status: evidence_due, population: 1, exceptions: {own-any: "no policy names iso20000-1:2018/5.2.1 or iso20000-1:2018/5.2.2 or fitsm-1:3.0/GR1.2"}}
  - name: whatever keeps it from being in force is said
    given:
      document:
        - {document_id: A, title: Sound, kind: policy, owner: Ada, approved_on: 2026-01-10, review_by: 2026-12-31, sha256: "ABC ", requirements: "iso20000-1:2018/5.2.1"}
        - {document_id: B, title: Bad, kind: policy, owner: " ", approved_on: 2027-01-01, review_by: 2026-12-30, requirements: "fitsm-1:3.0/GR1.2"}
        - {document_id: C, title: Gone, kind: policy, owner: Ada, approved_on: 2026-01-10, requirements: "fitsm-1:3.0/GR1"}
        - {document_id: D, title: Edited, kind: policy, owner: Ada, approved_on: 2026-01-10, review_by: 2026-12-31, sha256: abc, requirements: "fitsm-1:3.0/GR1.2"}
      document_file:
        - {document_id: A, is_found: true, sha256: abc}
        - {document_id: C, is_found: false, problem: missing}
        - {document_id: D, is_found: true, sha256: abd}
    expect:
      status: evidence_due
      population: 1
      exceptions:
        own-any: 'B "Bad" is not approved and has no owner and was due for review on 30 Dec 2026; C "Gone" has no date of review and is not behind its path (missing); D "Edited" has changed since its hash was noted'
  - name: the register speaks of none of the frameworks
    given: {document: [{document_id: A, title: Policy, kind: policy, requirements: "cobit:2019/APO01.01"}]}
    expect: {status: not_assessed, population: 0}
  - name: no document says what it answers
    given: {document: [{document_id: A, title: Policy, kind: policy, requirements: " "}]}
    expect: {status: not_assessed, missing: the requirements that documents answer}
  - name: no register
    expect: {status: not_assessed, missing: the register of documents}
`

const eachTest = `control: own-each
cases:
  - name: a framework that the register does not speak of is not asked for
    given: {document: [{document_id: D, title: Policy, owner: Ada, approved_on: 2026-01-10, review_by: 2026-12-31, requirements: "fitsm-1:3.0/GR1.2"}]}
    expect: {status: conforming, population: 1}
  - name: each of them needs a document
    given: {document: [{document_id: D, title: Policy, owner: Ada, approved_on: 2026-01-10, review_by: 2026-12-31, requirements: "fitsm-1:3.0/GR1.2;iso20000-1:2018/5.2.2"}]}
    expect: {status: evidence_due, population: 3, exceptions: {"iso20000-1:2018/5.2.1": no document names it}}
`

func TestDocumentsAsAControl(t *testing.T) {
	ctx := context.Background()
	dir := folder(t, map[string]string{
		"controls/own.yaml":   "process: management_system\ncontrols:\n" + documentControl("own-any", "{kinds: [policy], any_of: true}") + documentControl("own-each", "{}"),
		"tests/own-any.yaml":  anyPolicyTest,
		"tests/own-each.yaml": eachTest,
	})
	cat, err := Lint(ctx, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	results, err := RunOwnTests(ctx, cat)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range results {
		if strings.HasPrefix(r.Control, "own-") {
			n++
			if !r.Passed {
				t.Errorf("%s: %s: %s", r.Control, r.Case, r.Message)
			}
		}
	}
	if n != 8 {
		t.Errorf("%d cases ran", n)
	}
	// The definition is what the hash covers: other kinds, another hash.
	before := cat.Control("own-any").SHA256()
	other := folder(t, map[string]string{"controls/own.yaml": "controls:\n  - {id: own-any, documents: {kinds: [plan]}}\n"})
	if cat, err = Lint(ctx, []string{dir, other}); err != nil {
		t.Fatal(err)
	}
	if k := cat.Control("own-any"); k.SHA256() == before || k.Documents.AnyOf || k.Finding != EvidenceDue {
		t.Errorf("%+v", k.Documents)
	}
	// Another folder may say the same in SQL of its own.
	sql := folder(t, map[string]string{"controls/own.yaml": `controls:
  - id: own-any
    inputs: [{name: n, have: FROM document}]
    population: SELECT document_id AS subject, NULL AS ticket_id, NULL AS occurred_at FROM document
    exceptions: SELECT *, 'x' AS reason FROM population
`})
	if cat, err = Lint(ctx, []string{dir, sql}); err != nil {
		t.Fatal(err)
	}
	if k := cat.Control("own-any"); k.Documents != nil || !strings.HasPrefix(k.Population.Text, "SELECT document_id") {
		t.Errorf("%+v", k)
	}
}

func TestMistakesInDocumentsOfAControl(t *testing.T) {
	dir := folder(t, map[string]string{
		"controls/own.yaml": "process: management_system\ncontrols:\n" + documentControl("own-any", "{kinds: [polcy], anyof: true}") +
			"    population: SELECT 1\n",
		"tests/own-any.yaml": anyPolicyTest,
	})
	_, err := Lint(context.Background(), []string{dir})
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		t.Fatal(err)
	}
	for _, want := range []string{
		`own.yaml:13:16: own-any.documents.kinds[0]: "polcy" is no kind of document (did you mean "policy"?)`,
		`own.yaml:13:33: controls[0].documents.anyof: unknown key "anyof" (did you mean "any_of"?)`,
		`own.yaml:14:5: controls[0].population: documents says already what is tested (keep one of them)`,
	} {
		if !strings.Contains(ps.Error(), want) {
			t.Errorf("%q is not in\n%s", want, ps.Error())
		}
	}
}
