package reports

import (
	"fmt"
	"math"
	"strings"
)

// SmallN is the number below which a share is printed as counts: with fewer, one ticket moves it by ten points or more.
const SmallN = 10

// Noun is a thing that is counted, in both forms.
type Noun struct{ One, Many string }

// Things that reports count.
var (
	nounTicket   = Noun{"ticket", "tickets"}
	nounIncident = Noun{"incident", "incidents"}
)

// kindNoun names tickets of a kind; kinds that are not known are tickets.
func kindNoun(kind string) Noun {
	switch kind {
	case "incident":
		return nounIncident
	case "service_request":
		return Noun{"service request", "service requests"}
	case "problem":
		return Noun{"problem", "problems"}
	case "change":
		return Noun{"change", "changes"}
	case "release":
		return Noun{"release", "releases"}
	case "complaint":
		return Noun{"complaint", "complaints"}
	case "improvement":
		return Noun{"improvement", "improvements"}
	case "security_incident":
		return Noun{"security incident", "security incidents"}
	}
	return nounTicket
}

// messages holds one template a message (blueprint 4.2). {name} is filled in; {name:count} takes the form of a Noun
// that fits the count; {count#one|many} prints one of two words, {k,n#is|are} the
// first when either is 1. A message is never put together from pieces.
var messages = map[string]string{
	// Service levels.
	"missed":           "{k} of {n} {things:n} ({rate}) {k,n#was|were} {done} in time, {gap} below the target of {target}: {excess} too many {excess#was|were} late.",
	"met":              "{k} of {n} {things:n} ({rate}) {k,n#was|were} {done} in time; the target of {target} allowed {allowed} late, {late} {late#was|were}.",
	"met_narrowly":     "{k} of {n} {things:n} ({rate}) {k,n#was|were} {done} in time and met the target of {target} with {spare} {spare#ticket|tickets} to spare.",
	"met_all":          "All {n} {things:n} were {done} in time; the target is {target}.",
	"met_one":          "The only {things:n} was {done} in time; the target is {target}.",
	"small_missed":     "{k} of {n} {things:n} {k,n#was|were} {done} in time; the target of {target} was missed. With so few tickets one late ticket decides.",
	"small_met":        "{k} of {n} {things:n} {k,n#was|were} {done} in time; the target of {target} was met. With so few tickets one late ticket decides.",
	"small_year":       "Judge over {months} {months#month|months} with data: {k} of {n}.",
	"short_year":       "“In time, 12 months” covers the months with data alone: {parts}.",
	"no_target":        "{k} of {n} {things:n} ({rate}) {k,n#was|were} {done} within the goal; no target is agreed.",
	"no_target_few":    "{k} of {n} {things:n} {k,n#was|were} {done} within the goal; no target is agreed.",
	"no_data":          "{metric} was not measured: {missing}.",
	"no_verdict":       "It was not measured: {missing}. It is counted neither as met nor as missed.",
	"promises_none":    "No promise was measured: {missing}.",
	"promise_kept":     "{name} met its target of {target}: {late} of {n} {things:n} {late,n#was|were} late.",
	"promise_missed":   "{name} missed its target of {target}: {late} of {n} {things:n} {late,n#was|were} late, {excess} too many.",
	"promises_kept":    "All {n} promises were kept; {late} of {cycles} {cycles#clock|clocks} ran over {late#its goal|their goals}.",
	"promises_lost":    "{n} of {all} {all#promise|promises} {n,all#was|were} missed, by {excess} {excess#ticket|tickets} too many late: {names}.",
	"kept_but_layer":   "{names} missed {n#its target|their targets}, {excess} {excess#ticket|tickets} too many late. {kept}.",
	"kept_but_sign":    "{names} {n#shows|show} a signal worth a look. {kept}.",
	"kept_all":         "All {n} service level promises were kept.",
	"kept_one":         "The one service level promise was kept.",
	"movements":        "{opened} {opened#ticket was|tickets were} opened and {done} resolved or cancelled in {period}; {end} {end#was|were} open at its end.",
	"overdue":          "{overdue} of {open} open {open#clock|clocks} {overdue,open#is|are} overdue; {week} more {week#falls|fall} due within 7 days.",
	"overdue_none_one": "The one open clock is not overdue; {week} {week#falls|fall} due within 7 days.",
	"overdue_none":     "None of {n} open clocks is overdue; {week} {week#falls|fall} due within 7 days.",
	"gap_lead":         "The data have gaps: {rejected} {rejected#record was|records were} rejected, {runs} of {n} {n#source|sources} {runs,n#is|are} incomplete.",
	"promises_open":    "{m} of {all} {all#promise|promises} could not be measured: {names}.",
	"target_met_one":   "The one measured target was met.",
	"targets_met":      "All {n} measured targets were met.",
	"targets_mixed":    "{missed} of {n} measured {n#target|targets} {missed,n#was|were} missed, {excess} {excess#ticket|tickets} too many late.",
	"layer_missed":     "Below the service levels, {names} missed {n#its target|their targets}.",
	"layer_met_one":    "The one measured target below the service levels was met.",
	"layers_met":       "All {n} measured targets below the service levels were met.",
	"layers_mixed":     "{missed} of {n} measured {n#target|targets} below the service levels {missed,n#was|were} missed.",
	"contributor":      "{group} ({late} late of {n}) accounts for {part} of the {excess} too many ({share}).",
	"contributor_no":   "{group} ({late} late of {n}) accounts for {part} too many; other groups did better than promised and hide part of it.",
	"offset":           "{group} did better than promised and hides {m} of them.",
	"change":           "{delta} compared with {month}: {rate} because groups were slower or faster, {mix} because the mix of work changed.",
	"usual":            "That is within its usual range ({low} to {high} over {months} months).",
	"signal":           "That is outside its usual pattern ({rule}); worth a look.",
	"few_months":       "{months} {months#month|months} with data: too few to judge what is usual.",
	"heat":             "Late tickets gather in {cells}.",
	"spread":           "Half of {n} clocks stopped within {median} of their goal, nine in ten within {p90}.",
	"hump":             "{k} of {n} stopped in the last tenth of their goal.",
	"breaches":         "{n} {n#cycle was|cycles were} late, by up to {over} of working time.",
	"forecast":         "{open} open {open#clock falls|clocks fall} due by the end of {month}; {risk} used three quarters of {risk#its goal|their goals} or more.",
	"forecast_none":    "No open clock falls due by the end of {month}.",
	"breaches_none":    "No cycle was late in {period}.",
	"open_risk":        "{overdue} of {open} open {open#clock|clocks} {overdue,open#is|are} overdue, {week} {week#falls|fall} due within 7 days.",
	"open_none":        "No clock was open at {asof}.",
	"groups":           "{member} has the largest excess: {late} late of {n} for {definition}.",
	"groups_none":      "No group of 10 or more tickets is a whole ticket beyond its target.",
	"definitions":      "{n} {n#clock is|clocks are} defined, {t} with a target.",
	"differ":           "{k} of {n} {n#result|results} {k,n#differs|differ} between the tool and the recomputation.",
	"differ_none_one":  "The one result that the tool reports agrees with the recomputation.",
	"differ_none":      "All {n} results that the tool reports agree with the recomputation.",
	"pauses_known":     "{share} of the time on {n} {n#clock|clocks} was paused; the other clocks of {all} have no status history.",
	"history_of":       "measured for {k} of {n} {n#ticket|tickets}, the others have no status history.",
	"signs_none":       "None of the {n} tickets with a status history shows one of the four signs; of the others it is not measured.",
	"pauses":           "{share} of the time on {n} {n#clock|clocks} was paused.",
	"excluded":         "{n} of {all} {all#ticket|tickets} {n,all#stands|stand} outside every figure: {deleted} deleted, {merged} merged into another.",
	"excluded_none":    "No ticket was left out: none was deleted or merged.",
	"no_history":       "{n} of {all} {all#ticket|tickets} {n,all#has|have} no status history; the pauses of such tickets cannot be replayed.",

	"metrics": "{k} of {n} {n#metric|metrics} {k,n#was|were} measured.",

	// Data quality.
	"data_whole":     "All {n} collection runs tie out and no record was rejected.",
	"data_whole_one": "The one collection run ties out and no record was rejected.",
	"data_gap":       "{rejected} {rejected#record was|records were} rejected and {runs} of {n} collection {n#run|runs} {runs,n#is|are} incomplete.",
	"data_none":      "No collection run is recorded.",
	"unmapped":       "{values} source {values#value has|values have} no mapping ({records} {records#record|records}); they are kept and counted, never guessed.",
	"trust":          "Data up to {time}; {sources} {sources#source|sources}, {state}; {rejected} {rejected#record|records} rejected.",
	"not_over":       "The period is not over: figures up to {asof}.",
	"trust_none":     "No data: nothing was collected.",
	"ties":           "{end} {end#ticket was|tickets were} open at the end of {period}, {change}; the movements tie out.",
	"ties_so_far":    "{end} {end#ticket was|tickets were} open at {asof}, {change}; the movements tie out.",
	"ties_not":       "The books do not balance: the movements give {expected} open at the end, {end} were found (difference {diff}).",
	"ties_no_events": "Movements are not measured: {missing}.",

	// Maturity.
	"mat_summary":         "{k} of {m} assessed {m#process|processes} {k,m#is below its goal level|are below their goal levels}: {names}.",
	"mat_summary_all_one": "The one assessed process reaches its goal level.",
	"mat_summary_all":     "All {n} assessed processes reach their goal level.",
	"mat_nogoal":          "{m} {m#process was|processes were} assessed; no goal level is configured.",
	"mat_none":            "No process could be assessed: {missing}.",
	"mat_gap":             "{n} {n#process is|processes are} {levels} {levels#level|levels} short of {n#its goal|their goals}, the largest gap.",
	"mat_gap_one":         "The largest gap is {process}, {levels} {levels#level|levels} short of its goal.",
	"mat_roadmap":         "{n} {n#improvement is|improvements are} under way, {late} of them late.",
	"mat_roadmap_done":    "No improvement of the register is open.",
	"mat_roadmap_none":    "No register of improvements is connected, so no roadmap can be shown.",
	"mat_nogap":           "No assessed process is below its goal.",
	"mat_cap":             "{process} stays at level {level} because {attribute} is {rating}.",
	"mat_top":             "{process} reaches level {level}, the highest that records can show here.",
	"mat_unassessed":      "{process} was not assessed: {missing}.",
	"mat_unassessed_n":    "{n} {n#process was|processes were} not assessed, because no control of level 1 gave an answer: {names}.",
	"mat_judged":          "People judged {n} {n#process|processes}: {h} higher than records indicate, {l} lower, {s} the same, {o} where records indicate nothing.",
	"mat_judged_none":     "No person has judged a process: every level rests on records alone.",
	"mat_strength":        "{k} of {n} {n#rating|ratings} {k,n#rests|rest} on records; the others were not assessed.",

	// Evidence.
	"ev_summary":        "{name}: of {n} {n#requirement|requirements} in scope {a} {a#is|are} conforming by evidence, {b} nonconforming, {c} {c#lacks|lack} evidence, {d} {d#was|were} not assessed.",
	"ev_summary_w":      "{name}: of {n} {n#requirement|requirements} in scope {a} {a#is|are} conforming by evidence, {b} nonconforming, {c} {c#lacks|lack} evidence, {d} {d#was|were} not assessed, {w} {w#is|are} waived.",
	"ev_head":           "{b} of {n} {n#requirement|requirements} in scope {b,n#is|are} nonconforming and {c} {c#lacks|lack} evidence; {d} could not be assessed.",
	"ev_head_all":       "{b} of {n} {n#requirement|requirements} in scope {b,n#is|are} nonconforming, {c} {c#lacks|lack} evidence, {a} {a#is|are} conforming by evidence.",
	"ev_head_w":         "{b} of {n} {n#requirement|requirements} in scope {b,n#is|are} nonconforming and {c} {c#lacks|lack} evidence.",
	"ev_rest":           "The other {m}: {a} {a#is|are} conforming by evidence, {w} {w#is|are} waived.",
	"ev_partly":         "{k} of the conforming ones {k#rests|rest} on some of {k#its|their} controls only: the others could not be assessed.",
	"ev_unassessed_one": "The one requirement in scope could not be assessed: no control found its input and a population, and no document answers.",
	"ev_unassessed":     "None of {n} requirements in scope could be assessed: no control found its input and a population, and no document answers.",
	"ev_conforming":     "{a} {a#is|are} conforming by evidence.",
	"ev_none":           "No requirement was evaluated: {missing}.",
	"ev_waived":         "Who waived stands under waivers and scope.",
	"ev_na":             "{m} {m#requirement is|requirements are} not applicable; who decided stands under waivers and scope.",
	"ev_waived_na":      "{m} more {m#requirement is|requirements are} not applicable; who waived and who decided stands under waivers and scope.",
	"ev_open":           "{n} {n#requirement needs|requirements need} something done: {b} nonconforming, {c} lacking evidence.",
	"ev_open_none":      "No requirement is nonconforming and none lacks evidence.",
	"ev_process":        "{process}: {k} of {n} tested {n#control|controls} found exceptions.",
	"ev_process_no_one": "{process}: the one control could not be tested.",
	"ev_process_no":     "{process}: none of {n} controls could be tested.",
	"ev_exceptions":     "{k} of {n} {n#control found|controls found} exceptions, {x} in all.",
	"ev_noexcept_one":   "The one evaluated control found no exception.",
	"ev_noexcept":       "None of {n} evaluated controls found an exception.",
	"ev_control":        "The whole population of {n} was tested; {k} {k#exception|exceptions} ({rate}), tolerance {t}: {status}.",
	"ev_control_s":      "The whole population of {n} was tested; {k} {k#exception|exceptions}, tolerance {t}: {status}.",
	"ev_control_no":     "Not tested: {missing}.",
	"ev_documents":      "{k} of {n} {n#document|documents} {k,n#is|are} not in force: past review, not approved, without owner, missing or changed.",
	"ev_docs_good_one":  "The one document is approved and within review.",
	"ev_docs_good":      "All {n} documents are approved and within review.",
	"ev_docs_none":      "No document register is connected, so documents were not assessed.",
	"ev_sample":         "{n} of {all} drawn at random, seed {seed}; the same seed draws the same list.",
	"ev_reviews":        "{k} of {n} planned {n#review or audit|reviews and audits} {k,n#was|were} held.",
	"ev_alone":          "{k} of the conforming ones {k#rests|rest} on the judgement of a person alone: nothing was measured.",
	"ev_differs":        "For {d} {d#requirement|requirements} a person found something else than was measured.",
	"ev_differ_none":    "No assessment differs from what was measured.",
	"ev_judged":         "People judged {n} {n#requirement|requirements}; {d} of them {d#differs|differ} from what was measured.",
	"ev_judged_idle":    "{n} {n#assessment was|assessments were} written down, and none counts for a requirement that is asked for.",
	"ev_judged_none":    "No person has judged a requirement: every status rests on records and documents.",
	"ev_scope":          "{n} {n#waiver|waivers}, {m} {m#decision|decisions} on scope.",
	"ev_scope_ended":    "{n} {n#waiver|waivers}, {e} of them ended; {m} {m#decision|decisions} on scope.",
	"ev_excluded":       "{n} {n#requirement|requirements} outside the scope {n#is|are} nonconforming or {n#lacks|lack} evidence by the records: {names}.",
	"ev_scope_tickets":  "Of {n} {n#ticket|tickets} opened in the period {k} {k#is|are} of services or customers that the statement does not name; for {u} it is not recorded.",
	"ev_rests":          "{k} of {n} {n#requirement|requirements} in scope {k,n#rests|rest} on evidence of {k#its|their} own; {t} {t#is|are} only touched by controls of related requirements, {z} {z#is|are} reached by nothing.",
	"ev_rests_own":      "{k} of {n} {n#requirement|requirements} in scope {k,n#rests|rest} on evidence of {k#its|their} own.",
	"ev_rests_of":       "{name}: of {n} {n#requirement|requirements} in scope {d} {d#rests|rest} on records of tools, {r} on registers, {o} on documents, {p} on judgement alone.",
	"ev_stands_of":      "{name}: {b} {b#requirement is|requirements are} nonconforming, most in {block} ({k} of {n}).",
	"ev_by":             "{x} {x#exception|exceptions}: most in {name} ({k}); by role most with the {role} ({m}).",
	"ev_touched":        "{n} {n#requirement is|requirements are} only touched by controls of related requirements. That is support for whoever assesses {n#it|them}, and never conformity: {n#it stays|they stay} not assessed.",
	"ev_since":          "Since check {c}: {w} {w#control is|controls are} worse, {l} no longer assessed, {g} better; {a} {a#exception is|exceptions are} new, {o} {o#is|are} gone; {q} {q#requirement|requirements} changed {q#its|their} status.",
	"ev_since_controls": "Since check {c}: {w} {w#control is|controls are} worse, {l} no longer assessed, {g} better; {a} {a#exception is|exceptions are} new, {o} {o#is|are} gone.",
	"ev_since_none":     "Since check {c} no control and no requirement has changed.",
	"ev_todo":           "{n} {n#thing|things} to do for {p} {p#owner|owners} up to the audit on {day}, in {d} {d#day|days}; {o} {o#is|are} overdue.",
	"ev_todo_past":      "{n} {n#thing|things} to do for {p} {p#owner|owners}; the audit date {day} is over, so everything open is listed.",
	"ev_todo_nodate":    "{n} {n#thing|things} to do for {p} {p#owner|owners}; no audit date is set, so everything open is listed.",
	"ev_todo_none":      "Nothing is to be done by the records.",
	"ev_source":         "Source total {a}, loaded {b}, difference {c}{why}.",
}

// sayN says something of n things: the message that ends in _one stands for a single thing, where "all 1" would be wrong.
func sayN(id string, n int64, pairs ...any) string {
	if n == 1 {
		id += "_one"
	}
	return say(id, append([]any{"n", n}, pairs...)...)
}

// say fills a template. Arguments come in pairs, name and value; whole numbers are written with separators, other
// values as Format would write them in running text. Values are inserted once: braces in them stay as they are.
func say(id string, pairs ...any) string {
	tpl, ok := messages[id]
	if !ok {
		return "[" + id + "]"
	}
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(tpl, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(tpl[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(tpl[:open])
		b.WriteString(fill(tpl[open+1:open+end], args))
		tpl = tpl[open+end+1:]
	}
	b.WriteString(tpl)
	return b.String()
}

// fill writes one placeholder; a name without a value is written as it stands, which the tests refuse.
func fill(slot string, args map[string]any) string {
	if name, forms, ok := strings.Cut(slot, "#"); ok {
		one, many, _ := strings.Cut(forms, "|")
		form := many
		for _, by := range strings.Split(name, ",") { // "0 of 1 run is", "1 of 3 runs is": k or n decides
			n, ok := whole(args[by])
			if !ok {
				return "{" + slot + "}"
			}
			if n == 1 {
				form = one
			}
		}
		return form
	}
	if name, by, ok := strings.Cut(slot, ":"); ok {
		noun, ok1 := args[name].(Noun)
		n, ok2 := whole(args[by])
		if ok1 && ok2 {
			if n == 1 {
				return noun.One
			}
			return noun.Many
		}
		return "{" + slot + "}"
	}
	v, ok := args[slot]
	if !ok {
		return "{" + slot + "}"
	}
	if n, ok := whole(v); ok {
		return FormatCount(n)
	}
	switch x := v.(type) {
	case string:
		return x
	case Value:
		return Format(x, nil)
	}
	return fmt.Sprint(v)
}

func whole(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case int32:
		return int64(x), true
	}
	return 0, false
}

// promiseSentence says how a promise stands: the finding, its size, the gap in tickets.
func promiseSentence(p Promise, hasTarget bool, things Noun, done string) string {
	target := FormatPercent(p.Target, nil, 0)
	common := []any{"k", p.K, "n", p.N, "things", things, "done", done, "target", trimZero(target), "late", p.Late()}
	with := func(id string, more ...any) string { return say(id, append(append([]any{}, common...), more...)...) }
	switch {
	case !hasTarget && p.N < SmallN:
		return with("no_target_few")
	case !hasTarget:
		return with("no_target", "rate", FormatPercent(p.Share(), nil, 0))
	case p.Kept() && p.N == 1:
		return with("met_one")
	case p.Kept() && p.Late() == 0:
		return with("met_all")
	case p.N < SmallN && p.Kept():
		return with("small_met")
	case p.N < SmallN:
		return with("small_missed")
	}
	more := []any{"rate", FormatPercent(p.Share(), &p.Target, 0), "allowed", p.AllowedWhole(), "spare", p.Spare(),
		"excess", p.ExcessWhole(), "gap", gapWords(p.Gap())}
	switch {
	case !p.Kept():
		return with("missed", more...)
	case p.Status() == StatusWatch:
		return with("met_narrowly", more...)
	}
	return with("met", more...)
}

// gapWords is the size of a difference of shares without its sign: 2.9 points; never 0.0 points for a real gap.
func gapWords(diff float64) string {
	s := strings.TrimLeft(FormatPoints(diff), "+"+Minus)
	if strings.HasPrefix(s, "0.0 ") && math.Abs(diff) > 1e-12 {
		return "less than 0.1 points"
	}
	return s
}

// trimZero writes an agreed percentage as people write it in a contract: 95 %, not 95.0 %.
func trimZero(s string) string { return strings.Replace(s, ".0%", "%", 1) }

// targetText is a target for tables and subtitles.
func targetText(target float64) string { return trimZero(FormatPercent(target, nil, 0)) }

// rateValue is a share for a tile or a table: below SmallN counts stand in its place.
func rateValue(c KofN, target *float64) Value {
	switch {
	case c.N == 0:
		return NotMeasured("no data: nothing was counted")
	case c.N < SmallN:
		return T(kOfN(c))
	}
	return Pct(c.Share(), target)
}

func kOfN(c KofN) string { return FormatCount(c.K) + " of " + FormatCount(c.N) }

// names joins names for a sentence: at most limit of them, then how many more.
func names(list []string, limit int) string {
	switch {
	case len(list) == 0:
		return "none"
	case len(list) > limit:
		return strings.Join(list[:limit], ", ") + " and " + FormatCount(int64(len(list)-limit)) + " more"
	case len(list) == 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
