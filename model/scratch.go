package model

import (
	"context"
	"errors"
	"strings"
)

// OpenScratch opens an empty database in memory, without the schema, that can read the named files and no other,
// and nothing else outside: for formats that DuckDB reads and Go does not (Parquet).
func OpenScratch(ctx context.Context, files ...string) (*DB, error) {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = QuoteText(f)
	}
	db, err := openDB(ctx, "?"+offline, "SET TimeZone='UTC'", "SET allowed_paths=["+strings.Join(quoted, ", ")+"]",
		"SET enable_external_access=false", "SET lock_configuration=true")
	if err != nil {
		return nil, errors.Join(errors.New("open a database in memory"), err)
	}
	return db, nil
}
