package reader

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"deskproof/model"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name, file, content string
		opt                 Options
		want                []string
		gap                 string
	}{
		{name: "list", file: "x.json", content: ` [ {"id": 1, "big": 12345678901234567890.10, "t": "a\"b\u00e4", "n": null, "o": {"x": [1, 2]}, "b": true}, {"id": 2} ] `,
			want: []string{`1: json:1¦json:12345678901234567890.10¦a"bä¦∅¦json:{"x":[1,2]}¦json:true`, "2: json:2"}},
		{name: "path", file: "x.json", opt: Options{Records: "result.items"}, content: `{"meta": {"items": []}, "result": {"n": 2, "items": [{"a": "1"}, {"a": "2"}]}, "rest": 1}`,
			want: []string{"1: 1", "2: 2"}},
		{name: "path to one object", file: "x.json", opt: Options{Records: "result"}, content: `{"result":{"a":"1"}}`, want: []string{"1: 1"}},
		{name: "one object", file: "x.json", content: `{"a": "1"}`, want: []string{"1: 1"}},
		{name: "objects one after another", file: "x.json", content: "{\"a\":\n\"1\"}\n{\"a\":\"2\"}", want: []string{"1: 1", "2: 2"}},
		{name: "elements that are no objects", file: "x.json", content: `[{"a":"1"}, 5, "x", [], {"a":"2"}]`,
			want: []string{"1: 1", `2! not an object: 5 ← "5"`, `3! not an object: "x" ← "\"x\""`, `4! not an object: [] ← "[]"`, "5: 2"}},
		{name: "syntax error in a list", file: "x.json", content: `[{"a":"1"}, {"a" "2"}, {"a":"3"}]`,
			want: []string{"1: 1", `2! JSON syntax: invalid character '"' after object key; nothing after it could be read ← "{\"a\" \"2\"}, {\"a\":\"3\"}]"`},
			gap:  "JSON syntax error in element 2: the rest of the file could not be read"},
		{name: "list that is cut off", file: "x.json", content: `[{"a":"1"}, {"a":`, want: []string{"1: 1", `2! cut off: the file ends inside element 2 ← "{\"a\":"`},
			gap: "the JSON text ends before its structure does"},
		{name: "twice the same name", file: "x.json", content: `[{"a":"1","A":"2","a":"3"}]`, want: []string{"1: 1¦2¦3"}},
		{name: "NUL", file: "x.json", content: `[{"a":"x\u0000"},{"a":"2"}]`, want: []string{`1! NUL byte: the value of a has one at byte 2 ← "{\"a\":\"x\\u0000\"}"`, "2: 2"}},
		{name: "bad byte", file: "x.json", opt: Options{Encoding: "utf-8"}, content: "[{\"a\":\"\xff\"},{\"a\":\"2\"}]", want: []string{`1! unknown encoding: byte 0xFF in the value of the object is not utf-8 ← "{\"a\":\"�\"}"`, "2: 2"}},
		{name: "white space", file: "x.json", content: " \n ", gap: "the file holds nothing but white space"},
		{name: "NDJSON", file: "x.ndjson", content: "{\"a\":1}\n\n{\"a\":}\n[1]\n{\"a\":\"b\"}", want: []string{"1: json:1",
			`3! JSON syntax: invalid character '}' looking for beginning of value ← "{\"a\":}"`, `4! not an object: [1] ← "[1]"`, "5: b"}},
		{name: "NDJSON called JSON", file: "x.json", content: "{\"a\":1}\n{\"a\":2\n{\"a\":3}\n", want: []string{"1: json:1", `2! JSON syntax: unexpected end of JSON input ← "{\"a\":2"`, "3: json:3"}},
		{name: "found by content", file: "export", content: `[{"a":"1"}]`, want: []string{"1: 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, info, err := read(t, c.file, []byte(c.content), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, got, c.want...)
			if info.Gap != c.gap {
				t.Errorf("gap %q, want %q", info.Gap, c.gap)
			}
		})
	}
	for records, want := range map[string]string{
		"result.rows":    "`records: result.rows` is not there: result has items",
		"list":           "`records: list` is not there: the file has result",
		"result.items.x": "`records: result.items.x` does not fit: result.items is a list",
	} {
		if _, _, err := read(t, "x.json", []byte(`{"result":{"items":[{"a":1}]}}`), Options{Records: records}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", records, err)
		}
	}
	_, info, _ := read(t, "x.json", []byte(`{"result":[{"a":1}]}`), Options{})
	expect(t, info.Warnings, "the file is one object, read as one record; it has a list in \"result\": if that is meant, write `records: result`")
}

const eventLog = `<?xml version="1.0" encoding="ISO-8859-1"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="x"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <string key="creator" value="somebody"/>
  <trace>
    <string key="concept:name" value="INC1"/>
    <int key="impact" value="3"><string key="source" value="form"/></int>
    <event>
      <string key="concept:name" value="Open &amp; new"/>
      <date key="time:timestamp" value="2026-03-01T10:00:00.000+01:00"/>
      <boolean key="major" value="false"/>
      <float key="cost" value="1.50"/>
      <string key="org:resource" value="M` + "\xfc" + `ller"><string key="team" value="A"><id key="uuid" value="7"/></string></string>
    </event>
    <event><string key="concept:name" value="Closed"/><list key="tags"><values><string key="tag" value="x"/><string key="tag" value="y"/></values></list></event>
  </trace>
  <trace><string key="concept:name" value="INC2"/></trace>
</log>`

func TestXES(t *testing.T) {
	want := []string{
		"1: INC1¦json:3¦form¦Open & new¦2026-03-01T10:00:00.000+01:00¦json:false¦json:1.50¦Müller¦A¦7",
		"2: INC1¦json:3¦form¦Closed¦x¦y",
	}
	for name, content := range map[string][]byte{"x.xes": []byte(eventLog), "x.xes.gz": pack(t, "gzip", []byte(eventLog)), "export": []byte(eventLog)} {
		got, info, err := read(t, name, content, Options{})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, want...)
		expect(t, info.Columns, "case:concept:name", "case:impact", "case:impact.source", "concept:name", "time:timestamp", "major", "cost",
			"org:resource", "org:resource.team", "org:resource.team.uuid", "tags.tag", "tags.tag_2")
		expect(t, info.Warnings[2:], "1 traces have no event and give no record")
		if info.Format != "xes" || info.Encoding != "windows-1252" {
			t.Errorf("%+v", info)
		}
	}
	for cutAt, c := range map[string]struct {
		rejects int64
		reason  string
	}{`<event><string key="concept:name" value="Closed"/>`: {1, "cut off: "}, `  <trace><string key="concept:name" value="INC2"/>`: {0, ""}} {
		at := strings.Index(eventLog, cutAt) + len(cutAt)
		got, info, err := read(t, "x.xes", []byte(eventLog[:at]), Options{})
		if err != nil || !info.Truncated || info.Gap == "" || info.Rejects != c.rejects || c.rejects > 0 && !strings.Contains(got[len(got)-1], c.reason) {
			t.Errorf("%q %+v %v", got, info, err)
		}
	}
	got, info, err := read(t, "x.xes", []byte(strings.Replace(eventLog, "Closed\"/>", "Closed\"></oops>", 1)), Options{})
	if err != nil || info.Gap == "" || info.Records != 1 || info.Rejects != 1 || !strings.Contains(got[1], "2! XML syntax: ") {
		t.Errorf("%q %+v %v", got, info, err)
	}
}

func TestYAML(t *testing.T) {
	got, info, err := read(t, "document.yaml", []byte("- document_id: P1\n  clause: 8.10\n  day: 2026-03-01\n  tags: [a, b]\n  none: ~\n  on: yes\n- just text\n- {document_id: P2, o: {x: 1}}\n"), Options{})
	if err != nil || info.Format != "yaml" {
		t.Fatal(info, err)
	}
	expect(t, got, `1: P1¦8.10¦2026-03-01¦json:["a","b"]¦∅¦yes`, "7! not a mapping: a record is a list of `column: value` ← \"just text\"", `8: P2¦json:{"x":"1"}`)
	if _, _, err := read(t, "x.yaml", []byte("a: [1"), Options{}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Error(err)
	}
}

func workbook(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	content := workbook(t, func(f *excelize.File) {
		_, err := f.NewSheet("Tickets")
		must(err)
		style := func(code string) int {
			id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
			must(err)
			return id
		}
		set := func(cell string, v any, code string) {
			t.Helper()
			must(f.SetCellValue("Tickets", cell, v))
			if code != "" {
				must(f.SetCellStyle("Tickets", cell, cell, style(code)))
			}
		}
		must(f.SetSheetRow("Tickets", "A2", &[]any{"Nr", "Opened", "Day", "Cost", "Share", "Time", "Ok", "Note"}))
		set("A3", "INC001", "")
		set("B3", time.Date(2026, 3, 29, 14, 30, 15, 0, time.UTC), "dd.mm.yyyy hh:mm")
		set("C3", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), "[$-407]d. mmm yyyy;@")
		set("D3", 1234567.5, `#,##0.00 "day"`)
		set("E3", 0.995, "0 %")
		set("F3", 0.75, "h:mm")
		set("G3", true, "")
		set("H3", "=1+1", "dd.mm.yyyy")
		set("A4", 1234567890, "@")
		set("B4", time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), "m/d/yy h:mm")
		set("D4", 0.1+0.2, "0.00")
		set("E4", 1.5, "[h]:mm")
		set("A6", "INC003", "")
		set("J6", "stray", "")
		set("A7", "1E5", "")
		must(f.SetCellDefault("Tickets", "D7", "12345678901234567"))
		must(f.SetCellDefault("Tickets", "E7", "0.0000001"))
	})
	got, info, err := read(t, "x.xlsx", content, Options{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got,
		"3: INC001¦2026-03-29T14:30:15¦2026-03-29¦1234567.5¦0.995¦18:00:00¦TRUE¦=1+1",
		"4: 1234567890¦2026-12-31T23:59:59¦∅¦0.3¦36:00:00¦∅¦∅¦∅",
		`6! wrong number of fields: 10, the header has 8 ← "INC003\t\t\t\t\t\t\t\t\tstray"`,
		"7: 1E5¦∅¦∅¦12345678901234567¦0.0000001¦∅¦∅¦∅")
	if info.Sheet != "Tickets" || info.Format != "xlsx" || len(info.Warnings) != 1 {
		t.Errorf("%+v", info)
	}
	if got, _, err := read(t, "x.xlsx.gz", pack(t, "gzip", content), Options{Sheet: "tickets"}); err != nil || len(got) != 4 {
		t.Error(got, err)
	}
	_, _, err = read(t, "x.xlsx", content, Options{Sheet: "Incidents"})
	if err == nil || !strings.HasSuffix(err.Error(), `has no sheet "Incidents": it has "Sheet1", "Tickets"`) {
		t.Error(err)
	}
	if _, _, err = read(t, "x.xlsx", content[:len(content)/2], Options{}); err == nil || !strings.Contains(err.Error(), "damaged, cut off") {
		t.Error(err)
	}
	if got, info, err := read(t, "x.xlsx", content, Options{Sheet: "Sheet1"}); err != nil || len(got) != 0 || info.Gap == "" {
		t.Error(got, info, err)
	}
	if got, info, err := read(t, "x.xlsx", []byte("a;b\n1;2\n"), Options{}); err != nil || len(got) != 1 || info.Format != "csv" || len(info.Warnings) != 1 {
		t.Error(got, info, err)
	}
	titled := workbook(t, func(f *excelize.File) {
		must(f.SetSheetRow("Sheet1", "A1", &[]any{"Incidents of May"}))
		must(f.SetSheetRow("Sheet1", "A3", &[]any{"Nr", "Text"}))
		for i := range 30 {
			must(f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+4), &[]any{i, "x"}))
		}
	})
	got, info, err = read(t, "x.xlsx", titled, Options{})
	if err != nil || len(got) != 30 || got[0] != "4: 0¦x" || got[29] != "33: 29¦x" || len(info.Warnings) != 1 {
		t.Error(got, info, err)
	}
	early := workbook(t, func(f *excelize.File) {
		on := true
		must(f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on}))
		must(f.SetSheetRow("Sheet1", "A1", &[]any{"Day"}))
		must(f.SetCellValue("Sheet1", "A2", 44649)) // 1904 system
		id, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		must(err)
		must(f.SetCellStyle("Sheet1", "A2", "A2", id))
	})
	got, _, err = read(t, "x.xlsx", early, Options{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, got, "2: 2026-03-30")
}

func TestSheetIsChosen(t *testing.T) {
	content := workbook(t, func(f *excelize.File) {
		for sheet, rows := range map[string][][]any{
			"Hidden":  {{"a", "b"}, {1, 2}, {3, 4}},
			"Cover":   {{"Service desk"}},
			"Tickets": {{"Report October"}, {"Generated on", "2026-11-01"}, {"Number", "State", "Opened", "Team"}, {"A1", "open", "x", "y"}, {"A2", "closed", "x", "y"}, {"Total"}},
		} {
			if _, err := f.NewSheet(sheet); err != nil {
				t.Fatal(err)
			}
			for i, r := range rows {
				if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := f.SetSheetVisible("Hidden", false); err != nil {
			t.Fatal(err)
		}
	})
	got, info, err := read(t, "x.xlsx", content, Options{})
	if err != nil || info.Sheet != "Tickets" {
		t.Fatal(info, err)
	}
	expect(t, got, "4: A1¦open¦x¦y", "5: A2¦closed¦x¦y", "6: Total¦∅¦∅¦∅")
	if len(info.Warnings) != 2 || info.Warnings[1] != "the header was found in row 3; above it 2 rows are no rows of the table: `header_row` names another row" {
		t.Errorf("%q", info.Warnings)
	}
	// What is not seen is read where nothing else is there.
	content = workbook(t, func(f *excelize.File) {
		if _, err := f.NewSheet("Hidden"); err != nil {
			t.Fatal(err)
		}
		for i, r := range [][]any{{"a", "b"}, {"1", "2"}} {
			if err := f.SetSheetRow("Hidden", fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SetSheetVisible("Hidden", false); err != nil {
			t.Fatal(err)
		}
	})
	if got, _, err = read(t, "x.xlsx", content, Options{}); err != nil {
		t.Fatal(err)
	}
	expect(t, got, "2: 1¦2")
}

func TestListsInOneObject(t *testing.T) {
	_, info, err := read(t, "x.json", []byte(`{"result": {"total": 1, "items": [{"a": "1"}]}, "links": [{"b": 1}], "none": [], "texts": ["x"]}`), Options{})
	if err != nil || strings.Join(info.Lists, " ") != "result.items links" {
		t.Errorf("%q, %v", info.Lists, err)
	}
}

func TestDateFormatsAreTold(t *testing.T) {
	for code, want := range map[string]string{
		"General": "", "0.00": "", `#,##0 "days"`: "", "[Red]0": "", "0.00E+00": "", "@": "", `\d0`: "", "": "",
		"yyyy-mm-dd": markDay, "mmm yy": markDay, "dd/mm/yyyy hh:mm": markMoment, "h:mm AM/PM": markTime, "[h]:mm": markTime, "mm:ss.0": markTime,
		"[$-409]m/d/yy h:mm AM/PM;@": markMoment, "[$-F800]dddd, mmmm dd, yyyy": markDay,
	} {
		if got := dateKind(165, code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestParquet(t *testing.T) {
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "odd [name] *.parquet")
	err = db.Exec(ctx, `COPY (SELECT * FROM (VALUES
			('INC1', 9007199254740993::BIGINT, 0.1::DECIMAL(9,2), TIMESTAMPTZ '2026-03-29 01:30:00+00', TIMESTAMP '2026-03-29 01:30:00.25', DATE '2026-03-29', true, [1, 2], {'a': 'x'}, 'raw'::BLOB, 'nan'::DOUBLE),
			('INC2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\xFF'::BLOB, 1.5))
		t(nr, big, cost, at_utc, at_local, day, ok, list, obj, bin, "double")) TO `+model.QuoteText(path)+` (FORMAT parquet)`)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
	}{{"odd [name] *.parquet", content}, {"x.parquet", content}, {"export", content}, {"x.parquet.gz", pack(t, "gzip", content)}} {
		got, info, err := read(t, c.name, c.content, Options{})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, `1: INC1¦json:9007199254740993¦json:0.10¦2026-03-29T01:30:00Z¦2026-03-29T01:30:00.250000¦2026-03-29¦json:true¦json:[1,2]¦json:{"a":"x"}¦raw¦nan`,
			"2: INC2¦∅¦∅¦∅¦∅¦∅¦∅¦∅¦∅¦/w==¦json:1.5")
		if info.Format != "parquet" || strings.Join(info.Columns, ",") != "nr,big,cost,at_utc,at_local,day,ok,list,obj,bin,double" {
			t.Errorf("%+v", info)
		}
	}
	if _, _, err := read(t, "x.parquet", content[:len(content)-20], Options{}); err == nil || !strings.Contains(err.Error(), "damaged or cut off") {
		t.Error(err)
	}
	brotli := filepath.Join(t.TempDir(), "b.parquet")
	if err := db.Exec(ctx, "COPY (SELECT 1 AS a) TO "+model.QuoteText(brotli)+" (FORMAT parquet, COMPRESSION brotli)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(ctx, brotli, Options{}, nil, nil); err == nil || !strings.Contains(err.Error(), "Brotli") {
		t.Error(err)
	}
}

// FuzzFormats: no content makes a reader panic, and counts always agree.
func FuzzFormats(f *testing.F) {
	for i, s := range []string{`[{"a":1}]`, "{\"a\":1}\n{}", eventLog, "- a: 1\n", `{"result":{"items":[1]}}`} {
		f.Add([]byte(s), i)
	}
	f.Fuzz(func(t *testing.T, content []byte, which int) {
		formats := []string{"json", "ndjson", "xes", "yaml"}
		opt := Options{Format: formats[(which%4+4)%4]}
		if which%3 == 0 {
			opt.Records = "result.items"
		}
		read(t, "f", content, opt)
	})
}
