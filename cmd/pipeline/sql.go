package pipeline

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/xuri/excelize/v2"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// SQLFormats are the formats in which a query is answered.
var SQLFormats = []string{"table", "csv", "json", "markdown", "xlsx", "parquet"}

// SQL answers one query over the published warehouse, read-only, times in the organization's zone.
func (p *Project) SQL(ctx context.Context, query, format string, w io.Writer) error {
	if !slices.Contains(SQLFormats, format) {
		return fmt.Errorf("--format %s is not known (%s)", format, strictyaml.Suggest(format, SQLFormats))
	}
	query, err := model.OneStatement(query)
	if err != nil {
		return err
	}
	if format == "parquet" {
		return p.sqlParquet(ctx, query, w)
	}
	db, err := model.OpenAdHoc(ctx, p.Path, p.Cfg.Organization.TimeZone)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := model.Ask(ctx, db, query)
	if err != nil {
		return err
	}
	defer r.Close()
	zone := p.Cfg.Zone()
	switch format {
	case "csv":
		return sqlCSV(r, zone, w)
	case "json":
		return sqlJSON(r, w)
	case "xlsx":
		return sqlXLSX(r, zone, w)
	default:
		return sqlTable(r, zone, format, w)
	}
}

// SQLFile answers one query into a file, which is whole or absent.
func (p *Project) SQLFile(ctx context.Context, query, format, path string) error {
	tmp := path + ".part"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	err = p.SQL(ctx, query, format, f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return os.Rename(tmp, path)
}

func (p *Project) sqlParquet(ctx context.Context, query string, w io.Writer) error {
	dir, err := os.MkdirTemp("", "deskproof-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "answer.parquet")
	if err := model.WriteParquet(ctx, p.Path, query, path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// cellText writes a value as people read it; NULL stays visible.
func cellText(v any, typ string, zone *time.Location, null string) string {
	switch x := v.(type) {
	case nil:
		return null
	case string:
		return x
	case []byte:
		return string(x)
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(x), 'f', -1, 32)
	case *big.Int:
		return x.String()
	case time.Time:
		switch {
		case typ == "DATE":
			return x.Format("2006-01-02")
		case strings.Contains(typ, "TIME ZONE") || typ == "TIMESTAMPTZ":
			return x.In(zone).Format("2006-01-02 15:04:05.999999-07:00")
		case strings.HasPrefix(typ, "TIMESTAMP"):
			return x.Format("2006-01-02 15:04:05.999999")
		default:
			return x.Format("15:04:05.999999")
		}
	case fmt.Stringer:
		return x.String()
	default:
		if b, err := json.Marshal(jsonValue(v, typ)); err == nil {
			return strings.Trim(string(b), `"`)
		}
		return fmt.Sprint(v)
	}
}

// jsonValue is a value as JSON keeps it: numbers as numbers, instants in UTC.
func jsonValue(v any, typ string) any {
	switch x := v.(type) {
	case time.Time:
		if typ == "DATE" {
			return x.Format("2006-01-02")
		}
		if strings.Contains(typ, "TIME ZONE") || typ == "TIMESTAMPTZ" {
			return x.UTC().Format(time.RFC3339Nano)
		}
		return x.Format("2006-01-02T15:04:05.999999")
	case []byte:
		return string(x)
	case *big.Int:
		return json.Number(x.String())
	case fmt.Stringer:
		if strings.HasPrefix(typ, "DECIMAL") {
			return json.Number(x.String())
		}
		return x.String()
	case map[any]any:
		out := map[string]any{}
		for k, e := range x {
			out[fmt.Sprint(k)] = jsonValue(e, "")
		}
		return out
	}
	return v
}

func sqlCSV(r *model.Result, zone *time.Location, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(r.Columns); err != nil {
		return err
	}
	for {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			out.Flush()
			return out.Error()
		}
		rec := make([]string, len(row))
		for i, v := range row {
			rec[i] = cellText(v, r.Types[i], zone, "")
			// A spreadsheet would run such a text as a formula; numbers keep their sign.
			if _, isText := v.(string); isText && rec[i] != "" && strings.ContainsRune("=+-@\t\r", rune(rec[i][0])) {
				rec[i] = "'" + rec[i]
			}
		}
		if err := out.Write(rec); err != nil {
			return err
		}
	}
}

func sqlJSON(r *model.Result, w io.Writer) error {
	names := make([][]byte, len(r.Columns))
	for i, c := range r.Columns {
		b, err := json.Marshal(c)
		if err != nil {
			return err
		}
		names[i] = b
	}
	sep := "[\n"
	for {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		var b strings.Builder
		b.WriteString(sep + "{")
		sep = ",\n"
		for i, v := range row {
			if i > 0 {
				b.WriteString(", ")
			}
			val, err := json.Marshal(jsonValue(v, r.Types[i]))
			if err != nil {
				val = []byte(strconv.Quote(fmt.Sprint(v)))
			}
			b.Write(names[i])
			b.WriteString(": ")
			b.Write(val)
		}
		b.WriteString("}")
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	if sep == "[\n" {
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

func numeric(typ string) bool {
	for _, n := range []string{"INT", "DECIMAL", "DOUBLE", "FLOAT"} {
		if strings.Contains(typ, n) && !strings.Contains(typ, "INTERVAL") && !strings.HasSuffix(typ, "[]") {
			return true
		}
	}
	return false
}

func sqlTable(r *model.Result, zone *time.Location, format string, w io.Writer) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	head := make(table.Row, len(r.Columns))
	var align []table.ColumnConfig
	for i, c := range r.Columns {
		head[i] = c
		if numeric(r.Types[i]) {
			align = append(align, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(align)
	t.AppendHeader(head)
	n := 0
	for {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		n++
		cells := make(table.Row, len(row))
		for i, v := range row {
			cells[i] = printable(cellText(v, r.Types[i], zone, "NULL"))
		}
		t.AppendRow(cells)
	}
	if format == "markdown" {
		_, err := fmt.Fprintln(w, t.RenderMarkdown())
		return err
	}
	rows := "rows"
	if n == 1 {
		rows = "row"
	}
	_, err := fmt.Fprintf(w, "%s\n%d %s\n", t.Render(), n, rows)
	return err
}

// printable keeps control characters of tickets away from the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
}

// maxXLSXRows is the number of rows of a sheet, less the head.
const maxXLSXRows = 1_048_575

func sqlXLSX(r *model.Result, zone *time.Location, w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	sw, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	format := "yyyy-mm-dd hh:mm:ss"
	instant, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	day := "yyyy-mm-dd"
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &day})
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(r.Columns))
	for i, c := range r.Columns {
		head[i] = excelize.Cell{StyleID: bold, Value: c}
	}
	if err := sw.SetRow("A1", head); err != nil {
		return err
	}
	for n := 2; ; n++ {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if n > maxXLSXRows+1 {
			return fmt.Errorf("the answer has more than %d rows, the most a sheet can hold; use csv or parquet", maxXLSXRows)
		}
		cells := make([]any, len(row))
		for i, v := range row {
			switch x := v.(type) {
			case nil:
			case time.Time:
				style, at := instant, x.In(zone)
				if r.Types[i] == "DATE" {
					style, at = date, x
				}
				cells[i] = excelize.Cell{StyleID: style, Value: time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)}
			case int64, int32, int16, int8, float64, float32, bool, uint64, uint32, uint16, uint8:
				cells[i] = x
			default:
				s := cellText(v, r.Types[i], zone, "")
				if numeric(r.Types[i]) {
					if d, err := strconv.ParseFloat(s, 64); err == nil {
						cells[i] = d
						continue
					}
				}
				if len(s) > 32_767 {
					s = s[:32_000] + " … (cut)"
				}
				cells[i] = strings.ToValidUTF8(s, "\uFFFD")
			}
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", n), cells); err != nil {
			return err
		}
	}
	if err := sw.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// Schema writes the data dictionary of the warehouse: a table, or all of them when table is empty.
func Schema(ctx context.Context, name, format string, w io.Writer) error {
	if !slices.Contains([]string{"table", "markdown", "json"}, format) {
		return fmt.Errorf("--format %s is not known (table, markdown, json)", format)
	}
	db, err := model.OpenMemory(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := model.Dictionary(ctx, db, name)
	if err != nil {
		return err
	}
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(tables)
	}
	if name == "" && format == "table" {
		t := table.NewWriter()
		t.SetStyle(table.StyleLight)
		t.Style().Format.Header = text.FormatDefault
		t.AppendHeader(table.Row{"table", "what it holds"})
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 110, WidthMaxEnforcer: text.WrapSoft}})
		for _, x := range tables {
			t.AppendRow(table.Row{x.Name, x.Comment})
		}
		_, err := fmt.Fprintf(w, "%s\n`deskproof schema TABLE` describes the columns of one.\n", t.Render())
		return err
	}
	for i, x := range tables {
		t := table.NewWriter()
		t.SetStyle(table.StyleLight)
		t.Style().Format.Header = text.FormatDefault
		t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 90, WidthMaxEnforcer: text.WrapSoft}})
		t.AppendHeader(table.Row{"column", "type", "may be empty", "meaning"})
		for _, c := range x.Columns {
			empty := ""
			if c.Optional {
				empty = "yes"
			}
			t.AppendRow(table.Row{c.Name, c.Type, empty, c.Comment})
		}
		if format == "markdown" {
			if _, err := fmt.Fprintf(w, "## %s\n\n%s\n\n%s\n\n", x.Name, x.Comment, t.RenderMarkdown()); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n%s\n", x.Name, x.Comment, t.Render()); err != nil {
			return err
		}
	}
	return nil
}
