package controls

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// Rule says in which order things happen to a ticket, in place of the SQL of exceptions, which is written from it.
// Exactly one of its kinds is given. Two moments at the same instant are in order. A moment whose time is not known
// has happened, but proves no order. What still has time at as-of is no exception.
type Rule struct {
	Pos        strictyaml.Pos `yaml:"-"`
	Precedence []Moment       `yaml:"precedence"`   // [a, b]: b does not happen before the first a
	Response   []Moment       `yaml:"response"`     // [a, b]: after every a there is a b; with within: in that time
	Timeliness []Moment       `yaml:"timeliness"`   // [a, b]: the first b comes within a time after the first a, or even before it
	Chain      []Moment       `yaml:"chain"`        // [a, b, c, …]: all happen, in this order
	Separation []Moment       `yaml:"separation"`   // [a, b, …]: nobody who did a did any of the others
	Absence    Moment         `yaml:"absence"`      // a does not happen; with after and before: not then
	AtMostOnce Moment         `yaml:"at_most_once"` // a happens once or never
	AtMost     Moment         `yaml:"at_most"`      // a happens no more often than times
	Times      string         `yaml:"times"`        // at_most: a whole number, or a parameter: $handovers
	After      Moment         `yaml:"after"`        // absence: only after the first of these
	Before     Moment         `yaml:"before"`       // absence: only before the first of these
	Within     string         `yaml:"within"`       // 48 hours, 14 days, $within_hours hours, 2 working_days
	Calendar   string         `yaml:"calendar"`     // calendar of deskproof.yaml: within counts its working time

	limit config.Within
	times int
}

// Over is the short form of a population: tickets that count, of a kind, of which a moment falls into the period.
type Over struct {
	Pos        strictyaml.Pos `yaml:"-"`
	Kind       []string       `yaml:"kind"`        // incident, change, …
	Status     []string       `yaml:"status"`      // status now
	ChangeType []string       `yaml:"change_type"` // standard, normal, emergency
	Outcome    []string       `yaml:"outcome"`     // successful, failed, backed_out, cancelled
	Priority   []int          `yaml:"priority"`    // 1 (highest) to 5
	IsMajor    *bool          `yaml:"is_major"`    // major incidents only, or others only
	Moment     Moment         `yaml:"moment"`      // one of these falls into the period; the first that does counts
	With       []Moment       `yaml:"with"`        // these happened as well
	Without    []Moment       `yaml:"without"`     // none of these happened
	Where      SQL            `yaml:"where"`       // any other condition on ticket
}

// ruleKind is one kind of rule with its moments.
type ruleKind struct {
	name    string
	moments []Moment
	least   int
	most    int // 0 = any number
}

func (r *Rule) kinds() []ruleKind {
	single := func(m Moment) []Moment {
		if m.is() {
			return []Moment{m}
		}
		return nil
	}
	return []ruleKind{
		{"precedence", r.Precedence, 2, 2}, {"response", r.Response, 2, 2}, {"timeliness", r.Timeliness, 2, 2}, {"chain", r.Chain, 2, 0},
		{"separation", r.Separation, 2, 0}, {"absence", single(r.Absence), 1, 1}, {"at_most_once", single(r.AtMostOnce), 1, 1},
		{"at_most", single(r.AtMost), 1, 1},
	}
}

// RuleKinds lists the kinds of rules.
func RuleKinds() []string {
	var out []string
	for _, k := range (&Rule{}).kinds() {
		out = append(out, k.name)
	}
	return out
}

// kind is the kind of the rule; an empty name when none, or more than one, was given.
func (r *Rule) kind() ruleKind {
	var given []ruleKind
	for _, k := range r.kinds() {
		if len(k.moments) > 0 {
			given = append(given, k)
		}
	}
	if len(given) != 1 {
		return ruleKind{}
	}
	return given[0]
}

// moments lists every moment that the rule names.
func (r *Rule) moments() []Moment {
	out := slices.Clone(r.kind().moments)
	for _, m := range []Moment{r.After, r.Before} {
		if m.is() {
			out = append(out, m)
		}
	}
	return out
}

// proof lists the moments whose absence decides something: without the history nobody can say that they did not happen.
func (r *Rule) proof() []Moment {
	k := r.kind()
	switch {
	case len(k.moments) == 0:
		return nil
	case k.name == "precedence":
		return k.moments[:1]
	case k.name == "response" || k.name == "timeliness":
		return k.moments[1:]
	}
	return k.moments
}

var parameterUse = regexp.MustCompile(`\$([A-Za-z0-9_]+)`)

// check reads the numbers of the rule and says what is wrong with it. It tells whether SQL can be written.
func (r *Rule) check(ps *strictyaml.Problems, path string, parameters map[string]int) bool {
	before := len(*ps)
	add := func(pos strictyaml.Pos, key, hint, format string, args ...any) {
		if pos.Line == 0 {
			pos = r.Pos
		}
		ps.Add(pos, path+"."+key, hint, format, args...)
	}
	var given []string
	for _, k := range r.kinds() {
		if len(k.moments) == 0 {
			continue
		}
		given = append(given, k.name)
		if len(k.moments) < k.least || k.most > 0 && len(k.moments) > k.most {
			want := fmt.Sprintf("%d moments", k.least)
			if k.most == 0 {
				want = fmt.Sprintf("%d moments or more", k.least)
			}
			add(k.moments[0].Pos, k.name, "such as "+ruleExample[k.name], "here belong %s, not %d", want, len(k.moments))
		}
	}
	switch {
	case len(given) == 0:
		add(r.Pos, "rule", "one of "+strings.Join(RuleKinds(), ", "), "the rule says nothing")
	case len(given) > 1:
		add(r.Pos, "rule", "make each a control of its own", "a rule is of one kind, not %s", strings.Join(given, " and "))
	}
	if len(*ps) > before {
		return false
	}
	k := r.kind()
	seen := map[string]bool{}
	for i, m := range r.moments() {
		known := m.known()
		switch {
		case known.sql == "":
			return false // the decoder has said that there is no such moment
		case seen[m.label()] && k.name != "chain":
			add(m.Pos, k.name, "", "%s stands there twice", m.label())
		case known.person && (k.name != "separation"):
			add(m.Pos, k.name, "compare people with separation: [approved, "+m.Name+"]", "%s is a person and no moment", m.Name)
		case known.timeless && !(k.name == "response" && i == 1 && r.Within == "") && !(k.name == "absence" && !r.After.is() && !r.Before.is()):
			add(m.Pos, k.name, "it can be the second of a response without within, or be absent", "the time of %s is often not known, so nothing can be said of its order", m.Name)
		}
		seen[m.label()] = true
	}
	if k.name != "absence" {
		for _, m := range []Moment{r.After, r.Before} {
			if m.is() {
				add(m.Pos, k.name, "", "after and before belong to absence, not to %s", k.name)
			}
		}
	}
	r.checkNumbers(add, k.name, parameters)
	return len(*ps) == before
}

func (r *Rule) checkNumbers(add func(strictyaml.Pos, string, string, string, ...any), kind string, parameters map[string]int) {
	number := func(key, text string) string {
		return parameterUse.ReplaceAllStringFunc(text, func(use string) string {
			n, ok := parameters[use[1:]]
			if !ok {
				add(r.Pos, key, strictyaml.Suggest(use[1:], sortedKeys(parameters)), "the parameter %s is not known", use)
				return "1"
			}
			return strconv.Itoa(n)
		})
	}
	r.times = 1
	if kind == "at_most" {
		n, err := strconv.Atoi(strings.TrimSpace(number("times", r.Times)))
		if err != nil || n < 0 {
			add(r.Pos, "times", "a whole number, or a parameter such as $handovers", "%q is not how often it may happen", r.Times)
		}
		r.times = n
	} else if r.Times != "" {
		add(r.Pos, "times", "", "times belongs to at_most, not to %s", kind)
	}
	switch {
	case kind != "response" && kind != "timeliness":
		if r.Within != "" || r.Calendar != "" {
			add(r.Pos, "within", "", "within and calendar belong to response and timeliness, not to %s", kind)
		}
		return
	case r.Within == "" && kind == "timeliness":
		add(r.Pos, "within", "such as 48 hours, 14 days, 2 working_days", "missing")
		return
	case r.Within == "" && r.Calendar != "":
		add(r.Pos, "calendar", "say within as well", "a calendar counts nothing without a time")
		return
	case r.Within == "":
		return
	}
	w, err := config.ParseWithin(number("within", r.Within), config.CalendarDay)
	switch {
	case err != nil:
		add(r.Pos, "within", "", "%v", err)
	case r.Calendar == "" && w.DayUnit == config.WorkingDay:
		add(r.Pos, "within", "name it: calendar: business", "working days are those of a calendar")
	case r.Calendar != "" && w.DayUnit == config.CalendarDay:
		add(r.Pos, "within", "write working_days, or leave the calendar out", "days with a calendar could be two things")
	}
	r.limit = w
}

var ruleExample = map[string]string{
	"precedence": "[approved, started]", "response": "[rejected, closed]", "timeliness": "[opened, informed]",
	"chain": "[opened, resolved, closed]", "separation": "[approved, assignee, requester]",
}
