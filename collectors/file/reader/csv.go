package reader

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// csvReader splits a text into rows. encoding/csv is not used: after a fault it cannot go on at a known line, and a
// foreign file has faults. The rules are those of RFC 4180, any separator, any of the three line ends, and a quote
// inside an unquoted field is just a character.
type csvReader struct {
	lines lineReader
	delim string
	clean bool // the text is known to be valid

	buf    []byte // values of the row, without quotes and separators
	ends   []int  // end of each value in buf
	raw    []byte // the row as it stands in the file, when it has quotes
	start  int64  // line on which the row starts
	over   bool   // the row is longer than maxRecord; its rest was read but not kept
	fault  string // why the row is no row
	values []Value
	joined string // text that the values are cut from
}

// lineReader gives physical lines with their ends.
type lineReader struct {
	r     *bufio.Reader
	end   byte
	line  int64 // number of the line that was given last
	long  []byte
	over  bool  // the line was cut at maxRecord
	err   error // io.EOF or what broke the text
	ended bool  // the last line had its line end
}

// next returns the next line; it is valid until the next call. At the end it returns nil.
func (l *lineReader) next() []byte {
	if l.err != nil {
		return nil
	}
	b, err := l.r.ReadSlice(l.end)
	l.over = false
	if err == bufio.ErrBufferFull {
		l.long = append(l.long[:0], b...)
		for err == bufio.ErrBufferFull {
			b, err = l.r.ReadSlice(l.end)
			if len(l.long) < maxRecord {
				l.long = append(l.long, b...)
			} else {
				l.over = true
			}
		}
		b = l.long
	}
	if err != nil {
		l.err = err
		if len(b) == 0 {
			return nil
		}
	}
	l.line++
	l.ended = err == nil
	return b
}

func (p *run) readCSV(text *textReader) error {
	delim, err := delimiter(p.opt.Delimiter)
	if err != nil {
		return fmt.Errorf("%s: delimiter: %w", p.path, err)
	}
	br := bufio.NewReaderSize(text, 256<<10)
	sample, _ := br.Peek(64 << 10)
	whole := len(sample) < 64<<10
	end := byte('\n')
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		end = '\r'
	}
	found := shape{delim: delim}
	if delim == "" {
		found = findShape(sample, whole, end, p.opt.HeaderRow)
		delim = found.delim
	} else {
		found.look(sample, whole, end, p.opt.HeaderRow)
	}
	if found.above > 0 && p.opt.HeaderRow == 0 {
		p.warn("the header was found in line %d; above it %s no rows of the table: `header_row` names another line", found.header, stands(found.above, "line"))
		p.opt.HeaderRow = found.header
	}
	c := &csvReader{lines: lineReader{r: br, end: end}, delim: delim, clean: text.clean}
	header, err := p.csvHeader(c)
	if err != nil || header == nil {
		return err
	}
	names := p.columns(header)
	p.info.Delimiter = c.delim
	rec := Record{Names: names, Tabular: true}
	for c.next() {
		if c.fault == "" && len(c.ends) != len(names) {
			c.fault = fmt.Sprintf("wrong number of fields: %d, the header has %d", len(c.ends), len(names))
		}
		// A row that the end of a broken file cuts is not whole, even if it looks so.
		if broken := c.lines.err; broken != nil && broken != io.EOF && !c.lines.ended {
			c.fault = "cut off: the file ends inside this row"
		}
		if c.fault == "" {
			c.cut()
			if i := c.bad(); i >= 0 {
				c.fault = badText(c.values[i].Text, names[i], text.encoding)
			}
		}
		if c.fault != "" {
			if err := p.refuse(c.start, strings.TrimRight(string(c.raw), "\r\n"), "%s", c.fault); err != nil {
				return err
			}
			continue
		}
		rec.Line, rec.Values = c.start, c.values
		if err := p.emit(&rec); err != nil {
			return err
		}
	}
	return p.textEnd(c.lines.err)
}

// textEnd judges the error that ended a text.
func (p *run) textEnd(err error) error {
	switch {
	case err == nil, err == io.EOF:
		return p.ctx.Err()
	case errors.Is(err, errBroken):
		return nil // the first pass has noted it
	}
	return err
}

// csvHeader finds the header. A first line "sep=;", as Excel writes it, names the separator.
func (p *run) csvHeader(c *csvReader) ([]string, error) {
	for c.next() {
		line := strings.TrimRight(string(c.raw), "\r\n")
		if c.lines.line == 1 && len(line) >= 5 && len(line) <= 8 && strings.EqualFold(line[:4], "sep=") {
			if p.opt.Delimiter == "" {
				c.delim = line[4:]
			}
			continue
		}
		if int(c.start) < p.opt.HeaderRow {
			continue
		}
		if c.fault != "" {
			return nil, fmt.Errorf("%s:%d: the header cannot be read: %s", p.path, c.start, c.fault)
		}
		c.cut()
		header := make([]string, len(c.values))
		for i, v := range c.values {
			header[i] = v.Text
			if !utf8.ValidString(v.Text) || strings.IndexByte(v.Text, 0) >= 0 {
				p.warn("the name of column %d has bytes that are not %s", i+1, p.info.Encoding)
			}
		}
		return header, nil
	}
	if err := p.textEnd(c.lines.err); err != nil {
		return nil, err
	}
	p.gap("the file has no header row")
	return nil, nil
}

// next reads a row: its values end up in buf and ends, or fault says why it is none. Blank lines are no rows.
func (c *csvReader) next() bool {
	var line []byte
	for {
		if line = c.lines.next(); line == nil {
			return false
		}
		if !blank(line, c.delim) {
			break
		}
	}
	// Files that were put one behind the other leave a byte order mark before a row: it is no part of the value.
	line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	c.start, c.fault, c.over = c.lines.line, "", c.lines.over
	c.buf, c.ends, c.raw = c.buf[:0], c.ends[:0], append(c.raw[:0], line...)
	if c.over {
		c.fault = fmt.Sprintf("too long: the line has more than %d MiB", maxRecord>>20)
		return true
	}
	if bytes.IndexByte(line, '"') < 0 {
		c.plain(trimEnd(line))
	} else {
		c.quoted()
	}
	return true
}

// blank is true for a line of nothing but white space that separates nothing.
func blank(line []byte, delim string) bool {
	for _, b := range line {
		if b != ' ' && b != '\r' && b != '\n' && (b != '\t' || delim == "\t") || len(delim) == 1 && b == delim[0] {
			return false
		}
	}
	return true
}

func trimEnd(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// plain splits a line without quotes.
func (c *csvReader) plain(line []byte) {
	if len(c.delim) == 1 {
		d := c.delim[0]
		for {
			i := bytes.IndexByte(line, d)
			if i < 0 {
				break
			}
			c.buf = append(c.buf, line[:i]...)
			c.ends = append(c.ends, len(c.buf))
			line = line[i+1:]
		}
	} else {
		for {
			i := bytes.Index(line, []byte(c.delim))
			if i < 0 {
				break
			}
			c.buf = append(c.buf, line[:i]...)
			c.ends = append(c.ends, len(c.buf))
			line = line[i+len(c.delim):]
		}
	}
	c.buf = append(c.buf, line...)
	c.ends = append(c.ends, len(c.buf))
}

// quoted splits a row that has quotes; it may go on over several lines. c.raw holds its first line.
func (c *csvReader) quoted() {
	at := 0 // place in raw
	for {
		// A field begins at raw[at].
		if at < len(c.raw) && c.raw[at] == '"' {
			var ok bool
			if at, ok = c.quotedField(at + 1); !ok {
				return
			}
		} else {
			rest := trimEnd(c.raw[at:])
			if i := bytes.Index(rest, []byte(c.delim)); i >= 0 {
				rest = rest[:i]
			}
			c.buf = append(c.buf, rest...)
			at += len(rest)
		}
		c.ends = append(c.ends, len(c.buf))
		if !bytes.HasPrefix(c.raw[at:], []byte(c.delim)) {
			if c.over && c.fault == "" {
				c.fault = fmt.Sprintf("too long: the row has more than %d MiB", maxRecord>>20)
			}
			return
		}
		at += len(c.delim)
	}
}

// quotedField reads a field from behind its opening quote and returns the place behind the closing one.
func (c *csvReader) quotedField(at int) (int, bool) {
	for {
		i := bytes.IndexByte(c.raw[at:], '"')
		if i < 0 {
			c.buf = append(c.buf, c.raw[at:]...)
			line := c.lines.next()
			if line == nil {
				c.fault = fmt.Sprintf("quote not closed: a quoted value that starts in or after line %d runs to the end of the file (line %d)", c.start, c.lines.line)
				return 0, false
			}
			if len(c.raw) > maxRecord {
				// Far too long for a value: only look for where it ends.
				c.over = true
				keep := min(len(c.raw), maxContent)
				c.raw, c.buf = c.raw[:keep], c.buf[:min(len(c.buf), keep)]
			}
			at = len(c.raw)
			c.raw = append(c.raw, line...)
			continue
		}
		c.buf = append(c.buf, c.raw[at:at+i]...)
		at += i + 1
		if at < len(c.raw) && c.raw[at] == '"' {
			c.buf = append(c.buf, '"')
			at++
			continue
		}
		if rest := c.raw[at:]; len(trimEnd(rest)) > 0 && !bytes.HasPrefix(rest, []byte(c.delim)) {
			c.fault = fmt.Sprintf("text after a quoted value: %q follows the closing quote in line %d", string([]rune(cut(string(trimEnd(rest)), 64))[0]), c.lines.line)
			return 0, false
		}
		return at, true
	}
}

// filled is how many values of the row are not empty.
func (c *csvReader) filled() int {
	n, from := 0, 0
	for _, to := range c.ends {
		if len(bytes.TrimSpace(c.buf[from:to])) > 0 {
			n++
		}
		from = to
	}
	return n
}

// cut makes the values of a row: one text, cut into pieces.
func (c *csvReader) cut() {
	c.joined = string(c.buf)
	if cap(c.values) < len(c.ends) {
		c.values = make([]Value, len(c.ends))
	}
	c.values = c.values[:len(c.ends)]
	from := 0
	for i, to := range c.ends {
		c.values[i] = Value{Text, c.joined[from:to]}
		from = to
	}
}

// bad returns the first value that cannot be taken, or -1.
func (c *csvReader) bad() int {
	if (c.clean || utf8.ValidString(c.joined) && strings.IndexByte(c.joined, 0) < 0) && len(c.joined) <= MaxField {
		return -1
	}
	for i, v := range c.values {
		if unfit(v.Text) {
			return i
		}
	}
	return -1
}

// unfit is true for a text that cannot be a value.
func unfit(s string) bool {
	return len(s) > MaxField || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0
}

// badText says why a text cannot be a value.
func badText(s, column, encoding string) string {
	if len(s) > MaxField {
		return fmt.Sprintf("too long: the value of %s has %d bytes, at most %d are taken", column, len(s), MaxField)
	}
	if i := strings.IndexByte(s, 0); i >= 0 && utf8.ValidString(s) {
		return fmt.Sprintf("NUL byte: the value of %s has one at byte %d", column, i+1)
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				what := fmt.Sprintf("byte 0x%02X", s[i])
				if strings.HasPrefix(encoding, "utf-16") {
					what = "half a character"
				}
				return fmt.Sprintf("unknown encoding: %s in the value of %s is not %s", what, column, encoding)
			}
		}
	}
	return "unknown encoding: the value of " + column
}
