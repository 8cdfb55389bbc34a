package reader

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encodings are the names that Options.Encoding knows. The first four are found out, the others must be named.
var Encodings = []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1",
	"iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15",
	"windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
	"koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp866", "macintosh"}

// singleBytes are the encodings with one byte a character.
var singleBytes = map[string]*charmap.Charmap{
	"iso-8859-1": charmap.ISO8859_1, "iso-8859-2": charmap.ISO8859_2, "iso-8859-5": charmap.ISO8859_5, "iso-8859-7": charmap.ISO8859_7,
	"iso-8859-9": charmap.ISO8859_9, "iso-8859-15": charmap.ISO8859_15,
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252, "windows-1253": charmap.Windows1253,
	"windows-1254": charmap.Windows1254, "windows-1255": charmap.Windows1255, "windows-1256": charmap.Windows1256, "windows-1257": charmap.Windows1257,
	"windows-1258": charmap.Windows1258, "koi8-r": charmap.KOI8R, "koi8-u": charmap.KOI8U,
	"cp437": charmap.CodePage437, "cp850": charmap.CodePage850, "cp852": charmap.CodePage852, "cp866": charmap.CodePage866, "macintosh": charmap.Macintosh,
}

// scan collects what the bytes of a whole file say about their encoding.
type scan struct {
	total      int64
	multi, bad int64    // characters of more than one byte, and bytes that fit no character, read as UTF-8
	nul        [2]int64 // NUL bytes at even and odd places
	first      []byte   // the first bytes
	rest       []byte   // a character that the chunk cut
	controls   int64    // bytes at the start that no text holds: control characters other than white space and separators
}

// head is how many bytes at the start are looked at for control characters.
const headBytes = 64 << 10

// binary is true for content that is no text in any encoding: in one, control characters are rare slips.
func (s *scan) binary() bool {
	if e, err := s.encoding(); err != nil || strings.HasPrefix(e, "utf-16") {
		return false
	}
	return s.bad > s.multi && s.controls*20 > min(s.total, headBytes)
}

func (s *scan) add(b []byte) {
	if len(b) == 0 {
		return
	}
	if len(s.first) < 4 {
		s.first = append(s.first, b[:min(len(b), 4-len(s.first))]...)
	}
	if s.total < headBytes {
		for _, c := range b[:min(int64(len(b)), headBytes-s.total)] {
			if c < 0x20 && (c < '\t' || c > '\r') && c < 0x1b {
				s.controls++
			}
		}
	}
	for i := bytes.IndexByte(b, 0); i >= 0 && i < len(b); {
		s.nul[(s.total+int64(i))&1]++
		j := bytes.IndexByte(b[i+1:], 0)
		if j < 0 {
			break
		}
		i += 1 + j
	}
	s.total += int64(len(b))
	if len(s.rest) > 0 {
		b = append(s.rest, b...)
		s.rest = nil
	}
	for len(b) > 0 {
		n := ascii(b)
		b = b[n:]
		if len(b) == 0 {
			break
		}
		if r, size := utf8.DecodeRune(b); r != utf8.RuneError || size > 1 {
			s.multi++
			b = b[size:]
		} else if !utf8.FullRune(b) {
			s.rest = append([]byte(nil), b...)
			break
		} else {
			s.bad++
			b = b[1:]
		}
	}
}

// end closes the scan: a character that the end of the file cuts is no sign of another encoding, unless it is the only one.
func (s *scan) end() {
	if len(s.rest) > 0 {
		s.bad++
	}
}

// ascii is how many bytes at the start of b are below 128.
func ascii(b []byte) int {
	for i := 0; i < len(b); {
		// utf8.Valid-like stride: eight bytes at a time
		if i+8 <= len(b) {
			if (b[i]|b[i+1]|b[i+2]|b[i+3]|b[i+4]|b[i+5]|b[i+6]|b[i+7])&0x80 == 0 {
				i += 8
				continue
			}
		}
		if b[i]&0x80 != 0 {
			return i
		}
		i++
	}
	return len(b)
}

// encoding tells the encoding of the file. Text that is valid UTF-8 is UTF-8; text with many characters of several
// bytes and few faults is UTF-8 with faults; UTF-16 shows by its mark or by its NUL bytes; the rest is Windows-1252.
func (s *scan) encoding() (string, error) {
	f := s.first
	switch {
	case bytes.HasPrefix(f, []byte{0xef, 0xbb, 0xbf}):
		return "utf-8", nil
	case bytes.Equal(f, []byte{0xff, 0xfe, 0, 0}), bytes.Equal(f, []byte{0, 0, 0xfe, 0xff}):
		return "", fmt.Errorf("unknown encoding: the file is UTF-32; save it as UTF-8")
	case bytes.HasPrefix(f, []byte{0xff, 0xfe}):
		return "utf-16le", nil
	case bytes.HasPrefix(f, []byte{0xfe, 0xff}):
		return "utf-16be", nil
	}
	half := s.total / 2
	if even, odd := s.nul[0], s.nul[1]; half > 0 && (even+odd)*4 > half {
		// In UTF-16, the half of every separator, digit and line end is a NUL, in any language.
		switch {
		case odd > 8*even:
			return "utf-16le", nil
		case even > 8*odd:
			return "utf-16be", nil
		}
	}
	if s.bad == 0 || s.multi > s.bad {
		return "utf-8", nil
	}
	return "windows-1252", nil
}

// clean is true when the whole file was seen to be valid UTF-8 without NUL: rows need no check of their own.
func (s *scan) clean() bool { return s.bad == 0 && s.nul[0]+s.nul[1] == 0 }

// textReader gives the content as UTF-8. A byte that means nothing in the encoding comes through as a byte that is
// not valid UTF-8, so that the row it stands in can be refused with its line.
type textReader struct {
	io.Reader
	closer   io.Closer
	encoding string
	clean    bool
}

func (t *textReader) Close() error { return t.closer.Close() }

// encodingName gives the name of an encoding as this package spells it.
func encodingName(name string) (string, error) {
	low := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	switch low {
	case "", "utf-16":
		return low, nil
	case "utf8", "utf-8-sig":
		return "utf-8", nil
	case "utf16":
		return "utf-16", nil
	case "ansi":
		return "windows-1252", nil
	case "latin1", "latin-1", "iso8859-1":
		return "iso-8859-1", nil
	}
	if n, ok := strings.CutPrefix(strings.Replace(low, "windows1", "cp1", 1), "cp12"); ok {
		low = "windows-12" + n
	}
	if !slices.Contains(Encodings, low) {
		return "", fmt.Errorf("the encoding %q is not known: use %s", name, strings.Join(Encodings, ", "))
	}
	return low, nil
}

// CheckEncoding says what is wrong with a value of Options.Encoding.
func CheckEncoding(name string) error {
	_, err := encodingName(name)
	return err
}

// text opens the content of a file as text.
func (p *run) text(src *source) (*textReader, error) {
	enc, err := encodingName(p.opt.Encoding)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	switch {
	case enc == "":
		if enc, err = src.scan.encoding(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.path, err)
		}
		if enc == "windows-1252" {
			more := ""
			if src.scan.bad*4 > src.scan.total {
				more = "; so many letters beyond ASCII point to another script, such as windows-1251"
			}
			p.warn("the text is not UTF-8 and is read as windows-1252: `encoding` names another%s", more)
		}
	case enc == "utf-16":
		enc = "utf-16le"
		if bytes.HasPrefix(src.head, []byte{0xfe, 0xff}) {
			enc = "utf-16be"
		}
	}
	p.info.Encoding = enc
	body, err := src.reader(p.ctx, p.opt.Progress)
	if err != nil {
		return nil, err
	}
	t := &textReader{closer: body, encoding: enc}
	switch enc {
	case "utf-8":
		t.Reader, t.clean = body, src.scan.clean()
	case "utf-16le":
		t.Reader = &utf16Reader{r: body}
	case "utf-16be":
		t.Reader = &utf16Reader{r: body, big: true}
	default:
		t.Reader = &byteReader{r: body, table: tableOf(singleBytes[enc])}
	}
	t.Reader = &withoutMark{r: t.Reader}
	return t, nil
}

// withoutMark leaves out a byte order mark at the start.
type withoutMark struct {
	r    io.Reader
	past bool
}

func (w *withoutMark) Read(b []byte) (int, error) {
	if w.past || len(b) < 3 {
		return w.r.Read(b)
	}
	w.past = true
	n, err := io.ReadFull(w.r, b[:3])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if n == 3 && string(b[:3]) == "\uFEFF" {
		n = 0
		if err == nil {
			return w.r.Read(b)
		}
	}
	return n, err
}

// table is the UTF-8 form of each byte of an encoding of single bytes.
type table [256]string

// tableOf makes the table of an encoding. Bytes that no character has stay bare: they are not valid UTF-8 and mark the row.
func tableOf(c *charmap.Charmap) *table {
	var t table
	for i := range 256 {
		r := c.DecodeByte(byte(i))
		// windows-1252 has holes that x/text fills with control characters, as browsers do.
		if r == utf8.RuneError || c == charmap.Windows1252 && (i == 0x81 || i == 0x8d || i == 0x8f || i == 0x90 || i == 0x9d) {
			t[i] = string([]byte{byte(i)})
		} else {
			t[i] = string(r)
		}
	}
	return &t
}

// byteReader turns an encoding of single bytes into UTF-8.
type byteReader struct {
	r     io.Reader
	table *table
	in    [32 << 10]byte
	out   []byte
	at    int // what is before it in out was given
	err   error
}

func (c *byteReader) Read(b []byte) (int, error) {
	for c.at == len(c.out) {
		if c.err != nil {
			return 0, c.err
		}
		var n int
		n, c.err = c.r.Read(c.in[:])
		c.out, c.at = c.out[:0], 0
		for _, x := range c.in[:n] {
			if x < 0x80 {
				c.out = append(c.out, x)
			} else {
				c.out = append(c.out, c.table[x]...)
			}
		}
	}
	n := copy(b, c.out[c.at:])
	c.at += n
	return n, nil
}

// utf16Reader turns UTF-16 into UTF-8. Half a pair, and half a unit at the end, become the byte FF.
type utf16Reader struct {
	r    io.Reader
	big  bool
	in   []byte // units that wait for their other half
	out  []byte
	at   int // what is before it in out was given
	err  error
	buf  [32 << 10]byte
	wait rune // high surrogate
}

func (u *utf16Reader) Read(b []byte) (int, error) {
	for u.at == len(u.out) {
		if u.err != nil {
			return 0, u.err
		}
		var n int
		n, u.err = u.r.Read(u.buf[:])
		u.in = append(u.in, u.buf[:n]...)
		u.out, u.at = u.out[:0], 0
		i := 0
		for ; i+1 < len(u.in); i += 2 {
			c := rune(u.in[i]) | rune(u.in[i+1])<<8
			if u.big {
				c = rune(u.in[i])<<8 | rune(u.in[i+1])
			}
			u.unit(c)
		}
		u.in = append(u.in[:0], u.in[i:]...)
		if u.err != nil {
			if u.wait != 0 || len(u.in) > 0 {
				u.out = append(u.out, 0xff)
				u.wait, u.in = 0, nil
			}
		}
	}
	n := copy(b, u.out[u.at:])
	u.at += n
	return n, nil
}

func (u *utf16Reader) unit(c rune) {
	if u.wait != 0 {
		pair := utf16.DecodeRune(u.wait, c)
		u.wait = 0
		if pair != utf8.RuneError {
			u.out = utf8.AppendRune(u.out, pair)
			return
		}
		u.out = append(u.out, 0xff)
	}
	switch {
	case c >= 0xd800 && c < 0xdc00:
		u.wait = c
	case c >= 0xdc00 && c < 0xe000:
		u.out = append(u.out, 0xff)
	default:
		u.out = utf8.AppendRune(u.out, c)
	}
}
