package typeset

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// Run is a stretch of a line in one face.
type Run struct {
	Face Face
	Text string
}

// Clean makes text fit for one line of print: valid UTF-8, no control characters, every white space a plain space.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, string(Replacement))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, s)
}

// Runs splits a line into stretches of one face, in the order in which they stand on paper from left to right.
func Runs(s string, f Face) []Run {
	s = visual(Clean(s))
	var runs []Run
	for _, r := range s {
		picked, drawn := Pick(f, r)
		if n := len(runs); n > 0 && runs[n-1].Face == picked {
			runs[n-1].Text += string(drawn)
			continue
		}
		runs = append(runs, Run{picked, string(drawn)})
	}
	return runs
}

// visual reorders a line with right-to-left script into the order of print. Letters are not joined (Arabic).
func visual(s string) string {
	rtl := strings.IndexFunc(s, func(r rune) bool {
		return r >= 0x590 && r < 0x900 || r >= 0xFB1D && r < 0xFE00 || r >= 0xFE70 && r < 0xFF00
	})
	if rtl < 0 {
		return s
	}
	var p bidi.Paragraph
	if _, err := p.SetString(s); err != nil {
		return s
	}
	order, err := p.Order()
	if err != nil {
		return s
	}
	var b strings.Builder
	put := func(i int) {
		run := order.Run(i)
		if run.Direction() == bidi.RightToLeft {
			b.WriteString(bidi.ReverseString(run.String()))
		} else {
			b.WriteString(run.String())
		}
	}
	if order.Direction() == bidi.RightToLeft {
		for i := order.NumRuns() - 1; i >= 0; i-- {
			put(i)
		}
	} else {
		for i := range order.NumRuns() {
			put(i)
		}
	}
	return b.String()
}

// Wrap breaks a text into lines no wider than width: at line ends of the text, at spaces, in long words after hyphens and
// slashes, and elsewhere in a word only where it alone is wider than the line. It returns at least one line.
func Wrap(s string, f Face, size, width float64) []string {
	s = strings.ToValidUTF8(s, string(Replacement))
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var lines []string
	for part := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(Clean(part), f, size, width)...)
	}
	for len(lines) > 1 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func wrapLine(s string, f Face, size, width float64) []string {
	limit := int(width / size * Em)
	var lines []string
	line, lineWidth := "", 0 // the line so far
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, lineWidth = "", 0
	}
	for s != "" {
		piece := nextWord(s)
		// codes such as P-dq-service stay whole; only a word that takes most of a line is broken after a hyphen
		if shown, _ := pieceWidths(piece, f); shown > limit*6/10 {
			piece = nextPiece(s)
		}
		s = s[len(piece):]
		shown, full := pieceWidths(piece, f)
		if lineWidth+shown > limit && line != "" {
			flush()
		}
		for shown > limit { // one word wider than the line: break inside it
			n := fit(piece, f, limit)
			lines = append(lines, piece[:n])
			piece = piece[n:]
			shown, full = pieceWidths(piece, f)
		}
		if line == "" {
			trimmed := strings.TrimLeft(piece, " ")
			if len(lines) > 0 && trimmed != piece {
				piece = trimmed
				_, full = pieceWidths(piece, f)
			}
		}
		line += piece
		lineWidth += full
	}
	if line != "" || len(lines) == 0 {
		flush()
	}
	return lines
}

// nextWord is the start of s up to the next space, with the spaces.
func nextWord(s string) string {
	i := strings.IndexByte(s, ' ')
	if i < 0 {
		return s
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return s[:i]
}

// nextPiece is the shortest start of s after which a line may end, with its trailing spaces.
func nextPiece(s string) string {
	for i, r := range s {
		if r != ' ' && r != '-' && r != '/' && r != '–' && r != '—' && r != '\u3000' {
			continue
		}
		end := i + utf8.RuneLen(r)
		if r == ' ' {
			for end < len(s) && s[end] == ' ' {
				end++
			}
			return s[:end]
		}
		// a hyphen between letters ends a piece; one that leads a number or a word does not
		next, _ := utf8.DecodeRuneInString(s[end:])
		if i > 0 && unicode.IsLetter(next) {
			return s[:end]
		}
	}
	return s
}

// pieceWidths returns the width of a piece without and with its trailing spaces.
func pieceWidths(s string, f Face) (shown, full int) {
	for _, r := range s {
		full += advance(r, f)
		if r != ' ' {
			shown = full
		}
	}
	return shown, full
}

// fit is the number of bytes of s that stand in limit; at least one character.
func fit(s string, f Face, limit int) int {
	sum := 0
	for i, r := range s {
		sum += advance(r, f)
		if sum > limit && i > 0 {
			return i
		}
	}
	return len(s)
}

// Shorten cuts a text so that it stands in width on one line; a cut text ends in "…".
func Shorten(s string, f Face, size, width float64) string {
	s = Clean(s)
	if Width(s, f, size) <= width {
		return s
	}
	limit := int(width/size*Em) - advance('…', f)
	if limit <= 0 {
		return "…"
	}
	return strings.TrimRight(s[:fit(s, f, limit)], " ") + "…"
}
