package pdf

import (
	"bytes"
	"image"
	_ "image/jpeg" // logos
	"image/png"
	"strconv"
)

// The box that a logo fits into, in millimetres.
const (
	logoHeight   = 12.0
	logoMaxWidth = 45.0
)

// brand draws the coloured line and the logo at the head of page 1. It returns where the headline may begin and how much
// of the line above it the logo takes. A logo that is no PNG or JPEG is left to the HTML form.
func (p *paper) brand() (bottom, width float64) {
	b := p.doc.Brand
	if rgb, err := strconv.ParseUint(trimHash(b.Colour), 16, 32); err == nil && len(b.Colour) == 7 {
		p.fill(marginSide, p.y, p.width(), 1, ink{int(rgb >> 16), int(rgb >> 8 & 0xff), int(rgb & 0xff)})
		p.y += 4
	}
	img, _, err := image.Decode(bytes.NewReader(b.Logo))
	if err != nil {
		return p.y, 0
	}
	var buf bytes.Buffer
	size := img.Bounds().Size()
	if size.X == 0 || size.Y == 0 || png.Encode(&buf, img) != nil {
		return p.y, 0
	}
	h := logoHeight
	w := h * float64(size.X) / float64(size.Y)
	if w > logoMaxWidth {
		w, h = logoMaxWidth, logoMaxWidth*float64(size.Y)/float64(size.X)
	}
	p.pictures = append(p.pictures, picture{png: buf.Bytes(), w: w, h: h})
	p.put(mark{x: marginSide + p.width() - w, y: p.y, w: w, h: h, picture: len(p.pictures)})
	return p.y + h + 3, w + 4
}

func trimHash(s string) string {
	if len(s) > 0 && s[0] == '#' {
		return s[1:]
	}
	return s
}
