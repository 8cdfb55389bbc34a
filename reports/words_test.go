package reports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestPromiseSentence(t *testing.T) {
	for _, c := range []struct {
		k, n   int64
		target float64 // 0 = none
		want   string
	}{
		{1109, 1204, .95, "1,109 of 1,204 incidents (92.1%) were resolved in time, 2.9 points below the target of 95%: 35 too many were late."},
		{99, 100, .95, "99 of 100 incidents (99.0%) were resolved in time; the target of 95% allowed 5 late, 1 was."},
		{95, 100, .95, "95 of 100 incidents (95.0%) were resolved in time and met the target of 95% with 0 tickets to spare."},
		{9999, 10000, .9999, "9,999 of 10,000 incidents (99.99%) were resolved in time and met the target of 99.99% with 0 tickets to spare."},
		{9495, 10000, .95, "9,495 of 10,000 incidents (94.95%) were resolved in time, less than 0.1 points below the target of 95%: 5 too many were late."},
		{4, 5, .95, "4 of 5 incidents were resolved in time; the target of 95% was missed. With so few tickets one late ticket decides."},
		{0, 1, .95, "0 of 1 incident was resolved in time; the target of 95% was missed. With so few tickets one late ticket decides."},
		{1, 1, .95, "The only incident was resolved in time; the target is 95%."},
		{2, 2, .95, "All 2 incidents were resolved in time; the target is 95%."},
		{7, 8, 0, "7 of 8 incidents were resolved within the goal; no target is agreed."},
		{70, 80, 0, "70 of 80 incidents (87.5%) were resolved within the goal; no target is agreed."},
	} {
		got := promiseSentence(Promise{KofN{c.k, c.n}, c.target}, c.target > 0, nounIncident, "resolved")
		if got != c.want {
			t.Errorf("%d of %d\n got %s\nwant %s", c.k, c.n, got, c.want)
		}
	}
}

var slot = regexp.MustCompile(`\{([^}]*)\}`)

// slots are the names that a template wants, each with true when it must be a whole number.
func slots(tpl string) map[string]bool {
	out := map[string]bool{}
	know := func(name string) {
		if _, ok := out[name]; !ok {
			out[name] = false
		}
	}
	for _, m := range slot.FindAllStringSubmatch(tpl, -1) {
		if name, _, ok := strings.Cut(m[1], "#"); ok {
			for _, by := range strings.Split(name, ",") {
				out[by] = true
			}
		} else if name, by, ok := strings.Cut(m[1], ":"); ok {
			out[by] = true
			know(name)
		} else {
			know(m[1])
		}
	}
	return out
}

func TestTemplatesFillInAllForms(t *testing.T) {
	for id, tpl := range messages {
		for _, n := range []int{0, 1, 2} {
			var pairs []any
			for name, number := range slots(tpl) {
				switch {
				case number:
					pairs = append(pairs, name, n)
				case name == "things":
					pairs = append(pairs, name, nounIncident)
				default:
					pairs = append(pairs, name, "X")
				}
			}
			got := say(id, pairs...)
			if strings.ContainsAny(got, "{}#|") {
				t.Errorf("%s with %d: %s", id, n, got)
			}
			if !strings.HasSuffix(got, ".") && !strings.Contains(tpl, "{why}.") {
				t.Errorf("%s is not a sentence: %s", id, got)
			}
		}
	}
}

func TestValuesAreInsertedOnce(t *testing.T) {
	got := say("no_data", "metric", "{missing} <b>", "missing", "{metric} {0#a|b}")
	if want := "{missing} <b> was not measured: {metric} {0#a|b}."; got != want {
		t.Errorf("got %s", got)
	}
}

// TestEveryMessageIsCalledWhole reads the source: each say("id", "name", …) must name a template and give every slot.
func TestEveryMessageIsCalledWhole(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "words.go" {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fn, ok := call.Fun.(*ast.Ident)
			if !ok || fn.Name != "say" && fn.Name != "sayN" || len(call.Args) == 0 {
				return true
			}
			id, ok := literal(call.Args[0])
			if !ok {
				t.Errorf("%s: the id of a message is a literal", set.Position(call.Pos()))
				return true
			}
			ids, given, first := []string{id}, map[string]bool{}, 1
			if fn.Name == "sayN" { // sayN("id", n, …) says id or id_one
				ids, given["n"], first = append(ids, id+"_one"), true, 2
			}
			for i := first; i < len(call.Args); i += 2 {
				if s, ok := literal(call.Args[i]); ok {
					given[s] = true
				}
			}
			for _, id := range ids {
				used[id] = true
				tpl, ok := messages[id]
				if !ok {
					t.Errorf("%s: there is no message %q", set.Position(call.Pos()), id)
				}
				for name := range slots(tpl) {
					if !given[name] {
						t.Errorf("%s: message %s lacks %q", set.Position(call.Pos()), id, name)
					}
				}
			}
			return true
		})
	}
	for id := range messages {
		if !used[id] && !usedByWords[id] {
			t.Errorf("message %s is never said", id)
		}
	}
}

// TestNumbers: singular and plural fit 0, 1 and 2, and "all 1" and "none of 1" are never said.
func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{say("overdue", "overdue", 1, "open", 32, "week", 1), "1 of 32 open clocks is overdue; 1 more falls due within 7 days."},
		{say("overdue", "overdue", 2, "open", 32, "week", 0), "2 of 32 open clocks are overdue; 0 more fall due within 7 days."},
		{say("open_risk", "overdue", 0, "open", 1, "week", 1), "0 of 1 open clock is overdue, 1 falls due within 7 days."},
		{sayN("overdue_none", 1, "week", 0), "The one open clock is not overdue; 0 fall due within 7 days."},
		{sayN("overdue_none", 2, "week", 2), "None of 2 open clocks is overdue; 2 fall due within 7 days."},
		{sayN("ev_noexcept", 1), "The one evaluated control found no exception."},
		{sayN("ev_noexcept", 2), "None of 2 evaluated controls found an exception."},
		{sayN("ev_docs_good", 1), "The one document is approved and within review."},
		{sayN("mat_summary_all", 1), "The one assessed process reaches its goal level."},
		{sayN("differ_none", 1), "The one result that the tool reports agrees with the recomputation."},
		{say("data_gap", "rejected", 1, "runs", 0, "n", 1), "1 record was rejected and 0 of 1 collection run is incomplete."},
		{say("data_gap", "rejected", 0, "runs", 1, "n", 3), "0 records were rejected and 1 of 3 collection runs is incomplete."},
		{say("metrics", "k", 1, "n", 42), "1 of 42 metrics was measured."},
		{say("ev_head", "b", 1, "n", 144, "c", 0, "d", 2), "1 of 144 requirements in scope is nonconforming and 0 lack evidence; 2 could not be assessed."},
	} {
		if c.got != c.want {
			t.Errorf("\n got %s\nwant %s", c.got, c.want)
		}
	}
	for id, tpl := range messages {
		for _, noun := range []string{"All {n} {n#", "None of {n} {n#", "none of {n} {n#"} {
			if strings.Contains(tpl, noun) {
				t.Errorf("message %s says “%s…” of a single thing", id, noun)
			}
		}
	}
}

// usedByWords are the messages of promiseSentence, which fills them from one set of values.
var usedByWords = map[string]bool{"missed": true, "met": true, "met_narrowly": true, "met_all": true, "met_one": true,
	"small_missed": true, "small_met": true, "no_target": true, "no_target_few": true}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
