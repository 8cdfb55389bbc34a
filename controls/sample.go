package controls

import (
	"crypto/sha256"
	"fmt"
	"sort"

	"deskproof/model"
)

// Sample draws n rows of a population (all, when it has no more) so that anybody can draw the same again: the rows are
// sorted by SHA-256 of seed and subject, and the first n are taken. The order in which the population comes does not
// matter. The drawn rows are given in the order of the draw, so that a larger sample only adds rows at the end.
func Sample(population []Row, seed string, n int) []Row {
	type drawn struct {
		hash [sha256.Size]byte
		row  Row
	}
	all := make([]drawn, len(population))
	for i, r := range population {
		all[i] = drawn{sha256.Sum256([]byte(seed + r.Subject)), r}
	}
	sort.Slice(all, func(i, j int) bool {
		if a, b := all[i], all[j]; a.hash != b.hash {
			return string(a.hash[:]) < string(b.hash[:])
		}
		return all[i].row.Subject < all[j].row.Subject
	})
	if n > len(all) {
		n = len(all)
	}
	out := make([]Row, 0, max(n, 0))
	for i := 0; i < n; i++ {
		out = append(out, all[i].row)
	}
	return out
}

// SampleSQL is the statement that draws the same sample in the warehouse.
func (k *Control) SampleSQL(p Params, seed string, n int) string {
	return k.compose(p, false, fmt.Sprintf(`SELECT CAST(subject AS VARCHAR) AS subject, CAST(ticket_id AS VARCHAR) AS ticket_id,
       CAST(occurred_at AS TIMESTAMPTZ) AS occurred_at
FROM population ORDER BY sha256(%s || subject), subject LIMIT %d`, model.QuoteText(seed), n)).text
}

// SampleMethod explains in two sentences how a sample was drawn.
func SampleMethod(seed string, n int, population int64) string {
	return fmt.Sprintf("%d of %d drawn at random: the population is sorted by SHA-256 of the seed %q followed by the subject, and the first %d are taken. "+
		"The same seed and population give the same sample; a larger sample begins with this one.", n, population, seed, n)
}

// SampleSize is how many things of a population an auditor customarily looks at, with the reason. The customs are those
// of frequency-based testing of controls; the whole population is tested anyway, the sample is for tracing by hand.
func SampleSize(frequency string, population int64) (n int, why string) {
	if population <= 0 {
		return 0, "the population is empty"
	}
	switch frequency {
	case "annually":
		n, why = 1, "it occurs once a year: 1 is customary"
	case "quarterly":
		n, why = 2, "it occurs quarterly: 2 to 4 are customary"
	case "monthly":
		n, why = 3, "it occurs monthly: 2 to 5 are customary"
	case "weekly":
		n, why = 10, "it occurs weekly: 5 to 15 are customary"
	case "daily":
		n, why = 25, "it occurs daily: 20 to 40 are customary, 25 most often"
	case "automated":
		n, why = 1, "it is automated: 1 a configuration is customary"
	default:
		// Per record: 25 to 60, the more the larger the population.
		switch {
		case population < 1000:
			n = 25
		case population < 10000:
			n = 40
		default:
			n = 60
		}
		why = "it occurs with every record: 25 to 60 are customary, 25 below 1,000, 40 below 10,000, else 60"
	}
	if int64(n) >= population {
		return int(population), why + "; the whole population is not larger than that"
	}
	return n, why
}
