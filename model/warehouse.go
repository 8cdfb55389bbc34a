package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Warehouse is the DuckDB file opened for writing. One process at a time may hold it; readers use snapshots.
type Warehouse struct {
	*DB
	Path   string
	Notes  []string // what a person should know about the opening, e.g. a ledger that had to be started anew
	lock   *flock.Flock
	ledger *ledger
}

// holder is what the lock file says about the process that writes.
type holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// BusyError says that another process writes to the warehouse.
type BusyError struct {
	Path    string
	PID     int
	Command string    // empty when the other process is not deskproof
	Since   time.Time // zero when not known
	Detail  string
}

// Error names the process and what to do.
func (e *BusyError) Error() string {
	who := "another process"
	if e.Command != "" {
		who = fmt.Sprintf("`%s` (process %d)", e.Command, e.PID)
	} else if e.PID > 0 {
		who = fmt.Sprintf("another program (process %d)", e.PID)
	}
	s := fmt.Sprintf("%s: %s is writing to the warehouse", e.Path, who)
	if !e.Since.IsZero() {
		s += " since " + e.Since.Format("2006-01-02 15:04:05 MST")
	}
	s += "; wait until it is done, or stop it. Reading (sql, report, explain) works meanwhile"
	if e.Detail != "" {
		s += " [" + e.Detail + "]"
	}
	return s
}

// OpenWarehouse opens, or creates, the warehouse for writing. command names what is being done, for the message that
// a second writer gets. now stamps the lock. The error is *BusyError while another process writes and *LedgerError
// when the file holds less than was acknowledged.
func OpenWarehouse(ctx context.Context, path, command string, now time.Time) (*Warehouse, error) {
	// DuckDB takes what stands behind a question mark for options, in the name of a folder as well.
	if full, err := filepath.Abs(path); err != nil || strings.ContainsAny(full, "?\x00") {
		return nil, fmt.Errorf("the warehouse cannot stand at %q: no folder on the way to it, nor its name, may contain a question mark; use another folder, or name one with warehouse: in the configuration or --warehouse", full)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(path + ".lock")
	got, err := lock.TryLock()
	if errors.Is(err, fs.ErrPermission) {
		return nil, noPermission(path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the warehouse %s: %w", path, err)
	}
	if !got {
		busy := &BusyError{Path: path}
		if b, err := os.ReadFile(path + ".lock"); err == nil {
			var h holder
			if json.Unmarshal(b, &h) == nil {
				busy.PID, busy.Command, busy.Since = h.PID, h.Command, h.Since
			}
		}
		return nil, busy
	}
	w := &Warehouse{Path: path, lock: lock}
	if b, err := json.Marshal(holder{os.Getpid(), command, now.UTC().Truncate(time.Second)}); err == nil {
		// Only a message depends on it, so a failure to write is no reason to stop.
		_ = os.WriteFile(path+".lock", b, 0o644)
	}
	if err := w.open(ctx); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return w, nil
}

func (w *Warehouse) open(ctx context.Context) error {
	db, err := openDB(ctx, w.Path+"?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		return explainOpen(w.Path, err)
	}
	w.DB = db
	if err := migrate(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	w.ledger = &ledger{path: w.Path + ".ledger"}
	note, err := w.ledger.compare(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if note != "" {
		w.Notes = append(w.Notes, note)
	}
	return nil
}

// explainOpen turns DuckDB's messages about opening into words and names the other process.
func explainOpen(path string, err error) error {
	msg := err.Error()
	switch {
	case strings.Contains(msg, "Could not set lock"):
		busy := &BusyError{Path: path}
		if i := strings.Index(msg, "(PID "); i >= 0 {
			_, _ = fmt.Sscanf(msg[i:], "(PID %d)", &busy.PID)
		}
		return busy
	case strings.Contains(msg, "not a valid DuckDB database"):
		return fmt.Errorf("%s is not a warehouse: it is no DuckDB file; name another with --warehouse or remove it", path)
	case strings.Contains(msg, "database does not exist"):
		return fmt.Errorf("%s: there is no warehouse; `deskproof collect` makes one", path)
	case strings.Contains(msg, "Permission denied"):
		return noPermission(path)
	case strings.Contains(msg, "Is a directory"):
		return fmt.Errorf("%s is a folder, not a warehouse: name another file with --warehouse, or move the folder away", path)
	}
	return fmt.Errorf("open the warehouse %s: %w", path, err)
}

func noPermission(path string) error {
	return fmt.Errorf("no permission to write the warehouse %s: use a folder that you may write to, or name another file with --warehouse", path)
}

// Acknowledge makes everything durable that was committed, writes it into the ledger and so promises to keep it.
// Call it once a run is committed.
func (w *Warehouse) Acknowledge(ctx context.Context) error {
	if err := w.Exec(ctx, "CHECKPOINT"); err != nil {
		return err
	}
	return w.ledger.append(ctx, w.DB)
}

// Close closes the warehouse without publishing.
func (w *Warehouse) Close() error {
	err := w.DB.Close()
	return errors.Join(err, w.lock.Unlock())
}

// Publish closes the warehouse and puts a complete copy of it where readers find it.
// The database is closed first: a copy made while it is open would drop the lock that DuckDB holds on its file.
func (w *Warehouse) Publish(ctx context.Context) error {
	err := w.Exec(ctx, "CHECKPOINT")
	err = errors.Join(err, w.DB.Close())
	if err == nil {
		err = publish(w.Path)
	}
	return errors.Join(err, w.lock.Unlock())
}

// SnapshotPath is the newest published copy of the warehouse.
func SnapshotPath(path string) (string, error) {
	b, err := os.ReadFile(filepath.Join(snapshotDir(path), pointerName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: nothing has been published yet; run `deskproof collect` and `deskproof build`", path)
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(snapshotDir(path), filepath.Base(strings.TrimSpace(string(b)))), nil
}

// OpenSnapshot opens the newest published copy, read-only. Temporary tables are possible; files, network and
// extensions are out of reach.
func OpenSnapshot(ctx context.Context, path string) (*DB, error) {
	return openPublished(ctx, path, "access_mode=read_only&enable_external_access=false&"+offline, "SET TimeZone='UTC'")
}

// OpenAdHoc opens the newest published copy for queries that a person types: read-only, nothing outside the
// warehouse can be reached, settings cannot be changed. Times are shown in zone.
func OpenAdHoc(ctx context.Context, path, zone string) (*DB, error) {
	return openPublished(ctx, path, "access_mode=read_only&enable_external_access=false&"+offline,
		"SET TimeZone="+QuoteText(zone), "SET lock_configuration=true")
}

func openPublished(ctx context.Context, path, options string, setup ...string) (*DB, error) {
	var last error
	// A publication between reading the pointer and opening may remove the file: look again.
	for range 3 {
		snap, err := SnapshotPath(path)
		if err != nil {
			return nil, err
		}
		db, err := openDB(ctx, snap+"?"+options, setup...)
		if err == nil {
			return db, nil
		}
		last = explainOpen(snap, err)
	}
	return nil, last
}

// OpenPrivateCopy copies the newest published warehouse into dir and opens the copy for writing: to look at the same
// records as of another moment without touching what others read. Files, network and extensions are out of reach. The
// caller removes dir.
func OpenPrivateCopy(ctx context.Context, path, dir string) (*DB, error) {
	snap, err := SnapshotPath(path)
	if err != nil {
		return nil, err
	}
	to := filepath.Join(dir, "private.duckdb")
	if err := copyFile(snap, to); err != nil {
		return nil, err
	}
	return openDB(ctx, to+"?enable_external_access=false&"+offline, "SET TimeZone='UTC'")
}
