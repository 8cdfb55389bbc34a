// Package model holds the warehouse: one DuckDB file with the records of the service desk as the sources
// gave them, the canonical model made from them, and what is computed from that.
//
// It is the only package that imports the DuckDB driver; every other package works through DB. Opening,
// locking, publishing and checking of the file are here; the tables are in model/schema; what is computed
// stands in model/calendar, model/sla and model/metrics. model imports no other part of deskproof.
package model

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
)

// DB is one connection to a DuckDB database. Temporary tables, settings and transactions belong to it.
// It is not safe for use by several goroutines at once. Instants are TIMESTAMPTZ and scan as UTC.
type DB struct {
	pool    *sql.DB
	conn    *sql.Conn
	tx      bool
	threads int // as set by UseThreads; 0 = not yet
}

// openDB opens a database with a DSN that the caller has made safe.
func openDB(ctx context.Context, dsn string, setup ...string) (*DB, error) {
	connector, err := duckdb.NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	db := &DB{pool: pool, conn: conn}
	// First, because a setting may lock all others.
	if err := db.UseThreads(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	for _, s := range setup {
		if err := db.Exec(ctx, s); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// offline keeps DuckDB from loading anything over the network; it is part of every DSN.
const offline = "autoinstall_known_extensions=false&autoload_known_extensions=false&allow_community_extensions=false"

// OpenMemory opens an empty database in memory with the whole schema: for tests and for work that leaves no file.
func OpenMemory(ctx context.Context) (*DB, error) {
	db, err := openDB(ctx, "?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenSealed is OpenMemory with files, network and extensions out of reach: for SQL that somebody wrote.
func OpenSealed(ctx context.Context) (*DB, error) {
	db, err := OpenMemory(ctx)
	if err != nil {
		return nil, err
	}
	if err := db.Exec(ctx, "SET enable_external_access=false"); err != nil { // not before: the schema may be read from a file
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close ends the connection and closes the database.
func (d *DB) Close() error { return errors.Join(d.conn.Close(), d.pool.Close()) }

// Exec runs one or more statements. Arguments bind to ? and only with a single statement.
func (d *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := d.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return &SQLError{Query: query, Err: err}
	}
	return nil
}

// ExecCount runs one statement and returns how many rows it changed.
func (d *DB) ExecCount(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := d.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, &SQLError{Query: query, Err: err}
	}
	return res.RowsAffected()
}

// Query runs one statement that returns rows. The caller closes them.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, &SQLError{Query: query, Err: err}
	}
	return rows, nil
}

// QueryRow runs a statement that returns one row.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return d.conn.QueryRowContext(ctx, query, args...)
}

// InTx runs f in a transaction: every error rolls back. A transaction inside a transaction joins it.
// DuckDB's Commit after a failed statement reports success and stores nothing, so f must return every error.
func (d *DB) InTx(ctx context.Context, f func(ctx context.Context) error) (err error) {
	if d.tx {
		return f(ctx)
	}
	if err := d.Exec(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	d.tx = true
	defer func() {
		d.tx = false
		if err != nil {
			// The context may be gone; the rollback must happen all the same.
			if rb := d.Exec(context.WithoutCancel(ctx), "ROLLBACK"); rb != nil && !strings.Contains(rb.Error(), "no transaction is active") {
				err = errors.Join(err, rb)
			}
		}
	}()
	if err := f(ctx); err != nil {
		return err
	}
	return d.Exec(ctx, "COMMIT")
}

// Renew commits what the transaction did so far and begins the next one: what was done stays, whatever follows. It may
// be called only inside InTx, and only while no statement of the transaction has failed.
func (d *DB) Renew(ctx context.Context) error {
	if !d.tx {
		return errors.New("there is no transaction to renew")
	}
	if err := d.Exec(ctx, "COMMIT"); err != nil {
		return err
	}
	return d.Exec(ctx, "BEGIN TRANSACTION")
}

// SQLError is an error of the database together with the statement that met it.
type SQLError struct {
	Query string
	Err   error
}

// Error says what DuckDB said and shows the first lines of the statement.
func (e *SQLError) Error() string {
	q := strings.TrimSpace(e.Query)
	if lines := strings.SplitN(q, "\n", 5); len(lines) > 4 {
		q = strings.Join(lines[:4], "\n") + "\n…"
	}
	if len(q) > 600 {
		q = q[:600] + "…"
	}
	return fmt.Sprintf("%v\n  in: %s", e.Err, strings.ReplaceAll(q, "\n", "\n      "))
}

// Unwrap gives DuckDB's own error.
func (e *SQLError) Unwrap() error { return e.Err }

// Appender loads rows into a table much faster than INSERT. It joins the transaction of its DB.
type Appender struct {
	db       *DB
	app      *duckdb.Appender
	Repaired int64 // texts whose invalid UTF-8 was replaced by U+FFFD: DuckDB would store NULL for them
	rows     int64
}

// NewAppender starts loading into table; columns names the columns that rows give, in order (none = all).
// Columns that are not named become NULL or their default.
func (d *DB) NewAppender(ctx context.Context, table string, columns ...string) (*Appender, error) {
	a := &Appender{db: d}
	err := d.conn.Raw(func(raw any) error {
		c, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("the database driver gives no connection to append to %s", table)
		}
		var err error
		if len(columns) == 0 {
			a.app, err = duckdb.NewAppenderFromConn(c, "", table)
			return err
		}
		a.app, err = duckdb.NewAppenderWithColumns(c, "", "", table, columns)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("append to %s: %w", table, err)
	}
	return a, nil
}

// longText is from how many bytes on a copy of a text costs more than the word of it; shorter ones also go to columns that
// hold no text.
const longText = 128

// Append adds one row. Supported values: nil, string, bool, int, int32, int64, float64, time.Time, []byte.
func (a *Appender) Append(values ...driver.Value) error {
	for i, v := range values {
		switch x := v.(type) {
		case string:
			if !utf8.ValidString(x) {
				x = strings.ToValidUTF8(x, "\uFFFD")
				values[i] = x
				a.Repaired++
			}
			if len(x) >= longText {
				// The driver would copy a text to get at its bytes. It only reads them.
				values[i] = unsafe.Slice(unsafe.StringData(x), len(x))
			}
		case int:
			values[i] = int64(x)
		}
	}
	a.rows++
	return a.app.AppendRow(values...)
}

// Rows is how many rows were appended so far.
func (a *Appender) Rows() int64 { return a.rows }

// Close writes what is left. Errors of constraints show up here.
func (a *Appender) Close() error { return a.app.Close() }

// Select reads all rows of a query into structs. A column goes to the field whose db tag, or whose name in
// snake_case, is its name; a column without a field, or a field with a db tag but no column, is an error.
// NULL leaves the zero value, unless the field is a pointer.
func Select[T any](ctx context.Context, d *DB, query string, args ...any) ([]T, error) {
	rows, err := d.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	typ := reflect.TypeFor[T]()
	index := make([]int, len(names))
	if typ.Kind() == reflect.Struct && typ != reflect.TypeFor[time.Time]() {
		for i, n := range names {
			index[i] = fieldIndex(typ, n)
			if index[i] < 0 {
				return nil, fmt.Errorf("column %q of the query has no field in %s\n  in: %s", n, typ, firstLine(query))
			}
		}
	} else if len(names) != 1 {
		return nil, fmt.Errorf("%d columns cannot go into one %s", len(names), typ)
	}
	var out []T
	for rows.Next() {
		var item T
		v := reflect.ValueOf(&item).Elem()
		dest := make([]any, len(names))
		holders := make([]reflect.Value, len(names))
		for i := range names {
			f := v
			if typ.Kind() == reflect.Struct && typ != reflect.TypeFor[time.Time]() {
				f = v.Field(index[i])
			}
			// Scanning into a pointer to the type makes NULL the zero value.
			holders[i] = reflect.New(reflect.PointerTo(f.Type()))
			if f.Kind() == reflect.Pointer {
				holders[i] = reflect.New(f.Type())
			}
			dest[i] = holders[i].Interface()
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, &SQLError{Query: query, Err: err}
		}
		for i := range names {
			f := v
			if typ.Kind() == reflect.Struct && typ != reflect.TypeFor[time.Time]() {
				f = v.Field(index[i])
			}
			got := holders[i].Elem()
			switch {
			case f.Kind() == reflect.Pointer:
				f.Set(got)
			case !got.IsNil():
				f.Set(got.Elem())
			}
		}
		out = append(out, item)
	}
	if err := rows.Err(); err != nil {
		return nil, &SQLError{Query: query, Err: err}
	}
	return out, nil
}

// One reads exactly one row like Select; no row is sql.ErrNoRows.
func One[T any](ctx context.Context, d *DB, query string, args ...any) (T, error) {
	var zero T
	rows, err := Select[T](ctx, d, query, args...)
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, &SQLError{Query: query, Err: sql.ErrNoRows}
	}
	return rows[0], nil
}

func firstLine(q string) string {
	q = strings.TrimSpace(q)
	if i := strings.IndexByte(q, '\n'); i >= 0 {
		return q[:i] + " …"
	}
	return q
}

func fieldIndex(t reflect.Type, column string) int {
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, ok := f.Tag.Lookup("db"); ok {
			if tag == column {
				return i
			}
			continue
		}
		if snake(f.Name) == column {
			return i
		}
	}
	return -1
}

// snake turns GoName into go_name; TicketID is ticket_id.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		upper := c >= 'A' && c <= 'Z'
		if upper && i > 0 && (r[i-1] < 'A' || r[i-1] > 'Z' || (i+1 < len(r) && r[i+1] >= 'a' && r[i+1] <= 'z')) {
			b.WriteByte('_')
		}
		if upper {
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// QuoteIdent quotes a name as an SQL identifier.
func QuoteIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// QuoteText quotes a text as an SQL literal, for the places where SQL allows no parameter.
func QuoteText(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
