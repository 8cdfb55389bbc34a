package reader

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
)

// read reads content as a file of the given name and writes records and rejects down as lines.
func read(t testing.TB, name string, content []byte, opt Options) ([]string, Info, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var out []string
	info, err := Read(context.Background(), path, opt, func(r *Record) error {
		parts := make([]string, len(r.Values))
		for i, v := range r.Values {
			parts[i] = v.Text
			switch v.Kind {
			case Null:
				parts[i] = "∅"
			case JSON:
				parts[i] = "json:" + v.Text
			}
		}
		out = append(out, fmt.Sprintf("%d: %s", r.Line, strings.Join(parts, "¦")))
		return nil
	}, func(r Reject) error {
		out = append(out, fmt.Sprintf("%d! %s ← %q", r.Line, r.Reason, r.Content))
		return nil
	})
	if n := int64(len(out)); info.Rows != n || info.Records+info.Rejects != n {
		t.Errorf("%s: %d rows, %d records, %d rejects for %d lines", name, info.Rows, info.Records, info.Rejects, n)
	}
	return out, info, err
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func encode(t testing.TB, encoding, s string) []byte {
	t.Helper()
	units := func(big, mark bool) []byte {
		var b []byte
		if mark {
			s = "\uFEFF" + s
		}
		for _, u := range utf16.Encode([]rune(s)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return b
	}
	switch encoding {
	case "utf-8":
		return []byte(s)
	case "utf-8 mark":
		return []byte("\uFEFF" + s)
	case "utf-16le", "utf-16le mark":
		return units(false, encoding != "utf-16le")
	case "utf-16be", "utf-16be mark":
		return units(true, encoding != "utf-16be")
	case "windows-1252":
		b, err := charmap.Windows1252.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Fatal(encoding)
	return nil
}

func pack(t testing.TB, compression string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	switch compression {
	case "gzip":
		w := gzip.NewWriter(&out)
		w.Write(b)
		w.Close()
	case "zstd":
		w, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(b)
		w.Close()
	default:
		return b
	}
	return out.Bytes()
}

// TestSameRowsInEveryForm writes the same rows in every encoding, packing, separator and line end.
func TestSameRowsInEveryForm(t *testing.T) {
	const text = "Nr;Titel;Größe\n1;Drucker fällt aus;5 €\n2;\"mehrere\nZeilen; und \"\"Anführung\"\"\";ü\n3;;\n4;plain;x\n"
	n := 0
	for _, encoding := range []string{"utf-8", "utf-8 mark", "utf-16le", "utf-16le mark", "utf-16be", "utf-16be mark", "windows-1252"} {
		for _, compression := range []string{"", "gzip", "zstd"} {
			for _, delim := range []string{",", ";", "\t", "|"} {
				for _, eol := range []string{"\n", "\r\n", "\r"} {
					s := strings.ReplaceAll(strings.ReplaceAll(text, ";", delim), "\n", eol)
					content := pack(t, compression, encode(t, encoding, s))
					got, info, err := read(t, "export", content, Options{})
					if err != nil {
						t.Fatal(err)
					}
					want := []string{"2: 1¦Drucker fällt aus¦5 €", "3: 2¦mehrere" + eol + "Zeilen" + delim + " und \"Anführung\"¦ü", "5: 3¦¦", "6: 4¦plain¦x"}
					if strings.Join(got, "|") != strings.Join(want, "|") || strings.Join(info.Columns, ",") != "Nr,Titel,Größe" ||
						info.Encoding != strings.TrimSuffix(encoding, " mark") || info.Compression != compression || info.Delimiter != delim ||
						info.Format != "csv" || info.Gap != "" || info.Truncated || info.Size != int64(len(content)) {
						t.Errorf("%s %s %q %q: %q %+v", encoding, compression, delim, eol, got, info)
					}
					n++
				}
			}
		}
	}
	if n != 7*3*4*3 {
		t.Errorf("%d forms", n)
	}
}

func TestFaultsInCSVAreRejectedWithTheirLine(t *testing.T) {
	long := strings.Repeat("x", MaxField+1)
	for _, c := range []struct {
		name, content string
		opt           Options
		want          []string
	}{
		{name: "too many and too few fields", content: "a,b,c\n1,2,3\n1,2\n1,2,3,4\n\n   \n4,5,6\n", want: []string{
			"2: 1¦2¦3", `3! wrong number of fields: 2, the header has 3 ← "1,2"`, `4! wrong number of fields: 4, the header has 3 ← "1,2,3,4"`, "7: 4¦5¦6"}},
		{name: "no line end at the end", content: "a,b\n1,2", want: []string{"2: 1¦2"}},
		{name: "lone quotes are characters", content: "a,b\n5\" pipe,6\"\n", want: []string{"2: 5\" pipe¦6\""}},
		{name: "text behind a quote", content: "a,b\n\"x\"y,2\n\"two\nlines\"z,3\n5,6\n", want: []string{
			`2! text after a quoted value: "y" follows the closing quote in line 2 ← "\"x\"y,2"`,
			`3! text after a quoted value: "z" follows the closing quote in line 4 ← "\"two\nlines\"z,3"`, "5: 5¦6"}},
		{name: "quote that is never closed", content: "a,b\n1,2\n3,\"open\n4,5\n\n6,7\n", want: []string{"2: 1¦2",
			`3! quote not closed: a quoted value that starts in or after line 3 runs to the end of the file (line 6) ← "3,\"open\n4,5\n\n6,7"`}},
		{name: "byte that is nothing in Windows-1252", content: "a,b\n\xe4,1\n\x81,2\n\xfc,3\n", want: []string{
			"2: ä¦1", `3! unknown encoding: byte 0x81 in the value of a is not windows-1252 ← "�,2"`, "4: ü¦3"}},
		{name: "UTF-8 with a few bad bytes stays UTF-8", content: "a,b\nä,ö\nü\xff,2\nß,3\n", want: []string{
			"2: ä¦ö", `3! unknown encoding: byte 0xFF in the value of a is not utf-8 ← "ü�,2"`, "4: ß¦3"}},
		{name: "configured encoding that does not fit", opt: Options{Encoding: "utf-8"}, content: "a,b\n\xe4,1\nx,2\n", want: []string{
			`2! unknown encoding: byte 0xE4 in the value of a is not utf-8 ← "�,1"`, "3: x¦2"}},
		{name: "ISO-8859-1", opt: Options{Encoding: "iso-8859-1"}, content: "a,b\n\xe4,1\n", want: []string{"2: ä¦1"}},
		{name: "NUL byte", content: "a,b\nx\x00,1\ny,2\n", want: []string{`2! NUL byte: the value of a has one at byte 2 ← "x␀,1"`, "3: y¦2"}},
		{name: "line that names the separator", content: "sep=;\na;b\n1,5;2\n", want: []string{"3: 1,5¦2"}},
		{name: "header further down", opt: Options{HeaderRow: 3}, content: "Report of 1 May\n\na;b\n1;2\n", want: []string{"4: 1¦2"}},
		{name: "title above the header", content: "Incidents of May\nby \"somebody\"\n\nnr;text\n1;a\n2;b\n", want: []string{"5: 1¦a", "6: 2¦b"}},
		{name: "header shorter than the rows", content: "a;b\n1;2;\n3;4;\n", want: []string{
			`2! wrong number of fields: 3, the header has 2 ← "1;2;"`, `3! wrong number of fields: 3, the header has 2 ← "3;4;"`}},
		{name: "separator that nobody expects", content: "nr§text\n1§a, b\n2§c\n", want: []string{"2: 1¦a, b", "3: 2¦c"}},
		{name: "text of one column", content: "remark\nfine: yes; really\nno!\n", opt: Options{Delimiter: ","}, want: []string{"2: fine: yes; really", "3: no!"}},
		{name: "text of one column without a separator", content: "remark\nfine: yes really\nno!\n", want: []string{"2: fine: yes really", "3: no!"}},
		{name: "commas inside values", content: "nr;remark\n1;a, b\n2;c\n3;d, e\n", want: []string{"2: 1¦a, b", "3: 2¦c", "4: 3¦d, e"}},
		{name: "Windows-1251", opt: Options{Encoding: "cp1251"}, content: "a,b\n\xcf\xf0\xe8,1\n\x98,2\n", want: []string{
			"2: При¦1", `3! unknown encoding: byte 0x98 in the value of a is not windows-1251 ← "�,2"`}},
		{name: "one column", content: "a\n1\n\n2\n", want: []string{"2: 1", "4: 2"}},
		{name: "separator of more than one byte", opt: Options{Delimiter: "¦"}, content: "a¦b\n1¦\"2¦3\"\n4¦5\n", want: []string{"2: 1¦2¦3", "3: 4¦5"}},
		{name: "tab by name", opt: Options{Delimiter: "tab"}, content: "a\tb\n\t\n,\t;\n", want: []string{"2: ¦", "3: ,¦;"}},
		{name: "text cells that look like formulas", content: "a,b\n=1+1,@x\n", want: []string{"2: =1+1¦@x"}},
		{name: "too long a value", content: "a,b\n1," + long + "\n2,x\n", want: []string{
			fmt.Sprintf("2! too long: the value of b has %d bytes, at most %d are taken ← %q", MaxField+1, MaxField, "1,"+long[:MaxField-2]+"… (3 more bytes)"), "3: 2¦x"}},
	} {
		got, _, err := read(t, "export.csv", []byte(c.content), c.opt)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		t.Run(c.name, func(t *testing.T) { expect(t, got, c.want...) })
	}
}

func TestHugeRowsAreRejectedWithoutBeingHeld(t *testing.T) {
	line := strings.Repeat("y", 1<<16) + "\n"
	long := "a,b\n1,\"" + strings.Repeat(line, (maxRecord>>16)+40) + "\",z\n2,\"ok\"\n"
	got, _, err := read(t, "export.csv", []byte(long), Options{})
	if err != nil || len(got) != 2 || !strings.HasPrefix(got[0], "2! ") || !strings.HasSuffix(got[1], ": 2¦ok") {
		t.Fatalf("%d rows, %v: %.80q", len(got), err, got)
	}
	one := "a,b\n1," + strings.Repeat("z", maxRecord+1<<20) + "\n2,ok\n"
	got, _, err = read(t, "export.csv", []byte(one), Options{})
	if err != nil || len(got) != 2 || !strings.HasPrefix(got[0], "2! too long: the line has more than 16 MiB") || got[1] != "3: 2¦ok" {
		t.Fatalf("%d rows, %v: %.80q", len(got), err, got)
	}
}

func TestHeadersGetUniqueNames(t *testing.T) {
	_, info, err := read(t, "x.csv", []byte("State, state ,,State_2,\"two\nlines\",State\n1,2,3,4,5,6\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, info.Columns, "State", "state_3", "column_3", "State_2", "two lines", "State_4")
	expect(t, info.Warnings, "the header names state more than once: column 2 is called state_3", "column 3 has no name in the header: it is called column_3",
		"the header names State more than once: column 6 is called State_4")
}

// TestPackedFileThatIsCutOff keeps the rows that are there, rejects the one that is cut and names the gap.
func TestPackedFileThatIsCutOff(t *testing.T) {
	var b strings.Builder
	b.WriteString("nr,text\n")
	for i := range 50000 {
		fmt.Fprintf(&b, "%d,text of row number %d %x\n", i, i, i*7919)
	}
	for _, compression := range []string{"gzip", "zstd"} {
		whole := pack(t, compression, []byte(b.String()))
		got, info, err := read(t, "x.csv", whole[:len(whole)*2/3], Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !info.Truncated || !strings.Contains(info.Gap, compression) || len(got) < 10000 || len(got) >= 50000 || info.Rejects > 1 {
			t.Errorf("%s: %d rows, %+v", compression, len(got), info)
		}
		for i, line := range got[:len(got)-1] {
			if want := fmt.Sprintf("%d: %d¦text of row number %d %x", i+2, i, i, i*7919); line != want {
				t.Fatalf("%s: %s, want %s", compression, line, want)
			}
		}
		if last := got[len(got)-1]; info.Rejects == 1 && !strings.Contains(last, "! cut off: the file ends inside this row") {
			t.Errorf("%s: %s", compression, last)
		}
		damaged := bytes.Clone(whole)
		damaged[len(damaged)-6] ^= 0xff // the checksum
		got, info, err = read(t, "x.csv", damaged, Options{})
		if err != nil || info.Gap == "" || len(got) == 0 {
			t.Errorf("%s with a wrong checksum: %d rows, %+v, %v", compression, len(got), info, err)
		}
		if _, info, err = read(t, "x.csv", whole[:5], Options{}); err != nil || info.Gap == "" {
			t.Errorf("%s of 5 bytes: %+v, %v", compression, info, err)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(context.Background(), filepath.Join(dir, "none.csv"), Options{}, nil, nil); err == nil || !strings.Contains(err.Error(), "none.csv: there is no such file") {
		t.Error(err)
	}
	if _, err := Read(context.Background(), dir, Options{}, nil, nil); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Error(err)
	}
	for _, c := range []struct {
		name, file, content string
		opt                 Options
		err, gap            string
	}{
		{name: "empty", file: "x.csv", gap: "the file is empty"},
		{name: "blank", file: "x.csv", content: " \n\n", gap: "the file has no header row"},
		{name: "header only", file: "x.csv", content: "a,b\n"},
		{name: "old Excel", file: "x.xls", content: "\xd0\xcf\x11\xe0\xa1\xb1", err: "old form (.xls)"},
		{name: "web page", file: "x.csv", content: "<!DOCTYPE html><html>", err: "is a web page"},
		{name: "PDF", file: "x.csv", content: "%PDF-1.7", err: "is a PDF"},
		{name: "not XLSX", file: "x.xlsx", content: "\x01\x00\x02", err: "does not begin like one"},
		{name: "damaged XLSX", file: "x.xlsx", content: "PK\x03\x04 and then nothing", err: "cannot be opened"},
		{name: "damaged Parquet", file: "x.parquet", content: "PAR1 and then nothing", err: "damaged or cut off"},
		{name: "UTF-32", file: "x.csv", content: "\xff\xfe\x00\x00a\x00\x00\x00", err: "UTF-32"},
		{name: "format", file: "x.csv", content: "a", opt: Options{Format: "docx"}, err: `the format "docx" is not known`},
		{name: "encoding", file: "x.csv", content: "a", opt: Options{Encoding: "klingon"}, err: `the encoding "klingon" is not known`},
		{name: "delimiter", file: "x.csv", content: "a", opt: Options{Delimiter: "ab"}, err: `"ab" is not one character`},
		{name: "ZIP", file: "x.zip", content: "PK\x03\x04 and then nothing", err: "is a ZIP archive and no Excel workbook: unpack it"},
		{name: "binary", file: "x.csv", content: strings.Repeat("\x01\x9f\x02\xe2;\x11\x81\n", 40), err: "is neither text nor a binary format that is known"},
		{name: "database in the words of Parquet", file: "x.parquet", content: "PAR1" + strings.Repeat("x", 100) + "PAR1", err: "x.parquet: the Parquet file cannot be read, it is damaged or cut off: Invalid Input Error: Footer length error"},
		{name: "not XES", file: "x.xes", content: "<a></a>", err: "has no <log>"},
	} {
		got, info, err := read(t, c.file, []byte(c.content), c.opt)
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "SELECT")):
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		case c.err == "" && (err != nil || info.Gap != c.gap || len(got) > 0):
			t.Errorf("%s: %q, %+v, %v", c.name, got, info, err)
		}
	}
}

func TestTitlesAboveTheHeader(t *testing.T) {
	table := "Number;State;Opened;Cost\nA1;open;2026-10-01;1,50\nA2;closed;2026-10-02;2,50\n"
	for _, c := range []struct {
		name, content string
		opt           Options
		warning       string
		want          []string
	}{
		{name: "padded with separators", content: "Report October;;;\nGenerated on;2026-11-01;;\n\n" + table,
			warning: "the header was found in line 4; above it 2 lines are no rows of the table: `header_row` names another line",
			want:    []string{"5: A1¦open¦2026-10-01¦1,50", "6: A2¦closed¦2026-10-02¦2,50"}},
		{name: "header_row decides", opt: Options{HeaderRow: 1}, content: "a;;;\n1;2;3;4\n", want: []string{"2: 1¦2¦3¦4"},
			warning: "column 2 has no name in the header: it is called column_2"},
		{name: "a row of the table with few values is no title", content: "Number;State;Opened;Cost\nA1;;;\nA2;closed;2026-10-02;2,50\n", want: []string{"2: A1¦¦¦", "3: A2¦closed¦2026-10-02¦2,50"}},
		{name: "a byte order mark before a row", content: "Number;State\nA1;open\n\uFEFFA2;open\n", want: []string{"2: A1¦open", "3: A2¦open"}},
	} {
		got, info, err := read(t, "x.csv", []byte(c.content), c.opt)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, c.want...)
		first := ""
		if len(info.Warnings) > 0 {
			first = info.Warnings[0]
		}
		if first != c.warning {
			t.Errorf("%s: warning %q, want %q", c.name, first, c.warning)
		}
	}
}

func TestDamageInsidePackedFile(t *testing.T) {
	b := pack(t, "gzip", []byte("a,b\n"+strings.Repeat("1,2\n", 50)))
	b[len(b)-8] ^= 0xff // the checksum
	_, info, err := read(t, "x.csv.gz", b, Options{})
	if err != nil || !strings.Contains(info.Gap, "its checksum does not fit, so that rows may be wrong") {
		t.Errorf("%q, %v", info.Gap, err)
	}
}

func TestAPackedFileThatFillsTheDiskIsRefused(t *testing.T) {
	for _, how := range []string{"gzip", "zstd"} {
		_, _, err := read(t, "x.csv."+how, pack(t, how, append([]byte("a,b\n"), bytes.Repeat([]byte("1,2\n"), 20<<20)...)), Options{})
		if err == nil || !strings.Contains(err.Error(), "unpacks to more than 300 times its size, as no export does") {
			t.Errorf("%s: %v", how, err)
		}
	}
	// A small file may hold little: no harm is done.
	if _, info, err := read(t, "x.csv.gz", pack(t, "gzip", append([]byte("a,b\n"), bytes.Repeat([]byte("1,2\n"), 1<<20)...)), Options{}); err != nil || info.Records != 1<<20 {
		t.Error(info.Records, err)
	}
}

func TestStopAndCancel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("a\n"+strings.Repeat("1\n", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := Read(context.Background(), path, Options{}, func(*Record) error { return ErrStop }, nil)
	if err != nil || info.Records != 1 {
		t.Error(info, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	_, err = Read(ctx, path, Options{}, func(*Record) error { n++; cancel(); return nil }, nil)
	if err != context.Canceled || n > 1024 {
		t.Error(n, err)
	}
}

// FuzzCSV: whatever the bytes, nothing panics, and rows and rejects together cover every line that is not blank.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x\ny\";2\r\n", "a\tb\n\"open\n1\t2", "a,b\n\"x\"y,2\n\n3,4", "\xff\xfea\x00\n\x00", "sep=;\na;b\n", "\"\"\n\"", "a,b\r1,2\r"} {
		f.Add([]byte(s), "")
		f.Add([]byte(s), ";")
	}
	f.Fuzz(func(t *testing.T, content []byte, delim string) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var starts []int64
		width := 0
		info, err := Read(context.Background(), path, Options{Format: "csv", Encoding: "utf-8", Delimiter: delim}, func(r *Record) error {
			starts = append(starts, r.Line)
			if width = len(r.Names); len(r.Values) != width {
				t.Fatalf("%d values for %d names", len(r.Values), width)
			}
			return nil
		}, func(r Reject) error {
			starts = append(starts, r.Line)
			if r.Reason == "" {
				t.Fatal("no reason")
			}
			return nil
		})
		if err != nil || info.Compression != "" || bytes.HasPrefix(content, []byte("PK\x03\x04")) {
			return
		}
		for i := 1; i < len(starts); i++ {
			if starts[i] <= starts[i-1] {
				t.Fatalf("lines %v", starts)
			}
		}
		if bytes.IndexByte(content, '"') >= 0 || len(info.Columns) == 0 {
			return
		}
		// Without quotes a row is a line: all but the blank ones and those up to the header.
		text := strings.TrimPrefix(string(content), "\uFEFF")
		end := "\n"
		if !strings.Contains(text, "\n") {
			end = "\r"
		}
		lines := 0
		for i, l := range strings.Split(text, end) {
			if i == 0 && strings.HasPrefix(strings.ToLower(l), "sep=") {
				return
			}
			if !blank([]byte(l), info.Delimiter) {
				lines++
			}
		}
		for _, w := range info.Warnings {
			header, above := 0, 0
			if n, _ := fmt.Sscanf(w, "the header was found in line %d; above it %d", &header, &above); n == 2 {
				lines -= above
			}
		}
		if int64(lines) != info.Rows+1 {
			t.Fatalf("%d lines that are not blank, %d rows: %q", lines, info.Rows, content)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	var s strings.Builder
	s.WriteString("number,state,opened,updated,group,title,priority,category,assigned,closed\n")
	for i := range 100000 {
		fmt.Fprintf(&s, "INC%07d,Active,2026-03-%02d 10:00,2026-03-%02d 11:%02d,Group %d,\"Printer, floor %d\",3,Hardware,Resolver %d,\n", i, i%28+1, i%28+1, i%60, i%50, i%9, i%200)
	}
	path := filepath.Join(b.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(s.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(s.Len()))
	for b.Loop() {
		info, err := Read(context.Background(), path, Options{}, func(*Record) error { return nil }, func(Reject) error { return nil })
		if err != nil || info.Records != 100000 {
			b.Fatal(info, err)
		}
	}
}
