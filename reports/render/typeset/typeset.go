// Package typeset measures and breaks text in the report fonts, so that every renderer that places text itself
// (charts, PDF) knows how wide it will be before it draws.
package typeset

import (
	"sync"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"deskproof/templates"
)

// Face is one of the embedded fonts.
type Face int

// The faces. Fallback has the scripts that Source Sans 3 lacks; it comes in one weight.
const (
	Regular Face = iota
	Semibold
	Fallback
)

// Replacement stands for a character that no embedded font can draw.
const Replacement = '\uFFFD'

// Em is the unit of advances: thousandths of the font size.
const Em = 1000

// font is a parsed face with the advance of every character of the basic plane it has (−1 where it has none).
type font struct {
	sfnt    *sfnt.Font
	perEm   float64
	advance []int16
	glyph   []uint16
}

var (
	fontsOnce sync.Once
	fonts     [3]*font
)

func load() {
	for i, name := range []string{templates.Regular, templates.Semibold, templates.Fallback} {
		parsed, err := sfnt.Parse(templates.Bytes(name))
		if err != nil {
			panic("typeset: " + name + ": " + err.Error()) // the file is embedded and its hash is tested
		}
		f := &font{sfnt: parsed, perEm: float64(parsed.UnitsPerEm()), advance: make([]int16, 0x10000), glyph: make([]uint16, 0x10000)}
		var buf sfnt.Buffer
		ppem := fixed.I(int(parsed.UnitsPerEm()))
		for r := range f.advance {
			f.advance[r] = -1
			if r >= 0xD800 && r < 0xE000 {
				continue
			}
			g, err := parsed.GlyphIndex(&buf, rune(r))
			if err != nil || g == 0 {
				continue
			}
			adv, err := parsed.GlyphAdvance(&buf, g, ppem, 0)
			if err != nil {
				continue
			}
			f.glyph[r] = uint16(g)
			f.advance[r] = int16(float64(adv) / 64 / f.perEm * Em)
		}
		fonts[i] = f
	}
}

func face(f Face) *font {
	fontsOnce.Do(load)
	return fonts[f]
}

// Has reports whether a face can draw a character.
func Has(f Face, r rune) bool {
	return r >= 0 && r < 0x10000 && face(f).advance[r] >= 0
}

// Pick returns the face that draws r when f is wanted, and the character that is drawn: r itself, or Replacement
// where no face has it. Characters outside the basic plane are never drawn: the PDF writer cannot hold them.
func Pick(f Face, r rune) (Face, rune) {
	switch {
	case Has(f, r):
		return f, r
	case Has(Fallback, r):
		return Fallback, r
	}
	return Fallback, Replacement
}

// invisible characters take no room and are not drawn.
func invisible(r rune) bool {
	switch {
	case r < 0x20, r == 0x7F, r >= 0x80 && r < 0xA0:
		return true
	case r == 0xAD, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF:
		return true
	case r >= 0xFE00 && r <= 0xFE0F: // variation selectors of emoji
		return true
	}
	return false
}

// Width is the width of a text on one line, in the unit of size.
func Width(s string, f Face, size float64) float64 {
	sum := 0
	for _, r := range s {
		sum += advance(r, f)
	}
	return float64(sum) * size / Em
}

func advance(r rune, f Face) int {
	if invisible(r) {
		return 0
	}
	picked, drawn := Pick(f, r)
	return int(face(picked).advance[drawn])
}

// Glyph returns the glyph of r in the face that draws it.
func Glyph(f Face, r rune) (*sfnt.Font, sfnt.GlyphIndex, float64) {
	picked, drawn := Pick(f, r)
	p := face(picked)
	return p.sfnt, sfnt.GlyphIndex(p.glyph[drawn]), float64(p.advance[drawn])
}
