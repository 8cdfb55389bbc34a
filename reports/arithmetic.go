package reports

import (
	"math"
	"sort"
)

// million is the unit of targets: they are kept in millionths, so that the allowance is counted exactly.
const million = 1_000_000

// KofN is k of n: n things counted, k of them as promised.
type KofN struct{ K, N int64 }

// Late is how many were not as promised.
func (c KofN) Late() int64 { return c.N - c.K }

// Share is k / n; NaN when nothing was counted.
func (c KofN) Share() float64 {
	if c.N == 0 {
		return math.NaN()
	}
	return float64(c.K) / float64(c.N)
}

// Promise judges a count against a target. Target is a share of one (0.95); every figure follows from whole
// numbers, before any rounding (blueprint 4.3).
type Promise struct {
	KofN
	Target float64
}

// missMillionths is the allowed share of late things in millionths.
func missMillionths(target float64) int64 { return million - int64(math.Round(target*million)) }

// Allowed is (1 − T) × n: how many may be late. It need not be whole.
func (p Promise) Allowed() float64 { return float64(missMillionths(p.Target)*p.N) / million }

// AllowedWhole is the number of things that may be late with the promise still kept.
func (p Promise) AllowedWhole() int64 { return missMillionths(p.Target) * p.N / million }

// Excess is late − allowed; it is negative when there was room.
func (p Promise) Excess() float64 { return float64(p.Late()) - p.Allowed() }

// ExcessWhole is the number of things too many that were late: so many fewer and the promise was kept.
func (p Promise) ExcessWhole() int64 { return max(0, p.Late()-p.AllowedWhole()) }

// Spare is how many more could have been late; negative when the promise was missed.
func (p Promise) Spare() int64 { return p.AllowedWhole() - p.Late() }

// Gap is actual − target, a difference of shares; NaN when nothing was counted.
func (p Promise) Gap() float64 { return p.Share() - p.Target }

// Kept says whether the promise was kept. It compares whole numbers, so 94.999 % never keeps 95 %.
func (p Promise) Kept() bool { return p.Late()*million <= missMillionths(p.Target)*p.N }

// Status is not measured when nothing was counted; watch when more than nine tenths of the allowance are used.
func (p Promise) Status() Status {
	switch {
	case p.N == 0:
		return StatusNotMeasured
	case !p.Kept():
		return StatusMissed
	case p.Late() > 0 && p.Late()*10*million > missMillionths(p.Target)*p.N*9:
		return StatusWatch
	}
	return StatusMet
}

// Group is one part of a partition: its name, what was counted in it and the target that holds for it.
type Group struct {
	Name string
	KofN
	Target float64
}

// Contribution is what a group accounts for in the gap to the target.
type Contribution struct {
	Group
	Excess float64 // late − (1 − T) × n: things too many that were late in the group; negative = better than promised
	Share  float64 // of the whole excess; NaN where shares would mislead
}

// Contributions splits the excess of a partition by group, largest first; equal ones by name. Shares are given only
// when the whole is a real excess and no group of weight points the other way: shares above 100 % confuse.
func Contributions(groups []Group) (list []Contribution, excess float64, shares bool) {
	for _, g := range groups {
		if g.N == 0 {
			continue
		}
		e := Promise{g.KofN, g.Target}.Excess()
		excess += e
		list = append(list, Contribution{Group: g, Excess: e, Share: math.NaN()})
	}
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := list[i].Excess, list[j].Excess; math.Abs(a-b) > 1e-9 {
			return a > b
		}
		return list[i].Name < list[j].Name
	})
	excess = roundTo(excess, 9)
	shares = excess >= 1
	for _, c := range list {
		// A group weighs when it moves at least one thing and a tenth of the whole.
		if c.Excess <= -1 && -c.Excess >= excess/10 || c.Excess > excess+1e-9 {
			shares = false
		}
	}
	if shares {
		for i := range list {
			list[i].Share = list[i].Excess / excess
		}
	}
	return list, excess, shares
}

// TopContributions is the shortest head of a sorted list that explains four fifths of the positive excess, at most
// limit groups; rest is the sum of all others and others their number, so that the parts add up to the whole.
func TopContributions(list []Contribution, limit int) (top []Contribution, rest float64, others int) {
	positive := 0.0
	for _, c := range list {
		positive += max(0, c.Excess)
	}
	sum := 0.0
	for i, c := range list {
		if i >= limit || c.Excess <= 0 || sum >= 0.8*positive-1e-9 {
			break
		}
		top = append(top, c)
		sum += c.Excess
	}
	for _, c := range list[len(top):] {
		rest += c.Excess
		others++
	}
	return top, rest, others
}

// Change splits the change of a rate between two periods over the groups of one partition, exactly and without a
// residual: rate effect = mean weight × change of rate, mix effect = (mean rate − overall mean rate) × change of
// weight. A group that appears or vanishes is all mix. Both are differences of shares.
func Change(before, now map[string]KofN) (total, rate, mix float64, ok bool) {
	all := func(m map[string]KofN) (c KofN) {
		for _, g := range m {
			c.K, c.N = c.K+g.K, c.N+g.N
		}
		return c
	}
	b, n := all(before), all(now)
	if b.N == 0 || n.N == 0 {
		return 0, 0, 0, false
	}
	names := map[string]bool{}
	for g := range before {
		names[g] = true
	}
	for g := range now {
		names[g] = true
	}
	sorted := make([]string, 0, len(names))
	for g := range names {
		sorted = append(sorted, g)
	}
	sort.Strings(sorted) // sums of floats depend on their order
	overall := (b.Share() + n.Share()) / 2
	for _, g := range sorted {
		x, y := before[g], now[g]
		wb, wn := float64(x.N)/float64(b.N), float64(y.N)/float64(n.N)
		switch {
		case x.N == 0 && y.N == 0:
		case x.N == 0:
			mix += (y.Share() - overall) * wn
		case y.N == 0:
			mix -= (x.Share() - overall) * wb
		default:
			rate += (wb + wn) / 2 * (y.Share() - x.Share())
			mix += ((x.Share()+y.Share())/2 - overall) * (wn - wb)
		}
	}
	return n.Share() - b.Share(), rate, mix, true
}

// TieOut is the balance of a backlog: open at start + opened + reopened − resolved − cancelled = open at end.
type TieOut struct{ OpenAtStart, Opened, Reopened, Resolved, Cancelled, OpenAtEnd int64 }

// Expected is what the left side gives.
func (t TieOut) Expected() int64 {
	return t.OpenAtStart + t.Opened + t.Reopened - t.Resolved - t.Cancelled
}

// Difference is open at end minus what the movements give: 0 when the books balance.
func (t TieOut) Difference() int64 { return t.OpenAtEnd - t.Expected() }

// XmR holds the limits of an individuals chart: mean ± 2.66 × mean moving range, with moving ranges above
// 3.267 × the mean range left out once (blueprint 3.4). Fewer than eight points give no limits.
func XmR(points []float64) (l Limits, ok bool) {
	if len(points) < 8 {
		return Limits{}, false
	}
	sum := 0.0
	for _, p := range points {
		sum += p
	}
	mean := sum / float64(len(points))
	var ranges []float64
	for i := 1; i < len(points); i++ {
		ranges = append(ranges, math.Abs(points[i]-points[i-1]))
	}
	avg := func(r []float64) float64 {
		s := 0.0
		for _, x := range r {
			s += x
		}
		if len(r) == 0 {
			return 0
		}
		return s / float64(len(r))
	}
	first := avg(ranges)
	var kept []float64
	for _, r := range ranges {
		if r <= 3.267*first {
			kept = append(kept, r)
		}
	}
	mr := avg(kept)
	return Limits{Low: mean - 2.66*mr, Mean: mean, High: mean + 2.66*mr}, true
}

// Signal says whether the last point stands out, by which rule, and to which side (+1 up, −1 down). The rules are the
// four of NHS "Making Data Count"; no more, because each adds false alarms.
func Signal(points []float64, l Limits) (rule string, side int) {
	n := len(points)
	if n == 0 {
		return "", 0
	}
	last := points[n-1]
	switch {
	case last > l.High+1e-12:
		return "one point outside the limits", 1
	case last < l.Low-1e-12:
		return "one point outside the limits", -1
	}
	if n >= 7 {
		up, down, rise, fall := true, true, true, true
		for i := n - 7; i < n; i++ {
			up = up && points[i] > l.Mean
			down = down && points[i] < l.Mean
			if i > n-7 {
				rise = rise && points[i] > points[i-1]
				fall = fall && points[i] < points[i-1]
			}
		}
		switch {
		case up:
			return "seven months on one side of the mean", 1
		case down:
			return "seven months on one side of the mean", -1
		case rise:
			return "seven months rising", 1
		case fall:
			return "seven months falling", -1
		}
	}
	if n >= 3 {
		third := (l.High - l.Mean) * 2 / 3
		hi, lo := 0, 0
		for _, p := range points[n-3:] {
			if p > l.Mean+third {
				hi++
			}
			if p < l.Mean-third {
				lo++
			}
		}
		if third > 0 && hi >= 2 && last > l.Mean+third {
			return "two of three months near the limit", 1
		}
		if third > 0 && lo >= 2 && last < l.Mean-third {
			return "two of three months near the limit", -1
		}
	}
	return "", 0
}
