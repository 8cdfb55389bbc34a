package model

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"strings"
)

// ledger is the append-only list of runs beside the warehouse. A DuckDB file that opens is not thereby whole: a
// write-ahead log that was cut loses rows without an error. The ledger knows how many there must be.
type ledger struct {
	path string
	last string // hash of the last line
	runs map[int64]bool
}

// ledgerLine is one acknowledged run.
type ledgerLine struct {
	Run      int64            `json:"run"`
	Rows     map[string]int64 `json:"rows"`     // source/entity → raw versions that the run stored
	Root     string           `json:"root"`     // SHA-256 over the hashes of these versions
	Previous string           `json:"previous"` // SHA-256 of the line before
}

// LedgerError says that the warehouse holds less than was acknowledged.
type LedgerError struct {
	Path  string
	Lines []string
}

// Error names the runs and what is missing.
func (e *LedgerError) Error() string {
	return fmt.Sprintf("%s holds less than its ledger acknowledges:\n  %s\nRestore the file from a backup, or collect again into a new warehouse (move %s and %s.ledger away)",
		e.Path, strings.Join(e.Lines, "\n  "), e.Path, e.Path)
}

func (l *ledger) read() ([]ledgerLine, error) {
	l.runs, l.last = map[int64]bool{}, ""
	data, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// A line without its end was being written when the process died: it was never acknowledged.
	if i := bytes.LastIndexByte(data, '\n'); i+1 < len(data) {
		data = data[:i+1]
		if err := os.Truncate(l.path, int64(len(data))); err != nil {
			return nil, err
		}
	}
	var out []ledgerLine
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 16<<20)
	for n := 1; sc.Scan(); n++ {
		var line ledgerLine
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%s:%d: this line is not from deskproof: %w", l.path, n, err)
		}
		if line.Previous != l.last {
			return nil, fmt.Errorf("%s:%d: the chain of hashes is broken: a line before it was changed or removed", l.path, n)
		}
		l.last = hashText(sc.Text())
		l.runs[line.Run] = true
		out = append(out, line)
	}
	return out, sc.Err()
}

// compare reads the ledger and checks that the warehouse holds every acknowledged row.
// Runs that the warehouse has beyond the ledger were committed by a process that died before it acknowledged them:
// they are added.
func (l *ledger) compare(ctx context.Context, db *DB) (note string, err error) {
	lines, err := l.read()
	if err != nil {
		return "", err
	}
	have, err := runRows(ctx, db)
	if err != nil {
		return "", err
	}
	var short []string
	for _, line := range lines {
		got := have[line.Run]
		names := make([]string, 0, len(line.Rows))
		for n := range line.Rows {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			if g := got[n]; g < line.Rows[n] {
				short = append(short, fmt.Sprintf("run %d, %s: %d of %d records are there, %d are missing", line.Run, n, g, line.Rows[n], line.Rows[n]-g))
			}
		}
	}
	if len(short) > 0 {
		return "", &LedgerError{Path: strings.TrimSuffix(l.path, ".ledger"), Lines: short}
	}
	if len(lines) == 0 && len(have) > 0 {
		note = fmt.Sprintf("%s was missing: whether the warehouse is whole cannot be told from before; a new ledger begins", l.path)
	}
	return note, l.append(ctx, db)
}

// append writes a line for each run that the ledger does not have yet, and syncs.
func (l *ledger) append(ctx context.Context, db *DB) error {
	have, err := runRows(ctx, db)
	if err != nil {
		return err
	}
	var fresh []int64
	for run := range have {
		if !l.runs[run] {
			fresh = append(fresh, run)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	sort.Slice(fresh, func(i, j int) bool { return fresh[i] < fresh[j] })
	roots, err := runRoots(ctx, db, fresh[0])
	if err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	for _, run := range fresh {
		b, err := json.Marshal(ledgerLine{run, have[run], roots[run], l.last})
		if err != nil {
			return errors.Join(err, f.Close())
		}
		if _, err := f.Write(append(b, '\n')); err != nil {
			return errors.Join(err, f.Close())
		}
		l.last, l.runs[run] = hashText(string(b)), true
	}
	return errors.Join(f.Sync(), f.Close())
}

// runRows counts the raw versions that each run stored; a run that stored nothing is there with no entries.
func runRows(ctx context.Context, db *DB) (map[int64]map[string]int64, error) {
	type row struct {
		RunID int64
		Name  string
		N     int64
	}
	rows, err := Select[row](ctx, db, `SELECT r.run_id, coalesce(w.source || '/' || w.entity, '') AS name, count(w.run_id) AS n
		FROM collection_run r LEFT JOIN raw_record w ON w.run_id = r.run_id GROUP BY ALL ORDER BY ALL`)
	if err != nil {
		return nil, err
	}
	out := map[int64]map[string]int64{}
	for _, r := range rows {
		if out[r.RunID] == nil {
			out[r.RunID] = map[string]int64{}
		}
		if r.Name != "" {
			out[r.RunID][r.Name] = r.N
		}
	}
	return out, nil
}

// runRoots gives, for each run from the given one on, the hash over the hashes of the versions that it stored.
func runRoots(ctx context.Context, db *DB, from int64) (map[int64]string, error) {
	type row struct {
		RunID int64
		Root  string
	}
	rows, err := Select[row](ctx, db, `SELECT r.run_id, coalesce(sha256(string_agg(w.sha256, '' ORDER BY w.source, w.entity, w.key, w.version)), '') AS root
		FROM collection_run r LEFT JOIN raw_record w ON w.run_id = r.run_id WHERE r.run_id >= ? GROUP BY r.run_id`, from)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.RunID] = r.Root
	}
	return out, nil
}

func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
