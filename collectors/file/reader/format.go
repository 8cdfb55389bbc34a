package reader

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"deskproof/model/config"
)

// formatByName tells the format by the name of a file; a name that says nothing gives "".
func formatByName(path string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, packed := range []string{".gz", ".gzip", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, packed)
	}
	switch filepath.Ext(name) {
	case ".csv", ".tsv", ".tab":
		return "csv"
	case ".xlsx", ".xlsm":
		return "xlsx"
	case ".json":
		return "json"
	case ".ndjson", ".jsonl":
		return "ndjson"
	case ".parquet", ".pq":
		return "parquet"
	case ".xes":
		return "xes"
	case ".yaml", ".yml":
		return "yaml"
	}
	return ""
}

// format decides by the configuration, then by marks in the content that cannot be chance, then by the name, then
// by how the text begins.
func (p *run) format(src *source) (string, error) {
	h := src.head
	found := ""
	switch {
	case bytes.HasPrefix(h, []byte("PK\x03\x04")):
		found = "xlsx"
	case bytes.HasPrefix(h, []byte("PAR1")):
		found = "parquet"
	case bytes.HasPrefix(h, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "", fmt.Errorf("%s is an Excel file of the old form (.xls) or one with a password: save it as .xlsx without a password, or as CSV", p.path)
	case bytes.HasPrefix(h, []byte("%PDF")):
		return "", fmt.Errorf("%s is a PDF file: export the records as CSV, XLSX or JSON", p.path)
	}
	named := strings.ToLower(p.opt.Format)
	if named != "" {
		if !slices.Contains(config.Formats, named) {
			return "", fmt.Errorf("%s: the format %q is not known: use %s", p.path, p.opt.Format, strings.Join(config.Formats, ", "))
		}
		if found != "" && found != named {
			return "", fmt.Errorf("%s is not %s: its content is %s; correct `format`", p.path, named, found)
		}
		if found == "" && (named == "xlsx" || named == "parquet") {
			return "", fmt.Errorf("%s is not %s: it does not begin like one; correct `format`, or export it again", p.path, named)
		}
		return named, nil
	}
	byName := formatByName(p.path)
	if found != "" {
		if byName != "" && byName != found {
			p.warn("the name says %s, the content is %s", byName, found)
		}
		return found, nil
	}
	if src.scan.binary() {
		return "", fmt.Errorf("%s is neither text nor a binary format that is known: export the records as CSV, XLSX, JSON, Parquet or XES", p.path)
	}
	text := sniff(p.plain(src))
	if text == "html" {
		return "", fmt.Errorf("%s is a web page, not an export: it was saved from a login or error page, or as a HTML table", p.path)
	}
	switch byName {
	case "xlsx", "parquet":
		if !src.scan.clean() {
			return "", fmt.Errorf("%s is not %s: it does not begin like one; it may be damaged: export it again", p.path, byName)
		}
		p.warn("the name says %s, the content is %s", byName, text)
		return text, nil
	case "":
		return text, nil
	case "json":
		if text == "ndjson" {
			return text, nil // many tools call NDJSON .json
		}
	}
	return byName, nil
}

// plain is the head of the file as UTF-8.
func (p *run) plain(src *source) []byte {
	enc, err := src.scan.encoding()
	if err != nil {
		return src.head
	}
	switch enc {
	case "utf-16le", "utf-16be":
		u := utf16Reader{r: bytes.NewReader(src.head), big: enc == "utf-16be"}
		out := make([]byte, 0, len(src.head))
		buf := make([]byte, 4096)
		for {
			n, err := u.Read(buf)
			out = append(out, buf[:n]...)
			if err != nil {
				return out
			}
		}
	}
	return src.head
}

// sniff tells the format of a text by its beginning.
func sniff(b []byte) string {
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\uFEFF")))
	low := bytes.ToLower(b[:min(len(b), 2048)])
	switch {
	case bytes.HasPrefix(b, []byte("[")) && (len(bytes.TrimSpace(b[1:])) == 0 || bytes.ContainsAny(bytes.TrimSpace(b[1:])[:1], "{]")):
		return "json"
	case bytes.HasPrefix(b, []byte("{")):
		// An object that ends on its first line, followed by another one, is NDJSON.
		line, rest, more := bytes.Cut(b, []byte("\n"))
		if more && bytes.HasSuffix(bytes.TrimSpace(line), []byte("}")) && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
			return "ndjson"
		}
		return "json"
	case bytes.HasPrefix(low, []byte("<!doctype html")), bytes.HasPrefix(low, []byte("<html")):
		return "html"
	case bytes.HasPrefix(low, []byte("<")) && bytes.Contains(low, []byte("<log")):
		return "xes"
	}
	return "csv"
}

// delimiter gives the configured separator; "" if it is to be found out.
func delimiter(d string) (string, error) {
	switch strings.ToLower(d) {
	case "":
		return "", nil
	case "tab", `\t`:
		return "\t", nil
	case "comma":
		return ",", nil
	case "semicolon":
		return ";", nil
	case "pipe":
		return "|", nil
	}
	if utf8.RuneCountInString(d) != 1 || strings.ContainsAny(d, "\"\r\n") {
		return "", fmt.Errorf("%q is not one character: write \",\", \";\", \"|\" or \"tab\"", d)
	}
	return d, nil
}

// CheckDelimiter says what is wrong with a value of Options.Delimiter.
func CheckDelimiter(d string) error {
	_, err := delimiter(d)
	return err
}
