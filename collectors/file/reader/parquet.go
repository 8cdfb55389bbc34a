package reader

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"deskproof/model"
)

// readParquet reads a Parquet file through a database in memory that can see this file and nothing else.
// Moments become ISO texts (in UTC, with Z, where the file says that they are instants), nested values JSON.
func (p *run) readParquet(src *source) error {
	path, err := filepath.Abs(p.path)
	if err != nil {
		return err
	}
	if src.compression != "" || strings.ContainsAny(path, "*?[]{}") {
		// DuckDB needs a plain file, under a name that is no pattern.
		var remove func()
		if path, remove, err = p.spill(src); err != nil {
			return err
		}
		defer remove()
	}
	if src.gap != "" {
		return fmt.Errorf("%s: %s", p.path, src.gap)
	}
	db, err := model.OpenScratch(p.ctx, path)
	if err != nil {
		return err
	}
	defer db.Close()
	damaged := func(err error) error {
		if p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		return fmt.Errorf("%s: the Parquet file cannot be read, it is damaged or cut off: %s", p.path, databaseWords(err))
	}
	// A crafted Brotli stream can write out of bounds (CVE-2026-111497); the metadata is read without unpacking.
	brotli, err := model.One[int64](p.ctx, db, "SELECT count(*) FROM parquet_metadata(?) WHERE compression = 'BROTLI'", path)
	if err != nil {
		return damaged(err)
	}
	if brotli > 0 {
		return fmt.Errorf("%s: Parquet with Brotli compression is not read, because of a known flaw of its decoder: write it with zstd, gzip or snappy", p.path)
	}
	type column struct{ Name, Type string }
	cols, err := model.Select[column](p.ctx, db,
		`SELECT column_name AS "name", column_type AS "type" FROM (DESCRIBE SELECT * FROM read_parquet(`+model.QuoteText(path)+`))`)
	if err != nil {
		return damaged(err)
	}
	header, exprs, kinds := make([]string, len(cols)), make([]string, len(cols)), make([]Kind, len(cols))
	for i, c := range cols {
		header[i] = c.Name
		exprs[i], kinds[i] = parquetValue(model.QuoteIdent(c.Name), c.Type)
	}
	rec := Record{Names: p.columns(header), Values: make([]Value, len(cols)), Tabular: true}
	if len(cols) == 0 {
		p.gap("the file has no columns")
		return nil
	}
	rows, err := db.Query(p.ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM read_parquet("+model.QuoteText(path)+")")
	if err != nil {
		return damaged(err)
	}
	defer rows.Close()
	cells, dest := make([]sql.NullString, len(cols)), make([]any, len(cols))
	for i := range cells {
		dest[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return damaged(err)
		}
		rec.Line++
		fault := ""
		for i, c := range cells {
			switch {
			case !c.Valid:
				rec.Values[i] = Value{}
			case unfit(c.String):
				fault = badText(c.String, rec.Names[i], "utf-8")
			case kinds[i] == JSON && strings.HasPrefix(c.String, "{"), kinds[i] == JSON && strings.HasPrefix(c.String, "["):
				rec.Values[i] = Value{JSON, c.String}
			case c.String == "true" && kinds[i] == JSON, c.String == "false" && kinds[i] == JSON:
				rec.Values[i] = Value{JSON, c.String}
			case kinds[i] == JSON:
				rec.Values[i] = number(c.String)
			default:
				rec.Values[i] = Value{Text, c.String}
			}
		}
		if fault != "" {
			err = p.refuse(rec.Line, fmt.Sprint(cells), "%s", fault)
		} else {
			err = p.emit(&rec)
		}
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		if p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		p.gap("the file is damaged after row %d: %v", rec.Line, err)
	}
	return nil
}

// parquetValue is the expression that reads a column as text, and what that text is.
func parquetValue(name, typ string) (string, Kind) {
	const form = `'%Y-%m-%dT%H:%M:%S.%f'`
	switch {
	case strings.HasSuffix(typ, "]"), strings.HasPrefix(typ, "STRUCT"), strings.HasPrefix(typ, "MAP"):
		return "CAST(to_json(" + name + ") AS VARCHAR)", JSON
	case typ == "TIMESTAMP WITH TIME ZONE":
		return "replace(strftime(" + name + " AT TIME ZONE 'UTC', " + form + "), '.000000', '') || 'Z'", Text
	case strings.HasPrefix(typ, "TIMESTAMP"):
		return "replace(strftime(CAST(" + name + " AS TIMESTAMP), " + form + "), '.000000', '')", Text
	case typ == "BLOB": // older writers store texts as bytes
		return "coalesce(TRY(decode(" + name + ")), base64(" + name + "))", Text
	case typ == "BOOLEAN", strings.HasSuffix(typ, "INT"), strings.HasSuffix(typ, "INTEGER"), typ == "HUGEINT", typ == "UHUGEINT",
		typ == "DOUBLE", typ == "FLOAT", strings.HasPrefix(typ, "DECIMAL"):
		return "CAST(" + name + " AS VARCHAR)", JSON
	}
	return "CAST(" + name + " AS VARCHAR)", Text
}

// spill writes the unpacked content into a temporary file.
func (p *run) spill(src *source) (string, func(), error) {
	body, err := src.reader(p.ctx, p.opt.Progress)
	if err != nil {
		return "", nil, err
	}
	defer body.Close()
	f, err := os.CreateTemp("", "deskproof-*.parquet")
	if err != nil {
		return "", nil, err
	}
	remove := func() { os.Remove(f.Name()) }
	if _, err = io.Copy(f, body); err == nil {
		err = f.Close()
	} else {
		f.Close()
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("%s: cannot be unpacked: %w", p.path, err)
	}
	return f.Name(), remove, nil
}

// databaseWords is what the database said of a file, without its statement and its name for the file.
func databaseWords(err error) string {
	var e *model.SQLError
	if errors.As(err, &e) {
		err = e.Err
	}
	said, _, _ := strings.Cut(err.Error(), "\n")
	said, _, _ = strings.Cut(said, " in file '")
	return strings.TrimSpace(said)
}
