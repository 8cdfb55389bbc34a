package controls

import (
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
	"deskproof/model/config"
)

// exceptions is the SQL of the rule over population, which may be given in short form. The rule was checked before.
func (r *Rule) exceptions(o *Over) string {
	k := r.kind()
	m := k.moments
	switch k.name {
	case "precedence":
		return r.happened(m...) + `, first AS (
` + firstOf(m[0], m[1]) + `)
SELECT p.subject, p.ticket_id, p.occurred_at,
       ` + r.said("f", 1, m[1]) + ` || ', ' || ` + r.saidOrNot("f", 0, m[0]) + ` AS reason
FROM population AS p JOIN first AS f ON f.ticket_id = p.ticket_id
WHERE f.at_0 > f.at_1 OR f.at_0 IS NULL AND f.at_1 IS NOT NULL`
	case "response":
		if r.Within == "" {
			return r.response(m[0], m[1])
		}
		return r.responseWithin(m[0], m[1])
	case "timeliness":
		return r.happened(m...) + `, first AS (
` + firstOf(m[0], m[1]) + `), limited AS (
` + r.limited("first", "at_0", "at_1") + `)
SELECT p.subject, p.ticket_id, p.occurred_at,
       ` + r.said("f", 0, m[0]) + ` || ', ' || ` + r.saidOrNot("f", 1, m[1]) + ` AS reason
FROM population AS p JOIN limited AS f ON f.ticket_id = p.ticket_id
WHERE f.is_over AND f.in_time IS NOT TRUE`
	case "chain":
		return r.chain(m)
	case "separation":
		return r.separation(m)
	case "absence":
		return r.absence(m[0], o)
	}
	return r.happened(m...) + `
SELECT p.subject, p.ticket_id, p.occurred_at,
       ` + model.QuoteText(m[0].known().words+" ") + ` || count(*) || CASE count(*) WHEN 1 THEN ' time' ELSE ' times' END || coalesce(', last ' || ` + r.clock("max(h.occurred_at)") + `, '') AS reason
FROM population AS p JOIN happened AS h ON h.ticket_id = p.ticket_id
GROUP BY p.subject, p.ticket_id, p.occurred_at
HAVING count(*) > ` + fmt.Sprint(r.times)
}

// happened begins the statement: the moments that the rule names, of the tickets of the population.
func (r *Rule) happened(moments ...Moment) string {
	var arms, seen []string
	for _, m := range moments {
		if !slices.Contains(seen, m.label()) {
			seen = append(seen, m.label())
			arms = append(arms, m.known().sql)
		}
	}
	return "WITH happened AS (\nSELECT m.ticket_id, m.occurred_at, m.what, nullif(trim(m.who), '') AS who\nFROM (\n" + strings.Join(arms, "\nUNION ALL\n") +
		"\n) AS m SEMI JOIN population AS p ON p.ticket_id = m.ticket_id)"
}

// firstOf gives, by ticket, of each moment its first time (at_0, …) and how often (n_0, …) it happened.
func firstOf(moments ...Moment) string {
	cols := []string{"SELECT ticket_id"}
	for i, m := range moments {
		only := fmt.Sprintf("FILTER (what = %s)", model.QuoteText(m.label()))
		cols = append(cols, fmt.Sprintf("min(occurred_at) %[1]s AS at_%[2]d, count(*) %[1]s AS n_%[2]d", only, i))
	}
	return strings.Join(cols, ",\n       ") + "\nFROM happened GROUP BY ticket_id"
}

// clock writes an instant in the organization's zone: the day alone where the rule counts in days.
func (r *Rule) clock(at string) string {
	format := "'%-d %b %Y %H:%M'"
	if r.limit.Days > 0 && r.limit.Seconds == 0 || r.limit.Days == 0 && r.limit.Seconds > 0 && r.limit.Seconds%86400 == 0 && strings.Contains(r.Within, "day") {
		format = "'%-d %b %Y'"
	}
	return "strftime(" + at + " AT TIME ZONE $zone, " + format + ")"
}

// said names a moment with its time and who did it, who is looked up for the few that are named only.
func (r *Rule) said(alias string, i int, m Moment) string {
	k := m.known()
	text := model.QuoteText(k.words+" ") + " || " + r.clock(fmt.Sprintf("%s.at_%d", alias, i))
	if k.column != "" {
		return text // nobody is known to have done it
	}
	return text + fmt.Sprintf(" || coalesce(' by ' || (SELECT min(h.who) FROM happened AS h WHERE h.ticket_id = %[1]s.ticket_id AND h.what = %[2]s AND h.occurred_at = %[1]s.at_%[3]d), '')",
		alias, model.QuoteText(m.label()), i)
}

// saidOrNot names a moment, or that it is missing.
func (r *Rule) saidOrNot(alias string, i int, m Moment) string {
	k := m.known()
	return fmt.Sprintf("coalesce(%s, CASE WHEN %s.n_%d > 0 THEN %s ELSE %s END)", r.said(alias, i, m), alias, i,
		model.QuoteText(k.words+" at an unknown time"), model.QuoteText(k.absent))
}

// response: the last a is followed by a b; a b at an unknown time counts.
func (r *Rule) response(a, b Moment) string {
	return r.happened(a, b) + fmt.Sprintf(`, last AS (
SELECT ticket_id,
       max(occurred_at) FILTER (what = %[1]s) AS at_0, max(occurred_at) FILTER (what = %[2]s) AS at_1,
       count(*) FILTER (what = %[2]s AND occurred_at IS NULL) AS n_1
FROM happened GROUP BY ticket_id)
SELECT p.subject, p.ticket_id, p.occurred_at,
       %[3]s || ', ' || coalesce(%[4]s || ' and not again', %[5]s) AS reason
FROM population AS p JOIN last AS f ON f.ticket_id = p.ticket_id
WHERE f.at_0 IS NOT NULL AND f.n_1 = 0 AND (f.at_1 IS NULL OR f.at_1 < f.at_0)`, model.QuoteText(a.label()), model.QuoteText(b.label()),
		r.said("f", 0, a), r.said("f", 1, b), model.QuoteText(b.known().absent))
}

// responseWithin: each a has a b in its time; the first a that has none is named.
func (r *Rule) responseWithin(a, b Moment) string {
	return r.happened(a, b) + fmt.Sprintf(`, answered AS (
SELECT a.ticket_id, a.occurred_at AS at_0, min(b.occurred_at) AS at_1, 0 AS n_1
FROM (SELECT DISTINCT ticket_id, occurred_at FROM happened WHERE what = %[1]s AND occurred_at IS NOT NULL) AS a
LEFT JOIN happened AS b ON b.ticket_id = a.ticket_id AND b.what = %[2]s AND b.occurred_at >= a.occurred_at
GROUP BY a.ticket_id, a.occurred_at), limited AS (
%[3]s), late AS (
SELECT ticket_id, min(at_0) AS at_0, arg_min_null(at_1, at_0) AS at_1, 0 AS n_1
FROM limited WHERE is_over AND in_time IS NOT TRUE GROUP BY ticket_id)
SELECT p.subject, p.ticket_id, p.occurred_at,
       %[4]s || ', ' || %[5]s AS reason
FROM population AS p JOIN late AS f ON f.ticket_id = p.ticket_id`, model.QuoteText(a.label()), model.QuoteText(b.label()), r.limited("answered", "at_0", "at_1"),
		r.said("f", 0, a), r.saidOrNot("f", 1, b))
}

// chain walks from moment to moment, each time to the first one that is not before the last.
func (r *Rule) chain(m []Moment) string {
	var b strings.Builder
	b.WriteString(r.happened(m...))
	from := "SELECT ticket_id FROM population"
	for i, x := range m {
		after := ""
		if i > 0 {
			after = fmt.Sprintf(" AND h.occurred_at >= s.at_%d", i-1)
		}
		fmt.Fprintf(&b, `, step_%[1]d AS (
SELECT s.*, n.first_at AS at_%[1]d
FROM (%[2]s) AS s LEFT JOIN (
    SELECT s.ticket_id, min(h.occurred_at) AS first_at
    FROM (%[2]s) AS s JOIN happened AS h ON h.ticket_id = s.ticket_id AND h.what = %[3]s AND h.occurred_at IS NOT NULL%[4]s
    GROUP BY s.ticket_id) AS n ON n.ticket_id = s.ticket_id)`, i, from, model.QuoteText(x.label()), after)
		from = fmt.Sprintf("FROM step_%d", i)
	}
	var reached []string
	missing := "CASE"
	for i, x := range m {
		if i < len(m)-1 {
			reached = append(reached, r.said("s", i, x))
		}
		text := x.known().absent
		if i > 0 {
			text += " after that"
		}
		missing += fmt.Sprintf(" WHEN s.at_%d IS NULL THEN %s", i, model.QuoteText(text))
	}
	fmt.Fprintf(&b, `
SELECT p.subject, p.ticket_id, p.occurred_at,
       concat_ws(', ', %s, %s END) AS reason
FROM population AS p JOIN step_%d AS s ON s.ticket_id = p.ticket_id
WHERE s.at_%[3]d IS NULL`, strings.Join(reached, ", "), missing, len(m)-1)
	return b.String()
}

// separation compares names without regard to case and blanks.
func (r *Rule) separation(m []Moment) string {
	words := "CASE b.what"
	var others []string
	for _, x := range m[1:] {
		k := x.known()
		text := "', " + strings.ReplaceAll(k.words, "'", "''") + "'"
		if !k.person {
			text = "', " + strings.ReplaceAll(k.words, "'", "''") + " by ' || b.who"
		}
		words += " WHEN " + model.QuoteText(x.label()) + " THEN " + text
		others = append(others, model.QuoteText(x.label()))
	}
	return r.happened(m...) + fmt.Sprintf(`
SELECT p.subject, p.ticket_id, p.occurred_at,
       string_agg(DISTINCT %s || a.who || %s END, '; ' ORDER BY %[1]s || a.who || %[2]s END) AS reason
FROM population AS p
JOIN happened AS a ON a.ticket_id = p.ticket_id AND a.what = %[3]s
JOIN happened AS b ON b.ticket_id = p.ticket_id AND b.what IN (%[4]s) AND lower(b.who) = lower(a.who)
GROUP BY p.subject, p.ticket_id, p.occurred_at`, model.QuoteText(m[0].known().words+" by "), words, model.QuoteText(m[0].label()), strings.Join(others, ", "))
}

// absence: the first that happened where it may not. The day on which the ticket came into the population is named too.
func (r *Rule) absence(x Moment, o *Over) string {
	moments := []Moment{x}
	var with []string
	text := "f.said"
	add := func(m Moment, sign, order string) {
		if !m.is() {
			return
		}
		i := len(moments)
		moments = append(moments, m)
		with = append(with, fmt.Sprintf("h.occurred_at %s g.at_%d", sign, i))
		if order == "first" {
			text = r.said("f", i, m) + " || ', ' || " + text
		} else {
			text += " || ', ' || " + r.said("f", i, m)
		}
	}
	if o != nil && o.Moment.label() != x.label() && !r.After.is() {
		text = model.QuoteText(o.Moment.known().words+" ") + " || strftime(p.occurred_at AT TIME ZONE $zone, '%-d %b %Y') || ', ' || f.said"
	}
	add(r.After, ">", "first")
	add(r.Before, "<", "last")
	cols := ""
	for i := 1; i < len(moments); i++ {
		cols += fmt.Sprintf(", g.at_%d", i)
	}
	where := ""
	if len(with) > 0 {
		where = " AND " + strings.Join(with, " AND ")
	}
	said := fmt.Sprintf("%s || coalesce(' ' || %s, '') || coalesce(' by ' || h.who, '')", model.QuoteText(x.known().words), r.clock("h.occurred_at"))
	return r.happened(moments...) + `, first AS (
` + firstOf(moments...) + fmt.Sprintf(`), found AS (
SELECT h.ticket_id%s, first(%s ORDER BY h.occurred_at NULLS LAST, h.who) AS said
FROM happened AS h JOIN first AS g ON g.ticket_id = h.ticket_id
WHERE h.what = %s%s
GROUP BY ALL)
SELECT p.subject, p.ticket_id, p.occurred_at, %s AS reason
FROM population AS p JOIN found AS f ON f.ticket_id = p.ticket_id`, cols, said, model.QuoteText(x.label()), where, text)
}

// limited adds to rows with two instants whether the time after the first is over at as-of (is_over), and whether the second
// came in it (in_time). Working time is that of the clock: seconds of calendar_piece, and a working day later is the
// same position in a later working day. What the calendar does not cover cannot be judged, and says so.
func (r *Rule) limited(from, start, end string) string {
	w := r.limit
	if r.Calendar == "" {
		due := start
		if w.Days > 0 { // the same clock time on a later day
			due = fmt.Sprintf("(%s AT TIME ZONE $zone + to_days(%d)) AT TIME ZONE $zone", due, w.Days)
		}
		if w.Seconds > 0 {
			due += fmt.Sprintf(" + to_seconds(%d)", w.Seconds)
		}
		return fmt.Sprintf("SELECT *, %s <= $as_of AS is_over, %s <= %[1]s AS in_time\nFROM %[3]s WHERE %[4]s IS NOT NULL", due, end, from, start)
	}
	due := "worked_from"
	if w.Days > 0 {
		due = "t.work_before + least(worked_from - d.work_before, t.work_seconds)"
	}
	if w.Seconds > 0 {
		due += fmt.Sprintf(" + %d", w.Seconds)
	}
	days := ""
	if w.Days > 0 {
		days = fmt.Sprintf(`
LEFT JOIN calendar_day AS d ON d.calendar_id = x.calendar_id AND d.ordinal = x.seat
LEFT JOIN calendar_day AS t ON t.calendar_id = x.calendar_id AND t.ordinal = x.seat + %d`, w.Days)
	}
	at := func(instant, alias string) string {
		return fmt.Sprintf("%[2]s.day_number = epoch_us(%[1]s) // 86400000000 AND epoch_us(%[1]s) // 1000000 >= %[2]s.piece_start AND epoch_us(%[1]s) // 1000000 < %[2]s.piece_end", instant, alias)
	}
	worked := func(instant, alias string) string {
		return fmt.Sprintf("%[2]s.work_before + %[2]s.works * (epoch_us(%[1]s) // 1000000 - %[2]s.piece_start)", instant, alias)
	}
	pieces := fmt.Sprintf("(SELECT p.* FROM calendar_piece AS p JOIN calendar_definition AS c ON c.calendar_id = p.calendar_id WHERE c.name = %s)", model.QuoteText(r.Calendar))
	return fmt.Sprintf(`-- working seconds up to each instant, and up to the end of the time that is given
SELECT x.*, worked_to <= due_work AS in_time,
       CASE WHEN due_work IS NULL OR worked_now IS NULL OR worked_to IS NULL AND %[2]s IS NOT NULL
            THEN error(%[8]s || %[1]s) ELSE worked_now > due_work END AS is_over
FROM (
SELECT x.*, %[3]s AS due_work
FROM (
SELECT f.*, a.calendar_id, a.seat, %[4]s AS worked_from, %[5]s AS worked_to, %[6]s AS worked_now
FROM %[7]s AS f
LEFT JOIN %[9]s AS a ON %[10]s
LEFT JOIN %[9]s AS b ON %[11]s
LEFT JOIN %[9]s AS n ON %[12]s
WHERE f.%[1]s IS NOT NULL) AS x%[13]s) AS x`,
		start, end, due, worked("f."+start, "a"), worked("f."+end, "b"), worked("$as_of", "n"), from,
		model.QuoteText("the calendar "+r.Calendar+" is not laid out for the time of "), pieces, at("f."+start, "a"), at("f."+end, "b"), at("$as_of", "n"), days)
}

// sql is the population that the short form stands for; limit leaves out what still has time.
func (o *Over) sql(r *Rule) string {
	m := o.Moment.known()
	from, at := "live_ticket AS t", "t."+m.column
	period := []string{at + " >= $period_from", at + " < $period_to"}
	if m.column == "" {
		from = "live_ticket AS t JOIN (\n    SELECT ticket_id, min(occurred_at) AS first_at\n    FROM (\n" + m.sql +
			"\n    ) AS m WHERE occurred_at >= $period_from AND occurred_at < $period_to GROUP BY ticket_id) AS m ON m.ticket_id = t.ticket_id"
		at, period = "m.first_at", nil
	}
	var where []string
	in := func(column string, values []string) {
		if len(values) > 0 {
			where = append(where, "t."+column+" IN ("+quoteAll(values)+")")
		}
	}
	in("kind", o.Kind)
	in("status", o.Status)
	in("change_type", o.ChangeType)
	in("outcome", o.Outcome)
	if len(o.Priority) > 0 {
		where = append(where, "t.priority IN ("+strings.Trim(strings.ReplaceAll(fmt.Sprint(o.Priority), " ", ", "), "[]")+")")
	}
	if o.IsMajor != nil {
		where = append(where, map[bool]string{true: "t.is_major", false: "NOT t.is_major"}[*o.IsMajor])
	}
	where = append(where, period...)
	if r != nil && slices.ContainsFunc(r.proof(), func(x Moment) bool { return x.known().history && x.label() != o.Moment.label() }) {
		where = append(where, "t.has_history")
	}
	for _, x := range o.With {
		where = append(where, "t.ticket_id IN (SELECT ticket_id FROM (\n"+x.known().sql+"\n))")
	}
	for _, x := range o.Without {
		where = append(where, "t.ticket_id NOT IN (SELECT ticket_id FROM (\n"+x.known().sql+"\n))")
	}
	if o.Where.Text != "" {
		where = append(where, "("+o.Where.Text+"\n)")
	}
	text := "SELECT t.ticket_id AS subject, t.ticket_id, " + at + " AS occurred_at\nFROM " + from
	if len(where) > 0 {
		text += "\nWHERE " + strings.Join(where, "\n  AND ")
	}
	if r == nil || r.limit == (config.Within{}) || len(r.kind().moments) == 0 || r.kind().moments[0].label() != o.Moment.label() {
		return text
	}
	return "-- Those that still have time are left out.\nSELECT subject, ticket_id, occurred_at\nFROM (\n" +
		r.limited("(SELECT *, CAST(NULL AS TIMESTAMPTZ) AS none FROM (\n"+text+"\n))", "occurred_at", "none") + "\n)\nWHERE is_over"
}

func quoteAll(values []string) string {
	var out []string
	for _, v := range values {
		out = append(out, model.QuoteText(v))
	}
	return strings.Join(out, ", ")
}
