package pdf

import (
	"github.com/johnfercher/go-tree/node"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/linestyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/orientation"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"

	"deskproof/reports/render/typeset"
)

// ink is a colour of the report (reports blueprint, light column: print is always light).
type ink struct{ r, g, b int }

var (
	inkText   = ink{0x1B, 0x1F, 0x24}
	inkMuted  = ink{0x54, 0x5D, 0x68}
	inkAxis   = ink{0x6F, 0x77, 0x82}
	inkRule   = ink{0xC5, 0xCB, 0xD2}
	inkGrid   = ink{0xE3, 0xE7, 0xEB}
	inkPanel  = ink{0xF3, 0xF5, 0xF7}
	inkBetter = ink{0x00, 0x5A, 0x8F}
	inkWorse  = ink{0xB9, 0x3A, 0x09}
	inkLink   = ink{0x0B, 0x57, 0xA4}
	tintWatch = ink{0xFD, 0xF1, 0xD0}
)

// mark is one thing on a page: a text on its baseline, a filled rectangle, or a picture. Millimetres from the upper
// left corner of the page.
type mark struct {
	x, y, w, h float64
	text       string
	face       typeset.Face
	size       float64 // points
	ink        ink
	picture    int // index + 1
}

// sheet draws the marks of one part of a page. It is a component of maroto with a place of its own for every mark.
type sheet struct {
	marks    []mark
	pictures []picture
}

// point is a typographic point in millimetres.
const point = 25.4 / 72

// Render implements core.Component.
func (s *sheet) Render(p core.Provider, _ *entity.Cell) {
	for _, m := range s.marks {
		color := &props.Color{Red: m.ink.r, Green: m.ink.g, Blue: m.ink.b}
		switch {
		case m.picture > 0:
			p.AddImageFromBytes(s.pictures[m.picture-1].png, &entity.Cell{X: m.x, Y: m.y, Width: m.w, Height: m.h}, &props.Rect{Percent: 100}, extension.Png)
		case m.text != "":
			font := props.Text{Family: familySans, Style: fontstyle.Normal, Size: m.size, Align: align.Left, Color: color}
			switch m.face {
			case typeset.Semibold:
				font.Style = fontstyle.Bold
			case typeset.Fallback:
				font.Family = familyFallback
			}
			// maroto puts the baseline one font size below the top of the cell; the width only has to be ample
			p.AddText(m.text, &entity.Cell{X: m.x, Y: m.y - m.size*point, Width: 1e5, Height: 1e5}, &font)
		default:
			p.AddLine(&entity.Cell{X: m.x, Y: m.y, Width: m.w, Height: m.h}, &props.Line{
				Color: color, Thickness: m.h, Style: linestyle.Solid, Orientation: orientation.Horizontal, OffsetPercent: 50, SizePercent: 100,
			})
		}
	}
}

// GetHeight implements core.Component: the rows have fixed heights.
func (s *sheet) GetHeight(core.Provider, *entity.Cell) float64 { return 0 }

// SetConfig implements core.Component.
func (s *sheet) SetConfig(*entity.Config) {}

// GetStructure implements core.Component.
func (s *sheet) GetStructure() *node.Node[core.Structure] {
	return node.New(core.Structure{Type: "sheet", Value: len(s.marks)})
}
