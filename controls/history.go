package controls

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// Check is a check of the whole catalogue that the warehouse remembers.
type Check struct {
	CheckID         int64     // from 1
	AsOf            time.Time // moment of the check, UTC
	PeriodFrom      time.Time // period tested, UTC
	PeriodTo        time.Time // not included
	LastRunID       int64     // newest collection run in the records
	ConfigSHA256    string    `db:"config_sha256"`
	CatalogueSHA256 string    `db:"catalogue_sha256"`
	ResultsSHA256   string    `db:"results_sha256"`
	ToolVersion     string
}

// Describe gives results the shape in which the history remembers them. The records' run, the configuration's hash and
// the program's version come from the caller; the number is given when it is stored.
func Describe(r *Results, lastRun int64, configSHA256, version string) Check {
	return Check{AsOf: r.AsOf, PeriodFrom: r.Params().from(), PeriodTo: r.To, LastRunID: lastRun, ConfigSHA256: configSHA256,
		CatalogueSHA256: r.CatalogueSHA256, ResultsSHA256: r.sha256(), ToolVersion: version}
}

// sha256 is the hash of what was found, control by control and requirement by requirement.
func (r *Results) sha256() string {
	h := sha256.New()
	for _, c := range r.Controls {
		fmt.Fprintf(h, "%q %q %d %t\n", c.Control.ID, c.Status, c.Population, c.Inputs)
		for _, e := range c.Exceptions {
			fmt.Fprintf(h, " %q %q\n", e.Subject, e.Reason)
		}
	}
	for _, q := range r.Requirements {
		fmt.Fprintf(h, "%q %q\n", q.ID, q.Status)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Checks lists the checks that the warehouse remembers, oldest first.
func Checks(ctx context.Context, db *model.DB) ([]Check, error) {
	return model.Select[Check](ctx, db, `SELECT check_id, as_of, period_from, period_to, last_run_id, config_sha256, catalogue_sha256, results_sha256, tool_version
		FROM check_run ORDER BY check_id`)
}

// same tells that a remembered check is this one: the same moment and period, and for a check of the whole catalogue the
// same findings, for a part of it the same records and definitions.
func (c Check) same(now Check, whole bool) bool {
	if !c.AsOf.Equal(now.AsOf) || !c.PeriodFrom.Equal(now.PeriodFrom) || !c.PeriodTo.Equal(now.PeriodTo) {
		return false
	}
	if whole {
		return c.ResultsSHA256 == now.ResultsSHA256 && c.CatalogueSHA256 == now.CatalogueSHA256
	}
	return c.LastRunID == now.LastRunID && c.ConfigSHA256 == now.ConfigSHA256 && c.CatalogueSHA256 == now.CatalogueSHA256
}

// ErrNoEarlier tells that the warehouse remembers no check before this one.
var ErrNoEarlier = errors.New("there is no earlier check")

// Baseline finds an earlier check, one that stands for an earlier moment, or for the same one and was made before:
// "last" is the newest, a number is a check's, a day (2026-09-30) is the
// newest check that stood for that day or an earlier one. whole tells that now is a check of the whole catalogue. The
// error says which checks there are.
func Baseline(ctx context.Context, db *model.DB, which string, now Check, whole bool, zone *time.Location) (Check, error) {
	all, err := Checks(ctx, db)
	if err != nil {
		return Check{}, err
	}
	own := int64(math.MaxInt64) // number of this check, where it is remembered already
	for _, c := range all {
		if c.same(now, whole) {
			own = min(own, c.CheckID)
		}
	}
	var earlier []Check // by moment, then by number
	for _, c := range all {
		if c.AsOf.Before(now.AsOf) || c.AsOf.Equal(now.AsOf) && c.CheckID < own {
			earlier = append(earlier, c)
		}
	}
	sort.SliceStable(earlier, func(i, j int) bool { return earlier[i].AsOf.Before(earlier[j].AsOf) })
	pick := func(ok func(Check) bool, what string) (Check, error) {
		for i := len(earlier) - 1; i >= 0; i-- {
			if ok(earlier[i]) {
				return earlier[i], nil
			}
		}
		return Check{}, fmt.Errorf("--baseline %s: %s; %s", which, what, remembered(earlier, zone))
	}
	if which == "last" && len(earlier) == 0 {
		return Check{}, fmt.Errorf("--baseline %s: %w; %s", which, ErrNoEarlier, remembered(earlier, zone))
	}
	if which == "last" {
		return earlier[len(earlier)-1], nil
	}
	if n, err := strconv.ParseInt(which, 10, 64); err == nil && len(which) < 8 && !isYear(which) {
		return pick(func(c Check) bool { return c.CheckID == n }, "there is no such earlier check")
	}
	day, err := config.ParseAsOf(which, zone)
	if err != nil {
		return Check{}, fmt.Errorf("--baseline %s: name last, the number of a check, or a day such as 2026-09-30; %s", which, remembered(earlier, zone))
	}
	return pick(func(c Check) bool { return !c.AsOf.After(day) }, "no check stands for that day or an earlier one")
}

// isYear keeps 2026 from being read as the number of a check: neither is meant for sure, so the message asks.
func isYear(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }

// remembered lists checks in words, the newest five.
func remembered(checks []Check, zone *time.Location) string {
	if len(checks) == 0 {
		return "a check of the whole catalogue is remembered each time that `deskproof check` runs"
	}
	var parts []string
	for i := len(checks) - 1; i >= 0 && len(parts) < 5; i-- {
		parts = append(parts, fmt.Sprintf("%d (as of %s)", checks[i].CheckID, checks[i].AsOf.In(zone).Format("2 January 2006 15:04")))
	}
	return "there are: " + strings.Join(parts, ", ")
}

// Remember adds these results to the history, and gives the number of the check: that of the one that found the same at
// the same moment, where there is one. It belongs into the transaction of the caller.
func Remember(ctx context.Context, db *model.DB, r *Results, now Check) (int64, error) {
	all, err := Checks(ctx, db)
	if err != nil {
		return 0, err
	}
	id := int64(1)
	for _, c := range all {
		if c.same(now, true) {
			return c.CheckID, nil
		}
		id = max(id, c.CheckID+1)
	}
	write := func(table string, columns []string, rows func(add func(...driver.Value) error) error) error {
		a, err := db.NewAppender(ctx, table, append([]string{"check_id"}, columns...)...)
		if err != nil {
			return err
		}
		if err := rows(func(v ...driver.Value) error { return a.Append(append([]driver.Value{id}, v...)...) }); err != nil {
			return err
		}
		return a.Close()
	}
	err = write("check_run", []string{"as_of", "period_from", "period_to", "last_run_id", "config_sha256", "catalogue_sha256", "results_sha256", "tool_version"},
		func(add func(...driver.Value) error) error {
			return add(now.AsOf, now.PeriodFrom, now.PeriodTo, now.LastRunID, now.ConfigSHA256, now.CatalogueSHA256, now.ResultsSHA256, now.ToolVersion)
		})
	if err != nil {
		return 0, err
	}
	err = write("check_control", []string{"control", "title", "status", "population", "exceptions", "definition_sha256"}, func(add func(...driver.Value) error) error {
		for _, c := range r.Controls {
			population, exceptions := c.counts()
			if err := add(c.Control.ID, c.Control.Title, string(c.Status), population, exceptions, c.SHA256); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = write("check_exception", []string{"control", "subject", "ticket_id", "reason"}, func(add func(...driver.Value) error) error {
		for _, c := range r.Controls {
			for _, e := range c.Exceptions {
				if err := add(c.Control.ID, e.Subject, orNull(e.TicketID), e.Reason); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return id, write("check_requirement", []string{"requirement", "status"}, func(add func(...driver.Value) error) error {
		for _, q := range r.Requirements {
			if q.Heading {
				continue
			}
			if err := add(q.ID, string(q.Status)); err != nil {
				return err
			}
		}
		return nil
	})
}
